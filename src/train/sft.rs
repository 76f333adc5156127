//! Supervised fine-tuning: masked cross-entropy on the answers, AdamW, warm-up and cosine, checkpoints, exact resume.
//!
//! The loss over held-out examples is taken on the way, where the recipe asks for it.
//!
//! Left out: preference losses and rewards, which are other recipes; what needs whole stories, which looks at the finished
//! folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};

use super::adamw::{AdamW, Gradients};
use super::attributes::{Attributes, Seen};
use super::checkpoint::{self, State};
use super::data_recipe::DataRecipe;
use super::error::{Result, TrainError};
use super::examiner::Examiner;
use super::examples::{Batch, Source};
use super::files::write;
use super::fresh;
use super::pointing::Pointing;
use super::progress::{LeftOutFile, Listener, Step, StepLines};
use super::recalling::{Recalled, Recalling};
use super::recipe::{LoraRecipe, ModelPart, Recipe, Stage};
use super::word_loss::words_and_states;
use crate::model::adapter::{Adapter, AdapterConfig, Targets};
use crate::model::families::idefics3::Idefics3;
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
        let mut config = AdapterConfig::new(lora.r, lora.alpha, targets(lora));
        config.use_rslora = lora.rank_stabilised;
        Adapter::fresh(config, recipe.seed)
    });
    let mut params = Params::new(weights.clone(), weights.dtype(), Device::Cpu).with_precision(recipe.precision);
    params = params.with_checkpointing(recipe.checkpointing);
    params = match &adapter {
        Some(adapter) => params.with_adapter(adapter.clone()).with_training(Training::Adapter),
        None => {
            // What no stage trains gets no gradient, no moments and no copy.
            let stages = recipe.stages.clone();
            let trains = move |name: &str| stages.iter().any(|stage| stage.rates.of(name) > 0.0);
            params.with_training(Training::Full(Box::new(trains)))
        }
    };
    let model = Idefics3::load(&params, &config)?;
    let mut vars = params.trained();
    let heads = if recipe.stages.iter().any(|s| s.attributes > 0.0 || s.recall > 0.0) {
        let params = Params::new(Weights::fresh(recipe.seed), DType::F32, Device::Cpu);
        let params = params.with_training(Training::Full(Box::new(|_| true)));
        let (vision, side) = (config.vision_config.hidden_size, config.vision_config.side());
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
    let untouched = untouched(&weights, &recipe.base, optimiser.vars())?;

    let save_weights = |optimiser: &AdamW, folder: &str, state: &State| -> Result<()> {
        match &adapter {
            Some(adapter) => {
                let base = recipe.base.as_deref().unwrap_or(run).display().to_string();
                let folder = if folder == "model" { "adapter" } else { folder };
                checkpoint::save_adapter(&run.join(folder), &adapter.config, &base, optimiser.vars())
            }
            None => {
                let (vars, dtype) = (optimiser.vars(), DType::F16);
                checkpoint::save_model(&run.join(folder), &around, vars, untouched.clone(), dtype)
            }
        }?;
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
                report.held_out_before = examiner.loss(&model)?;
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
            optimiser.step_by(&gradients, |name| report.rate * stage.rates.of(name), false)?;
            report.seconds = started.elapsed().as_secs_f64();
            let every = recipe.evaluate_every.filter(|every| (step + 1) % every == 0 || step + 1 == total);
            if let (Some(_), Some(examiner)) = (every, &mut examiner) {
                let looking = Instant::now();
                report.held_out = examiner.loss(&model)?;
                examiner.sample(&model, step + 1)?;
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

/// Modules that get an adapter: the targets of the recipe, in the parts that it names.
fn targets(lora: &LoraRecipe) -> Targets {
    if lora.parts.len() == ModelPart::ALL.len() {
        return Targets::Names(lora.targets.clone());
    }
    let parts: Vec<&str> = lora.parts.iter().map(|part| part.module()).collect();
    let names: Vec<String> = lora.targets.iter().map(|name| regex::escape(name)).collect();
    Targets::Pattern(format!(r"(.*\.)?({})\.(.*\.)?({})", parts.join("|"), names.join("|")))
}

/// Tensors of the base that no stage trains, as they are stored; none for an adapter, which stands beside its base.
fn untouched(
    weights: &Weights,
    base: &Option<PathBuf>,
    trained: &BTreeMap<String, Var>,
) -> Result<Vec<(String, Tensor)>> {
    if base.is_none() {
        return Ok(Vec::new());
    }
    let left = weights.names().into_iter().filter(|name| !trained.contains_key(name));
    left.map(|name| Ok((name.clone(), weights.any(&name, &Device::Cpu)?))).collect()
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

/// What teaches to see and to recall, and is thrown away.
struct Heads {
    frames: Attributes,
    patches: Pointing,
    recall: Recalling,
}

/// The loss of one batch: words, attributes, or both by the stage's weight.
fn loss(model: &Idefics3, heads: Option<&Heads>, batch: &Batch, stage: &Stage, report: &mut Step) -> Result<Tensor> {
    let mut patches = model.patch_features(&batch.pixels)?;
    if stage.rates.vision == 0.0 {
        // Nothing below needs a gradient: the tower is only looked through.
        patches = patches.detach();
    }
    let features = model.connect(&patches)?;
    report.frames += features.dim(0)?;
    let mut sum: Option<Tensor> = None;
    if let (Some(heads), true) = (heads, stage.attributes > 0.0) {
        let (by_frame, seen) = heads.frames.loss(&features, &batch.facts)?;
        let (by_patch, emotion_patches) = heads.patches.loss(&patches, &batch.facts, &batch.regions)?;
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
