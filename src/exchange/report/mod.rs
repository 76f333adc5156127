//! A report of results: its plots as SVG files, and one HTML page that holds them, the numbers behind them and where they come from.
//!
//! The page takes nothing from elsewhere and runs no script. What is counted, and how, is not decided here.

mod bars;
mod chart;
mod disputes;
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
mod report_tests;

pub use page::report;
pub use plots::{PlotFile, plots};
