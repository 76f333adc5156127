//! The pairs of a snapshot as a model reads them: both stories behind their prompt, and what the model sees of the frames,
//! looked at once. Split by sequence, never by pair: the same pictures on both sides would be a leak.

use std::collections::HashMap;
use std::path::Path;

use candle_core::Device;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::course::Hearer;
use super::descent::votes_learnt;
use super::error::{Result, TrainError};
use super::votes_recipe::VotesRecipe;
use crate::exchange::{LeftOut, Snapshot, SnapshotPair, open_snapshot};
use crate::model::look::Look;
use crate::model::told::Told;
use crate::model::vision_language::VisionLanguage;
use crate::pixels::Picture;
use crate::story::VotesLearnt;
use crate::writer::Processor;
use crate::writer::chat::{Layout, Message};
use crate::writer::retelling::retold_text;

/// A pair ready to be read.
pub struct ReadPair {
    /// Of the first story and the second; `look` counts in [`Pairs::looks`].
    pub told: [Told; 2],
    pub pair: SnapshotPair,
}

/// All pairs of a snapshot.
pub struct Pairs {
    pub train: Vec<ReadPair>,
    pub held_out: Vec<ReadPair>,
    /// What the model sees of each sequence.
    pub looks: Vec<Look>,
    pub left_out: Vec<LeftOut>,
    pub criteria: Vec<String>,
    /// What of the votes is told later.
    pub votes: VotesLearnt,
}

impl Pairs {
    /// Opens the snapshot of a recipe for a model. Sequences are set apart by their names alone, so that a larger snapshot of
    /// the same campaign sets the same ones apart. `hearer` hears of each sequence that was looked at.
    pub fn open(
        votes: &VotesRecipe,
        seed: u64,
        model: &VisionLanguage,
        processor: &Processor,
        hearer: &mut dyn Hearer,
    ) -> Result<Self> {
        let mut all = Self::read(&votes.snapshot, votes.held_out, model, processor, hearer)?;
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        all.train.shuffle(&mut chance);
        if votes.most_pairs > 0 {
            all.train.truncate(votes.most_pairs);
        }
        if all.train.is_empty() || all.held_out.is_empty() {
            return Err(TrainError::Data(format!(
                "{} pairs to learn from and {} held out: a reward model needs both; collect votes about more sequences",
                all.train.len(),
                all.held_out.len()
            )));
        }
        Ok(all)
    }

    /// Reads a snapshot of which this share of the sequences is held out; 1 for all of them.
    pub fn read(
        folder: &Path,
        held_out: f64,
        model: &VisionLanguage,
        processor: &Processor,
        hearer: &mut dyn Hearer,
    ) -> Result<Self> {
        let snapshot = open_snapshot(folder).map_err(TrainError::Source)?;
        let Snapshot { card, pairs, .. } = snapshot;
        let mut sequences: Vec<&str> = pairs.iter().map(|pair| pair.sequence.as_str()).collect();
        sequences.sort_unstable();
        sequences.dedup();
        let count = sequences.len();
        let mut looks = Vec::new();
        let mut known: HashMap<String, std::result::Result<usize, String>> = HashMap::new();
        let mut all = Self {
            train: Vec::new(),
            held_out: Vec::new(),
            looks: Vec::new(),
            left_out: Vec::new(),
            votes: votes_learnt(&card),
            criteria: card.criteria,
        };
        for (number, pair) in pairs.iter().enumerate() {
            if !known.contains_key(&pair.sequence) {
                let look = look(folder, pair, model, processor)?;
                let place = look.map(|look| {
                    looks.push(look);
                    looks.len() - 1
                });
                known.insert(pair.sequence.clone(), place);
                hearer.looked(known.len(), count);
            }
            match &known[&pair.sequence] {
                Ok(place) => match read_pair(pair, processor, *place, &looks[*place])? {
                    Ok(told) => {
                        let read = ReadPair { told, pair: pair.clone() };
                        let apart = sets_apart(&pair.sequence, held_out);
                        if apart { all.held_out.push(read) } else { all.train.push(read) }
                    }
                    Err(reason) => all.left_out.push(LeftOut::new("snapshot", number + 1, &pair.pair, &reason)),
                },
                Err(reason) => all.left_out.push(LeftOut::new("snapshot", number + 1, &pair.pair, reason)),
            }
        }
        all.looks = looks;
        Ok(all)
    }

    /// Places of the pairs that a step sees: every pair once an epoch, in another order each time.
    pub fn batch(&self, step: usize, batch: usize, seed: u64) -> Vec<usize> {
        let n = self.train.len();
        let (first, last) = (step * batch, (step + 1) * batch);
        let order = |epoch: usize| {
            let mut order: Vec<usize> = (0..n).collect();
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ (epoch as u64).wrapping_mul(0x9E37_79B9)));
            order
        };
        // All epochs that the step touches, one behind the other.
        let orders: Vec<usize> = (first / n..=(last - 1) / n).flat_map(order).collect();
        let from = first % n;
        orders[from..from + batch].to_vec()
    }

    /// What there is, in a sentence.
    pub fn summary(&self, steps: usize) -> String {
        let (train, held_out, left_out) = (self.train.len(), self.held_out.len(), self.left_out.len());
        format!(
            "{train} pairs to learn from, {held_out} of other sequences held out, {left_out} left out; {steps} steps"
        )
    }
}

/// Whether a sequence is held out, by a number drawn from its name.
fn sets_apart(sequence: &str, share: f64) -> bool {
    let mut seed = [0u8; 32];
    seed.copy_from_slice(blake3::hash(sequence.as_bytes()).as_bytes());
    ChaCha8Rng::from_seed(seed).random::<f64>() < share
}

/// What the model sees of a pair's frames; in words why it cannot.
fn look(
    folder: &Path,
    pair: &SnapshotPair,
    model: &VisionLanguage,
    processor: &Processor,
) -> Result<std::result::Result<Look, String>> {
    let mut tiles = Vec::new();
    for image in &pair.images {
        let path = folder.join(image);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(format!("{image} cannot be read: {error}"))),
        };
        let rgb = Picture::from_bytes(image, bytes).and_then(|picture| picture.rgb());
        match rgb {
            Ok(rgb) => tiles.extend(processor.images.tiles(&rgb, false).tiles),
            Err(error) => return Ok(Err(format!("{image}: {error}"))),
        }
    }
    if tiles.is_empty() {
        return Ok(Err("it has no pictures".to_owned()));
    }
    let pixels = processor.images.pixels(&tiles, &Device::Cpu)?;
    Ok(Ok(model.image_features(&pixels)?.detach()))
}

/// Both stories behind their prompt; in words why they cannot be read.
fn read_pair(
    pair: &SnapshotPair,
    processor: &Processor,
    look: usize,
    seen: &Look,
) -> Result<std::result::Result<[Told; 2], String>> {
    let frames = pair.images.len();
    let layouts: Vec<Layout> = seen.grids.iter().copied().map(Layout::whole).collect();
    let asked = pair.prompt.replace("<image>", "image");
    let (_, prompt) = processor.prompt(&[Message::user(frames, &asked)], &layouts)?;
    let told = |text: &str| -> Result<Told> { Ok(Told::new(&prompt, &retold_text(processor, text, frames)?, look)) };
    let told = [told(&pair.first.text)?, told(&pair.second.text)?];
    let (longest, most) = (
        told.iter().map(|told| told.ids.len()).max().unwrap_or(0),
        processor.config.text_config.max_position_embeddings,
    );
    if longest > most {
        return Ok(Err(format!("it has {longest} tokens, and the model reads {most} together")));
    }
    Ok(Ok(told))
}
