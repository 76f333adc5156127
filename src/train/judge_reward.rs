//! Rewards by somebody who reads: a remote model is asked for numbers by the versioned prompt of `storyloom eval judge`. What it
//! answered is kept in the run folder, so that a run which is taken up again pays for nothing twice and goes on exactly.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::rollouts::{Rollout, Scene};
use crate::evaluate::judges::{self, Cache, Judge, RemoteJudge, Told};
use crate::evaluate::{order, side_by_side};
use crate::story::{SamplingPatch, Task};
use crate::writer::remote::Remote;

/// Highest number that the prompt asks for; the lowest is 1.
const HIGHEST: f64 = 10.0;

/// A judge among the sources of a reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeSource {
    /// Of the mean of its criteria, from 0 to 1.
    pub weight: f64,
    /// Whom to ask, as `remote.json` of a model that `storyloom model add openai:URL` added has it.
    pub remote: Remote,
}

/// A judge that reads the stories of a step, over as many lines as it takes at the same time.
pub struct JudgeReward {
    lines: Mutex<Vec<RemoteJudge>>,
}

impl JudgeReward {
    /// `run` keeps the answers.
    ///
    /// # Errors
    /// A key that is not there, or a folder that cannot be written to.
    pub fn open(source: &JudgeSource, run: &Path) -> Result<Self> {
        let path = run.join("judge.jsonl");
        let cache = Arc::new(Cache::open(&path).map_err(|source| TrainError::File { path, source })?);
        let Remote { model, parallel, .. } = &source.remote;
        let line = |_| RemoteJudge::open(model, &source.remote, cache.clone());
        Ok(Self { lines: Mutex::new((0..(*parallel).clamp(1, 64)).map(line).collect::<std::result::Result<_, _>>()?) })
    }

    /// From 0 to 1 a story, in order; nothing where an answer could not be read.
    ///
    /// # Errors
    /// A judge that does not answer, also when asked again.
    pub fn of(&self, scenes: &[Scene], told: &[Rollout]) -> Result<Vec<Option<f64>>> {
        let scene = |scene: &Scene| -> Result<Option<judges::Scene>> {
            let Some(tale) = &scene.tale else { return Ok(None) };
            let order = order(tale, tale, Task::Story, None, SamplingPatch::default())?;
            Ok(Some(judges::Scene { order, facts: None }))
        };
        let scenes = scenes.iter().map(scene).collect::<Result<Vec<_>>>()?;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let read = side_by_side(&mut lines[..], told.len() as u64, &AtomicBool::new(false), |line, at| {
            let story = &told[at as usize];
            let Some(scene) = &scenes[story.scene] else { return Ok(None) };
            line.score(scene, &Told { system: String::new(), text: story.text.clone() })
        })?;
        Ok(read.into_iter().map(|scores| scores.and_then(|scores| share(&scores.values))).collect())
    }
}

/// The mean of the criteria, from 0 for the lowest number to 1 for the highest.
fn share(values: &[(String, f64)]) -> Option<f64> {
    let mean = values.iter().map(|(_, value)| value).sum::<f64>() / values.len() as f64;
    (!values.is_empty()).then(|| (mean - 1.0) / (HIGHEST - 1.0))
}

/// Stories whose answer could not be read are given what the others of their scene have on average, so that nothing is learnt from
/// them.
pub fn without_gaps(told: &[Rollout], read: &[Option<f64>]) -> Vec<f64> {
    let of_scene = |scene: usize| {
        let known: Vec<f64> =
            told.iter().zip(read).filter(|(story, _)| story.scene == scene).filter_map(|(_, read)| *read).collect();
        if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 }
    };
    told.iter().zip(read).map(|(story, read)| read.unwrap_or_else(|| of_scene(story.scene))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::Finish;
    use crate::world::{Split, Tale};
    use crate::writer::remote::loopback::{Answer, Loopback};

    fn scene(seed: u64) -> Scene {
        let nothing = candle_core::Tensor::zeros((1, 3, 8, 8), candle_core::DType::F32, &candle_core::Device::Cpu);
        Scene {
            name: String::new(),
            prompt: Vec::new(),
            look: crate::model::look::Look { levels: Vec::new(), grids: Vec::new() },
            pixels: nothing.unwrap().into(),
            frames: 1,
            tale: Some(Tale::new(seed, Split::Train)),
            own: Vec::new(),
        }
    }

    fn story(scene: usize, text: &str) -> Rollout {
        Rollout { scene, tokens: Vec::new(), text: text.to_owned(), finish: Finish::End }
    }

    #[test]
    fn a_judge_is_shown_the_frames_its_numbers_become_shares_and_answers_are_paid_once() {
        let answer =
            |n: u8| format!("{{\"coherence\": {n}, \"relevance\": {n}, \"emotional_depth\": {n}, \"overall\": {n}}}");
        let answers = [answer(10), "I like it.".to_owned(), answer(1)];
        let engine = Loopback::start(answers.iter().map(|answer| Answer::told(&[answer])).collect());
        let remote = Remote { parallel: 1, ..engine.remote() };
        let run = tempfile::tempdir().unwrap();
        let open = || JudgeReward::open(&JudgeSource { weight: 1.0, remote: remote.clone() }, run.path()).unwrap();
        let told = [story(0, "A fox."), story(0, "A bear."), story(1, "A fox.")];
        let scenes = [scene(1), scene(2)];
        let read = open().of(&scenes, &told).unwrap();
        assert_eq!(read, [Some(1.0), None, Some(0.0)]);
        assert_eq!(without_gaps(&told, &read), [1.0, 1.0, 0.0]);
        let frames = scenes[0].tale.as_ref().unwrap().facts.frames.len();
        assert_eq!(engine.asked()[0].body.matches("data:image/jpeg").count(), frames);
        // Taken up again only what could not be read is asked anew.
        let asked = engine.asked().len();
        let again = open().of(&scenes, &told).unwrap();
        assert_eq!((again[0], again[2], engine.asked().len()), (Some(1.0), Some(0.0), asked + 1));
    }
}
