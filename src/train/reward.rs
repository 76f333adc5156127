//! A reward model: the storyteller with a head that is read at a story's last token, moved by what raters preferred, or before
//! there are votes by mistakes that it learns to tell from the truth.
//!
//! Left out: how good it is, which is the card's, and a moving vision tower.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::adamw::{AdamW, Gradients};
use super::asking::Asking;
use super::course::{Course, Hearer, Line};
use super::descent::ancestor;
use super::error::{Result, TrainError};
use super::files::write;
use super::loss::{Graded, PerToken, Ranked, ranking};
use super::mistakes::Lesson;
use super::pairs::{Pairs, ReadPair};
use super::progress::LeftOutFile;
use super::recipe_file;
use super::reward_card::{Judge, RewardCard};
use super::reward_recipe::RewardRecipe;
use super::reward_source::Source;
use super::sft::Ending;
use super::trainee::{Start, Trainee};
use crate::model::told::{Page, Told, along};
use crate::story::Lineage;
use crate::writer::meanings::Meanings;
use crate::writer::score_head::{SCORE, ScoreHead, WORDS, Words};

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
    let pad = processor.pad();
    let asking = Asking::new(processor);
    let voted = match &recipe.votes {
        Some(votes) => Some((Pairs::open(votes, recipe.seed, &trainee.model, &asking.processor, hearer)?, votes)),
        None => None,
    };
    let by_votes = voted.iter().flat_map(|(pairs, _)| pairs.criteria.clone());
    let criteria: Vec<String> = std::iter::once("overall".to_owned()).chain(by_votes).collect();
    let kinds = recipe.kinds()?;
    let heads = trainee.classify(&criteria, kinds.as_ref(), recipe.seed)?;
    let trainee = trainee;
    trainee.descend(&Lineage {
        kind: "reward".to_owned(),
        recipe: recipe.name.clone(),
        seed: recipe.seed,
        began_as: Some(ancestor(&recipe.base)?),
        votes: voted.as_ref().map(|(pairs, _)| pairs.votes.clone()),
        rewarded_by: None,
    })?;
    let source = Source::open(voted, recipe, &trainee.model, &asking)?;
    LeftOutFile::open(run)?.write(&source.pairs().left_out)?;
    let mut vars = trainee.vars.clone();
    let names = [SCORE, WORDS].map(|name| trainee.head(name));
    vars.extend(names.iter().cloned().zip(std::iter::once(heads.score.clone()).chain(heads.words.clone())));
    let meanings = |kinds| Meanings::new(kinds, &asking.processor.tokenizer, trainee.config.text_config.vocab_size);
    let meanings = kinds.as_ref().map(meanings).transpose()?;
    // The same numbers as the variables: what is learnt is read here.
    let head = ScoreHead {
        score: heads.score.as_tensor().clone(),
        words: meanings
            .zip(heads.words.as_ref())
            .map(|(meanings, weight)| Words { meanings, weight: weight.as_tensor().clone() }),
    };
    let so_far_weight = recipe.mistakes.as_ref().map_or(0.0, |mistakes| mistakes.so_far);
    let mut optimiser = AdamW::new(vars, &recipe.optimiser);
    let steps = source.steps();
    let mut course = Course::begin(run, &mut optimiser, (steps, recipe.save_every), stop, hearer)?;
    course.word(&source.summary());
    let judge = Judge { model: &trainee.model, head: &head, pad };
    while let Some(step) = course.next_step() {
        let mut line = Line { stage: "reward".to_owned(), ..Line::default() };
        let mut made = Lesson::default();
        let (chosen, looks) = source.batch(step, recipe.seed, &mut made)?;
        let told: Vec<Told> = chosen.iter().flat_map(|pair| pair.told.clone()).collect();
        let page = Page::read(&trainee.model, &told, looks, pad)?;
        let scored = head.read(&trainee.model, &page)?;
        let flat = scored.whole()?;
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
        if so_far_weight > 0.0 {
            let (places, ranked) = made.so_far();
            let flat = scored.so_far(&places)?;
            let worth: Vec<f64> = flat.to_vec1::<f32>()?.into_iter().map(f64::from).collect();
            let graded = ranking(&worth, &ranked, 0.0);
            line.note("so_far_loss", graded.loss);
            line.note("so_far_accuracy", share_right(&worth, &ranked));
            sum += so_far_weight * graded.loss;
            back = (back + along(&flat, graded.slope.into_iter().map(|slope| so_far_weight * slope))?)?;
        }
        line.note("loss", sum);
        let mut gradients = Gradients::default();
        gradients.add(optimiser.vars(), &back.backward()?, 1.0)?;
        let rate = recipe.rate(step, steps);
        let rate_of = |name: &str| match names.iter().any(|head| head == name) {
            true => rate * recipe.head_rate,
            false => rate * rates.of(name),
        };
        course.learn(&mut optimiser, &gradients, rate_of, &mut line)?;
        line.note("rate", rate);
        line.note("tokens", told.iter().map(|told| told.ids.len()).sum::<usize>() as f64);
        if course.due(step, recipe.evaluate_every) {
            let (accuracy, loss) = judge.held_out(source.pairs())?;
            line.note("held_out_accuracy", accuracy);
            line.note("held_out_loss", loss);
            course.best(-loss, || trainee.save("best", optimiser.vars()))?;
        }
        if let Some(ending) = course.end(&optimiser, line, || trainee.save("model", optimiser.vars()))? {
            return Ok(ending);
        }
    }
    let card = RewardCard::of(&judge, source.pairs(), &criteria)?;
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
    line.note("accuracy", share_right(rewards, ranked));
    let apart = |pair: &Ranked| (rewards[pair.first] - rewards[pair.second]).abs();
    line.note("apart", ranked.iter().map(apart).sum::<f64>() / ranked.len() as f64);
}

/// The share of the decided pairs whose better story has the higher reward.
fn share_right(rewards: &[f64], ranked: &[Ranked]) -> f64 {
    let decided: Vec<&Ranked> = ranked.iter().filter(|pair| pair.target != 0.5).collect();
    let right = |pair: &&&Ranked| (rewards[pair.first] > rewards[pair.second]) == (pair.target > 0.5);
    decided.iter().filter(right).count() as f64 / decided.len() as f64
}
