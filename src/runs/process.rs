//! Processes told apart beyond their numbers: by when they began and since which start of the machine.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use serde::{Deserialize, Serialize};

/// One process. Its number alone may belong to another by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: i32,
    /// Clock ticks from the machine's start to the process's; 0 where the system does not tell.
    pub start: u64,
    /// Which start of the machine.
    pub boot: String,
}

impl Process {
    pub fn of(pid: u32) -> Process {
        let pid = pid as i32;
        Process { pid, start: stat(pid).map_or(0, |(_, start)| start), boot: boot_id() }
    }

    pub fn me() -> Process {
        Process::of(std::process::id())
    }

    /// It runs, or is halted; one that has ended and waits to be noticed does not.
    pub fn is_alive(&self) -> bool {
        if self.boot != boot_id() {
            return false;
        }
        match stat(self.pid) {
            Some((state, start)) => start == self.start && !matches!(state, 'Z' | 'X'),
            None => {
                !Path::new("/proc/self/stat").exists()
                    && self.number().is_some_and(|pid| test_kill_process(pid).is_ok())
            }
        }
    }

    /// A signal has halted it.
    pub fn is_halted(&self) -> bool {
        matches!(stat(self.pid), Some(('T' | 't', start)) if start == self.start)
    }

    /// Sends a signal to it and to all that it started; it leads a group of its own.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.number().filter(|_| self.is_alive()) {
            // It may end between the two lines: then there is nothing to send.
            let _ = kill_process_group(pid, signal);
        }
    }

    /// Ends it alone, at once.
    pub fn end(&self) {
        if let Some(pid) = self.number().filter(|_| self.is_alive()) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Bytes it holds, and the most it held.
    pub fn memory(&self) -> (Option<u64>, Option<u64>) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
        };
        (bytes("VmRSS:"), bytes("VmHWM:"))
    }

    fn number(&self) -> Option<Pid> {
        Pid::from_raw(self.pid)
    }
}

/// State and start of a process.
fn stat(pid: i32) -> Option<(char, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name may hold anything, a bracket too: what follows the last one is numbers.
    let mut rest = text[text.rfind(')')? + 1..].split_whitespace();
    let state = rest.next()?.chars().next()?;
    Some((state, rest.nth(18)?.parse().ok()?))
}

/// Names this start of the machine; empty where the system does not tell.
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Seconds since the machine's start, sleep included: no setting of the clock moves it.
pub fn uptime() -> f64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_another_process_bears_now_is_not_taken_for_it() {
        let me = Process::me();
        assert!(me.is_alive() && !me.is_halted() && me.start > 0);
        assert!(!Process { start: me.start + 1, ..me.clone() }.is_alive());
        assert!(!Process { boot: "another start".into(), ..me }.is_alive());
    }

    #[test]
    fn a_process_that_ended_and_is_not_noticed_yet_is_not_alive() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let process = Process::of(child.id());
        // Without waiting for it, it stays as a zombie; its end is seen by its output being closed, or soon after.
        while process.is_alive() {
            std::thread::yield_now();
        }
        assert!(fs::metadata(format!("/proc/{}", process.pid)).is_ok(), "it is a zombie");
        child.wait().unwrap();
    }
}
