//! A snapshot: the votes of a campaign frozen for a training, each pair with what its votes say together, the frames beside it
//! by content. Its hash names exactly what a model learnt from; what was left out is counted by reason.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::publish::Leaf;
use crate::story::Notice;

/// A pair and what its votes say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotPair {
    pub pair: String,
    pub sequence: String,
    /// Files of the frames, in order, relative to the snapshot.
    pub images: Vec<String>,
    /// What the systems were asked, in words.
    pub prompt: String,
    pub first: SnapshotStory,
    pub second: SnapshotStory,
    /// Votes that preferred one or called it a tie.
    pub votes: usize,
    /// Share of the first among them, ties as halves.
    pub target: f64,
    /// Mean of the scale from -3 to 3, above 0 for the first.
    pub strength: f64,
    /// By criterion: the share of the first, the same as halves.
    #[serde(default)]
    pub criteria: BTreeMap<String, f64>,
    /// Votes that found both bad.
    #[serde(default)]
    pub both_bad: usize,
}

/// One side of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotStory {
    pub system: String,
    pub text: String,
}

/// What a snapshot holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotCard {
    pub campaign: String,
    pub pairs: usize,
    pub votes: usize,
    /// Votes of programs among them.
    pub simulated: usize,
    pub sequences: usize,
    /// Votes that are not in it, by reason.
    pub excluded: BTreeMap<String, usize>,
    /// Names of the criteria, in the campaign's order.
    pub criteria: Vec<String>,
    /// BLAKE3 of `pairs.jsonl`.
    pub hash: String,
}

/// A snapshot that was opened.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub folder: PathBuf,
    pub card: SnapshotCard,
    pub pairs: Vec<SnapshotPair>,
}

const PAIRS: &str = "pairs.jsonl";
const CARD: &str = "snapshot.json";

/// The files of a snapshot but for its pictures, and its card with hash and counts filled in.
///
/// # Errors
/// Never in practice: what is written was read as text.
pub fn snapshot_files(mut card: SnapshotCard, pairs: &[SnapshotPair]) -> Result<(SnapshotCard, Vec<Leaf>), Notice> {
    let ours = |error: serde_json::Error| Notice::ours(format!("a snapshot cannot be written: {error}"));
    let mut lines = Vec::new();
    for pair in pairs {
        serde_json::to_writer(&mut lines, pair).map_err(ours)?;
        lines.push(b'\n');
    }
    let sequences: std::collections::BTreeSet<&str> = pairs.iter().map(|pair| pair.sequence.as_str()).collect();
    (card.pairs, card.sequences) = (pairs.len(), sequences.len());
    card.votes = pairs.iter().map(|pair| pair.votes + pair.both_bad).sum();
    card.hash = hash(&lines);
    let files = vec![(PAIRS.to_owned(), lines), (CARD.to_owned(), serde_json::to_vec_pretty(&card).map_err(ours)?)];
    Ok((card, files))
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Opens a snapshot.
///
/// # Errors
/// A folder that is none, a pair that cannot be read, or pairs that are not those the card was written for.
pub fn open_snapshot(folder: &Path) -> Result<Snapshot, Notice> {
    let read = |name: &str| {
        std::fs::read(folder.join(name)).map_err(|error| {
            let what = format!("{} is no snapshot: {name} cannot be read ({error})", folder.display());
            Notice::yours(what, "make one: storyloom campaign snapshot NAME --out FOLDER")
        })
    };
    let (card, lines) = (read(CARD)?, read(PAIRS)?);
    let wrong = |name: &str, error: serde_json::Error| {
        Notice::yours(format!("{}: {error}", folder.join(name).display()), "make the snapshot anew")
    };
    let card: SnapshotCard = serde_json::from_slice(&card).map_err(|error| wrong(CARD, error))?;
    if hash(&lines) != card.hash {
        let what = format!("{} was changed after it was written: its hash is another", folder.join(PAIRS).display());
        return Err(Notice::yours(what, "make the snapshot anew; edit votes where they are kept, not here"));
    }
    let rows = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let pairs = rows.map(serde_json::from_slice).collect::<Result<_, _>>().map_err(|error| wrong(PAIRS, error))?;
    Ok(Snapshot { folder: folder.to_owned(), card, pairs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(sequence: &str) -> SnapshotPair {
        let story = |text: &str| SnapshotStory { system: "s".into(), text: text.into() };
        SnapshotPair {
            pair: "p".into(),
            sequence: sequence.into(),
            images: vec!["images/a.png".into()],
            prompt: "Tell it.".into(),
            first: story("A fox."),
            second: story("A bear."),
            votes: 2,
            target: 0.75,
            strength: 1.5,
            criteria: [("coherence".to_owned(), 0.5)].into(),
            both_bad: 1,
        }
    }

    #[test]
    fn what_was_frozen_is_read_back_and_a_changed_one_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let pairs = [pair("a"), pair("b")];
        for (name, bytes) in snapshot_files(SnapshotCard::default(), &pairs).unwrap().1 {
            std::fs::write(home.path().join(name), bytes).unwrap();
        }
        let snapshot = open_snapshot(home.path()).unwrap();
        assert_eq!((snapshot.pairs.as_slice(), snapshot.card.votes, snapshot.card.sequences), (pairs.as_slice(), 6, 2));
        let file = home.path().join(PAIRS);
        let text = std::fs::read_to_string(&file).unwrap().replace("0.75", "0.95");
        std::fs::write(&file, text).unwrap();
        assert!(open_snapshot(home.path()).unwrap_err().what.contains("changed"));
        assert!(open_snapshot(&home.path().join("none")).unwrap_err().what.contains("no snapshot"));
    }
}
