//! Tellings with slips, held against the judge.

use std::collections::BTreeSet;

use crate::world::{Facts, Split, Tale, judge};

/// How true the judge finds a telling, in all that can be exchanged.
fn truth(lines: &[String], facts: &Facts) -> f64 {
    let found = judge(&lines.join("\n"), facts);
    found.emotion.value() + found.place.value() + found.names.value() - found.hallucination.value()
}

fn words(line: &str) -> BTreeSet<&str> {
    line.split(' ').collect()
}

#[test]
fn nothing_but_the_mistakes_tells_the_two_apart_and_the_judge_finds_them() {
    let (mut made, mut worse) = (0, 0);
    for seed in 0..200 {
        let facts = Tale::new(seed, Split::Train).facts;
        let own = Tale::retold(seed, Split::Train, 1, 0);
        let slipped = Tale::slipped(seed, Split::Train, &own, 2, 2);
        assert_eq!(slipped, Tale::slipped(seed, Split::Train, &own, 2, 2), "the seed fixes them");
        for ((line, other), right) in own.lines.iter().zip(&slipped.lines).zip(&slipped.right) {
            assert_eq!(line == other, *right, "{seed}: {other}");
            let apart = words(line).symmetric_difference(&words(other)).count();
            assert!(apart <= 14, "{seed}: {line} / {other}");
        }
        made += slipped.right.iter().filter(|right| !**right).count();
        worse += usize::from(truth(&slipped.lines, &facts) < truth(&own.lines, &facts) - 0.01);
    }
    assert!(made >= 395, "{made} of 400 mistakes");
    assert!(worse >= 190, "{worse} of 200 are worse for their mistakes");
}

#[test]
fn where_two_feel_differently_each_feeling_is_mostly_told_of_the_other() {
    let (mut could, mut crossed) = (0, 0);
    for seed in 0..200 {
        let facts = Tale::new(seed, Split::Train).facts;
        let own = Tale::retold(seed, Split::Train, 1, 0);
        let slipped = Tale::slipped(seed, Split::Train, &own, 2, 1);
        let Some(at) = slipped.right.iter().position(|right| !right) else { continue };
        let mut exchanged = facts.clone();
        exchanged.frames = vec![facts.frames[at].clone()];
        let both = judge(&own.lines[at], &exchanged).emotion.of == 2;
        let reasoned = own.lines[at].contains("because") || own.lines[at].contains(", for ");
        let [one, two] = &mut exchanged.frames[0].seen[..] else { continue };
        if one.emotion == two.emotion || !both || reasoned {
            continue;
        }
        std::mem::swap(&mut one.emotion, &mut two.emotion);
        let found = judge(&slipped.lines[at], &exchanged).emotion;
        could += 1;
        crossed += usize::from(found.of == 2 && found.right == 2);
    }
    assert!(could >= 60 && crossed * 10 >= could * 7, "{crossed} of {could} in 200 tales");
}

#[test]
fn in_front_of_what_a_slip_told_it_is_right_and_the_truth_is_wrong() {
    let (mut slips, mut shown, mut others) = (0, 0, 0);
    for seed in 0..200 {
        let own = Tale::retold(seed, Split::Train, 1, 0);
        let slipped = Tale::slipped(seed, Split::Train, &own, 2, 3);
        for at in 0..slipped.lines.len() {
            let mut tale = Tale::new(seed, Split::Train);
            assert!(!tale.show_as_told(at, &own.lines[at]), "{seed}: nothing to show in {}", own.lines[at]);
            if slipped.right[at] {
                continue;
            }
            slips += 1;
            if !tale.show_as_told(at, &slipped.lines[at]) {
                assert_eq!(tale.facts, Tale::new(seed, Split::Train).facts);
                others += 1;
                continue;
            }
            shown += 1;
            tale.facts.frames = vec![tale.facts.frames[at].clone()];
            let [told, before] = [&slipped, &own].map(|telling| judge(&telling.lines[at], &tale.facts).emotion);
            assert_eq!(told.right, told.of, "{seed}: {}", slipped.lines[at]);
            assert!(before.right < before.of, "{seed}: {}", own.lines[at]);
        }
    }
    assert!(shown * 2 > slips && others * 5 > slips, "{shown} of {slips}, {others} of another kind");
}
