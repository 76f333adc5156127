//! How an evaluation was made, in words: what to know of it, models, reward models, demands, and all that is needed to repeat it.

use ratatui::style::Style;
use ratatui::text::Line;

use super::history::when;
use crate::app::look::{FAULT, Look, WARNING};
use crate::app::text;
use crate::app::widgets::bars;
use crate::story::{Evaluation, EvaluationCard};

/// Signs of a hash that are shown.
const HASH: usize = 16;

/// The account in lines of at most `columns` cells.
pub(super) fn account(card: &EvaluationCard, evaluation: &Evaluation, columns: u16, look: &Look) -> Vec<Line<'static>> {
    let mut page = Page { lines: Vec::new(), columns: usize::from(columns), look };
    page.say(&evaluation.about, look.text);
    for note in &evaluation.notes {
        page.mark(WARNING, look.warning, note);
    }
    if !evaluation.gates.is_empty() {
        page.head("demands");
        for gate in &evaluation.gates {
            let words = format!("{} (found: {})", gate.what, gate.found);
            match gate.held {
                true => page.mark("●", look.good, &format!("held: {words}")),
                false => page.mark(FAULT, look.fault, &format!("missed: {words}")),
            }
        }
    }
    for reward in &evaluation.rewards {
        page.head(&format!("{}: wins of spoilt stories, of {}", reward.name, reward.stories));
        for row in &reward.rows {
            let words = format!("{:.3} [{:.3}, {:.3}] of {}  {}", row.wins, row.low, row.high, row.of, row.words);
            page.say(&words, look.text);
        }
    }
    page.head("models");
    for model in &evaluation.models {
        let adapter = model.adapter.as_ref().map_or(String::new(), |hash| format!(" + adapter {}", short(hash)));
        let words = format!(
            "{}: {}, {}{adapter}, {} stories of {:.0} ms",
            model.name,
            model.size(),
            short(&model.hash),
            model.stories,
            model.milliseconds
        );
        page.say(&words, look.text);
    }
    page.head("to repeat it");
    let origin = &evaluation.origin;
    let seconds = origin.ended_at.saturating_sub(origin.began_at);
    for (name, words) in [
        ("id", card.id.clone()),
        ("made", format!("{} UTC, in {seconds} s, by storyloom {}", when(origin.ended_at), origin.version)),
        ("sequences", format!("{}, {}", origin.sequences, short(&origin.sequences_hash))),
        ("suite", short(&origin.suite_hash).to_owned()),
        ("command", origin.command.clone()),
        ("folder", card.folder.clone()),
        ("shown by", format!("storyloom eval show {}", card.id)),
    ] {
        page.say(&format!("{name}: {words}"), look.text);
    }
    page.head("the suite, word for word");
    for line in text::clean(&origin.suite).lines() {
        let style = if line.starts_with('#') { look.quiet } else { look.text };
        page.say(line, style);
    }
    page.lines
}

fn short(hash: &str) -> &str {
    hash.get(..HASH).unwrap_or(hash)
}

struct Page<'a> {
    lines: Vec<Line<'static>>,
    columns: usize,
    look: &'a Look,
}

impl Page<'_> {
    fn head(&mut self, words: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.say(words, self.look.strong);
    }

    fn say(&mut self, words: &str, style: Style) {
        let wrapped = text::wrap(&text::clean_line(words), self.columns);
        self.lines.extend(wrapped.into_iter().map(|line| Line::styled(line, style)));
    }

    fn mark(&mut self, sign: &str, style: Style, words: &str) {
        let columns = self.columns.saturating_sub(2);
        self.lines.extend(bars::marked(sign, style, &text::clean_line(words), self.look.text, columns));
    }
}
