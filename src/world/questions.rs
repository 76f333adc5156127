//! Questions about pictures: how somebody feels in picture k, and whether it is the same character in pictures i and j.
//!
//! A `Quiz` is a sequence of frames with questions. Of a tale, the plot helps to answer; a jumble (unrelated scenes with a
//! small cast, in which a species may occur twice with another accessory or colour) leaves only the pictures.

use serde::{Deserialize, Serialize};

use crate::world::caption;
use crate::world::chance::Chance;
use crate::world::facts::{Facts, FrameFacts, Seen};
use crate::world::jumble;
use crate::world::lexicon::{Word, lexicon, words};
use crate::world::narrate::capital;
use crate::world::tale::{Split, Tale};
use crate::world::words::{Accessory, Emotion};

/// What is asked for; also what is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// What somebody feels in a frame: this.
    Emotion(Emotion),
    /// Whether two frames show the same character.
    Same(bool),
}

/// A question about a sequence, with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub kind: QuestionKind,
    pub text: String,
    pub answer: String,
}

/// Frames with questions about them.
#[derive(Clone, Debug)]
pub struct Quiz {
    /// What is seen; of a jumble the title and the story are empty.
    pub tale: Tale,
    pub questions: Vec<Question>,
}

/// Streams of chance, apart from those of the tales.
const ASKED: u64 = 10;
const JUMBLED: u64 = 20;

impl Quiz {
    /// Questions about a tale, about feelings and sameness in turn.
    pub fn of_tale(tale: Tale, count: usize) -> Quiz {
        let mut chance = Chance::new(tale.facts.seed, ASKED);
        let mut questions: Vec<Question> = Vec::with_capacity(count);
        for at in 0..count {
            let wanted = chance.percent(50);
            let same = if at % 2 == 1 { same(&tale.facts, wanted, &mut chance) } else { None };
            questions.push(same.unwrap_or_else(|| emotion(&tale.facts, &mut chance)));
        }
        Quiz { tale, questions }
    }

    /// Four to six unrelated scenes of this seed, with questions about feelings and sameness in turn, beginning with a
    /// feeling. As many characters are the same as are not; of those that are not, half are of the same species.
    pub fn jumble(seed: u64, split: Split, count: usize) -> Quiz {
        let mut chance = Chance::new(seed, JUMBLED + u64::from(split == Split::HeldOut));
        // What is wanted is settled first: a cast that does not suit is drawn again, and must not tip the balance.
        let wanted: Vec<bool> = (0..count / 2).map(|_| chance.percent(50)).collect();
        let kin: Vec<bool> = wanted.iter().map(|_| chance.percent(50)).collect();
        loop {
            let tale = Tale { facts: jumble::facts(seed, split, &mut chance) };
            let asked: Option<Vec<Question>> = (0..count)
                .map(|at| match at % 2 {
                    0 => Some(emotion(&tale.facts, &mut chance)),
                    _ if wanted[at / 2] => same(&tale.facts, true, &mut chance),
                    _ => other(&tale.facts, kin[at / 2], &mut chance),
                })
                .collect();
            if let Some(questions) = asked {
                return Quiz { tale, questions };
            }
        }
    }
}

/// How somebody feels in a frame.
fn emotion(facts: &Facts, chance: &mut Chance) -> Question {
    let at = chance.below(facts.frames.len());
    let seen = chance.pick(&facts.frames[at].seen);
    let (k, who) = (at + 1, seen.species);
    let text = match chance.below(5) {
        0 => format!("How does the {who} feel in picture {k}?"),
        1 => format!("What does the {who} feel in picture {k}?"),
        2 => format!("In picture {k}, how does the {who} feel?"),
        3 => format!("How is the {who} feeling in picture {k}?"),
        _ => format!("How does the {who} in picture {k} feel?"),
    };
    let answer = format!("In picture {k}, the {who} is {}.", seen.emotion);
    Question { kind: QuestionKind::Emotion(seen.emotion), text, answer }
}

/// Two frames, and who is meant in the first.
type Pair = (usize, Seen, usize);

/// A question whose answer is yes, or no with whoever is there; none where the frames allow none.
fn same(facts: &Facts, wanted: bool, chance: &mut Chance) -> Option<Question> {
    ask(facts, wanted, |_, _| true, chance)
}

/// A question whose answer is no: with another of the same species in the second frame, or with none of it.
fn other(facts: &Facts, kin: bool, chance: &mut Chance) -> Option<Question> {
    let fits = |seen: &Seen, frame: &FrameFacts| frame.seen.iter().any(|s| s.species == seen.species) == kin;
    ask(facts, false, fits, chance)
}

fn ask(
    facts: &Facts,
    wanted: bool,
    fits: impl Fn(&Seen, &FrameFacts) -> bool,
    chance: &mut Chance,
) -> Option<Question> {
    let mut pairs: Vec<Pair> = Vec::new();
    for (i, first) in facts.frames.iter().enumerate() {
        for (j, second) in facts.frames.iter().enumerate().skip(i + 1) {
            let met = |seen: &&Seen| second.seen.iter().any(|s| s.member == seen.member) == wanted;
            pairs.extend(first.seen.iter().filter(met).filter(|seen| fits(seen, second)).map(|seen| (i, *seen, j)));
        }
    }
    if pairs.is_empty() {
        return None;
    }
    let (i, seen, j) = chance.pick(&pairs);
    let (first, second) = (&facts.frames[i], &facts.frames[j]);
    let (a, b, who) = (i + 1, j + 1, seen.species);
    let text = if first.seen.len() == 1 && second.seen.len() == 1 {
        match chance.below(4) {
            0 => format!("Is it the same character in pictures {a} and {b}?"),
            1 => format!("Do pictures {a} and {b} show the same character?"),
            2 => format!("Is the {who} in picture {a} also in picture {b}?"),
            _ => format!("Is the character in picture {a} the same as in picture {b}?"),
        }
    } else {
        match chance.below(3) {
            0 => format!("Is the {who} in picture {a} also in picture {b}?"),
            1 => format!("Is the {who} of picture {a} in picture {b} too?"),
            _ => format!("Does picture {b} show the {who} of picture {a}?"),
        }
    };
    let shown: Vec<String> = second.seen.iter().map(worn).collect();
    let verdict = if wanted { "yes" } else { "no" };
    let answer = format!("Picture {a} shows {}, picture {b} {}: {verdict}.", worn(&seen), shown.join(" and "));
    Some(Question { kind: QuestionKind::Same(wanted), text, answer: capital(&answer) })
}

/// "a fox with a red bow"; "a fox with nothing on" would be said of nobody, so that is "a plain fox".
fn worn(seen: &Seen) -> String {
    match seen.accessory {
        Accessory::None => format!("a plain {}", seen.species),
        _ => caption::dressed(seen),
    }
}

impl Question {
    /// Whether an answer in words says what is true, and nothing else beside it.
    pub fn right(&self, said: &str) -> bool {
        let words = words(said);
        match self.kind {
            QuestionKind::Emotion(emotion) => {
                let mut felt: Vec<Emotion> = (0..words.len())
                    .flat_map(|at| lexicon(&words, at))
                    .filter_map(|word| if let Word::Emotion(e) = word { Some(e) } else { None })
                    .collect();
                felt.dedup();
                felt == [emotion]
            }
            QuestionKind::Same(same) => {
                let yes = words.iter().any(|word| word == "yes");
                let no = words.iter().any(|word| word == "no");
                (yes, no) == (same, !same)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::words::{Species, held_out_place};

    fn quizzes(split: Split) -> Vec<Quiz> {
        (0..600).map(|seed| Quiz::jumble(seed, split, 4)).collect()
    }

    #[test]
    fn yes_and_no_are_balanced_and_half_of_the_others_are_of_the_same_species() {
        let (mut yes, mut no, mut kin) = (0, 0, 0);
        for question in quizzes(Split::Train).iter().flat_map(|quiz| &quiz.questions) {
            if let QuestionKind::Same(same) = question.kind {
                yes += usize::from(same);
                no += usize::from(!same);
                // "Picture 2 shows a fox with a red bow, picture 4 a fox with a blue hat: no."
                let species: Vec<&str> = question.answer.split(", picture ").collect();
                let who = Species::ALL.into_iter().find(|s| species[0].contains(s.word()));
                kin += usize::from(!same && who.is_some_and(|s| species[1].contains(s.word())));
            }
        }
        assert!((550..650).contains(&yes) && yes + no == 1200, "{yes} {no}");
        assert!((kin * 100 / no).abs_diff(50) < 6, "{kin} of {no}");
    }

    #[test]
    fn the_answers_are_right_and_the_opposite_is_not() {
        for quiz in quizzes(Split::HeldOut) {
            for question in &quiz.questions {
                assert!(question.right(&question.answer), "{question:?}");
                assert!(!question.right("Yes and no."), "{question:?}");
                assert!(!question.right("It is happy, sad and calm."), "{question:?}");
            }
        }
    }

    #[test]
    fn a_seed_fixes_a_quiz_and_feelings_are_uniform() {
        let mut counts = [0usize; 6];
        for quiz in quizzes(Split::Train) {
            let facts = &quiz.tale.facts;
            assert!((4..=6).contains(&facts.frames.len()) && facts.cast.len() <= 4);
            assert!(facts.frames.iter().all(|f| f.seen.iter().all(|s| held_out_place(s.species) != f.place)));
            for frame in &facts.frames {
                assert!(frame.seen.len() == 1 || frame.seen[0].species != frame.seen[1].species);
            }
            for question in &quiz.questions {
                if let QuestionKind::Emotion(emotion) = question.kind {
                    counts[emotion.index()] += 1;
                }
            }
        }
        assert!(counts.iter().all(|&count| (140..260).contains(&count)), "{counts:?}");
        let again = Quiz::jumble(7, Split::Train, 4);
        assert_eq!(again.questions, Quiz::jumble(7, Split::Train, 4).questions);
        assert_eq!(again.tale.facts, Quiz::jumble(7, Split::Train, 4).tale.facts);
    }

    #[test]
    fn a_tale_is_asked_about_too() {
        let quiz = Quiz::of_tale(Tale::new(3, Split::Train), 4);
        assert_eq!(quiz.questions.len(), 4);
        assert!(quiz.questions.iter().all(|q| q.text.ends_with('?') && q.right(&q.answer)));
    }
}
