//! Whole runs of a very small model: taken up exactly, judged on the way, ended by what goes wrong without losing anything.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::TrainError;
use super::forecast::forecast;
use super::progress::{Listener, Step};
use super::recipe::Recipe;
use super::sft::{Ending, train};
use crate::writer::{ModelSource, Storyteller};

const RECIPE: &str = r#"
    name = "small"
    seed = 5
    save_every = 2
    evaluate_every = 3
    evaluate_on = 4
    samples = 1
    [fresh]
    vocabulary = 300
    image = 24
    patch = 4
    shuffle = 3
    vision_hidden = 16
    vision_layers = 1
    vision_heads = 2
    vision_mlp = 16
    hidden = 16
    layers = 1
    heads = 2
    kv_heads = 1
    mlp = 16
    context = 2048
    frames = 6
    [data]
    kind = "world"
    first_seed = 0
    side = 48
    [optimiser]
    beta1 = 0.9
    beta2 = 0.98
    eps = 1e-8
    weight_decay = 0.05
    clip = 1.0
    [[stage]]
    name = "eyes"
    steps = 2
    batch = 2
    learning_rate = 1e-3
    frames = [1, 2]
    attributes = 1.0
    [[stage]]
    name = "words"
    anew = ["text"]
    steps = 5
    batch = 2
    learning_rate = 1e-2
    frames = [1, 3]
    attributes = 0.5
    recall = 0.5
    emphasis = 4.0
    questions = 0.5
    texts = 3
    tasks = [["story", 0.4], ["continuation", 0.2], ["caption", 0.2], ["emotion", 0.2]]
    rates = { vision = 0.0, connector = 0.5 }
"#;

/// Hears steps, and asks for a stop after one of them.
#[derive(Default)]
struct Ear<'a> {
    steps: Vec<Step>,
    stop: Option<(usize, &'a AtomicBool)>,
}

impl Listener for Ear<'_> {
    fn step(&mut self, step: &Step) {
        self.steps.push(step.clone());
        if let Some((_, stop)) = self.stop.filter(|(at, _)| *at == step.step) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    fn saved(&mut self, _step: usize) {}
}

/// The folder of a very small model that has seen a few tales.
pub(super) fn small_model(run: &Path) -> std::path::PathBuf {
    train(&recipe(), run, &AtomicBool::new(false), &mut Ear::default()).unwrap();
    run.join("model")
}

fn recipe() -> Recipe {
    Recipe::parse(RECIPE).unwrap()
}

fn run(recipe: &Recipe, folder: &Path, stop_after: Option<usize>) -> (Result<Ending, TrainError>, Vec<Step>) {
    let stop = AtomicBool::new(false);
    let mut ear = Ear { steps: Vec::new(), stop: stop_after.map(|at| (at, &stop)) };
    (train(recipe, folder, &stop, &mut ear), ear.steps)
}

/// What is left of a run, but for the time it took.
fn left(folder: &Path) -> (Vec<String>, Vec<Vec<u8>>) {
    let text = std::fs::read_to_string(folder.join("steps.jsonl")).unwrap();
    let steps = text.lines().map(|line| {
        let mut step: Step = serde_json::from_str(line).unwrap();
        (step.seconds, step.evaluation_seconds) = (0.0, None);
        serde_json::to_string(&step).unwrap()
    });
    let files = ["model/model.safetensors", "best/model.safetensors", "best.json", "samples.jsonl"];
    (steps.collect(), files.map(|file| std::fs::read(folder.join(file)).unwrap()).to_vec())
}

#[test]
fn a_run_that_is_broken_off_twice_ends_as_an_unbroken_one() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(run(&recipe(), whole.path(), None).0.unwrap(), Ending::Finished);
    // Stopped where it was told to, and killed with steps done that were not saved.
    assert_eq!(run(&recipe(), broken.path(), Some(3)).0.unwrap(), Ending::Stopped { step: 3 });
    let kept = tempfile::tempdir().unwrap();
    for file in ["trained.safetensors", "optimiser.safetensors", "state.json"] {
        std::fs::copy(broken.path().join("last").join(file), kept.path().join(file)).unwrap();
    }
    assert_eq!(run(&recipe(), broken.path(), Some(5)).0.unwrap(), Ending::Stopped { step: 5 });
    for file in ["trained.safetensors", "optimiser.safetensors", "state.json"] {
        std::fs::copy(kept.path().join(file), broken.path().join("last").join(file)).unwrap();
    }
    assert_eq!(run(&recipe(), broken.path(), None).0.unwrap(), Ending::Finished);
    assert_eq!(left(whole.path()), left(broken.path()));
    let (steps, _) = left(whole.path());
    assert_eq!(steps.len(), 7);
    let step: Step = serde_json::from_str(&steps[5]).unwrap();
    assert!(step.held_out.is_some() && step.loss.is_some() && step.emotion.is_some());
    // What it leaves is a model that tells.
    let path = whole.path().join("best");
    let source = ModelSource::Folder { name: "small".into(), path, adapter: None, hash: None };
    Storyteller::open(&source, None).unwrap();
}

#[test]
fn what_a_stage_does_not_train_stays_and_what_no_stage_trains_is_kept_with_the_rest() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut short = recipe();
    short.stages.truncate(1);
    short.evaluate_every = None;
    assert_eq!(run(&short, first.path(), None).0.unwrap(), Ending::Finished);
    let mut on = recipe();
    on.stages.remove(0);
    (on.fresh, on.base, on.evaluate_every) = (None, Some(first.path().join("model")), None);
    assert_eq!(run(&on, second.path(), None).0.unwrap(), Ending::Finished);
    let open = |folder: &Path| {
        candle_core::safetensors::load(folder.join("model/model.safetensors"), &candle_core::Device::Cpu).unwrap()
    };
    let (before, after) = (open(first.path()), open(second.path()));
    assert_eq!(before.len(), after.len());
    for (name, tensor) in &before {
        let flat = |t: &candle_core::Tensor| {
            t.to_dtype(candle_core::DType::F32).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        let same = flat(tensor) == flat(&after[name]);
        assert_eq!(same, name.contains("vision_model"), "{name}");
    }
}

#[test]
fn a_run_that_diverges_says_so_and_keeps_its_last_good_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let mut wild = recipe();
    wild.evaluate_every = None;
    wild.optimiser.clip = 0.0;
    wild.stages[1].learning_rate = 1e30;
    let (ending, steps) = run(&wild, folder.path(), None);
    let error = ending.unwrap_err();
    assert!(matches!(error, TrainError::Diverged { step: 4..=7, .. }), "{error}");
    assert!(steps.len() >= 3 && steps.iter().all(|step| step.loss.is_none_or(f32::is_finite)));
    let state = std::fs::read_to_string(folder.path().join("last/state.json")).unwrap();
    assert!(state.contains("\"step\": 2") || state.contains("\"step\": 4"), "{state}");
}

#[test]
fn a_dry_run_counts_all_stages_and_leaves_nothing_behind() {
    let mut long = recipe();
    long.stages[1].steps = 1000;
    let forecast = forecast(&long, &AtomicBool::new(false)).unwrap();
    let steps: Vec<usize> = forecast.stages.iter().map(|stage| stage.steps).collect();
    assert_eq!(steps, [2, 1000]);
    assert!(forecast.stages.iter().all(|stage| stage.step > 0.0) && forecast.disk > 10_000);
    assert!(forecast.seconds() > forecast.stages[1].step * 1000.0 && forecast.evaluation > 0.0);
}
