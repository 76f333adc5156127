//! Pairs of its own making, for a reward model before any vote: a tale of the picture world told twice, with other
//! mistakes, of which one has fewer. Which of them is better is known by how it was made; so is how both stand at the end of every
//! line. Some tellings are alike but for their mistakes, and ranked at the wrong words themselves.
//!
//! Left out: stories of other people, in which nobody knows what would be a mistake.

use std::cmp::Ordering;

use candle_core::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::asking::Asking;
use super::error::Result;
use super::loss::Ranked;
use super::pairs::{Pairs, ReadPair};
use super::reward_recipe::MistakesRecipe;
use super::tales::listed;
use crate::exchange::{SnapshotPair, SnapshotStory};
use crate::model::look::Look;
use crate::model::told::Told;
use crate::model::vision_language::VisionLanguage;
use crate::pixels::Rgb;
use crate::story::{Task, VotesLearnt};
use crate::world::{Retold, Split, Tale};
use crate::writer::retelling::retold;

/// Chances in a hundred that the better of two tellings has mistakes too.
const BOTH: usize = 40;
/// Chances in a hundred that a frame shows the feelings that the wrong telling told of it, where the tellings are alike and differ in
/// nothing else: the plot makes some feelings likelier than others, and without looking one would be right too often.
const AS_TOLD: usize = 50;
/// Seeds from the recipe's first one to its first held-out one.
const HELD_OUT_FROM: u64 = 50_000_000;

/// Pairs of some tales, and where their lines end.
#[derive(Default)]
pub struct Lesson {
    pub pairs: Vec<ReadPair>,
    /// What the model sees of each tale.
    pub looks: Vec<Look>,
    pub lines: Vec<LineEnd>,
    /// Where two tellings that are alike say something else: story and place of the one that is right there, then of the other.
    pub words: Vec<[(usize, usize); 2]>,
}

impl Lesson {
    /// How the two tellings of each tale stand to each other at the end of every line: the one with fewer mistakes so far is the
    /// better; and so at the words that are wrong. Gives the stories and places that are read, and how these rank; every tale counts
    /// as one by its lines, and every tale told alike as one more by its words.
    pub fn so_far(&self) -> (Vec<(usize, usize)>, Vec<Ranked>) {
        let of_row = |row: usize| {
            let mut wrong = 0;
            self.lines.iter().enumerate().filter(move |(_, line)| line.at.0 == row).map(move |(place, line)| {
                wrong += usize::from(!line.right);
                (place, wrong)
            })
        };
        let mut all = Vec::new();
        for pair in 0..self.pairs.len() {
            let both: Vec<_> = of_row(2 * pair).zip(of_row(2 * pair + 1)).collect();
            let weight = 1.0 / both.len().max(1) as f64;
            all.extend(both.iter().map(|((first, wrong), (second, wrongs))| {
                let target = match wrong.cmp(wrongs) {
                    Ordering::Less => 1.0,
                    Ordering::Equal => 0.5,
                    Ordering::Greater => 0.0,
                };
                Ranked { first: *first, second: *second, target, margin: 0.0, weight }
            }));
        }
        let mut places: Vec<(usize, usize)> = self.lines.iter().map(|line| line.at).collect();
        for [better, worse] in &self.words {
            let alike = self.words.iter().filter(|[other, _]| other.0 == better.0).count();
            let first = places.len();
            places.extend([*better, *worse]);
            all.push(Ranked { first, second: first + 1, target: 1.0, margin: 0.0, weight: 1.0 / alike as f64 });
        }
        (places, all)
    }
}

/// Where a line has been read, and whether it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEnd {
    /// Its story among those of all pairs, and its place among that story's ids.
    pub at: (usize, usize),
    pub right: bool,
}

/// A tale and both its tellings, before a model has read them.
struct Twice {
    tale: Tale,
    told: [Retold; 2],
    /// 1 where the first is the better one, 0 where the second is.
    target: f64,
    /// Whether they are the same words but for the mistakes.
    alike: bool,
    tiles: Vec<Rgb>,
    chance: ChaCha8Rng,
}

/// Makes lessons for one checkpoint.
pub struct Mistakes<'a> {
    pub model: &'a VisionLanguage,
    pub asking: &'a Asking,
    pub recipe: &'a MistakesRecipe,
    pub seed: u64,
}

impl Mistakes<'_> {
    /// Pairs about tales `first..first + count` of the recipe's.
    pub fn lesson(&self, first: u64, count: usize) -> Result<Lesson> {
        let twice: Vec<Twice> =
            (0..count as u64).into_par_iter().map(|at| self.twice(self.recipe.first_seed + first + at)).collect();
        let mut lesson = Lesson::default();
        for twice in twice {
            self.read(twice, &mut lesson)?;
        }
        Ok(lesson)
    }

    /// What it is judged by: tales that are never learnt from, told in the words of those that are. The phrasings that training
    /// never shows would rank by how strange they are, and that says nothing of mistakes.
    pub fn held_out(&self) -> Result<Pairs> {
        let Lesson { pairs, looks, .. } = self.lesson(HELD_OUT_FROM, self.recipe.held_out)?;
        let snapshot = format!("mistakes in tales from seed {}", self.recipe.first_seed);
        let votes =
            VotesLearnt { snapshot, campaign: String::new(), votes: 0, simulated: 0, pairs: self.recipe.held_out };
        Ok(Pairs { train: Vec::new(), held_out: pairs, looks, left_out: Vec::new(), criteria: Vec::new(), votes })
    }

    fn twice(&self, seed: u64) -> Twice {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed ^ seed.wrapping_mul(0x9E37_79B9));
        let (split, alike) = (Split::Train, self.recipe.alike);
        let mut tale = Tale::new(seed, split);
        let most = self.recipe.most.min(tale.facts.frames.len());
        let less = if most > 1 && chance.random_range(0..100) < BOTH { chance.random_range(1..most) } else { 0 };
        let more = chance.random_range(less + 1..=most);
        let first: bool = chance.random();
        let counts = if first { [less, more] } else { [more, less] };
        let mut told = counts.map(|mistakes| Tale::retold(seed, split, chance.random(), mistakes));
        let alike = alike > 0.0 && chance.random::<f64>() < alike;
        if alike {
            let [better, worse] = if first { [0, 1] } else { [1, 0] };
            told[worse] = Tale::slipped(seed, split, &told[better], chance.random(), more - less);
            for at in 0..told[worse].lines.len().min(tale.facts.frames.len()) {
                let slip = told[better].right[at] && !told[worse].right[at];
                if slip && chance.random_range(0..100) < AS_TOLD && tale.show_as_told(at, &told[worse].lines[at]) {
                    (told[better].right[at], told[worse].right[at]) = (false, true);
                }
            }
        }
        let wrong = told.each_ref().map(|telling| telling.right.iter().filter(|right| !**right).count());
        let target = match wrong[1].cmp(&wrong[0]) {
            Ordering::Equal if alike => 0.5,
            order if alike => f64::from(u8::from(order.is_gt())),
            _ => f64::from(u8::from(first)),
        };
        let draw = |frame| self.asking.processor.images.tiles(&tale.draw(frame, self.recipe.side), false).tiles;
        let tiles = (0..tale.facts.frames.len()).flat_map(draw).collect();
        Twice { tale, told, target, alike, tiles, chance }
    }

    fn read(&self, twice: Twice, lesson: &mut Lesson) -> Result<()> {
        let Twice { tale, told, target, alike, tiles, mut chance } = twice;
        let (facts, frames) = (&tale.facts, tale.facts.frames.len());
        let cast = listed(facts, &mut chance);
        let layouts = self.asking.processor.layouts(&tiles);
        let prompt = self.asking.prompt(Task::Story, &cast, &facts.title, "", &layouts)?;
        let pixels = self.asking.processor.images.pixels(&tiles, &Device::Cpu)?;
        lesson.looks.push(self.model.image_features(&pixels)?.detach());
        let look = lesson.looks.len() - 1;
        let mut read = |retelling: &Retold, place: usize| -> Result<Told> {
            let story = Told::new(&prompt, &retold(&self.asking.processor, &retelling.lines, frames)?, look);
            let ends = self.asking.line_ends(&story.ids, story.story.clone());
            let row = 2 * lesson.pairs.len() + place;
            let end = |(at, right): (usize, &bool)| LineEnd { at: (row, at), right: *right };
            lesson.lines.extend(ends.into_iter().zip(&retelling.right).map(end));
            Ok(story)
        };
        let pair = [read(&told[0], 0)?, read(&told[1], 1)?];
        if alike {
            let row = 2 * lesson.pairs.len();
            let lines = pair.each_ref().map(|told| self.asking.line_ends(&told.ids, told.story.clone()));
            let apart = [0, 1].map(|side: usize| (&pair[side], &lines[side][..]));
            let words = where_apart(apart).into_iter().map(|(line, [one, two])| {
                let both = [(row, one), (row + 1, two)];
                if told[0].right[line] { both } else { [both[1], both[0]] }
            });
            lesson.words.extend(words);
        }
        let name = format!("tale {}", facts.seed);
        let said =
            |retelling: &Retold| SnapshotStory { system: "told again".to_owned(), text: retelling.lines.join("\n") };
        lesson.pairs.push(ReadPair {
            told: pair,
            pair: SnapshotPair {
                pair: name.clone(),
                sequence: name,
                images: Vec::new(),
                prompt: String::new(),
                first: said(&told[0]),
                second: said(&told[1]),
                votes: 1,
                target,
                strength: 2.0 * target - 1.0,
                criteria: Default::default(),
                both_bad: 0,
            },
        });
        Ok(())
    }
}

/// Each line in which two tellings are not the same, and the last place of each at which they say something else. The ends of
/// their lines are given beside them.
fn where_apart([(one, ends), (two, others)]: [(&Told, &[usize]); 2]) -> Vec<(usize, [usize; 2])> {
    let mut apart = Vec::new();
    let (mut from, mut beside) = (one.story.start, two.story.start);
    for (number, (end, other)) in ends.iter().zip(others).enumerate() {
        let (line, others) = (&one.ids[from..=*end], &two.ids[beside..=*other]);
        if line != others {
            let most = line.len().min(others.len());
            let before = line.iter().zip(others).take_while(|(a, b)| a == b).count();
            let after = line.iter().rev().zip(others.iter().rev()).take_while(|(a, b)| a == b).count();
            let after = after.min(most - before);
            let last = [from + line.len() - after, beside + others.len() - after];
            apart.push((number, last.map(|end| end.max(1) - 1)));
        }
        (from, beside) = (end + 1, other + 1);
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(story: &[u32]) -> Told {
        Told::new(&[9, 9], story, 0)
    }

    #[test]
    fn tellings_are_apart_where_they_say_something_else_and_rank_there() {
        // Lines end with 0; the second has another word, the fourth one word more.
        let (one, two) = (told(&[1, 2, 0, 3, 4, 0, 5, 0, 6, 7, 0]), told(&[1, 2, 0, 3, 8, 0, 5, 0, 6, 6, 7, 0]));
        let (ends, others) = ([4, 7, 9, 12], [4, 7, 9, 13]);
        let apart = where_apart([(&one, &ends[..]), (&two, &others[..])]);
        assert_eq!(apart, [(1, [6, 6]), (3, [10, 11])]);
        assert_eq!((one.ids[6], two.ids[6], two.ids[11]), (4, 8, 6));

        let line = |row, at, right| LineEnd { at: (row, at), right };
        let lesson = Lesson {
            lines: vec![line(0, 4, true), line(0, 7, true), line(1, 4, true), line(1, 7, false)],
            words: vec![[(0, 6), (1, 6)]],
            pairs: vec![pair(one, two)],
            looks: Vec::new(),
        };
        let (places, ranked) = lesson.so_far();
        assert_eq!(places, [(0, 4), (0, 7), (1, 4), (1, 7), (0, 6), (1, 6)]);
        let stand: Vec<_> = ranked.iter().map(|r| (r.first, r.second, r.target, r.weight)).collect();
        assert_eq!(stand, [(0, 2, 0.5, 0.5), (1, 3, 1.0, 0.5), (4, 5, 1.0, 1.0)]);
    }

    fn pair(one: Told, two: Told) -> ReadPair {
        let said = || SnapshotStory { system: String::new(), text: String::new() };
        ReadPair {
            told: [one, two],
            pair: SnapshotPair {
                pair: String::new(),
                sequence: String::new(),
                images: Vec::new(),
                prompt: String::new(),
                first: said(),
                second: said(),
                votes: 1,
                target: 1.0,
                strength: 1.0,
                criteria: Default::default(),
                both_bad: 0,
            },
        }
    }
}
