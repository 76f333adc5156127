//! Where a run stands, read off its folder and the processes that the folder names. Nothing is remembered from before.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::process::Signal;
use serde_json::Value;

use super::ending::why;
use super::folder::{self, Beat, Begun, Exit, Order, Queued, Remarks};
use super::process::{Process, boot_id, uptime};
use super::tail::last_lines;
use crate::story::{Notice, RunCard, RunState};

/// A supervisor that gave no sign of life for so many seconds does not answer.
const PATIENCE: f64 = 30.0;
const TERM: i32 = 15;
/// Steps that the time of one is taken from.
const RECENT: usize = 40;
/// Bytes at the end of `steps.jsonl` that hold these.
const END: u64 = 48 << 10;

/// A run's folder and what its files say.
pub struct Standing {
    pub folder: PathBuf,
    pub order: Order,
    pub queued: Option<Queued>,
    pub begun: Option<Begun>,
    pub exit: Option<Exit>,
    beat: Option<Beat>,
    wish: String,
    /// Who lived when the folder was read: its supervisor, its training, the training of the attempt before.
    alive: [bool; 3],
}

impl Standing {
    /// `None` where there is no run that was ordered.
    pub fn read(path: &Path) -> Option<Standing> {
        let order = folder::read(path, folder::ORDER)?;
        let begun: Option<Begun> = folder::read(path, folder::BEGUN);
        let lives = |process: Option<&Process>| process.is_some_and(Process::is_alive);
        let alive = [
            lives(begun.as_ref().map(|begun| &begun.supervisor)),
            lives(begun.as_ref().and_then(|begun| begun.trainer.as_ref())),
            lives(begun.as_ref().and_then(|begun| begun.orphan.as_ref())),
        ];
        // The end is read after it was looked who lives: whoever was gone by then had left its last word before.
        let exit = folder::read(path, folder::EXIT);
        let queued = folder::read(path, folder::QUEUED);
        let beat = folder::read(path, folder::BEAT);
        Some(Standing { folder: path.to_owned(), order, queued, begun, exit, beat, wish: folder::wish(path), alive })
    }

    /// How the last attempt ended, if it did so before its supervisor's eyes.
    fn ended(&self) -> Option<&Exit> {
        let attempt = self.begun.as_ref().map_or(0, |begun| begun.attempt);
        self.exit.as_ref().filter(|exit| exit.attempt >= attempt)
    }

    fn supervised(&self) -> bool {
        self.ended().is_none() && self.alive[0]
    }

    fn trains(&self) -> bool {
        self.alive[1] || self.alive[2]
    }

    /// A process is there, whether it answers or not: nobody else may begin.
    pub fn is_taken(&self) -> bool {
        self.supervised() || self.trains()
    }

    /// A training that lost its supervisor while it was paused has not heard that it should end.
    pub fn wake_orphan(&self) {
        if let Some(begun) = self.begun.as_ref().filter(|_| !self.supervised()) {
            begun.trainer.iter().chain(&begun.orphan).for_each(|trainer| trainer.signal(Signal::CONT));
        }
    }

    /// Seconds since the supervisor's last sign of life.
    fn silence(&self) -> f64 {
        let beat = self.beat.as_ref().filter(|beat| beat.boot == boot_id());
        beat.map_or(0.0, |beat| uptime() - beat.uptime)
    }

    fn state(&self, done: bool) -> RunState {
        if self.supervised() {
            let trainer = self.begun.as_ref().and_then(|begun| begun.trainer.as_ref());
            let before = self.begun.as_ref().map_or(0, |begun| begun.steps);
            let written = fs::metadata(self.folder.join(folder::STEPS)).map_or(0, |data| data.len());
            return match () {
                () if self.silence() > PATIENCE => RunState::Lost,
                // It has ended, and how is not written down yet.
                () if trainer.is_some() && !self.alive[1] => RunState::Stopping,
                () if matches!(self.wish.as_str(), "stop" | "kill") => RunState::Stopping,
                () if trainer.is_some_and(|trainer| trainer.is_halted()) => RunState::Paused,
                () if written != before => RunState::Running,
                () => RunState::Starting,
            };
        }
        if self.queued.is_some() {
            return RunState::Queued;
        }
        match (self.ended(), &self.begun) {
            (Some(exit), _) => match (exit.code, exit.wish.as_str()) {
                (Some(0), _) if done => RunState::Finished,
                (Some(0), _) | (_, "kill") => RunState::Stopped,
                // Asked to end before it could say that it heard.
                (None, _) if exit.signal == Some(TERM) => RunState::Stopped,
                _ => RunState::Failed,
            },
            // The trainer ends too, once it has noticed that it is alone.
            (None, Some(_)) if self.trains() => RunState::Stopping,
            (None, Some(_)) => RunState::Lost,
            (None, None) => RunState::Stopped,
        }
    }

    /// The run as it is shown; its place in the queue is for the queue to say.
    pub fn card(&self) -> RunCard {
        self.card_from(&mut Memory::default())
    }

    /// The same for somebody who looks often: steps that have not changed are not read again.
    pub fn card_from(&self, memory: &mut Memory) -> RunCard {
        let recent = memory.recent(&self.folder);
        let state = self.state(recent.of > 0 && recent.step >= recent.of);
        let active = state.is_active();
        let left =
            recent.seconds.filter(|_| active).map(|seconds| seconds * recent.of.saturating_sub(recent.step) as f64);
        let Remarks { note, tags } = folder::read(&self.folder, folder::REMARKS).unwrap_or_default();
        let beat = self.beat.as_ref();
        let id = self.folder.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
        RunCard {
            why: self.why(state),
            id,
            name: self.order.name.clone(),
            kind: self.order.kind.clone(),
            state,
            place: None,
            step: recent.step,
            of: recent.of,
            stage: recent.stage,
            seconds_a_step: recent.seconds,
            seconds_left: left,
            tokens_a_second: recent.tokens,
            memory: beat.and_then(|beat| beat.memory).filter(|_| active),
            most_memory: beat.and_then(|beat| beat.most_memory),
            ordered: self.order.ordered,
            began: self.begun.as_ref().map(|begun| begun.began),
            ended: self.ended().map(|exit| exit.ended),
            note,
            tags,
            parent: self.order.parent.clone(),
            forks: forks(&self.folder),
        }
    }

    fn why(&self, state: RunState) -> Option<Notice> {
        let go_on = "resume it: it goes on from its last checkpoint";
        match state {
            RunState::Failed => self.ended().map(why),
            RunState::Lost if self.supervised() => {
                let what = format!("its supervisor has given no sign of life for {:.0} s", self.silence());
                Some(Notice::outside(
                    what,
                    "look whether the disk is full or the machine is halted; kill it to resume it",
                ))
            }
            RunState::Lost => {
                let rebooted = self.begun.as_ref().is_some_and(|begun| begun.supervisor.boot != boot_id());
                let what = if rebooted {
                    "the machine was started anew while it ran"
                } else {
                    "its supervisor was killed, so nobody saw how it ended"
                };
                Some(Notice::outside(what, go_on))
            }
            RunState::Stopping if self.supervised() && !self.trains() => Some(Notice::outside(
                "its training has ended, and its supervisor has yet to write down how",
                "if this lasts, look whether the disk is full",
            )),
            RunState::Stopping if !self.supervised() => {
                Some(Notice::outside("its supervisor was killed; the training saves and ends", "wait, then resume it"))
            }
            _ => None,
        }
    }
}

/// Steps that a fork can begin after.
pub fn forks(folder: &Path) -> Vec<u64> {
    let kept = fs::read_dir(folder.join(folder::KEPT)).into_iter().flatten().flatten();
    let mut steps: Vec<u64> = kept.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    steps.extend(saved_step(&folder.join("last")));
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The step of a checkpoint.
pub fn saved_step(checkpoint: &Path) -> Option<u64> {
    folder::read::<Value>(checkpoint, "state.json")?.get("step")?.as_u64()
}

/// What steps said when they were looked at last, by the folder, with the size and the time of the file.
#[derive(Default)]
pub struct Memory(HashMap<PathBuf, ((u64, Option<SystemTime>), Recent)>);

impl Memory {
    fn recent(&mut self, folder: &Path) -> Recent {
        let file = fs::metadata(folder.join(folder::STEPS)).ok();
        let stamp = file.map_or((0, None), |file| (file.len(), file.modified().ok()));
        match self.0.get(folder) {
            Some((same, recent)) if *same == stamp => recent.clone(),
            _ => {
                let recent = Recent::read(folder);
                self.0.insert(folder.to_owned(), (stamp, recent.clone()));
                recent
            }
        }
    }
}

/// What the last lines of `steps.jsonl` say.
#[derive(Clone, Default)]
struct Recent {
    step: u64,
    of: u64,
    stage: String,
    seconds: Option<f64>,
    tokens: Option<f64>,
}

impl Recent {
    fn read(folder: &Path) -> Recent {
        let lines: Vec<Value> = last_lines(&folder.join(folder::STEPS), END)
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let Some(last) = lines.last() else { return Recent::default() };
        let whole = |name: &str| last.get(name).and_then(Value::as_u64).unwrap_or_default();
        let number = |line: &Value, name: &str| line.get(name).and_then(Value::as_f64);
        let recent = &lines[lines.len().saturating_sub(RECENT)..];
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let rate = |line: &Value| {
            let (tokens, seconds) = (number(line, "tokens")?, number(line, "seconds")?);
            (tokens > 0.0 && seconds > 0.0).then_some(tokens / seconds)
        };
        Recent {
            step: whole("step"),
            of: whole("of"),
            stage: last.get("stage").and_then(Value::as_str).unwrap_or_default().to_owned(),
            seconds: median(recent.iter().filter_map(|line| number(line, "seconds")).collect()),
            tokens: median(recent.iter().filter_map(rate).collect()),
        }
    }
}
