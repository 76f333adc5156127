//! Asks the process's own terminal what it can do, before anybody else reads from it. Blocks, for at most the time given.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::canvas::{Probe, Replies, Surroundings};

/// A terminal that has not answered by then is drawn without its answer.
const LONGEST: Duration = Duration::from_millis(400);
/// A terminal whose environment says that it speaks kitty's protocol will answer, on a busy machine later.
const SPEAKS_KITTY: Duration = Duration::from_millis(2500);
/// tmux has answered for itself: a terminal behind it that nothing is known of gets this much longer.
const BEHIND_TMUX: Duration = Duration::from_millis(120);

/// Sends the questions and listens. The terminal must be in raw mode, and nobody else may read from it meanwhile.
///
/// # Errors
/// Where there is no terminal to ask.
pub fn ask(surroundings: &Surroundings) -> io::Result<Replies> {
    let (mut probe, query) = Probe::new(surroundings);
    let mut out = io::stdout();
    out.write_all(&query)?;
    out.flush()?;
    let stdin = io::stdin();
    let opened;
    let tty = if stdin.is_terminal() {
        stdin.as_fd()
    } else {
        opened = File::open("/dev/tty")?;
        opened.as_fd()
    };
    let mut until = Instant::now() + if surroundings.speaks_kitty { SPEAKS_KITTY } else { LONGEST };
    let mut ended = None;
    let mut bytes = [0u8; 1024];
    while !probe.is_done() {
        if probe.has_ended() && !surroundings.speaks_kitty {
            let ended = *ended.get_or_insert_with(Instant::now);
            until = until.min(ended + BEHIND_TMUX);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let mut wanted = [PollFd::from_borrowed_fd(tty, PollFlags::IN)];
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        match poll(&mut wanted, Some(&timeout)) {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        match rustix::io::read(tty, &mut bytes) {
            Ok(0) => break,
            Ok(count) => probe.hear(&bytes[..count]),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Some terminals print what they do not understand.
    out.write_all(b"\r\x1b[J")?;
    out.flush()?;
    Ok(probe.replies())
}
