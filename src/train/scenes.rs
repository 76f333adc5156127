//! Tales of the picture world as scenes that stories are told about; which ones a step sees follows from the seed and the
//! step alone.

use candle_core::Device;
use rayon::prelude::*;

use super::asking::Asking;
use super::error::Result;
use super::policy_recipe::SceneRecipe;
use super::rollouts::Scene;
use super::tales::cast;
use crate::model::vision_language::VisionLanguage;
use crate::pixels::Rgb;
use crate::story::Task;
use crate::world::{Split, Tale};
use crate::writer::retelling::retold;

/// Tales `first..first + count` of the recipe's, looked at by the model as it is now.
pub fn scenes(
    model: &VisionLanguage,
    asking: &Asking,
    recipe: &SceneRecipe,
    split: Split,
    (first, count): (u64, usize),
) -> Result<Vec<Scene>> {
    let drawn: Vec<(Tale, Vec<Rgb>)> = (0..count as u64)
        .into_par_iter()
        .map(|at| {
            // Held out are other tales by their split, whatever their seeds.
            let tale = Tale::new(recipe.first_seed + first + at, split);
            let tiles = (0..tale.facts.frames.len())
                .flat_map(|frame| asking.processor.images.tiles(&tale.draw(frame, recipe.side), false).tiles)
                .collect();
            (tale, tiles)
        })
        .collect();
    let half = if split == Split::HeldOut { "held-out " } else { "" };
    drawn.into_iter().map(|(tale, tiles)| scene(model, asking, tale, half, &tiles)).collect()
}

fn scene(model: &VisionLanguage, asking: &Asking, tale: Tale, half: &str, tiles: &[Rgb]) -> Result<Scene> {
    let facts = &tale.facts;
    let frames = facts.frames.len();
    let pixels = asking.processor.images.pixels(tiles, &Device::Cpu)?;
    Ok(Scene {
        name: format!("{half}tale {}", facts.seed),
        prompt: asking.prompt(Task::Story, &cast(facts), &facts.title, "", &asking.processor.layouts(tiles))?,
        look: model.image_features(&pixels)?.detach(),
        pixels,
        frames,
        own: retold(&asking.processor, &facts.story, frames)?,
        tale: Some(tale),
    })
}
