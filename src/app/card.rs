//! A sequence as the gallery shows it. Where it comes from and its pixels are the session's business.

use crate::canvas::Pic;
use crate::story::SequenceId;

/// One tile of the gallery. All text is already clean of control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub id: SequenceId,
    pub title: String,
    pub frames: usize,
    pub stories: usize,
    /// Votes of raters about its stories.
    pub ratings: usize,
    pub in_world: bool,
    pub source: String,
    /// What it belongs with: the folder that its own lies in, or "bundled".
    pub group: String,
    pub credits: Option<String>,
    pub cover: Pic,
}

impl Card {
    /// "5 frames · 2 stories · 8 ratings".
    pub fn counts(&self) -> String {
        let count =
            |number: usize, word: &str, words: &str| format!("{number} {}", if number == 1 { word } else { words });
        let frames = count(self.frames, "frame", "frames");
        let mut counts = vec![frames];
        if self.stories > 0 {
            counts.push(count(self.stories, "story", "stories"));
        }
        if self.ratings > 0 {
            counts.push(count(self.ratings, "rating", "ratings"));
        }
        counts.join(" · ")
    }
}
