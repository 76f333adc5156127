//! The whole loop by the program itself: candidates are told, programs vote, a reward model and a policy learn, the new
//! storyteller stands blind against the old one, is adopted, and its line leads back to the votes.
//!
//! Two steps of training and six pairs of stories: that it goes round is shown here, not that anybody learns.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const PLAN: &str = r#"
name = "small"
sequences = ["a-gift-for-ben", "mia-and-the-dark", "zoe-theo-and-the-book", "ben-and-the-dark"]

[collect]
votes = 8
simulated = true
plan = { overlap = 2, gold = 0.0, repeats = 0.0 }

[[collect.system]]
label = "plain"
sampling = { temperature = 0.0 }

[[collect.system]]
label = "hot"
sampling = { temperature = 1.4, top_k = 0, top_p = 1.0, seed = 2 }

[reward]
recipe = "REWARD"
accuracy = 0.0
fooled = 1.0

[policy]
recipe = "POLICY"
gain = -1000.0

[trial]
votes = 4
sampling = { temperature = 1.2, top_k = 0, top_p = 1.0, seed = 5 }
won = 1.0
"#;

struct Home(tempfile::TempDir);

impl Home {
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storyloom"));
        command.env_clear().env("HOME", self.0.path()).env("STORYLOOM_HOME", self.0.path()).args(arguments);
        command.env("STORYLOOM_RUNS_NICE", "0").output().unwrap()
    }

    /// What a command said, which must succeed.
    fn said(&self, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// Goes on with the loop in a process of its own until it is at this stage, then leaves it as Ctrl-C does.
    fn goes_to(&self, arguments: &[&str], stage: &str) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storyloom"));
        command.env_clear().env("HOME", self.0.path()).env("STORYLOOM_HOME", self.0.path()).args(arguments);
        let mut child = command.env("STORYLOOM_RUNS_NICE", "0").spawn().unwrap();
        loop {
            let out = self.run(&["loop", "status", "small", "--json"]);
            let state: Value = serde_json::from_slice(&out.stdout).unwrap_or_default();
            if state["stage"]["at"] == stage || state["asks"].is_object() {
                let pid = rustix::process::Pid::from_child(&child);
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
                child.wait().unwrap();
                return state;
            }
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was at {stage}: {state}");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

#[test]
fn from_votes_over_reward_and_policy_to_a_blind_trial_and_new_votes() {
    let home = Home(tempfile::tempdir().unwrap());
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/loops");
    let plan = PLAN
        .replace("REWARD", &recipes.join("reward.toml").display().to_string())
        .replace("POLICY", &recipes.join("policy.toml").display().to_string());
    let path = home.0.path().join("plan.toml");
    fs::write(&path, plan).unwrap();

    let state = home.goes_to(&["loop", "start", &path.display().to_string()], "collect");
    assert_eq!(state["stage"]["campaign"], "small-1", "{state}");
    home.said(&["rater", "simulate", "small-1", "--raters", "2", "--noise", "0.1"]);

    let state = home.goes_to(&["loop", "go", "small"], "trial");
    assert_eq!((&state["stage"]["at"], &state["asks"]), (&"trial".into(), &Value::Null), "{state}");
    let told = state["told"].to_string();
    for words in ["8 votes are in", "sides with the raters", "its reward on held-out tales", "'small-1-trial' has"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    home.said(&["rater", "simulate", "small-1-trial", "--raters", "2", "--noise", "0.1"]);

    // Nobody wins all votes for sure: the last gate stays shut, and somebody decides.
    let out = home.run(&["loop", "go", "small"]);
    let error = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(1) && error.contains("'small-1-new' won"), "{error}");
    let said = home.said(&["loop", "go", "small", "--accept"]);
    assert!(said.contains("the round is over"), "{said}");

    let line = home.said(&["lineage"]);
    for words in [
        "tells now",
        "trained by policy 'small-policy'",
        "rewarded by",
        "votes: 8 (8 by programs) on 4 pairs of campaign 'small-1'",
        "began as embedded",
    ] {
        assert!(line.contains(words), "{words}:\n{line}");
    }
    let trial: Value = serde_json::from_str(&home.said(&["lineage", "small-1-new", "--json"])).unwrap();
    assert_eq!(trial["campaigns"][0][0], "small-1-trial", "{trial}");
    assert!(home.said(&["adopt", "--undo"]).contains("'embedded' tells now"));
    let again = home.goes_to(&["loop", "go", "small", "--again"], "collect");
    assert_eq!((&again["round"], &again["stage"]["campaign"]), (&2.into(), &"small-2".into()));
}
