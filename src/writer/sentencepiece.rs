//! `tokenizer.model` as sentencepiece writes it, made into a tokenizer of the kind that all others are: byte-pair merges in the
//! order of the pieces' scores, unknown characters as bytes, a space before the first word.
//!
//! Only byte-pair models are read, which Llama's and Vicuna's are. No token can be spelt in a text, as sentencepiece has it.

use std::path::Path;

use serde_json::json;
use tokenizers::Tokenizer;

use super::error::{Result, WriterError};

/// A piece of the vocabulary.
struct Piece {
    text: String,
    score: f32,
    kind: u64,
}

const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
/// What stands for a space.
const SPACE: &str = "\u{2581}";

/// Reads a `tokenizer.model`.
///
/// # Errors
/// A file that is damaged, or holds another kind of model.
pub fn open(path: &Path) -> Result<Tokenizer> {
    let odd = |what: &str| WriterError::Layout(format!("{}: {what}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| odd(&format!("cannot be read: {e}")))?;
    let (mut pieces, mut kind, mut fallback, mut prefix) = (Vec::new(), 1, false, true);
    for field in Fields(&bytes) {
        match field.ok_or_else(|| odd("is damaged: it ends in the middle of a field"))? {
            (1, Field::Bytes(bytes)) => pieces.push(piece(bytes).ok_or_else(|| odd("has a damaged piece"))?),
            (2, Field::Bytes(trainer)) => {
                for field in Fields(trainer).flatten() {
                    match field {
                        (3, Field::Number(value)) => kind = value,
                        (35, Field::Number(value)) => fallback = value != 0,
                        _ => {}
                    }
                }
            }
            (3, Field::Bytes(normaliser)) => {
                for field in Fields(normaliser).flatten() {
                    if let (3, Field::Number(value)) = field {
                        prefix = value != 0;
                    }
                }
            }
            _ => {}
        }
    }
    if kind != 2 || pieces.is_empty() {
        return Err(odd("is no byte-pair model of sentencepiece: only these are read"));
    }
    build(&pieces, fallback, prefix).map_err(|e| odd(&e.to_string()))
}

fn piece(bytes: &[u8]) -> Option<Piece> {
    let mut piece = Piece { text: String::new(), score: 0.0, kind: 1 };
    for field in Fields(bytes) {
        match field? {
            (1, Field::Bytes(text)) => piece.text = String::from_utf8(text.to_vec()).ok()?,
            (2, Field::Fixed(score)) => piece.score = f32::from_bits(score),
            (3, Field::Number(kind)) => piece.kind = kind,
            _ => {}
        }
    }
    Some(piece)
}

fn build(pieces: &[Piece], fallback: bool, prefix: bool) -> tokenizers::Result<Tokenizer> {
    let ids: std::collections::HashMap<&str, usize> =
        pieces.iter().enumerate().map(|(id, piece)| (piece.text.as_str(), id)).collect();
    // What joins into the piece of the highest score joins first; of two ways to the same piece the one from the left.
    let mut order: Vec<usize> = (0..pieces.len()).filter(|id| pieces[*id].kind == 1).collect();
    order.sort_by(|a, b| pieces[*b].score.total_cmp(&pieces[*a].score).then(a.cmp(b)));
    let mut merges = Vec::new();
    for id in order {
        let text = pieces[id].text.as_str();
        let ways = text.char_indices().skip(1).map(|(at, _)| text.split_at(at));
        let mut ways: Vec<(usize, usize)> =
            ways.filter_map(|(left, right)| Some((*ids.get(left)?, *ids.get(right)?))).collect();
        ways.sort_unstable();
        merges.extend(ways.into_iter().map(|(left, right)| [&pieces[left].text, &pieces[right].text]));
    }
    let special = |id: &usize| [UNKNOWN, CONTROL].contains(&pieces[*id].kind);
    let added: Vec<_> = (0..pieces.len())
        .filter(special)
        .map(|id| {
            json!({"id": id, "content": pieces[id].text, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true})
        })
        .collect();
    let unknown = pieces.iter().find(|piece| piece.kind == UNKNOWN).map(|piece| piece.text.as_str());
    let replace = json!({"type": "Replace", "pattern": {"String": " "}, "content": SPACE});
    let prepend = json!({"type": "Prepend", "prepend": SPACE});
    let normalisers: Vec<_> = if prefix { vec![prepend, replace] } else { vec![replace] };
    let mut decoders = vec![
        json!({"type": "Replace", "pattern": {"String": SPACE}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if prefix {
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    let vocab: serde_json::Map<String, serde_json::Value> =
        pieces.iter().enumerate().map(|(id, piece)| (piece.text.clone(), id.into())).collect();
    let whole = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": normalisers},
        "pre_tokenizer": null, "post_processor": null,
        "decoder": {"type": "Sequence", "decoders": decoders},
        "model": {"type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": fallback, "ignore_merges": false,
            "vocab": vocab, "merges": merges},
    });
    let mut tokenizer = Tokenizer::from_bytes(serde_json::to_vec(&whole)?)?;
    tokenizer.set_encode_special_tokens(true);
    Ok(tokenizer)
}

/// A field of a protocol buffer.
enum Field<'a> {
    Number(u64),
    Fixed(u32),
    Bytes(&'a [u8]),
    Other,
}

/// Fields with their numbers, one after the other; `None` where the bytes end too early, and then nothing more.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let key = self.number()?;
        let field = match key & 7 {
            0 => Field::Number(self.number()?),
            1 => {
                self.take(8)?;
                Field::Other
            }
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Fixed(u32::from_le_bytes(self.take(4)?.try_into().ok()?)),
            _ => return None,
        };
        Some((key >> 3, field))
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for at in 0..10 {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_are_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer.model");
        for bytes in
            [&b""[..], b"\x0a", b"\x0a\xff\xff\xff\xff\x7f", b"\x0a\x03\x0a\x01\xff", b"plain text", &[0xff; 40]]
        {
            std::fs::write(&path, bytes).unwrap();
            let error = open(&path).err().map(|e| e.to_string());
            assert!(error.as_ref().is_some_and(|error| error.contains("tokenizer.model")), "{bytes:?}: {error:?}");
        }
    }
}
