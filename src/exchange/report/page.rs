//! The page: its head, what to beware of, the sections, and where the numbers come from.

use super::chart::safe;
use super::disputes::{disputes, lines};
use super::moments::moment;
use super::style::{PAGE, PLOTS};
use super::table::{Table, two};
use super::{people, systems};
use crate::story::Results;

/// The whole page.
pub fn report(results: &Results) -> String {
    let title = format!("{}: results", results.campaign);
    let mut body = head(results);
    if results.votes > 0 {
        body += &[
            systems::boards(results),
            systems::matrix(results),
            systems::said(results),
            people::agreement(results),
            people::raters(results),
            systems::time(results),
            disputes(results),
        ]
        .concat();
    }
    body += &provenance(results);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{PAGE}{PLOTS}</style>\n</head>\n\
         <body>\n{body}</body>\n</html>\n",
        safe(&title)
    )
}

const SECTIONS: [(&str, &str); 8] = [
    ("boards", "systems"),
    ("matrix", "against each other"),
    ("verdicts", "verdicts"),
    ("agreement", "agreement"),
    ("raters", "raters"),
    ("time", "time"),
    ("disputed", "disputes"),
    ("provenance", "where from"),
];

fn head(results: &Results) -> String {
    let from = &results.provenance;
    let voted = results.raters.iter().filter(|rater| rater.votes > 0).count();
    let mut out = format!(
        "<header>\n<h1>{}</h1>\n<p class=\"quiet\">What the votes of raters say, counted {}</p>\n<p>{} votes by {voted} {}, \
         on {} pairs of which {} votes are wanted; {} {} left out.</p>\n",
        safe(&results.campaign),
        moment(from.counted_at),
        results.votes,
        if voted == 1 { "rater" } else { "raters" },
        from.pairs,
        from.wanted,
        results.simulated_left_out,
        if results.simulated_left_out == 1 { "vote of programs is" } else { "votes of programs are" },
    );
    let warnings = results.warnings();
    if !warnings.is_empty() {
        let items: String = warnings.iter().map(|warning| format!("<li>{}</li>\n", safe(warning))).collect();
        out += &format!("<ul class=\"warnings\">\n{items}</ul>\n");
    }
    if results.votes == 0 {
        out += "<p>There are no votes yet.</p>\n";
        return out + "</header>\n";
    }
    let links: String = SECTIONS.iter().map(|(id, words)| format!("<a href=\"#{id}\">{words}</a> ")).collect();
    out + &format!("<nav>{links}</nav>\n</header>\n")
}

fn provenance(results: &Results) -> String {
    let from = &results.provenance;
    let plan = &from.plan;
    let mut table = Table::new(&["", ""]).with_words(&[1]);
    let mut put = |what: &str, words: String| table.row(&[what.to_owned(), words]);
    put("campaign", format!("{} ({})", results.campaign, from.campaign));
    put("pairs, votes wanted", format!("{}, {}", from.pairs, from.wanted));
    put("votes a pair", plan.overlap.to_string());
    put("share of known answers", two(plan.gold));
    put("share of pairs asked again", two(plan.repeats));
    put("share of turns by doubt", two(plan.uncertain));
    put("votes of one rater at most", if plan.quota == 0 { "any".to_owned() } else { plan.quota.to_string() });
    put("ends", if plan.deadline.is_empty() { "never".to_owned() } else { plan.deadline.clone() });
    put("pictures to be seen right, of three", plan.sight.to_string());
    put("a pair is held for", format!("{} s", plan.lease_seconds));
    put("terminals", if plan.needs_pictures { "with pictures only" } else { "any" }.to_owned());
    for criterion in &plan.criteria {
        put("criterion", format!("{}: {}", criterion.name, criterion.question));
    }
    let simulated = match (results.simulated, results.simulated_counted, results.simulated_left_out) {
        (true, counted, _) => format!("counted: {counted}"),
        (false, _, left_out) => format!("left out: {left_out}"),
    };
    put("votes of programs", simulated);
    put("log of votes", format!("{} events", from.events));
    let heads = from.heads.join(", ");
    put("hash of the last event of each chain", if heads.is_empty() { "none yet".to_owned() } else { heads });
    put(
        "the log as it was written",
        from.broken.clone().map_or("yes, every event".to_owned(), |broken| format!("no: {broken}")),
    );
    put("counted by", format!("storyloom {}", from.version));
    put("counted at", moment(from.counted_at));
    if let Some(command) = &from.command {
        put("command", command.clone());
    }
    format!(
        "<h2 id=\"provenance\">Where this comes from</h2>\n\
         <p>The last hash, written down elsewhere, shows later that no vote before it was changed.</p>\n{}\
         <details><summary>The guideline that raters agreed to, version {}</summary>\n<blockquote>{}</blockquote></details>\n",
        table.finish(),
        plan.guideline_version,
        lines(&plan.guideline)
    )
}
