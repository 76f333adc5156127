//! From tokens to text as it becomes certain: a character of several bytes is passed on when its last byte has come.

use tokenizers::Tokenizer;

use super::error::{Result, WriterError};

/// The text of one story under way.
#[derive(Default)]
pub struct TextStream {
    ids: Vec<u32>,
    /// Tokens before this one are not decoded again.
    start: usize,
    /// Tokens before this one have been passed on.
    passed: usize,
}

impl TextStream {
    fn decode(tokenizer: &Tokenizer, ids: &[u32]) -> Result<String> {
        tokenizer.decode(ids, true).map_err(|e| WriterError::Tokenizer(e.to_string()))
    }

    /// Adds a token; returns the text that became complete with it.
    pub fn push(&mut self, tokenizer: &Tokenizer, id: u32) -> Result<String> {
        self.ids.push(id);
        let before = Self::decode(tokenizer, &self.ids[self.start..self.passed])?;
        let now = Self::decode(tokenizer, &self.ids[self.start..])?;
        // A replacement character at the end is a character whose bytes are still coming; four bytes are the most.
        let waiting = now.ends_with('\u{FFFD}') && self.ids.len() - self.passed < 4;
        if waiting || now.len() <= before.len() || !now.is_char_boundary(before.len()) {
            return Ok(String::new());
        }
        self.start = self.passed;
        self.passed = self.ids.len();
        Ok(now[before.len()..].to_owned())
    }

    /// What was still waiting when the story ended.
    pub fn flush(&mut self, tokenizer: &Tokenizer) -> Result<String> {
        let before = Self::decode(tokenizer, &self.ids[self.start..self.passed])?;
        let now = Self::decode(tokenizer, &self.ids[self.start..])?;
        self.passed = self.ids.len();
        self.start = self.passed;
        Ok(now.get(before.len()..).unwrap_or_default().to_owned())
    }
}
