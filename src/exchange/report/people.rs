//! What a report says of raters: how far they agree, and how each votes.

use super::heat::{MOST_RATERS, agreement_matrix};
use super::systems::figure;
use super::table::{Table, known, two};
use crate::story::{Estimate, Results};

pub(super) fn agreement(results: &Results) -> String {
    let mut out = String::from(
        "<h2 id=\"agreement\">Whether raters agree</h2>\n\
         <p>Alpha and kappa are 1 where raters always agree, 0 where they agree as often as by chance, and less where they \
         contradict each other; under about 0.2 two people hardly see the same thing in a pair.</p>\n",
    );
    let heads = [
        "question",
        "pairs voted on twice or more",
        "two votes say the same",
        "alpha, steps",
        "95 % from",
        "to",
        "alpha, who is better",
        "95 % from",
        "to",
        "Fleiss' kappa",
    ];
    let mut table = Table::new(&heads);
    for asked in &results.agreement {
        let alpha = |alpha: Option<Estimate>| {
            let part = |pick: fn(Estimate) -> f64| known(alpha.map(pick));
            [part(|alpha| alpha.value), part(|alpha| alpha.low), part(|alpha| alpha.high)]
        };
        let begin = [asked.question.clone(), asked.pairs.to_string(), known(asked.same)];
        let cells = [&begin[..], &alpha(asked.alpha_ordinal), &alpha(asked.alpha_nominal), &[known(asked.fleiss)]];
        table.row(&cells.concat());
    }
    out += &table.finish();
    out += "<p class=\"quiet\">Alpha is Krippendorff's: of the steps, nearer ones disagree less; of who is better, all do alike. \
            Its interval draws the pairs anew a thousand times; that other raters might differ is not in it. Fleiss' kappa is there only \
            where every pair has as many votes. A dash is a number that is not defined: too few pairs were voted on \
            twice, or all said the same.</p>\n";
    if results.kappas.is_empty() {
        return out + "<p>No two raters voted on the same pair, so how far they agree is not known.</p>\n";
    }
    out += "<h3>Rater by rater</h3>\n\
            <p>Cohen's kappa of every two raters over the pairs that both voted on, and how many those are: a row of low numbers is \
            a rater who judges by something else, or at random.</p>\n";
    let voted = results.raters.iter().filter(|rater| rater.votes > 0).count();
    if voted > MOST_RATERS {
        out +=
            &format!("<p class=\"quiet\">The {MOST_RATERS} raters with most votes are drawn; the table has all.</p>\n");
    }
    out += &figure(&agreement_matrix(&results.raters, &results.kappas));
    let mut table = Table::new(&["rater", "with", "pairs of both", "kappa"]).with_words(&[1]);
    for both in &results.kappas {
        table.row(&[both.one.clone(), both.other.clone(), both.shared.to_string(), known(both.kappa)]);
    }
    out + &format!("<details><summary>Every two raters</summary>\n{}</details>\n", table.finish())
}

pub(super) fn raters(results: &Results) -> String {
    let mut out = String::from(
        "<h2 id=\"raters\">How each rater votes</h2>\n\
         <p>Left is the share of votes for the story on the left, near 0.50 where sides do not count, and p how likely such \
         a share is by chance; with themselves is how often a pair seen again gets the same answer; known answers are \
         pairs of which one story belongs to other pictures.</p>\n",
    );
    let heads = [
        "rater",
        "votes",
        "left",
        "p (Holm)",
        "with themselves",
        "known answers",
        "kappa with others",
        "seconds a vote",
        "remarks",
    ];
    let mut table = Table::new(&heads).with_words(&[8]);
    for rater in &results.raters {
        table.row(&[
            rater.rater.clone(),
            rater.votes.to_string(),
            known(rater.left),
            two(rater.left_p),
            known(rater.consistent),
            known(rater.gold),
            known(rater.kappa),
            format!("{:.1}", rater.seconds),
            rater.remarks().join(", "),
        ]);
    }
    out += &table.finish();
    out + "<p class=\"quiet\">Kappa with others is the mean of Cohen's kappas, weighted by the pairs two raters share. \
           Seconds are those at the keys, in the middle of all votes.</p>\n"
}
