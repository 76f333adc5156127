//! Why a run ended: in the words of its log where it had any, else what the system tells, and no more than that.

use std::fs;
use std::path::Path;

use super::folder::{Exit, Kills, MARK};
use crate::story::Notice;

/// Lines of the log that are kept with the end.
const LINES: usize = 30;
const KILLED: i32 = 9;

/// What ended it and what to do next.
pub fn why(exit: &Exit) -> Notice {
    let again = "resume it: it goes on from its last checkpoint";
    if exit.disk_full {
        return Notice::outside("the disk is full", "make room, then resume it: the last good checkpoint is kept");
    }
    if exit.signal == Some(KILLED) {
        let smaller =
            "a smaller batch, checkpointing = true or precision = \"bf16\" in the recipe needs less; then resume it";
        return match exit.memory_kills {
            Kills { group: Some(1..), .. } => {
                Notice::outside("it was killed: the memory that its control group may use was full", smaller)
            }
            Kills { machine: Some(1..), .. } => Notice::outside(
                "it was killed while the kernel was killing processes for want of memory: most likely it was one of them",
                smaller,
            ),
            Kills { group: None, machine: None } => {
                let what = "it was killed; whether for want of memory, this system does not tell";
                Notice::outside(what, format!("{again}; if it happens again, {smaller}"))
            }
            _ => Notice::outside("it was killed by somebody, not for want of memory", again),
        };
    }
    if let Some(notice) = said(&exit.lines) {
        return notice;
    }
    match (exit.signal, exit.code) {
        (Some(signal), _) => Notice::outside(format!("it was ended by signal {signal}"), again),
        (None, Some(code)) => {
            let last = exit.lines.last().map_or(String::new(), |line| format!(": {}", line.trim()));
            Notice::outside(
                format!("it ended with code {code}{last}"),
                "its log has more; mend what it names, then resume it",
            )
        }
        (None, None) => Notice::ours("it ended, and how is not known"),
    }
}

/// The notice at the end of a log, as every verb writes it.
fn said(lines: &[String]) -> Option<Notice> {
    let begin = lines.iter().rposition(|line| line.starts_with("storyloom: "))?;
    let mut what = lines[begin]["storyloom: ".len()..].trim().to_owned();
    let mut try_this = String::from("mend it, then resume the run");
    for line in &lines[begin + 1..] {
        match line.trim_start().strip_prefix("try:") {
            Some(advice) => {
                try_this = advice.trim().to_owned();
                break;
            }
            None => what.extend(["\n", line.as_str()]),
        }
    }
    Some(Notice::outside(what, try_this))
}

/// The last lines of the last attempt.
pub fn of_attempt(lines: Vec<String>) -> Vec<String> {
    let from = lines.iter().rposition(|line| line.starts_with(MARK)).map_or(0, |at| at + 1);
    lines[from.max(lines.len().saturating_sub(LINES))..].to_vec()
}

/// What the kernel has counted so far; two counts give what happened between.
pub fn kills() -> Kills {
    let count = |text: &str| text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok());
    let group = fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| {
        let group = text.lines().find_map(|line| line.strip_prefix("0::/"))?.to_owned();
        fs::read_to_string(Path::new("/sys/fs/cgroup").join(group).join("memory.events")).ok()
    });
    Kills {
        group: group.as_deref().and_then(count),
        machine: fs::read_to_string("/proc/vmstat").ok().as_deref().and_then(count),
    }
}

/// Killed between the two.
pub fn between(before: Kills, after: Kills) -> Kills {
    let less = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?));
    Kills { group: less(before.group, after.group), machine: less(before.machine, after.machine) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_run_says_in_its_own_words_what_ended_it() {
        let log = "step\nstoryloom: the loss is NaN at step 7: the run has diverged\n  try: lower the learning rate\n";
        let exit = Exit { code: Some(1), lines: lines(log), ..Exit::default() };
        let notice = why(&exit);
        assert_eq!(notice.what, "the loss is NaN at step 7: the run has diverged");
        assert_eq!(notice.try_this, "lower the learning rate");
        let exit = Exit { code: Some(101), lines: lines("a\n  last words"), ..Exit::default() };
        assert_eq!(why(&exit).what, "it ended with code 101: last words");
    }

    #[test]
    fn of_a_kill_no_more_is_said_than_is_known() {
        let said = |group, machine| {
            let memory_kills = Kills { group, machine };
            why(&Exit { signal: Some(9), memory_kills, ..Exit::default() }).what
        };
        assert!(said(Some(1), Some(1)).contains("was full"));
        assert!(said(Some(0), Some(2)).contains("most likely"));
        assert!(said(Some(0), Some(0)).contains("not for want of memory"));
        assert!(said(None, None).contains("does not tell"));
        let between = between(Kills { group: Some(3), machine: None }, Kills { group: Some(4), machine: Some(1) });
        assert_eq!((between.group, between.machine), (Some(1), None));
    }

    #[test]
    fn only_the_last_attempt_counts() {
        let log = format!("storyloom: old\n{MARK}2\nnew");
        assert_eq!(of_attempt(lines(&log)), ["new"]);
        assert_eq!(of_attempt(lines(&"x\n".repeat(90))).len(), LINES);
    }
}
