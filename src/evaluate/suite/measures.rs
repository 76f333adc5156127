//! Every measure of a suite with its definition: the counts that each sequence gives, and how they become one figure. Probes are
//! in `probing_rows`. A definition that changes gets another version.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::fold::{Counts, Fold};
use super::work::Told;
use crate::evaluate::metrics::{
    PERSISTENCE, Weighed, Weight, appearances, bleu_counts, caption_words, cider, meteor, repeated_runs, rouge_l,
    rovist_nr, self_bleu_each, twins,
};
use crate::evaluate::subject::Subject;
use crate::evaluate::texts::words;
use crate::evaluate::truth::truth;
use crate::story::Direction;
use crate::world::{Judgement, Share, judge};

/// A measure with the counts of one model, by sequence.
pub struct Column {
    pub key: String,
    pub group: &'static str,
    pub words: String,
    pub version: u32,
    pub direction: Direction,
    pub fold: Fold,
    pub rows: Vec<Option<Counts>>,
}

/// All that is read off one model's stories.
pub struct Sheet<'a> {
    pub subjects: &'a [Subject],
    pub told: &'a [Option<Told>],
    pub columns: Vec<Column>,
}

impl Sheet<'_> {
    /// Adds a measure whose counts come from one sequence at a time.
    pub fn each(
        &mut self,
        group: &'static str,
        (key, words): (&str, &str),
        (direction, fold): (Direction, Fold),
        counts: impl Fn(&Told, &Subject) -> Option<Counts>,
    ) {
        let row = |(told, subject): (&Option<Told>, &Subject)| counts(told.as_ref()?, subject);
        let rows = self.told.iter().zip(self.subjects).map(row).collect();
        self.put(group, (key, words), (direction, fold), rows);
    }

    /// A share or a mean whose counts come from one sequence at a time.
    fn ratio(
        &mut self,
        group: &'static str,
        about: (&str, &str),
        direction: Direction,
        counts: impl Fn(&Told, &Subject) -> Option<[f64; 2]>,
    ) {
        self.each(group, about, (direction, Fold::Ratio), |told, subject| counts(told, subject).map(Vec::from));
    }

    fn put(
        &mut self,
        group: &'static str,
        (key, words): (&str, &str),
        (direction, fold): (Direction, Fold),
        rows: Vec<Option<Counts>>,
    ) {
        let (key, words) = (key.to_owned(), words.to_owned());
        self.columns.push(Column { key, group, words, version: 1, direction, fold, rows });
    }

    /// Adds numbers of the stories that were told, in their order; of the others there are none.
    fn of_stories(&mut self, group: &'static str, about: (&str, &str), direction: Direction, values: Option<Vec<f64>>) {
        let mut values = values.into_iter().flatten();
        let rows = self.told.iter().map(|told| told.as_ref().and_then(|_| values.next()).map(|value| vec![value, 1.0]));
        let rows = rows.collect();
        self.put(group, about, (direction, Fold::Ratio), rows);
    }
}

/// Length, repetition and variety: in every table, as nothing else can be read without them.
pub fn said(sheet: &mut Sheet<'_>) {
    use Direction::{Higher, Lower, Neither};
    const GROUP: &str = "length and repetition";
    sheet.ratio(GROUP, ("words", "words a story"), Neither, |told, _| Some([words(&told.story).len() as f64, 1.0]));
    sheet.ratio(GROUP, ("lines", "stories with one line a frame"), Higher, |told, subject| {
        let lines = told.story.lines().filter(|line| !line.trim().is_empty()).count();
        Some([f64::from(u8::from(lines == subject.pictures.len())), 1.0])
    });
    sheet.ratio(GROUP, ("cut", "stories that the limit of tokens cut"), Lower, |told, _| {
        Some([f64::from(u8::from(told.cut)), 1.0])
    });
    sheet.ratio(GROUP, ("repetition", "runs of four words said before"), Lower, |told, _| {
        let (repeated, all) = repeated_runs(&told.story, 4);
        Some([repeated as f64, all as f64])
    });
    sheet.ratio(GROUP, ("rovist_nr", "non-redundancy (RoViST-NR)"), Higher, |told, _| {
        Some([rovist_nr(&told.story)?, 1.0])
    });
    for (n, key, about) in [(1, "distinct_1", "distinct words"), (2, "distinct_2", "distinct pairs of words")] {
        sheet.each(GROUP, (key, about), (Higher, Fold::Distinct), |told, _| {
            Some(words(&told.story).windows(n).map(hashed).collect())
        });
    }
    let stories: Vec<&str> = sheet.told.iter().flatten().map(|told| told.story.as_str()).collect();
    sheet.of_stories(GROUP, ("self_bleu", "likeness to the model's other stories"), Lower, self_bleu_each(&stories));
    let twins = twins(&stories).into_iter().map(|twin| f64::from(u8::from(twin))).collect();
    sheet.of_stories(GROUP, ("twins", "stories with a twin of another sequence"), Lower, Some(twins));
}

/// A run of words as a number that a count can hold whole.
fn hashed(run: &[String]) -> f64 {
    let mut hasher = DefaultHasher::new();
    run.hash(&mut hasher);
    (hasher.finish() >> 12) as f64
}

/// Who is in the story, by its words alone.
pub fn people(sheet: &mut Sheet<'_>) {
    use Direction::{Higher, Lower, Neither};
    const GROUP: &str = "people in the story";
    let seen = |told: &Told, subject: &Subject| appearances(&told.story, &subject.sequence.cast);
    sheet.ratio(GROUP, ("named", "different names a story"), Neither, |told, subject| {
        Some([seen(told, subject).named as f64, 1.0])
    });
    for (place, least) in PERSISTENCE.into_iter().enumerate() {
        let about = (format!("in_{least}_frames"), format!("of those named, said in {least} frames or more"));
        sheet.ratio(GROUP, (&about.0, &about.1), Higher, |told, subject| {
            let found = seen(told, subject);
            Some([found.in_frames[place] as f64, found.named as f64])
        });
    }
    sheet.ratio(GROUP, ("name_switches", "names that a kind had not before"), Lower, |told, subject| {
        let found = seen(told, subject);
        Some([found.switches as f64, found.bindings as f64])
    });
    sheet.ratio(GROUP, ("dangling", "pronouns before anybody was mentioned"), Lower, |told, subject| {
        let found = seen(told, subject);
        Some([found.dangling as f64, found.pronouns as f64])
    });
}

/// What the picture world knows to be true.
pub fn facts(sheet: &mut Sheet<'_>) {
    use Direction::Higher;
    const GROUP: &str = "true to the facts";
    sheet.ratio(GROUP, ("truth", "truth of the whole story"), Higher, |told, subject| {
        Some([truth(&judge(&told.story, subject.facts.as_ref()?)), 1.0])
    });
    type Found = fn(&Judgement) -> Share;
    let shares: [(&str, &str, Direction, Found); 7] = [
        ("place", "the place is named, and no other", Higher, |found| found.place),
        ("character_precision", "those named are in the picture", Higher, |found| found.character_precision),
        ("character_recall", "those in the picture are named", Higher, |found| found.character_recall),
        ("emotion", "the feeling is right, and the only one", Higher, |found| found.emotion),
        ("emotion_twist", "  ... where the plot does not tell it", Higher, |found| found.emotion_twist),
        ("object_recall", "the thing in the picture is named", Higher, |found| found.thing_recall),
        ("names", "stories with one name for everybody", Higher, |found| found.consistent),
    ];
    for (key, about, direction, share) in shares {
        sheet.ratio(GROUP, (key, about), direction, |told, subject| {
            let share = share(&judge(&told.story, subject.facts.as_ref()?));
            Some([share.right as f64, share.of as f64])
        });
    }
}

/// What the model's own likelihoods say.
pub fn weighed(sheet: &mut Sheet<'_>) {
    use Direction::{Higher, Lower};
    const GROUP: &str = "weighed by the model itself";
    type Without = fn(&Weighed) -> f64;
    let gains: [(&str, &str, Without); 3] = [
        ("gain_blank", "nats a token that its frames add to white ones", |found| found.blank.nats),
        ("gain_shuffled", "  ... to its frames in another order", |found| found.shuffled.nats),
        ("gain_other", "  ... to the frames of another sequence", |found| found.other.nats),
    ];
    for (key, about, without) in gains {
        sheet.ratio(GROUP, (key, about), Higher, |told, _| {
            let found = told.weighed?;
            Some([found.own.nats - without(&found), found.own.tokens as f64])
        });
    }
    let preferred = |wins: bool| Some([f64::from(u8::from(wins)), 1.0]);
    sheet.ratio(
        GROUP,
        ("own_frames", "stories likelier with their own frames than with another's"),
        Higher,
        |told, _| {
            let found = told.weighed?;
            preferred(found.own.nats > found.other.nats)
        },
    );
    sheet.ratio(GROUP, ("order", "stories likelier in their own order of lines"), Higher, |told, _| {
        let found = told.weighed?;
        preferred(found.own.nats > found.reordered.nats)
    });
    sheet.ratio(GROUP, ("reference_order", "texts of people likelier in their own order"), Higher, |told, _| {
        let found = told.weighed?;
        preferred(found.reference?.nats > found.reference_reordered?.nats)
    });
    sheet.each(GROUP, ("perplexity", "perplexity of the texts of people"), (Lower, Fold::Perplexity), |told, _| {
        let reference = told.weighed?.reference?;
        Some(vec![reference.nats, reference.tokens as f64])
    });
}

/// How near a story is to what people told.
pub fn references(sheet: &mut Sheet<'_>) {
    use Direction::Higher;
    const GROUP: &str = "near to what people told";
    let tokens = |subject: &Subject| -> Option<Vec<Vec<String>>> {
        let all: Vec<_> = subject.references.iter().map(|text| caption_words(text)).collect();
        (!all.is_empty()).then_some(all)
    };
    sheet.each(GROUP, ("bleu_4", "BLEU-4"), (Higher, Fold::Bleu), |told, subject| {
        let counts = bleu_counts(&caption_words(&told.story), &tokens(subject)?);
        Some([counts.right.as_slice(), &counts.all, &[counts.length, counts.reference]].concat())
    });
    sheet.ratio(GROUP, ("meteor", "METEOR, words and stems"), Higher, |told, subject| {
        Some([meteor(&caption_words(&told.story), &tokens(subject)?)?, 1.0])
    });
    sheet.ratio(GROUP, ("rouge_l", "ROUGE-L"), Higher, |told, subject| {
        Some([rouge_l(&caption_words(&told.story), &tokens(subject)?).unwrap_or(0.0), 1.0])
    });
    let both =
        |(told, subject): (&Option<Told>, &Subject)| Some((caption_words(&told.as_ref()?.story), tokens(subject)?));
    let pairs: Vec<Option<_>> = sheet.told.iter().zip(sheet.subjects).map(both).collect();
    let (texts, groups): (Vec<_>, Vec<_>) = pairs.iter().flatten().cloned().unzip();
    let mut scores = cider(&texts, &groups).into_iter();
    let rows =
        pairs.iter().map(|pair| pair.as_ref().and_then(|_| scores.next()).map(|score| vec![score, 1.0])).collect();
    sheet.put(GROUP, ("cider", "CIDEr (0 to 10)"), (Higher, Fold::Ratio), rows);
}

/// How far a story is from people's in redundancy, grounding and order: the parts of d_HM, with own stand-ins for the two that
/// need models of others.
pub fn distances(sheet: &mut Sheet<'_>) {
    use Direction::Lower;
    const GROUP: &str = "distance to people's stories";
    let redundancy = |told: &Told, subject: &Subject| {
        Some((rovist_nr(&told.story)? - rovist_nr(subject.references.first()?)?).abs())
    };
    let grounding = |told: &Told| {
        let found = told.weighed?;
        let gain = |own: Weight, blank: Weight| ((own.nats - blank.nats) / own.tokens.max(1) as f64).tanh();
        Some((gain(found.own, found.blank) - gain(found.reference?, found.reference_blank?)).abs())
    };
    let order = |told: &Told| {
        let found = told.weighed?;
        // How likely the order is the own one, of the two; a token weighs the same in long and short stories.
        let sure = |own: f64, other: f64| 1.0 / (1.0 + (other - own).exp());
        let own = sure(found.own.mean(), found.reordered.mean());
        Some((own - sure(found.reference?.mean(), found.reference_reordered?.mean())).abs())
    };
    sheet
        .ratio(GROUP, ("d_redundancy", "in RoViST-NR"), Lower, |told, subject| Some([redundancy(told, subject)?, 1.0]));
    sheet.ratio(GROUP, ("d_grounding", "in what the frames add (own stand-in)"), Lower, |told, _| {
        Some([grounding(told)?, 1.0])
    });
    sheet.ratio(GROUP, ("d_order", "in the sureness of order (own stand-in)"), Lower, |told, _| {
        Some([order(told)?, 1.0])
    });
    sheet.ratio(GROUP, ("d_hm_own", "mean of the three: d_HM's form, not its values"), Lower, |told, subject| {
        Some([(redundancy(told, subject)? + grounding(told)? + order(told)?) / 3.0, 1.0])
    });
}
