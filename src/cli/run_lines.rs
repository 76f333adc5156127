//! Runs as lines of text: a list, all of one, and one that is followed.

use std::io::{self, Write};
use std::time::Duration;

use super::outcome::{Outcome, printable};
use crate::runs::{Follower, Runs};
use crate::story::{Notice, RunCard, RunSeen, RunState};

/// Between two looks at a run that is followed.
const LOOK: Duration = Duration::from_millis(400);

/// A line a run.
pub fn list(cards: &[RunCard], json: bool) -> Outcome {
    let mut out = io::stdout().lock();
    if json {
        let json = serde_json::to_string_pretty(cards).map_err(|error| Notice::ours(error.to_string()))?;
        return Ok(writeln!(out, "{json}")?);
    }
    for card in cards {
        let place = card.place.map_or(String::new(), |place| format!(", {place} in the queue"));
        let tags = card.tags.iter().map(|tag| format!(" #{tag}")).collect::<String>();
        let line = format!("{:<40} {:<9}{place} {}{tags}  {}", card.id, card.state.word(), progress(card), card.note);
        writeln!(out, "{}", printable(line.trim_end()))?;
    }
    Ok(())
}

/// "120/400, 5 min 20 s left".
fn progress(card: &RunCard) -> String {
    let steps = if card.of > 0 { format!("{}/{}", card.step, card.of) } else { String::new() };
    let left = card.seconds_left.map_or(String::new(), |seconds| format!(", {} left", span(seconds)));
    format!("{steps}{left}")
}

fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// All that is known of one.
pub fn show(runs: &Runs, card: &RunCard, json: bool) -> Outcome {
    let mut out = io::stdout().lock();
    if json {
        let json = serde_json::to_string_pretty(card).map_err(|error| Notice::ours(error.to_string()))?;
        return Ok(writeln!(out, "{json}")?);
    }
    let mut rows = vec![
        ("run", card.id.clone()),
        ("folder", runs.folder(&card.id).display().to_string()),
        ("kind", card.kind.clone()),
        ("state", card.state.word().to_owned()),
        ("steps", progress(card)),
    ];
    if let Some(place) = card.place {
        rows.push(("queue", place.to_string()));
    }
    if let Some((parent, step)) = &card.parent {
        rows.push(("forked", format!("from {parent} after step {step}")));
    }
    if !card.forks.is_empty() {
        rows.push(("kept", card.forks.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")));
    }
    if let Some(memory) = card.most_memory {
        rows.push(("memory", format!("{:.2} GB at most", memory as f64 / 1e9)));
    }
    if !card.note.is_empty() {
        rows.push(("note", card.note.clone()));
    }
    if !card.tags.is_empty() {
        rows.push(("tags", card.tags.join(", ")));
    }
    if let Some(Notice { what, try_this, .. }) = &card.why {
        rows.extend([("why", what.clone()), ("try", try_this.clone())]);
    }
    for (name, value) in rows {
        writeln!(out, "{name:<8}{}", printable(&value))?;
    }
    let Some(seen) = Follower::new(&runs.folder(&card.id)).look() else { return Ok(()) };
    for curve in &seen.curves {
        if let Some((step, value)) = curve.points.last() {
            writeln!(out, "  {:<24}{value:>12.5}  at step {step}", printable(&curve.name))?;
        }
    }
    if card.why.is_some() {
        writeln!(out, "the end of its log:")?;
        for line in seen.log.iter().rev().take(12).rev() {
            writeln!(out, "  {}", printable(line))?;
        }
    }
    Ok(())
}

/// A line a step, until the run has ended.
pub fn watch(runs: &Runs, id: &str) -> Outcome {
    let mut follower = Follower::new(&runs.folder(id));
    let (mut told, mut state) = (0, None);
    loop {
        let Some(seen) = follower.look() else { return Ok(()) };
        let mut out = io::stdout().lock();
        if state != Some(seen.card.state) {
            state = Some(seen.card.state);
            writeln!(out, "{}", seen.card.state.word())?;
        }
        for step in steps_after(&seen, told) {
            told = step;
            let values = seen.curves.iter().filter_map(|curve| {
                let at = curve.points.binary_search_by_key(&step, |(at, _)| *at).ok()?;
                Some(format!("{} {:.4}", curve.name, curve.points[at].1))
            });
            writeln!(out, "{step}/{}  {}", seen.card.of, printable(&values.collect::<Vec<_>>().join("  ")))?;
        }
        out.flush()?;
        if seen.gone {
            return Err(Notice::yours("the run was deleted while it was watched", "storyloom runs list").into());
        }
        if let Some(notice) = seen.card.why.clone().filter(|_| !seen.card.state.is_active()) {
            return Err(notice.into());
        }
        if !seen.card.state.is_active() && seen.card.state != RunState::Queued {
            return Ok(());
        }
        drop(out);
        std::thread::sleep(LOOK);
    }
}

fn steps_after(seen: &RunSeen, told: u64) -> Vec<u64> {
    let points = seen.curve("seconds").or(seen.curves.first()).map(|curve| &curve.points[..]).unwrap_or_default();
    points.iter().map(|(step, _)| *step).filter(|step| *step > told).collect()
}
