//! When the votes of each campaign are to be counted again.

use std::collections::{HashMap, HashSet};

/// Campaigns by their ids.
#[derive(Debug, Default)]
pub(super) struct Counting {
    pub under_way: HashSet<String>,
    /// Votes still to come until then.
    pub left: HashMap<String, usize>,
}
