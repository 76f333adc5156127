//! Counting votes: the account of a campaign. Its words are `story::Results`; how it looks is not decided here.

mod account;
mod agreeing;
mod boards;
mod counts;
mod disputes;
mod raters;

pub(super) use boards::doubts;

#[cfg(test)]
mod results_tests;
