//! How good a reward model is on sequences that it has not seen: how often it sides with the raters beside how often they side
//! with each other, whether its numbers can be taken for chances, and whether it looks at all.

use std::fmt::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::course::Hearer;
use super::error::{Result, TrainError};
use super::loss::{log_sigmoid, sigmoid};
use super::pairs::{Pairs, ReadPair};
use crate::model::look::Look;
use crate::model::told::{Page, Told};
use crate::model::vision_language::VisionLanguage;
use crate::stats::wilson;
use crate::writer::reward_model::RewardModel;
use crate::writer::score_head::ScoreHead;

/// Stories that are scored at once.
const ROWS: usize = 32;
/// Bins of the reliability diagram, from a half to 1.
const BINS: usize = 10;

/// A model with its head, as it is now.
pub struct Judge<'a> {
    pub model: &'a VisionLanguage,
    pub head: &'a ScoreHead,
    pub pad: u32,
}

impl Judge<'_> {
    /// The worth of each story, one number a criterion.
    pub fn scores(&self, told: &[Told], looks: &[Look]) -> Result<Vec<Vec<f64>>> {
        let mut all = Vec::with_capacity(told.len());
        for part in told.chunks(ROWS) {
            let page = Page::read(self.model, part, looks, self.pad)?;
            let rows = self.head.read(self.model, &page)?.whole()?.to_vec2::<f32>()?;
            all.extend(rows.into_iter().map(|row| row.into_iter().map(f64::from).collect::<Vec<_>>()));
        }
        Ok(all)
    }

    /// First less second of each pair, one number a criterion.
    pub fn apart(&self, pairs: &[ReadPair], looks: &[Look]) -> Result<Vec<Vec<f64>>> {
        let told: Vec<Told> = pairs.iter().flat_map(|pair| pair.told.clone()).collect();
        let scores = self.scores(&told, looks)?;
        Ok(scores.chunks(2).map(|pair| pair[0].iter().zip(&pair[1]).map(|(a, b)| a - b).collect()).collect())
    }

    /// Accuracy over the decided held-out pairs, and the loss over all of them, nats.
    pub fn held_out(&self, pairs: &Pairs) -> Result<(f64, f64)> {
        let apart: Vec<f64> = self.apart(&pairs.held_out, &pairs.looks)?.into_iter().map(|row| row[0]).collect();
        let right = decided(&apart, &pairs.held_out);
        Ok((share(&right), nll(&apart, &pairs.held_out, 1.0)))
    }
}

/// A share with its 95 % interval, and of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub share: f64,
    pub low: f64,
    pub high: f64,
    pub of: usize,
}

fn found(right: &[bool]) -> Found {
    let wins = right.iter().filter(|right| **right).count() as f64;
    let interval = wilson(wins, right.len() as f64);
    Found { share: interval.value, low: interval.low, high: interval.high, of: right.len() }
}

fn share(right: &[bool]) -> f64 {
    right.iter().filter(|right| **right).count() as f64 / right.len() as f64
}

/// What is said of a reward model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RewardCard {
    /// The snapshot's hash.
    pub snapshot: String,
    pub pairs: usize,
    pub held_out: usize,
    /// Held-out pairs whose votes prefer one story: how often the model sides with them.
    pub accuracy: Found,
    /// How often two raters of one pair side with each other, of held-out pairs with several votes that are no ties.
    pub ceiling: Option<f64>,
    /// By how much raters preferred: weakly, clearly, strongly.
    pub by_strength: Vec<(String, Found)>,
    pub by_criterion: Vec<(String, Found)>,
    pub nll: f64,
    pub brier: f64,
    /// Expected calibration error with the rewards as they are, and divided by the temperature, which is found on the one half
    /// of the sequences and used on the other.
    pub ece: f64,
    pub temperature: f64,
    pub ece_at_temperature: f64,
    /// Mean confidence, share right and pairs of each bin, at the temperature.
    pub reliability: Vec<(f64, f64, usize)>,
    /// The longer story, whatever it says; the side of the lengths that does better on the training pairs.
    pub length_only: Found,
    /// The model itself over pictures that show nothing.
    pub blank: Found,
    /// How often the better story is worth more with another sequence's pictures than with its own: it should not be.
    pub wrong_pictures: Found,
    /// How often it is worth more with its lines in another order.
    pub shuffled_lines: Found,
}

impl RewardCard {
    /// Examines a model on the held-out pairs.
    pub fn of(judge: &Judge<'_>, pairs: &Pairs, criteria: &[String]) -> Result<Self> {
        let all = judge.apart(&pairs.held_out, &pairs.looks)?;
        let apart: Vec<f64> = all.iter().map(|row| row[0]).collect();
        let blank: Vec<Look> = pairs.looks.iter().map(Look::blank).collect::<candle_core::Result<_>>()?;
        let unseen: Vec<f64> = judge.apart(&pairs.held_out, &blank)?.into_iter().map(|row| row[0]).collect();
        let temperature = temperature(&apart, &pairs.held_out);
        let crossed = crossed(&apart, &pairs.held_out);
        let mut card = Self {
            snapshot: pairs.votes.snapshot.clone(),
            pairs: pairs.train.len(),
            held_out: pairs.held_out.len(),
            accuracy: found(&decided(&apart, &pairs.held_out)),
            ceiling: ceiling(&pairs.held_out),
            by_strength: by_strength(&apart, &pairs.held_out),
            by_criterion: by_criterion(&all, &pairs.held_out, criteria),
            nll: nll(&apart, &pairs.held_out, 1.0),
            brier: brier(&apart, &pairs.held_out),
            ece: ece(&confidences(&apart, &pairs.held_out), BINS).0,
            temperature,
            length_only: found(&by_length(pairs)),
            blank: found(&decided(&unseen, &pairs.held_out)),
            ..Self::default()
        };
        (card.ece_at_temperature, card.reliability) = ece(&confidences(&crossed, &pairs.held_out), BINS);
        let better: Vec<Told> = pairs
            .held_out
            .iter()
            .filter(|pair| pair.pair.target != 0.5)
            .map(|pair| pair.told[usize::from(pair.pair.target < 0.5)].clone())
            .collect();
        let own: Vec<f64> = judge.scores(&better, &pairs.looks)?.into_iter().map(|row| row[0]).collect();
        card.wrong_pictures = found(&beaten(&own, &judge.scores(&elsewhere(&better, &pairs.looks), &pairs.looks)?));
        card.shuffled_lines = found(&beaten(&own, &judge.scores(&turned(&better), &pairs.looks)?));
        Ok(card)
    }

    /// Examines a reward model on all pairs of a snapshot: on votes that it never learnt from.
    pub fn on(model: &RewardModel, snapshot: &Path, hearer: &mut dyn Hearer) -> Result<Self> {
        let pairs = Pairs::read(snapshot, 1.0, &model.model, &model.processor, hearer)?;
        if pairs.held_out.is_empty() {
            return Err(TrainError::Data(format!("the snapshot {} has no pair that can be read", snapshot.display())));
        }
        let judge = Judge { model: &model.model, head: &model.head, pad: model.processor.pad() };
        Self::of(&judge, &pairs, &model.criteria)
    }

    /// The card as a page.
    pub fn markdown(&self) -> String {
        let mut page = String::new();
        let of = |found: &Found| format!("{:.3} [{:.3}, {:.3}] of {}", found.share, found.low, found.high, found.of);
        let mut row = |what: &str, value: String| {
            let _ = writeln!(page, "| {what} | {value} |");
        };
        row("reward model", format!("{} pairs learnt from, {} of other sequences held out", self.pairs, self.held_out));
        row("---", "---".to_owned());
        row("sides with the raters", of(&self.accuracy));
        let ceiling = self.ceiling.map_or("one vote a pair: unknown".to_owned(), |ceiling| format!("{ceiling:.3}"));
        row("raters side with each other", ceiling);
        for (strength, found) in &self.by_strength {
            row(&format!("... where they preferred {strength}"), of(found));
        }
        for (criterion, found) in &self.by_criterion {
            row(&format!("... by {criterion}"), of(found));
        }
        row("negative log-likelihood, nats", format!("{:.3} (chance .693)", self.nll));
        row("Brier score", format!("{:.3} (chance .25)", self.brier));
        row(
            "calibration error",
            format!("{:.3}; {:.3} at temperature {:.2}", self.ece, self.ece_at_temperature, self.temperature),
        );
        row("by length alone", of(&self.length_only));
        row("over blank pictures", of(&self.blank));
        row("worth more with wrong pictures", of(&self.wrong_pictures));
        row("worth more with its lines turned round", of(&self.shuffled_lines));
        page
    }
}

/// Of the pairs that votes decide: whether the rewards say the same.
fn decided(apart: &[f64], pairs: &[ReadPair]) -> Vec<bool> {
    let known = apart.iter().zip(pairs).filter(|(_, pair)| pair.pair.votes > 0 && pair.pair.target != 0.5);
    known.map(|(apart, pair)| (*apart > 0.0) == (pair.pair.target > 0.5)).collect()
}

fn nll(apart: &[f64], pairs: &[ReadPair], temperature: f64) -> f64 {
    let mut sum = 0.0;
    let mut count = 0.0;
    for (apart, pair) in apart.iter().zip(pairs).filter(|(_, pair)| pair.pair.votes > 0) {
        let (d, t) = (apart / temperature, pair.pair.target);
        sum -= t * log_sigmoid(d) + (1.0 - t) * log_sigmoid(-d);
        count += 1.0;
    }
    sum / count
}

fn brier(apart: &[f64], pairs: &[ReadPair]) -> f64 {
    let squares: Vec<f64> =
        confidences(apart, pairs).into_iter().map(|(p, right)| (p - f64::from(u8::from(right))).powi(2)).collect();
    squares.iter().sum::<f64>() / squares.len() as f64
}

/// Of the pairs that votes decide: how sure the rewards are of the story that they prefer, and whether votes prefer it too.
fn confidences(apart: &[f64], pairs: &[ReadPair]) -> Vec<(f64, bool)> {
    let known = apart.iter().zip(pairs).filter(|(_, pair)| pair.pair.votes > 0 && pair.pair.target != 0.5);
    known.map(|(apart, pair)| (sigmoid(apart.abs()), (*apart > 0.0) == (pair.pair.target > 0.5))).collect()
}

/// Mean distance of confidence and share right over equal bins, weighed by how many are in them; and the bins.
fn ece(sure: &[(f64, bool)], bins: usize) -> (f64, Vec<(f64, f64, usize)>) {
    let mut bins = vec![(0.0, 0.0, 0usize); bins];
    for (p, right) in sure {
        let at = (((p - 0.5) * 2.0 * bins.len() as f64) as usize).min(bins.len() - 1);
        bins[at].0 += p;
        bins[at].1 += f64::from(u8::from(*right));
        bins[at].2 += 1;
    }
    let all = sure.len().max(1) as f64;
    let error = bins.iter().map(|(p, right, _)| (p - right).abs() / all).sum();
    let mean = |(p, right, n): &(f64, f64, usize)| (p / (*n).max(1) as f64, right / (*n).max(1) as f64, *n);
    (error, bins.iter().filter(|bin| bin.2 > 0).map(mean).collect())
}

/// What rewards are best divided by, by the likelihood of what the votes of each pair come to, of the pairs that they decide, which are
/// those that calibration is measured on: a search over a grid that is even in its logarithm.
fn temperature(apart: &[f64], pairs: &[ReadPair]) -> f64 {
    let known = apart.iter().zip(pairs).filter(|(_, pair)| pair.pair.votes > 0 && pair.pair.target != 0.5);
    let logits: Vec<f64> = known.map(|(apart, pair)| if pair.pair.target > 0.5 { *apart } else { -apart }).collect();
    let cost = |t: f64| -logits.iter().map(|logit| log_sigmoid(logit / t)).sum::<f64>();
    let grid = (-60..=60).map(|step| (f64::from(step) / 20.0).exp());
    grid.map(|t| (cost(t), t)).min_by(|a, b| a.0.total_cmp(&b.0)).map_or(1.0, |(_, t)| t)
}

/// The rewards of each half of the sequences at the temperature of the other half.
fn crossed(apart: &[f64], pairs: &[ReadPair]) -> Vec<f64> {
    let half = |pair: &ReadPair| pair.pair.sequence.bytes().map(u32::from).sum::<u32>() % 2;
    let of = |side: u32| -> f64 {
        let (mut some, mut theirs) = (Vec::new(), Vec::new());
        for (apart, pair) in apart.iter().zip(pairs).filter(|(_, pair)| half(pair) != side) {
            some.push(*apart);
            theirs.push(ReadPair { told: pair.told.clone(), pair: pair.pair.clone() });
        }
        temperature(&some, &theirs)
    };
    let temperatures = [of(0), of(1)];
    apart.iter().zip(pairs).map(|(apart, pair)| apart / temperatures[half(pair) as usize]).collect()
}

/// How likely two raters of one pair agree, over all couples of votes; ties of a pair's votes count as halves on both sides.
fn ceiling(pairs: &[ReadPair]) -> Option<f64> {
    let (mut same, mut couples) = (0.0, 0.0);
    for pair in pairs.iter().filter(|pair| pair.pair.votes > 1) {
        let n = pair.pair.votes as f64;
        let first = pair.pair.target * n;
        let second = n - first;
        same += (first * (first - 1.0)).max(0.0) + (second * (second - 1.0)).max(0.0);
        couples += n * (n - 1.0);
    }
    (couples > 0.0).then(|| same / couples)
}

fn by_strength(apart: &[f64], pairs: &[ReadPair]) -> Vec<(String, Found)> {
    let levels = [("weakly", 0.0, 1.0), ("clearly", 1.0, 2.0), ("strongly", 2.0, 3.1)];
    let of = |(word, from, to): (&str, f64, f64)| {
        let right: Vec<bool> = apart
            .iter()
            .zip(pairs)
            .filter(|(_, pair)| pair.pair.target != 0.5 && (from..to).contains(&pair.pair.strength.abs()))
            .map(|(apart, pair)| (*apart > 0.0) == (pair.pair.target > 0.5))
            .collect();
        (!right.is_empty()).then(|| (word.to_owned(), found(&right)))
    };
    levels.into_iter().filter_map(of).collect()
}

fn by_criterion(apart: &[Vec<f64>], pairs: &[ReadPair], criteria: &[String]) -> Vec<(String, Found)> {
    let of = |(at, name): (usize, &String)| {
        let right: Vec<bool> = apart
            .iter()
            .zip(pairs)
            .filter_map(|(apart, pair)| Some((apart[at], *pair.pair.criteria.get(name)?)))
            .filter(|(_, target)| *target != 0.5)
            .map(|(apart, target)| (apart > 0.0) == (target > 0.5))
            .collect();
        (name.clone(), found(&right))
    };
    criteria.iter().enumerate().skip(1).map(of).collect()
}

/// By length alone, the longer or the shorter story, whichever did better in training.
fn by_length(pairs: &Pairs) -> Vec<bool> {
    let longer = |pair: &ReadPair| pair.told[0].story.len() as f64 - pair.told[1].story.len() as f64;
    let side = |pairs: &[ReadPair]| decided(&pairs.iter().map(longer).collect::<Vec<_>>(), pairs);
    let flip = share(&side(&pairs.train)) < 0.5;
    let held_out: Vec<f64> =
        pairs.held_out.iter().map(|pair| if flip { -longer(pair) } else { longer(pair) }).collect();
    decided(&held_out, &pairs.held_out)
}

/// Whether the second of two worths is the higher one.
fn beaten(own: &[f64], other: &[Vec<f64>]) -> Vec<bool> {
    own.iter().zip(other).map(|(own, other)| other[0] > *own).collect()
}

/// Each story with the pictures of the next sequence that has as many rows.
fn elsewhere(told: &[Told], looks: &[Look]) -> Vec<Told> {
    let rows = |look: usize| looks[look].rows();
    let other =
        |look: usize| (1..looks.len()).map(|step| (look + step) % looks.len()).find(|other| rows(*other) == rows(look));
    told.iter().map(|told| Told { look: other(told.look).unwrap_or(told.look), ..told.clone() }).collect()
}

/// Each story with its first half of tokens behind its second, the end in its place.
fn turned(told: &[Told]) -> Vec<Told> {
    let turn = |told: &Told| {
        let mut ids = told.ids.clone();
        let last = ids.len() - 1;
        let story = &mut ids[told.story.start..last];
        let middle = story.len() / 2;
        story.rotate_left(middle);
        Told { ids, ..told.clone() }
    };
    told.iter().map(turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{SnapshotPair, SnapshotStory};

    /// A pair whose first story every vote prefers.
    fn pair() -> ReadPair {
        let story = |text: &str| SnapshotStory { system: "s".into(), text: text.into() };
        let told = || Told { ids: vec![1, 2], story: 1..2, look: 0 };
        let pair = SnapshotPair {
            pair: "p".into(),
            sequence: "s".into(),
            images: Vec::new(),
            prompt: String::new(),
            first: story("a"),
            second: story("b"),
            votes: 1,
            target: 1.0,
            strength: 1.0,
            criteria: Default::default(),
            both_bad: 0,
        };
        ReadPair { told: [told(), told()], pair }
    }

    #[test]
    fn golden_numbers() {
        let apart = [0.1, 0.4, -0.2, 1.0, 2.0, -1.5, 0.05, 3.0];
        let pairs: Vec<ReadPair> = apart.iter().map(|_| pair()).collect();
        for (found, expected) in [
            (ece(&confidences(&apart, &pairs), 5).0, 0.228592576),
            (brier(&apart, &pairs), 0.210486080),
            (nll(&apart, &pairs, 1.0), 0.601775095),
        ] {
            assert!((found - expected).abs() < 1e-8, "{found} is not {expected}");
        }
        assert_eq!(decided(&apart, &pairs).iter().filter(|right| **right).count(), 6);
    }

    #[test]
    fn the_temperature_makes_chances_of_what_votes_decide_and_ties_have_no_part_in_it() {
        // Right in three of four where the rewards are 4 apart: a chance of .75 is a logit of 1.1.
        let mut pairs: Vec<ReadPair> = (0..4).map(|_| pair()).collect();
        pairs[3].pair.target = 0.0;
        let found = temperature(&[4.0; 4], &pairs);
        assert!((4.0 / found - 3f64.ln()).abs() < 0.03, "{found}");
        pairs.extend((0..40).map(|_| pair()));
        pairs[4..].iter_mut().for_each(|tie| tie.pair.target = 0.5);
        assert_eq!(temperature(&[4.0; 44], &pairs), found);
    }

    #[test]
    fn two_raters_agree_as_often_as_their_votes_say() {
        let voted = |votes: usize, target: f64| {
            let mut pair = pair();
            (pair.pair.votes, pair.pair.target) = (votes, target);
            pair
        };
        assert_eq!(ceiling(&[voted(1, 1.0)]), None);
        assert_eq!(ceiling(&[voted(2, 1.0), voted(2, 0.5)]), Some(0.5));
        // Of three votes two agree: one couple of three.
        assert!((ceiling(&[voted(3, 2.0 / 3.0)]).unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }
}
