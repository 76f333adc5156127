//! What is judged, what a judgement is, and the judges that need nobody else: a reward model, and the facts of the picture world.

use std::sync::Arc;

use super::spent::Spent;
use super::wording::CRITERIA;
use crate::evaluate::truth::truth;
use crate::world::{Facts, judge as hold_against};
use crate::writer::reward_model::RewardModel;
use crate::writer::{Order, WriterError};

/// What stories are about: the frames with what was asked, and what is true of them where that is known.
#[derive(Clone, Debug)]
pub struct Scene {
    pub order: Order,
    pub facts: Option<Facts>,
}

/// A story and who told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub system: String,
    pub text: String,
}

/// Two stories about one scene.
#[derive(Clone, Debug)]
pub struct Match {
    pub pair: String,
    pub scene: Arc<Scene>,
    pub stories: [Told; 2],
    /// Share of the first among people's votes, ties as halves; nothing where nobody voted.
    pub people: Option<f64>,
}

/// Numbers of one story, by criterion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    pub values: Vec<(String, f64)>,
    pub spent: Spent,
}

/// Which of two is better.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruling {
    /// 1: the first, 0: the second, a half: a tie; nothing where no answer could be read.
    pub outcome: Option<f64>,
    /// What was said for the first where it was shown first, and where it was shown second; only of judges that are shown them in
    /// an order.
    pub orders: Option<[Option<f64>; 2]>,
    pub spent: Spent,
}

/// Somebody who judges.
pub trait Judge: Send {
    /// Who it is, with the version of what it is asked.
    fn name(&self) -> String;

    /// The name of the model that judges, by which its own stories are known.
    fn model(&self) -> Option<String> {
        None
    }

    /// Numbers for one story; `None` where its answer cannot be read, or nothing is known of the scene.
    ///
    /// # Errors
    /// What keeps the judge from judging at all.
    fn score(&mut self, scene: &Scene, told: &Told) -> Result<Option<Scores>, WriterError>;

    /// Which of two stories is better.
    ///
    /// # Errors
    /// What keeps the judge from judging at all.
    fn compare(&mut self, scene: &Scene, stories: &[Told; 2]) -> Result<Ruling, WriterError>;
}

/// Of two worths, the better; equal ones are a tie.
pub fn of_worths(first: f64, second: f64) -> f64 {
    match first - second {
        d if d > 1e-9 => 1.0,
        d if d < -1e-9 => 0.0,
        _ => 0.5,
    }
}

/// A reward model that judges.
pub struct RewardJudge {
    name: String,
    model: RewardModel,
}

impl RewardJudge {
    pub fn new(name: &str, model: RewardModel) -> Self {
        Self { name: name.to_owned(), model }
    }
}

impl Judge for RewardJudge {
    fn name(&self) -> String {
        format!("reward model {}", self.name)
    }

    fn score(&mut self, scene: &Scene, told: &Told) -> Result<Option<Scores>, WriterError> {
        let worth = self.model.worth(&scene.order, std::slice::from_ref(&told.text))?.pop().unwrap_or_default();
        let values = self.model.criteria.iter().cloned().zip(worth).collect();
        Ok(Some(Scores { values, spent: Spent::default() }))
    }

    fn compare(&mut self, scene: &Scene, stories: &[Told; 2]) -> Result<Ruling, WriterError> {
        let texts: Vec<String> = stories.iter().map(|told| told.text.clone()).collect();
        let worth = self.model.worth(&scene.order, &texts)?;
        let whole = |at: usize| worth.get(at).and_then(|worth| worth.first()).copied();
        let outcome = whole(0).zip(whole(1)).map(|(first, second)| of_worths(first, second));
        Ok(Ruling { outcome, ..Ruling::default() })
    }
}

/// The facts of the picture world, where there are some.
pub struct FactsJudge;

impl Judge for FactsJudge {
    fn name(&self) -> String {
        "the picture world's facts".to_owned()
    }

    fn score(&mut self, scene: &Scene, told: &Told) -> Result<Option<Scores>, WriterError> {
        let value = |facts| vec![("truth".to_owned(), truth(&hold_against(&told.text, facts)))];
        Ok(scene.facts.as_ref().map(|facts| Scores { values: value(facts), spent: Spent::default() }))
    }

    fn compare(&mut self, scene: &Scene, stories: &[Told; 2]) -> Result<Ruling, WriterError> {
        let truths =
            scene.facts.as_ref().map(|facts| [0, 1].map(|at: usize| truth(&hold_against(&stories[at].text, facts))));
        Ok(Ruling { outcome: truths.map(|[first, second]| of_worths(first, second)), ..Ruling::default() })
    }
}

/// The numbers of a remote judge by their names.
pub fn by_criterion(scores: [f64; 4]) -> Vec<(String, f64)> {
    CRITERIA.iter().map(|name| (*name).to_owned()).zip(scores).collect()
}
