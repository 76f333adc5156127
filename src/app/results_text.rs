//! The words of `storyloom results`: tables of at most 80 columns, with plots beside them; the disputed pairs; rater by rater.

use std::fmt::Write as _;

use super::results_plots::{NAME, Signs, bars, dots};
use super::text::{clean_line, wrap};
use crate::story::{Dispute, Estimate, Fitted, Leaning, RatersKappa, Results, Said};

/// Everything fits in so many columns.
const WIDE: usize = 80;

/// The whole account.
pub fn account(results: &Results, signs: Signs) -> String {
    let Results { votes, ties, both_bad, cannot_judge, flagged, .. } = results;
    let name = clean_line(&results.campaign);
    let mut out = String::new();
    if *votes == 0 {
        let left_out = match results.simulated_left_out {
            0 => String::new(),
            n => format!(" ({n} of programs are left out; --simulated counts them)"),
        };
        let _ = writeln!(out, "{name} has no votes yet{left_out}");
        warn(results, &mut out);
        return out;
    }
    let _ = writeln!(out, "{name}: {votes} votes, {ties} of them ties");
    let skipped: u64 = results.skipped.values().sum();
    let _ =
        writeln!(out, "{both_bad} both bad, {cannot_judge} could not judge, {flagged} flagged, {skipped} passed over");
    boards(results, signs, &mut out);
    matrix(results, signs, &mut out);
    out += "\nverdicts\n";
    bars(results, signs).iter().for_each(|row| line(&mut out, row));
    agreement(results, signs, &mut out);
    let leaning = |leaning: Option<Leaning>| match leaning {
        Some(Leaning { logits, error }) => format!("{logits:+.2} +- {error:.2} logits"),
        None => "unknown".to_owned(),
    };
    let _ = writeln!(out, "\nthe left side: {}", leaning(results.side));
    let _ = writeln!(out, "the longer story: {}", leaning(results.length));
    results.firmness().iter().for_each(|said| say(&mut out, said));
    warn(results, &mut out);
    if !results.disputed.is_empty() {
        let _ = writeln!(out, "raters disagree on {} pairs: --disputed lists them", results.disputed.len());
    }
    raters(results, signs, &mut out);
    out
}

fn line(out: &mut String, said: &str) {
    let _ = writeln!(out, "{said}");
}

/// Sentences, in lines that fit beside everything else.
fn say(out: &mut String, said: &str) {
    wrap(said, WIDE).iter().for_each(|row| line(out, row));
}

fn warn(results: &Results, out: &mut String) {
    results.warnings().iter().for_each(|warning| say(out, &format!("! {}", clean_line(warning))));
}

fn boards(results: &Results, signs: Signs, out: &mut String) {
    for board in &results.boards {
        let _ = writeln!(out, "\n{}", clean_line(&board.question));
        for standing in &board.standings {
            let strength = match standing.fitted {
                Some(Fitted { strength, error, elo }) => format!("{strength:+.2} +- {error:.2}  Elo {elo:4.0}  "),
                None => String::new(),
            };
            let _ = writeln!(
                out,
                "  {} {strength}won {:.2} ({:.2} to {:.2}) of {:4}",
                signs.name(&standing.system, NAME),
                standing.won,
                standing.won_low,
                standing.won_high,
                standing.votes
            );
        }
        if let Some(why) = board.held_back() {
            say(out, &format!("  {why}"));
        }
        dots(&board.standings, signs).iter().for_each(|row| line(out, row));
    }
}

/// So many columns of numbers fit.
const COLUMNS: usize = 10;

fn matrix(results: &Results, signs: Signs, out: &mut String) {
    let matrix = &results.matrix;
    // Two systems are on the board already.
    if !(3..=COLUMNS).contains(&matrix.systems.len()) {
        return;
    }
    out.push_str("\nshare won by the row against the column\n");
    let number = |one: usize, other: usize| matrix.share(one, other).filter(|_| one != other);
    square(&matrix.systems, &number, signs, out);
}

/// Rows have a number and a name, columns the number.
fn square(names: &[String], number: &dyn Fn(usize, usize) -> Option<f64>, signs: Signs, out: &mut String) {
    let heads: String = (1..=names.len()).map(|n| format!("{n:>6}")).collect();
    let _ = writeln!(out, "  {:16}{heads}", "");
    for (one, name) in names.iter().enumerate() {
        let cell = |other| number(one, other).map_or(format!("{:>6}", "-"), |value| format!("{value:6.2}"));
        let cells: String = (0..names.len()).map(cell).collect();
        let _ = writeln!(out, "  {:>2} {}{cells}", one + 1, signs.name(name, 13));
    }
}

fn share(value: Option<f64>, columns: usize) -> String {
    value.map_or(format!("{:>columns$}", "-"), |value| format!("{value:columns$.2}"))
}

fn agreement(results: &Results, signs: Signs, out: &mut String) {
    let alpha = |alpha: Option<Estimate>| {
        let words =
            alpha.map_or("-".to_owned(), |Estimate { value, low, high }| format!("{value:.2} [{low:.2}, {high:.2}]"));
        format!("{words:>21}")
    };
    let _ = writeln!(
        out,
        "\n{:18}{:>6}{:>6}{:>21}{:>21}{:>7}",
        "agreement", "pairs", "same", "alpha of steps", "alpha of better", "Fleiss"
    );
    for asked in &results.agreement {
        let _ = writeln!(
            out,
            "  {}{:6}{}{}{}{}",
            signs.name(&asked.question, NAME),
            asked.pairs,
            share(asked.same, 6),
            alpha(asked.alpha_ordinal),
            alpha(asked.alpha_nominal),
            share(asked.fleiss, 7)
        );
    }
}

fn raters(results: &Results, signs: Signs, out: &mut String) {
    let _ = writeln!(
        out,
        "\n{:18}{:>7}{:>7}{:>7}{:>7}{:>7}{:>7}{:>9}",
        "raters", "votes", "left", "p", "self", "known", "kappa", "seconds"
    );
    for rater in &results.raters {
        let _ = writeln!(
            out,
            "  {}{:7}{}{:7.2}{}{}{}{:9.1}",
            signs.name(&rater.rater, NAME),
            rater.votes,
            share(rater.left, 7),
            rater.left_p,
            share(rater.consistent, 7),
            share(rater.gold, 7),
            share(rater.kappa, 7),
            rater.seconds
        );
        rater.remarks().into_iter().for_each(|remark| line(out, &format!("    ! {remark}")));
    }
}

/// How far every two raters agree, as a square where it fits, else as a list.
pub fn rater_by_rater(results: &Results, signs: Signs) -> String {
    let mut out = String::new();
    if results.kappas.is_empty() {
        return "no two raters voted on the same pair\n".to_owned();
    }
    let mut names: Vec<String> =
        results.kappas.iter().flat_map(|both| [both.one.clone(), both.other.clone()]).collect();
    names.sort();
    names.dedup();
    out += "Cohen's kappa of every two raters\n";
    if names.len() <= COLUMNS {
        let number = |one: usize, other: usize| {
            let of = |both: &&RatersKappa| {
                [&both.one, &both.other] == [&names[one], &names[other]]
                    || [&both.one, &both.other] == [&names[other], &names[one]]
            };
            results.kappas.iter().find(of)?.kappa
        };
        square(&names, &number, signs, &mut out);
        out += "\n";
    }
    for both in &results.kappas {
        let (one, other) = (signs.name(&both.one, NAME), signs.name(&both.other, NAME));
        let _ = writeln!(out, "  {one} {other} {:5} pairs  kappa {}", both.shared, share(both.kappa, 5));
    }
    out
}

/// The pairs that raters disagree on, with what each said.
pub fn disputes(results: &Results) -> String {
    if results.disputed.is_empty() {
        return "raters contradict each other on no pair\n".to_owned();
    }
    let criteria: Vec<&str> =
        results.provenance.plan.criteria.iter().map(|criterion| criterion.name.as_str()).collect();
    results.disputed.iter().map(|dispute| one_dispute(dispute, &criteria)).collect::<Vec<_>>().join("\n")
}

fn one_dispute(dispute: &Dispute, criteria: &[&str]) -> String {
    let (first, second) = dispute.names();
    let mut out = format!(
        "{} ({})\n  pair {}: {} against {}, {:.1} steps apart\n",
        clean_line(&dispute.title),
        clean_line(&dispute.sequence),
        clean_line(&dispute.pair),
        clean_line(&first),
        clean_line(&second),
        dispute.apart
    );
    for Said { rater, verdict, criteria: answers, first_was_left, reason, flagged } in &dispute.said {
        let left = if *first_was_left { &first } else { &second };
        let flag = if *flagged { ", flagged" } else { "" };
        let words = clean_line(&dispute.words(*verdict));
        let _ = writeln!(out, "    {}: {words}{flag} (on the left: {})", clean_line(rater), clean_line(left));
        let by = |(name, better): (&&str, &crate::story::Better)| format!("{name}: {}", dispute.better(*better));
        let answers: Vec<String> = criteria.iter().zip(answers).map(by).collect();
        if !answers.is_empty() {
            let _ = writeln!(out, "      {}", clean_line(&answers.join("; ")));
        }
        if !reason.is_empty() {
            let _ = writeln!(out, "      \"{}\"", clean_line(reason));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::text::width;
    use crate::story::sample_results;

    #[test]
    fn the_account_is_tables_with_plots_in_80_columns() {
        let results = sample_results();
        let drawn = account(&results, Signs::DRAWN);
        insta::assert_snapshot!("results_drawn", drawn);
        let ascii = account(&results, Signs::ASCII);
        insta::assert_snapshot!("results_ascii", ascii);
        assert!(ascii.is_ascii());
        for text in [&drawn, &ascii, &rater_by_rater(&results, Signs::DRAWN)] {
            let widest = text.lines().max_by_key(|line| width(line)).unwrap();
            assert!(width(widest) <= 80, "{} columns: {widest}", width(widest));
        }
    }

    #[test]
    fn disputes_and_raters_have_views_of_their_own() {
        let results = sample_results();
        insta::assert_snapshot!("results_disputed", disputes(&results));
        insta::assert_snapshot!("results_raters", rater_by_rater(&results, Signs::ASCII));
        let none = Results { disputed: vec![], kappas: vec![], ..results };
        assert!(disputes(&none).contains("no pair") && rater_by_rater(&none, Signs::ASCII).contains("no two raters"));
    }

    #[test]
    fn no_name_reaches_the_terminal_as_it_is() {
        let mut results = sample_results();
        let nasty = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}x";
        results.campaign = nasty.into();
        results.boards[0].question = nasty.into();
        results.boards[0].standings[0].system = nasty.into();
        results.raters[0].rater = nasty.into();
        results.kappas[0].one = nasty.into();
        results.matrix.systems[0] = nasty.into();
        results.agreement[0].question = nasty.into();
        results.provenance.broken = Some(nasty.into());
        results.provenance.plan.criteria[0].name = nasty.into();
        for dispute in &mut results.disputed {
            for words in [&mut dispute.title, &mut dispute.pair, &mut dispute.sequence, &mut dispute.first.system] {
                *words = nasty.into();
            }
            dispute.said[0].reason = nasty.into();
            dispute.said[0].rater = nasty.into();
        }
        for text in [account(&results, Signs::DRAWN), disputes(&results), rater_by_rater(&results, Signs::DRAWN)] {
            assert!(text.contains("owned") && !text.contains('\u{1b}') && !text.contains('\u{7}'), "{text}");
        }
    }

    #[test]
    fn without_votes_there_is_a_sentence() {
        let none = Results { votes: 0, simulated_left_out: 24, simulated: false, ..sample_results() };
        let said = account(&none, Signs::DRAWN);
        assert!(
            said.starts_with("first has no votes yet (24 of programs are left out; --simulated counts them)\n"),
            "{said}"
        );
    }
}
