//! Stories of a step as the policy, its reference and the value head read them: what the losses need, and the way back.

use candle_core::{Tensor, Var};

use super::adamw::{AdamW, Gradients};
use super::course::Line;
use super::error::Result;
use super::loss::{Advantage, Estimates, PerToken, Whole, gae, returns, value_loss, whiten};
use super::policy_recipe::{KlPlace, PolicyRecipe, ValueRecipe};
use super::rollouts::{Rollout, Scene};
use crate::model::look::Look;
use crate::model::told::{Page, Told, along};
use crate::model::vision_language::VisionLanguage;

/// Stories of a step with all that the losses need of them, story by story.
pub struct Batch {
    told: Vec<Told>,
    pub advantages: PerToken,
    /// When they were told; empty where each is learnt from once, and now is then.
    then: PerToken,
    reference: PerToken,
    /// Of the value head, when they were told.
    values: PerToken,
    returns: PerToken,
}

/// Reads stories with the policy, its reference and the value head.
pub struct Reader<'a> {
    pub model: &'a VisionLanguage,
    pub reference: &'a VisionLanguage,
    pub value: Option<&'a Var>,
    pub pad: u32,
    pub recipe: &'a PolicyRecipe,
}

impl Reader<'_> {
    /// What the losses need of the stories; `advantage` is one a story.
    pub fn batch(&self, seen: &[Scene], told: &[Rollout], advantage: Vec<f64>, kl_weight: f64) -> Result<Batch> {
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
    pub fn minibatch(&self, batch: &Batch, update: usize) -> Vec<usize> {
        let parts = self.recipe.method.minibatches;
        let group = self.recipe.rollouts.stories;
        (0..batch.told.len()).filter(|at| (at / group) % parts == update % parts).collect()
    }

    /// Adds the gradients of the policy's loss, and of the value head's.
    #[allow(clippy::too_many_arguments, reason = "one place that reads, weighs and goes backward")]
    pub fn learn(
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
        let (mut sum, mut clipped, mut kl, mut surprise, mut expected) = (0.0, 0.0, 0.0, 0.0, 0.0);
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
                expected += graded.loss * share;
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
        line.note("value_loss", if self.value.is_some() { expected } else { f64::NAN });
        Ok(())
    }

    /// Adds the gradients of the supervised loss on the data's own stories.
    pub fn supervise(
        &self,
        seen: &[Scene],
        gradients: &mut Gradients,
        optimiser: &AdamW,
        line: &mut Line,
    ) -> Result<()> {
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
fn gathered(told: &[Told], seen: &[Scene]) -> (Vec<Told>, Vec<Look>) {
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
