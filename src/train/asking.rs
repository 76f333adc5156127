//! From words to ids: prompts as the checkpoint's template writes them, answers behind them, and where the answers are.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::error::{Result, TrainError};
use crate::exchange::{Part, Speaker, Turn};
use crate::model::config::{Manner, Prompt};
use crate::pixels::Rgb;
use crate::story::{CastMember, Task};
use crate::world::{Accessory, Emotion, FrameFacts, Hue, NAMES, Region, Species, adjectives};
use crate::writer::Processor;
use crate::writer::chat::{self, Layout, Message};
use crate::writer::dialects::taught;
use crate::writer::prompts::{Filling, fill, template};
use crate::writer::retelling::retold;

/// The ids of a prompt and its answers, and where the answers are.
#[derive(Default)]
pub struct Reading {
    pub ids: Vec<u32>,
    pub answers: Vec<Range<usize>>,
    /// Which of the example's pictures it is about, in order.
    pub pictures: Range<usize>,
    /// Where the answers name a picture, and which of `pictures` that is.
    pub marks: Vec<(usize, usize)>,
    /// The cast that the prompt names, by places in `world::NAMES`; and where it says who is who: at "fox" of "Mia the fox".
    pub cast: Vec<usize>,
    pub introductions: Vec<(usize, usize)>,
}

/// One example: pictures that are looked at once, and what is read about them, each reading a row of the batch.
#[derive(Default)]
pub struct Example {
    pub tiles: Vec<Rgb>,
    pub readings: Vec<Reading>,
    /// Facts of the pictures and where they show what, picture world only.
    pub facts: Vec<FrameFacts>,
    pub regions: Vec<Vec<Region>>,
}

/// Where answers name one of so many pictures.
fn marks(ids: &[u32], answers: &[Range<usize>], names: &HashMap<u32, usize>, pictures: usize) -> Vec<(usize, usize)> {
    let named = |at: usize| names.get(&ids[at]).map(|picture| (at, *picture));
    answers.iter().cloned().flatten().filter_map(named).filter(|(_, picture)| *picture < pictures).collect()
}

/// Writes examples for one checkpoint.
pub struct Asking {
    pub processor: Processor,
    /// What names a picture: its marker, and in a conversation its number.
    marking: [HashMap<u32, usize>; 2],
    /// Names and species of the picture world by their tokens, where each is one.
    names: HashMap<u32, usize>,
    species: BTreeSet<u32>,
    /// Words that pictures decide: who is there, feelings, what somebody wears and in which colour, the verdict of a comparison.
    telling: BTreeSet<u32>,
    /// Tokens that texts of other people must not spell.
    special: Vec<String>,
}

impl Asking {
    pub fn new(processor: Processor) -> Self {
        let added = processor.tokenizer.get_added_tokens_decoder().into_values().map(|token| token.content);
        let special = added.filter(|token| token.starts_with('<')).collect();
        let named = |spell: fn(usize) -> String| {
            let id = |i: usize| Some((processor.tokenizer.token_to_id(&spell(i + 1))?, i));
            (0..9).filter_map(id).collect()
        };
        // "Ġ3" is how a byte-level vocabulary spells " 3".
        let marking = [named(|n| format!("<|frame_{n}|>")), named(|n| format!("\u{120}{n}"))];
        let id = |text: &str| processor.tokenizer.token_to_id(text);
        let names = NAMES.iter().enumerate().filter_map(|(i, (name, _))| Some((id(name)?, i))).collect();
        let species = Species::ALL.iter().filter_map(|species| id(&format!("\u{120}{species}"))).collect();
        let feelings = Emotion::ALL.into_iter().flat_map(adjectives).copied();
        let worn = Accessory::ALL.into_iter().map(Accessory::word).chain(Hue::ALL.into_iter().map(Hue::word));
        let kinds = Species::ALL.into_iter().map(Species::word);
        let telling = feelings.chain(worn).chain(kinds).chain(["plain", "yes", "no"]);
        let telling = telling.filter_map(|word| id(&format!("\u{120}{word}"))).collect();
        Self { processor, marking, names, species, telling, special }
    }

    /// Whether pictures or prompt decide this word of the picture world: a name, a feeling, a colour, a verdict. Most other
    /// words of a story follow from those before them.
    pub fn decided(&self, label: i64) -> bool {
        u32::try_from(label).is_ok_and(|token| self.names.contains_key(&token) || self.telling.contains(&token))
    }

    /// Where the lines of a story end: their line breaks, and the last token.
    pub fn line_ends(&self, ids: &[u32], story: Range<usize>) -> Vec<usize> {
        line_ends(&self.processor, ids, story)
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

    /// What is asked about pictures that lie so, as ids.
    pub fn prompt(
        &self,
        task: Task,
        cast: &[CastMember],
        title: &str,
        so_far: &str,
        layouts: &[Layout],
    ) -> Result<Vec<u32>> {
        let frames = layouts.len();
        let question = fill(template(task), &Filling { title, frames, cast, so_far })?;
        Ok(self.processor.prompt(&[Message::user(frames, &question)], layouts)?.1)
    }

    /// Prompt and answer as ids: one line a frame, each behind its marker where the model has markers.
    pub fn lines(
        &self,
        task: Task,
        cast: &[CastMember],
        title: &str,
        so_far: &str,
        (lines, layouts): (&[String], &[Layout]),
    ) -> Result<Reading> {
        let mut ids = self.prompt(task, cast, title, so_far, layouts)?;
        let prompt = ids.len();
        ids.extend(retold(&self.processor, lines, lines.len())?);
        let answer = prompt..ids.len();
        let marks = marks(&ids, std::slice::from_ref(&answer), &self.marking[0], lines.len());
        // "Mia the fox": the species stands two tokens behind the name.
        let introduced = |at: usize| {
            let name = self.names.get(&ids[at])?;
            self.species.contains(ids.get(at + 2)?).then_some((at + 2, *name))
        };
        let introductions = (0..prompt).filter_map(introduced).filter(|(at, _)| *at < prompt).collect();
        let pictures = 0..lines.len();
        Ok(Reading { ids, answers: Vec::from([answer]), pictures, marks, cast: Vec::new(), introductions })
    }

    /// A conversation: whatever the assistant says is an answer to be learnt.
    pub fn conversation(&self, messages: &[Message], layouts: &[Layout]) -> Result<Reading> {
        let mut reading = Reading::default();
        let mut before = String::new();
        let names: Vec<String> = (1..=layouts.len()).map(|number| format!("{number}.png")).collect();
        for (i, message) in messages.iter().enumerate().filter(|(_, message)| message.role == "assistant") {
            // What the template adds after the last answer is the next prompt.
            let prompt = self.processor.text(&messages[..i], &names)?;
            let new = prompt.strip_prefix(&before).ok_or_else(|| {
                TrainError::Data("the chat template writes earlier turns anew: questions cannot follow".into())
            })?;
            let (first, count) = (reading.pictures.end, self.processor.places(new));
            reading.pictures.end += count;
            let here = layouts.get(first..first + count).ok_or_else(|| {
                TrainError::Data(format!("the conversation speaks of more pictures than its {}", layouts.len()))
            })?;
            reading.ids.extend(self.processor.filled(new, here, reading.ids.is_empty())?);
            let first = reading.ids.len();
            let said = message.content.iter().filter_map(|part| match part {
                chat::Part::Text { text } => Some(text.as_str()),
                chat::Part::Image => None,
            });
            let said = said.collect::<String>();
            reading.ids.extend(self.processor.answer(&said)?);
            let Manner { lead, end, .. } = self.processor.config.manner;
            let answer = format!("{lead}{said}{end}");
            reading.answers.push(first..reading.ids.len());
            before = prompt + &answer;
        }
        reading.marks = marks(&reading.ids, &reading.answers, &self.marking[1], reading.pictures.len());
        if self.processor.config.manner.prompt == Prompt::QwenVl {
            reading.answers = taught(&self.processor.tokenizer, &reading.ids)?;
        }
        Ok(reading)
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
/// Where the lines of a story end among its ids: at their breaks, and at its last token.
pub fn line_ends(processor: &Processor, ids: &[u32], story: Range<usize>) -> Vec<usize> {
    // "\u{10a}" is how a byte-level vocabulary spells a line break.
    let Some(gap) = processor.tokenizer.token_to_id("\u{10a}") else { return Vec::new() };
    let last = story.end - 1;
    story.filter(|at| ids[*at] == gap || *at == last).collect()
}
