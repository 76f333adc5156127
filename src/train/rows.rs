//! The rows of one source under training: which are held out, which can serve a task, and what is asked of the one drawn.

use std::collections::HashMap;
use std::ops::Range;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::error::{Result, TrainError};
use super::recipe::Stage;
use crate::exchange::{Dataset, Row, Words, chapters};
use crate::story::Task;

/// What is asked: the pictures `range` of a row, by a task, or by its own questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub row: usize,
    pub range: Range<usize>,
    /// `None` for a conversation, which brings its questions along.
    pub task: Option<Task>,
}

/// Rows of one source.
pub struct Rows {
    pub name: String,
    pub rows: Vec<Row>,
    /// The place of each row in its file, from 1.
    pub numbers: Vec<usize>,
    /// Places of the rows that are trained on, by what they can serve; conversations under `None`.
    trained: HashMap<Option<Task>, Vec<usize>>,
    /// Places of the held-out rows, in the order of their hashes.
    held_out: Vec<usize>,
    /// Most pictures of one example.
    window: usize,
}

impl Rows {
    /// Rows apart from those held out.
    ///
    /// # Errors
    /// If no row is left to train on.
    pub fn new(name: String, data: Dataset, share: f64, window: Option<usize>) -> Result<Self> {
        let mut trained: HashMap<Option<Task>, Vec<usize>> = HashMap::new();
        let mut held_out = Vec::new();
        for (place, row) in data.rows.iter().enumerate() {
            let lot = lot(&row.group);
            if lot < share {
                held_out.push((lot, place));
                continue;
            }
            match &row.words {
                Words::Turns(_) => trained.entry(None).or_default().push(place),
                Words::Lines(_) => Task::ALL
                    .into_iter()
                    .filter(|task| serves(row, *task))
                    .for_each(|task| trained.entry(Some(task)).or_default().push(place)),
            }
        }
        if trained.is_empty() {
            return Err(TrainError::Data(format!(
                "all {} rows of {name} are held out: lower its held_out",
                data.rows.len()
            )));
        }
        held_out.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let held_out = held_out.into_iter().map(|(_, place)| place).collect();
        let window = window.unwrap_or(usize::MAX).max(1);
        Ok(Self { name, rows: data.rows, numbers: data.numbers, trained, held_out, window })
    }

    pub fn held_out(&self) -> usize {
        self.held_out.len()
    }

    /// The tasks of a stage that these rows can serve, with their shares.
    fn tasks(&self, stage: &Stage) -> Vec<(Task, f64)> {
        let serves = |(task, _): &(Task, f64)| self.trained.contains_key(&Some(*task));
        wanted(stage).into_iter().filter(serves).collect()
    }

    /// Whether the rows can serve a stage at all.
    ///
    /// # Errors
    /// A stage that asks for nothing they hold, with what they do hold.
    pub fn check(&self, stage: &Stage) -> Result<()> {
        if self.trained.contains_key(&None) || !self.tasks(stage).is_empty() {
            return Ok(());
        }
        let served = Task::ALL.into_iter().filter(|task| self.trained.contains_key(&Some(*task)));
        let served: Vec<&str> = served.map(Task::word).collect();
        let what = format!(
            "stage '{}' asks for no task that {} has texts for; its rows serve: {}",
            stage.name,
            self.name,
            served.join(", ")
        );
        Err(TrainError::Data(what))
    }

    /// What one draw asks.
    pub fn draw(&self, stage: &Stage, frames: usize, chance: &mut ChaCha8Rng) -> Result<Asked> {
        let task = match self.trained.contains_key(&None) {
            true => None,
            false => pick(&self.tasks(stage), chance.random()),
        };
        let places = self.trained.get(&task).filter(|places| !places.is_empty());
        let places = places.ok_or_else(|| TrainError::Data(format!("{} has nothing to ask", self.name)))?;
        let row = places[chance.random_range(0..places.len())];
        let all = self.rows[row].images.len();
        let Some(task) = task else { return Ok(Asked { row, range: 0..all, task: None }) };
        let most = stage.frames[1].min(self.window);
        // A story that fits is told whole, or it would not be learnt how stories begin and end.
        let count = if task == Task::Story && all <= most { all } else { frames.min(self.window).min(all) };
        let mut range = 0..count;
        if task == Task::Continuation {
            let first = chance.random_range(1..all);
            range = first..(first + count).min(all);
        } else if count < all {
            let first = chance.random_range(0..=all - count);
            range = first..first + count;
        }
        Ok(Asked { row, task: Some(as_told(task, &range)), range })
    }

    /// What is asked of the held-out rows: each once by every task of the stage that it can serve, whole or in chapters.
    pub fn examination(&self, stage: &Stage) -> Vec<Asked> {
        let most = stage.frames[1].min(self.window);
        let wanted = wanted(stage);
        let mut asked = Vec::new();
        for place in &self.held_out {
            let row = &self.rows[*place];
            if let Words::Turns(_) = row.words {
                asked.push(Asked { row: *place, range: 0..row.images.len(), task: None });
                continue;
            }
            // The chapters of a story after its first are continuations already.
            let told = wanted.iter().any(|(task, _)| *task == Task::Story);
            for (task, _) in &wanted {
                if !serves(row, *task) || *task == Task::Continuation && told {
                    continue;
                }
                let skip = usize::from(*task == Task::Continuation);
                for range in chapters(row.images.len() - skip, most) {
                    let range = range.start + skip..range.end + skip;
                    asked.push(Asked { row: *place, task: Some(as_told(*task, &range)), range });
                }
            }
        }
        asked
    }
}

/// The tasks of a stage that have a share; story where it names none.
fn wanted(stage: &Stage) -> Vec<(Task, f64)> {
    if stage.tasks.is_empty() {
        return vec![(Task::Story, 1.0)];
    }
    stage.tasks.iter().copied().filter(|(_, share)| *share > 0.0).collect()
}

/// One of several by their shares; `chance` is from 0 to below 1.
pub fn pick<T: Copy>(choices: &[(T, f64)], chance: f64) -> Option<T> {
    let mut left = chance * choices.iter().map(|(_, share)| share).sum::<f64>();
    for (choice, share) in choices {
        left -= share;
        if left < 0.0 {
            return Some(*choice);
        }
    }
    choices.last().map(|(choice, _)| *choice)
}

/// A story that does not begin with the first picture is a continuation, as the writer asks for it.
fn as_told(task: Task, range: &Range<usize>) -> Task {
    if task == Task::Story && range.start > 0 { Task::Continuation } else { task }
}

/// The texts of a row that answer a task.
pub fn answers(row: &Row, task: Task) -> &[String] {
    match (&row.words, task) {
        (Words::Turns(_), _) => &[],
        (Words::Lines(lines), Task::Story | Task::Continuation) => &lines.story,
        (Words::Lines(lines), Task::Caption) => &lines.captions,
        (Words::Lines(lines), Task::Emotion) => &lines.emotions,
        (Words::Lines(lines), Task::Consistency) => &lines.consistency,
    }
}

fn serves(row: &Row, task: Task) -> bool {
    answers(row, task).len() > usize::from(task == Task::Continuation)
}

/// A number from 0 to below 1 that follows from the group alone, whatever else is in the file.
fn lot(group: &str) -> f64 {
    let hash = blake3::hash(group.as_bytes());
    let first = u64::from_le_bytes(std::array::from_fn(|i| hash.as_bytes()[i]));
    // 53 bits are what a double holds exactly.
    (first >> 11) as f64 / (1u64 << 53) as f64
}
