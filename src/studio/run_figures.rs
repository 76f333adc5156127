//! What a run's own files say of how it went, in a line: what a policy gained, how often a reward model sides with the raters.

use std::path::Path;
use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::story::About;

/// What a policy gained on tales set apart, and how far it moved, in nats a story.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    pub before: f64,
    pub best: f64,
    pub moved: f64,
}

impl Gain {
    /// As the lines of its run say; `None` where it was never held against anything.
    pub fn of(run: &Path) -> Option<Gain> {
        let text = std::fs::read_to_string(run.join("steps.jsonl")).ok()?;
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let before = lines.iter().find_map(|line| line["held_out_reward_before"].as_f64())?;
        let best = lines.iter().filter_map(|line| line["held_out_reward"].as_f64()).max_by(f64::total_cmp)?;
        let moved = lines.iter().rev().find_map(|line| line["kl"].as_f64()).unwrap_or(0.0);
        Some(Gain { before, best, moved })
    }

    pub fn words(self) -> String {
        let Gain { before, best, moved } = self;
        format!("its reward on held-out tales went from {before:.3} to {best:.3}; it moved {moved:.2} nats a story")
    }
}

/// The card of the run that a reward model lies in, or of its copy.
pub fn reward_card(folder: &Path) -> Option<Value> {
    let card = [Some(folder), folder.parent()].into_iter().flatten().map(|folder| folder.join("reward-card.json"));
    card.into_iter().find_map(|path| serde_json::from_slice(&std::fs::read(path).ok()?).ok())
}

/// What can be said of the model in this folder.
pub fn about(folder: &Path) -> About {
    let card = reward_card(folder).and_then(|card| {
        let found = &card["accuracy"];
        let number = |part: &str| found[part].as_f64();
        let of = found["of"].as_u64().map_or(String::new(), |of| format!("{of} "));
        let (share, low) = (number("share")?, number("low")?);
        let sure = number("high").map_or_else(|| format!("from {low:.3}"), |high| format!("{low:.3} to {high:.3}"));
        let ece = card["ece_at_temperature"].as_f64();
        let ece = ece.map_or(String::new(), |ece| format!("; calibration error {ece:.3}"));
        Some(format!("sides with the raters in {share:.3} of {of}held-out pairs, {sure}{ece}"))
    });
    let gain = folder.parent().and_then(Gain::of).map(Gain::words);
    About { at: written(&folder.join("lineage.json")), figures: card.into_iter().chain(gain).collect() }
}

/// When a file was written, in seconds since 1970.
pub fn written(path: &Path) -> Option<i64> {
    let since = std::fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_what_came_of_it() {
        let run = tempfile::tempdir().unwrap();
        let best = run.path().join("best");
        std::fs::create_dir(&best).unwrap();
        assert_eq!(about(&best), About::default());
        std::fs::write(best.join("lineage.json"), "{}").unwrap();
        let lines =
            "{\"held_out_reward_before\":0.5}\n{\"held_out_reward\":0.7,\"kl\":2.0}\n{\"held_out_reward\":0.6}\n";
        std::fs::write(run.path().join("steps.jsonl"), lines).unwrap();
        let card = r#"{"accuracy":{"share":0.71,"low":0.66,"high":0.76,"of":312},"ece_at_temperature":0.04}"#;
        std::fs::write(run.path().join("reward-card.json"), card).unwrap();
        let said = about(&best);
        assert!(said.at.is_some_and(|at| at > 1_700_000_000), "{said:?}");
        assert_eq!(
            said.figures,
            [
                "sides with the raters in 0.710 of 312 held-out pairs, 0.660 to 0.760; calibration error 0.040",
                "its reward on held-out tales went from 0.500 to 0.700; it moved 2.00 nats a story",
            ]
        );
    }
}
