//! What raters' votes say: who wins, how surely, whether raters agree with one another and with themselves, and whether a side
//! of the screen, or length, was preferred. Here it is put together; what it is made of is in the files beside.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::super::handle::Studio;
use super::agreeing::agreement;
use super::boards::{Boards, boards};
use super::counts::{matrix, steps, timeline};
use super::disputes::disputes;
use super::raters::raters;
use crate::shelf::{PassedOver, VoteRow};
use crate::story::{Campaign, Notice, Results, ResultsOrigin, SequenceId, TurnKind, Verdict};

/// All that a campaign's results are counted from.
pub struct Counted {
    pub votes: Vec<VoteRow>,
    pub passed_over: Vec<PassedOver>,
    /// Titles of sequences by their ids.
    pub titles: BTreeMap<String, String>,
    pub provenance: ResultsOrigin,
}

impl Studio {
    /// How many votes each rater has given, by pseudonym.
    pub async fn votes_by_rater(&self, campaign: &Campaign) -> Result<BTreeMap<String, usize>, Notice> {
        let mut counts = BTreeMap::new();
        for vote in self.inner.shelf.votes(&campaign.id).await? {
            *counts.entry(vote.rater).or_default() += 1;
        }
        Ok(counts)
    }

    /// The account of a campaign; votes of programs only if asked for.
    pub async fn results(&self, campaign: &Campaign, simulated: bool) -> Result<Results, Notice> {
        let shelf = &self.inner.shelf;
        let votes = shelf.votes(&campaign.id).await?;
        let mut titles = BTreeMap::new();
        for vote in &votes {
            if !titles.contains_key(&vote.sequence)
                && let Some(sequence) = shelf.sequence(&SequenceId(vote.sequence.clone())).await?
            {
                titles.insert(vote.sequence.clone(), sequence.title);
            }
        }
        let log = shelf.verify_votes().await?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let provenance = ResultsOrigin {
            campaign: campaign.id.clone(),
            plan: campaign.plan.clone(),
            pairs: campaign.pairs,
            wanted: campaign.wanted,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            counted_at: i64::try_from(since.as_secs()).unwrap_or_default(),
            command: None,
            events: log.events,
            heads: log.chains.into_iter().map(|chain| chain.head).collect(),
            broken: log.broken,
        };
        let counted = Counted { votes, passed_over: shelf.passed_over(&campaign.id).await?, titles, provenance };
        let name = campaign.name.clone();
        // Intervals are drawn and fits repeated: seconds where there are many votes.
        let work = tokio::task::spawn_blocking(move || results(name, counted, simulated));
        work.await.map_err(|error| Notice::ours(format!("counting broke off: {error}")))
    }
}

/// Counts votes.
pub fn results(campaign: String, counted: Counted, simulated: bool) -> Results {
    let Counted { votes, passed_over, titles, provenance } = counted;
    let before = votes.len();
    let votes: Vec<VoteRow> = votes.into_iter().filter(|vote| simulated || !vote.simulated).collect();
    let left_out = before - votes.len();
    let plain: Vec<&VoteRow> = votes.iter().filter(|vote| vote.kind == TurnKind::Plain).collect();
    let count = |is: &dyn Fn(&VoteRow) -> bool| plain.iter().filter(|vote| is(vote)).count() as u64;
    let mut skipped = BTreeMap::new();
    for passed in passed_over.iter().filter(|passed| simulated || !passed.simulated) {
        *skipped.entry(passed.reason).or_default() += 1;
    }
    let Boards { boards, side, length, connected, to_flip, needed } = boards(&provenance.plan, &plain);
    let (agreement, kappas, means) = agreement(&provenance.plan, &plain);
    Results {
        campaign,
        votes: plain.len() as u64,
        ties: count(&|vote| vote.preference.verdict == Verdict::Prefer(0)),
        both_bad: count(&|vote| vote.preference.verdict == Verdict::BothBad),
        cannot_judge: count(&|vote| vote.preference.verdict == Verdict::CannotJudge),
        flagged: count(&|vote| vote.preference.flagged),
        skipped,
        simulated,
        simulated_counted: count(&|vote| vote.simulated),
        simulated_left_out: left_out as u64,
        steps: steps(&plain),
        agreement,
        side,
        length,
        connected,
        to_flip,
        needed,
        wished: None,
        matrix: matrix(&plain, &boards[0]),
        timeline: timeline(&plain),
        raters: raters(&votes, &means),
        kappas,
        disputed: disputes(&plain, &titles),
        boards,
        provenance,
    }
}
