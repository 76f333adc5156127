//! Many raters at once, each over a real SSH connection from one of several loopback addresses: how long a key waits for its view,
//! what each costs in memory, how many votes a second are kept. Not a benchmark of criterion's: it prints a table.
//!
//!   cargo bench --bench raters -- --raters 100 --seconds 20
//!
//! `--kitty` has them answer as kitty does; `--server FILE` takes that storyloom for the server, so that two can be held side by side.
//!
//! The server is a process of its own; the clients share this one, and the machine.

#![allow(clippy::print_stdout, reason = "a table is what it is for")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use russh::keys::PrivateKey;
use storyloom::serve::{Caller, Calling, Terminal, new_key, votes_on};
use storyloom::shelf::{Entrance, Shelf};
use storyloom::story::Role;
use storyloom::studio::BUNDLED;

const COLUMNS: NonZeroU16 = NonZeroU16::MIN.saturating_add(119);
const ROWS: NonZeroU16 = NonZeroU16::MIN.saturating_add(39);
/// Raters from one address.
const EACH: usize = 50;

struct Seat(Caller);

impl Seat {
    async fn come(address: SocketAddr, n: usize, key: PrivateKey, terminal: Terminal) -> Result<Seat> {
        let from = Some(Ipv4Addr::new(127, 0, 1, (n / EACH) as u8 + 1).into());
        let calling = Calling { address, from, key, fingerprint: None, terminal, columns: COLUMNS, rows: ROWS };
        let mut seat = Seat(Caller::come(calling).await?);
        seat.0.until(|screen| screen.contains("enter agrees")).await?;
        seat.0.press("\r").await?;
        seat.0.until(|screen| screen.contains("1 to 7")).await?;
        Ok(seat)
    }

    /// From a key to the bytes that answer it, a few times, at a person's pace.
    async fn keys(&mut self, n: usize, times: usize) -> Result<Vec<f64>> {
        let mut waits = Vec::new();
        for time in 0..times {
            tokio::time::sleep(Duration::from_millis(300 + (n * 37 + time * 211) as u64 % 900)).await;
            let (key, mark) = if time % 2 == 0 { ("1", "[1]") } else { ("7", "[7]") };
            let pressed = Instant::now();
            self.0.press(key).await?;
            self.0.until(|screen| screen.contains(mark)).await?;
            waits.push(pressed.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(waits)
    }

    /// Votes as fast as the pages turn, until nothing is left or the time is up: how long each took to be kept.
    async fn vote(&mut self, until: Instant) -> Result<Vec<f64>> {
        let mut waits = Vec::new();
        while Instant::now() < until {
            let before = votes_on(&self.0.screen());
            let pressed = Instant::now();
            self.0.press("2hhh\r").await?;
            self.0.until(|screen| screen.contains("nothing left") || votes_on(screen) > before).await?;
            waits.push(pressed.elapsed().as_secs_f64() * 1000.0);
            if self.0.screen().contains("nothing left") {
                break;
            }
        }
        Ok(waits)
    }
}

struct Server {
    child: Child,
    address: SocketAddr,
    /// Held open: the server goes on writing.
    _lines: BufReader<ChildStdout>,
}

impl Server {
    fn start(home: &Path) -> Result<Server> {
        let mut child = storyloom(home)
            .args(["serve", "load", "--listen", "127.0.0.1:0", "--most", "2000", "--most-each", "200"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("stdout")?);
        let mut line = String::new();
        lines.read_line(&mut line)?;
        let address = line.split(" at ").nth(1).and_then(|rest| rest.split(',').next()).context("an address")?;
        Ok(Server { address: address.parse()?, child, _lines: lines })
    }

    /// Its share of memory, MB; 0 where the system does not tell.
    fn megabytes(&self) -> f64 {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    }

    /// Seconds of processor time so far.
    fn seconds(&self) -> f64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / 100.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn storyloom(home: &Path) -> Command {
    let built = env!("CARGO_BIN_EXE_storyloom").to_owned();
    let mut command = Command::new(said("--server").unwrap_or(built));
    command.env_remove("STORYLOOM_DATABASE").arg("--home").arg(home);
    command
}

fn said(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn argument(name: &str, standard: u64) -> u64 {
    said(name).and_then(|value| value.parse().ok()).unwrap_or(standard)
}

fn percentile(waits: &mut [f64], share: f64) -> f64 {
    waits.sort_by(f64::total_cmp);
    waits.get(((waits.len().max(1) - 1) as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Systems whose stories are those of the thirty tales, so that no model need tell: enough pairs that nobody shares one.
const SYSTEMS: usize = 17;

fn begin_campaign(home: &Path) -> Result<()> {
    std::fs::create_dir_all(home)?;
    let plan = home.join("plan.toml");
    std::fs::write(&plan, "overlap = 1\ngold = 0.0\nrepeats = 0.0\n")?;
    let mut begin = storyloom(home);
    begin.args(["campaign", "new", "load", "--gold", "0", "--practice", "0", "--plan"]).arg(&plan);
    for system in 0..SYSTEMS {
        let mut lines = String::new();
        for bundled in &BUNDLED {
            let facts: serde_json::Value = serde_json::from_str(bundled.facts)?;
            let told: Vec<&str> =
                facts["story"].as_array().into_iter().flatten().filter_map(|line| line.as_str()).collect();
            let text = format!("{}\nSo {system} told it.", told.join("\n"));
            lines += &(serde_json::json!({ "sequence": bundled.slug, "text": text }).to_string() + "\n");
        }
        let file = home.join(format!("s{system}.jsonl"));
        std::fs::write(&file, lines)?;
        begin.args(["--system".to_owned(), format!("s{system}=@{}", file.display())]);
    }
    if !begin.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
        bail!("the campaign was not begun");
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let (raters, seconds) = (argument("--raters", 50) as usize, argument("--seconds", 15));
    let terminal = if std::env::args().any(|said| said == "--kitty") { Terminal::Kitty } else { Terminal::Text };
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("home");
    begin_campaign(&home)?;
    let shelf = Shelf::open(&home, None).await?;
    let mut keys = Vec::new();
    for n in 0..raters {
        let (key, public, fingerprint) = new_key()?;
        let entrance = Entrance::Key { key: public, fingerprint };
        shelf.add_rater(&format!("rater {n}"), Role::Rater, &entrance, true).await?;
        keys.push(key);
    }
    let server = Server::start(&home)?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let alone = server.megabytes();
    let came = Instant::now();
    let mut seats = Vec::new();
    for (n, some) in keys.chunks(16).enumerate() {
        let coming =
            some.iter().enumerate().map(|(m, key)| Seat::come(server.address, n * 16 + m, key.clone(), terminal));
        for seat in futures_util::future::join_all(coming).await {
            seats.push(seat?);
        }
    }
    println!("{raters} raters came in {:.1} s", came.elapsed().as_secs_f64());
    println!(
        "server alone {alone:.0} MB, with them {:.0} MB: {:.2} MB each",
        server.megabytes(),
        (server.megabytes() - alone) / raters as f64
    );
    let pressing = seats.iter_mut().enumerate().map(|(n, seat)| seat.keys(n, 10));
    let mut waits = Vec::new();
    for one in futures_util::future::join_all(pressing).await {
        waits.extend(one?);
    }
    let (middle, late, most) = (percentile(&mut waits, 0.5), percentile(&mut waits, 0.99), percentile(&mut waits, 1.0));
    println!("key to view, {} keys: median {middle:.1} ms, p99 {late:.1} ms, most {most:.1} ms", waits.len());
    let (busy, began) = (server.seconds(), Instant::now());
    let until = began + Duration::from_secs(seconds);
    let mut waits = Vec::new();
    for one in futures_util::future::join_all(seats.iter_mut().map(|seat| seat.vote(until))).await {
        waits.extend(one?);
    }
    let (votes, took, busy) = (waits.len(), began.elapsed().as_secs_f64(), server.seconds() - busy);
    let (middle, late) = (percentile(&mut waits, 0.5), percentile(&mut waits, 0.99));
    println!(
        "{votes} votes in {took:.1} s: {:.0} a second; five keys to the next pair: median {middle:.0} ms, p99 {late:.0} ms; \
         {:.2} ms of the server's time each",
        votes as f64 / took,
        busy / votes.max(1) as f64 * 1000.0
    );
    let campaign = shelf.campaign("load").await?.context("the campaign")?;
    let kept = shelf.votes(&campaign.id).await?;
    let pairs: BTreeSet<&str> = kept.iter().map(|vote| vote.pair.as_str()).collect();
    let verified = shelf.verify_votes().await?;
    println!(
        "seen to be kept {votes}, in the log {} on as many pairs as {}; {}",
        kept.len(),
        pairs.len(),
        verified.broken.as_deref().unwrap_or("the log is whole")
    );
    drop(seats);
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!("after they left {:.0} MB", server.megabytes());
    Ok(())
}
