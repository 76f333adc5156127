//! Many visits: an SSH server in the same program, which lets raters in by key or by an invitation that is good once, and gives
//! each a visit of their own. There is no shell, no command, no file and no forwarding behind it.
//!
//! `Caller` is the other end, for programs. It leaves out what a visit is (`session`) and what raters see (`app`).

mod audit;
mod caller;
mod deadline;
mod guest;
mod host_key;
mod keystrokes;
mod limits;
mod line;
mod memory;
mod pair_on_screen;
mod server;

#[cfg(test)]
mod serve_tests;

pub use caller::{CallError, Caller, Calling, Terminal, new_key};
pub use limits::Limits;
pub use pair_on_screen::{PairOnScreen, votes_on};
pub use server::{Serve, Server};
