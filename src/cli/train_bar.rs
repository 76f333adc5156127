//! How a run that is not supervised looks on a terminal: a bar with what matters of the last step, or a line now and then.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::train::course::{Hearer, Line};

/// Figures that are shown, where a step has them, in this order.
const SHOWN: [(&str, &str); 9] = [
    ("loss", "loss"),
    ("reward", "reward"),
    ("reward_truth", "truth"),
    ("accuracy", "right"),
    ("kl", "kl"),
    ("length", "tokens"),
    ("held_out_reward", "held out"),
    ("held_out_accuracy", "held out right"),
    ("held_out_loss", "held out loss"),
];

/// A bar on a terminal; lines elsewhere.
pub struct CourseBar {
    bar: ProgressBar,
    plain: bool,
}

impl CourseBar {
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {eta} left") {
            bar.set_style(style);
        }
        Self { bar, plain: !std::io::stderr().is_terminal() }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Hearer for CourseBar {
    fn word(&mut self, word: &str) {
        self.bar.suspend(|| eprintln!("{word}"));
    }

    fn looked(&mut self, done: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message("looking at sequences");
    }

    fn line(&mut self, line: &Line) {
        let shown = SHOWN.iter().filter_map(|(key, word)| Some(format!("{word} {:.3}", line.figures.get(*key)?)));
        let message = shown.collect::<Vec<_>>().join("  ");
        self.bar.set_length(line.of as u64);
        self.bar.set_position(line.step as u64);
        if self.plain
            && (line.step % 10 == 1
                || line.figures.keys().any(|key| key.starts_with("held_out"))
                || line.step == line.of)
        {
            eprintln!("{}/{}  {message}  {:.2} s/step", line.step, line.of, line.seconds);
        }
        self.bar.set_message(message);
    }
}
