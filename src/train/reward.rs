//! A reward model from votes: the storyteller with a head that is read at a story's last token, moved by what raters preferred.
//!
//! Left out: how good it is, which is the card's, and a moving vision tower.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use candle_core::{DType, Device, Var};

use super::adamw::{AdamW, Gradients};
use super::course::{Course, Hearer, Line};
use super::error::{Result, TrainError};
use super::files::write;
use super::loss::{Graded, PerToken, Ranked, ranking};
use super::pairs::{Pairs, ReadPair};
use super::progress::LeftOutFile;
use super::recipe_file;
use super::reward_card::{Judge, RewardCard};
use super::reward_recipe::RewardRecipe;
use super::sft::Ending;
use super::trainee::{Start, Trainee};
use crate::model::told::{Page, Told, along};
use crate::writer::reward_model::{SCORE, scores};

/// Trains in the folder `run`, from its last checkpoint if it has one. `stop` is obeyed at the next step.
pub fn train(recipe: &RewardRecipe, run: &Path, stop: &AtomicBool, hearer: &mut dyn Hearer) -> Result<Ending> {
    recipe_file::keep(recipe, run)?;
    let rates = recipe.rates;
    let start = Start {
        lora: recipe.lora.as_ref(),
        precision: recipe.precision,
        checkpointing: recipe.checkpointing,
        ..Start::of(&recipe.base, recipe.seed, rates)
    };
    let (mut trainee, processor) = Trainee::open(start, run)?;
    let pairs = Pairs::open(&recipe.votes, recipe.seed, &trainee.model, &processor, hearer)?;
    LeftOutFile::open(run)?.write(&pairs.left_out)?;
    let criteria: Vec<String> = [vec!["overall".to_owned()], pairs.criteria.clone()].concat();
    trainee.classify(&criteria)?;
    let trainee = trainee;
    let head = trainee.head(SCORE);
    let hidden = trainee.config.text_config.hidden_size;
    // Near zero, but not at it: from a head of zeros the body would learn nothing in the first step.
    let first =
        crate::model::weights::Weights::fresh(recipe.seed).get(SCORE, &[criteria.len(), hidden], &Device::Cpu)?;
    let score = Var::from_tensor(&first.to_dtype(DType::F32)?)?;
    let mut vars = trainee.vars.clone();
    vars.insert(head.clone(), score.clone());
    let mut optimiser = AdamW::new(vars, &recipe.optimiser);
    let steps = recipe.votes.steps(pairs.train.len());
    let mut course = Course::begin(run, &mut optimiser, (steps, recipe.save_every), stop, hearer)?;
    course.word(&pairs.summary(steps));
    let pad = processor.pad();
    let judge = Judge { model: &trainee.model, score: score.as_tensor(), pad };
    let save = |folder: &str, optimiser: &AdamW| trainee.save(folder, optimiser.vars());
    while let Some(step) = course.next_step() {
        let mut line = Line { stage: "reward".to_owned(), ..Line::default() };
        let chosen: Vec<&ReadPair> =
            pairs.batch(step, recipe.votes.batch, recipe.seed).into_iter().map(|at| &pairs.train[at]).collect();
        let told: Vec<Told> = chosen.iter().flat_map(|pair| pair.told.clone()).collect();
        let page = Page::read(&trainee.model, &told, &pairs.looks, pad)?;
        let flat = scores(&page, score.as_tensor())?;
        let rewards = flat.to_vec2::<f32>()?;
        let mut slopes = vec![0.0; rewards.len() * criteria.len()];
        let mut sum = 0.0;
        for (at, name) in criteria.iter().enumerate() {
            let weight = if at == 0 { 1.0 } else { recipe.loss.criteria };
            let ranked: Vec<Ranked> =
                chosen.iter().enumerate().filter_map(|(row, pair)| ranked(pair, row, at, name, recipe)).collect();
            let column: Vec<f64> = rewards.iter().map(|row| f64::from(row[at])).collect();
            let graded = ranking(&column, &ranked, recipe.loss.centring);
            sum += weight * graded.loss;
            for (row, slope) in graded.slope.iter().enumerate() {
                slopes[row * criteria.len() + at] = weight * slope;
            }
            if at == 0 {
                line.note("ranking_loss", graded.loss);
                note_accuracy(&column, &ranked, &mut line);
            }
        }
        let mut back = along(&flat, slopes)?;
        if recipe.loss.words > 0.0 {
            let flat = page.log_probs(&trainee.model, 1.0)?;
            let graded = better_words(&page.by_story(&flat)?, &chosen);
            line.note("word_loss", graded.loss);
            sum += recipe.loss.words * graded.loss;
            let slopes = graded.slope.concat().into_iter().map(|slope| recipe.loss.words * slope);
            back = (back + along(&flat, slopes)?)?;
        }
        line.note("loss", sum);
        let mut gradients = Gradients::default();
        gradients.add(optimiser.vars(), &back.backward()?, 1.0)?;
        let rate = recipe.rate(step, steps);
        let rate_of = |name: &str| if name == head { rate * recipe.head_rate } else { rate * rates.of(name) };
        course.learn(&mut optimiser, &gradients, rate_of, &mut line)?;
        line.note("rate", rate);
        line.note("tokens", told.iter().map(|told| told.ids.len()).sum::<usize>() as f64);
        if course.due(step, recipe.evaluate_every) {
            let (accuracy, loss) = judge.held_out(&pairs)?;
            line.note("held_out_accuracy", accuracy);
            line.note("held_out_loss", loss);
            course.best(-loss, || save("best", &optimiser))?;
        }
        if let Some(ending) = course.end(&optimiser, line, || save("model", &optimiser))? {
            return Ok(ending);
        }
    }
    let card = RewardCard::of(&judge, &pairs, &criteria)?;
    let json = serde_json::to_vec_pretty(&card).map_err(|e| TrainError::Data(e.to_string()))?;
    write(&run.join("reward-card.json"), &json)?;
    write(&run.join("reward-card.md"), card.markdown().as_bytes())?;
    course.word(&card.markdown());
    Ok(Ending::Finished)
}

/// What votes said of a pair by one criterion, with the rows of its stories in the batch.
fn ranked(pair: &ReadPair, row: usize, at: usize, name: &str, recipe: &RewardRecipe) -> Option<Ranked> {
    let target = if at == 0 { pair.pair.target } else { *pair.pair.criteria.get(name)? };
    if pair.pair.votes == 0 || (target == 0.5 && !recipe.loss.ties) {
        return None;
    }
    let margin = recipe.loss.margin * pair.pair.strength.abs() / 3.0;
    Some(Ranked {
        first: 2 * row,
        second: 2 * row + 1,
        target,
        margin: if at == 0 { margin } else { 0.0 },
        weight: 1.0,
    })
}

/// Mean negative log-likelihood of the words of each pair's better story; even pairs have none.
fn better_words(rows: &[Vec<f64>], chosen: &[&ReadPair]) -> Graded<PerToken> {
    let better = |row: usize| {
        let target = chosen[row / 2].pair.target;
        if row.is_multiple_of(2) { target > 0.5 } else { target < 0.5 }
    };
    let learnt = || rows.iter().enumerate().filter(|(row, _)| better(*row)).flat_map(|(_, tokens)| tokens);
    let each = 1.0 / learnt().count().max(1) as f64;
    let slope = |(row, tokens): (usize, &Vec<f64>)| vec![if better(row) { -each } else { 0.0 }; tokens.len()];
    Graded { loss: -each * learnt().sum::<f64>(), slope: rows.iter().enumerate().map(slope).collect() }
}

fn note_accuracy(rewards: &[f64], ranked: &[Ranked], line: &mut Line) {
    let decided: Vec<&Ranked> = ranked.iter().filter(|pair| pair.target != 0.5).collect();
    let right = |pair: &&&Ranked| (rewards[pair.first] > rewards[pair.second]) == (pair.target > 0.5);
    let count = decided.iter().filter(right).count() as f64;
    line.note("accuracy", count / decided.len() as f64);
    let apart = |pair: &Ranked| (rewards[pair.first] - rewards[pair.second]).abs();
    line.note("apart", ranked.iter().map(apart).sum::<f64>() / ranked.len() as f64);
}
