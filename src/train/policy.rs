//! A policy that learns from rewards for its own stories: GRPO, Dr.GRPO, RLOO, REINFORCE++ and PPO, by the names that the
//! recipe gives to advantage, ratio, aggregation and divergence.
//!
//! A step: scenes are drawn and looked at, several stories are told about each, every story is given its worth, and the
//! policy is moved towards what was better than expected. Every story is kept in `rollouts.jsonl`.
//!
//! Left out: a moving vision tower, and scenes of other people's sequences.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use candle_core::{Device, Var};
use serde::{Deserialize, Serialize};

use super::adamw::{AdamW, Gradients};
use super::asking::Asking;
use super::course::{Course, Hearer, Line};
use super::credit::{LineOf, credit_lines, credit_words};
use super::descent::ancestor;
use super::error::Result;
use super::loss::{AdaptiveKl, advantages};
use super::policy_reader::Reader;
use super::policy_recipe::{Credit, PolicyRecipe};
use super::progress::StepLines;
use super::recipe_file;
use super::rewards::{Rewards, Worth};
use super::rollouts::{RolloutOrder, tell};
use super::scenes::scenes;
use super::sft::Ending;
use super::trainee::{Start, Trainee};
use crate::story::Lineage;
use crate::world::Split;

/// A story that was told in training, as `rollouts.jsonl` keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub step: usize,
    pub sequence: String,
    pub text: String,
    pub rewards: std::collections::BTreeMap<String, f64>,
    pub reward: f64,
    pub advantage: f64,
}

/// Name of the value head among what is trained.
const VALUE: &str = "value.weight";

/// Trains in the folder `run`, from its last checkpoint if it has one. `stop` is obeyed at the next step.
pub fn train(recipe: &PolicyRecipe, run: &Path, stop: &AtomicBool, hearer: &mut dyn Hearer) -> Result<Ending> {
    recipe_file::keep(recipe, run)?;
    let rates = recipe.rates;
    let start = Start {
        lora: recipe.lora.as_ref(),
        precision: recipe.precision,
        checkpointing: recipe.checkpointing,
        ..Start::of(&recipe.base, recipe.seed, rates)
    };
    let (trainee, processor) = Trainee::open(start, run)?;
    trainee.descend(&Lineage {
        kind: "policy".to_owned(),
        recipe: recipe.name.clone(),
        seed: recipe.seed,
        began_as: Some(ancestor(&recipe.base)?),
        votes: None,
        rewarded_by: recipe.reward.model.as_deref().map(ancestor).transpose()?,
    })?;
    let pad = processor.pad();
    let asking = Asking::new(processor);
    let reference = trainee.reference(recipe.precision)?;
    let rewards = Rewards::open(&recipe.reward, recipe.method.credit, &asking.processor, run)?;
    let mut vars = trainee.vars.clone();
    let value = match recipe.method.value {
        Some(_) => {
            let var = Var::zeros((1, trainee.config.text_config.hidden_size), candle_core::DType::F32, &Device::Cpu)?;
            vars.insert(VALUE.to_owned(), var.clone());
            Some(var)
        }
        None => None,
    };
    let mut optimiser = AdamW::new(vars, &recipe.optimiser);
    let mut course = Course::begin(run, &mut optimiser, (recipe.steps, recipe.save_every), stop, hearer)?;
    let mut kept = StepLines::open(&run.join("rollouts.jsonl"), course.state.step, |kept: &Kept| kept.step)?;
    let held_out = match recipe.evaluate_every {
        Some(_) => scenes(&trainee.model, &asking, &recipe.scenes, Split::HeldOut, (0, recipe.evaluate_on))?,
        None => Vec::new(),
    };
    let reader = Reader { model: &trainee.model, reference: &reference, value: value.as_ref(), pad, recipe };
    let look = |line: &mut Line, when: &str| -> Result<f64> {
        let greedy =
            RolloutOrder { stories: 1, temperature: 0.0, max_new_tokens: recipe.rollouts.max_new_tokens, seed: 0 };
        let told = tell(&trainee.model, &asking.processor, &held_out, greedy)?;
        let worth = rewards.of(&held_out, &told)?;
        let mean = mean(worth.iter().map(|worth| worth.total));
        line.note(&format!("held_out_reward{when}"), mean);
        Ok(mean)
    };
    let kl = recipe.method.kl.as_ref();
    let lines_of = LineOf::new(&asking.processor);
    while let Some(step) = course.next_step() {
        let mut line = Line { stage: "policy".to_owned(), ..Line::default() };
        if step == 0 && recipe.evaluate_every.is_some() {
            look(&mut line, "_before")?;
        }
        let first = (step * recipe.rollouts.scenes) as u64;
        let seen = scenes(&trainee.model, &asking, &recipe.scenes, Split::Train, (first, recipe.rollouts.scenes))?;
        let telling = RolloutOrder {
            stories: recipe.rollouts.stories,
            temperature: recipe.rollouts.temperature,
            max_new_tokens: recipe.rollouts.max_new_tokens,
            seed: recipe.seed.wrapping_mul(0x9E37_79B9).wrapping_add(step as u64 * 0x1_0000_0001),
        };
        let began = std::time::Instant::now();
        let told = tell(&trainee.model, &asking.processor, &seen, telling)?;
        let tokens: usize = told.iter().map(|story| story.tokens.len()).sum();
        line.note("telling_seconds", began.elapsed().as_secs_f64());
        line.note("tokens", tokens as f64);
        line.note("tokens_per_second", tokens as f64 / began.elapsed().as_secs_f64());
        let worth = rewards.of(&seen, &told)?;
        note_worth(&worth, &mut line);
        line.note("length", tokens as f64 / told.len().max(1) as f64);
        let kl_weight = course.state.kl_weight.or(kl.map(|kl| kl.weight)).unwrap_or(0.0);
        line.note("kl_weight", if kl.is_some() { kl_weight } else { f64::NAN });

        // What the reward model says is given to words one by one, or to the story as a whole.
        let by_word = if recipe.method.credit == Credit::Word { recipe.reward.model_weight } else { 0.0 };
        let totals: Vec<f64> = worth.iter().map(|worth| worth.total - by_word * worth.by_model()).collect();
        let scored = advantages(recipe.method.advantage, &totals, recipe.rollouts.stories);
        line.note("flat_groups", scored.flat);
        for ((story, worth), advantage) in told.iter().zip(&worth).zip(&scored.advantages) {
            let rewards = worth.parts.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
            let (sequence, text) = (seen[story.scene].name.clone(), story.text.clone());
            kept.write(&Kept { step: step + 1, sequence, text, rewards, reward: worth.total, advantage: *advantage })?;
        }
        let mut batch = reader.batch(&seen, &told, scored.advantages, kl_weight)?;
        match recipe.method.credit {
            Credit::Story => {}
            Credit::Line => credit_lines(&mut batch.advantages, &told, &worth, recipe, &lines_of),
            Credit::Word => credit_words(&mut batch.advantages, &worth),
        }
        if recipe.method.emphasis != 1.0 {
            for (row, story) in batch.advantages.iter_mut().zip(&told) {
                let decided = row.iter_mut().zip(&story.tokens).filter(|(_, token)| asking.decided(i64::from(**token)));
                decided.for_each(|(token, _)| *token *= recipe.method.emphasis);
            }
        }
        let updates = recipe.method.epochs * recipe.method.minibatches;
        let rate = recipe.rate(step);
        for update in 0..updates {
            let part = reader.minibatch(&batch, update);
            let mut gradients = Gradients::default();
            reader.learn(&batch, &part, &seen, kl_weight, &mut gradients, &optimiser, &mut line)?;
            if recipe.supervised > 0.0 {
                reader.supervise(&seen, &mut gradients, &optimiser, &mut line)?;
            }
            let rate_of = |name: &str| match (name, &recipe.method.value) {
                (VALUE, Some(value)) => rate * value.rate,
                _ => rate * rates.of(name),
            };
            course.learn(&mut optimiser, &gradients, rate_of, &mut line)?;
        }
        line.note("rate", rate);
        let moved = line.figures.get("kl").copied().unwrap_or(0.0);
        if let Some((kl, target)) = kl.and_then(|kl| Some((kl, kl.target?))) {
            let mut adaptive = AdaptiveKl { weight: kl_weight, target, horizon: kl.horizon };
            adaptive.follow(moved, told.len());
            course.state.kl_weight = Some(adaptive.weight);
        }
        if course.due(step, recipe.evaluate_every) {
            let value = look(&mut line, "")?;
            course.best(value, || trainee.save("best", optimiser.vars()))?;
        }
        if let Some(budget) = recipe.method.kl_budget.filter(|budget| moved > *budget) {
            course.finish(&format!(
                "after step {} the policy has moved {moved:.2} nats a story, beyond its budget of {budget}: the run ends here",
                step + 1
            ));
        }
        if let Some(ending) = course.end(&optimiser, line, || trainee.save("model", optimiser.vars()))? {
            return Ok(ending);
        }
    }
    Ok(Ending::Finished)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for value in values {
        sum += value;
        count += 1;
    }
    if count == 0 { f64::NAN } else { sum / f64::from(count) }
}

fn note_worth(worth: &[Worth], line: &mut Line) {
    line.note("reward", mean(worth.iter().map(|worth| worth.total)));
    let Some(first) = worth.first() else { return };
    for name in first.parts.keys() {
        // What is taken off is no reward.
        let figure = if name.starts_with("guard_") { (*name).to_owned() } else { format!("reward_{name}") };
        line.note(&figure, mean(worth.iter().filter_map(|worth| worth.parts.get(name).copied())));
    }
}
