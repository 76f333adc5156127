//! A rater that is a program: it prefers the story that is truer to the facts of its frames, with noise, a taste for a side,
//! and lapses. It knows the two stories as they stand before it, and nothing of who wrote them.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::truth::truth;
use crate::world::{Facts, judge};

/// Logits between a story that is right in everything and one that is wrong in everything.
const SPAN: f64 = 8.0;
/// A difference smaller than this is a tie; each step of the scale begins so much further.
const STEP: f64 = 0.5;

/// How a program rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Temper {
    /// Spread of what it feels about a pair, in logits.
    pub noise: f64,
    /// A taste for the left side, in logits.
    pub left: f64,
    /// Share of votes that are given without looking.
    pub lapses: f64,
}

/// One program that rates.
#[derive(Debug)]
pub struct SimulatedRater {
    temper: Temper,
    chance: ChaCha8Rng,
}

/// What it says of two stories; above 0: the left one is better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Steps of the scale, from -3 to 3.
    pub strength: i8,
    /// For each criterion -1, 0 or 1.
    pub criteria: Vec<i8>,
}

impl SimulatedRater {
    pub fn new(temper: Temper, seed: u64) -> SimulatedRater {
        SimulatedRater { temper, chance: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Reads both stories and says which is better, by the preference and by so many criteria.
    pub fn prefer(&mut self, left: &str, right: &str, facts: &Facts, criteria: usize) -> Said {
        let (left, right) = (judge(left, facts), judge(right, facts));
        let overall = self.feel(truth(&left) - truth(&right));
        let strength = (overall.abs() / STEP).floor().min(3.0) as i8;
        let aspects = [
            left.consistent.value() - right.consistent.value(),
            left.place.value() - right.place.value(),
            left.emotion.value() - right.emotion.value(),
        ];
        let criteria = (0..criteria)
            .map(|n| match self.feel(aspects[n % aspects.len()]) {
                felt if felt > STEP => 1,
                felt if felt < -STEP => -1,
                _ => 0,
            })
            .collect();
        Said { strength: if overall > 0.0 { strength } else { -strength }, criteria }
    }

    fn feel(&mut self, difference: f64) -> f64 {
        let Temper { noise, left, lapses } = self.temper;
        let u: f64 = self.chance.random_range(1e-9..1.0 - 1e-9);
        let lapse = self.chance.random::<f64>() < lapses;
        let clear = if lapse { 0.0 } else { SPAN * difference + left };
        clear + noise * (u / (1.0 - u)).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Split, Tale};

    fn votes(temper: Temper, swapped: bool) -> Vec<i8> {
        let mut rater = SimulatedRater::new(temper, 5);
        (0..60)
            .map(|seed| {
                let (own, strange) = (Tale::new(seed, Split::Train), Tale::new(seed + 1000, Split::Train));
                let (facts, strange) = (own.facts, strange.facts.story.join("\n"));
                let own = facts.story.join("\n");
                let (left, right) = if swapped { (&strange, &own) } else { (&own, &strange) };
                rater.prefer(left, right, &facts, 3).strength
            })
            .collect()
    }

    #[test]
    fn the_true_story_wins_on_either_side_and_noise_side_and_lapses_do_what_they_say() {
        let calm = Temper { noise: 0.2, left: 0.0, lapses: 0.0 };
        let won = |votes: Vec<i8>| votes.iter().filter(|vote| **vote > 0).count();
        assert!(won(votes(calm, false)) >= 57, "{:?}", votes(calm, false));
        assert!(won(votes(calm, true)) <= 3, "the left side has no part in it");
        let partial = Temper { left: 20.0, ..calm };
        assert_eq!((won(votes(partial, false)), won(votes(partial, true))), (60, 60));
        let absent = Temper { lapses: 1.0, noise: 1.0, ..calm };
        assert!((15..=45).contains(&won(votes(absent, false))));
        assert_eq!(votes(absent, false), votes(absent, false), "the same seed says the same");
    }
}
