//! How true a story is to the facts of the picture world, as one number: of the whole, and of each of its lines.

use crate::world::{Facts, Judgement, Share, judge};

/// How true a story is, from 0 to 1: the mean of place, feelings, characters named rightly and characters left out, names kept,
/// and what is not there left unsaid; what nothing can be said about counts as a half.
pub fn truth(judgement: &Judgement) -> f64 {
    mean(&[
        judgement.place.value(),
        judgement.emotion.value(),
        judgement.character_precision.value(),
        judgement.character_recall.value(),
        judgement.consistent.value(),
        1.0 - judgement.hallucination.value(),
    ])
}

/// How true each line is to its own frame, as [`truth`] is but for the names, of which those that are said must be right; one
/// number a frame, 0 for a line that is missing.
pub fn line_truths(story: &str, facts: &Facts) -> Vec<f64> {
    let mut lines = story.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut alone = facts.clone();
    let of = |frame: &crate::world::FrameFacts| {
        let Some(line) = lines.next() else { return 0.0 };
        alone.frames = vec![frame.clone()];
        let found = judge(line, &alone);
        let all_right = |share: Share| if share.of == 0 { 1.0 } else { share.value() };
        mean(&[
            found.place.value(),
            found.emotion.value(),
            all_right(found.character_precision),
            found.character_recall.value(),
            all_right(found.names),
            1.0 - found.hallucination.value(),
        ])
    };
    facts.frames.iter().map(of).collect()
}

fn mean(values: &[f64]) -> f64 {
    let known = |value: &f64| if value.is_nan() { 0.5 } else { *value };
    values.iter().map(known).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Split, Tale};

    #[test]
    fn a_true_story_is_true_in_every_line_and_a_wrong_line_costs_only_itself() {
        for seed in 0..20 {
            let facts = Tale::new(seed, Split::Train).facts;
            let mut lines = facts.story.clone();
            assert!(truth(&judge(&lines.join("\n"), &facts)) > 0.99, "{seed}");
            let own = line_truths(&lines.join("\n"), &facts);
            assert!(own.iter().all(|line| *line > 0.99), "{seed}: {own:?}");
            lines[1] = "Nobody was anywhere.".to_owned();
            let broken = line_truths(&lines.join("\n"), &facts);
            assert!(broken[1] < 0.6 && broken[0] == own[0] && broken[2] == own[2], "{seed}: {broken:?}");
        }
        let facts = Tale::new(3, Split::Train).facts;
        assert_eq!(line_truths("", &facts), vec![0.0; facts.frames.len()]);
    }
}
