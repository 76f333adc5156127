//! One run looked at closely: its curves, what it said of held-out examples, its rollouts, its log, its recipe.

use crate::app::action::Action;
use crate::app::setting::Setting;
use crate::story::{RunSeen, RunText};

/// How much of the past a smoothed curve remembers.
pub(super) const WEIGHTS: [f64; 4] = [0.0, 0.6, 0.9, 0.98];
/// Measures that are shown first; the others follow by name.
const FIRST: [&str; 11] = [
    "reward",
    "held_out_reward",
    "loss",
    "held_out",
    "held_out_loss",
    "accuracy",
    "held_out_accuracy",
    "kl",
    "margin",
    "norm",
    "tokens a second",
];

/// What is shown of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Charts,
    Samples,
    Rollouts,
    Log,
    Recipe,
}

const PARTS: [Part; 5] = [Part::Charts, Part::Samples, Part::Rollouts, Part::Log, Part::Recipe];

impl Part {
    pub fn word(self) -> &'static str {
        match self {
            Part::Charts => "curves",
            Part::Samples => "samples",
            Part::Rollouts => "rollouts",
            Part::Log => "log",
            Part::Recipe => "recipe",
        }
    }

    pub fn all() -> [Part; 5] {
        PARTS
    }
}

/// How it is looked at.
#[derive(Clone, Debug)]
pub struct RunPage {
    pub(super) part: Part,
    /// The first measure that is shown.
    pub(super) metric: usize,
    pub(super) log: bool,
    /// Place among `WEIGHTS`.
    pub(super) smooth: usize,
    /// Steps that are shown; `None`: all, and those to come.
    pub(super) steps: Option<(u64, u64)>,
    /// The text that is read, counted from the last one.
    pub(super) back: usize,
    pub(super) top: usize,
}

impl Default for RunPage {
    fn default() -> Self {
        // Single batches are noisy: curves begin smoothed.
        RunPage { part: Part::Charts, metric: 0, log: false, smooth: 2, steps: None, back: 0, top: 0 }
    }
}

impl RunPage {
    pub fn has_charts(&self) -> bool {
        self.part == Part::Charts
    }

    /// The text that is read.
    pub fn text<'a>(&self, seen: &'a RunSeen) -> Option<&'a RunText> {
        let texts = self.texts(seen);
        texts.get(texts.len().checked_sub(self.back + 1)?)
    }

    pub(super) fn texts<'a>(&self, seen: &'a RunSeen) -> &'a [RunText] {
        match self.part {
            Part::Samples => &seen.samples,
            Part::Rollouts => &seen.rollouts,
            _ => &[],
        }
    }

    pub fn act(&mut self, action: Action, seen: &RunSeen, setting: &Setting) {
        let page = usize::from(setting.body().height / 2);
        match action {
            Action::Flip => {
                let at = PARTS.iter().position(|part| *part == self.part).unwrap_or(0);
                // Parts that hold nothing are passed over.
                let next = (1..=PARTS.len()).map(|n| PARTS[(at + n) % PARTS.len()]);
                let full = |part: &Part| match part {
                    Part::Samples => !seen.samples.is_empty(),
                    Part::Rollouts => !seen.rollouts.is_empty(),
                    _ => true,
                };
                self.part = next.into_iter().find(full).unwrap_or_default();
                (self.back, self.top) = (0, 0);
            }
            Action::Up => self.top = self.top.saturating_sub(1),
            Action::Down => self.top += 1,
            Action::PageUp => self.top = self.top.saturating_sub(page),
            Action::PageDown => self.top += page,
            Action::Metric => self.metric = (self.metric + 1) % metrics(seen).len().max(1),
            Action::Scale => self.log = !self.log,
            Action::Smooth => self.smooth = (self.smooth + 1) % WEIGHTS.len(),
            Action::Closer | Action::Wider | Action::Left | Action::Right if self.part == Part::Charts => {
                self.steps = moved(self.window(seen), all_steps(&[seen]), action);
            }
            Action::First if self.part == Part::Charts => self.steps = None,
            Action::Left => (self.back, self.top) = ((self.back + 1).min(self.texts(seen).len().saturating_sub(1)), 0),
            Action::Right => (self.back, self.top) = (self.back.saturating_sub(1), 0),
            Action::First => (self.back, self.top) = (self.texts(seen).len().saturating_sub(1), 0),
            Action::Last => (self.back, self.top) = (0, 0),
            _ => {}
        }
    }

    /// The steps that are shown.
    fn window(&self, seen: &RunSeen) -> (u64, u64) {
        self.steps.unwrap_or_else(|| all_steps(&[seen]))
    }
}

/// From the first step of all to the last one.
pub(super) fn all_steps(seen: &[&RunSeen]) -> (u64, u64) {
    let steps =
        || seen.iter().flat_map(|seen| &seen.curves).flat_map(|curve| [curve.points.first(), curve.points.last()]);
    let steps = steps().flatten().map(|(step, _)| *step);
    steps.fold((u64::MAX, 0), |(from, to), step| (from.min(step), to.max(step)))
}

/// The window closer, wider, or further on; all of it is no window.
fn moved((from, to): (u64, u64), all: (u64, u64), action: Action) -> Option<(u64, u64)> {
    if all.0 >= all.1 {
        return None;
    }
    let width = to.saturating_sub(from).max(1);
    let (from, to) = match action {
        Action::Closer => {
            let cut = (width / 4).min(width.saturating_sub(4) / 2);
            (from + cut, to - cut)
        }
        Action::Wider => (from.saturating_sub(width / 2), to + width / 2),
        Action::Left => {
            let by = (width / 4).max(1).min(from - all.0.min(from));
            (from - by, to - by)
        }
        _ => {
            let by = (width / 4).max(1).min(all.1.saturating_sub(to));
            (from + by, to + by)
        }
    };
    let (from, to) = (from.max(all.0), to.min(all.1));
    ((from, to) != all).then_some((from, to))
}

/// The names of all measures, what most people look for first.
pub(super) fn metrics(seen: &RunSeen) -> Vec<&str> {
    // A single point is no curve: those come last.
    let mut curves: Vec<(bool, &str)> =
        seen.curves.iter().map(|curve| (curve.points.len() < 2, curve.name.as_str())).collect();
    let rank = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    curves.sort_by_key(|(point, name)| (*point, rank(name), *name));
    curves.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_stay_within_what_there_is() {
        let all = (1, 101);
        let closer = moved(all, all, Action::Closer).unwrap();
        assert_eq!(closer, (26, 76));
        assert_eq!(moved(closer, all, Action::Left), Some((14, 64)));
        assert_eq!(moved((90, 101), all, Action::Right), Some((90, 101)));
        assert_eq!(moved(closer, all, Action::Wider), None);
        let mut window = all;
        for _ in 0..20 {
            window = moved(window, all, Action::Closer).unwrap();
        }
        assert!(window.1 > window.0, "{window:?}");
        assert_eq!(moved((5, 5), (5, 5), Action::Closer), None);
    }
}
