//! Examples of the picture world: a tale or a run of its frames by a task, or questions about a sequence.

use std::ops::Range;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::asking::{Asking, Example};
use super::error::Result;
use super::recipe::Stage;
use super::rows::pick;
use crate::story::{CastMember, Task};
use crate::world::{Facts, NAMES, Quiz, Species, Split, Tale};
use crate::writer::chat::Message;

/// Most names in a prompt of somebody who is in none of the pictures.
const STRANGERS: usize = 3;

/// The picture world as a source.
pub struct Tales {
    pub first_seed: u64,
    pub side: u32,
}

impl Tales {
    /// The tale or the questions of one number.
    pub fn example(
        &self,
        asking: &Asking,
        stage: &Stage,
        number: u64,
        split: Split,
        chance: &mut ChaCha8Rng,
    ) -> Result<Example> {
        let seed = self.first_seed + number;
        let frames = chance.random_range(stage.frames[0]..=stage.frames[1]);
        let all: f64 = stage.questions + stage.tasks.iter().map(|(_, share)| share).sum::<f64>();
        if stage.questions > 0.0 && chance.random::<f64>() * all < stage.questions {
            return self.quiz(asking, stage, seed, split, chance);
        }
        let tasks = tasks(&stage.tasks, stage.texts, chance);
        if tasks.is_empty() && chance.random::<bool>() {
            // Eyes learn from what a plot would never show as well.
            let tale = Quiz::jumble(seed, split, 0).tale;
            let count = frames.min(tale.facts.frames.len());
            return Ok(self.look(asking, &tale, 0..count));
        }
        self.tale(asking, Tale::new(seed, split), frames, &tasks, chance)
    }

    /// A tale, or a run of its frames, with a text for each task; without tasks only its pictures and facts.
    fn tale(
        &self,
        asking: &Asking,
        tale: Tale,
        frames: usize,
        tasks: &[Task],
        chance: &mut ChaCha8Rng,
    ) -> Result<Example> {
        let facts = &tale.facts;
        let all = facts.frames.len();
        let mut count = frames.min(all);
        let mut first = chance.random_range(0..=all - count);
        if tasks.contains(&Task::Story) && count > 2 {
            // A story is told whole, or it would not learn how stories begin and end.
            (first, count) = (0, all);
        }
        if tasks.contains(&Task::Continuation) {
            // From the beginning, so that there is something to go on from.
            (first, count) = (0, (count + 1).clamp(2, all));
        }
        let range = first..first + count;
        let mut example = self.look(asking, &tale, range.clone());
        for task in tasks {
            let range = match task {
                Task::Continuation => chance.random_range(1..range.end)..range.end,
                _ => range.clone(),
            };
            let lines = match task {
                Task::Story | Task::Continuation => &facts.story,
                Task::Caption => &facts.captions,
                Task::Emotion => &facts.emotions,
                Task::Consistency => &facts.consistency,
            };
            let so_far = facts.story[range.start.saturating_sub(3)..range.start].join("\n");
            let pictures = range.start - first..range.end - first;
            let told = (&lines[range.clone()], &asking.processor.layouts(&example.tiles[pictures.clone()])[..]);
            let mut reading = asking.lines(*task, &listed(facts, chance), &facts.title, &so_far, told)?;
            reading.pictures = pictures;
            if !matches!(task, Task::Caption | Task::Emotion) {
                reading.cast = names(facts);
            }
            example.readings.push(reading);
        }
        Ok(example)
    }

    /// The pictures of some frames with what is true of them.
    fn look(&self, asking: &Asking, tale: &Tale, frames: Range<usize>) -> Example {
        let mut example = Example { facts: tale.facts.frames[frames.clone()].to_vec(), ..Default::default() };
        for at in frames {
            let (rgb, regions) = tale.draw_and_point(at, self.side);
            example.tiles.extend(asking.processor.images.tiles(&rgb, false).tiles);
            example.regions.push(regions);
        }
        example
    }

    /// Questions about the frames of one sequence, each with its answer: mostly of a jumble, where no plot helps. The other
    /// texts of the stage are those that need no plot.
    fn quiz(
        &self,
        asking: &Asking,
        stage: &Stage,
        seed: u64,
        split: Split,
        chance: &mut ChaCha8Rng,
    ) -> Result<Example> {
        const QUESTIONS: usize = 6;
        let mut quiz = if chance.random_range(0..3) > 0 {
            Quiz::jumble(seed, split, QUESTIONS)
        } else {
            Quiz::of_tale(Tale::new(seed, split), QUESTIONS)
        };
        // Any of them may be asked first: a person asks one.
        quiz.questions.shuffle(chance);
        let facts = &quiz.tale.facts;
        let frames = facts.frames.len();
        let turn = |(i, question): (usize, &crate::world::Question)| {
            // Pictures stand in the first question only.
            let pictures = if i == 0 { frames } else { 0 };
            [Message::user(pictures, &question.text), Message::assistant(&question.answer)]
        };
        let messages: Vec<Message> = quiz.questions.iter().enumerate().flat_map(turn).collect();
        let mut example = self.look(asking, &quiz.tale, 0..frames);
        let layouts = asking.processor.layouts(&example.tiles);
        example.readings.push(asking.conversation(&messages, &layouts)?);
        // In a jumble two foxes may have two names, and nothing says which is whose: nobody is asked for names.
        let plain = stage.tasks.iter().copied().filter(|(task, _)| matches!(task, Task::Caption | Task::Emotion));
        for task in tasks(&plain.collect::<Vec<_>>(), stage.texts - 1, chance) {
            let lines = if task == Task::Caption { &facts.captions } else { &facts.emotions };
            example.readings.push(asking.lines(task, &cast(facts), "", "", (lines, &layouts))?);
        }
        Ok(example)
    }
}

/// Up to `count` different tasks, drawn by their shares.
fn tasks(shares: &[(Task, f64)], count: usize, chance: &mut ChaCha8Rng) -> Vec<Task> {
    let mut left = shares.to_vec();
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let Some(task) = pick(&left, chance.random()) else { break };
        left.retain(|(other, _)| *other != task);
        drawn.push(task);
    }
    drawn
}

/// The names of the cast, by their places in `NAMES`.
fn names(facts: &Facts) -> Vec<usize> {
    let place = |name: &str| NAMES.iter().position(|(known, _)| *known == name);
    facts.cast.iter().filter_map(|member| place(&member.name)).collect()
}

/// The cast in any order, and now and then others who do not come: who is called what cannot be told from the place of a name.
pub fn listed(facts: &Facts, chance: &mut ChaCha8Rng) -> Vec<CastMember> {
    let mut cast = cast(facts);
    let others = chance.random_range(0..=STRANGERS);
    for _ in 0..others {
        let species = Species::ALL[chance.random_range(0..Species::ALL.len())].word();
        let name = NAMES[chance.random_range(0..NAMES.len())].0;
        if cast.iter().all(|member| member.species != species && member.name != name) {
            cast.push(CastMember { name: name.to_owned(), species: species.to_owned() });
        }
    }
    cast.shuffle(chance);
    cast
}

/// The cast as a prompt names it.
pub fn cast(facts: &Facts) -> Vec<CastMember> {
    facts.cast.iter().map(|m| CastMember { name: m.name.clone(), species: m.species.word().to_owned() }).collect()
}
