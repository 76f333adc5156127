//! How a verb ends, and what the shell is told: the only place with exit codes.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::story::{Kind, Notice};

/// What a verb gives back.
pub type Outcome = Result<(), Failure>;

/// Why a verb ended early.
#[derive(Debug)]
pub enum Failure {
    Told(Notice),
    /// Whoever read our output has gone (`| head`): no error, just the end.
    NobodyListens,
    /// Ctrl-C, with what became of the work.
    Stopped(&'static str),
    /// All was done, and demands of a suite were missed: so many.
    Missed(usize),
}

impl From<Notice> for Failure {
    fn from(notice: Notice) -> Self {
        Failure::Told(notice)
    }
}

/// Of writing to stdout; every other error is made a `Notice` where it happens.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Failure::NobodyListens,
            _ => Failure::Told(Notice::outside(
                format!("the output cannot be written: {error}"),
                "free some space, or send it elsewhere",
            )),
        }
    }
}

impl Failure {
    /// A defect's notice, with where the log is.
    pub fn with_log(self, log: Option<&Path>) -> Failure {
        match (self, log) {
            (Failure::Told(notice), Some(log)) if notice.kind == Kind::Ours => {
                let try_this = format!("{} ({})", notice.try_this, log.display());
                Failure::Told(Notice { try_this, ..notice })
            }
            (failure, _) => failure,
        }
    }
}

/// Tells the person what went wrong, on stderr, and gives the code for the shell.
pub fn finish(outcome: Outcome) -> ExitCode {
    let outcome = outcome.and_then(|()| io::stdout().flush().map_err(Failure::from));
    match outcome {
        Ok(()) | Err(Failure::NobodyListens) => ExitCode::SUCCESS,
        Err(Failure::Told(notice)) => {
            tell(&notice);
            ExitCode::from(code(notice.kind))
        }
        Err(Failure::Stopped(kept)) => {
            let _ = writeln!(io::stderr().lock(), "storyloom: stopped; {kept}");
            ExitCode::from(STOPPED)
        }
        Err(Failure::Missed(count)) => {
            let demands = if count == 1 { "one demand was" } else { "demands were" };
            let number = if count == 1 { String::new() } else { format!("{count} ") };
            let _ = writeln!(io::stderr().lock(), "storyloom: {number}{demands} missed");
            ExitCode::from(MISSED)
        }
    }
}

/// Writes a notice to stderr. If even that is gone there is nobody to tell.
pub fn tell(notice: &Notice) {
    let (red, faint, plain) = if coloured(&io::stderr()) { ("\x1b[1;31m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") };
    let what = printable(&notice.what);
    let try_this = printable(&notice.try_this);
    let _ = writeln!(io::stderr().lock(), "{red}storyloom:{plain} {what}\n  {faint}try:{plain} {try_this}");
}

/// Colours only for a terminal that has them and a person who wants them (no-color.org).
pub fn coloured(stream: &impl IsTerminal) -> bool {
    let said = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !said("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Names from outside (files, models, servers) may hold escape sequences: the terminal must not obey them.
pub fn printable(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() && sign != '\n' && sign != '\t' { '\u{fffd}' } else { sign }).collect()
}

/// What shells give a program that Ctrl-C ended: 128 and the signal's number.
const STOPPED: u8 = 130;

/// What CI is told where demands were missed; other codes mean that they were not looked at.
const MISSED: u8 = 4;

fn code(kind: Kind) -> u8 {
    match kind {
        Kind::Yours => 1,
        Kind::Outside => 3,
        Kind::Ours => 70,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_failure_and_control_signs_are_not_obeyed() {
        let closed = Failure::from(io::Error::from(ErrorKind::BrokenPipe));
        assert!(matches!(closed, Failure::NobodyListens));
        assert_eq!(printable("a\x1b[2Jb\n"), "a\u{fffd}[2Jb\n");
    }
}
