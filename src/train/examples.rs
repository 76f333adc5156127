//! Examples: what a sequence becomes for the model under training. Which one a step sees follows from the seed and the step
//! alone, so that a run taken up again sees exactly what an unbroken one would have seen.

use std::ops::Range;
use std::path::Path;

use candle_core::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::error::{Result, TrainError};
use super::recipe::{DataRecipe, Recipe, Stage};
use crate::exchange::{self, Choose, Opened};
use crate::model::ops::IGNORE;
use crate::pixels::Rgb;
use crate::story::{CastMember, Task};
use crate::world::{Facts, FrameFacts, Quiz, Split, Tale};
use crate::writer::Processor;
use crate::writer::chat::{Layout, Message, expand};
use crate::writer::prompts::{Filling, fill, template};

/// One example: pictures, the ids of prompts and answers, and where the answers are.
#[derive(Default)]
struct Example {
    tiles: Vec<Rgb>,
    ids: Vec<u32>,
    answers: Vec<Range<usize>>,
    facts: Vec<FrameFacts>,
}

/// A batch, padded on the right.
pub struct Batch {
    /// (tiles, 3, side, side)
    pub pixels: Tensor,
    /// (batch * seq)
    pub ids: Vec<u32>,
    /// Next-token labels of each position, [`IGNORE`] where none counts.
    pub labels: Vec<i64>,
    /// true where a position is a token and not padding.
    pub real: Vec<bool>,
    pub rows: usize,
    /// Facts of the tiles, picture world only.
    pub facts: Vec<FrameFacts>,
}

/// Where a run's examples come from.
pub struct Source {
    seed: u64,
    kind: Kind,
    pub processor: Processor,
    markers: bool,
    pad: u32,
}

enum Kind {
    World { first_seed: u64, side: u32 },
    Books { books: Vec<Opened>, window: usize },
}

impl Source {
    pub fn new(recipe: &Recipe, processor: Processor) -> Result<Self> {
        let kind = match &recipe.data {
            DataRecipe::World { first_seed, side } => Kind::World { first_seed: *first_seed, side: *side },
            DataRecipe::Books { folder, window } => Kind::Books { books: books(folder)?, window: (*window).max(1) },
        };
        let markers = processor.tokenizer.token_to_id("<|frame_1|>").is_some();
        let pad = processor.tokenizer.token_to_id("<|im_end|>").unwrap_or(0);
        Ok(Self { seed: recipe.seed, kind, processor, markers, pad })
    }

    /// The batch that `step` (over all stages) sees; `part` counts the batches of one step.
    pub fn batch(&self, stage: &Stage, step: usize, part: usize) -> Result<Batch> {
        let examples = (0..stage.batch)
            .into_par_iter()
            .map(|i| {
                let number = ((step * stage.accumulate + part) * stage.batch + i) as u64;
                self.example(stage, number)
            })
            .collect::<Result<Vec<_>>>()?;
        self.collate(examples)
    }

    fn example(&self, stage: &Stage, number: u64) -> Result<Example> {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed.wrapping_mul(0x9E37_79B9).wrapping_add(number));
        let frames = chance.random_range(stage.frames[0]..=stage.frames[1]);
        let all: f64 = stage.questions + stage.tasks.iter().map(|(_, share)| share).sum::<f64>();
        if let (Kind::World { first_seed, side }, true) =
            (&self.kind, stage.questions > 0.0 && chance.random::<f64>() * all < stage.questions)
        {
            return self.quiz(*first_seed + number, *side, &mut chance);
        }
        let task = pick(&stage.tasks, chance.random());
        match &self.kind {
            Kind::World { first_seed, side } => self.tale(*first_seed + number, *side, frames, task, &mut chance),
            Kind::Books { books, window } => self.page(books, *window, frames, task.unwrap_or_default(), &mut chance),
        }
    }

    /// A tale of the picture world, or a run of its frames.
    fn tale(
        &self,
        seed: u64,
        side: u32,
        frames: usize,
        task: Option<Task>,
        chance: &mut ChaCha8Rng,
    ) -> Result<Example> {
        let tale = Tale::new(seed, Split::Train);
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
        let tiles: Vec<Rgb> =
            range.clone().flat_map(|i| self.processor.images.tiles(&tale.draw(i, side), false).tiles).collect();
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
        let mut example = self.words(task, &cast(facts), &facts.title, &so_far, &lines[range])?;
        (example.tiles, example.facts) = (tiles, seen);
        Ok(example)
    }

    /// Questions about the frames of one sequence, each with its answer: mostly of a jumble, where no plot helps.
    fn quiz(&self, seed: u64, side: u32, chance: &mut ChaCha8Rng) -> Result<Example> {
        const QUESTIONS: usize = 6;
        let quiz = if chance.random_range(0..3) > 0 {
            Quiz::jumble(seed, Split::Train, QUESTIONS)
        } else {
            Quiz::of_tale(Tale::new(seed, Split::Train), QUESTIONS)
        };
        let frames = quiz.tale.facts.frames.len();
        let layouts = vec![Layout { rows: 0, cols: 0 }; frames];
        let mut example = Example { facts: quiz.tale.facts.frames.clone(), ..Default::default() };
        for i in 0..frames {
            example.tiles.extend(self.processor.images.tiles(&quiz.tale.draw(i, side), false).tiles);
        }
        let mut messages: Vec<Message> = Vec::new();
        let mut before = String::new();
        for (i, question) in quiz.questions.iter().enumerate() {
            messages.push(Message::user(if i == 0 { frames } else { 0 }, &question.text));
            // What the template adds after the last answer is the next prompt; pictures stand in the first one only.
            let prompt = self.processor.chat.render(&messages, true)?;
            let new = prompt.strip_prefix(&before).ok_or_else(|| {
                TrainError::Data("the chat template writes earlier turns anew: questions cannot follow".into())
            })?;
            let text = if i == 0 { expand(new, &layouts, self.processor.tokens_per_tile)? } else { new.to_owned() };
            example.ids.extend(self.processor.encode(&text)?);
            let first = example.ids.len();
            example.ids.extend(self.processor.encode(&format!(" {}<end_of_utterance>", question.answer))?);
            example.answers.push(first..example.ids.len());
            messages.push(Message::assistant(&question.answer));
            before = format!("{prompt} {}<end_of_utterance>", question.answer);
        }
        Ok(example)
    }

    /// A window of pages of a book with their texts.
    fn page(
        &self,
        books: &[Opened],
        window: usize,
        frames: usize,
        task: Task,
        chance: &mut ChaCha8Rng,
    ) -> Result<Example> {
        let book = &books[chance.random_range(0..books.len())];
        let pages = book.sequence.frames.len();
        let count = frames.min(window).min(pages);
        let first = chance.random_range(0..=pages - count);
        let text = |i: usize| book.sequence.frames[i].text.clone().unwrap_or_default().replace('\n', " ");
        let lines: Vec<String> = (first..first + count).map(text).collect();
        let so_far = (first.saturating_sub(3)..first).map(text).collect::<Vec<_>>().join("\n");
        let task = if task == Task::Continuation && first == 0 { Task::Story } else { task };
        let mut example = self.words(task, &book.sequence.cast, &book.sequence.title, &so_far, &lines)?;
        for picture in &book.pictures[first..first + count] {
            let rgb = picture.rgb().map_err(|e| TrainError::Data(e.to_string()))?;
            example.tiles.extend(self.processor.images.tiles(&rgb, false).tiles);
        }
        Ok(example)
    }

    /// Prompt and answer as ids: one line a frame, each behind its marker where the model has markers.
    fn words(&self, task: Task, cast: &[CastMember], title: &str, so_far: &str, lines: &[String]) -> Result<Example> {
        let filling = Filling { title, frames: lines.len(), cast, so_far };
        let question = fill(template(task), &filling)?;
        let layouts = vec![Layout { rows: 0, cols: 0 }; lines.len()];
        let (_, mut ids) = self.processor.prompt(&[Message::user(lines.len(), &question)], &layouts)?;
        let prompt = ids.len();
        let line = |(i, line): (usize, &String)| {
            let gap = if i == 0 { "" } else { "\n" };
            if self.markers { format!("{gap}<|frame_{}|>{line}", i + 1) } else { format!("{gap}{line}") }
        };
        let lead = if self.markers { "" } else { " " };
        let answer: String = lines.iter().enumerate().map(line).collect();
        ids.extend(self.processor.encode(&format!("{lead}{answer}<end_of_utterance>"))?);
        let answer = prompt..ids.len();
        Ok(Example { ids, answers: Vec::from([answer]), ..Default::default() })
    }

    fn collate(&self, examples: Vec<Example>) -> Result<Batch> {
        let seq = examples.iter().map(|e| e.ids.len()).max().unwrap_or(0);
        let rows = examples.len();
        let mut batch = Batch {
            pixels: Tensor::zeros(0, candle_core::DType::F32, &Device::Cpu)?,
            ids: Vec::with_capacity(rows * seq),
            labels: Vec::with_capacity(rows * seq),
            real: Vec::with_capacity(rows * seq),
            rows,
            facts: Vec::new(),
        };
        let mut tiles = Vec::new();
        for example in examples {
            let len = example.ids.len();
            for i in 0..seq {
                batch.ids.push(*example.ids.get(i).unwrap_or(&self.pad));
                batch.real.push(i < len);
                let counts = example.answers.iter().any(|answer| answer.contains(&(i + 1)));
                batch.labels.push(if counts { i64::from(example.ids[i + 1]) } else { IGNORE });
            }
            tiles.extend(example.tiles);
            batch.facts.extend(example.facts);
        }
        batch.pixels = self.processor.images.pixels(&tiles, &Device::Cpu)?;
        Ok(batch)
    }
}

/// The cast as a prompt names it.
pub fn cast(facts: &Facts) -> Vec<CastMember> {
    facts.cast.iter().map(|m| CastMember { name: m.name.clone(), species: m.species.word().to_owned() }).collect()
}

fn pick(tasks: &[(Task, f64)], chance: f64) -> Option<Task> {
    let total: f64 = tasks.iter().map(|(_, share)| share).sum();
    let mut left = chance * total;
    for (task, share) in tasks {
        left -= share;
        if left < 0.0 {
            return Some(*task);
        }
    }
    tasks.last().map(|(task, _)| *task)
}

/// Every folder inside `folder` that opens and has a text for each page.
fn books(folder: &Path) -> Result<Vec<Opened>> {
    let entries = std::fs::read_dir(folder).map_err(|source| TrainError::File { path: folder.to_owned(), source })?;
    let mut paths: Vec<_> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| p.is_dir()).collect();
    paths.sort();
    let opened = paths.iter().filter_map(|path| exchange::open(path, &Choose::default()).ok());
    let told = |book: &Opened| book.sequence.frames.iter().all(|f| f.text.is_some());
    let books: Vec<Opened> = opened.filter(told).collect();
    if books.is_empty() {
        let what = format!("{} holds no book whose pages all have a text", folder.display());
        return Err(TrainError::Data(what));
    }
    Ok(books)
}
