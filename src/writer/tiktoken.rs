//! `qwen.tiktoken` as Qwen publishes it, made into a tokenizer of the kind that all others are: byte-pair merges by rank, and
//! behind the ranks the tokens that the published code adds.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokenizers::Tokenizer;

use super::error::{Result, WriterError};

/// Where words end, as the published code has it.
const PATTERN: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Tokens without a meaning of their own.
const EXTRAS: usize = 205;

/// Reads a `qwen.tiktoken`.
///
/// # Errors
/// A file that is no list of tokens and ranks.
pub fn open(path: &Path) -> Result<Tokenizer> {
    let odd = |what: String| WriterError::Layout(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| odd(format!("cannot be read: {e}")))?;
    let mut tokens: Vec<Vec<u8>> = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let read = line
            .split_once(' ')
            .and_then(|(token, rank)| Some((STANDARD.decode(token).ok()?, rank.trim().parse::<usize>().ok()?)));
        match read {
            Some((token, rank)) if rank == tokens.len() => tokens.push(token),
            _ => return Err(odd(format!("line {} is no token with the next rank", at + 1))),
        }
    }
    build(&tokens).map_err(|e| odd(e.to_string()))
}

/// Tokens behind the ranks.
fn added() -> impl Iterator<Item = String> {
    let named = |names: &'static [&'static str]| names.iter().map(|name| (*name).to_owned());
    let extras = (0..EXTRAS).map(|i| format!("<|extra_{i}|>"));
    named(&["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
        .chain(extras)
        .chain(named(&["<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>", "<img>", "</img>", "<imgpad>"]))
}

fn build(tokens: &[Vec<u8>]) -> tokenizers::Result<Tokenizer> {
    let ranks: HashMap<&[u8], usize> =
        tokens.iter().enumerate().map(|(rank, token)| (token.as_slice(), rank)).collect();
    let letters = letters();
    let spelt = |bytes: &[u8]| -> String { bytes.iter().map(|byte| letters[usize::from(*byte)]).collect() };
    let mut merges = Vec::new();
    for (rank, token) in tokens.iter().enumerate().filter(|(_, token)| token.len() > 1) {
        if let [left, right] = parts(token, rank, &ranks).as_slice() {
            merges.push([spelt(left), spelt(right)]);
        }
    }
    let vocab: serde_json::Map<String, serde_json::Value> =
        tokens.iter().enumerate().map(|(rank, token)| (spelt(token), rank.into())).collect();
    let added: Vec<_> = added()
        .enumerate()
        .map(|(at, token)| {
            json!({"id": tokens.len() + at, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true})
        })
        .collect();
    let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false});
    let whole = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": false}, bytes]},
        "post_processor": null, "decoder": bytes,
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": true,
            "vocab": vocab, "merges": merges},
    });
    let mut tokenizer = Tokenizer::from_bytes(serde_json::to_vec(&whole)?)?;
    tokenizer.set_encode_special_tokens(true);
    Ok(tokenizer)
}

/// What a token is joined of by tokens of lower rank: two parts, where it can be reached at all.
fn parts<'t>(token: &'t [u8], rank: usize, ranks: &HashMap<&[u8], usize>) -> Vec<&'t [u8]> {
    let mut cuts: Vec<usize> = (0..=token.len()).collect();
    while cuts.len() > 3 {
        let join = |at: usize| ranks.get(&token[cuts[at - 1]..cuts[at + 1]]).copied().filter(|joined| *joined < rank);
        let best = (1..cuts.len() - 1).filter_map(|at| Some((join(at)?, at))).min();
        let Some((_, at)) = best else { break };
        cuts.remove(at);
    }
    cuts.windows(2).map(|cut| &token[cut[0]..cut[1]]).collect()
}

/// The letter that stands for each byte in byte-level vocabularies: itself where it can be seen, one beyond Latin-1 otherwise.
fn letters() -> [char; 256] {
    let seen =
        |byte: u32| (0x21..=0x7e).contains(&byte) || (0xa1..=0xac).contains(&byte) || (0xae..=0xff).contains(&byte);
    let mut next = 256;
    std::array::from_fn(|byte| {
        let byte = byte as u32;
        let code = if seen(byte) {
            byte
        } else {
            next += 1;
            next - 1
        };
        char::from_u32(code).unwrap_or_default()
    })
}
