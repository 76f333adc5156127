//! Supervised fine-tuning: masked cross-entropy on the answers, AdamW, warm-up and cosine, checkpoints, exact resume.
//!
//! The loss over held-out examples is taken on the way, where the recipe asks for it.
//!
//! Left out: preference losses and rewards, which are other recipes; what needs whole stories, which looks at the finished
//! folder.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};

use super::adamw::{AdamW, Gradients};
use super::attributes::{Attributes, Seen};
use super::checkpoint::{self, State};
use super::data_recipe::DataRecipe;
use super::descent::ancestor;
use super::error::{Result, TrainError};
use super::examiner::Examiner;
use super::examples::{Batch, Source};
use super::files::write;
use super::model_part::ModelPart;
use super::pointing::Pointing;
use super::progress::{LeftOutFile, Listener, Step, StepLines};
use super::recalling::{Recalled, Recalling};
use super::recipe::{Recipe, Stage};
use super::recipe_file;
use super::trainee::{Start, Trainee};
use super::word_loss::words_and_states;
use crate::model::ops::IGNORE;
use crate::model::params::{Params, Training};
use crate::model::vision_language::VisionLanguage;
use crate::model::weights::Weights;
use crate::story::Lineage;

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
    recipe_file::keep(recipe, run)?;
    let stages = recipe.stages.clone();
    let start = Start {
        base: recipe.base.as_deref(),
        fresh: recipe.fresh.as_ref().map(|fresh| (fresh, first_seed(recipe))),
        seed: recipe.seed,
        lora: recipe.lora.as_ref(),
        precision: recipe.precision,
        checkpointing: recipe.checkpointing,
        // What no stage trains gets no gradient, no moments and no copy.
        trains: Box::new(move |name| stages.iter().any(|stage| stage.rates.of(name) > 0.0)),
    };
    let (trainee, processor) = Trainee::open(start, run)?;
    trainee.descend(&Lineage {
        kind: "sft".to_owned(),
        recipe: recipe.name.clone(),
        seed: recipe.seed,
        began_as: recipe.base.as_deref().map(ancestor).transpose()?,
        votes: None,
        rewarded_by: None,
    })?;
    let (model, config) = (&trainee.model, &trainee.config);
    let mut vars = trainee.vars.clone();
    let heads = if recipe.stages.iter().any(|s| s.attributes > 0.0 || s.recall > 0.0) {
        let params = Params::new(Weights::fresh(recipe.seed), DType::F32, Device::Cpu);
        let params = params.with_training(Training::Full(Box::new(|_| true)));
        let (vision, side) = (config.vision_config.hidden_size, config.vision_config.side);
        let heads = Heads {
            frames: Attributes::load(&params, "attributes", config.text_config.hidden_size)?,
            patches: Pointing::load(&params, vision, side)?,
            recall: Recalling::load(&params, config.text_config.hidden_size)?,
        };
        vars.extend(params.trained());
        Some(heads)
    } else {
        None
    };
    let mut optimiser = AdamW::new(vars, &recipe.optimiser);
    let mut state = checkpoint::load_state(run, &mut optimiser)?.unwrap_or_default();
    let mut file = StepLines::open(&run.join("steps.jsonl"), state.step, |step: &Step| step.step)?;
    let mut left_out = LeftOutFile::open(run)?;
    let (source, reports) = Source::new(recipe, processor)?;
    for report in &reports {
        left_out.write(&report.left_out)?;
        listener.opened(report);
    }
    // The last stage is what the run is for; by one measure all stages can be compared.
    let judged_by = recipe.stages.last().filter(|_| recipe.evaluate_every.is_some());
    let counts = (recipe.evaluate_on, recipe.samples);
    let mut examiner = judged_by.map(|stage| Examiner::new(&source, stage, counts, run, state.step)).transpose()?;

    let save_weights = |optimiser: &AdamW, folder: &str, state: &State| -> Result<()> {
        trainee.save(folder, optimiser.vars())?;
        // Beside the best weights stands how good they were.
        match (folder, state.best) {
            ("best", Some((held_out, step))) => {
                let line = serde_json::json!({ "step": step, "held_out": held_out });
                write(&run.join("best.json"), format!("{line}\n").as_bytes())
            }
            _ => Ok(()),
        }
    };
    let save = |optimiser: &AdamW, state: &State| -> Result<()> {
        checkpoint::save_state(run, optimiser, state)?;
        save_weights(optimiser, "model", state)
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
            if in_stage == 0 && !stage.anew.is_empty() {
                begin_anew(&mut optimiser, stage, recipe.seed)?;
            }
            let mut gradients = Gradients::default();
            let mut report = Step { step: step + 1, of: total, stage: stage.name.clone(), ..Default::default() };
            if let (0, Some(examiner)) = (step, &examiner) {
                report.held_out_before = examiner.loss(model)?;
            }
            for _ in 0..stage.accumulate {
                let batch = match batches.recv() {
                    Ok(batch) => batch?,
                    Err(_) => return Err(TrainError::Data("the thread that makes batches has ended".into())),
                };
                let loss = loss(model, heads.as_ref(), &batch, stage, &mut report)?;
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
            optimiser.step_by(&gradients, |name| report.rate * stage.rates.of(name), false)?;
            report.seconds = started.elapsed().as_secs_f64();
            let every = recipe.evaluate_every.filter(|every| (step + 1) % every == 0 || step + 1 == total);
            if let (Some(_), Some(examiner)) = (every, &mut examiner) {
                let looking = Instant::now();
                report.held_out = examiner.loss(model)?;
                examiner.sample(model, step + 1)?;
                report.evaluation_seconds = Some(looking.elapsed().as_secs_f64());
                if let Some(loss) = report.held_out.filter(|loss| state.best.is_none_or(|(best, _)| *loss < best)) {
                    state.best = Some((loss, step + 1));
                    save_weights(&optimiser, "best", &state)?;
                }
            }
            let lost = source.lost();
            left_out.write(&lost)?;
            lost.iter().for_each(|row| listener.left_out(row));
            file.write(&report)?;
            listener.step(&report);
            let asked = stop.load(Ordering::Relaxed) || run.join("stop").exists();
            if asked || (step + 1) % recipe.save_every == 0 || step + 1 == total {
                (state.step, state.updates) = (step + 1, optimiser.steps);
                save(&optimiser, &state)?;
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

/// Throws away the parts that a stage lists; the heads over words go with the text model.
fn begin_anew(optimiser: &mut AdamW, stage: &Stage, seed: u64) -> Result<()> {
    let first = Weights::fresh(seed);
    optimiser.begin_anew(|name, var| {
        let heads = name.starts_with("attributes.");
        let listed = stage.anew.contains(&ModelPart::of(name)) && (!heads || name.contains(".recall"));
        Ok(if listed { Some(first.get(name, var.dims(), &Device::Cpu)?) } else { None })
    })
}

/// The first tale of the picture world that a recipe names.
fn first_seed(recipe: &Recipe) -> u64 {
    let seed = |data: &DataRecipe| match data {
        DataRecipe::World(world) => Some(world.first_seed),
        _ => None,
    };
    recipe.data.iter().find_map(seed).unwrap_or(0)
}

/// What teaches to see and to recall, and is thrown away.
struct Heads {
    frames: Attributes,
    patches: Pointing,
    recall: Recalling,
}

/// The loss of one batch: words, attributes, or both by the stage's weight.
fn loss(
    model: &VisionLanguage,
    heads: Option<&Heads>,
    batch: &Batch,
    stage: &Stage,
    report: &mut Step,
) -> Result<Tensor> {
    let mut patches = model.patch_features(&batch.pixels)?;
    if stage.rates.vision == 0.0 {
        // Nothing below needs a gradient: the tower is only looked through.
        patches = patches.detach();
    }
    let features = model.connect(&patches)?;
    report.frames += features.grids.len();
    let mut sum: Option<Tensor> = None;
    if let (Some(heads), true) = (heads, stage.attributes > 0.0) {
        let (by_frame, seen) = heads.frames.loss(&features.by_picture()?, &batch.facts)?;
        let (by_patch, emotion_patches) = heads.patches.loss(&patches.by_picture()?, &batch.facts, &batch.regions)?;
        report.attributes = Some(by_frame.to_scalar::<f32>()?);
        report.patches = Some(by_patch.to_scalar::<f32>()?);
        report.emotion_patches = Some(emotion_patches);
        let Seen { species, emotion, place, accessory, hue, thing } = seen;
        (report.species, report.emotion, report.place) = (Some(species), Some(emotion), Some(place));
        (report.accessory, report.hue, report.thing) = (Some(accessory), Some(hue), Some(thing));
        sum = Some(((by_frame + by_patch)? * stage.attributes)?);
    }
    if !batch.ids.is_empty() {
        let (states, loss) = words_and_states(model, batch, &features)?;
        report.loss = Some(loss.plain.to_scalar::<f32>()?);
        let loss = loss.trained;
        if let (Some(heads), true) = (heads, stage.recall > 0.0)
            && let Some(Recalled { loss, seen, named, introduced }) = heads.recall.loss(&states, batch)?
        {
            report.recall = Some(loss.to_scalar::<f32>()?);
            report.recalled = Some([seen.emotion, seen.place, named, introduced]);
            let loss = (loss * stage.recall)?;
            sum = Some(match sum {
                Some(other) => (other + loss)?,
                None => loss,
            });
        }
        report.tokens += batch.labels.iter().filter(|l| **l != IGNORE).count();
        sum = Some(match sum {
            Some(other) => (other + loss)?,
            None => loss,
        });
    }
    sum.ok_or_else(|| TrainError::Recipe(format!("stage '{}' trains nothing", stage.name)))
}
