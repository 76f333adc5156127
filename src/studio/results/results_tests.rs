//! Votes in, results out: small campaigns whose numbers were worked out by hand.

use std::collections::BTreeMap;

use super::account::{Counted, results};
use super::counts::timeline;
use crate::exchange::{plots, report};
use crate::shelf::{PassedOver, VoteRow};
use crate::story::{
    Better, Origin, Plan, Preference, Results, ResultsOrigin, SkipReason, Task, Timeline, TurnKind, Verdict, Wished,
};

fn vote(pair: &str, rater: &str, (first, second): (&str, &str), first_is_left: bool, verdict: Verdict) -> VoteRow {
    let preference = Preference {
        verdict,
        criteria: vec![Better::First, Better::Same, Better::Second],
        reason: format!("{rater} on {pair}"),
        flagged: pair == "p3",
        active_ms: 9_000,
        wall_ms: 20_000,
        screen: "half 10x20 80x24".into(),
        guideline: 1,
        marks: Vec::new(),
        better: None,
        so_far: None,
        imported: None,
    };
    VoteRow {
        turn: format!("{pair}-{rater}"),
        pair: pair.into(),
        sequence: "seq-1".into(),
        rater: rater.into(),
        simulated: rater.starts_with("program"),
        kind: TurnKind::Plain,
        first: (first.into(), format!("a story of {first}")),
        second: (second.into(), format!("another of {second}")),
        first_is_left: Some(first_is_left),
        answer: None,
        chance: 1.0,
        drawn: None,
        prompt: String::new(),
        task: Task::Story,
        origin: Origin::default(),
        preference,
        at: 1_795_694_700_000,
    }
}

/// Four pairs, two raters who see them the other way round, and a program.
fn votes() -> Vec<VoteRow> {
    let of = |pair, first, one: Verdict, other: Verdict| {
        [vote(pair, "r-1", first, true, one), vote(pair, "r-2", first, false, other)]
    };
    let mut all = Vec::new();
    all.extend(of("p4", ("b", "a"), Verdict::Prefer(1), Verdict::Prefer(-1)));
    all.extend(of("p1", ("a", "b"), Verdict::Prefer(3), Verdict::Prefer(-2)));
    all.extend(of("p2", ("a", "b"), Verdict::Prefer(1), Verdict::Prefer(2)));
    all.extend(of("p3", ("a", "b"), Verdict::Prefer(0), Verdict::BothBad));
    all.push(vote("p2", "program", ("a", "b"), true, Verdict::Prefer(-3)));
    all
}

fn counted(votes: Vec<VoteRow>) -> Counted {
    let provenance = ResultsOrigin {
        campaign: "c-1".into(),
        plan: Plan::default(),
        pairs: 4,
        wanted: 8,
        version: "0.0.0".into(),
        counted_at: 0,
        command: None,
        events: 9,
        heads: vec!["abcd".into()],
        broken: None,
    };
    let passed = |reason, simulated| PassedOver { reason, simulated };
    let passed_over = vec![
        passed(SkipReason::Text, false),
        passed(SkipReason::Text, false),
        passed(SkipReason::Other, false),
        passed(SkipReason::Pictures, true),
    ];
    Counted { votes, passed_over, titles: BTreeMap::from([("seq-1".into(), "A gift".into())]), provenance }
}

fn near(value: Option<f64>, golden: f64) {
    assert!((value.unwrap() - golden).abs() < 1e-12, "{value:?} and {golden}");
}

#[test]
fn counts_are_those_of_the_votes_as_they_were_seen() {
    let results = results("first".into(), counted(votes()), false);
    assert_eq!((results.votes, results.ties, results.both_bad, results.flagged), (8, 1, 1, 2));
    assert_eq!((results.simulated_counted, results.simulated_left_out), (0, 1));
    // The second rater saw the first story on the right: -2 is the left one, better.
    assert_eq!(results.steps, [1, 1, 3, 1, 0, 1, 0]);
    assert_eq!(results.skipped, BTreeMap::from([(SkipReason::Text, 2), (SkipReason::Other, 1)]));
    assert_eq!(results.matrix.systems, ["a", "b"], "in the order of the board");
    // "b" stands first in p4 and was preferred there once; "a" was there once, and three times elsewhere.
    assert_eq!(results.matrix.won, [[0, 4], [2, 0]]);
    assert_eq!(results.matrix.tied, [[0, 1], [1, 0]]);
    let with = super::account::results("first".into(), counted(votes()), true);
    assert_eq!((with.votes, with.simulated_counted, with.simulated_left_out), (9, 1, 0));
    assert!(with.warnings()[0].contains("1 votes of programs") && with.skipped.contains_key(&SkipReason::Pictures));
}

#[test]
fn agreement_is_that_worked_out_by_hand() {
    let results = results("first".into(), counted(votes()), false);
    let overall = &results.agreement[0];
    // Three pairs have two votes that can be compared: one says the same. First was said four times, second twice: observed 4 of 6,
    // expected 2 * 4 * 2 of 6 * 5.
    assert_eq!(overall.pairs, 3);
    near(overall.same, 1.0 / 3.0);
    let nominal = overall.alpha_nominal.unwrap();
    near(Some(nominal.value), 1.0 - (4.0 / 6.0) / (16.0 / 30.0));
    assert!(nominal.low <= nominal.value && nominal.value <= nominal.high);
    assert_eq!(overall.fleiss, None, "the pair that was both bad to one has one vote, the others two");
    // The first rater always said "first" of these three, so agreement is what chance gives.
    assert_eq!(results.kappas.len(), 1);
    assert_eq!((results.kappas[0].shared, results.kappas[0].kappa), (3, Some(0.0)));
    assert!(results.raters.iter().all(|rater| rater.kappa == Some(0.0)));
    // Of the criteria all said the same of everything: nothing beyond chance is defined.
    let names: Vec<&str> = results.agreement.iter().map(|asked| asked.question.as_str()).collect();
    assert_eq!(names, ["overall", "coherence", "relevance", "emotional depth"]);
    assert_eq!((results.agreement[1].same, results.agreement[1].alpha_nominal), (Some(1.0), None));
}

#[test]
fn fleiss_kappa_is_there_where_every_pair_has_as_many_votes() {
    let full: Vec<VoteRow> = votes().into_iter().filter(|vote| vote.pair != "p3").collect();
    let results = results("first".into(), counted(full), false);
    // Two raters, three pairs, of which one is of one mind: observed 1/3; first 4 of 6, second 2 of 6: expected 5/9.
    near(results.agreement[0].fleiss, (1.0 / 3.0 - 5.0 / 9.0) / (1.0 - 5.0 / 9.0));
}

#[test]
fn disputed_pairs_come_with_what_everybody_said_the_furthest_apart_first() {
    let results = results("first".into(), counted(votes()), false);
    let pairs: Vec<(&str, f64)> =
        results.disputed.iter().map(|dispute| (dispute.pair.as_str(), dispute.apart)).collect();
    assert_eq!(pairs, [("p1", 5.0), ("p4", 2.0)], "a tie and a refusal are no contradiction");
    let dispute = &results.disputed[0];
    assert_eq!((dispute.title.as_str(), dispute.first.text.as_str()), ("A gift", "a story of a"));
    let said: Vec<(String, bool)> =
        dispute.said.iter().map(|said| (dispute.words(said.verdict), said.first_was_left)).collect();
    assert_eq!(said, [("a much better".to_owned(), true), ("b better".to_owned(), false)]);
    assert_eq!(dispute.said[1].reason, "r-2 on p1");
}

#[test]
fn time_is_cut_into_steps_that_fit_beside_each_other() {
    let at =
        |seconds: i64| VoteRow { at: seconds * 1000 + 999, ..vote("p1", "r-1", ("a", "b"), true, Verdict::Prefer(1)) };
    let over = |times: &[i64]| {
        let votes: Vec<VoteRow> = times.iter().map(|time| at(*time)).collect();
        timeline(&votes.iter().collect::<Vec<_>>())
    };
    assert_eq!(over(&[]), Timeline::default());
    assert_eq!(over(&[70]), Timeline { from: 70, step_seconds: 1, counts: vec![1] });
    assert_eq!(over(&[3605, 0, 30]), Timeline { from: 0, step_seconds: 600, counts: vec![2, 0, 0, 0, 0, 0, 1] });
    let years = over(&[0, 400_000_000]);
    assert!(years.counts.len() <= 60 && years.counts.iter().sum::<u64>() == 2, "{years:?}");
}

#[test]
fn a_campaign_without_votes_and_one_with_a_single_rater_have_results_and_a_report() {
    let none = results("first".into(), counted(vec![]), false);
    assert_eq!((none.votes, none.agreement[0].pairs, none.disputed.len()), (0, 0, 0));
    assert!(plots(&none).is_empty());
    let page = report(&none);
    assert!(page.contains("There are no votes yet") && page.contains("abcd") && !page.contains("<svg"));

    let alone: Vec<VoteRow> = votes().into_iter().filter(|vote| vote.rater == "r-1").collect();
    let alone = results("first".into(), counted(alone), false);
    let agreement = &alone.agreement[0];
    assert_eq!((agreement.pairs, agreement.same, agreement.alpha_ordinal, agreement.fleiss), (0, None, None, None));
    assert_eq!((alone.kappas.len(), alone.disputed.len(), alone.raters[0].kappa), (0, 0, None));
    assert!(alone.warnings().iter().any(|warning| warning.starts_with("1 rater is few")), "{:?}", alone.warnings());
    let page = report(&alone);
    assert!(page.contains("No two raters voted on the same pair") && page.contains("<svg"));
    assert!(plots(&alone).iter().all(|plot| plot.name != "rater-agreement.svg"));
}

#[test]
fn results_are_the_same_every_time_and_can_be_sent() {
    let once = results("first".into(), counted(votes()), false);
    assert_eq!(once, results("first".into(), counted(votes()), false));
    let sent: Results = serde_json::from_str(&serde_json::to_string(&once).unwrap()).unwrap();
    assert_eq!(sent.disputed, once.disputed);
    assert_eq!((sent.skipped, sent.steps, sent.matrix), (once.skipped, once.steps, once.matrix));
}

#[test]
fn strengths_wait_for_enough_votes_and_say_so() {
    let few = results("first".into(), counted(votes()[..4].to_vec()), false);
    let board = &few.boards[0];
    assert!(board.standings.iter().all(|standing| standing.fitted.is_none() && standing.votes == 4), "{board:?}");
    assert!(board.held_back().unwrap().contains("until every system has 5 votes"));
    assert_eq!(few.needed, None, "nothing follows from strengths that are not there");
    assert!(report(&few).contains("strengths are held back"));
    assert!(plots(&few).iter().all(|plot| !plot.name.starts_with("leaderboard")));
    // One system wins every time.
    let sweep: Vec<VoteRow> =
        (0..12).map(|n| vote(&format!("p{n}"), "r-1", ("a", "b"), n % 2 == 0, Verdict::Prefer(2))).collect();
    let one_sided = results("first".into(), counted(sweep), false);
    assert!(one_sided.boards[0].held_back().unwrap().contains("never lost"), "{:?}", one_sided.boards[0]);
    let enough = results("first".into(), counted(votes()), false);
    assert!(enough.boards[0].held_back().is_none() && enough.boards[0].standings[0].fitted.is_some());
}

#[test]
fn a_wished_difference_says_how_many_votes_are_still_missing() {
    let mut results = results("first".into(), counted(votes()), false);
    assert_eq!(results.decided(), 6);
    results.wished = Some(Wished { win: 0.6, needed: 194, there: 6 });
    assert!(results.firmness().iter().any(|said| said.contains("60 %") && said.contains("188 more")), "{results:?}");
    results.wished = Some(Wished { win: 0.6, needed: 6, there: 6 });
    assert!(results.firmness().iter().any(|said| said.contains("which is enough")));
}
