//! Looks at a run on the way: the loss over held-out examples, and what the model says about a few of them, kept in
//! `samples.jsonl` beside what it should have said.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::examples::{Exam, Source};
use super::progress::StepLines;
use super::recipe::Stage;
use super::word_loss::words;
use crate::model::ops::IGNORE;
use crate::model::vision_language::VisionLanguage;
use crate::story::{Gaze, Sampling};
use crate::writer::Processor;
use crate::writer::generation::{Generation, Reading, Wanted};

/// What the model said about one held-out example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Steps done.
    pub step: usize,
    /// Which of the held-out examples, from 1.
    pub example: usize,
    pub asked: String,
    pub said: String,
    /// What the data says.
    pub wanted: String,
}

/// Tokens that an answer may have beyond the one that the data gives.
const SPARE: usize = 32;

/// The held-out examples of a run and how they are asked.
pub struct Examiner<'a> {
    source: &'a Source,
    stage: &'a Stage,
    exams: Vec<Exam>,
    samples: usize,
    file: StepLines,
}

impl<'a> Examiner<'a> {
    /// At most about `most` examples, of which `samples` are answered in words. `from`: the step that the run goes on from.
    ///
    /// # Errors
    /// Nothing is held out.
    pub fn new(
        source: &'a Source,
        stage: &'a Stage,
        (most, samples): (usize, usize),
        run: &Path,
        from: usize,
    ) -> Result<Self> {
        let exams = source.examination(stage, most);
        if exams.is_empty() {
            return Err(TrainError::Data("nothing is held out to evaluate on: raise held_out".into()));
        }
        let file = StepLines::open(&run.join("samples.jsonl"), from, |sample: &Sample| sample.step)?;
        Ok(Self { source, stage, exams, samples, file })
    }

    /// Mean negative log-likelihood over the answers, nats a token; `None` if none of the examples could be read.
    pub fn loss(&self, model: &VisionLanguage) -> Result<Option<f32>> {
        let (mut sum, mut tokens) = (0.0, 0);
        for part in self.exams.chunks(self.stage.batch) {
            let Some(batch) = self.source.exam_batch(self.stage, part)? else { continue };
            let features = model.image_features(&batch.pixels)?;
            let count = batch.labels.iter().filter(|l| **l != IGNORE).count();
            sum += f64::from(words(model, &batch, &features)?.to_scalar::<f32>()?) * count as f64;
            tokens += count;
        }
        Ok((tokens > 0).then(|| (sum / tokens as f64) as f32))
    }

    /// Asks for the samples, greedily, and keeps them.
    pub fn sample(&mut self, model: &VisionLanguage, step: usize) -> Result<()> {
        let processor = &self.source.asking().processor;
        for (at, exam) in self.exams.iter().take(self.samples).enumerate() {
            let Some(example) = self.source.exam_example(self.stage, exam)? else { continue };
            let Some(reading) = example.readings.first() else { continue };
            let Some(answer) = reading.answers.first().cloned() else { continue };
            let tiles = &example.tiles[reading.pictures.clone()];
            let pixels = processor.images.pixels(tiles, &candle_core::Device::Cpu)?;
            let features = Some(model.image_features(&pixels)?.detach());
            let prompt =
                Reading { ids: reading.ids[..answer.start].to_vec(), features, frames: vec![], layouts: vec![] };
            let said = tell(model, processor, prompt, answer.len() + SPARE)?;
            let text = |ids: &[u32]| {
                let failed = |e: tokenizers::Error| TrainError::Data(e.to_string());
                processor.tokenizer.decode(ids, true).map(|text| text.trim().to_owned()).map_err(failed)
            };
            let (asked, wanted) = (text(&reading.ids[..answer.start])?, text(&reading.ids[answer])?);
            self.file.write(&Sample { step, example: at + 1, asked, said: said.trim().to_owned(), wanted })?;
        }
        Ok(())
    }
}

fn tell(model: &VisionLanguage, processor: &Processor, prompt: Reading, most: usize) -> Result<String> {
    let wanted = Wanted {
        sampling: Sampling { temperature: 0.0, max_new_tokens: most, ..Sampling::default() },
        stories: 1,
        ends: processor.generation.ends(),
        suppressed: processor.generation.suppressed(),
        alternatives: 0,
        gaze: Gaze::Off,
        opening: vec![],
        alone: false,
    };
    let mut generation = Generation::start(model, &processor.tokenizer, prompt, wanted)?;
    for piece in generation.by_ref() {
        piece?;
    }
    Ok(generation.end().into_iter().next().map(|ended| ended.text).unwrap_or_default())
}
