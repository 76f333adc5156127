//! Supervised fine-tuning: masked cross-entropy on the answers, AdamW, warm-up and cosine, checkpoints, exact resume.
//!
//! The loss over held-out examples is taken on the way, where the recipe asks for it.
//!
//! Left out: preference losses and rewards, which are other recipes; what needs whole stories, which looks at the finished
//! folder.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};

use super::adamw::{AdamW, Gradients};
use super::attributes::{Attributes, Seen};
use super::checkpoint::{self, State};
use super::data_recipe::DataRecipe;
use super::error::{Result, TrainError};
use super::examples::{Batch, Exam, Source};
use super::files::write;
use super::fresh;
use super::progress::{LeftOutFile, Listener, Step, StepFile};
use super::recipe::{Recipe, Stage};
use crate::model::adapter::{Adapter, AdapterConfig, Targets};
use crate::model::families::idefics3::Idefics3;
use crate::model::llama::Rows;
use crate::model::ops::IGNORE;
use crate::model::params::{Params, Training};
use crate::model::weights::Weights;
use crate::writer::Processor;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Finished,
    /// Asked to stop; everything is saved.
    Stopped {
        step: usize,
    },
}

/// Trains in the folder `run`, from its last checkpoint if it has one. `stop` is obeyed at the next step.
pub fn train(recipe: &Recipe, run: &Path, stop: &AtomicBool, listener: &mut dyn Listener) -> Result<Ending> {
    write(
        &run.join("recipe.toml"),
        toml::to_string(recipe).map_err(|e| TrainError::Recipe(e.to_string()))?.as_bytes(),
    )?;
    let around = run.join("model-files");
    let weights = open_base(recipe, &around)?;
    let processor = Processor::open(&around)?;
    let config = processor.config.clone();
    let adapter = recipe.lora.as_ref().map(|lora| {
        let mut config = AdapterConfig::new(lora.r, lora.alpha, Targets::Names(lora.targets.clone()));
        config.use_rslora = lora.rank_stabilised;
        Adapter::fresh(config, recipe.seed)
    });
    let mut params = Params::new(weights.clone(), weights.dtype(), Device::Cpu).with_precision(recipe.precision);
    params = match &adapter {
        Some(adapter) => params.with_adapter(adapter.clone()).with_training(Training::Adapter),
        None => params.with_training(Training::Full(Box::new(|_| true))),
    };
    let model = Idefics3::load(&params, &config)?;
    let mut vars = params.trained();
    let heads = if recipe.stages.iter().any(|s| s.attributes > 0.0) {
        let params = Params::new(Weights::fresh(recipe.seed), DType::F32, Device::Cpu);
        let params = params.with_training(Training::Full(Box::new(|_| true)));
        let heads = Attributes::load(&params, config.text_config.hidden_size)?;
        vars.extend(params.trained());
        Some(heads)
    } else {
        None
    };
    let mut optimiser = AdamW::new(vars, &recipe.optimiser);
    let state = checkpoint::load_state(run, &mut optimiser)?.unwrap_or_default();
    let mut file = StepFile::open(run, state.step)?;
    let mut left_out = LeftOutFile::open(run)?;
    let (source, reports) = Source::new(recipe, processor)?;
    for report in &reports {
        left_out.write(&report.left_out)?;
        listener.opened(report);
    }
    // The last stage is what the run is for; by one measure all stages can be compared.
    let judged_by = recipe.stages.last().filter(|_| recipe.evaluate_every.is_some());
    let exams = judged_by.map(|stage| source.examination(stage, recipe.evaluate_on)).unwrap_or_default();
    if let (Some(_), true) = (judged_by, exams.is_empty()) {
        return Err(TrainError::Data("nothing is held out to evaluate on: raise held_out".into()));
    }

    let save = |optimiser: &AdamW, step: usize| -> Result<()> {
        checkpoint::save_state(run, optimiser, &State { step, updates: optimiser.steps })?;
        match &adapter {
            Some(adapter) => {
                let base = recipe.base.as_deref().unwrap_or(run).display().to_string();
                checkpoint::save_adapter(&run.join("adapter"), &adapter.config, &base, optimiser.vars())
            }
            None => checkpoint::save_model(&run.join("model"), &around, optimiser.vars(), vec![], DType::F16),
        }
    };

    let total = recipe.steps();
    let stopped = std::thread::scope(|scope| -> Result<Option<usize>> {
        // Drawing and reading the next batches goes on beside the step; the channel's bound is what may be waiting.
        let (sender, batches) = sync_channel::<Result<Batch>>(2);
        let source = &source;
        let first = state.step;
        scope.spawn(move || {
            for step in first..total {
                let Some((stage, _)) = recipe.stage_of(step) else { return };
                for part in 0..stage.accumulate {
                    if sender.send(source.batch(stage, step, part)).is_err() {
                        return;
                    }
                }
            }
        });
        for step in first..total {
            let Some((stage, in_stage)) = recipe.stage_of(step) else { break };
            let started = Instant::now();
            let mut gradients = Gradients::default();
            let mut report = Step { step: step + 1, of: total, stage: stage.name.clone(), ..Default::default() };
            if let (0, Some(stage)) = (step, judged_by) {
                report.held_out_before = held_out(&model, source, stage, &exams)?;
            }
            for _ in 0..stage.accumulate {
                let batch = match batches.recv() {
                    Ok(batch) => batch?,
                    Err(_) => return Err(TrainError::Data("the thread that makes batches has ended".into())),
                };
                let loss = loss(&model, heads.as_ref(), &batch, stage, &mut report)?;
                let store = loss.backward()?;
                gradients.add(optimiser.vars(), &store, 1.0 / stage.accumulate as f32)?;
            }
            report.rate = stage.rate(in_stage);
            report.norm = gradients.norm();
            let bad = |x: &f32| !x.is_finite();
            if let Some(loss) = report.loss.into_iter().chain(report.attributes).find(bad) {
                return Err(TrainError::Diverged { step: step + 1, loss });
            }
            if !report.norm.is_finite() {
                return Err(TrainError::Diverged { step: step + 1, loss: f32::NAN });
            }
            optimiser.step(&gradients, report.rate, false)?;
            report.seconds = started.elapsed().as_secs_f64();
            let every = recipe.evaluate_every.filter(|every| (step + 1) % every == 0 || step + 1 == total);
            if let (Some(_), Some(stage)) = (every, judged_by) {
                report.held_out = held_out(&model, source, stage, &exams)?;
            }
            let lost = source.lost();
            left_out.write(&lost)?;
            lost.iter().for_each(|row| listener.left_out(row));
            file.write(&report)?;
            listener.step(&report);
            let asked = stop.load(Ordering::Relaxed) || run.join("stop").exists();
            if asked || (step + 1) % recipe.save_every == 0 || step + 1 == total {
                save(&optimiser, step + 1)?;
                listener.saved(step + 1);
            }
            if asked {
                let _ = std::fs::remove_file(run.join("stop"));
                return Ok(Some(step + 1));
            }
        }
        Ok(None)
    })?;
    Ok(stopped.map_or(Ending::Finished, |step| Ending::Stopped { step }))
}

/// The model's files around the weights are copied into the run, so that the run stays whole when the base moves.
fn open_base(recipe: &Recipe, around: &Path) -> Result<Weights> {
    if let Some(fresh) = &recipe.fresh {
        if !around.join("config.json").exists() {
            let world = recipe.data.iter().find_map(|data| match data {
                DataRecipe::World(world) => Some(world.first_seed),
                _ => None,
            });
            fresh::lay_out(around, fresh, world.unwrap_or(0))?;
        }
        return Ok(Weights::fresh(recipe.seed));
    }
    let base = recipe.base.as_deref().unwrap_or(around);
    let fail = |source| TrainError::File { path: around.to_owned(), source };
    std::fs::create_dir_all(around).map_err(fail)?;
    let entries = std::fs::read_dir(base).map_err(|source| TrainError::File { path: base.to_owned(), source })?;
    for entry in entries.filter_map(|e| Some(e.ok()?.path())) {
        let weights = entry.extension().is_some_and(|e| e == "safetensors");
        if let (true, false, Some(name)) = (entry.is_file(), weights, entry.file_name()) {
            std::fs::copy(&entry, around.join(name)).map_err(fail)?;
        }
    }
    Ok(Weights::open(base)?)
}

/// The loss of one batch: words, attributes, or both by the stage's weight.
fn loss(
    model: &Idefics3,
    heads: Option<&Attributes>,
    batch: &Batch,
    stage: &Stage,
    report: &mut Step,
) -> Result<Tensor> {
    let features = model.image_features(&batch.pixels)?;
    report.frames += features.dim(0)?;
    let mut sum: Option<Tensor> = None;
    if let (Some(heads), true) = (heads, stage.attributes > 0.0) {
        let (loss, seen) = heads.loss(&features, &batch.facts)?;
        report.attributes = Some(loss.to_scalar::<f32>()?);
        let Seen { species, emotion, place, accessory, hue, thing } = seen;
        (report.species, report.emotion, report.place) = (Some(species), Some(emotion), Some(place));
        (report.accessory, report.hue, report.thing) = (Some(accessory), Some(hue), Some(thing));
        sum = Some((loss * stage.attributes)?);
    }
    if !batch.ids.is_empty() {
        let loss = words(model, batch, &features.flatten_to(1)?)?;
        report.loss = Some(loss.to_scalar::<f32>()?);
        report.tokens += batch.labels.iter().filter(|l| **l != IGNORE).count();
        sum = Some(match sum {
            Some(other) => (other + loss)?,
            None => loss,
        });
    }
    sum.ok_or_else(|| TrainError::Recipe(format!("stage '{}' trains nothing", stage.name)))
}

/// Mean negative log-likelihood over the answers of held-out examples, nats a token; `None` if none could be read.
fn held_out(model: &Idefics3, source: &Source, stage: &Stage, exams: &[Exam]) -> Result<Option<f32>> {
    let (mut sum, mut tokens) = (0.0, 0);
    for part in exams.chunks(stage.batch) {
        let Some(batch) = source.exam_batch(stage, part)? else { continue };
        let features = model.image_features(&batch.pixels)?.flatten_to(1)?;
        let count = batch.labels.iter().filter(|l| **l != IGNORE).count();
        sum += f64::from(words(model, &batch, &features)?.to_scalar::<f32>()?) * count as f64;
        tokens += count;
    }
    Ok((tokens > 0).then(|| (sum / tokens as f64) as f32))
}

/// Mean negative log-likelihood of the labelled tokens of a batch, nats. `features` (rows, hidden) in order.
pub fn words(model: &Idefics3, batch: &Batch, features: &Tensor) -> Result<Tensor> {
    let seq = batch.ids.len() / batch.rows.max(1);
    let embeddings = model.embed(&batch.ids, batch.rows, Some(features))?;
    let hidden = model.hidden(&embeddings, &Rows::padded(&batch.real, seq), None, None)?;
    let labels = Arc::new(batch.labels.clone());
    let count = labels.iter().filter(|l| **l != IGNORE).count().max(1) as f64;
    let nll = model.token_nll(&hidden.flatten_to(1)?, &labels)?;
    Ok((nll.sum_all()? / count)?)
}
