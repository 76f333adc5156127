//! The gates of a loop: what must be true before it goes on. Each gives what it found, or why it does not open.

use std::path::Path;

use serde_json::Value;

use super::plan::{LoopPlan, PolicyGate, RewardGate};
use crate::story::{Notice, Results};
use crate::studio::run_figures::Gain;

/// Whether a reward model's card is good enough.
pub fn reward(run: &Path, gate: &RewardGate) -> Result<String, Notice> {
    let path = run.join("reward-card.json");
    let card: Value =
        std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
            Notice::outside(format!("there is no card at {}", path.display()), "let the run come to its end")
        })?;
    let number = |name: &str, part: &str| card[name][part].as_f64().unwrap_or(f64::NAN);
    let (share, low) = (number("accuracy", "share"), number("accuracy", "low"));
    let calibration = card["ece_at_temperature"].as_f64().unwrap_or(f64::NAN);
    let said = format!("the reward model sides with the raters in {share:.3} of the held-out pairs, from {low:.3}");
    // Written so that a number that is none opens no gate.
    let sure = low >= gate.accuracy;
    if !sure {
        return Err(failed(&said, &format!("at least {} is asked for", gate.accuracy), "collect more votes"));
    }
    let calibrated = calibration <= gate.calibration;
    if !calibrated {
        let what = format!("its calibration error is {calibration:.3}");
        return Err(failed(&what, &format!("at most {} is asked for", gate.calibration), "collect more votes"));
    }
    for (what, words) in [("wrong_pictures", "with wrong pictures"), ("shuffled_lines", "with its lines turned round")]
    {
        let fooled = number(what, "share");
        let seldom = fooled <= gate.fooled;
        if !seldom {
            let found = format!("a story {words} is worth more in {fooled:.3} of the cases");
            let asked = format!("at most {} is asked for", gate.fooled);
            return Err(failed(&found, &asked, "begin it from reward-start, or collect pairs that differ in this"));
        }
    }
    Ok(format!("{said}; calibration error {calibration:.3}"))
}

/// Whether a policy gained, and did not move too far.
pub fn policy(run: &Path, gate: &PolicyGate) -> Result<String, Notice> {
    let Some(gain @ Gain { before, best, moved }) = Gain::of(run) else {
        let what = "the policy was never held against tales set apart".to_owned();
        return Err(Notice::yours(what, "give its recipe evaluate_every"));
    };
    let said = gain.words();
    let gained = best - before >= gate.gain;
    if !gained {
        return Err(failed(&said, &format!("a rise of {} is asked for", gate.gain), "more steps, or another rate"));
    }
    let near = moved <= gate.moved;
    if !near {
        return Err(failed(&said, &format!("at most {} nats are asked for", gate.moved), "a larger weight on kl"));
    }
    Ok(said)
}

/// Whether the new system won its trial.
pub fn trial(results: &Results, plan: &LoopPlan, new: &str) -> Result<String, Notice> {
    let board = results.boards.first();
    let Some(standing) = board.and_then(|board| board.standings.iter().find(|standing| standing.system == new)) else {
        return Err(Notice::ours(format!("the trial's board knows no system '{new}'")));
    };
    let said = format!(
        "'{new}' won {:.3} of {} votes, from {:.3} to {:.3}",
        standing.won, standing.votes, standing.won_low, standing.won_high
    );
    if standing.won_low > plan.trial.won {
        return Ok(said);
    }
    Err(failed(
        &said,
        &format!("more than {} is asked for at the lower end", plan.trial.won),
        "storyloom loop go with --accept adopts it all the same; --again begins another round",
    ))
}

fn failed(found: &str, asked: &str, advice: &str) -> Notice {
    Notice::yours(format!("{found}; {asked}"), advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, text: &str) -> tempfile::TempDir {
        let run = tempfile::tempdir().unwrap();
        std::fs::write(run.path().join(name), text).unwrap();
        run
    }

    #[test]
    fn a_card_opens_the_gate_only_where_every_number_does() {
        let gate = RewardGate { recipe: String::new(), accuracy: 0.55, calibration: 0.1, fooled: 0.3 };
        let card = |low: f64, ece: f64, wrong: f64| {
            format!(
                r#"{{"accuracy":{{"share":0.7,"low":{low}}},"ece_at_temperature":{ece},
                "wrong_pictures":{{"share":{wrong}}},"shuffled_lines":{{"share":0.1}}}}"#
            )
        };
        assert!(reward(kept("reward-card.json", &card(0.6, 0.05, 0.1)).path(), &gate).unwrap().contains("0.700"));
        for (card, word) in [
            (card(0.5, 0.05, 0.1), "0.55"),
            (card(0.6, 0.2, 0.1), "calibration"),
            (card(0.6, 0.05, 0.4), "wrong pictures"),
            ("{}".to_owned(), "NaN"),
        ] {
            let error = reward(kept("reward-card.json", &card).path(), &gate).unwrap_err();
            assert!(error.what.contains(word), "{word}: {}", error.what);
        }
        assert!(reward(tempfile::tempdir().unwrap().path(), &gate).is_err());
    }

    #[test]
    fn a_policy_must_gain_on_what_is_held_out() {
        let gate = PolicyGate { recipe: String::new(), gain: 0.1, moved: 4.0 };
        let lines = |best: f64, kl: f64| {
            format!("{{\"held_out_reward_before\":0.5}}\n{{\"held_out_reward\":{best},\"kl\":{kl}}}\n{{\"kl\":{kl}}}\n")
        };
        let tried = |best, kl| policy(kept("steps.jsonl", &lines(best, kl)).path(), &gate);
        assert!(tried(0.7, 2.0).unwrap().contains("0.500 to 0.700"));
        assert!(tried(0.55, 2.0).unwrap_err().what.contains("rise"));
        assert!(tried(0.7, 9.0).unwrap_err().what.contains("nats"));
        assert!(policy(kept("steps.jsonl", "").path(), &gate).is_err());
    }
}
