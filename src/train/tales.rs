//! Examples of the picture world: a tale or a run of its frames by a task, or questions about a sequence.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::asking::{Asking, Example};
use super::error::Result;
use super::recipe::Stage;
use super::rows::pick;
use crate::pixels::Rgb;
use crate::story::{CastMember, Task};
use crate::world::{Facts, Quiz, Split, Tale};
use crate::writer::chat::Message;

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
            return self.quiz(asking, seed, split, chance);
        }
        let task = pick(&stage.tasks, chance.random());
        self.tale(asking, Tale::new(seed, split), frames, task, chance)
    }

    /// A tale, or a run of its frames; without a task only its pictures and facts.
    fn tale(
        &self,
        asking: &Asking,
        tale: Tale,
        frames: usize,
        task: Option<Task>,
        chance: &mut ChaCha8Rng,
    ) -> Result<Example> {
        let facts = &tale.facts;
        let all = facts.frames.len();
        let mut count = frames.min(all);
        let mut first = chance.random_range(0..=all - count);
        if task == Some(Task::Story) && count > 2 {
            // A story is told whole, or it would not learn how stories begin and end.
            (first, count) = (0, all);
        }
        if task == Some(Task::Continuation) {
            first = first.max(1).min(all - 1);
            count = count.min(all - first);
        }
        let range = first..first + count;
        let images = &asking.processor.images;
        let tiles: Vec<Rgb> = range.clone().flat_map(|i| images.tiles(&tale.draw(i, self.side), false).tiles).collect();
        let seen = facts.frames[range.clone()].to_vec();
        let Some(task) = task else {
            return Ok(Example { tiles, facts: seen, ..Default::default() });
        };
        let lines = match task {
            Task::Story | Task::Continuation => &facts.story,
            Task::Caption => &facts.captions,
            Task::Emotion => &facts.emotions,
            Task::Consistency => &facts.consistency,
        };
        let so_far = facts.story[first.saturating_sub(3)..first].join("\n");
        let mut example = asking.lines(task, &cast(facts), &facts.title, &so_far, &lines[range])?;
        (example.tiles, example.facts) = (tiles, seen);
        Ok(example)
    }

    /// Questions about the frames of one sequence, each with its answer: mostly of a jumble, where no plot helps.
    fn quiz(&self, asking: &Asking, seed: u64, split: Split, chance: &mut ChaCha8Rng) -> Result<Example> {
        const QUESTIONS: usize = 6;
        let quiz = if chance.random_range(0..3) > 0 {
            Quiz::jumble(seed, split, QUESTIONS)
        } else {
            Quiz::of_tale(Tale::new(seed, split), QUESTIONS)
        };
        let frames = quiz.tale.facts.frames.len();
        let turn = |(i, question): (usize, &crate::world::Question)| {
            // Pictures stand in the first question only.
            let pictures = if i == 0 { frames } else { 0 };
            [Message::user(pictures, &question.text), Message::assistant(&question.answer)]
        };
        let messages: Vec<Message> = quiz.questions.iter().enumerate().flat_map(turn).collect();
        let mut example = asking.conversation(&messages)?;
        for i in 0..frames {
            example.tiles.extend(asking.processor.images.tiles(&quiz.tale.draw(i, self.side), false).tiles);
        }
        example.facts = quiz.tale.facts.frames.clone();
        Ok(example)
    }
}

/// The cast as a prompt names it.
pub fn cast(facts: &Facts) -> Vec<CastMember> {
    facts.cast.iter().map(|m| CastMember { name: m.name.clone(), species: m.species.word().to_owned() }).collect()
}
