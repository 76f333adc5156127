//! Stories that a model under training tells itself: several about each scene, told by the studio's own batched generator,
//! on as many threads as the machine has, and in an order that depends on nothing but the seed.

use std::sync::atomic::AtomicBool;

use super::error::Result;
use crate::evaluate::side_by_side;
use crate::model::look::{Look, Pixels};
use crate::model::vision_language::VisionLanguage;
use crate::story::{Finish, Gaze, Sampling};
use crate::world::Tale;
use crate::writer::Processor;
use crate::writer::generation::{Generation, Reading, Wanted};

/// What a story is to be told about.
pub struct Scene {
    /// What it is called in lines and lists.
    pub name: String,
    /// The prompt, with a place for each row of `look`.
    pub prompt: Vec<u32>,
    /// What the model sees, and the tiles that it looks at.
    pub look: Look,
    pub pixels: Pixels,
    pub frames: usize,
    /// What it is and what is true of it, picture world only.
    pub tale: Option<Tale>,
    /// How the data tells it, as tokens; empty where nothing does.
    pub own: Vec<u32>,
}

/// A story that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// Its place among the scenes.
    pub scene: usize,
    pub tokens: Vec<u32>,
    pub text: String,
    pub finish: Finish,
}

/// How they are told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RolloutOrder {
    /// Stories a scene.
    pub stories: usize,
    /// 0: greedy. Nothing but the temperature shapes the draw, so that a story's likelihood is the one it was drawn by.
    pub temperature: f64,
    pub max_new_tokens: usize,
    pub seed: u64,
}

/// Tells `how.stories` stories about each scene, in the order of the scenes.
///
/// # Errors
/// The first of any scene.
pub fn tell(
    model: &VisionLanguage,
    processor: &Processor,
    scenes: &[Scene],
    how: RolloutOrder,
) -> Result<Vec<Rollout>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(scenes.len());
    let told = side_by_side(&mut vec![(); threads], scenes.len() as u64, &AtomicBool::new(false), |(), at| {
        of_scene(model, processor, &scenes[at as usize], at as usize, how)
    })?;
    Ok(told.into_iter().flatten().collect())
}

fn of_scene(
    model: &VisionLanguage,
    processor: &Processor,
    scene: &Scene,
    at: usize,
    how: RolloutOrder,
) -> Result<Vec<Rollout>> {
    let reading = Reading {
        ids: scene.prompt.clone(),
        features: Some(scene.look.clone()),
        frames: Vec::new(),
        layouts: Vec::new(),
    };
    let sampling = Sampling {
        temperature: how.temperature,
        // Each story of a scene takes the next number; scenes lie far enough apart.
        seed: how.seed.wrapping_add(at as u64 * 1_000_003),
        max_new_tokens: how.max_new_tokens,
        ..Sampling::default()
    };
    let wanted = Wanted {
        sampling,
        stories: how.stories,
        ends: processor.generation.ends(),
        suppressed: processor.generation.suppressed(),
        alternatives: 0,
        gaze: Gaze::Off,
        opening: Vec::new(),
        alone: true,
    };
    let mut generation = Generation::start(model, &processor.tokenizer, reading, wanted)?;
    for piece in generation.by_ref() {
        piece?;
    }
    let rollout = |ended: crate::writer::generation::Ended| Rollout {
        scene: at,
        tokens: ended.tokens,
        text: ended.text,
        finish: ended.finish,
    };
    Ok(generation.end().into_iter().map(rollout).collect())
}
