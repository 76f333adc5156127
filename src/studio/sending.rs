//! Stories that were compared in the studio go to raters.

use super::campaigning::{fair, new_pair};
use super::handle::Studio;
use crate::shelf::PairKind;
use crate::story::{CampaignState, Notice, Plan};

impl Studio {
    /// Puts stories of one sequence into the newest open campaign, every two of them as a pair; where there is none, one called
    /// "compared" is begun. Each comes with what it stands for. What is returned says what was done.
    pub async fn send_pairs(&self, stories: &[(String, String)]) -> Result<String, Notice> {
        let mut told = Vec::new();
        for (id, label) in stories {
            told.push((self.inner.shelf.story_of(id).await?, label.clone()));
        }
        let mut pairs = Vec::new();
        for (place, (first, _)) in told.iter().enumerate() {
            for (second, _) in &told[place + 1..] {
                if fair(first, second) && first.sequence == second.sequence {
                    pairs.push(new_pair(&first.sequence.0, first, second, PairKind::Plain, 1.0));
                }
            }
        }
        if pairs.is_empty() {
            let what = "the stories are the same, or were cut at their token limit: nobody could prefer one";
            return Err(Notice::yours(what, "let them differ, or raise max_new_tokens"));
        }
        let candidates: Vec<(String, String)> = told.into_iter().map(|(story, label)| (story.id, label)).collect();
        let open = self.campaigns().await?.into_iter().find(|campaign| campaign.state == CampaignState::Open);
        let name = match open {
            Some(campaign) => {
                self.inner.shelf.add_pairs(&campaign.id, &candidates, &pairs).await?;
                campaign.name
            }
            None => {
                let name = "compared".to_owned();
                self.inner.shelf.put_campaign(&name, &Plan::default(), &candidates, &pairs).await?;
                name
            }
        };
        let count = if pairs.len() == 1 { "1 pair".to_owned() } else { format!("{} pairs", pairs.len()) };
        Ok(format!("{count} more in the campaign '{name}': storyloom rate {name}"))
    }
}
