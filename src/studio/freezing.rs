//! Freezes the votes of a campaign into a snapshot: what a training learns from, with what is left out counted by reason.

use std::collections::BTreeMap;
use std::path::Path;

use super::handle::Studio;
use super::preferring::{asked, of_votes, written};
use crate::exchange::{SnapshotCard, SnapshotPair, SnapshotStory, snapshot_files};
use crate::pixels::Picture;
use crate::shelf::VoteRow;
use crate::story::{Better, Campaign, Notice, TurnKind, Verdict};

impl Studio {
    /// Writes the votes of a campaign as they stand now, pair by pair, with the frames beside them. Votes of programs only if
    /// asked for.
    pub async fn freeze_votes(
        &self,
        campaign: &Campaign,
        folder: &Path,
        simulated: bool,
    ) -> Result<SnapshotCard, Notice> {
        let criteria: Vec<String> = campaign.plan.criteria.iter().map(|criterion| criterion.name.clone()).collect();
        let mut card =
            SnapshotCard { campaign: campaign.name.clone(), criteria: criteria.clone(), ..Default::default() };
        let mut pairs: BTreeMap<String, Vec<VoteRow>> = BTreeMap::new();
        for vote in self.inner.shelf.votes(&campaign.id).await? {
            match left_out(&vote, simulated) {
                Some(reason) => *card.excluded.entry(reason.to_owned()).or_default() += 1,
                None => {
                    card.simulated += usize::from(vote.simulated);
                    pairs.entry(vote.pair.clone()).or_default().push(vote);
                }
            }
        }
        if pairs.is_empty() {
            let what = format!("'{}' has no votes to learn from", campaign.name);
            return Err(Notice::yours(what, "rate first; --simulated takes the votes of programs along"));
        }
        let (mut rows, mut pictures) = (Vec::with_capacity(pairs.len()), BTreeMap::<String, Picture>::new());
        for votes in pairs.values() {
            let (opened, images) = self.frames(&votes[0], &mut pictures).await?;
            if images.is_empty() {
                *card.excluded.entry("its sequence has no pictures".to_owned()).or_default() += votes.len();
                continue;
            }
            rows.push(pair(votes, asked(&votes[0], &opened.sequence)?, images, &criteria));
        }
        let (card, files) = snapshot_files(card, &rows)?;
        let folder = folder.to_owned();
        written(move || {
            std::fs::create_dir_all(folder.join("images"))?;
            pictures.iter().try_for_each(|(name, picture)| std::fs::write(folder.join(name), picture.bytes()))?;
            files.iter().try_for_each(|(name, content)| std::fs::write(folder.join(name), content))
        })
        .await?;
        Ok(card)
    }
}

/// Why a vote teaches nothing; `None` if it does.
fn left_out(vote: &VoteRow, simulated: bool) -> Option<&'static str> {
    match (vote.kind, vote.preference.verdict) {
        _ if vote.simulated && !simulated => Some("given by a program"),
        (TurnKind::Gold | TurnKind::Practice, _) => Some("its answer was known before"),
        // The same rater once more: it measures them and would count twice.
        (TurnKind::Repeat, _) => Some("a repeat with sides swapped"),
        (_, Verdict::CannotJudge) => Some("its rater could not judge"),
        _ => None,
    }
}

/// What all votes of a pair say together.
fn pair(votes: &[VoteRow], prompt: String, images: Vec<String>, criteria: &[String]) -> SnapshotPair {
    let of_criterion = |(place, name): (usize, &String)| {
        let said = votes.iter().filter_map(|vote| vote.preference.criteria.get(place));
        let shares: Vec<f64> = said
            .map(|better| match better {
                Better::First => 1.0,
                Better::Same => 0.5,
                Better::Second => 0.0,
            })
            .collect();
        (!shares.is_empty()).then(|| (name.clone(), shares.iter().sum::<f64>() / shares.len() as f64))
    };
    let story = |(system, text)| SnapshotStory { system, text };
    let judged = of_votes(&votes.iter().collect::<Vec<_>>(), prompt, images);
    SnapshotPair {
        pair: judged.pair,
        sequence: judged.sequence,
        images: judged.images,
        prompt: judged.prompt,
        first: story(judged.first),
        second: story(judged.second),
        votes: judged.votes,
        target: judged.share,
        strength: judged.strength,
        criteria: criteria.iter().enumerate().filter_map(of_criterion).collect(),
        both_bad: judged.both_bad,
    }
}
