//! The plots as files, each on its own.

use super::bars::{verdicts, votes_over_time};
use super::heat::{agreement_matrix, win_matrix};
use super::leaderboard::leaderboard;
use super::style::PLOTS;
use crate::exchange::publish::slug;
use crate::story::{Board, Results};

/// A plot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlotFile {
    pub name: String,
    pub svg: String,
}

/// Whether there is anything to draw.
fn has_strengths(board: &Board) -> bool {
    !board.standings.is_empty() && board.held_back().is_none()
}

/// Every plot that the votes are enough for.
pub fn plots(results: &Results) -> Vec<PlotFile> {
    if results.votes == 0 {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (place, board) in results.boards.iter().enumerate().filter(|(_, board)| has_strengths(board)) {
        // Two criteria may have names that make the same file name; their places differ.
        let name = match place {
            0 => "leaderboard".to_owned(),
            n => format!("leaderboard-{n}-{}", slug(&board.question)),
        };
        all.push((name, leaderboard(board, &results.boards)));
    }
    if results.matrix.systems.len() > 1 {
        all.push(("win-matrix".to_owned(), win_matrix(&results.matrix)));
    }
    all.push(("verdicts".to_owned(), verdicts(results)));
    if !results.kappas.is_empty() {
        all.push(("rater-agreement".to_owned(), agreement_matrix(&results.raters, &results.kappas)));
    }
    all.push(("votes-over-time".to_owned(), votes_over_time(&results.timeline)));
    all.into_iter().map(|(name, svg)| PlotFile { name: format!("{name}.svg"), svg: alone(&svg) }).collect()
}

/// A plot with the colours that it finds on the page otherwise, and a ground of its own with a margin.
fn alone(svg: &str) -> String {
    let Some((width, height, open, body)) = parts(svg) else { return svg.to_owned() };
    let margin = 14.0;
    let (wide, tall) = (width + 2.0 * margin, height + 2.0 * margin);
    let view = format!("viewBox=\"{0} {0} {wide} {tall}\" width=\"{wide}\" height=\"{tall}\"", -margin);
    let open = open.replacen(&format!("viewBox=\"0 0 {width:.0} {height:.0}\""), &view, 1);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{open}>\n<style>\n{PLOTS}</style>\n\
         <rect class=\"ground\" x=\"{0}\" y=\"{0}\" width=\"{wide}\" height=\"{tall}\"/>\n{body}",
        -margin
    )
}

/// Width and height of a drawing of ours, its opening tag without the end, and what follows.
fn parts(svg: &str) -> Option<(f64, f64, &str, &str)> {
    let (open, body) = svg.split_once(">\n")?;
    let mut sizes = open.split_once("viewBox=\"0 0 ")?.1.split_once('"')?.0.split(' ');
    Some((sizes.next()?.parse().ok()?, sizes.next()?.parse().ok()?, open, body))
}
