//! Results for tests: three systems, three raters, a board of the preference and one of a criterion. The numbers are in the ranges
//! of real ones but were made up; what is counted is tested where it is counted.

use std::collections::BTreeMap;

use super::*;

fn standing(system: &str, strength: f64, error: f64, won: f64, votes: u64) -> Standing {
    let elo = 1000.0 + 173.717_792_8 * strength;
    let fitted = Some(Fitted { strength, error, elo });
    Standing { system: system.into(), fitted, won, won_low: won - 0.09, won_high: won + 0.08, votes }
}

fn rater(name: &str, votes: u64, left: f64, left_p: f64, seconds: f64) -> RaterStanding {
    RaterStanding {
        rater: name.into(),
        votes,
        left: Some(left),
        left_p,
        consistent: Some(0.75),
        gold: None,
        kappa: Some(0.31),
        seconds,
        hasty: seconds < 4.0,
    }
}

fn said(name: &str, strength: i8, reason: &str) -> Said {
    Said {
        rater: name.into(),
        verdict: Verdict::Prefer(strength),
        criteria: vec![Better::First],
        first_was_left: strength > 0,
        reason: reason.into(),
        flagged: strength == -2,
    }
}

/// The results.
pub fn sample_results() -> Results {
    let alpha = |value: f64| Some(Estimate { value, low: value - 0.17, high: value + 0.16 });
    let agreement = |question: &str, value: f64| Agreement {
        question: question.into(),
        pairs: 41,
        same: Some(0.58),
        alpha_ordinal: alpha(value),
        alpha_nominal: alpha(value - 0.25),
        fleiss: (question == "overall").then_some(0.19),
    };
    let criterion = Criterion { name: "coherence".into(), question: "Which hangs together better?".into() };
    let kappa =
        |one: &str, other: &str, shared, kappa| RatersKappa { one: one.into(), other: other.into(), shared, kappa };
    let entry = |system: &str, text: &str| Entry { system: system.into(), text: text.into() };
    Results {
        campaign: "first".into(),
        boards: vec![
            Board {
                question: "overall".into(),
                standings: vec![
                    standing("tuned", 0.61, 0.16, 0.68, 55),
                    standing("plain", 0.02, 0.14, 0.49, 54),
                    standing("a system with a long name", -0.63, 0.19, 0.33, 55),
                ],
            },
            Board {
                question: "coherence".into(),
                standings: vec![
                    standing("plain", 0.2, 0.21, 0.55, 54),
                    standing("tuned", 0.1, 0.2, 0.52, 55),
                    standing("a system with a long name", -0.3, 0.22, 0.43, 55),
                ],
            },
        ],
        votes: 87,
        ties: 9,
        both_bad: 4,
        cannot_judge: 1,
        flagged: 2,
        skipped: BTreeMap::from([(SkipReason::Pictures, 3)]),
        simulated: false,
        simulated_counted: 0,
        simulated_left_out: 12,
        steps: [8, 14, 17, 9, 15, 13, 6],
        agreement: vec![agreement("overall", 0.34), agreement("coherence", -0.05)],
        side: Some(Leaning { logits: 0.12, error: 0.2 }),
        length: None,
        connected: true,
        to_flip: Some(7),
        needed: Some(96),
        wished: None,
        matrix: WinMatrix {
            systems: vec!["tuned".into(), "plain".into(), "a system with a long name".into()],
            won: vec![vec![0, 16, 19], vec![9, 0, 16], vec![6, 7, 0]],
            tied: vec![vec![0, 2, 3], vec![2, 0, 4], vec![3, 4, 0]],
        },
        timeline: Timeline { from: 1_795_694_400, step_seconds: 3600, counts: vec![22, 41, 0, 24] },
        raters: vec![
            rater("r-1a2b", 41, 0.55, 0.91, 14.2),
            rater("r-3c4d", 40, 0.81, 0.003, 2.5),
            rater("r-5e6f", 6, 0.5, 1.0, 30.0),
        ],
        kappas: vec![
            kappa("r-1a2b", "r-3c4d", 37, Some(0.34)),
            kappa("r-1a2b", "r-5e6f", 4, Some(-0.2)),
            kappa("r-3c4d", "r-5e6f", 1, None),
        ],
        disputed: vec![Dispute {
            pair: "pair-07".into(),
            sequence: "seq-0123abcd".into(),
            title: "A gift for Ben".into(),
            first: entry("tuned", "Ben gets a box.\nHe opens it."),
            second: entry("plain", "There is a box."),
            apart: 5.0,
            said: vec![said("r-1a2b", 3, "it knows what is in the box"), said("r-3c4d", -2, "")],
        }],
        provenance: ResultsOrigin {
            campaign: "c-0123".into(),
            plan: Plan { criteria: vec![criterion], ..Plan::default() },
            pairs: 45,
            wanted: 90,
            version: "0.0.0".into(),
            counted_at: 1_795_708_800,
            command: Some("storyloom results first".into()),
            events: 103,
            heads: vec!["0f1e2d3c".into()],
            broken: None,
        },
    }
}
