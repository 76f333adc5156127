//! A story that is a text already, as the tokens by which the model itself would have told it: what it learns from, and what
//! a reward model reads. The end belongs to it, in training and in scoring alike.

use super::error::Result;
use super::processor::Processor;

/// What ends an utterance of the models that are made here.
pub const END: &str = "<end_of_utterance>";

/// One line a frame, each behind the frame's marker where the model has markers, and the end; lines beyond the last of so many
/// frames stand without one.
pub fn retold(processor: &Processor, lines: &[impl AsRef<str>], frames: usize) -> Result<Vec<u32>> {
    let markers = processor.tokenizer.token_to_id("<|frame_1|>").is_some();
    let line = |(at, line): (usize, &dyn AsRef<str>)| {
        let gap = if at == 0 { "" } else { "\n" };
        let line = line.as_ref();
        if markers && at < frames { format!("{gap}<|frame_{}|>{line}", at + 1) } else { format!("{gap}{line}") }
    };
    let answer: String = lines.iter().map(|text| text as &dyn AsRef<str>).enumerate().map(line).collect();
    if markers { processor.encode(&format!("{answer}{END}")) } else { processor.answer(&answer) }
}

/// The same of a text, whose lines that hold anything are the story's. No token of the checkpoint can be spelt in it.
pub fn retold_text(processor: &Processor, text: &str, frames: usize) -> Result<Vec<u32>> {
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            line.trim()
                .replace("<|", "<")
                .replace("|>", ">")
                .replace("<image>", "image")
                .replace(END, "")
                .replace(processor.config.manner.end, "")
        })
        .filter(|line| !line.is_empty())
        .collect();
    retold(processor, &lines, frames)
}
