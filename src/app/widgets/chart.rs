//! Curves in cells: eight dots a cell, an axis of values, an axis of steps. ASCII where a terminal has no more.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::bars;
use crate::app::look::Look;
use crate::app::text;

/// Cells left of the axis for its values.
const VALUES: u16 = 9;
/// The least area that shows anything.
const LEAST: (u16, u16) = (VALUES + 8, 5);

/// One curve.
pub struct Stroke {
    pub points: Vec<(u64, f64)>,
    pub style: Style,
    /// Stands for it where there are no dots, and at its end.
    pub sign: char,
    /// What a smoothed curve was made from: it is drawn first, and has no end.
    pub faint: bool,
}

/// Curves over one another.
pub struct Chart<'a> {
    pub title: Vec<Span<'a>>,
    pub strokes: Vec<Stroke>,
    /// The steps that are shown.
    pub steps: (u64, u64),
    /// Values by their logarithm; those that have none are left out.
    pub log: bool,
    /// The best point so far.
    pub best: Option<(u64, f64)>,
}

impl Chart<'_> {
    pub fn view(&self, area: Rect, look: &Look, ascii: bool, buffer: &mut Buffer) {
        bars::row(area, self.title.clone(), vec![], buffer);
        if area.width < LEAST.0 || area.height < LEAST.1 {
            return;
        }
        let plot =
            Rect { x: area.x + VALUES + 1, y: area.y + 1, width: area.width - VALUES - 1, height: area.height - 2 };
        let axis = if ascii { "|" } else { "│" };
        (plot.top()..plot.bottom()).for_each(|y| buffer.set_string(plot.x - 1, y, axis, look.hollow));
        let Some((low, high)) = self.range() else {
            let words = if self.log { "nothing above 0 here" } else { "nothing here yet" };
            buffer.set_string(
                plot.x + 1,
                plot.y + plot.height / 2,
                text::clip(words, usize::from(plot.width) - 1),
                look.quiet,
            );
            return;
        };
        let value = |share: f64| {
            let scaled = low + (high - low) * share;
            if self.log { scaled.exp() } else { scaled }
        };
        for (y, share) in [(plot.y, 1.0), (plot.y + plot.height / 2, 0.5), (plot.bottom() - 1, 0.0)] {
            let share = if share == 0.5 {
                1.0 - f64::from(plot.height / 2) / f64::from(plot.height - 1).max(1.0)
            } else {
                share
            };
            buffer.set_string(area.x, y, format!("{:>1$}", number(value(share)), usize::from(VALUES) - 1), look.quiet);
        }
        let (from, to) = self.steps;
        let y = area.bottom() - 1;
        let end = to.to_string();
        buffer.set_string(plot.x, y, from.to_string(), look.quiet);
        buffer.set_string(plot.right().saturating_sub(end.len() as u16), y, &end, look.quiet);
        let middle = format!("step {}", from + (to - from) / 2);
        if usize::from(plot.width) > 2 * end.len() + middle.len() + 8 {
            buffer.set_string(plot.x + (plot.width - middle.len() as u16) / 2, y, &middle, look.quiet);
        }
        let mut dots = Dots::new(plot, (low, high), self.steps, self.log);
        for (n, stroke) in self.strokes.iter().enumerate().filter(|(_, stroke)| stroke.faint) {
            dots.draw(n, &stroke.points);
        }
        dots.faint = self.strokes.iter().map(|stroke| stroke.faint).collect();
        for (n, stroke) in self.strokes.iter().enumerate().filter(|(_, stroke)| !stroke.faint) {
            dots.draw(n, &stroke.points);
        }
        dots.show(&self.strokes, ascii, buffer);
        // Colours alone would not tell several curves apart.
        if self.strokes.iter().filter(|stroke| !stroke.faint).count() > 1 {
            for stroke in self.strokes.iter().filter(|stroke| !stroke.faint) {
                if let Some(at) = stroke.points.iter().rev().find_map(|point| dots.cell(*point)) {
                    buffer.set_string(at.0, at.1, stroke.sign.to_string(), stroke.style);
                }
            }
        }
        if let Some(at) = self.best.and_then(|best| dots.cell(best)) {
            buffer.set_string(at.0, at.1, if ascii { "O" } else { "●" }, look.good);
        }
    }

    /// The least and the greatest value that is shown, as they are scaled.
    fn range(&self) -> Option<(f64, f64)> {
        let shown = |(step, value): &(u64, f64)| {
            let fits = (self.steps.0..=self.steps.1).contains(step) && value.is_finite() && (!self.log || *value > 0.0);
            fits.then_some(if self.log { value.ln() } else { *value })
        };
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in self.strokes.iter().flat_map(|stroke| &stroke.points).filter_map(shown) {
            (low, high) = (low.min(value), high.max(value));
        }
        if !low.is_finite() {
            return None;
        }
        // One value alone lies in the middle.
        let room = if high - low < 1e-12 { (low.abs() * 0.1).max(1e-6) } else { 0.0 };
        Some((low - room, high + room))
    }
}

/// Two by four dots a cell.
struct Dots {
    area: Rect,
    range: (f64, f64),
    steps: (u64, u64),
    log: bool,
    /// Of each cell the dots, and the stroke drawn last.
    cells: Vec<(u8, usize)>,
    /// Strokes whose dots give way to those of others in the same cell, once these are drawn.
    faint: Vec<bool>,
}

/// Braille's bits by column and row.
const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

impl Dots {
    fn new(area: Rect, range: (f64, f64), steps: (u64, u64), log: bool) -> Dots {
        let cells = vec![(0, 0); usize::from(area.width) * usize::from(area.height)];
        Dots { area, range, steps, log, cells, faint: Vec::new() }
    }

    /// A point in dots from the upper left corner; `None` for what is not shown.
    fn place(&self, (step, value): (u64, f64)) -> Option<(f64, f64)> {
        if !(self.steps.0..=self.steps.1).contains(&step) || !value.is_finite() || (self.log && value <= 0.0) {
            return None;
        }
        let value = if self.log { value.ln() } else { value };
        let (low, high) = self.range;
        let across = (step - self.steps.0) as f64 / (self.steps.1 - self.steps.0).max(1) as f64;
        let up = ((value - low) / (high - low)).clamp(0.0, 1.0);
        let (width, height) = (f64::from(self.area.width) * 2.0 - 1.0, f64::from(self.area.height) * 4.0 - 1.0);
        Some((across * width, (1.0 - up) * height))
    }

    fn cell(&self, point: (u64, f64)) -> Option<(u16, u16)> {
        let (x, y) = self.place(point)?;
        Some((self.area.x + x.round() as u16 / 2, self.area.y + y.round() as u16 / 4))
    }

    /// Draws a line through the points.
    fn draw(&mut self, stroke: usize, points: &[(u64, f64)]) {
        let mut before: Option<(f64, f64)> = None;
        for point in points {
            let Some((x, y)) = self.place(*point) else {
                before = None;
                continue;
            };
            let (x0, y0) = before.unwrap_or((x, y));
            let count = (x - x0).abs().max((y - y0).abs()).ceil().max(1.0) as usize;
            for n in 0..=count {
                let share = n as f64 / count as f64;
                self.dot(stroke, x0 + (x - x0) * share, y0 + (y - y0) * share);
            }
            before = Some((x, y));
        }
    }

    fn dot(&mut self, stroke: usize, x: f64, y: f64) {
        let (x, y) = (x.round() as usize, y.round() as usize);
        let width = usize::from(self.area.width);
        if let Some(cell) = self.cells.get_mut(y / 4 * width + x / 2) {
            let kept = if self.faint.get(cell.1).is_some_and(|faint| *faint) { 0 } else { cell.0 };
            *cell = (kept | BITS[x % 2][y % 4], stroke);
        }
    }

    fn show(&self, strokes: &[Stroke], ascii: bool, buffer: &mut Buffer) {
        let width = usize::from(self.area.width);
        for (at, (bits, stroke)) in self.cells.iter().enumerate().filter(|(_, (bits, _))| *bits > 0) {
            let (x, y) = (self.area.x + (at % width) as u16, self.area.y + (at / width) as u16);
            let stroke = &strokes[*stroke];
            let sign = match ascii {
                true if stroke.faint => '.',
                true => stroke.sign,
                false => char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' '),
            };
            buffer.set_string(x, y, sign.to_string(), stroke.style);
        }
    }
}

/// A value in at most eight signs.
pub fn number(value: f64) -> String {
    let size = value.abs();
    match () {
        () if value == 0.0 => "0".to_owned(),
        () if !(1e-3..1e6).contains(&size) => format!("{value:.1e}"),
        () if size >= 1000.0 => format!("{value:.0}"),
        () if size >= 10.0 => format!("{value:.1}"),
        () => format!("{value:.3}"),
    }
}

/// The exponential moving average, without the pull to nought at its beginning.
pub fn smooth(points: &[(u64, f64)], weight: f64) -> Vec<(u64, f64)> {
    let (mut mean, mut share) = (0.0, 0.0);
    let step = |(step, value): &(u64, f64)| {
        if value.is_finite() {
            mean = weight * mean + (1.0 - weight) * value;
            share = weight * share + (1.0 - weight);
        }
        (*step, if share > 0.0 { mean / share } else { *value })
    };
    points.iter().map(step).collect()
}

/// The best point of a measure so far, where its name says which way is better.
pub fn best(name: &str, points: &[(u64, f64)]) -> Option<(u64, f64)> {
    const LOSS: [&str; 5] = ["loss", "nll", "brier", "ece", "perplexity"];
    const MORE: [&str; 10] =
        ["reward", "accuracy", "margin", "win", "species", "emotion", "place", "accessory", "hue", "thing"];
    // What is held out is a loss where nothing else is said, and so are heads over pictures.
    const LESS: [&str; 3] = ["held_out", "attributes", "patches"];
    let named = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let finite = points.iter().copied().filter(|(_, value)| value.is_finite());
    match () {
        () if named(&LOSS) => finite.min_by(|a, b| a.1.total_cmp(&b.1)),
        () if named(&MORE) => finite.rev().max_by(|a, b| a.1.total_cmp(&b.1)),
        () if named(&LESS) => finite.min_by(|a, b| a.1.total_cmp(&b.1)),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: Vec<(u64, f64)>, log: bool, ascii: bool) -> String {
        let area = Rect::new(0, 0, 22, 6);
        let mut buffer = Buffer::empty(area);
        let last = points.last().map_or(1, |(step, _)| *step);
        let stroke = Stroke { points, style: Style::new(), sign: '*', faint: false };
        let chart = Chart { title: vec!["loss".into()], strokes: vec![stroke], steps: (1, last), log, best: None };
        chart.view(area, &Look::default(), ascii, &mut buffer);
        let rows = buffer.content.chunks(22).map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>());
        rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let shown = drawn((1..=5).map(|step| (step, 5.0 - step as f64)).collect(), false, false);
        let expected = [
            "loss",
            "   4.000 │⠑⠢⣀",
            "         │   ⠉⠢⢄",
            "   1.333 │      ⠑⠢⣀",
            "       0 │         ⠑⠢⢄",
            "          1          5",
        ];
        assert_eq!(shown.lines().collect::<Vec<_>>(), expected);
        assert!(drawn(vec![(1, 1.0), (9, 2.0)], false, true).lines().nth(1).is_some_and(|row| row.ends_with('*')));
    }

    #[test]
    fn what_has_no_logarithm_is_left_out_and_nothing_is_said_to_be_nothing() {
        assert!(drawn(vec![(1, 0.0), (2, -1.0)], true, false).contains("nothing ab"));
        assert!(drawn(vec![(1, f64::NAN)], false, false).contains("nothing he"));
        let even = drawn(vec![(1, 1.0), (2, 100.0), (3, 10_000.0)], true, false);
        assert!(even.contains("10000") && even.contains("1.000"), "{even}");
    }

    #[test]
    fn smoothing_begins_where_the_values_do_and_the_best_is_found_by_the_name() {
        let smoothed = smooth(&[(1, 4.0), (2, 0.0), (3, f64::NAN)], 0.5);
        assert_eq!(smoothed[0].1, 4.0);
        assert!((smoothed[1].1 - 4.0 / 3.0).abs() < 1e-9 && smoothed[2].1 == smoothed[1].1);
        let points = [(1, 2.0), (2, 1.0), (3, f64::NAN), (4, 1.5)];
        assert_eq!((best("held_out", &points), best("reward", &points)), (Some((2, 1.0)), Some((1, 2.0))));
        let of = |name| best(name, &points).map(|(step, _)| step);
        assert_eq!((of("held_out_reward"), of("held_out_accuracy"), of("held_out_loss")), (Some(1), Some(1), Some(2)));
        assert_eq!(best("rate", &points), None);
    }

    #[test]
    fn numbers_are_short() {
        for (value, words) in
            [(0.0, "0"), (1e-4, "1.0e-4"), (0.25, "0.250"), (12.34, "12.3"), (5e4, "50000"), (1e7, "1.0e7")]
        {
            assert_eq!(number(value), words);
        }
    }
}
