//! What a few letters find among the sequences: each word's letters in order, in title, source or credits, in any case.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::app::card::Card;

/// A filter, ready to be asked of many cards.
pub struct Sieve {
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Sieve {
    pub fn new(filter: &str) -> Sieve {
        let pattern = Pattern::parse(filter, CaseMatching::Ignore, Normalization::Smart);
        Sieve { pattern, matcher: Matcher::new(Config::DEFAULT), buffer: Vec::new() }
    }

    /// How well a card fits; `None` if it does not.
    pub fn score(&mut self, card: &Card) -> Option<u32> {
        if self.pattern.atoms.is_empty() {
            return Some(0);
        }
        let words = [&card.title, card.source.as_str(), card.credits.as_deref().unwrap_or("")].join(" ");
        self.pattern.score(Utf32Str::new(&words, &mut self.buffer), &mut self.matcher)
    }
}
