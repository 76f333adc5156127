//! Prompts of the families that are published without a chat template, as their own code writes and encodes them.
//!
//! Words that a person writes are not read as the family's own tokens; a place for a picture that they spell is refused.

use std::ops::Range;

use tokenizers::Tokenizer;

use super::chat::{Message, Part};
use super::error::{Result, WriterError};

const VICUNA: &str = "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, \
                      detailed, and polite answers to the user's questions.";
const MINIGPT4: &str = "Give the following image: <Img>ImageContent</Img>. You will be able to see the image once I provide \
                        it to you. Please answer my questions.";
const QWEN: &str = "You are a helpful assistant.";
/// What stands for a picture in the text of a prompt.
pub const IMAGE: &str = "<image>";
pub const HERE: &str = "<ImageHere>";

/// A piece of a prompt on its way to ids.
enum Bit<'a> {
    Text(&'a str),
    Picture,
}

fn encode(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    let encoding = tokenizer.encode(text, false).map_err(|e| WriterError::Tokenizer(e.to_string()))?;
    Ok(encoding.get_ids().to_vec())
}

fn id(tokenizer: &Tokenizer, token: &str) -> Result<u32> {
    tokenizer.token_to_id(token).ok_or_else(|| WriterError::Layout(format!("the tokenizer has no token {token}")))
}

/// Texts of a message one behind the other, and how many pictures it has.
fn parts(message: &Message) -> (String, usize) {
    let mut text = String::new();
    let mut pictures = 0;
    for part in &message.content {
        match part {
            Part::Image => pictures += 1,
            Part::Text { text: more } => text.push_str(more),
        }
    }
    (text, pictures)
}

/// The system's message, or what stands in its place, and the others.
fn split<'m>(messages: &'m [Message], usual: &str) -> (String, &'m [Message]) {
    match messages.split_first() {
        Some((first, rest)) if first.role == "system" => (parts(first).0, rest),
        _ => (usual.to_owned(), messages),
    }
}

/// LLaVA-1.5 in Vicuna's words: pictures first, a line each.
pub fn vicuna(messages: &[Message]) -> String {
    let (system, turns) = split(messages, VICUNA);
    let mut out = format!("{system} ");
    for message in turns {
        let (text, pictures) = parts(message);
        match message.role.as_str() {
            "assistant" => out.push_str(&format!("ASSISTANT: {text}</s>")),
            _ => out.push_str(&format!("USER: {}{text} ", format!("{IMAGE}\n").repeat(pictures))),
        }
    }
    out + "ASSISTANT:"
}

/// MiniGPT-4 over Vicuna v0.
pub fn minigpt4(messages: &[Message]) -> String {
    let (system, turns) = split(messages, MINIGPT4);
    let mut out = format!("{system}###");
    for message in turns {
        let (text, pictures) = parts(message);
        match message.role.as_str() {
            "assistant" => out.push_str(&format!("Assistant: {text}###")),
            _ => out.push_str(&format!("Human: {}{text}###", format!("<Img>{HERE}</Img> ").repeat(pictures))),
        }
    }
    out + "Assistant: "
}

/// Qwen-VL-Chat; `names` are what its pictures are called.
pub fn qwen_vl(messages: &[Message], names: &[String]) -> String {
    let (system, turns) = split(messages, QWEN);
    let mut out = format!("<|im_start|>system\n{system}<|im_end|>\n");
    let mut names = names.iter();
    for message in turns {
        let (text, pictures) = parts(message);
        out.push_str(&format!("<|im_start|>{}\n", message.role));
        for (number, name) in (1..=pictures).zip(names.by_ref()) {
            out.push_str(&format!("Picture {number}: <img>{name}</img>\n"));
        }
        out.push_str(&format!("{text}<|im_end|>\n"));
    }
    out + "<|im_start|>assistant\n"
}

/// A prompt of [`vicuna`] or [`minigpt4`] as ids: pieces between pictures are encoded alone, each with the space before its first
/// word. `slot` stands for a picture's rows, of which each has as many as `rows` says.
pub fn in_pieces(
    tokenizer: &Tokenizer,
    text: &str,
    place: &str,
    (slot, rows): (u32, &[usize]),
    first: bool,
) -> Result<Vec<u32>> {
    let mut ids = if first { vec![id(tokenizer, "<s>")?] } else { Vec::new() };
    let mut rows = rows.iter();
    let mut bits = Vec::new();
    for (at, piece) in text.split(place).enumerate() {
        if at > 0 {
            bits.push(Bit::Picture);
        }
        bits.push(Bit::Text(piece));
    }
    for bit in bits {
        match bit {
            Bit::Picture => {
                let rows = rows
                    .next()
                    .ok_or_else(|| WriterError::Prompt("the prompt has more places than pictures".into()))?;
                ids.extend(std::iter::repeat_n(slot, *rows));
            }
            Bit::Text(piece) => ids.extend(encode(tokenizer, piece)?),
        }
    }
    match rows.next() {
        None => Ok(ids),
        Some(_) => Err(WriterError::Prompt("the prompt has fewer places than pictures".into())),
    }
}

/// Bytes of a picture's name that its rows have room for.
const NAME: usize = 256;

/// A prompt of [`qwen_vl`] as ids. Tags of pictures and boxes are tokens, and so are the turns; nothing else that is written is.
pub fn tagged(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    let (start, end) = (id(tokenizer, "<|im_start|>")?, id(tokenizer, "<|im_end|>")?);
    let (mut ids, mut rest) = (Vec::new(), text);
    // What goes on behind an answer begins with the line's end.
    if let Some(after) = rest.strip_prefix('\n').filter(|after| after.starts_with("<|im_start|>")) {
        ids.extend(encode(tokenizer, "\n")?);
        rest = after;
    }
    while let Some(after) = rest.strip_prefix("<|im_start|>") {
        ids.push(start);
        let (role, after) = after.split_once('\n').unwrap_or((after, ""));
        ids.extend(encode(tokenizer, role)?);
        ids.extend(encode(tokenizer, "\n")?);
        let Some((content, after)) = after.split_once("<|im_end|>\n") else {
            ids.extend(content_of(tokenizer, after)?);
            return Ok(ids);
        };
        ids.extend(content_of(tokenizer, content)?);
        ids.push(end);
        ids.extend(encode(tokenizer, "\n")?);
        rest = after;
    }
    ids.extend(content_of(tokenizer, rest)?);
    Ok(ids)
}

/// What the published training of Qwen-VL learns of a conversation's ids: the marks around every turn, whoever speaks, and what
/// the assistant says.
pub fn taught(tokenizer: &Tokenizer, ids: &[u32]) -> Result<Vec<Range<usize>>> {
    let (start, end) = (id(tokenizer, "<|im_start|>")?, id(tokenizer, "<|im_end|>")?);
    let line = encode(tokenizer, "\n")?;
    let role = [encode(tokenizer, "assistant")?, line.clone()].concat();
    let (mut taught, mut said): (Vec<Range<usize>>, Option<usize>) = (Vec::new(), None);
    for (at, token) in ids.iter().enumerate() {
        if *token == start {
            taught.push(at..at + 1);
            said = ids[at + 1..].starts_with(&role).then_some(at + 1 + role.len());
        } else if *token == end {
            let behind = if ids[at + 1..].starts_with(&line) { at + 1 + line.len() } else { at + 1 };
            taught.push(said.take().unwrap_or(at)..behind);
        }
    }
    Ok(taught)
}

/// What somebody says: text between the tags of pictures and boxes.
pub fn content_of(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    const TAGS: [&str; 6] = ["<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>"];
    let (mut ids, mut rest) = (Vec::new(), text);
    loop {
        let picture = rest.find("<img>").filter(|at| rest[*at..].contains("</img>"));
        let tag = TAGS.iter().filter_map(|tag| Some((rest.find(tag)?, *tag))).min();
        match (picture, tag) {
            (Some(at), tag) if tag.is_none_or(|(tag, _)| at < tag) => {
                ids.extend(plain(tokenizer, &rest[..at])?);
                let (name, after) = rest[at + 5..].split_once("</img>").unwrap_or_default();
                ids.push(id(tokenizer, "<img>")?);
                // The name byte by byte, by the bytes' own values and not by their tokens.
                let mut bytes: Vec<u32> = name.bytes().take(NAME).map(u32::from).collect();
                bytes.resize(NAME, id(tokenizer, "<imgpad>")?);
                ids.extend(bytes);
                ids.push(id(tokenizer, "</img>")?);
                rest = after;
            }
            (_, Some((at, tag))) => {
                ids.extend(plain(tokenizer, &rest[..at])?);
                ids.push(id(tokenizer, tag)?);
                rest = &rest[at + tag.len()..];
            }
            _ => {
                ids.extend(plain(tokenizer, rest)?);
                return Ok(ids);
            }
        }
    }
}

/// Text in which no token can be spelt.
fn plain(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    if text.is_empty() { Ok(Vec::new()) } else { encode(tokenizer, text) }
}
