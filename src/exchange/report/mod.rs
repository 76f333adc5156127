//! A report of results: its plots as SVG files, and one HTML page that holds them, the numbers behind them and where they come from.
//!
//! The same for the table of an evaluation, in the formats of papers and programs besides.
//!
//! The page takes nothing from elsewhere and runs no script. What is counted, and how, is not decided here.

mod bars;
mod chart;
mod disputes;
mod evaluation_page;
mod evaluation_text;
mod heat;
mod leaderboard;
mod moments;
mod page;
mod people;
mod plots;
mod style;
mod systems;
mod table;

#[cfg(test)]
mod evaluation_tests;
#[cfg(test)]
mod report_tests;

pub use evaluation_page::{SampleStories, evaluation_page};
pub use evaluation_text::{CARD_MARKS, evaluation_card, evaluation_csv, evaluation_latex, evaluation_markdown};
pub use page::report;
pub use plots::{PlotFile, plots};
