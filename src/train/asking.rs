//! From words to ids: prompts as the checkpoint's template writes them, answers behind them, and where the answers are.

use std::ops::Range;

use super::error::{Result, TrainError};
use crate::exchange::{Part, Speaker, Turn};
use crate::pixels::Rgb;
use crate::story::{CastMember, Task};
use crate::world::FrameFacts;
use crate::writer::Processor;
use crate::writer::chat::{self, Layout, Message, expand};
use crate::writer::prompts::{Filling, fill, template};

const END: &str = "<end_of_utterance>";

/// One example: pictures, the ids of prompts and answers, and where the answers are.
#[derive(Default)]
pub struct Example {
    pub tiles: Vec<Rgb>,
    pub ids: Vec<u32>,
    pub answers: Vec<Range<usize>>,
    pub facts: Vec<FrameFacts>,
}

/// Writes examples for one checkpoint.
pub struct Asking {
    pub processor: Processor,
    markers: bool,
    /// Tokens that texts of other people must not spell.
    special: Vec<String>,
}

impl Asking {
    pub fn new(processor: Processor) -> Self {
        let markers = processor.tokenizer.token_to_id("<|frame_1|>").is_some();
        let added = processor.tokenizer.get_added_tokens_decoder().into_values().map(|token| token.content);
        let special = added.filter(|token| token.starts_with('<')).collect();
        Self { processor, markers, special }
    }

    /// Most ids that the model reads together.
    pub fn context(&self) -> usize {
        self.processor.config.text_config.max_position_embeddings
    }

    /// Text of other people in which no token of the checkpoint is spelt: it loses its brackets.
    pub fn plain(&self, text: &str) -> String {
        if !text.contains('<') {
            return text.to_owned();
        }
        let bare = |token: &str| token.trim_matches(['<', '>', '|']).to_owned();
        self.special.iter().fold(text.to_owned(), |text, token| text.replace(token.as_str(), &bare(token)))
    }

    /// Prompt and answer as ids: one line a frame, each behind its marker where the model has markers.
    pub fn lines(
        &self,
        task: Task,
        cast: &[CastMember],
        title: &str,
        so_far: &str,
        lines: &[String],
    ) -> Result<Example> {
        let filling = Filling { title, frames: lines.len(), cast, so_far };
        let question = fill(template(task), &filling)?;
        let layouts = vec![Layout { rows: 0, cols: 0 }; lines.len()];
        let (_, mut ids) = self.processor.prompt(&[Message::user(lines.len(), &question)], &layouts)?;
        let prompt = ids.len();
        let line = |(i, line): (usize, &String)| {
            let gap = if i == 0 { "" } else { "\n" };
            if self.markers { format!("{gap}<|frame_{}|>{line}", i + 1) } else { format!("{gap}{line}") }
        };
        let lead = if self.markers { "" } else { " " };
        let answer: String = lines.iter().enumerate().map(line).collect();
        ids.extend(self.processor.encode(&format!("{lead}{answer}{END}"))?);
        let answer = prompt..ids.len();
        Ok(Example { ids, answers: Vec::from([answer]), ..Default::default() })
    }

    /// A conversation: whatever the assistant says is an answer to be learnt.
    pub fn conversation(&self, messages: &[Message]) -> Result<Example> {
        let mut example = Example::default();
        let mut before = String::new();
        for (i, message) in messages.iter().enumerate().filter(|(_, message)| message.role == "assistant") {
            // What the template adds after the last answer is the next prompt.
            let prompt = self.processor.chat.render(&messages[..i], true)?;
            let new = prompt.strip_prefix(&before).ok_or_else(|| {
                TrainError::Data("the chat template writes earlier turns anew: questions cannot follow".into())
            })?;
            let layouts = vec![Layout { rows: 0, cols: 0 }; new.matches("<image>").count()];
            let text = expand(new, &layouts, self.processor.tokens_per_tile)?;
            example.ids.extend(self.processor.encode(&text)?);
            let first = example.ids.len();
            let said = message.content.iter().filter_map(|part| match part {
                chat::Part::Text { text } => Some(text.as_str()),
                chat::Part::Image => None,
            });
            let answer = format!(" {}{END}", said.collect::<String>());
            example.ids.extend(self.processor.encode(&answer)?);
            example.answers.push(first..example.ids.len());
            before = prompt + &answer;
        }
        Ok(example)
    }

    /// A turn of other people's conversation as a message of the template.
    pub fn message(&self, turn: &Turn) -> Message {
        let role = match turn.speaker {
            Speaker::System => "system",
            Speaker::Person => "user",
            Speaker::Model => "assistant",
        };
        let part = |part: &Part| match part {
            Part::Picture => chat::Part::Image,
            Part::Text(text) => chat::Part::Text { text: self.plain(text) },
        };
        Message { role: role.to_owned(), content: turn.parts.iter().map(part).collect() }
    }
}
