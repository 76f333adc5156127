//! An evaluation as one page: what to know, the table with a plot a measure, reward models, demands, sample stories beside their
//! frames, and where it comes from. It takes nothing from elsewhere and runs no script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::chart::{Anchor, Chart, Scale, safe};
use super::evaluation_text::{legend, said};
use super::moments::moment;
use super::style::{PAGE, PLOTS};
use super::table::Table;
use crate::exchange::publish::picture_kind;
use crate::pixels::{Picture, resize_quick};
use crate::story::{Evaluation, MeasureRow};

/// A sequence with what models told of it.
pub struct SampleStories<'a> {
    pub title: &'a str,
    pub pictures: &'a [Picture],
    /// By the model's name.
    pub stories: Vec<(&'a str, &'a str)>,
}

/// Longest side of a frame on the page, in pixels.
const SIDE: u32 = 240;
/// Rows from which on a group is folded away.
const LONG: usize = 24;

const OWN: &str = "\
.frames{display:flex;flex-wrap:wrap;gap:.4rem;margin:.5rem 0}
.frames img{width:8rem;height:auto;border-radius:.3rem}
.story{white-space:pre-wrap;margin:.2rem 0 .8rem;padding-left:.8rem;border-left:3px solid var(--rule)}
.missed{color:var(--warn);font-weight:600}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:.4rem 1.2rem}
.plots figure{margin:0}
.plots figcaption{font-size:.9rem}
";

/// The whole page.
pub fn evaluation_page(evaluation: &Evaluation, samples: &[SampleStories<'_>]) -> String {
    let mut body = head(evaluation);
    for (at, group) in evaluation.groups().into_iter().enumerate() {
        body += &section(evaluation, at, group);
    }
    if !evaluation.rows.is_empty() {
        body += &format!("<p class=\"quiet\">{}</p>\n", safe(&legend(evaluation)));
    }
    body += &rewards(evaluation);
    body += &gates(evaluation);
    body += &stories(samples);
    body += &origin(evaluation);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}: evaluation</title>\n\
         <style>\n{PAGE}{PLOTS}{OWN}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        safe(&evaluation.suite)
    )
}

fn head(evaluation: &Evaluation) -> String {
    let mut out = format!("<header>\n<h1>{}</h1>\n", safe(&evaluation.suite));
    for part in evaluation.about.split("\n\n").filter(|part| !part.trim().is_empty()) {
        out += &format!("<p>{}</p>\n", safe(part));
    }
    out += &format!(
        "<p class=\"quiet\">{}, {}, {}</p>\n",
        counted(evaluation.models.len(), "model"),
        counted(evaluation.origin.sequences, "sequence"),
        moment(seconds(evaluation.origin.ended_at))
    );
    if !evaluation.notes.is_empty() {
        let items: String = evaluation.notes.iter().map(|note| format!("<li>{}</li>\n", safe(note))).collect();
        out += &format!("<ul class=\"warnings\">\n{items}</ul>\n");
    }
    let links: String = evaluation
        .groups()
        .into_iter()
        .enumerate()
        .map(|(at, group)| format!("<a href=\"#g{at}\">{}</a> ", safe(group)))
        .collect();
    out + &format!("<nav>{links}<a href=\"#stories\">stories</a> <a href=\"#origin\">where from</a></nav>\n</header>\n")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn section(evaluation: &Evaluation, at: usize, group: &str) -> String {
    let rows: Vec<&MeasureRow> = evaluation.rows.iter().filter(|row| row.group == group).collect();
    let mut table = by_model(evaluation);
    for row in &rows {
        let cells = row.cells.iter().map(said);
        let name = format!("{} {}", row.words.trim(), row.direction.sign());
        table.row(&std::iter::once(name).chain(cells).collect::<Vec<_>>());
    }
    let figure = |row: &&MeasureRow| {
        let words = format!("{} {}", row.words.trim(), row.direction.sign());
        format!("<figure>\n<figcaption>{}</figcaption>\n{}</figure>\n", safe(&words), plot(evaluation, row))
    };
    let plots: String = rows.iter().map(figure).collect();
    let plots = format!("<div class=\"plots\">\n{plots}</div>\n");
    let plots = match rows.len() {
        0..LONG => plots,
        many => format!("<details><summary>{many} plots</summary>\n{plots}</details>\n"),
    };
    format!("<h2 id=\"g{at}\">{}</h2>\n{}{plots}", safe(group), table.finish())
}

/// A table whose heads are the models.
fn by_model(evaluation: &Evaluation) -> Table {
    let names: Vec<&str> = evaluation.models.iter().map(|model| model.name.as_str()).collect();
    Table::new(&[&[""], names.as_slice()].concat())
}

const WIDTH: f64 = 330.0;
const ROW: f64 = 22.0;
const LEFT: f64 = 96.0;

/// A dot a model with its interval; the filled one is the baseline's.
fn plot(evaluation: &Evaluation, row: &MeasureRow) -> String {
    let height = ROW * row.cells.len() as f64 + 26.0;
    let mut chart = Chart::new(WIDTH, height);
    let ends: Vec<f64> = row.cells.iter().flat_map(|cell| [cell.value, cell.low, cell.high]).flatten().collect();
    // Where nothing is anything but 0, the other end of most measures.
    let other = ends.iter().all(|end| *end == 0.0).then_some(1.0);
    let scale = Scale::around(ends.into_iter().chain(other), LEFT + 10.0, WIDTH - 22.0);
    let bottom = height - 22.0;
    for (value, words) in scale.ticks() {
        let x = scale.at(value);
        chart.line(if value == 0.0 { "axis" } else { "rule" }, (x, 0.0), (x, bottom));
        chart.words("quiet", (x, bottom + 12.0), Anchor::Middle, &words);
    }
    for (at, (cell, model)) in row.cells.iter().zip(&evaluation.models).enumerate() {
        let y = ROW * (at as f64 + 0.5);
        chart.name((LEFT, y), LEFT, &model.name);
        let Some(value) = cell.value else { continue };
        if let (Some(low), Some(high)) = (cell.low, cell.high) {
            chart.line("bar", (scale.at(low), y), (scale.at(high), y));
        }
        chart.dot(if evaluation.baseline == Some(at) { "other" } else { "mark" }, (scale.at(value), y));
    }
    chart.finish(&format!("{}: the table above has the numbers.", row.words.trim()))
}

fn rewards(evaluation: &Evaluation) -> String {
    let mut out = String::new();
    for reward in &evaluation.rewards {
        out += &format!(
            "<h2>Reward model {}</h2>\n<p>How often a spoilt story is given more than the story itself, of {} stories: 0 is never \
             fooled. Wilson's interval, 95 %.</p>\n",
            safe(&reward.name),
            reward.stories
        );
        let mut chart = Chart::new(470.0, 26.0 * reward.rows.len() as f64 + 26.0);
        let scale = Scale::around([0.0, 1.0].into_iter(), 240.0, 456.0);
        let bottom = 26.0 * reward.rows.len() as f64;
        for (value, words) in scale.ticks() {
            chart.line("rule", (scale.at(value), 0.0), (scale.at(value), bottom));
            chart.words("quiet", (scale.at(value), bottom + 12.0), Anchor::Middle, &words);
        }
        let mut table = Table::new(&["spoilt by", "wins", "from", "to", "of"]);
        for (at, row) in reward.rows.iter().enumerate() {
            let y = 26.0 * (at as f64 + 0.5);
            chart.name((232.0, y), 232.0, &row.words);
            chart.line("bar", (scale.at(row.low), y), (scale.at(row.high), y));
            chart.dot("mark", (scale.at(row.wins), y));
            let three = |value: f64| format!("{value:.3}");
            table.row(&[row.words.clone(), three(row.wins), three(row.low), three(row.high), row.of.to_string()]);
        }
        out += &format!(
            "<figure>\n{}</figure>\n",
            chart.finish("Wins of spoilt stories. The table below has the numbers.")
        );
        out += &table.finish();
        out += &format!(
            "<p class=\"quiet\">The same story alone and beside longer ones differs by {:.1e} at most.</p>\n",
            reward.padded_apart
        );
    }
    out
}

fn gates(evaluation: &Evaluation) -> String {
    if evaluation.gates.is_empty() {
        return String::new();
    }
    let item = |gate: &crate::story::GateSaid| {
        let held = if gate.held { "held" } else { "<span class=\"missed\">missed</span>" };
        format!("<li>{held}: {} (found: {})</li>\n", safe(&gate.what), safe(&gate.found))
    };
    format!("<h2>Demands</h2>\n<ul>\n{}</ul>\n", evaluation.gates.iter().map(item).collect::<String>())
}

fn stories(samples: &[SampleStories<'_>]) -> String {
    let mut out = String::from("<h2 id=\"stories\">Stories beside their frames</h2>\n");
    if samples.is_empty() {
        return out + "<p class=\"quiet\">None were told.</p>\n";
    }
    for sample in samples {
        let frames: String = sample.pictures.iter().filter_map(frame).collect();
        out += &format!("<article>\n<h3>{}</h3>\n<div class=\"frames\">{frames}</div>\n", safe(sample.title));
        for (model, story) in &sample.stories {
            let lines: Vec<String> = story.lines().map(safe).collect();
            out +=
                &format!("<p class=\"quiet\">{}</p>\n<div class=\"story\">{}</div>\n", safe(model), lines.join("\n"));
        }
        out += "</article>\n";
    }
    out
}

/// A small copy of a picture, in the page itself.
fn frame(picture: &Picture) -> Option<String> {
    let longest = picture.width().max(picture.height()).max(1);
    let small = match longest > SIDE {
        false => picture.clone(),
        true => {
            let to = |side: u32| (side * SIDE / longest).max(1);
            Picture::from_rgb(&resize_quick(&picture.rgb().ok()?, to(picture.width()), to(picture.height()))).ok()?
        }
    };
    let (_, media) = picture_kind(&small).ok()?;
    Some(format!("<img alt=\"\" src=\"data:{media};base64,{}\">", STANDARD.encode(small.bytes())))
}

fn origin(evaluation: &Evaluation) -> String {
    let from = &evaluation.origin;
    let mut table = Table::new(&["", ""]).with_words(&[1]);
    let mut put = |what: &str, words: String| table.row(&[what.to_owned(), words]);
    put("made by", format!("storyloom {}", from.version));
    put("command", from.command.clone());
    put("began and ended", format!("{} and {}", moment(seconds(from.began_at)), moment(seconds(from.ended_at))));
    put("suite (BLAKE3)", from.suite_hash.clone());
    put("sequences (BLAKE3 over keys and pictures)", format!("{}: {}", from.sequences, from.sequences_hash));
    for model in &evaluation.models {
        let adapter = model.adapter.as_ref().map_or(String::new(), |adapter| format!(", adapter {adapter}"));
        let said = format!(
            "{}{adapter}; {}; {} stories, {:.0} ms each",
            model.hash,
            model.size(),
            model.stories,
            model.milliseconds
        );
        put(&model.name, said);
    }
    let suite: Vec<String> = from.suite.lines().map(safe).collect();
    format!(
        "<h2 id=\"origin\">Where this comes from</h2>\n{}<details><summary>The suite, word for word</summary>\n\
         <blockquote><code>{}</code></blockquote></details>\n",
        table.finish(),
        suite.join("\n")
    )
}

fn seconds(since: u64) -> i64 {
    i64::try_from(since).unwrap_or(0)
}
