//! The twelve plots of cause and effect, and the beat that fits into all of them.

use crate::world::beat::{ALL, Beat, Cast, Plot, Slot, solo};
use crate::world::bonds::{BIRTHDAY, GIFT, PICNIC, QUARREL, STORM, STRANGER};
use crate::world::quests::{DARKNESS, HOME, LESSON, LOST, RACE, TREASURE};
use crate::world::words::{Action, Emotion};

/// Every plot.
pub static PLOTS: [Plot; 12] =
    [LOST, STORM, GIFT, QUARREL, BIRTHDAY, RACE, HOME, STRANGER, DARKNESS, TREASURE, LESSON, PICNIC];

/// A beat that fits between any two: somebody on the way. Used where a tale has six frames.
pub static WAY: Beat = solo(
    Cast::A,
    &[Emotion::Calm, Emotion::Happy, Emotion::Sad],
    Action::Walk,
    Slot::Nothing,
    1,
    ALL,
    true,
    &[
        "{A} strolled about {in}",
        "{A} went on {pA} way {in}",
        "{A} wandered about {in}",
        "{A} walked for a long time {in}",
        "{A} went a long way {in}",
        "{in}, {A} kept on walking",
    ],
    &["\"What will happen next?\" asked {A}", "\"I must think,\" said {A}", "\"On and on I go,\" said {A}"],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::lexicon::{Word, lexicon, words};

    #[test]
    fn no_sentence_names_a_place_a_thing_or_a_feeling_of_its_own() {
        let beats = PLOTS.iter().flat_map(|plot| &plot.beats).chain([&WAY]);
        for says in beats.flat_map(|beat| beat.says.iter().chain(beat.talks)) {
            let plain = says.replace("{in}", "").replace("{t}", "");
            let found = words(&plain);
            for at in 0..found.len() {
                assert_eq!(lexicon(&found, at), Vec::<Word>::new(), "{says}");
            }
        }
    }

    #[test]
    fn every_way_of_saying_names_who_and_what_is_seen() {
        for beat in PLOTS.iter().flat_map(|plot| &plot.beats) {
            for says in beat.says {
                assert_eq!(says.contains("{A}"), beat.cast != Cast::B, "{says}");
                assert_eq!(says.contains("{B}"), beat.cast != Cast::A, "{says}");
                assert_eq!(says.contains("{t}"), beat.thing != Slot::Nothing, "{says}");
                assert!(says.contains("{in}"), "{says}");
            }
            assert!(beat.says.len() > 4 && beat.talks.len() != 1);
        }
    }
}
