//! What the reward model is least sure of, for a campaign that wants votes where it helps most: of each pair the chance that it
//! gives to the first story, and how near that is to a half. And the guideline, which may change while people rate.

use std::collections::BTreeMap;

use super::handle::Studio;
use crate::shelf::PlainPair;
use crate::story::{Campaign, Notice, SequenceId, Story};

impl Studio {
    /// Has the reward model in use read all pairs of a campaign; how many it read. `watch` hears of each sequence.
    ///
    /// # Errors
    /// No reward model in use, or one that cannot read these stories.
    pub async fn doubt_by_reward(
        &self,
        campaign: &Campaign,
        watch: &mut (dyn FnMut(usize, usize) + Send),
    ) -> Result<usize, Notice> {
        let Some((_, folder)) = self.reward_model().await? else {
            let what = "uncertain_by = \"reward\" asks for a reward model, and none is in use";
            return Err(Notice::yours(what, "adopt one: storyloom adopt RUN; or say uncertain_by = \"systems\""));
        };
        let mut by_sequence: BTreeMap<String, Vec<PlainPair>> = BTreeMap::new();
        for pair in self.inner.shelf.plain_pairs(&campaign.id).await? {
            by_sequence.entry(pair.sequence_id.clone()).or_default().push(pair);
        }
        let of = by_sequence.len();
        let mut doubts = Vec::new();
        for (done, (sequence, pairs)) in by_sequence.into_iter().enumerate() {
            watch(done, of);
            let mut stories: BTreeMap<String, Story> = BTreeMap::new();
            for id in pairs.iter().flat_map(|pair| [&pair.first_id, &pair.second_id]) {
                if !stories.contains_key(id)
                    && let Some(story) = self.inner.shelf.story(id).await?
                {
                    stories.insert(id.clone(), story);
                }
            }
            let Some(request) = stories.values().next().map(Story::request) else { continue };
            let opened = self.sequence(&SequenceId(sequence)).await?;
            let texts = stories.values().map(|story| story.text.clone()).collect();
            let worth = self.worth_of(&opened, request, texts, folder.clone()).await?;
            let worth: BTreeMap<&String, f64> = stories.keys().zip(worth.iter().map(|numbers| numbers[0])).collect();
            for pair in &pairs {
                if let (Some(first), Some(second)) = (worth.get(&pair.first_id), worth.get(&pair.second_id)) {
                    doubts.push((pair.id.clone(), doubt(first - second)));
                }
            }
        }
        watch(of, of);
        self.inner.shelf.set_doubts(&doubts).await?;
        Ok(doubts.len())
    }

    /// Gives a campaign another guideline: its version goes up, and every rater is asked to agree to it before their next pair.
    pub async fn change_guideline(&self, campaign: &Campaign, text: &str) -> Result<u32, Notice> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Notice::yours("a guideline without a word", "write what raters are to know and agree to"));
        }
        let mut plan = campaign.plan.clone();
        if plan.guideline == text {
            return Err(Notice::yours(
                "this is the guideline already",
                "storyloom campaign status shows how it stands",
            ));
        }
        plan.guideline = text.to_owned();
        plan.guideline_version += 1;
        self.inner.shelf.set_plan(&campaign.id, &plan).await?;
        Ok(plan.guideline_version)
    }
}

/// 1 where a reward model finds both stories worth the same, near 0 where it is sure: four times the chance of either.
fn doubt(apart: f64) -> f64 {
    let chance = 1.0 / (1.0 + (-apart).exp());
    4.0 * chance * (1.0 - chance)
}

#[cfg(test)]
mod tests {
    use super::doubt;

    #[test]
    fn doubt_is_whole_between_equals_and_goes_with_the_distance() {
        assert_eq!(doubt(0.0), 1.0);
        assert!((doubt(2.0) - doubt(-2.0)).abs() < 1e-12 && doubt(2.0) < doubt(1.0) && doubt(40.0) < 1e-12);
        assert!((doubt(1.0) - 0.786_447_732_965_927_4).abs() < 1e-12, "4 p (1 - p) with p = 0.7310585786");
    }
}
