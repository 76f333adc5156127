//! The rating screen as it is drawn: frames, the stories side by side or one at a time, the scale, the questions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use ratatui_textarea::TextArea;

use super::at_pair::{AtPair, Over};
use super::marking::{self, Letters, Marked};
use super::rate::{Before, Rate};
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::picture::{captioned, pic, picture};
use crate::app::widgets::strip::Strip;
use crate::canvas::{Canvas, Protocol};
use crate::story::{Better, Finish, SkipReason, Verdict};

/// A strip of frames takes half of the room in a window as wide as this, else a third.
const WIDE: u16 = 110;
/// Columns of a frame in a strip, at least: of blocks of characters, smaller ones would be mush.
const LEAST: u16 = 14;
const LEAST_OF_BLOCKS: u16 = 36;
/// A strip shows so many frames at once, or all there are; else one large frame says more.
const AT_ONCE: usize = 4;
/// Rows of the scale, the criteria, their question, and what is said below.
const ANSWERS: u16 = 4;

impl Rate {
    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, width: body.width - 2, ..body };
        match &self.before {
            Before::Waiting if self.notice.is_none() => {
                let words = format!("{} one moment", spinner(setting.now.as_millis() / 125));
                buffer.set_stringn(area.x, area.y + 1, words, usize::from(area.width), look.quiet);
            }
            Before::Waiting => {}
            Before::Sight(looking) => {
                let slot = picture_slot(area, setting, canvas);
                looking.view(area, slot, setting, canvas, buffer);
            }
            Before::Consent { guideline, .. } => self.view_guideline(guideline, area, setting, buffer),
            Before::CannotSee => {
                let words = "This campaign needs a terminal that shows pictures as they are: kitty, ghostty, iTerm2, WezTerm, \
                             foot, or xterm with sixel. This one draws them with blocks of characters. Come back in one of \
                             those; nothing is lost. q leaves.";
                let lines = text::wrap(words, usize::from(area.width).min(84));
                let lines: Vec<Line<'_>> = lines.into_iter().map(Line::from).collect();
                bars::write_lines(Rect { y: area.y + 1, height: area.height - 1, ..area }, &lines, buffer);
            }
            Before::Nothing { done } => {
                let votes = if *done == 1 { "vote" } else { "votes" };
                let lines = [
                    Line::styled("There is nothing left for you to rate.", look.strong),
                    Line::styled(format!("You have given {done} {votes}. Thank you."), look.text),
                    Line::default(),
                    Line::styled("u takes back the last one, enter looks for more, q leaves.", look.quiet),
                ];
                bars::write_lines(Rect { y: area.y + area.height / 3, ..area }, &lines, buffer);
            }
            Before::Pair(pair) if pair.zoomed => view_frame(pair, body, setting, canvas, buffer),
            Before::Pair(pair) => self.view_pair(pair, area, setting, canvas, buffer),
        }
        self.view_last_line(setting, buffer);
    }

    fn view_guideline(&self, guideline: &str, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let columns = usize::from(area.width).min(84);
        let mut lines = vec![Line::styled("Before you begin", look.strong), Line::default()];
        let words = text::wrap(&text::clean(guideline), columns);
        lines.extend(words.into_iter().map(|line| Line::styled(line, look.text)));
        lines.extend([Line::default(), Line::styled("enter agrees and begins, q leaves", look.lit)]);
        bars::write_lines(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, &lines, buffer);
    }

    fn view_pair(&self, pair: &AtPair, area: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let look = &setting.look;
        let frames = &pair.pairing.sequence.frames;
        let shape = frames.first().map_or(1.0, |frame| setting.shape(frame.width, frame.height));
        let answers = Rect { y: area.bottom() - ANSWERS, height: ANSWERS, ..area };
        let room = Rect { height: area.height.saturating_sub(ANSWERS + 1), ..area };
        let strip = |frame| strip(room, frames.len(), frame, shape, setting);
        // By the first page: later ones may be shorter, and the layout must not change with the page.
        let told = if one_at_a_time(&strip(0), frames.len(), canvas) {
            // One frame on the left, as large as it may be; the stories beside it.
            let slot = one_slot(room, shape);
            let width = slot.width;
            if let Some(frame) = frames.get(pair.frame) {
                let height = ((f64::from(width) / shape) as u16 + 1).min(room.height);
                captioned(canvas, frame, (true, ""), Rect { height, ..slot }, look, buffer);
                let more = format!("n: {} of {}", frame.place + 1, frames.len());
                buffer.set_stringn(slot.x, slot.y + height, more, usize::from(width), look.quiet);
            }
            Rect { x: room.x + width + 2, width: room.width - width - 2, ..room }
        } else {
            let strip = strip(pair.frame);
            for (slot, frame) in strip.slots.iter().zip(&frames[strip.page.clone()]) {
                captioned(
                    canvas,
                    frame,
                    (frame.place == pair.frame && strip.page.len() < frames.len(), ""),
                    *slot,
                    look,
                    buffer,
                );
            }
            let taken = strip.height + 1;
            Rect { y: room.y + taken, height: room.height.saturating_sub(taken), ..room }
        };
        match &pair.over {
            Some(Over::Rewriting(right, area)) => view_rewriting(*right, area, told, setting, buffer),
            _ => view_stories(pair, told, setting, buffer),
        }
        match &pair.over {
            Some(Over::Marking(marking)) => drop(bars::write_lines(answers, &marking.lines(look), buffer)),
            Some(Over::Rewriting(..)) => {}
            _ => view_answers(pair, answers, setting, buffer),
        }
        if let Some(Over::Skip(chosen)) = &pair.over {
            view_reasons(*chosen, told, setting, buffer);
        }
    }

    /// What went wrong, what is typed, what was done; and how far the rater is.
    fn view_last_line(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        if let Some(notice) = &self.notice {
            let mut lines = bars::notice_lines(notice, line.width, look);
            if matches!(self.before, Before::Waiting) {
                lines.push(Line::styled("  enter tries again, q leaves", look.quiet));
            }
            let height = (lines.len() as u16).min(setting.rows / 2);
            let area = Rect { y: line.bottom() - height, height, ..line };
            for position in area.positions() {
                buffer[position].reset();
            }
            bars::write_lines(area, &lines, buffer);
            return;
        }
        let Before::Pair(pair) = &self.before else {
            if let Some(said) = &self.said {
                bars::row(line, vec![Span::styled(text::clean_line(said), look.good)], vec![], buffer);
            }
            return;
        };
        let left = match (&pair.over, &self.said) {
            (Some(Over::Reason(field)), _) => vec![
                Span::styled("why: ", look.lit),
                Span::raw(text::clip(&field.text, usize::from(line.width) - 30)),
                Span::styled("▏", look.lit),
            ],
            _ if pair.sending && !self.asking => {
                vec![Span::styled(format!("{} keeping", spinner(setting.now.as_millis() / 125)), look.lit)]
            }
            (_, Some(said)) => vec![Span::styled(text::clean_line(said), look.good)],
            (_, None) if pair.flagged || !pair.marks.is_empty() || pair.rewritten.is_some() => {
                vec![Span::styled(beside(pair), look.warning)]
            }
            (_, None) if pair.is_practice() => vec![Span::styled("practice: it does not count", look.quiet)],
            (_, None) => vec![Span::styled("kept as a draft until enter", look.quiet)],
        };
        bars::row(line, left, vec![Span::styled(self.pace(pair, setting), look.quiet)], buffer);
    }

    /// "12 done · 30 left · about 14 min".
    fn pace(&self, pair: &AtPair, setting: &Setting) -> String {
        let (done, left) = (pair.pairing.done, pair.pairing.left);
        let spent = setting.now.saturating_sub(self.began).as_secs_f64();
        let time = (self.votes >= 3 && left > 0).then(|| {
            let minutes = (spent / self.votes as f64 * left as f64 / 60.0).ceil();
            format!(" · about {minutes:.0} min")
        });
        format!("{done} done · {left} left{}", time.unwrap_or_default())
    }
}

/// Whether a strip shows too little, so that one large frame stands there instead.
fn one_at_a_time(strip: &Strip, frames: usize, canvas: &Canvas) -> bool {
    let blocks = matches!(canvas.found().protocol, Protocol::HalfBlocks | Protocol::Off);
    let least = if blocks { LEAST_OF_BLOCKS } else { LEAST };
    strip.page.len() < frames.min(AT_ONCE) || strip.slots.iter().any(|slot| slot.width < least)
}

/// Where that one frame is.
fn one_slot(room: Rect, shape: f64) -> Rect {
    let width = ((f64::from(room.height - 1) * shape) as u16).min(room.width / 3).max(12);
    Rect { width, ..room }
}

/// Where several are.
fn strip(room: Rect, frames: usize, frame: usize, shape: f64, setting: &Setting) -> Strip {
    let share = if setting.columns < WIDE { 3 } else { 2 };
    Strip::new(Rect { height: room.height / share, ..room }, frames, frame, shape)
}

/// Frames of a sequence, as most have.
const FRAMES: usize = 5;

/// Where the first of so many square frames would be: what is seen there will be seen in a pair.
fn picture_slot(area: Rect, setting: &Setting, canvas: &Canvas) -> Rect {
    let room = Rect { height: area.height.saturating_sub(ANSWERS + 1), ..area };
    let shape = setting.shape(1, 1);
    let strip = strip(room, FRAMES, 0, shape, setting);
    if one_at_a_time(&strip, FRAMES, canvas) {
        let slot = one_slot(room, shape);
        let height = ((f64::from(slot.width) / shape) as u16).min(room.height);
        return Rect { height, ..slot };
    }
    strip.slots.first().copied().unwrap_or(room)
}

/// Both stories beside one another, or one of them.
fn view_stories(pair: &AtPair, area: Rect, setting: &Setting, buffer: &mut Buffer) {
    let look = &setting.look;
    let sides: Vec<bool> = pair.flipped.map_or_else(|| vec![false, true], |right| vec![right]);
    let count = sides.len() as u16;
    let width = (area.width + 3) / count - 3 * u16::from(count > 1);
    let rows = usize::from(area.height.saturating_sub(1));
    let pages = |airy: bool| -> Vec<Vec<Line<'static>>> {
        sides.iter().map(|right| page(pair, *right, width, airy, setting)).collect()
    };
    // Room between the lines where there is room.
    let pages =
        Some(pages(true)).filter(|pages| pages.iter().all(|page| page.len() <= rows)).unwrap_or_else(|| pages(false));
    let longest = pages.iter().map(Vec::len).max().unwrap_or(0);
    let mut top = pair.top.min(longest.saturating_sub(rows));
    if let Some(Over::Marking(marking)) = &pair.over {
        // The cursor is never out of sight.
        let page = sides.iter().position(|right| *right == marking.right).map(|place| &pages[place]);
        let here = |line: &Line<'_>| line.spans.iter().any(|span| span.style == look.chosen_bar);
        if let Some(line) = page.and_then(|page| page.iter().position(here)) {
            top = top.min(line).max((line + 1).saturating_sub(rows));
        }
    }
    for (place, (right, page)) in sides.iter().zip(&pages).enumerate() {
        let column = Rect { x: area.x + place as u16 * (width + 3), width: width.min(area.width), ..area };
        let name = if *right { "right" } else { "left" };
        let more = if page.len() > top + rows { "  j: more" } else { "" };
        let head = Line::from(vec![Span::styled(name, look.chosen), Span::styled(more, look.lit)]);
        buffer.set_line(column.x, column.y, &head, column.width);
        let told = Rect { y: column.y + 1, height: column.height.saturating_sub(1), ..column };
        bars::write_lines(told, page.get(top..).unwrap_or_default(), buffer);
        if place > 0 {
            (area.top()..area.bottom()).for_each(|y| buffer.set_string(column.x - 2, y, "│", look.hollow));
        }
    }
}

/// A story in rows: each of its lines begins a row of its own, after an empty one if it is to be airy.
fn page(pair: &AtPair, right: bool, width: u16, airy: bool, setting: &Setting) -> Vec<Line<'static>> {
    let look = &setting.look;
    let story = text::clean(pair.story(right).trim());
    let columns = usize::from(width).max(8);
    let (letters, mut letter) = (Letters::of(&story), 0);
    let marks: Vec<Marked> = pair.marks.iter().filter(|mark| mark.right == right).copied().collect();
    let span = match &pair.over {
        Some(Over::Marking(marking)) if marking.right == right => Some(marking.span()),
        _ => None,
    };
    let mut lines: Vec<Line<'static>> = Vec::new();
    for paragraph in story.lines().filter(|line| !line.trim().is_empty()) {
        if airy && !lines.is_empty() {
            lines.push(Line::default());
        }
        let wrapped = text::wrap(paragraph.trim(), columns);
        lines.extend(wrapped.iter().map(|line| marking::line(line, &mut letter, &letters, &marks, span, look)));
    }
    let first = right != pair.pairing.first_is_left;
    let finish = if first { pair.pairing.first.finish } else { pair.pairing.second.finish };
    match finish {
        Finish::Length => lines.push(Line::styled("… (cut at its token limit)", look.warning)),
        Finish::Awaited => lines.push(Line::styled("… still being told", look.lit)),
        _ => {}
    }
    lines
}

/// The scale, the criteria, and what is asked now.
fn view_answers(pair: &AtPair, area: Rect, setting: &Setting, buffer: &mut Buffer) {
    let look = &setting.look;
    let mut scale = vec![Span::styled("left ◀ ", look.strong)];
    for (key, strength) in (1..=7).zip([3i8, 2, 1, 0, -1, -2, -3]) {
        let chosen = pair.verdict == Some(Verdict::Prefer(strength));
        let (words, style) =
            if chosen { (format!("[{key}]"), look.chosen_bar) } else { (format!(" {key} "), look.key) };
        scale.push(Span::styled(words, style));
    }
    scale.push(Span::styled(" ▶ right  ", look.strong));
    for (key, verdict, words) in [("b", Verdict::BothBad, "both bad"), ("c", Verdict::CannotJudge, "can't judge")] {
        let chosen = pair.verdict == Some(verdict);
        let style = if chosen { look.chosen_bar } else { look.quiet };
        let words = if chosen { format!("[{key} {words}]") } else { format!(" {key} {words} ") };
        scale.push(Span::styled(words, style));
    }
    buffer.set_line(area.x, area.y, &Line::from(scale), area.width);
    let more = matches!(pair.verdict, Some(Verdict::Prefer(_)));
    let mut row = Vec::new();
    for (place, (criterion, answer)) in pair.pairing.criteria.iter().zip(&pair.criteria).enumerate() {
        let here = more && place == pair.asking;
        let sign = match answer {
            Some(Better::First) => "◀ left",
            Some(Better::Same) => "= same",
            Some(Better::Second) => "▶ right",
            None => "·",
        };
        let style = if here {
            look.lit
        } else if answer.is_some() {
            look.text
        } else {
            look.quiet
        };
        let mark = if here { HERE } else { " " };
        row.push(Span::styled(format!("{mark} {} {sign}   ", text::clean_line(&criterion.name)), style));
    }
    buffer.set_line(area.x, area.y + 1, &Line::from(row), area.width);
    let asked = match (pair.verdict, pair.pairing.criteria.get(pair.asking).filter(|_| more)) {
        (None, _) => "Which story is better, and how much? 1 to 7; 4: they are the same.".to_owned(),
        (_, Some(criterion)) => {
            format!("{}  ← left · space same · right →", text::clean_line(&criterion.question))
        }
        _ => "enter keeps it".to_owned(),
    };
    buffer.set_stringn(
        area.x,
        area.y + 2,
        text::clip(&asked, usize::from(area.width)),
        usize::from(area.width),
        look.lit,
    );
}

/// A story under the rater's hands.
fn view_rewriting(right: bool, area: &TextArea<'static>, told: Rect, setting: &Setting, buffer: &mut Buffer) {
    let look = &setting.look;
    let side = if right { "the right story" } else { "the left story" };
    let words = format!("{side} as you would have it · ctrl-s keeps it, esc leaves it");
    buffer.set_stringn(told.x, told.y, words, usize::from(told.width), look.lit);
    area.render(Rect { y: told.y + 1, height: told.height.saturating_sub(1), ..told }, buffer);
}

fn view_reasons(chosen: usize, area: Rect, setting: &Setting, buffer: &mut Buffer) {
    let look = &setting.look;
    let mut lines = vec![Line::styled("Why do you pass it over?", look.strong)];
    for (place, reason) in SkipReason::ALL.into_iter().enumerate() {
        let here = place == chosen;
        let style = if here { look.chosen } else { look.text };
        lines.push(Line::styled(format!("{} {}", if here { HERE } else { " " }, reason.words()), style));
    }
    lines.push(Line::styled("enter passes it over, esc goes back", look.quiet));
    let area = area.intersection(buffer.area);
    for position in area.positions() {
        buffer[position].reset();
    }
    bars::write_lines(area, &lines, buffer);
}

/// What was said beside the vote: "! flagged · 2 marks · rewritten".
fn beside(pair: &AtPair) -> String {
    let marks = match pair.marks.len() {
        0 => None,
        1 => Some("1 mark".to_owned()),
        n => Some(format!("{n} marks")),
    };
    let flagged = pair.flagged.then(|| "! flagged".to_owned());
    let rewritten = pair.rewritten.is_some().then(|| "rewritten".to_owned());
    flagged.into_iter().chain(marks).chain(rewritten).collect::<Vec<_>>().join(" · ")
}

/// One frame on the whole screen.
fn view_frame(pair: &AtPair, body: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
    let frames = &pair.pairing.sequence.frames;
    let Some(frame) = frames.get(pair.frame) else { return };
    let slot = Rect { height: body.height.saturating_sub(1), ..body };
    picture(canvas, &pic(frame), &text::clean_line(&frame.name), slot, &setting.look, buffer);
    let words = format!("frame {} of {} · ← → others · z back", frame.place + 1, frames.len());
    let words = Span::styled(words, setting.look.quiet);
    bars::row(Rect { x: 1, y: body.bottom() - 1, width: body.width - 2, height: 1 }, vec![words], vec![], buffer);
}
