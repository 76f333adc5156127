//! Whether what is said is there: mentions of what a frame does not show (as CHAIR counts them), and questions with yes or no (as
//! POPE asks them) with how often a model says yes at all. Version 1.
//!
//! CHAIR needs to know what is there, so it is counted on the picture world alone. The questions are those that the embedded
//! storyteller was taught, about feelings and about sameness: of POPE's kinds, half of those with the answer no are about somebody
//! of the same species, which is its adversarial kind, and half about one who is not there. Whether a thing is there at all is not
//! asked.

use serde::{Deserialize, Serialize};

use crate::evaluate::subject::Subject;
use crate::story::Task;
use crate::world::{Facts, Question, QuestionKind, Quiz, Split, judge};
use crate::writer::WriterError;

/// What one story says that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chair {
    /// Mentions of characters, places and things; and those of what is not in the frame of their line.
    pub mentions: usize,
    pub wrong: usize,
    /// Frames with a line, and those whose line has such a mention.
    pub frames: usize,
    pub frames_wrong: usize,
}

/// Counts a story, one line a frame.
pub fn chair(story: &str, facts: &Facts) -> Chair {
    let mut lines = story.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut found = Chair::default();
    let mut alone = facts.clone();
    for frame in &facts.frames {
        let Some(line) = lines.next() else { break };
        alone.frames = vec![frame.clone()];
        let said = judge(line, &alone).hallucination;
        found.mentions += said.of;
        found.wrong += said.right;
        found.frames += 1;
        found.frames_wrong += usize::from(said.right > 0);
    }
    found
}

/// A question with what is seen.
#[derive(Clone, Debug)]
pub struct Poll {
    pub task: Task,
    pub question: Question,
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The right answer; none where it is no question with yes or no.
    pub truth: Option<bool>,
    /// What the answer says; none where it says neither or both.
    pub yes: Option<bool>,
    pub right: bool,
}

/// Unrelated scenes of this seed with questions about them, of feelings and of sameness in turn.
///
/// # Errors
/// Never in practice: the scenes are drawn here.
pub fn polls(seed: u64, count: usize) -> Result<(Subject, Vec<Poll>), WriterError> {
    let quiz = Quiz::jumble(seed, Split::HeldOut, count);
    let subject = Subject::of_tale(quiz.tale, format!("jumble-{seed}"))?;
    let poll = |question: Question| Poll {
        task: if matches!(question.kind, QuestionKind::Same(_)) { Task::Consistency } else { Task::Emotion },
        question,
    };
    Ok((subject, quiz.questions.into_iter().map(poll).collect()))
}

impl Poll {
    /// Reads an answer.
    pub fn read(&self, answer: &str) -> Said {
        let words = crate::evaluate::texts::words(answer);
        let says = |word: &str| words.iter().any(|said| said == word);
        let truth = if let QuestionKind::Same(same) = self.question.kind { Some(same) } else { None };
        let yes = match (says("yes"), says("no")) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
        Said { truth, yes, right: self.question.right(answer) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Tale;

    #[test]
    fn a_true_story_mentions_nothing_that_is_not_there_and_that_of_another_does() {
        let (mut own, mut strange) = (0, 0);
        for seed in 0..20 {
            let facts = Tale::new(seed, Split::HeldOut).facts;
            let found = chair(&facts.story.join("\n"), &facts);
            assert_eq!((found.frames, found.frames_wrong), (facts.frames.len(), 0), "{seed}");
            own += found.mentions;
            strange += chair(&Tale::new(seed + 500, Split::HeldOut).facts.story.join("\n"), &facts).wrong;
        }
        assert!(own > 100 && strange > 50, "{own} {strange}");
    }

    #[test]
    fn answers_are_read() {
        let (subject, polls) = polls(9001, 4).unwrap();
        assert_eq!((polls.len(), subject.pictures.len() >= 4), (4, true));
        for poll in &polls {
            assert!(poll.read(&poll.question.answer).right);
            assert_eq!(poll.read("Yes and no.").yes, None);
        }
        let same = polls.iter().find(|poll| poll.task == Task::Consistency).unwrap();
        let truth = same.read("").truth.unwrap();
        assert_eq!(
            same.read(if truth { "No." } else { "yes" }),
            Said { truth: Some(truth), yes: Some(!truth), right: false }
        );
    }
}
