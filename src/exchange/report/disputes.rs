//! What a report says of pairs that raters do not agree on: what each said, and the stories, for somebody to judge.

use super::chart::safe;
use super::table::{Table, two};
use crate::story::{Dispute, Results, Said};

/// So many stand open; the others are there for who wants them.
const OPEN: usize = 10;

pub(super) fn disputes(results: &Results) -> String {
    let mut out = String::from("<h2 id=\"disputed\">Where raters disagree</h2>\n");
    let all = &results.disputed;
    if all.is_empty() {
        return out + "<p>On no pair do raters contradict each other about who is better.</p>\n";
    }
    let pairs = if all.len() == 1 { "pair has".to_owned() } else { format!("{} pairs have", all.len()) };
    out += &format!(
        "<p>{} raters who do not say the same of who is better; those furthest apart on the scale come first.</p>\n",
        if all.len() == 1 { format!("1 {pairs}") } else { pairs }
    );
    let names: Vec<&str> = results.provenance.plan.criteria.iter().map(|criterion| criterion.name.as_str()).collect();
    let shown = |disputes: &[Dispute]| disputes.iter().map(|dispute| article(dispute, &names)).collect::<String>();
    out += &shown(&all[..all.len().min(OPEN)]);
    if all.len() > OPEN {
        let more = all.len() - OPEN;
        out += &format!("<details><summary>{more} more</summary>\n{}</details>\n", shown(&all[OPEN..]));
    }
    out
}

fn article(dispute: &Dispute, criteria: &[&str]) -> String {
    let (first, second) = dispute.names();
    let mut table = Table::new(&["rater", "verdict", "on the left", "criteria", "reason"]).with_words(&[1, 2, 3, 4]);
    for said in &dispute.said {
        table.row(&row(dispute, said, criteria));
    }
    format!(
        "<article><h3>{}</h3>\n<p class=\"quiet\">pair {}, sequence {}; {} against {}; {} steps apart</p>\n{}\
         <details><summary>The stories</summary>\n<p>{}</p><blockquote>{}</blockquote>\n<p>{}</p><blockquote>{}</blockquote>\n\
         </details></article>\n",
        safe(&dispute.title),
        safe(&dispute.pair),
        safe(&dispute.sequence),
        safe(&first),
        safe(&second),
        two(dispute.apart),
        table.finish(),
        safe(&first),
        lines(&dispute.first.text),
        safe(&second),
        lines(&dispute.second.text),
    )
}

fn row(dispute: &Dispute, said: &Said, criteria: &[&str]) -> [String; 5] {
    let (first, second) = dispute.names();
    let by = |(place, better): (usize, &crate::story::Better)| {
        format!("{}: {}", criteria.get(place).copied().unwrap_or("?"), dispute.better(*better))
    };
    let flag = if said.flagged { " (flagged)" } else { "" };
    [
        said.rater.clone(),
        format!("{}{flag}", dispute.words(said.verdict)),
        if said.first_was_left { first } else { second },
        said.criteria.iter().enumerate().map(by).collect::<Vec<_>>().join("; "),
        said.reason.clone(),
    ]
}

/// Text of several lines, made safe.
pub(super) fn lines(text: &str) -> String {
    text.lines().map(safe).collect::<Vec<_>>().join("\n")
}
