//! Tales told with mistakes, held against the judge.

use crate::world::{Share, Split, Tale, judge};

#[test]
fn without_mistakes_it_is_true_in_other_words_and_with_them_the_judge_finds_it_wanting() {
    let (mut clean, mut worse, mut told_alike) = (0, 0, 0);
    for seed in 0..200 {
        let facts = Tale::new(seed, Split::Train).facts;
        let of = |lines: &[String]| {
            let found = judge(&lines.join("\n"), &facts);
            let shares = [found.place, found.emotion, found.character_precision, found.names, found.thing_recall];
            shares.into_iter().map(Share::value).filter(|v| !v.is_nan()).sum::<f64>() - found.hallucination.value()
                + found.consistent.value()
        };
        let (own, wrong) = (Tale::retold(seed, Split::Train, 1, 0), Tale::retold(seed, Split::Train, 2, 2));
        assert!(own.right.iter().all(|right| *right) && own.lines.len() == facts.frames.len());
        assert!(wrong.right.iter().filter(|right| !**right).count() >= 1);
        assert_eq!(wrong.right.len(), wrong.lines.len());
        told_alike += usize::from(own.lines == facts.story);
        clean += usize::from((of(&own.lines) - of(&facts.story)).abs() < 0.15);
        worse += usize::from(of(&wrong.lines) < of(&own.lines) - 0.05);
    }
    assert!(told_alike < 5, "{told_alike} of 200 in the same words");
    assert!(clean >= 195, "{clean} of 200 are as true as the tale's own words");
    assert!(worse >= 185, "{worse} of 200 are worse for their mistakes");
}
