//! Examples: what a sequence becomes for the model under training. Which one a step sees follows from the seed and the step
//! alone, so that a run taken up again sees exactly what an unbroken one would have seen.

use std::collections::BTreeSet;
use std::sync::Mutex;

use candle_core::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::asking::{Asking, Example};
use super::data_recipe::DataRecipe;
use super::error::{Result, TrainError};
use super::progress::SourceReport;
use super::recipe::{Recipe, Stage};
use super::rows::{Asked, Rows, answers, pick};
use super::tales::Tales;
use crate::exchange::{LeftOut, Words, open_library, open_rows};
use crate::model::look::Pixels;
use crate::model::ops::IGNORE;
use crate::story::CastMember;
use crate::world::{FrameFacts, Region, Split};
use crate::writer::Processor;

/// Rows in turn that may turn out to be unusable before a run gives up.
const TRIES: usize = 20;

/// A batch, padded on the right.
pub struct Batch {
    pub pixels: Pixels,
    /// The tile of each picture that the rows read, in order: rows may share them.
    pub looks: Vec<u32>,
    /// (batch * seq)
    pub ids: Vec<u32>,
    /// Next-token labels of each position, [`IGNORE`] where none counts.
    pub labels: Vec<i64>,
    /// How much the word that follows each position counts, beside 1 for most; empty: all alike.
    pub emphasis: Vec<f32>,
    /// true where a position is a token and not padding.
    pub real: Vec<bool>,
    pub rows: usize,
    /// Facts of the tiles and where they show what, picture world only.
    pub facts: Vec<FrameFacts>,
    pub regions: Vec<Vec<Region>>,
    /// Where the rows name a picture, and where their prompts say who is who.
    pub marks: Vec<Mark>,
    pub introductions: Vec<Introduction>,
}

/// A place in a batch where a frame is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Among all tokens of the batch, (batch * seq).
    pub position: usize,
    /// The frame, by its place among the batch's facts.
    pub frame: usize,
    /// Names of the cast, by their places in `world::NAMES`; empty where the prompt gives none.
    pub cast: Vec<usize>,
}

/// A place in a batch where a prompt says who somebody is: at "fox" of "Mia the fox".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// Among all tokens of the batch, (batch * seq).
    pub position: usize,
    /// The name, by its place in `world::NAMES`.
    pub name: usize,
}

/// Where a run's examples come from.
pub struct Source {
    seed: u64,
    kinds: Vec<Kind>,
    /// Places in `kinds` by weight.
    weights: Vec<(usize, f64)>,
    asking: Asking,
    pad: u32,
    lost: Mutex<Lost>,
}

enum Kind {
    World(Tales),
    Rows(Rows),
}

/// Rows that could not be used when they were drawn: a picture is damaged, the words are too many for the model.
#[derive(Default)]
struct Lost {
    known: BTreeSet<(usize, usize)>,
    news: Vec<LeftOut>,
}

/// One example of the held-out part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exam {
    /// A tale by its number.
    Tale {
        kind: usize,
        number: u64,
    },
    Row {
        kind: usize,
        asked: Asked,
    },
}

impl Source {
    /// Opens everything that the recipe names; what each source holds, and every row that cannot be used.
    ///
    /// # Errors
    /// A source of which nothing can be used, or that cannot serve a stage.
    pub fn new(recipe: &Recipe, processor: Processor) -> Result<(Self, Vec<SourceReport>)> {
        let (mut kinds, mut reports) = (Vec::new(), Vec::new());
        for data in &recipe.data {
            let (window, opened) = match data {
                DataRecipe::World(world) => {
                    kinds.push(Kind::World(Tales { first_seed: world.first_seed, side: world.side }));
                    continue;
                }
                DataRecipe::Books(books) => (books.window, open_library(&books.folder).map_err(TrainError::Source)?),
                other => {
                    let Some((file, format)) = other.file() else { continue };
                    (None, open_rows(&file.file, &file.images, format).map_err(TrainError::Source)?)
                }
            };
            let mut report = SourceReport { name: data.name(), used: opened.rows.len(), ..Default::default() };
            report.left_out.clone_from(&opened.left_out);
            let rows = Rows::new(data.name(), opened, data.held_out(), window)?;
            recipe.stages.iter().try_for_each(|stage| rows.check(stage))?;
            report.held_out = rows.held_out();
            reports.push(report);
            kinds.push(Kind::Rows(rows));
        }
        let weights = recipe.data.iter().map(DataRecipe::weight).enumerate().collect();
        let pad = processor.pad();
        let asking = Asking::new(processor);
        Ok((Self { seed: recipe.seed, kinds, weights, asking, pad, lost: Mutex::default() }, reports))
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
        let mut batch = self.collate(examples)?;
        if stage.emphasis != 1.0 {
            let weight = |label: &i64| if self.asking.decided(*label) { stage.emphasis as f32 } else { 1.0 };
            batch.emphasis = batch.labels.iter().map(weight).collect();
        }
        Ok(batch)
    }

    fn example(&self, stage: &Stage, number: u64) -> Result<Example> {
        let kind = self.kind(number);
        let mut chance = self.chance(number);
        let rows = match &self.kinds[kind] {
            Kind::World(tales) => return tales.example(&self.asking, stage, number, Split::Train, &mut chance),
            Kind::Rows(rows) => rows,
        };
        let mut last = String::new();
        for _ in 0..TRIES {
            let frames = chance.random_range(stage.frames[0]..=stage.frames[1]);
            let asked = rows.draw(stage, frames, &mut chance)?;
            match self.row(rows, &asked)? {
                Ok(example) => return Ok(example),
                Err(reason) => {
                    last.clone_from(&reason);
                    self.lose(kind, rows, asked.row, &reason);
                }
            }
        }
        let what = format!("{TRIES} rows of {} in turn could not be used, the last because {last}", rows.name);
        Err(TrainError::Data(what))
    }

    fn chance(&self, number: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed.wrapping_mul(0x9E37_79B9).wrapping_add(number))
    }

    /// The source of an example, by weight; it takes nothing from the chance that the example itself is drawn with.
    fn kind(&self, number: u64) -> usize {
        let mut chance = self.chance(number);
        chance.set_stream(1);
        pick(&self.weights, chance.random()).unwrap_or(0)
    }

    /// What is asked of a row, or in words why it cannot be.
    fn row(&self, rows: &Rows, asked: &Asked) -> Result<std::result::Result<Example, String>> {
        let row = &rows.rows[asked.row];
        let mut tiles = Vec::new();
        for place in asked.range.clone() {
            match row.picture(place) {
                Ok(rgb) => tiles.extend(self.asking.processor.images.tiles(&rgb, false).tiles),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let layouts = self.asking.processor.layouts(&tiles);
        let reading = match (&row.words, asked.task) {
            (Words::Lines(lines), Some(task)) => {
                let plain = |text: &String| self.asking.plain(text);
                let first = asked.range.start;
                let told = lines.story.get(first.saturating_sub(3)..first).unwrap_or_default();
                let so_far = told.iter().map(plain).collect::<Vec<_>>().join("\n");
                let answers: Vec<String> = answers(row, task)[asked.range.clone()].iter().map(plain).collect();
                let member = |m: &CastMember| CastMember { name: plain(&m.name), species: plain(&m.species) };
                let cast: Vec<CastMember> = row.cast.iter().map(member).collect();
                self.asking.lines(task, &cast, &plain(&row.title), &so_far, (&answers, &layouts))?
            }
            (Words::Turns(turns), _) => {
                let messages: Vec<_> = turns.iter().map(|turn| self.asking.message(turn)).collect();
                self.asking.conversation(&messages, &layouts)?
            }
            (Words::Lines(_), None) => return Err(TrainError::Data(format!("{} brings no questions", row.id))),
        };
        if reading.ids.len() > self.asking.context() {
            let (tokens, most) = (reading.ids.len(), self.asking.context());
            return Ok(Err(format!("it has {tokens} tokens, and the model reads {most} together")));
        }
        Ok(Ok(Example { tiles, readings: Vec::from([reading]), ..Default::default() }))
    }

    /// Notes a row that could not be used, once.
    fn lose(&self, kind: usize, rows: &Rows, row: usize, reason: &str) {
        if let Ok(mut lost) = self.lost.lock()
            && lost.known.insert((kind, row))
        {
            lost.news.push(LeftOut::new(&rows.name, rows.numbers[row], &rows.rows[row].id, reason));
        }
    }

    /// Rows that could not be used since this was last asked.
    pub fn lost(&self) -> Vec<LeftOut> {
        self.lost.lock().map(|mut lost| std::mem::take(&mut lost.news)).unwrap_or_default()
    }

    /// The held-out examples by which a run is judged, at most about `most`, shared among the sources by weight: always the
    /// same ones for the same stage, whatever is trained on.
    pub fn examination(&self, stage: &Stage, most: usize) -> Vec<Exam> {
        let total: f64 = self.weights.iter().map(|(_, weight)| weight).sum();
        let mut exams = Vec::new();
        for (kind, weight) in &self.weights {
            let most = ((most as f64 * weight / total).round() as usize).max(1);
            match &self.kinds[*kind] {
                Kind::World(_) if stage.tasks.is_empty() && stage.questions == 0.0 => {}
                Kind::World(_) => exams.extend((0..most as u64).map(|number| Exam::Tale { kind: *kind, number })),
                Kind::Rows(rows) => {
                    let asked = rows.examination(stage).into_iter().take(most);
                    exams.extend(asked.map(|asked| Exam::Row { kind: *kind, asked }));
                }
            }
        }
        exams
    }

    /// How examples are written for the model under training.
    pub fn asking(&self) -> &Asking {
        &self.asking
    }

    /// One held-out example; `None` if it cannot be used.
    pub fn exam_example(&self, stage: &Stage, exam: &Exam) -> Result<Option<Example>> {
        match exam {
            Exam::Tale { kind, number } => match &self.kinds[*kind] {
                Kind::World(tales) => {
                    // Of its own seed, so that runs with other seeds are judged by the same tales.
                    let mut chance = ChaCha8Rng::seed_from_u64(*number);
                    tales.example(&self.asking, stage, *number, Split::HeldOut, &mut chance).map(Some)
                }
                Kind::Rows(_) => Ok(None),
            },
            Exam::Row { kind, asked } => match &self.kinds[*kind] {
                Kind::Rows(rows) => {
                    Ok(self.row(rows, asked)?.map_err(|why| self.lose(*kind, rows, asked.row, &why)).ok())
                }
                Kind::World(_) => Ok(None),
            },
        }
    }

    /// Held-out examples as a batch; `None` if none of them can be used.
    pub fn exam_batch(&self, stage: &Stage, exams: &[Exam]) -> Result<Option<Batch>> {
        let examples = exams.par_iter().map(|exam| self.exam_example(stage, exam)).collect::<Result<Vec<_>>>()?;
        let examples: Vec<Example> = examples.into_iter().flatten().collect();
        if examples.is_empty() { Ok(None) } else { self.collate(examples).map(Some) }
    }

    fn collate(&self, examples: Vec<Example>) -> Result<Batch> {
        let readings = || examples.iter().flat_map(|example| &example.readings);
        let seq = readings().map(|reading| reading.ids.len()).max().unwrap_or(0);
        let rows = readings().count();
        let mut batch = Batch {
            pixels: Pixels::default(),
            looks: Vec::new(),
            ids: Vec::with_capacity(rows * seq),
            labels: Vec::with_capacity(rows * seq),
            emphasis: Vec::new(),
            real: Vec::with_capacity(rows * seq),
            rows,
            facts: Vec::new(),
            regions: Vec::new(),
            marks: Vec::new(),
            introductions: Vec::new(),
        };
        let mut tiles = Vec::new();
        for example in examples {
            for reading in &example.readings {
                let (len, start) = (reading.ids.len(), batch.ids.len());
                for i in 0..seq {
                    batch.ids.push(*reading.ids.get(i).unwrap_or(&self.pad));
                    batch.real.push(i < len);
                    let counts = reading.answers.iter().any(|answer| answer.contains(&(i + 1)));
                    batch.labels.push(if counts { i64::from(reading.ids[i + 1]) } else { IGNORE });
                }
                batch.marks.extend(reading.marks.iter().map(|(at, picture)| Mark {
                    position: start + at,
                    frame: tiles.len() + reading.pictures.start + picture,
                    cast: reading.cast.clone(),
                }));
                let who = |&(at, name): &(usize, usize)| Introduction { position: start + at, name };
                batch.introductions.extend(reading.introductions.iter().map(who));
                batch.looks.extend(reading.pictures.clone().map(|picture| (tiles.len() + picture) as u32));
            }
            tiles.extend(example.tiles);
            batch.facts.extend(example.facts);
            batch.regions.extend(example.regions);
        }
        batch.pixels = self.asking.processor.images.pixels(&tiles, &Device::Cpu)?;
        Ok(batch)
    }
}
