//! The models of a suite at work: those of this machine one after the other, as each takes all of its cores; beside them the models of
//! every engine elsewhere, one after the other at each.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::eval_progress::Steps;
use super::outcome::tell;
use super::tellers::{open_any, source};
use crate::config::Config;
use crate::evaluate::suite::{Done, ModelPlan, Working, examine_suite, jobs};
use crate::story::Notice;
use crate::writer::ModelSource;

/// Who hears how far it is, and who says that it ends.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    pub steps: Option<&'a Steps>,
    pub stop: &'a AtomicBool,
}

impl Watch<'_> {
    pub fn stage(self, name: &str) {
        self.steps.into_iter().for_each(|steps| steps.stage(name));
    }

    pub fn done(self, jobs: u64, anew: bool) {
        self.steps.into_iter().for_each(|steps| steps.done(jobs, anew, self.stop));
    }

    pub fn leave_out(self, jobs: u64) {
        self.steps.into_iter().for_each(|steps| steps.leave_out(jobs));
    }
}

/// A model of the suite, its place there, and where it is.
struct Turn<'a> {
    place: usize,
    model: &'a ModelPlan,
    source: ModelSource,
}

/// What all models share.
struct Crew<'a> {
    working: &'a Working<'a>,
    config: &'a Config,
    watch: Watch<'a>,
    bars: MultiProgress,
    notes: Mutex<Vec<String>>,
}

/// Has every model of the suite do its part: what they told, in the order of the suite, and why others are left out.
///
/// # Errors
/// The first of any model; the others then stop too.
pub fn tell_all(working: &Working<'_>, config: &Config, watch: Watch<'_>) -> Result<(Vec<Done>, Vec<String>), Notice> {
    let crew = Crew { working, config, watch, bars: MultiProgress::new(), notes: Mutex::default() };
    let mut here: Vec<Turn<'_>> = Vec::new();
    let mut engines: Vec<(String, Vec<Turn<'_>>)> = Vec::new();
    for (place, model) in working.plan.models.iter().enumerate() {
        let source = match source(config, Some(&model.model)) {
            Ok(source) => source,
            Err(notice) => {
                crew.leave_out(model, notice)?;
                continue;
            }
        };
        let turn = Turn { place, model, source };
        let url = match &turn.source {
            ModelSource::Remote { remote, .. } => remote.url.clone(),
            _ => {
                here.push(turn);
                continue;
            }
        };
        match engines.iter_mut().find(|(known, _)| *known == url) {
            Some((_, line)) => line.push(turn),
            None => engines.push((url, vec![turn])),
        }
    }
    let lines = std::thread::scope(|scope| {
        let crew = &crew;
        let others: Vec<_> = engines.iter().map(|(_, line)| scope.spawn(move || crew.line(line))).collect();
        let mut lines = vec![crew.line(&here)];
        let broken = |_| Err(Notice::ours("the work of an engine broke off"));
        lines.extend(others.into_iter().map(|line| line.join().unwrap_or_else(broken)));
        lines
    });
    let mut told: Vec<(usize, Done)> = Vec::new();
    for line in lines {
        told.extend(line?);
    }
    told.sort_by_key(|(place, _)| *place);
    Ok((told.into_iter().map(|(_, done)| done).collect(), crew.notes.into_inner().unwrap_or_default()))
}

/// The note of what is left out. Reports are passed on: of a folder they tell the last part, not where this machine has it.
pub fn left_out(name: &str, notice: &Notice, folder: &Path) -> String {
    let last = folder.file_name().map_or_else(Default::default, |last| last.to_string_lossy());
    let whole = folder.display().to_string();
    let what = if folder.is_absolute() { notice.what.replace(&whole, &last) } else { notice.what.clone() };
    format!("{name} is left out: {what}")
}

impl Crew<'_> {
    /// A model that cannot be opened is named and left out, where the suite can do without.
    fn leave_out(&self, model: &ModelPlan, notice: Notice) -> Result<(), Notice> {
        if !model.optional {
            return Err(notice);
        }
        self.bars.suspend(|| tell(&notice));
        if let Ok(mut notes) = self.notes.lock() {
            notes.push(left_out(&model.name, &notice, Path::new(&model.model)));
        }
        self.watch.leave_out(jobs(model, self.working));
        Ok(())
    }

    /// Models that tell one after the other.
    fn line(&self, line: &[Turn<'_>]) -> Result<Vec<(usize, Done)>, Notice> {
        let mut told = Vec::new();
        for turn in line {
            if self.watch.stop.load(Ordering::Relaxed) {
                break;
            }
            match self.one(turn) {
                Ok(done) => told.extend(done.map(|done| (turn.place, done))),
                Err(notice) => {
                    self.watch.stop.store(true, Ordering::Relaxed);
                    return Err(notice);
                }
            }
        }
        Ok(told)
    }

    fn one(&self, Turn { model, source, .. }: &Turn<'_>) -> Result<Option<Done>, Notice> {
        self.watch.stage(&model.name);
        let mut tellers = match open_any(source, self.config.quant, self.working.subjects.len() as u64) {
            Ok(tellers) => tellers,
            Err(error) => return self.leave_out(model, error.into()).map(|()| None),
        };
        let bar = self.bars.add(ProgressBar::new(jobs(model, self.working)));
        if let Ok(style) = ProgressStyle::with_template("{prefix:16.16} {bar:30} {pos}/{len}  {per_sec}, {eta} left") {
            bar.set_style(style);
        }
        bar.set_prefix(model.name.clone());
        let done = examine_suite(&mut tellers, model, self.working, self.watch.stop, |anew| {
            bar.inc(1);
            self.watch.done(1, anew);
            // What was kept is read in no time, and says nothing of how long the rest takes.
            if !anew {
                bar.reset_eta();
            }
        });
        bar.finish_and_clear();
        done.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_does_not_tell_where_a_machine_keeps_its_models() {
        let notice = Notice::yours("/home/ada/models/strong/config.json is missing", "");
        let of = |folder: &str| left_out("strong", &notice, Path::new(folder));
        assert_eq!(of("/home/ada/models/strong"), "strong is left out: strong/config.json is missing");
        assert_eq!(of("strong"), "strong is left out: /home/ada/models/strong/config.json is missing");
    }
}
