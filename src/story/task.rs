//! The five tasks of arXiv:2407.02586. Prompts for them live with the writer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Notice;

/// What a model is asked to write about a sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// One story over all frames.
    #[default]
    Story,
    /// What each frame shows.
    Caption,
    /// The story so far told on.
    Continuation,
    /// How each character feels in each frame.
    Emotion,
    /// Who is in each frame, by a name that stays the same.
    Consistency,
}

impl Task {
    pub const ALL: [Task; 5] = [Task::Story, Task::Caption, Task::Continuation, Task::Emotion, Task::Consistency];

    /// The word used on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            Task::Story => "story",
            Task::Caption => "caption",
            Task::Continuation => "continuation",
            Task::Emotion => "emotion",
            Task::Consistency => "consistency",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Task {
    type Err = Notice;

    fn from_str(word: &str) -> Result<Self, Notice> {
        Task::ALL.into_iter().find(|task| task.word() == word).ok_or_else(|| {
            let known = Task::ALL.map(Task::word).join(", ");
            Notice::yours(format!("there is no task '{word}'"), format!("one of: {known}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_found_by_its_word_and_others_are_refused() {
        for task in Task::ALL {
            assert_eq!(task.word().parse::<Task>().unwrap(), task);
        }
        assert!("novel".parse::<Task>().unwrap_err().try_this.contains("continuation"));
    }
}
