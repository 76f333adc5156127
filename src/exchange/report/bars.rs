//! Plots of counts: votes by verdict, and votes over time.

use super::chart::{Anchor, Chart};
use super::moments::{length, moment};
use crate::story::{Results, STEPS, Timeline};

const WIDTH: f64 = 470.0;
const ROW: f64 = 24.0;
const NAMES: f64 = 124.0;
const NUMBERS: f64 = 96.0;

/// Votes by what was said: the seven steps, then what is no step.
pub(super) fn verdict_counts(results: &Results) -> Vec<(&'static str, u64)> {
    let steps = STEPS.into_iter().zip(results.steps);
    steps.chain([("both bad", results.both_bad), ("cannot judge", results.cannot_judge)]).collect()
}

/// A bar a verdict.
pub(super) fn verdicts(results: &Results) -> String {
    let counts = verdict_counts(results);
    // What is no place on the scale stands apart from it.
    let gap = 10.0;
    let mut chart = Chart::new(WIDTH, ROW * counts.len() as f64 + gap);
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1) as f64;
    let all = counts.iter().map(|(_, count)| count).sum::<u64>().max(1) as f64;
    let across = WIDTH - NAMES - NUMBERS - 10.0;
    for (row, (verdict, count)) in counts.into_iter().enumerate() {
        let y = ROW * row as f64 + if row >= STEPS.len() { gap } else { 0.0 };
        let long = across * count as f64 / most;
        chart.words("ink", (NAMES, y + ROW / 2.0), Anchor::End, verdict);
        let class = if row < STEPS.len() { "mark" } else { "other" };
        chart.area(class, (NAMES + 10.0, y + 4.0), (long, ROW - 8.0), 1.0);
        let numbers = format!("{count}  ({:.0} %)", count as f64 / all * 100.0);
        chart.words("ink", (NAMES + 18.0 + long, y + ROW / 2.0), Anchor::Start, &numbers);
    }
    chart.line("axis", (NAMES + 10.0, 0.0), (NAMES + 10.0, ROW * STEPS.len() as f64));
    chart.finish("How many votes there are of each verdict. The table below has the numbers.")
}

/// A bar a step of time.
pub(super) fn votes_over_time(timeline: &Timeline) -> String {
    let (left, right, top, bottom) = (34.0, WIDTH - 6.0, 12.0, 120.0);
    let mut chart = Chart::new(WIDTH, 156.0);
    let most = timeline.counts.iter().copied().max().unwrap_or(0).max(1);
    let step = (right - left) / timeline.counts.len().max(1) as f64;
    for (value, y) in [(most, top), (0, bottom)] {
        chart.line("rule", (left, y), (right, y));
        chart.words("quiet", (left - 6.0, y), Anchor::End, &value.to_string());
    }
    for (place, count) in timeline.counts.iter().enumerate() {
        let tall = (bottom - top) * *count as f64 / most as f64;
        let wide = (step - 1.5).clamp(1.0, 40.0);
        let x = left + step * (place as f64 + 0.5) - wide / 2.0;
        chart.area("mark", (x, bottom - tall), (wide, tall), 1.0);
    }
    let end = timeline.from.saturating_add_unsigned(timeline.step_seconds * timeline.counts.len() as u64);
    chart.words("quiet", (left, bottom + 14.0), Anchor::Start, &moment(timeline.from));
    chart.words("quiet", (right, bottom + 14.0), Anchor::End, &moment(end));
    let each = format!("each bar is {}", length(timeline.step_seconds));
    chart.words("quiet", ((left + right) / 2.0, bottom + 30.0), Anchor::Middle, &each);
    chart.finish("Votes over time. The table below has the numbers.")
}
