//! What a report says of systems: the boards, system against system, the verdicts, and votes over time.

use super::bars::{verdict_counts, verdicts, votes_over_time};
use super::chart::safe;
use super::heat::{MOST_SYSTEMS, win_matrix};
use super::leaderboard::{ends, leaderboard};
use super::moments::{length, moment};
use super::table::{Table, signed, two};
use crate::story::{Fitted, Leaning, Results};

pub(super) fn boards(results: &Results) -> String {
    let mut out = String::from(
        "<h2 id=\"boards\">Which system is preferred</h2>\n\
         <p>A strength is how much more often a system's story is preferred than the average one's: a difference of 1.1 is three \
         votes of four, 0 is none; the line is the range in which it lies with 95 % confidence, given how much raters and \
         sequences differ.</p>\n",
    );
    for board in &results.boards {
        out += &format!("<h3>{}</h3>\n", safe(&board.question));
        if board.standings.is_empty() {
            out += "<p class=\"quiet\">No votes answer this.</p>\n";
            continue;
        }
        match board.held_back() {
            Some(why) => out += &format!("<p class=\"quiet\">{}.</p>\n", safe(&why)),
            None => out += &figure(&leaderboard(board, &results.boards)),
        }
        let heads = ["system", "strength", "standard error", "95 % from", "to", "Elo", "won", "from", "to", "votes"];
        let mut table = Table::new(&heads);
        for standing in &board.standings {
            let of = |number: &dyn Fn(Fitted) -> String| standing.fitted.map_or("-".to_owned(), number);
            table.row(&[
                standing.system.clone(),
                of(&|fitted| signed(fitted.strength)),
                of(&|fitted| two(fitted.error)),
                of(&|fitted| signed(ends(fitted).0)),
                of(&|fitted| signed(ends(fitted).1)),
                of(&|fitted| format!("{:.0}", fitted.elo)),
                two(standing.won),
                two(standing.won_low),
                two(standing.won_high),
                standing.votes.to_string(),
            ]);
        }
        out += &table.finish();
    }
    out += "<p class=\"quiet\">Won is the share of votes, ties as halves, with its Wilson interval. Strengths are \
            Bradley-Terry's with ties after Davidson and with the side of the screen and the length of the stories taken out; Elo is the \
            same on the scale of chess. Standard errors are clustered by raters and by sequences.</p>\n";
    out += "<h3>How firm the first place is</h3>\n<ul>\n";
    results.firmness().iter().for_each(|said| out += &format!("<li>{}</li>\n", safe(said)));
    let leaning = |what: &str, leaning: Option<Leaning>| match leaning {
        Some(Leaning { logits, error }) => {
            format!("<li>{what}: {} logits, standard error {}</li>\n", signed(logits), two(error))
        }
        None => format!("<li>{what}: unknown</li>\n"),
    };
    out += &leaning("preference for whichever story stands on the left (0 is none)", results.side);
    out += &leaning("preference for the longer story (0 is none)", results.length);
    out + "</ul>\n"
}

pub(super) fn matrix(results: &Results) -> String {
    let matrix = &results.matrix;
    let mut out = String::from("<h2 id=\"matrix\">System against system</h2>\n");
    if matrix.systems.len() < 2 {
        return out + "<p class=\"quiet\">No two systems were compared.</p>\n";
    }
    out += "<p>Each box is the share of votes that the system of the row won against the system of the column, ties as halves: \
            over 0.50 (blue) the row is preferred, under it (orange) the column.</p>\n";
    if matrix.systems.len() > MOST_SYSTEMS {
        out += &format!("<p class=\"quiet\">The {MOST_SYSTEMS} strongest are drawn; the table has all.</p>\n");
    }
    out += &figure(&win_matrix(matrix));
    let mut table =
        Table::new(&["system", "against", "preferred", "tied", "other preferred", "votes", "share"]).with_words(&[1]);
    for (one, name) in matrix.systems.iter().enumerate() {
        for (other, against) in matrix.systems.iter().enumerate().filter(|(other, _)| *other != one) {
            let Some(share) = matrix.share(one, other) else { continue };
            table.row(&[
                name.clone(),
                against.clone(),
                matrix.won[one][other].to_string(),
                matrix.tied[one][other].to_string(),
                matrix.won[other][one].to_string(),
                matrix.votes(one, other).to_string(),
                two(share),
            ]);
        }
    }
    out + &table.finish()
}

pub(super) fn said(results: &Results) -> String {
    let mut out = String::from(
        "<h2 id=\"verdicts\">What was said</h2>\n\
         <p>Votes by step of the scale, as the stories stood on the screen: as sides are drawn by chance, more on one side than \
         on the other means that raters lean to it.</p>\n",
    );
    out += &figure(&verdicts(results));
    let mut table = Table::new(&["verdict", "votes", "share"]);
    let all = verdict_counts(results).iter().map(|(_, count)| count).sum::<u64>().max(1) as f64;
    for (verdict, count) in verdict_counts(results) {
        table.row(&[verdict.to_owned(), count.to_string(), two(count as f64 / all)]);
    }
    out += &table.finish();
    let skipped: Vec<String> =
        results.skipped.iter().map(|(reason, count)| format!("{count} as \"{}\"", reason.words())).collect();
    let skipped = if skipped.is_empty() { "none".to_owned() } else { skipped.join(", ") };
    out + &format!(
        "<p>Ties: {}. Flagged, for somebody to look at: {}. Pairs passed over: {}.</p>\n",
        results.ties,
        results.flagged,
        safe(&skipped)
    )
}

pub(super) fn time(results: &Results) -> String {
    let timeline = &results.timeline;
    let mut out = String::from(
        "<h2 id=\"time\">When it was said</h2>\n<p>Votes over time, by when they were given: a rush or a gap is worth a question.</p>\n",
    );
    out += &figure(&votes_over_time(timeline));
    let mut table = Table::new(&["from", "votes"]);
    for (place, count) in timeline.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let from = timeline.from.saturating_add_unsigned(timeline.step_seconds.saturating_mul(place as u64));
        table.row(&[moment(from), count.to_string()]);
    }
    let summary = format!("Votes in steps of {}", length(timeline.step_seconds));
    out + &format!("<details><summary>{summary}</summary>\n{}</details>\n", table.finish())
}

pub(super) fn figure(svg: &str) -> String {
    format!("<figure>\n{svg}</figure>\n")
}
