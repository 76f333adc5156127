//! The best of several: stories are told, the reward model in use reads them, and the one that it finds worth most is taken.

use std::path::PathBuf;
use std::sync::Arc;

use super::gallery::blocking;
use super::handle::Studio;
use super::telling::TellOrder;
use crate::exchange::Opened;
use crate::story::{Notice, Request, Story, Telling};
use crate::writer::Order;
use crate::writer::reward_model::{RewardModel, best_of_n_kl};

/// The best story, and what there is to say of the choice.
pub struct Best {
    pub story: Story,
    pub worth: f64,
    /// Of all of them.
    pub mean: f64,
    pub of: usize,
}

impl Best {
    pub fn words(&self) -> String {
        let Best { worth, mean, of, .. } = self;
        let moved = best_of_n_kl(*of);
        format!("the best of {of}: worth {worth:.2}, their mean {mean:.2}; at most {moved:.2} nats from one story")
    }
}

impl Studio {
    /// Tells as many stories as the order asks for, and gives the best of them. All of them are on the shelf afterwards.
    pub async fn tell_best(&self, order: TellOrder) -> Result<Best, Notice> {
        let Some((_, folder)) = self.reward_model().await? else {
            let try_this = "train one from votes, then storyloom adopt RUN, or a in the training screen";
            return Err(Notice::yours("there is no reward model in use that could choose", try_this));
        };
        let opened = self.sequence(&order.sequence).await?;
        let request = order.request.clone();
        let mut said = self.tell(order).await?;
        let mut stories = Vec::with_capacity(request.stories);
        while let Some(telling) = said.recv().await {
            match telling {
                Telling::Done { story, .. } => stories.push(*story),
                Telling::Failed { notice } => return Err(notice),
                _ => {}
            }
        }
        let texts = stories.iter().map(|story: &Story| story.text.clone()).collect();
        let worth = self.worth_of(&opened, request, texts, folder).await?;
        let worth: Vec<f64> = worth.into_iter().map(|numbers| numbers[0]).collect();
        let best = (0..worth.len()).max_by(|a, b| worth[*a].total_cmp(&worth[*b]));
        let Some(best) = best else { return Err(Notice::ours("no story came of it")) };
        let (of, mean) = (worth.len(), worth.iter().sum::<f64>() / worth.len() as f64);
        Ok(Best { story: stories.swap_remove(best), worth: worth[best], mean, of })
    }

    /// What a reward model finds texts worth that were told for a request, one number a criterion each.
    pub async fn worth_of(
        &self,
        opened: &Opened,
        request: Request,
        texts: Vec<String>,
        reward: PathBuf,
    ) -> Result<Vec<Vec<f64>>, Notice> {
        let (sequence, pictures) = (Arc::new(opened.sequence.clone()), Arc::new(opened.pictures.clone()));
        let order = Order { sequence, pictures, request, window: 0 };
        blocking(move || RewardModel::open(&reward, None)?.worth(&order, &texts)).await?.map_err(Notice::from)
    }
}
