//! Whole runs of a very small model that learn from rewards and from votes: taken up exactly, stopped when asked, by every
//! method there is, and saved so that others can read them.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::course::{Hearer, Line};
use super::error::TrainError;
use super::policy::{self, Kept};
use super::policy_recipe::{Credit, PolicyRecipe};
use super::preference;
use super::preference_recipe::PreferenceRecipe;
use super::reward;
use super::reward_recipe::RewardRecipe;
use super::run_tests::small_model;
use super::sft::Ending;
use crate::evaluate::order;
use crate::exchange::{SnapshotCard, SnapshotPair, SnapshotStory, snapshot_files};
use crate::model::told::Told;
use crate::pixels::Picture;
use crate::story::{SamplingPatch, Task};
use crate::world::{Split, Tale};
use crate::writer::retelling::retold_text;
use crate::writer::reward_model::RewardModel;
use crate::writer::score_head::Words;

const OPTIMISER: &str = "[optimiser]\nbeta1 = 0.9\nbeta2 = 0.98\neps = 1e-8\nweight_decay = 0.0\nclip = 1.0\n";

#[derive(Default)]
struct Ear {
    lines: Vec<Line>,
    words: Vec<String>,
}

impl Hearer for Ear {
    fn word(&mut self, word: &str) {
        self.words.push(word.to_owned());
    }

    fn line(&mut self, line: &Line) {
        self.lines.push(line.clone());
    }
}

fn policy_recipe(base: &Path, method: &str, extra: &str) -> PolicyRecipe {
    let text = format!(
        "kind = \"policy\"\nname = \"small\"\nseed = 3\nbase = {base:?}\nsteps = 4\nlearning_rate = 1e-3\nsave_every = 1\n\
         evaluate_every = 2\nevaluate_on = 2\nrows = 3\n{extra}\n[scenes]\nfirst_seed = 50\nside = 48\n[rollouts]\nscenes = 2\n\
         stories = 2\ntemperature = 1.0\nmax_new_tokens = 12\n[reward]\ntruth = 1.0\nrepetition = 0.5\ncut = 0.25\n\
         [method]\n{method}\n{OPTIMISER}"
    );
    PolicyRecipe::parse(&text).unwrap()
}

fn bytes(run: &Path) -> Vec<u8> {
    std::fs::read(run.join("model/model.safetensors")).unwrap()
}

#[test]
fn a_policy_that_is_broken_off_ends_as_one_that_is_not() {
    let home = tempfile::tempdir().unwrap();
    let base = small_model(&home.path().join("base"));
    let method = "advantage = \"grpo\"\nkl = { estimator = \"k3\", place = \"reward\", weight = 0.1, target = 0.5, horizon = 8 }";
    let recipe = policy_recipe(&base, method, "supervised = 0.1");
    let (whole, broken) = (home.path().join("whole"), home.path().join("broken"));
    let go = AtomicBool::new(false);
    let mut ear = Ear::default();
    assert_eq!(policy::train(&recipe, &whole, &go, &mut ear).unwrap(), Ending::Finished);
    assert_eq!(ear.lines.len(), 4);
    for step in 1..4 {
        let ending = policy::train(&recipe, &broken, &AtomicBool::new(true), &mut Ear::default()).unwrap();
        assert_eq!(ending, Ending::Stopped { step });
    }
    assert_eq!(policy::train(&recipe, &broken, &go, &mut Ear::default()).unwrap(), Ending::Finished);
    assert!(bytes(&whole) == bytes(&broken), "a run taken up differs from an unbroken one");
    assert!(bytes(&whole) != std::fs::read(base.join("model.safetensors")).unwrap(), "nothing was learnt");
    let kept = |run: &Path| std::fs::read_to_string(run.join("rollouts.jsonl")).unwrap();
    assert_eq!(kept(&whole), kept(&broken));
    let rows: Vec<Kept> = kept(&whole).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), rows.last().map(|row| row.step)), (16, Some(4)));
    // A group's advantages add up to nothing.
    for group in rows.chunks(2) {
        assert!((group[0].advantage + group[1].advantage).abs() < 1e-6, "{group:?}");
    }
    for name in ["loss", "reward", "kl", "kl_weight", "norm", "supervised_loss", "tokens_per_second", "reward_truth"] {
        assert!(ear.lines.iter().all(|line| line.figures.contains_key(name)), "{name}");
    }
    assert!(ear.lines[0].figures["kl"].abs() < 1e-3, "before the first update the policy is its own reference");
    assert!(whole.join("best/model.safetensors").exists() && whole.join("best.json").exists());
}

#[test]
fn every_method_moves_the_policy_and_a_budget_ends_the_run() {
    let home = tempfile::tempdir().unwrap();
    let base = small_model(&home.path().join("base"));
    let start = std::fs::read(base.join("model.safetensors")).unwrap();
    for (at, method) in [
        "advantage = \"dr-grpo\"\naggregate = \"token-sum\"",
        "advantage = \"rloo\"\nratio = \"sequence\"\nepochs = 2",
        "advantage = \"grpo-batch\"\nratio = \"cispo\"\nclip = [0.2, 4.0]\nminibatches = 2",
        "advantage = \"reinforce++\"\nkl = { estimator = \"k1\", place = \"reward\", weight = 0.01 }",
        "advantage = \"reinforce++-baseline\"\nkl = { estimator = \"k2\", place = \"loss\", weight = 0.01 }",
        "advantage = \"gae\"\nepochs = 2\nvalue = { decay = 1.0, trace = 0.95, clip = 0.2, weight = 0.5, rate = 10.0 }",
        "advantage = \"grpo\"\ncredit = \"line\"\nemphasis = 4.0\nceiling = 3.0",
    ]
    .into_iter()
    .enumerate()
    {
        let run = home.path().join(format!("run{at}"));
        let mut recipe = policy_recipe(&base, method, "");
        recipe.steps = 2;
        let mut ear = Ear::default();
        policy::train(&recipe, &run, &AtomicBool::new(false), &mut ear).unwrap();
        assert!(bytes(&run) != start, "{method}");
        assert_eq!(ear.lines[0].figures.contains_key("value_loss"), method.contains("gae"), "{method}");
    }
    let mut recipe = policy_recipe(&base, "advantage = \"grpo\"\nkl_budget = 1e-9", "");
    recipe.learning_rate = 1e-2;
    let mut ear = Ear::default();
    policy::train(&recipe, &home.path().join("budget"), &AtomicBool::new(false), &mut ear).unwrap();
    assert!(ear.lines.len() < 4 && ear.words.iter().any(|word| word.contains("budget")), "{:?}", ear.words);
    // It has ended for good: asked again, nothing more is told.
    let mut again = Ear::default();
    let ended = policy::train(&recipe, &home.path().join("budget"), &AtomicBool::new(false), &mut again).unwrap();
    assert_eq!((ended, again.lines.len()), (Ending::Finished, 0));
}

#[test]
fn recipes_that_make_no_sense_are_refused() {
    let text = include_str!("../../configs/recipes/policy-truth.toml");
    PolicyRecipe::parse(text).unwrap();
    for (from, to, word) in [
        ("stories = 8", "stories = 1", "compared"),
        ("temperature = 0.8", "temperature = 0.0", "greedy"),
        ("truth = 1.0", "truth = 0.0", "credit"),
        ("credit = \"line\"", "credit = \"word\"", "hears meanings"),
        ("seed = 21", "sead = 21", "sead"),
        ("advantage = \"grpo\"", "advantage = \"gae\"", "gae"),
        ("kind = \"policy\"", "kind = \"reward\"", "train reward"),
    ] {
        let error = PolicyRecipe::parse(&text.replace(from, to)).unwrap_err();
        assert!(matches!(&error, TrainError::Recipe(what) if what.contains(word)), "{to}: {error}");
    }
    for text in
        [include_str!("../../configs/recipes/reward.toml"), include_str!("../../configs/recipes/reward-start.toml")]
    {
        RewardRecipe::parse(text).unwrap();
    }
    PreferenceRecipe::parse(include_str!("../../configs/recipes/dpo.toml")).unwrap();
}

/// A snapshot of tales whose better story is their own, of so many sequences.
fn snapshot(folder: &Path, sequences: u64) -> PathBuf {
    std::fs::create_dir_all(folder.join("images")).unwrap();
    let mut pairs = Vec::new();
    for seed in 0..sequences {
        let tale = Tale::new(seed, Split::Train);
        let mut images = Vec::new();
        for frame in 0..2 {
            let picture = Picture::from_rgb(&tale.draw(frame, 48)).unwrap();
            let name = format!("images/{}.png", picture.hash());
            std::fs::write(folder.join(&name), picture.bytes()).unwrap();
            images.push(name);
        }
        let story = |text: &str| SnapshotStory { system: "s".into(), text: text.into() };
        let (own, other) =
            (tale.facts.story[..2].join("\n"), Tale::new(seed + 999, Split::Train).facts.story[..2].join("\n"));
        let first_is_own = seed % 2 == 0;
        pairs.push(SnapshotPair {
            pair: format!("pair{seed}"),
            sequence: format!("seq-{seed}"),
            images,
            prompt: "Tell a story about these pictures, one line for each.".into(),
            first: story(if first_is_own { &own } else { &other }),
            second: story(if first_is_own { &other } else { &own }),
            votes: if seed % 7 == 6 { 0 } else { 2 },
            target: if seed % 5 == 4 { 0.5 } else { f64::from(u8::from(first_is_own)) },
            strength: if first_is_own { 2.0 } else { -2.0 },
            criteria: [("coherence".to_owned(), f64::from(u8::from(first_is_own)))].into(),
            both_bad: if seed % 7 == 6 { 2 } else { 0 },
        });
    }
    // A pair whose picture is missing is counted, and nothing else happens.
    pairs.push(SnapshotPair { sequence: "lost".into(), images: vec!["images/lost.png".into()], ..pairs[0].clone() });
    let card = SnapshotCard { criteria: vec!["coherence".to_owned()], ..SnapshotCard::default() };
    for (name, bytes) in snapshot_files(card, &pairs).unwrap().1 {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    folder.to_owned()
}

fn votes_recipe(kind: &str, base: &Path, snapshot: &Path, rest: &str) -> String {
    format!(
        "kind = {kind:?}\nname = \"small\"\nseed = 3\nbase = {base:?}\nlearning_rate = 1e-3\nsave_every = 1\nevaluate_every = 2\n\
         [votes]\nsnapshot = {snapshot:?}\nheld_out = 0.3\nepochs = 1.0\nbatch = 4\n{rest}\n{OPTIMISER}"
    )
}

/// Trains a reward model at once and broken off in between, and holds the two against each other.
fn rewarded_twice(recipe: &RewardRecipe, home: &Path) -> (PathBuf, Ear) {
    let (whole, broken) = (home.join("whole"), home.join("broken"));
    let go = AtomicBool::new(false);
    let mut ear = Ear::default();
    assert_eq!(reward::train(recipe, &whole, &go, &mut ear).unwrap(), Ending::Finished);
    reward::train(recipe, &broken, &AtomicBool::new(true), &mut Ear::default()).unwrap();
    reward::train(recipe, &broken, &go, &mut Ear::default()).unwrap();
    assert!(bytes(&whole) == bytes(&broken), "a run taken up differs from an unbroken one");
    (whole, ear)
}

#[test]
fn a_reward_model_is_taken_up_exactly_and_scores_the_same_alone_and_among_others() {
    let home = tempfile::tempdir().unwrap();
    let base = small_model(&home.path().join("base"));
    let votes = snapshot(&home.path().join("votes"), 24);
    let rest = "[loss]\nmargin = 0.5\ncentring = 0.01\nties = true\nwords = 0.1\ncriteria = 0.5";
    let recipe = RewardRecipe::parse(&votes_recipe("reward", &base, &votes, rest)).unwrap();
    let (whole, ear) = rewarded_twice(&recipe, home.path());
    let go = AtomicBool::new(false);
    assert!(ear.words[0].contains("1 left out"), "{:?}", ear.words);
    for name in ["loss", "accuracy", "ranking_loss", "word_loss", "apart"] {
        assert!(ear.lines.iter().all(|line| line.figures.contains_key(name)), "{name}");
    }
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(whole.join("model/config.json")).unwrap()).unwrap();
    assert_eq!(config["architectures"][0], "Idefics3ForSequenceClassification");
    assert_eq!((&config["id2label"]["0"], &config["id2label"]["1"]), (&"overall".into(), &"coherence".into()));
    let card = std::fs::read_to_string(whole.join("reward-card.json")).unwrap();
    let card: super::reward_card::RewardCard = serde_json::from_str(&card).unwrap();
    assert!(card.accuracy.of > 0 && card.nll.is_finite() && card.ceiling == Some(1.0), "{card:?}");

    // It is a reward for a policy of the same words.
    let mut policy = policy_recipe(&base, "advantage = \"rloo\"", "");
    (policy.steps, policy.reward.truth) = (1, 0.0);
    (policy.reward.model, policy.reward.model_weight) = (Some(whole.join("model")), 1.0);
    let mut heard = Ear::default();
    policy::train(&policy, &home.path().join("policy"), &go, &mut heard).unwrap();
    let figures = &heard.lines[0].figures;
    assert!(figures.contains_key("reward_model") && !figures.contains_key("reward_truth"), "{figures:?}");

    let model = RewardModel::open(&whole.join("model"), None).unwrap();
    assert_eq!(model.criteria, ["overall", "coherence"]);
    // Of an order it reads the texts behind the very prompt that they were told for: the same text, the same worth.
    let tale = Tale::new(3, Split::Train);
    let order = order(&tale, &tale, Task::Story, None, SamplingPatch::default()).unwrap();
    let texts = ["A fox.\nA bear.", "Rain.", "A fox.\nA bear."].map(str::to_owned);
    let worth = model.worth(&order, &texts).unwrap();
    assert!(worth[0] == worth[2] && worth[0] != worth[1] && worth[0].len() == 2, "{worth:?}");
    let look = model.look(
        &candle_core::Tensor::zeros((1, 3, 24, 24), candle_core::DType::F32, &candle_core::Device::Cpu).unwrap().into(),
    );
    let looks = [look.unwrap()];
    let crate::model::config::Slots::Token(image) = model.processor.config.slots else { unreachable!() };
    let prompt = [vec![image; looks[0].rows()], vec![5, 6, 7]].concat();
    let told: Vec<Told> = [3, 9, 1].map(|len: u32| Told::new(&prompt, &(10..10 + len).collect::<Vec<_>>(), 0)).to_vec();
    let together = model.scores(&told, &looks).unwrap();
    for (at, told) in told.iter().enumerate() {
        let alone = model.scores(std::slice::from_ref(told), &looks).unwrap();
        for (alone, among) in alone[0].iter().zip(&together[at]) {
            assert!((alone - among).abs() < 1e-5, "{at}: {alone} alone, {among} among others");
        }
    }
}

#[test]
fn a_reward_model_learns_from_mistakes_at_every_line_and_word() {
    let home = tempfile::tempdir().unwrap();
    let base = small_model(&home.path().join("base"));
    let text = format!(
        "kind = \"reward\"\nname = \"small\"\nseed = 3\nbase = {base:?}\nmeanings = \"world\"\nlearning_rate = 1e-3\nsave_every = 1\n\
         [mistakes]\nfirst_seed = 5\nside = 48\nsteps = 2\ntales = 2\nmost = 3\nso_far = 1.0\nalike = 1.0\n\
         held_out = 4\n[loss]\ncentring = 0.01\nwords = 0.1\n{OPTIMISER}"
    );
    let recipe = RewardRecipe::parse(&text).unwrap();
    let (whole, ear) = rewarded_twice(&recipe, home.path());
    for name in ["loss", "word_loss", "so_far_loss", "so_far_accuracy"] {
        assert!(ear.lines.iter().all(|line| line.figures[name].is_finite()), "{name}");
    }
    // What words count has been learnt too, and a run that begins with this one's model goes on from there.
    let counts = |folder: &Path| {
        let words = RewardModel::open(folder, None).unwrap().head.words.unwrap();
        words.weight.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    let learnt = counts(&whole.join("model"));
    let untaught = Words::untaught(1, learnt.len() / 2 - 1).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let moved = |at: usize| (learnt[at] - untaught[at]).abs() > 1e-4;
    assert!((0..learnt.len() - 2).any(moved) && moved(learnt.len() - 2) && moved(learnt.len() - 1), "{learnt:?}");
    let mut next = RewardRecipe { base: whole.join("model"), learning_rate: 1e-9, ..recipe };
    next.mistakes.as_mut().unwrap().steps = 1;
    let after = home.path().join("next");
    reward::train(&next, &after, &AtomicBool::new(false), &mut Ear::default()).unwrap();
    let same = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-3;
    assert!(counts(&after.join("model")).iter().zip(&learnt).all(same), "{learnt:?}");

    // A policy is given credit for its words by it, and by no reward model that hears no meanings.
    let mut policy = policy_recipe(&base, "advantage = \"grpo\"", "");
    policy.method.credit = Credit::Word;
    (policy.steps, policy.reward.truth) = (1, 0.0);
    (policy.reward.model, policy.reward.model_weight) = (Some(after.join("model")), 1.0);
    let learn = |run: &str, policy: &PolicyRecipe| {
        policy::train(policy, &home.path().join(run), &AtomicBool::new(false), &mut Ear::default())
    };
    learn("by word", &policy).unwrap();
    let model = RewardModel::open(&after.join("model"), None).unwrap();
    let tale = Tale::new(5, Split::Train).facts.story;
    let ids = retold_text(&model.processor, &tale.join("\n"), tale.len()).unwrap();
    let gained = model.gained(&[Told::new(&[5, 6, 7], &ids, 0)], &[]).unwrap().unwrap().remove(0);
    assert!(gained.len() == ids.len() && gained.iter().any(|gained| *gained != 0.0), "{gained:?}");
    let config = after.join("model/config.json");
    let mut deaf: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    deaf.remove("meanings");
    std::fs::write(&config, serde_json::to_vec(&deaf).unwrap()).unwrap();
    assert!(learn("deaf", &policy).is_err_and(|error| error.to_string().contains("meanings")));
}

#[test]
fn a_reward_adapter_saves_its_head_and_is_read_back() {
    let home = tempfile::tempdir().unwrap();
    let base = small_model(&home.path().join("base"));
    let votes = snapshot(&home.path().join("votes"), 16);
    let rest =
        "[lora]\nr = 4\nalpha = 8.0\ntargets = [\"q_proj\", \"v_proj\"]\nparts = [\"text\"]\n[loss]\ncentring = 0.01";
    let recipe = RewardRecipe::parse(&votes_recipe("reward", &base, &votes, rest)).unwrap();
    let run = home.path().join("run");
    reward::train(&recipe, &run, &AtomicBool::new(false), &mut Ear::default()).unwrap();
    let config = std::fs::read_to_string(run.join("adapter/adapter_config.json")).unwrap();
    assert!(config.contains("SEQ_CLS") && config.contains("\"score\""), "{config}");
    let model = RewardModel::open(&base, Some(&run.join("adapter"))).unwrap();
    assert_eq!(model.criteria, ["overall", "coherence"]);
    // Alone it says itself what it stands on.
    assert_eq!(RewardModel::open(&run.join("adapter"), None).unwrap().criteria, model.criteria);
    let plain = RewardModel::open(&base, None).err().unwrap().to_string();
    assert!(plain.contains("no reward model"), "{plain}");
}

#[test]
fn policies_learn_from_pairs_by_every_loss() {
    let home = tempfile::tempdir().unwrap();
    let base = small_model(&home.path().join("base"));
    let votes = snapshot(&home.path().join("votes"), 24);
    for (at, method) in [
        "loss = \"sigmoid\"\nbeta = 0.1",
        "loss = \"cdpo\"\nbeta = 0.1\nflipped = 0.1",
        "loss = \"robust\"\nbeta = 0.1\nflipped = 0.1",
        "loss = \"hinge\"\nbeta = 0.1",
        "loss = \"ipo_mean\"\nbeta = 0.1",
        "loss = \"ipo_sum\"\nbeta = 0.1",
        "loss = \"kto\"\nbeta = 0.1\ndesirable = 1.0\nundesirable = 1.0",
    ]
    .into_iter()
    .enumerate()
    {
        let text = votes_recipe("preference", &base, &votes, &format!("[method]\n{method}"));
        let recipe = PreferenceRecipe::parse(&text).unwrap();
        let run = home.path().join(format!("run{at}"));
        let mut ear = Ear::default();
        assert_eq!(preference::train(&recipe, &run, &AtomicBool::new(false), &mut ear).unwrap(), Ending::Finished);
        let (first, last) = (&ear.lines[0].figures, &ear.lines[ear.lines.len() - 1].figures);
        assert!(first["margin"].abs() < 1e-3, "{method}: the policy begins as its reference");
        assert!(last["margin"] > first["margin"], "{method}: {first:?} {last:?}");
        assert_eq!(first.contains_key("drift"), method.contains("kto"));
    }
}
