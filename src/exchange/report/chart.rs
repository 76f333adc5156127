//! The pen of the plots: SVG with classes for colours, so that one drawing serves light and dark, on a page and alone.
//!
//! Drawn here and not by a plotting library: those write colours into every shape, so that a reader's dark page would stay
//! white, and what the plots need of one is lines, boxes and words.

use std::fmt::Write as _;

use quick_xml::escape::escape;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::exchange::clean::clean_line;

/// Height of the letters, and the width that a letter takes in the mean, in units of the drawing.
pub(super) const LETTER: f64 = 13.0;
const ADVANCE: f64 = 7.0;

/// Of names, as much as a line holds. Longer ones are no names.
const LONGEST_LINE: usize = 2000;

/// Words that are not ours, for HTML and SVG: one line, nothing that steers, every sign of markup escaped.
pub(super) fn safe(words: &str) -> String {
    escape(clean_line(words, LONGEST_LINE)).into_owned()
}

/// Where the words of a label stand from their point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing under way.
pub(super) struct Chart {
    width: f64,
    height: f64,
    body: String,
}

impl Chart {
    pub(super) fn new(width: f64, height: f64) -> Chart {
        Chart { width, height, body: String::new() }
    }

    /// A box; `strength` from 0 to 1 is how much of the class's colour lies over the ground.
    pub(super) fn area(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), strength: f64) {
        let faint = if strength < 1.0 { format!(" fill-opacity=\"{strength:.2}\"") } else { String::new() };
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"{faint}/>",
            width.max(0.0),
            height.max(0.0)
        );
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64)) {
        let _ = writeln!(self.body, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>");
    }

    /// Words, whose middle is at the height of the point.
    pub(super) fn words(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let base = y + LETTER * 0.34;
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{base:.1}\" text-anchor=\"{anchor}\">{}</text>",
            safe(words)
        );
    }

    /// A name that is not ours, as much of it as fits before `x`; all of it where a reader points.
    pub(super) fn name(&mut self, (x, y): (f64, f64), room: f64, name: &str) {
        let base = y + LETTER * 0.34;
        let _ = writeln!(
            self.body,
            "<text class=\"ink\" x=\"{x:.1}\" y=\"{base:.1}\" text-anchor=\"end\"><title>{}</title>{}</text>",
            safe(name),
            safe(&fitting(name, room))
        );
    }

    /// The drawing, as it stands in a page. `says` is read out to who does not see it.
    pub(super) fn finish(self, says: &str) -> String {
        let Chart { width, height, body } = self;
        // Letters get neither too small to read on a phone nor larger than the words around them.
        let (least, most) = (width * 0.78, width * 1.4);
        format!(
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
             aria-label=\"{}\" style=\"min-width:{least:.0}px;max-width:{most:.0}px\">\n{body}</svg>\n",
            safe(says)
        )
    }
}

/// As much of a name as fits; its end where something is missing is an ellipsis.
pub(super) fn fitting(name: &str, room: f64) -> String {
    let name = clean_line(name, LONGEST_LINE);
    let cells = (room / ADVANCE) as usize;
    if name.width() <= cells {
        return name;
    }
    let (mut taken, mut used) = (String::new(), 0);
    for sign in name.chars() {
        let wide = sign.width().unwrap_or(0);
        if used + wide + 1 > cells {
            break;
        }
        used += wide;
        taken.push(sign);
    }
    taken + "…"
}

/// Numbers along a line.
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// A scale that holds all of `values` between round numbers, drawn from `from` to `to`.
    pub(super) fn around(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Scale {
        let (mut low, mut high) = (0f64, 0f64);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if high - low < 1e-9 {
            (low, high) = (-1.0, 1.0);
        }
        let step = round_step(high - low);
        Scale { low: (low / step).floor() * step, high: (high / step).ceil() * step, from, to }
    }

    /// Where a value is; what lies outside is at the end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + (self.to - self.from) * if share.is_finite() { share } else { 0.0 }
    }

    /// Round numbers along the line, and their words.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let step = round_step(self.high - self.low);
        let digits = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        let count = ((self.high - self.low) / step).round() as usize;
        let tick = |n: usize| {
            let value = self.low + n as f64 * step;
            // No "-0.0".
            let value = if value.abs() < step / 1e6 { 0.0 } else { value };
            (value, format!("{value:.digits$}"))
        };
        (0..=count).map(tick).collect()
    }
}

/// One, two or five times a power of ten, so that a width has three to seven of them.
fn round_step(width: f64) -> f64 {
    let rough = width / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| rough <= times * power * 1.0001).unwrap_or(10.0);
    times * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers_and_hold_what_lies_outside() {
        let scale = Scale::around([-0.61, 0.93, f64::NAN].into_iter(), 0.0, 100.0);
        let words: Vec<String> = scale.ticks().into_iter().map(|(_, words)| words).collect();
        assert_eq!(words, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        assert_eq!((scale.at(0.0), scale.at(9.0), scale.at(f64::NAN)), (50.0, 100.0, 0.0));
        let empty = Scale::around([].into_iter(), 0.0, 1.0);
        assert_eq!((empty.at(-1.0), empty.at(1.0)), (0.0, 1.0));
    }

    #[test]
    fn names_are_cut_by_their_width_and_steer_nothing() {
        assert_eq!(fitting("plain", 70.0), "plain");
        assert_eq!(fitting("狐狐狐狐", 42.0), "狐狐…");
        assert_eq!(safe("<b>\"&\u{1b}[2J\n"), "&lt;b&gt;&quot;&amp;\u{fffd}[2J");
    }
}
