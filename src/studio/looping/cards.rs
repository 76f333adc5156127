//! Loops for those who look at them: where each stands, and what it waits for, read off its file, its campaign or its run.

use super::going::{is_going, trouble};
use super::plan::LoopPlan;
use super::plans::plans;
use super::state::{LoopState, Stage, folder, names, progress, read};
use crate::story::{Awaited, LoopCard, LoopPlanCard, LoopStep, Notice, RunState};
use crate::studio::gallery::blocking;
use crate::studio::handle::Studio;

impl Studio {
    /// All loops as they are now, by name.
    pub async fn loop_cards(&self) -> Result<Vec<LoopCard>, Notice> {
        let home = self.home();
        let states = blocking(move || {
            let read = |name: String| {
                let folder = folder(&home, &name);
                (read(&home, &name), is_going(&folder), trouble(&folder), progress(&folder), name)
            };
            names(&home).into_iter().map(read).collect::<Vec<_>>()
        })
        .await?;
        let mut cards = Vec::with_capacity(states.len());
        for (state, going, trouble, told, name) in states {
            let state = match state {
                Ok(state) => state,
                Err(notice) => {
                    cards.push(broken(name, notice));
                    continue;
                }
            };
            let (waits, trouble) = match self.waits(&state, told).await {
                Ok(waits) => (waits, trouble),
                Err(notice) => (None, trouble.or(Some(notice))),
            };
            cards.push(LoopCard {
                name,
                round: state.round,
                step: Some(step(&state.stage)),
                stage: state.stage.words(),
                gate: gate(&state.stage, &state.plan),
                waits,
                going,
                asks: state.asks,
                trouble: trouble.filter(|_| !going),
                told: state.told,
            });
        }
        Ok(cards)
    }

    /// Plans that a loop can be begun by.
    pub async fn loop_plans(&self) -> Result<Vec<LoopPlanCard>, Notice> {
        let home = self.home();
        blocking(move || plans(&home)).await
    }

    /// What the stage under way waits for.
    async fn waits(&self, state: &LoopState, told: Option<(u64, u64)>) -> Result<Option<Awaited>, Notice> {
        Ok(match &state.stage {
            Stage::Tell | Stage::Propose { .. } => told.map(|(done, of)| Awaited { done, of, what: "stories" }),
            Stage::Collect { campaign } => Some(self.votes_of(campaign, state.plan.collect.votes).await?),
            Stage::Trial { campaign, .. } => Some(self.votes_of(campaign, state.plan.trial.votes).await?),
            Stage::Reward { run } | Stage::Policy { run } => {
                let (runs, run) = (self.inner.running.runs.clone(), run.clone());
                let card = blocking(move || runs.find(&run)).await??;
                if matches!(card.state, RunState::Stopped | RunState::Failed | RunState::Lost) {
                    let why = card.why.map(|why| format!(": {}", why.what)).unwrap_or_default();
                    let what = format!("the run {} is {}{why}", card.id, card.state.word());
                    return Err(Notice::outside(
                        what,
                        "r in the training screen lets it go on; then go on with the loop",
                    ));
                }
                (card.of > 0).then_some(Awaited { done: card.step, of: card.of, what: "steps" })
            }
            Stage::Over { .. } => None,
        })
    }

    async fn votes_of(&self, campaign: &str, wanted: u64) -> Result<Awaited, Notice> {
        let known = self.campaign(Some(campaign)).await?;
        Ok(Awaited { done: known.votes, of: wanted.min(known.wanted), what: "votes" })
    }
}

fn broken(name: String, notice: Notice) -> LoopCard {
    LoopCard {
        name,
        round: 0,
        step: None,
        stage: "its file cannot be read".to_owned(),
        gate: String::new(),
        waits: None,
        going: false,
        asks: None,
        trouble: Some(notice),
        told: Vec::new(),
    }
}

fn step(stage: &Stage) -> LoopStep {
    match stage {
        Stage::Tell => LoopStep::Tell,
        Stage::Collect { .. } => LoopStep::Collect,
        Stage::Reward { .. } => LoopStep::Reward,
        Stage::Policy { .. } => LoopStep::Policy,
        Stage::Propose { .. } => LoopStep::Propose,
        Stage::Trial { .. } => LoopStep::Trial,
        Stage::Over { .. } => LoopStep::Over,
    }
}

/// What opens the way to the next stage.
fn gate(stage: &Stage, plan: &LoopPlan) -> String {
    match stage {
        Stage::Tell => format!("{} ways of sampling tell every sequence", plan.collect.system.len()),
        Stage::Collect { .. } => {
            let whose = if plan.collect.simulated { "people or programs" } else { "people" };
            format!("{} votes of {whose}, or all that the campaign can have", plan.collect.votes)
        }
        Stage::Reward { .. } => format!(
            "sides with the raters in at least {} of held-out pairs for sure, calibration error at most {}, fooled at most {}",
            plan.reward.accuracy, plan.reward.calibration, plan.reward.fooled
        ),
        Stage::Policy { .. } => {
            let moved = plan.policy.moved;
            let near = if moved < f64::MAX { format!(", moved at most {moved} nats a story") } else { String::new() };
            format!("its reward on held-out tales rises by at least {}{near}", plan.policy.gain)
        }
        Stage::Propose { .. } => "both tell what the trial is about".to_owned(),
        Stage::Trial { .. } => {
            let then = if plan.trial.adopt { "it is adopted" } else { "somebody decides" };
            format!("more than {} of {} votes won for sure; then {then}", plan.trial.won, plan.trial.votes)
        }
        Stage::Over { .. } => "another round, where somebody wishes one".to_owned(),
    }
}
