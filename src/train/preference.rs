//! A policy that learns from pairs directly: DPO and its relatives by the name of their loss, and KTO, which also uses pairs
//! of which raters found both bad.
//!
//! The reference is the base itself, its log-probabilities taken once before the first step. Left out: a moving vision tower.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::adamw::{AdamW, Gradients};
use super::course::{Course, Hearer, Line};
use super::descent::ancestor;
use super::error::{Result, TrainError};
use super::loss::{Labelled, PerToken, PreferenceLoss, kto, preference};
use super::pairs::{Pairs, ReadPair};
use super::preference_recipe::PreferenceRecipe;
use super::progress::LeftOutFile;
use super::recipe_file;
use super::sft::Ending;
use super::trainee::{Start, Trainee};
use crate::model::look::Look;
use crate::model::told::{Page, Told, along};
use crate::model::vision_language::VisionLanguage;
use crate::story::Lineage;

/// Stories whose reference is taken at once.
const ROWS: usize = 32;

/// Trains in the folder `run`, from its last checkpoint if it has one. `stop` is obeyed at the next step.
pub fn train(recipe: &PreferenceRecipe, run: &Path, stop: &AtomicBool, hearer: &mut dyn Hearer) -> Result<Ending> {
    recipe_file::keep(recipe, run)?;
    let rates = recipe.rates;
    let start = Start {
        lora: recipe.lora.as_ref(),
        precision: recipe.precision,
        checkpointing: recipe.checkpointing,
        ..Start::of(&recipe.base, recipe.seed, rates)
    };
    let (trainee, processor) = Trainee::open(start, run)?;
    let mut pairs = Pairs::open(&recipe.votes, recipe.seed, &trainee.model, &processor, hearer)?;
    trainee.descend(&Lineage {
        kind: "preference".to_owned(),
        recipe: recipe.name.clone(),
        seed: recipe.seed,
        began_as: Some(ancestor(&recipe.base)?),
        votes: Some(pairs.votes.clone()),
        rewarded_by: None,
    })?;
    let with_bad = matches!(recipe.method, PreferenceLoss::Kto { .. });
    let teaches = |pair: &ReadPair| pair.pair.target != 0.5 || (with_bad && is_bad(pair));
    pairs.train.retain(teaches);
    pairs.held_out.retain(|pair| pair.pair.target != 0.5);
    if pairs.train.is_empty() {
        return Err(TrainError::Data("no pair of the snapshot was decided by its votes: collect more".into()));
    }
    LeftOutFile::open(run)?.write(&pairs.left_out)?;
    let pad = processor.pad();
    let base_model = trainee.reference(recipe.precision)?;
    let of = |pairs: &[ReadPair], looks: &[_]| log_probs(&base_model, pairs, looks, pad);
    let reference = [of(&pairs.train, &pairs.looks)?, of(&pairs.held_out, &pairs.looks)?];
    // Only KTO asks it again.
    let base_model = with_bad.then_some(base_model);
    let mut optimiser = AdamW::new(trainee.vars.clone(), &recipe.optimiser);
    let steps = recipe.votes.steps(pairs.train.len());
    let mut course = Course::begin(run, &mut optimiser, (steps, recipe.save_every), stop, hearer)?;
    course.word(&pairs.summary(steps));
    while let Some(step) = course.next_step() {
        let mut line = Line { stage: "preference".to_owned(), ..Line::default() };
        let chosen = pairs.batch(step, recipe.votes.batch, recipe.seed);
        let told = sided(chosen.iter().map(|at| &pairs.train[*at].told), chosen.iter().map(|at| &pairs.train[*at]));
        let base = sided(chosen.iter().map(|at| &reference[0][*at]), chosen.iter().map(|at| &pairs.train[*at]));
        let page = Page::read(&trainee.model, &told, &pairs.looks, pad)?;
        let flat = page.log_probs(&trainee.model, 1.0)?;
        let policy = page.by_story(&flat)?;
        let graded = match recipe.method {
            PreferenceLoss::Kto { beta, desirable, undesirable } => {
                let half = chosen.len();
                let good = |row: usize| row < half && !is_bad(&pairs.train[chosen[row]]);
                let labels: Vec<Labelled> = (0..told.len()).map(|row| Labelled { good: good(row) }).collect();
                let drift = match &base_model {
                    Some(base) => drift([&trainee.model, base], &told, &pairs, pad)?,
                    None => 0.0,
                };
                line.note("drift", drift);
                kto(&policy, &base, &labels, drift, (beta, desirable, undesirable))
            }
            loss => preference(&policy, &base, loss),
        };
        let (accuracy, margin) = judged(&policy, &base, recipe.method.beta());
        line.note("accuracy", accuracy);
        line.note("margin", margin);
        line.note("loss", graded.loss);
        line.note("tokens", told.iter().map(|told| told.story.len()).sum::<usize>() as f64);
        let mut gradients = Gradients::default();
        gradients.add(optimiser.vars(), &along(&flat, graded.slope.concat())?.backward()?, 1.0)?;
        let rate = recipe.rate(step, steps);
        course.learn(&mut optimiser, &gradients, |name| rate * rates.of(name), &mut line)?;
        line.note("rate", rate);
        if course.due(step, recipe.evaluate_every) {
            let now = log_probs(&trainee.model, &pairs.held_out, &pairs.looks, pad)?;
            let policy = sided(now.iter(), pairs.held_out.iter());
            let base = sided(reference[1].iter(), pairs.held_out.iter());
            let (accuracy, margin) = judged(&policy, &base, recipe.method.beta());
            line.note("held_out_accuracy", accuracy);
            line.note("held_out_margin", margin);
            let loss = preference(&policy, &base, PreferenceLoss::Sigmoid { beta: recipe.method.beta() }).loss;
            line.note("held_out_loss", loss);
            course.best(-loss, || trainee.save("best", optimiser.vars()))?;
        }
        if let Some(ending) = course.end(&optimiser, line, || trainee.save("model", optimiser.vars()))? {
            return Ok(ending);
        }
    }
    Ok(Ending::Finished)
}

/// Whether most votes found both stories bad.
fn is_bad(pair: &ReadPair) -> bool {
    pair.pair.both_bad > pair.pair.votes
}

/// Both sides of each pair: first what was chosen, of all pairs, then what was rejected.
fn sided<'a, T: Clone + 'a>(
    both: impl Iterator<Item = &'a [T; 2]> + Clone,
    pairs: impl Iterator<Item = &'a ReadPair> + Clone,
) -> Vec<T> {
    let side = |rejected: bool| {
        both.clone().zip(pairs.clone()).map(move |(both, pair)| {
            let second = (pair.pair.target < 0.5) != rejected;
            both[usize::from(second)].clone()
        })
    };
    side(false).chain(side(true)).collect()
}

/// Log-probabilities of both stories of each pair.
fn log_probs(model: &VisionLanguage, pairs: &[ReadPair], looks: &[Look], pad: u32) -> Result<Vec<[Vec<f64>; 2]>> {
    let told: Vec<Told> = pairs.iter().flat_map(|pair| pair.told.clone()).collect();
    let mut rows = PerToken::with_capacity(told.len());
    for part in told.chunks(ROWS) {
        let page = Page::read(model, part, looks, pad)?;
        rows.extend(page.by_story(&page.log_probs(model, 1.0)?)?);
    }
    let mut rows = rows.into_iter();
    Ok(std::iter::from_fn(|| Some([rows.next()?, rows.next()?])).collect())
}

/// Share of the pairs whose chosen story has gained more than the rejected one, and by how much, in nats times beta.
fn judged(policy: &[Vec<f64>], reference: &[Vec<f64>], beta: f64) -> (f64, f64) {
    let pairs = policy.len() / 2;
    let gained = |at: usize| policy[at].iter().zip(&reference[at]).map(|(p, r)| p - r).sum::<f64>();
    let margins: Vec<f64> = (0..pairs).map(|at| beta * (gained(at) - gained(at + pairs))).collect();
    let right = margins.iter().filter(|margin| **margin > 0.0).count() as f64;
    (right / pairs as f64, margins.iter().sum::<f64>() / pairs as f64)
}

/// KTO's reference point: how far the policy has moved, in nats, on stories that belong to other pictures of the batch.
fn drift(models: [&VisionLanguage; 2], told: &[Told], pairs: &Pairs, pad: u32) -> Result<f64> {
    let rows = |look: usize| pairs.looks[look].rows();
    let moved: Vec<Told> = (0..told.len())
        .map(|at| {
            let others = (1..told.len()).map(|step| &told[(at + step) % told.len()]);
            let other =
                others.clone().find(|other| other.look != told[at].look && rows(other.look) == rows(told[at].look));
            Told { look: other.map_or(told[at].look, |other| other.look), ..told[at].clone() }
        })
        .collect();
    let of = |model: &VisionLanguage| -> Result<f64> {
        let page = Page::read(model, &moved, &pairs.looks, pad)?;
        Ok(f64::from(page.log_probs(model, 1.0)?.sum_all()?.to_scalar::<f32>()?))
    };
    Ok(((of(models[0])? - of(models[1])?) / told.len() as f64).max(0.0))
}
