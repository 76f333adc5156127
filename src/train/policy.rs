//! A policy that learns from rewards for its own stories: GRPO, Dr.GRPO, RLOO, REINFORCE++ and PPO, by the names that the
//! recipe gives to advantage, ratio, aggregation and divergence.
//!
//! A step: scenes are drawn and looked at, several stories are told about each, every story is given its worth, and the
//! policy is moved towards what was better than expected. Every story is kept in `rollouts.jsonl`.
//!
//! Left out: a moving vision tower, and scenes of other people's sequences.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use candle_core::{Device, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::adamw::{AdamW, Gradients};
use super::asking::Asking;
use super::course::{Course, Hearer, Line};
use super::error::{Result, TrainError};
use super::files::write;
use super::loss::{Advantage, Estimates, PerToken, Whole, advantages, gae, returns, value_loss, whiten};
use super::policy_recipe::{Credit, KlPlace, PolicyRecipe, ValueRecipe};
use super::progress::StepLines;
use super::rewards::{Rewards, Worth};
use super::rollouts::{Rollout, Scene, Telling, tell};
use super::scenes::scenes;
use super::sft::Ending;
use super::trainee::{Start, Trainee};
use crate::model::families::idefics3::Idefics3;
use crate::model::told::{Page, Told, along};
use crate::world::Split;
use crate::writer::Processor;

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
    write(
        &run.join("recipe.toml"),
        toml::to_string(recipe).map_err(|e| TrainError::Recipe(e.to_string()))?.as_bytes(),
    )?;
    let rates = recipe.rates;
    let start = Start {
        base: Some(&recipe.base),
        fresh: None,
        seed: recipe.seed,
        lora: recipe.lora.as_ref(),
        precision: recipe.precision,
        checkpointing: recipe.checkpointing,
        trains: Box::new(move |name| rates.of(name) > 0.0),
    };
    let (trainee, processor) = Trainee::open(start, run)?;
    let pad = processor.pad();
    let asking = Asking::new(processor);
    let reference = trainee.reference(recipe.precision)?;
    let rewards = Rewards::open(&recipe.reward)?;
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
        let greedy = Telling { stories: 1, temperature: 0.0, max_new_tokens: recipe.rollouts.max_new_tokens, seed: 0 };
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
        let telling = Telling {
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

        let totals: Vec<f64> = worth.iter().map(|worth| worth.total).collect();
        let scored = advantages(recipe.method.advantage, &totals, recipe.rollouts.stories);
        line.note("flat_groups", scored.flat);
        for ((story, worth), advantage) in told.iter().zip(&worth).zip(&scored.advantages) {
            let rewards = worth.parts.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
            let (sequence, text) = (seen[story.scene].name.clone(), story.text.clone());
            kept.write(&Kept { step: step + 1, sequence, text, rewards, reward: worth.total, advantage: *advantage })?;
        }
        let mut batch = reader.batch(&seen, &told, scored.advantages, kl_weight)?;
        if recipe.method.credit == Credit::Line {
            credit_lines(&mut batch.advantages, &told, &worth, recipe, &lines_of);
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
            let mut adaptive = super::loss::AdaptiveKl { weight: kl_weight, target, horizon: kl.horizon };
            adaptive.follow(moved, told.len());
            course.state.kl_weight = Some(adaptive.weight);
        }
        if course.due(step, recipe.evaluate_every) {
            let value = look(&mut line, "")?;
            course.best(value, || trainee.save("best", optimiser.vars()))?;
        }
        let over = recipe.method.kl_budget.filter(|budget| moved > *budget);
        if let Some(ending) = course.end(&optimiser, line, || trainee.save("model", optimiser.vars()))? {
            return Ok(ending);
        }
        if let Some(budget) = over {
            course.word(&format!(
                "after step {} the policy has moved {moved:.2} nats a story, beyond its budget of {budget}: the run ends here",
                step + 1
            ));
            trainee.save("model", optimiser.vars())?;
            break;
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
        line.note(&format!("reward_{name}"), mean(worth.iter().filter_map(|worth| worth.parts.get(name).copied())));
    }
}

/// Adds to each token's advantage that of its own line among the same lines of the scene's other stories.
fn credit_lines(advantage: &mut PerToken, told: &[Rollout], worth: &[Worth], recipe: &PolicyRecipe, line_of: &LineOf) {
    let group = recipe.rollouts.stories;
    for first in (0..told.len()).step_by(group) {
        let members = first..(first + group).min(told.len());
        let lines = members.clone().map(|at| worth[at].lines.len()).max().unwrap_or(0);
        for line in 0..lines {
            let values: Vec<f64> =
                members.clone().map(|at| worth[at].lines.get(line).copied().unwrap_or(f64::NAN)).collect();
            let gained = advantages(recipe.method.advantage, &values, group).advantages;
            for (at, gained) in members.clone().zip(gained) {
                let tokens = line_of.tokens(&told[at].tokens);
                let own = advantage[at].iter_mut().zip(tokens).filter(|(_, of)| *of == line);
                own.for_each(|(token, _)| *token += gained);
            }
        }
    }
}

/// Which line a token belongs to, by the markers that lines begin with.
struct LineOf(HashMap<u32, usize>);

impl LineOf {
    fn new(processor: &Processor) -> Self {
        let marker = |line: usize| Some((processor.tokenizer.token_to_id(&format!("<|frame_{}|>", line + 1))?, line));
        Self((0..64).filter_map(marker).collect())
    }

    fn tokens<'a>(&'a self, tokens: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        let mut line = 0;
        tokens.iter().map(move |token| {
            line = self.0.get(token).copied().unwrap_or(line);
            line
        })
    }
}

/// Stories of a step with all that the losses need of them, story by story.
struct Batch {
    told: Vec<Told>,
    advantages: PerToken,
    /// When they were told; empty where each is learnt from once, and now is then.
    then: PerToken,
    reference: PerToken,
    /// Of the value head, when they were told.
    values: PerToken,
    returns: PerToken,
}

/// Reads stories with the policy, its reference and the value head.
struct Reader<'a> {
    model: &'a Idefics3,
    reference: &'a Idefics3,
    value: Option<&'a Var>,
    pad: u32,
    recipe: &'a PolicyRecipe,
}

impl Reader<'_> {
    fn batch(&self, seen: &[Scene], told: &[Rollout], advantage: Vec<f64>, kl_weight: f64) -> Result<Batch> {
        let told: Vec<Told> =
            told.iter().map(|story| Told::new(&seen[story.scene].prompt, &story.tokens, story.scene)).collect();
        let method = &self.recipe.method;
        let costs_divergence = method.kl.as_ref().filter(|kl| kl.place == KlPlace::Reward);
        let several = method.epochs * method.minibatches > 1;
        let (mut then, mut reference, mut values) = (PerToken::new(), PerToken::new(), PerToken::new());
        for part in told.chunks(self.recipe.rows) {
            let (part, looks) = gathered(part, seen);
            let page = Page::read(self.reference, &part, &looks, self.pad)?;
            reference.extend(page.by_story(&page.log_probs(self.reference, self.recipe.rollouts.temperature)?)?);
            if several || costs_divergence.is_some() || self.value.is_some() {
                let page = Page::read(self.model, &part, &looks, self.pad)?;
                then.extend(page.by_story(&page.log_probs(self.model, self.recipe.rollouts.temperature)?)?);
                if let Some(value) = self.value {
                    values.extend(page.by_story(&estimates(&page, value)?)?);
                }
            }
        }
        let costs: PerToken = match costs_divergence {
            Some(kl) => {
                let token = |(now, reference): (&f64, &f64)| kl_weight * kl.estimator.of(*now, *reference).0;
                let row = |(now, reference): (&Vec<f64>, &Vec<f64>)| now.iter().zip(reference).map(token).collect();
                then.iter().zip(&reference).map(row).collect()
            }
            None => PerToken::new(),
        };
        let lengths: Vec<usize> = told.iter().map(|told| told.story.len()).collect();
        let mut batch =
            Batch { told, advantages: returns(&advantage, &lengths, &costs), then, reference, values, returns: vec![] };
        match (method.advantage, &method.value) {
            (Advantage::Gae, Some(how)) => expect(&mut batch, &advantage, &costs, how),
            (Advantage::ReinforcePlusPlus | Advantage::ReinforceBaseline, _) => whiten(&mut batch.advantages),
            _ => {}
        }
        Ok(batch)
    }

    /// The stories of an update: whole scenes, so that every part holds whole groups.
    fn minibatch(&self, batch: &Batch, update: usize) -> Vec<usize> {
        let parts = self.recipe.method.minibatches;
        let group = self.recipe.rollouts.stories;
        (0..batch.told.len()).filter(|at| (at / group) % parts == update % parts).collect()
    }

    /// Adds the gradients of the policy's loss, and of the value head's.
    #[allow(clippy::too_many_arguments, reason = "one place that reads, weighs and goes backward")]
    fn learn(
        &self,
        batch: &Batch,
        part: &[usize],
        seen: &[Scene],
        kl_weight: f64,
        gradients: &mut Gradients,
        optimiser: &AdamW,
        line: &mut Line,
    ) -> Result<()> {
        let loss = self.recipe.loss(kl_weight);
        let pick =
            |rows: &PerToken, at: &[usize]| -> PerToken { at.iter().filter_map(|at| rows.get(*at).cloned()).collect() };
        let whole = Whole::of(&pick(&batch.advantages, part));
        let (mut sum, mut clipped, mut kl, mut surprise) = (0.0, 0.0, 0.0, 0.0);
        for rows in part.chunks(self.recipe.rows) {
            let told: Vec<Told> = rows.iter().map(|at| batch.told[*at].clone()).collect();
            let (told, looks) = gathered(&told, seen);
            let page = Page::read(self.model, &told, &looks, self.pad)?;
            let flat = page.log_probs(self.model, self.recipe.rollouts.temperature)?;
            let now = page.by_story(&flat)?;
            let then = if batch.then.is_empty() { now.clone() } else { pick(&batch.then, rows) };
            let (reference, gain) = (pick(&batch.reference, rows), pick(&batch.advantages, rows));
            let (graded, held) = loss.of(&now, &then, &reference, &gain, whole);
            sum += graded.loss;
            clipped += held.clipped;
            kl += held.kl;
            surprise -= now.iter().flatten().sum::<f64>() / whole.tokens.max(1) as f64;
            let mut back = along(&flat, graded.slope.concat())?;
            if let (Some(value), Some(how)) = (self.value, &self.recipe.method.value) {
                let flat = estimates(&page, value)?;
                let (now, old, aim) = (page.by_story(&flat)?, pick(&batch.values, rows), pick(&batch.returns, rows));
                let share = now.iter().map(Vec::len).sum::<usize>() as f64 / whole.tokens.max(1) as f64;
                let graded = value_loss(&now, &old, &aim, how.clip);
                line.note("value_loss", graded.loss);
                let slopes = graded.slope.concat().into_iter().map(|slope| slope * share * how.weight);
                back = (back + along(&flat, slopes)?)?;
            }
            gradients.add(optimiser.vars(), &back.backward()?, 1.0)?;
        }
        line.note("loss", sum);
        line.note("clipped", clipped);
        // By token in the loss; a budget is for whole stories.
        line.note("kl", kl * whole.tokens as f64 / whole.stories.max(1) as f64);
        line.note("surprise", surprise);
        Ok(())
    }

    /// Adds the gradients of the supervised loss on the data's own stories.
    fn supervise(&self, seen: &[Scene], gradients: &mut Gradients, optimiser: &AdamW, line: &mut Line) -> Result<()> {
        let own: Vec<Told> = seen
            .iter()
            .enumerate()
            .filter(|(_, scene)| !scene.own.is_empty())
            .map(|(at, scene)| Told::new(&scene.prompt, &scene.own, at))
            .collect();
        let tokens = own.iter().map(|told| told.story.len()).sum::<usize>().max(1) as f64;
        let mut sum = 0.0;
        for part in own.chunks(self.recipe.rows) {
            let (part, looks) = gathered(part, seen);
            let page = Page::read(self.model, &part, &looks, self.pad)?;
            let loss = (page.log_probs(self.model, 1.0)?.sum_all()? * (-1.0 / tokens))?;
            sum += f64::from(loss.to_scalar::<f32>()?);
            gradients.add(optimiser.vars(), &loss.backward()?, self.recipe.supervised as f32)?;
        }
        line.note("supervised_loss", sum);
        Ok(())
    }
}

/// The stories of a pass with the looks that they need and no other.
fn gathered(told: &[Told], seen: &[Scene]) -> (Vec<Told>, Vec<Tensor>) {
    let mut scenes: Vec<usize> = told.iter().map(|told| told.look).collect();
    scenes.dedup();
    let place = |look: usize| scenes.iter().position(|scene| *scene == look).unwrap_or(0);
    let told = told.iter().map(|told| Told { look: place(told.look), ..told.clone() }).collect();
    (told, scenes.iter().map(|scene| seen[*scene].look.clone()).collect())
}

/// What the value head expects before each of the stories' tokens.
fn estimates(page: &Page, value: &Var) -> Result<Tensor> {
    Ok(page.states_before()?.matmul(&value.as_tensor().t()?)?.squeeze(1)?)
}

/// Advantages and returns by the value head: a story's reward comes with its last token, divergence with each.
fn expect(batch: &mut Batch, rewards: &[f64], costs: &PerToken, how: &ValueRecipe) {
    batch.advantages.clear();
    for (at, values) in batch.values.iter().enumerate() {
        let mut paid: Vec<f64> = costs.get(at).map_or(vec![0.0; values.len()], |row| row.iter().map(|c| -c).collect());
        if let Some(last) = paid.last_mut() {
            *last += if rewards[at].is_nan() { 0.0 } else { rewards[at] };
        }
        let Estimates { advantages, returns } = gae(&paid, values, how.decay, how.trace);
        batch.advantages.push(advantages);
        batch.returns.push(returns);
    }
    whiten(&mut batch.advantages);
}
