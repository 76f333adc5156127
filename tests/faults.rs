//! The server killed in the middle of votes, fifty times: what a rater's screen said is kept is there, once, as it was said.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use storyloom::serve::{CallError, Caller, Calling, PairOnScreen, Terminal, new_key, votes_on};
use storyloom::shelf::{Entrance, Shelf};
use storyloom::story::{Role, Verdict};
use storyloom::studio::BUNDLED;

const KILLS: u64 = 50;
const RATERS: usize = 6;
const SYSTEMS: usize = 5;
const COLUMNS: NonZeroU16 = NonZeroU16::MIN.saturating_add(199);
const ROWS: NonZeroU16 = NonZeroU16::MIN.saturating_add(79);

fn storyloom(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storyloom"));
    command.env_remove("STORYLOOM_DATABASE").arg("--home").arg(home);
    command
}

struct Server {
    child: Child,
    address: SocketAddr,
    _lines: BufReader<ChildStdout>,
}

impl Server {
    fn start(home: &Path) -> Server {
        let mut serve = storyloom(home);
        serve.args(["serve", "faults", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let address = line.split(" at ").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
        Server { address: address.parse().unwrap(), child, _lines: lines }
    }
}

impl Drop for Server {
    /// SIGKILL, as always here.
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Systems of texts, so that no model need tell: each story says whose it is.
fn begin_campaign(home: &Path) {
    fs::create_dir_all(home).unwrap();
    let plan = home.join("plan.toml");
    fs::write(&plan, "overlap = 1000\ngold = 0.0\nrepeats = 0.0\n").unwrap();
    let mut begin = storyloom(home);
    begin.args(["campaign", "new", "faults", "--gold", "0", "--practice", "0", "--plan"]).arg(&plan);
    for system in 0..SYSTEMS {
        let story =
            |slug: &str| serde_json::json!({ "sequence": slug, "text": format!("Told of {slug} by {system}.") });
        let lines: Vec<String> = BUNDLED.iter().map(|bundled| story(bundled.slug).to_string()).collect();
        let file = home.join(format!("s{system}.jsonl"));
        fs::write(&file, lines.join("\n")).unwrap();
        begin.args(["--system".to_owned(), format!("s{system}=@{}", file.display())]);
    }
    assert!(begin.stdout(Stdio::null()).status().unwrap().success());
}

/// A vote whose page turned: both stories as they stood, and the key that was pressed.
type Seen = (String, String, i8);

/// Votes until the line is cut; what was seen to be kept goes to `seen`.
async fn sit(mut caller: Caller, seen: &Mutex<Vec<Seen>>, mut key: i8) -> Result<(), CallError> {
    caller.until(|screen| screen.contains("enter agrees") || PairOnScreen::read(screen).is_some()).await?;
    if caller.screen().contains("enter agrees") {
        caller.press("\r").await?;
        caller.until(|screen| PairOnScreen::read(screen).is_some()).await?;
    }
    loop {
        let Some(pair) = PairOnScreen::read(&caller.screen()) else { return Ok(()) };
        key = key % 7 + 1;
        caller.press(&format!("{key}h l\r")).await?;
        let turned =
            |screen: &str| screen.contains("nothing left") || votes_on(screen).is_some_and(|done| done > pair.done);
        caller.until(turned).await?;
        seen.lock().unwrap().push((pair.left, pair.right, 4 - key));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_fifty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    begin_campaign(&home);
    let shelf = Shelf::open(&home, None).await.unwrap();
    let mut raters = Vec::new();
    for n in 0..RATERS {
        let (key, public, fingerprint) = new_key().unwrap();
        let entrance = Entrance::Key { key: public, fingerprint };
        let rater = shelf.add_rater(&format!("rater {n}"), Role::Rater, &entrance, true).await.unwrap();
        raters.push((key, rater.id, Arc::new(Mutex::new(Vec::new()))));
    }
    shelf.close().await;

    for kill in 0..KILLS {
        let server = Server::start(&home);
        let mut sitting = Vec::new();
        for (key, _, seen) in &raters {
            let (columns, rows, terminal) = (COLUMNS, ROWS, Terminal::Text);
            let (address, key) = (server.address, key.clone());
            let calling = Calling { address, from: None, key, fingerprint: None, terminal, columns, rows };
            let seen = seen.clone();
            sitting.push(tokio::spawn(async move {
                let caller = Caller::come(calling).await?;
                sit(caller, &seen, (kill % 7) as i8).await
            }));
        }
        let before: usize = raters.iter().map(|(.., seen)| seen.lock().unwrap().len()).sum();
        let votes = || raters.iter().map(|(.., seen)| seen.lock().unwrap().len()).sum::<usize>() - before;
        // Not before somebody votes, and then at any moment: the times differ from kill to kill.
        while votes() == 0 && sitting.iter().any(|one| !one.is_finished()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(kill * 1_733 % 90_000)).await;
        drop(server);
        for one in sitting {
            // All of them are cut off, or had nothing left.
            let _ = tokio::time::timeout(Duration::from_secs(10), one).await.unwrap().unwrap();
        }
    }

    let shelf = Shelf::open(&home, None).await.unwrap();
    let verified = shelf.verify_votes().await.unwrap();
    assert_eq!(verified.broken, None);
    let campaign = shelf.campaign("faults").await.unwrap().unwrap();
    let votes = shelf.votes(&campaign.id).await.unwrap();
    let mut kept: BTreeMap<(&str, &str, &str), i8> = BTreeMap::new();
    for vote in &votes {
        let left = vote.first_is_left.unwrap();
        let Verdict::Prefer(strength) = vote.preference.verdict else { panic!("{vote:?}") };
        let (first, second) = (vote.first.1.as_str(), vote.second.1.as_str());
        let (stood, said) = if left { ((first, second), strength) } else { ((second, first), -strength) };
        let twice = kept.insert((&vote.rater, stood.0, stood.1), said);
        assert_eq!(twice, None, "one rater's vote on one pair is there once");
    }
    let pairs: BTreeSet<_> = votes.iter().map(|vote| (&vote.rater, &vote.pair)).collect();
    assert_eq!(pairs.len(), votes.len());
    let mut acknowledged = 0;
    for (_, rater, seen) in &raters {
        for (left, right, said) in seen.lock().unwrap().iter() {
            let found = kept.get(&(rater.as_str(), left.as_str(), right.as_str()));
            assert_eq!(found, Some(said), "what was said of '{left}' on the left and '{right}' on the right");
            acknowledged += 1;
        }
    }
    // Besides these there may be the votes that were on the disk when the server died before it could say so.
    assert!(acknowledged >= KILLS as usize, "each time somebody had voted: {acknowledged}");
    assert!(votes.len() - acknowledged <= KILLS as usize * RATERS, "{} and {acknowledged}", votes.len());
}
