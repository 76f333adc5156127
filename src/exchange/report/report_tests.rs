//! The report holds everything that the JSON does, and nothing of what others wrote gets out of its words.

use quick_xml::events::Event;
use serde_json::Value;

use super::{plots, report};
use crate::story::{Results, sample_results};

/// What is shown as a date or a length of time, and what words stand for.
const NOT_AS_IT_STANDS: [&str; 4] = ["from", "counted_at", "step_seconds", "prefer"];
/// Words that stand for themselves.
const KNOWN: [&str; 7] = ["first", "same", "second", "both_bad", "cannot_judge", "systems", "reward"];

/// Gives every number and every text a value of its own, and lists them.
fn mark(value: &mut Value, place: &str, numbers: &mut Vec<f64>, texts: &mut Vec<String>) {
    match value {
        Value::Number(number) if !NOT_AS_IT_STANDS.contains(&place) => {
            let n = 4000 + numbers.len();
            let whole = number.is_u64() || number.is_i64();
            *value = if whole { Value::from(n) } else { Value::from(n as f64 + 0.27) };
            numbers.push(value.as_f64().unwrap());
        }
        Value::String(text) if !KNOWN.contains(&text.as_str()) => {
            *text = format!("<i>text{:03}</i>\"&'\u{1b}[2J\u{202e}", texts.len());
            texts.push(text.clone());
        }
        Value::Array(values) => values.iter_mut().for_each(|value| mark(value, place, numbers, texts)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| mark(value, name, numbers, texts)),
        _ => {}
    }
}

/// Results in which no two figures and no two texts are the same, and every text is hostile.
fn marked() -> (Results, Vec<f64>, Vec<String>) {
    let mut results = sample_results();
    results.campaign = "campaign".into();
    results.disputed[0].first.text = "one line".into();
    results.length = results.side;
    results.simulated = true;
    for rater in &mut results.raters {
        rater.gold = Some(0.5);
    }
    for both in &mut results.kappas {
        both.kappa = Some(0.5);
    }
    for asked in &mut results.agreement {
        asked.fleiss = Some(0.5);
    }
    results.provenance.broken = Some("broken".into());
    let mut value = serde_json::to_value(&results).unwrap();
    let (mut numbers, mut texts) = (Vec::new(), Vec::new());
    mark(&mut value, "", &mut numbers, &mut texts);
    // Between a system and itself there are no votes to show, and what two tied is one number.
    let mut marked: Results = serde_json::from_value(value).unwrap();
    let count = marked.matrix.systems.len();
    let mut gone = Vec::new();
    for one in 0..count {
        for other in 0..count {
            if one == other {
                gone.extend([marked.matrix.won[one][one], marked.matrix.tied[one][one]]);
            } else if one > other {
                gone.push(marked.matrix.tied[one][other]);
                marked.matrix.tied[one][other] = marked.matrix.tied[other][one];
            }
        }
    }
    numbers.retain(|number| !gone.iter().any(|gone| *gone as f64 == *number));
    (marked, numbers, texts)
}

/// Digits that stand together.
fn figures(page: &str) -> std::collections::BTreeSet<&str> {
    page.split(|c: char| !c.is_ascii_digit() && c != '.').map(|word| word.trim_end_matches('.')).collect()
}

#[test]
fn the_report_has_every_figure_of_the_json() {
    let (results, numbers, _) = marked();
    let page = report(&results);
    // Plots show figures too, rounded; the tables must have them all.
    let tables: String = page
        .split("<svg")
        .enumerate()
        .map(|(n, part)| if n == 0 { part } else { part.split_once("</svg>").unwrap().1 })
        .collect();
    let shown = figures(&tables);
    assert!(numbers.len() > 120, "{}", numbers.len());
    for number in numbers {
        let ways = [format!("{number:.0}"), format!("{number:.1}"), format!("{number:.2}")];
        assert!(ways.iter().any(|way| shown.contains(way.as_str())), "{number} is not in the report");
    }
    for date in ["2026-11-26 12:00:00 UTC", "2026-11-26 16:00:00 UTC"] {
        assert!(page.contains(date), "{date}");
    }
}

#[test]
fn words_of_others_are_shown_and_do_nothing() {
    let (results, _, texts) = marked();
    let page = report(&results);
    assert!(texts.len() > 40, "{}", texts.len());
    for (n, text) in texts.iter().enumerate() {
        let escaped = format!("&lt;i&gt;text{n:03}&lt;/i&gt;&quot;&amp;&apos;\u{fffd}[2J\u{fffd}");
        assert!(page.contains(&escaped), "text {n} of {text:?}");
    }
    let drawn: String = plots(&results).into_iter().map(|plot| plot.svg).collect();
    for words in [&page, &drawn] {
        assert!(!words.contains("<i>") && !words.contains('\u{1b}') && !words.contains('\u{202e}'));
        assert!(!words.contains("<script") && !words.contains("href=\"http") && !words.contains("src="));
    }
    // Nothing is fetched: the only address is the name of SVG itself.
    assert!(page.match_indices("http").all(|(at, _)| {
        page[at..].starts_with("http://www.w3.org/2000/svg") || page[at..].starts_with("http-equiv")
    }));
}

#[test]
fn every_plot_is_a_whole_file_with_a_name_of_its_own() {
    let mut results = sample_results();
    let names = |results: &Results| plots(results).into_iter().map(|plot| plot.name).collect::<Vec<_>>();
    assert_eq!(
        names(&results),
        [
            "leaderboard.svg",
            "leaderboard-1-coherence.svg",
            "win-matrix.svg",
            "verdicts.svg",
            "rater-agreement.svg",
            "votes-over-time.svg"
        ]
    );
    results.boards[1].question = "../../etc/passwd".into();
    assert_eq!(names(&results)[1], "leaderboard-1-etc-passwd.svg");
    for plot in plots(&marked().0).into_iter().chain(plots(&results)) {
        let mut reader = quick_xml::Reader::from_str(&plot.svg);
        reader.config_mut().check_end_names = true;
        let mut depth = 0;
        loop {
            match reader.read_event().unwrap_or_else(|error| panic!("{}: {error}", plot.name)) {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0, "{}", plot.name);
        assert!(
            plot.svg.contains("prefers-color-scheme:dark") && plot.svg.contains("class=\"ground\""),
            "{}",
            plot.name
        );
        assert!(!plot.svg.contains("NaN") && !plot.svg.contains("inf\""), "{}", plot.name);
    }
}

#[test]
fn the_page_says_what_to_beware_of() {
    let mut results = sample_results();
    results.connected = false;
    results.simulated_counted = 5;
    let page = report(&results);
    for words in [
        "never lost or never won",
        "3 raters are few",
        "5 votes of programs are counted",
        "12 votes of programs are left out",
        "once 7 votes are left out",
        "about 96 votes",
        "prefers-color-scheme:dark",
        "storyloom results first",
        "0f1e2d3c",
    ] {
        assert!(page.contains(words), "{words}");
    }
}
