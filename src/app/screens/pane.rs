//! The pane beside or below the frames: warnings, the story with its frames in the margin, and how the telling goes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::live::{Live, Stage};
use crate::app::look::{HERE, WARNING, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::story::{Notice, Task};

/// The widest line that is still easy to read.
const WIDEST: usize = 84;
/// Margin in which the frames are numbered.
const MARGIN: usize = 4;
/// Letters that a model tells of one frame, with some to spare.
const LETTERS_A_LINE: usize = 110;
/// Rows of warnings at most: the story keeps the rest.
const MOST_PROBLEMS: usize = 3;

/// What the pane shows.
pub struct Pane<'a> {
    pub live: Option<&'a Live>,
    pub task: Task,
    pub frames: usize,
    /// The frame that is lit: being told, or chosen.
    pub lit: Option<usize>,
    /// First row shown; `None` follows the end.
    pub top: Option<usize>,
    /// These pictures are not what the model was taught.
    pub out_of_world: bool,
    pub problems: &'a [Notice],
}

/// One row of the story on the screen.
struct Row {
    frame: Option<usize>,
    first: bool,
    before: bool,
    text: String,
}

/// What the small storyteller must say of itself before pictures that are not its own world's.
const OUT_OF_WORLD: &str = "This small storyteller was taught storyloom's own drawn world and nothing else: what it \
     writes about these pictures means little. A larger model can see them:\n\
     storyloom model add HuggingFaceTB/SmolVLM-256M-Instruct";

impl Pane<'_> {
    /// Where the story's text goes in the pane: below the head and the warnings, above the figures.
    pub fn text_area(&self, area: Rect, setting: &Setting) -> Rect {
        let above = self.head(area) + self.warnings(area.width, setting).len() as u16;
        let below = self.figures(area.width, setting).len().max(1) as u16 + self.free_row(area);
        let height = area.height.saturating_sub(above + below);
        Rect { y: area.y + above.min(area.height), height, ..area }
    }

    /// Rows of the head: its line, and a free one where there is room.
    fn head(&self, area: Rect) -> u16 {
        1 + self.free_row(area)
    }

    /// A row left free where there is room.
    fn free_row(&self, area: Rect) -> u16 {
        u16::from(area.height >= 16)
    }

    /// How many rows the story has in this area.
    pub fn rows(&self, area: Rect) -> usize {
        self.story(area).len()
    }

    /// First row shown when `height` rows fit.
    pub fn first_row(&self, rows: usize, height: u16) -> usize {
        let most = rows.saturating_sub(usize::from(height));
        self.top.unwrap_or(most).min(most)
    }

    pub fn view(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        if area.height < 2 {
            return;
        }
        let text_area = self.text_area(area, setting);
        self.view_head(Rect { height: 1, ..area }, text_area, setting, buffer);
        let warnings = self.warnings(area.width, setting);
        let head = self.head(area);
        let below_head = Rect { y: area.y + head, height: area.height - head, ..area };
        bars::write_lines(below_head, &warnings, buffer);
        match self.live {
            Some(live) => {
                self.view_story(live, text_area, setting, buffer);
                let figures = self.figures(area.width, setting);
                let height = (figures.len() as u16).min(area.height);
                bars::write_lines(Rect { y: area.bottom() - height, height, ..area }, &figures, buffer);
            }
            None => self.view_invitation(text_area, setting, buffer),
        }
    }

    fn view_head(&self, area: Rect, text_area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let task = self.live.map_or(self.task, |live| live.task);
        let mut left = vec![Span::styled(format!("{task} "), look.strong)];
        let sign = spinner(setting.now.as_millis() / 125);
        if let Some(live) = self.live {
            let (words, style) = match &live.stage {
                Stage::Looking { total: 0, .. } => (format!("{sign} waiting for the model"), look.lit),
                Stage::Looking { done, total } => (format!("{sign} looking at the frames {done}/{total}"), look.lit),
                Stage::Writing => (format!("{HERE} telling"), look.lit),
                _ => (String::new(), look.quiet),
            };
            left.push(Span::styled(words, style));
            if let Some((number, of, first, last)) = live.chapter.filter(|(_, of, ..)| *of > 1) {
                let words = format!("  chapter {number} of {of}, frames {}–{}", first + 1, last + 1);
                left.push(Span::styled(words, look.quiet));
            }
        }
        let rows = self.rows(text_area);
        let first = self.first_row(rows, text_area.height);
        let below = rows.saturating_sub(first + usize::from(text_area.height));
        let more = match (first, below) {
            (0, 0) => String::new(),
            (above, 0) => format!("↑ {above} more"),
            (0, below) => format!("↓ {below} more"),
            (above, below) => format!("↑ {above}  ↓ {below} more"),
        };
        bars::row(area, left, vec![Span::styled(more, look.quiet)], buffer);
    }

    /// Cells that the warnings take, about, whatever the width.
    pub fn warning_cells(&self, setting: &Setting) -> usize {
        const COLUMNS: u16 = 60;
        self.warnings(COLUMNS, setting).len() * usize::from(COLUMNS)
    }

    fn warnings(&self, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        let width = usize::from(columns).saturating_sub(2);
        let mut lines = Vec::new();
        if self.out_of_world {
            lines.extend(bars::marked(WARNING, look.warning, OUT_OF_WORLD, look.warning, width));
        }
        for problem in self.problems.iter().take(MOST_PROBLEMS) {
            let words = text::clean_line(&format!("{} ({})", problem.what, problem.try_this));
            let words = text::clip(&words, 2 * width - 8);
            lines.extend(bars::marked(WARNING, look.warning, &words, look.quiet, width).into_iter().take(2));
        }
        if self.problems.len() > MOST_PROBLEMS {
            let words = format!("and {} more pictures were left out", self.problems.len() - MOST_PROBLEMS);
            lines.extend(bars::marked(WARNING, look.warning, &words, look.quiet, width));
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines
    }

    fn story(&self, area: Rect) -> Vec<Row> {
        let Some(live) = self.live else { return Vec::new() };
        let lines = live.lines(self.frames);
        let columns = usize::from(area.width).saturating_sub(MARGIN).min(WIDEST);
        // Lines of their own stand apart where the pane is high enough for it; not decided by what has been told so far,
        // so that nothing moves while a story streams.
        let airy = usize::from(area.height) >= (LETTERS_A_LINE.div_ceil(columns.max(1)) + 1) * self.frames.max(2);
        let mut rows = Vec::new();
        let mut last = None;
        for line in lines {
            if airy && !rows.is_empty() {
                rows.push(Row { frame: None, first: false, before: line.before, text: String::new() });
            }
            for (n, words) in text::wrap(&line.text, columns).into_iter().enumerate() {
                let first = n == 0 && line.frame.is_some() && line.frame != last;
                rows.push(Row { frame: line.frame, first, before: line.before, text: words });
            }
            last = line.frame;
        }
        rows
    }

    fn view_story(&self, live: &Live, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let rows = self.story(area);
        let first = self.first_row(rows.len(), area.height);
        let mut y = area.y;
        for row in rows.iter().skip(first).take(usize::from(area.height)) {
            let lit = row.frame.is_some() && row.frame == self.lit;
            let style = match (lit, row.before) {
                (true, _) => look.lit,
                (false, true) => look.quiet,
                (false, false) => look.text,
            };
            if row.first {
                let number = row.frame.map_or(0, |frame| frame + 1);
                let sign = if lit { HERE } else { " " };
                let margin = format!("{sign}{number:<2}");
                buffer.set_string(area.x, y, margin, if lit { look.lit } else { look.quiet });
            }
            buffer.set_string(area.x + MARGIN as u16, y, &row.text, style);
            y += 1;
        }
        if let Stage::Failed(notice) = &live.stage {
            let lines = bars::notice_lines(notice, area.width, look);
            let room = Rect { y, height: area.bottom().saturating_sub(y), ..area };
            bars::write_lines(room, &lines, buffer);
        }
    }

    /// The figures, in as many lines as they need.
    fn figures(&self, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
        let parts = self.live.map(|live| figures(live, setting)).unwrap_or_default();
        let mut lines: Vec<Line<'static>> = Vec::new();
        for (words, style) in parts {
            let span = Span::styled(words, style);
            match lines.last_mut().filter(|line| line.width() + 3 + span.width() <= usize::from(columns)) {
                Some(line) => {
                    line.push_span(Span::styled(" · ", setting.look.quiet));
                    line.push_span(span);
                }
                None => lines.push(Line::from(span)),
            }
        }
        lines
    }

    fn view_invitation(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let key = |key: &str| Span::styled(key.to_owned(), look.key);
        let say = |words: &str| Span::styled(words.to_owned(), look.quiet);
        let told = match self.frames {
            1 => "this frame".to_owned(),
            frames => format!("these {frames} frames"),
        };
        let lines = [
            Line::from(vec![key("space"), say(&format!("  has {told} told"))]),
            Line::from(vec![key("t"), say("      changes the task")]),
            Line::from(vec![key("z"), say("      shows one frame closely")]),
        ];
        let room = Rect { x: area.x + MARGIN as u16, width: area.width.saturating_sub(MARGIN as u16), ..area };
        bars::write_lines(room, &lines, buffer);
    }
}

/// The telling in figures: why it ended, tokens, speed, first token, and who wrote it.
fn figures(live: &Live, setting: &Setting) -> Vec<(String, Style)> {
    let look = &setting.look;
    let mut parts: Vec<(String, Style)> = Vec::new();
    if let Some(ending) = live.ending() {
        let style = match live.stage {
            Stage::Failed(_) | Stage::BrokenOff => look.fault,
            _ => look.good,
        };
        parts.push((ending.to_owned(), style));
    }
    match live.is_the_same() {
        Some(true) => parts.push(("word for word as before".to_owned(), look.good)),
        Some(false) => parts.push(("not as before".to_owned(), look.warning)),
        None => {}
    }
    if live.tokens > 0 {
        let words = if live.tokens == 1 { "1 token".to_owned() } else { format!("{} tokens", live.tokens) };
        parts.push((words, look.text));
    }
    if let Some(speed) = live.tokens_per_second() {
        parts.push((format!("{speed:.1} tok/s"), look.text));
    }
    if let Some(ms) = live.first_token_ms() {
        parts.push((format!("first token {}", milliseconds(ms)), look.text));
    }
    if let Some(story) = &live.story {
        if story.origin.by_hand {
            parts.push(("changed by hand".to_owned(), look.lit));
        } else if story.origin.imported.is_some() {
            parts.push(("imported".to_owned(), look.lit));
        } else if story.origin.given > 0 {
            parts.push((format!("branched at token {}", story.origin.given), look.lit));
        }
        let writer = &story.writer;
        let name = match &writer.adapter {
            Some(adapter) => format!("{} + {adapter}", writer.model),
            None => writer.model.clone(),
        };
        parts.push((format!("by {}", text::clean_line(&name)), look.quiet));
    }
    parts
}

/// "212 ms", "3.4 s".
fn milliseconds(ms: f64) -> String {
    if ms < 1000.0 { format!("{ms:.0} ms") } else { format!("{:.1} s", ms / 1000.0) }
}
