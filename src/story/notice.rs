//! What a person is told when something did not work: whose fault it is and what to do next.
//!
//! Rooms keep their own error enums; at the edge each becomes a `Notice`. It leaves out backtraces: those go to the log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The input or the request: the person can mend it.
    Yours,
    /// A defect of storyloom.
    Ours,
    /// The machine, the network or another program.
    Outside,
}

/// One message for a person. `what` is a sentence without a full stop; `try_this` says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub kind: Kind,
    pub what: String,
    pub try_this: String,
}

impl Notice {
    /// A notice about the input or the request.
    pub fn yours(what: impl Into<String>, try_this: impl Into<String>) -> Self {
        Self { kind: Kind::Yours, what: what.into(), try_this: try_this.into() }
    }

    /// A notice about a defect of storyloom itself.
    pub fn ours(what: impl Into<String>) -> Self {
        let try_this = "this is a defect of storyloom; please report it with the log file".to_owned();
        Self { kind: Kind::Ours, what: what.into(), try_this }
    }

    /// A notice about the machine, the network or another program.
    pub fn outside(what: impl Into<String>, try_this: impl Into<String>) -> Self {
        Self { kind: Kind::Outside, what: what.into(), try_this: try_this.into() }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  try: {}", self.what, self.try_this)
    }
}

impl std::error::Error for Notice {}
