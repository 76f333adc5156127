//! What the judge found, as counts that can be summed over many stories.

use serde::{Deserialize, Serialize};

/// A share of a count: `right` of `of`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub right: usize,
    pub of: usize,
}

impl Share {
    /// From 0 to 1; 0 where nothing was counted.
    pub fn value(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.right as f64 / self.of as f64 }
    }

    /// Counts one more.
    pub fn count(&mut self, right: bool) {
        self.right += usize::from(right);
        self.of += 1;
    }

    /// Adds another count.
    pub fn add(&mut self, other: Share) {
        self.right += other.right;
        self.of += other.of;
    }
}

/// What the judge found; counts, so that the judgements of many stories can be summed with `add`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Stories judged.
    pub stories: usize,
    /// Of the characters named in a line, those who are seen in its frame.
    pub character_precision: Share,
    /// Of the characters seen, those named in the frame's line.
    pub character_recall: Share,
    /// Frames whose line names their place and no other.
    pub place: Share,
    /// Characters seen of whom the line says their feeling and no other.
    pub emotion: Share,
    /// The same, in frames with a single character.
    pub emotion_single: Share,
    /// The same, where the feeling cannot be known from the plot.
    pub emotion_twist: Share,
    /// Visible things that are named.
    pub thing_recall: Share,
    /// Of the things named in a line, those that are not seen in its frame.
    pub hallucinated_things: Share,
    /// Of all mentions of characters, places and things, those of what is not seen.
    pub hallucination: Share,
    /// Stories with one line a frame.
    pub aligned: Share,
    /// Of the mentions by name, those of the cast and, where a species stands beside it, of the right one.
    pub names: Share,
    /// Stories in which everybody spoken of is called by their name, and nobody by another.
    pub consistent: Share,
    /// Of all sentences, those said before in the same story.
    pub repeated: Share,
    /// Of all runs of four words, those said before in the same story.
    pub repeated_runs: Share,
    /// Words in all.
    pub words: usize,
}

impl Judgement {
    /// Sums the counts of another judgement into this one.
    pub fn add(&mut self, other: &Judgement) {
        self.stories += other.stories;
        self.words += other.words;
        for (mine, theirs) in [
            (&mut self.character_precision, other.character_precision),
            (&mut self.character_recall, other.character_recall),
            (&mut self.place, other.place),
            (&mut self.emotion, other.emotion),
            (&mut self.emotion_single, other.emotion_single),
            (&mut self.emotion_twist, other.emotion_twist),
            (&mut self.thing_recall, other.thing_recall),
            (&mut self.hallucinated_things, other.hallucinated_things),
            (&mut self.hallucination, other.hallucination),
            (&mut self.aligned, other.aligned),
            (&mut self.names, other.names),
            (&mut self.consistent, other.consistent),
            (&mut self.repeated, other.repeated),
            (&mut self.repeated_runs, other.repeated_runs),
        ] {
            mine.add(theirs);
        }
    }
}
