//! From a seed to a tale: its facts, its texts and its frames. What happens is in `draft`, narration in `narrate`, drawing in
//! `scene`.

use serde::{Deserialize, Serialize};

use crate::pixels::Rgb;
use crate::world::caption;
use crate::world::chance::Chance;
use crate::world::draft::{Draft, draft};
use crate::world::facts::Facts;
use crate::world::mistaken::{self, Retold};
use crate::world::narrate;
use crate::world::scene::{self, Region};
use crate::world::slips;

/// Which half of the world a tale is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Never a species at its `held_out_place`, never a held-out phrasing.
    Train,
    /// At least one frame shows a species at its `held_out_place`; every phrasing may occur.
    HeldOut,
}

/// A tale: its facts, and through `draw` its frames.
#[derive(Clone, Debug)]
pub struct Tale {
    pub facts: Facts,
}

impl Tale {
    /// The tale of this seed; the same on every platform.
    pub fn new(seed: u64, split: Split) -> Tale {
        let mut chance = Chance::new(seed, if split == Split::Train { 0 } else { 1 });
        let draft = draft(split == Split::HeldOut, &mut chance);
        let story = narrate::story(&draft.told(&draft.frames), &mut chance);
        let Draft { cast, plot, frames, things, held_out, .. } = draft;
        let captions = frames.iter().map(|frame| caption::caption(frame, held_out, &mut chance)).collect();
        let emotions = frames.iter().map(caption::emotions).collect();
        let consistency = frames.iter().map(|frame| caption::consistency(frame, &cast)).collect();
        let title = narrate::title(plot.title, &cast, things[0]);
        let plot = plot.word.to_owned();
        Tale { facts: Facts { seed, title, plot, cast, frames, story, captions, emotions, consistency } }
    }

    /// The same tale told again, in other words and with so many mistakes; `again` fixes words and mistakes.
    pub fn retold(seed: u64, split: Split, again: u64, mistakes: usize) -> Retold {
        let draft = draft(split == Split::HeldOut, &mut Chance::new(seed, if split == Split::Train { 0 } else { 1 }));
        mistaken::retold(&draft, mistakes, &mut Chance::new(seed ^ again.rotate_left(32), 2))
    }

    /// A telling of this tale in the same words but for so many mistakes more; `again` fixes them.
    pub fn slipped(seed: u64, split: Split, told: &Retold, again: u64, mistakes: usize) -> Retold {
        let draft = draft(split == Split::HeldOut, &mut Chance::new(seed, if split == Split::Train { 0 } else { 1 }));
        slips::slipped(&draft, told, mistakes, &mut Chance::new(seed ^ again.rotate_left(32), 3))
    }

    /// Shows in one frame what a line tells of feelings, where the line is wrong about nothing else; false where it is.
    pub fn show_as_told(&mut self, frame: usize, line: &str) -> bool {
        let shown = slips::as_told(line, &self.facts.frames[frame], &self.facts.cast);
        let could = shown.is_some();
        if let Some(shown) = shown {
            self.facts.frames[frame] = shown;
        }
        could
    }

    /// Draws one frame, `side` x `side` pixels (at least 16). `frame` counts from 0 and must be one of `facts.frames`.
    pub fn draw(&self, frame: usize, side: u32) -> Rgb {
        self.draw_and_point(frame, side).0
    }

    /// The same, and where in the frame the heads and the thing are.
    pub fn draw_and_point(&self, frame: usize, side: u32) -> (Rgb, Vec<Region>) {
        scene::draw(&self.facts, frame, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::words::held_out_place;

    /// The same with SSE2, with AVX2 and with tiny-skia's scalar pipeline; a change here makes old training data stale.
    const GOLDEN: [(u64, usize, u32, &str); 6] = [
        (1, 0, 96, "50c5c690007b2683"),
        (2, 1, 96, "ce575762629a6623"),
        (3, 2, 192, "ca3f8a485ccbf280"),
        (4, 0, 128, "715422d955aa7769"),
        (5, 2, 96, "c8fcae91a6238c97"),
        (2_000_000_006, 1, 64, "fee97efdaf550662"),
    ];

    #[test]
    fn frames_are_the_same_bytes_everywhere() {
        let drawn: Vec<_> = GOLDEN
            .iter()
            .map(|&(seed, frame, side, _)| {
                let split = if seed < 1_000_000_000 { Split::Train } else { Split::HeldOut };
                let rgb = Tale::new(seed, split).draw(frame, side);
                assert_eq!(rgb.data.len(), (side * side * 3) as usize);
                (seed, frame, side, blake3::hash(&rgb.data).to_hex()[..16].to_owned())
            })
            .collect();
        let golden: Vec<_> = GOLDEN.iter().map(|&(a, b, c, hash)| (a, b, c, hash.to_owned())).collect();
        assert_eq!(drawn, golden);
    }

    #[test]
    fn lines_are_short_and_name_what_is_seen() {
        let (mut words, mut lines) = (0, 0);
        for seed in 0..300 {
            let facts = Tale::new(seed, Split::Train).facts;
            for (frame, line) in facts.frames.iter().zip(&facts.story) {
                lines += 1;
                words += line.split_whitespace().count();
                assert!(line.trim_start_matches('"').starts_with(char::is_uppercase), "{line}");
                assert!(frame.thing.is_none_or(|thing| line.contains(thing.word())), "{line}");
            }
        }
        assert!((11..=21).contains(&(words / lines)), "{} words a line", words / lines);
    }

    #[test]
    fn a_seed_fixes_the_tale_and_every_text_has_a_line_a_frame() {
        for seed in 0..200 {
            let facts = Tale::new(seed, Split::Train).facts;
            assert_eq!(facts, Tale::new(seed, Split::Train).facts);
            let count = facts.frames.len();
            assert!((3..=6).contains(&count));
            for lines in [&facts.story, &facts.captions, &facts.emotions, &facts.consistency] {
                assert_eq!(lines.len(), count);
                assert!(lines.iter().all(|line| !line.contains(['{', '}', '%', '$', '\n']) && line.ends_with('.')));
            }
        }
    }

    #[test]
    fn training_never_sees_what_is_kept_back_and_held_out_tales_always_do() {
        let kept_back = |split| {
            let count = |seed| {
                let facts = Tale::new(seed, split).facts;
                facts.frames.iter().any(|f| f.seen.iter().any(|s| held_out_place(s.species) == f.place))
            };
            (0..300).filter(|&seed| count(seed)).count()
        };
        assert_eq!((kept_back(Split::Train), kept_back(Split::HeldOut)), (0, 300));
    }

    #[test]
    fn a_fifth_of_the_feelings_are_not_in_the_plot_and_none_is_rare() {
        let mut twists = 0;
        let mut counts = [0usize; 6];
        for seed in 0..500 {
            for seen in Tale::new(seed, Split::Train).facts.frames.iter().flat_map(|f| &f.seen) {
                twists += usize::from(seen.twist);
                counts[seen.emotion.index()] += 1;
            }
        }
        let all: usize = counts.iter().sum();
        assert!(twists * 100 > all * 12, "{twists} of {all}");
        assert!(counts.iter().all(|&count| count * 100 > all * 8), "{counts:?}");
    }
}
