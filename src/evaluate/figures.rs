//! What the papers of a model come to: one figure a key, with its 95 % interval.

use super::intervals::{bootstrap, jackknife};
use super::texts::{distinct2, self_bleu};
use super::worldly::Paper;
use crate::world::Share;

/// A figure; none where nothing was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub value: Option<f64>,
    pub interval: Option<[f64; 2]>,
}

/// How a figure comes from papers.
#[derive(Clone, Copy)]
enum Of {
    /// A share of a count, summed over papers.
    Share(fn(&Paper) -> Share),
    /// A mean over papers.
    Mean(fn(&Paper) -> Option<f64>),
    /// Distinct pairs of words of the samples, relative to the world's own.
    Distinct,
}

/// A figure's key in JSON, what it is in plain words, and where it comes from.
pub struct Row {
    pub key: &'static str,
    pub words: &'static str,
    of: Of,
}

/// Every figure, in the order of the table. All but `words` are shares from 0 to 1.
pub const FIGURES: [Row; 17] = [
    row("place", "the place is named, and no other", Of::Share(|p| p.judgement.place)),
    row("character_precision", "those named are in the picture", Of::Share(|p| p.judgement.character_precision)),
    row("character_recall", "those in the picture are named", Of::Share(|p| p.judgement.character_recall)),
    row("emotion", "the feeling is right, and the only one", Of::Share(|p| p.judgement.emotion)),
    row("emotion_single", "  ... with one character in the picture", Of::Share(|p| p.judgement.emotion_single)),
    row("emotion_twist", "  ... where the plot does not tell it", Of::Share(|p| p.judgement.emotion_twist)),
    row("object_recall", "the thing in the picture is named", Of::Share(|p| p.judgement.thing_recall)),
    row("hallucination", "things named that are not there", Of::Share(|p| p.judgement.hallucinated_things)),
    row("hallucinated_mentions", "  ... with characters and places", Of::Share(|p| p.judgement.hallucination)),
    row("alignment", "one line for each picture", Of::Share(|p| p.judgement.aligned)),
    row("names", "everybody has one name throughout", Of::Share(|p| p.judgement.consistent)),
    row("emotion_task", "question: how does X feel in picture k?", Of::Share(|p| p.feelings)),
    row("consistency_task", "question: the same character?", Of::Share(|p| p.sameness)),
    row("repetition", "runs of four words said before", Of::Share(|p| p.judgement.repeated_runs)),
    row("distinct2", "distinct word pairs, to the world's own", Of::Distinct),
    row("self_bleu", "likeness of four stories of one tale", Of::Mean(|p| self_bleu(&p.samples))),
    row("words", "words a story", Of::Mean(|p| Some(p.judgement.words as f64))),
];

const fn row(key: &'static str, words: &'static str, of: Of) -> Row {
    Row { key, words, of }
}

/// All figures of the papers, as listed in [`FIGURES`].
pub fn figures(papers: &[&Paper]) -> Vec<Figure> {
    let compute = |row: &Row| match row.of {
        Of::Share(share) => {
            let shares: Vec<Share> = papers.iter().map(|paper| share(paper)).collect();
            Figure { value: pooled(&shares), interval: bootstrap(&shares, pooled) }
        }
        Of::Mean(one) => {
            let values: Vec<f64> = papers.iter().filter_map(|paper| one(paper)).collect();
            Figure { value: mean(&values), interval: bootstrap(&values, mean) }
        }
        Of::Distinct => {
            let pairs: Vec<(&str, &str)> =
                papers.iter().filter_map(|p| Some((p.samples.first()?.as_str(), p.own.as_str()))).collect();
            Figure { value: varied(&pairs), interval: jackknife(&pairs, varied) }
        }
    };
    FIGURES.iter().map(compute).collect()
}

fn pooled(shares: &[Share]) -> Option<f64> {
    let mut sum = Share::default();
    shares.iter().for_each(|share| sum.add(*share));
    (sum.of > 0).then(|| sum.value())
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn varied(pairs: &[(&str, &str)]) -> Option<f64> {
    let (said, own): (Vec<&str>, Vec<&str>) = pairs.iter().copied().unzip();
    distinct2(&said, &own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Split, Tale, judge};

    /// A model that tells what the world tells, and answers every other question right.
    fn papers() -> Vec<Paper> {
        (0..40)
            .map(|seed| {
                let facts = Tale::new(seed, Split::HeldOut).facts;
                let own = facts.story.join("\n");
                Paper {
                    seed,
                    title: facts.title.clone(),
                    text: own.clone(),
                    judgement: judge(&own, &facts),
                    elsewhere: judge(&own, &Tale::new(seed + 1000, Split::HeldOut).facts),
                    feelings: Share { right: (seed % 2) as usize, of: 1 },
                    sameness: Share { right: 1, of: 1 },
                    samples: vec![own.clone(), own.clone()],
                    own,
                }
            })
            .collect()
    }

    #[test]
    fn the_truth_has_the_best_figures() {
        let papers = papers();
        let figures = figures(&papers.iter().collect::<Vec<_>>());
        let of = |key: &str| figures[FIGURES.iter().position(|row| row.key == key).unwrap()];
        for key in ["place", "character_precision", "emotion", "object_recall", "alignment", "names", "distinct2"] {
            assert_eq!(of(key).value, Some(1.0), "{key}");
        }
        assert_eq!((of("hallucination").value, of("consistency_task").value), (Some(0.0), Some(1.0)));
        let [low, high] = of("emotion_task").interval.unwrap();
        assert!(of("emotion_task").value == Some(0.5) && low > 0.3 && low < 0.5 && high > 0.5 && high < 0.7);
        assert!(of("words").value.unwrap() > 50.0 && (of("self_bleu").value.unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_true_story_is_false_of_other_frames() {
        let papers = papers();
        let other: Vec<Paper> = papers.iter().map(|paper| paper.of_other_frames(paper)).collect();
        let value = |papers: &[Paper], key: &str| {
            let figures = figures(&papers.iter().collect::<Vec<_>>());
            FIGURES.iter().zip(figures).find(|(row, _)| row.key == key).unwrap().1.value.unwrap()
        };
        for key in ["place", "character_precision", "character_recall", "emotion"] {
            assert!(value(&papers, key) - value(&other, key) > 0.7, "{key}: {}", value(&other, key));
        }
        assert_eq!(value(&papers, "words"), value(&other, "words"));
    }

    #[test]
    fn no_papers_have_no_figures() {
        assert!(figures(&[]).iter().all(|figure| figure.value.is_none()));
    }
}
