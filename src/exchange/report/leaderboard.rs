//! A board as a plot: a dot a system, its 95 % interval as a line, and the numbers beside it.

use super::chart::{Anchor, Chart, Scale};
use crate::story::{Board, Fitted};

/// Half the width of a 95 % interval, in standard errors.
pub(super) const HALF: f64 = 1.96;

const WIDTH: f64 = 470.0;
const NAMES: f64 = 112.0;
const NUMBERS: f64 = 152.0;
const ROW: f64 = 30.0;

/// The ends of a strength's interval.
pub(super) fn ends(fitted: Fitted) -> (f64, f64) {
    (fitted.strength - HALF * fitted.error, fitted.strength + HALF * fitted.error)
}

/// One board that has strengths. `all` are the boards beside it: they have one scale, so that they can be compared.
pub(super) fn leaderboard(board: &Board, all: &[Board]) -> String {
    let height = ROW * board.standings.len() as f64 + 44.0;
    let mut chart = Chart::new(WIDTH, height);
    let every = all.iter().flat_map(|board| &board.standings).filter_map(|standing| standing.fitted.map(ends));
    let scale = Scale::around(every.flat_map(|(low, high)| [low, high]), NAMES + 10.0, WIDTH - NUMBERS - 10.0);
    let bottom = height - 40.0;
    for (value, words) in scale.ticks() {
        let x = scale.at(value);
        chart.line(if value == 0.0 { "axis" } else { "rule" }, (x, 2.0), (x, bottom));
        chart.words("quiet", (x, bottom + 12.0), Anchor::Middle, &words);
    }
    let middle = (NAMES + WIDTH - NUMBERS) / 2.0;
    chart.words("quiet", (middle, bottom + 30.0), Anchor::Middle, "strength, logits");
    let fitted = board.standings.iter().filter_map(|standing| Some((standing, standing.fitted?)));
    for (row, (standing, fitted)) in fitted.enumerate() {
        let y = ROW * (row as f64 + 0.5);
        let (low, high) = ends(fitted);
        chart.name((NAMES, y), NAMES, &standing.system);
        chart.line("bar", (scale.at(low), y), (scale.at(high), y));
        for end in [low, high] {
            chart.line("bar", (scale.at(end), y - 5.0), (scale.at(end), y + 5.0));
        }
        chart.dot("mark", (scale.at(fitted.strength), y));
        let numbers = format!("{:+.2} ({low:+.2} to {high:+.2})", fitted.strength);
        chart.words("ink", (WIDTH, y), Anchor::End, &numbers);
    }
    let first = board.standings.first().map_or("nobody", |standing| standing.system.as_str());
    chart.finish(&format!("Strengths by {}: {first} leads. The table below has the numbers.", board.question))
}
