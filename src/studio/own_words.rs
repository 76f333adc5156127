//! What visitors put into words themselves: how a task is asked, and stories changed by hand.

use std::time::{SystemTime, UNIX_EPOCH};

use super::handle::Studio;
use crate::story::{Notice, Story, Task};
use crate::writer::prompts::template;

/// How a task is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    pub task: Task,
    /// The task's own.
    pub standard: &'static str,
    /// What took its place.
    pub own: Option<String>,
}

impl Studio {
    /// How every task is asked.
    pub async fn wordings(&self) -> Result<Vec<Wording>, Notice> {
        let mut wordings = Vec::new();
        for task in Task::ALL {
            let own = self.inner.shelf.setting(&setting(task)).await?.filter(|own| !own.is_empty());
            wordings.push(Wording { task, standard: template(task), own });
        }
        Ok(wordings)
    }

    /// Asks a task in other words from now on; `None`: in its own again.
    pub async fn word(&self, task: Task, own: Option<&str>) -> Result<(), Notice> {
        Ok(self.inner.shelf.set(&setting(task), own.unwrap_or_default()).await?)
    }

    /// Whether nobody has been in this studio before; true once.
    pub async fn first_time(&self) -> Result<bool, Notice> {
        const SEEN: &str = "seen";
        let first = self.inner.shelf.setting(SEEN).await?.is_none();
        if first {
            self.inner.shelf.set(SEEN, "yes").await?;
        }
        Ok(first)
    }

    /// Puts a story that was changed by hand on the shelf, under a name and a time of its own.
    pub async fn keep_by_hand(&self, mut story: Story) -> Result<Story, Notice> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let print = blake3::hash(story.text.as_bytes()).to_hex();
        story.id = format!("story-{:016x}-h{}", now.as_micros(), &print[..7]);
        story.told_at = now.as_secs();
        self.inner.shelf.put_story(&story).await?;
        Ok(story)
    }
}

fn setting(task: Task) -> String {
    format!("wording.{task}")
}
