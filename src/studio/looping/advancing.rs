//! A loop's way from stage to stage. Each call does what can be done now and says so; what takes long is a run, or the votes of
//! people, and is only looked at. Whoever calls again goes on where the loop's file says it stands.

use std::path::{Path, PathBuf};

use super::gates;
use super::plan::{LoopPlan, LoopSystem};
use super::state::{LoopState, Stage, folder, forget_progress, names, note_progress, read, write};
use crate::exchange::Choose;
use crate::runs::NewRun;
use crate::story::{Notice, Plan, RunState, SamplingPatch, SequenceId};
use crate::studio::adopting::best_of;
use crate::studio::bundled::BUNDLED;
use crate::studio::campaigning::{NewCampaign, System, Told};
use crate::studio::gallery::blocking;
use crate::studio::handle::Studio;
use crate::studio::models::{AddModel, Hub};

/// What a call came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Advance {
    /// It has gone on; what it did, in a sentence.
    Moved(String),
    /// Nothing to be done before this has: so many of so many.
    Waits {
        done: u64,
        of: u64,
    },
    /// A gate failed, or somebody has to decide.
    Asks(Notice),
    Over,
}

impl Studio {
    /// Begins a loop. One of this name that is there already stays as it is.
    pub async fn start_loop(&self, plan: LoopPlan) -> Result<LoopState, Notice> {
        if let Some(trouble) = plan.trouble() {
            return Err(Notice::yours(format!("the loop cannot be followed: {trouble}"), "mend its plan"));
        }
        let home = self.home();
        if names(&home).contains(&plan.name) {
            let what = format!("there is already a loop '{}'", plan.name);
            return Err(Notice::yours(what, format!("storyloom loop go {} goes on with it", plan.name)));
        }
        let state = LoopState::new(plan);
        write(&home, &state)?;
        Ok(state)
    }

    pub fn loops(&self) -> Vec<String> {
        names(&self.home())
    }

    pub fn loop_state(&self, name: &str) -> Result<LoopState, Notice> {
        read(&self.home(), name)
    }

    /// Answers what a loop asks: to go through the gate all the same, or to begin another round.
    pub async fn answer_loop(&self, name: &str, accept: bool) -> Result<LoopState, Notice> {
        let home = self.home();
        let mut state = read(&home, name)?;
        if accept && state.asks.is_none() {
            return Err(Notice::yours("the loop asks nothing", format!("storyloom loop go {name} goes on with it")));
        }
        if accept {
            let asked = state.asks.take().map(|asked| asked.what).unwrap_or_default();
            state.told.push(format!("accepted all the same: {asked}"));
            self.pass(&mut state).await?;
        } else {
            (state.asks, state.stage) = (None, Stage::Tell);
            state.round += 1;
            state.told.push(format!("round {} begins", state.round));
        }
        write(&home, &state)?;
        Ok(state)
    }

    /// Does what can be done now.
    pub async fn advance_loop(&self, name: &str, watch: Told<'_>) -> Result<Advance, Notice> {
        let home = self.home();
        let mut state = read(&home, name)?;
        if let Some(asked) = state.asks.clone() {
            return Ok(Advance::Asks(asked));
        }
        let own = folder(&home, name);
        let mut noted = |done: usize, of: usize| {
            note_progress(&own, done, of);
            watch(done, of);
        };
        match self.stage(&mut state, &mut noted).await? {
            Found::Done(said) => {
                forget_progress(&own);
                state.told.push(said.clone());
                self.pass(&mut state).await?;
                write(&home, &state)?;
                Ok(Advance::Moved(said))
            }
            Found::Waits { done, of } => Ok(Advance::Waits { done, of }),
            Found::Fails(notice) => {
                state.asks = Some(notice.clone());
                write(&home, &state)?;
                Ok(Advance::Asks(notice))
            }
            Found::Over => Ok(Advance::Over),
        }
    }

    /// How the stage under way stands.
    async fn stage(&self, state: &mut LoopState, watch: Told<'_>) -> Result<Found, Notice> {
        Ok(match state.stage.clone() {
            Stage::Tell => self.tell_candidates(state, watch).await?,
            Stage::Collect { campaign } => self.votes(&campaign, state.plan.collect.votes).await?,
            Stage::Reward { run } => self.run(&run, |folder| gates::reward(folder, &state.plan.reward))?,
            Stage::Policy { run } => self.run(&run, |folder| gates::policy(folder, &state.plan.policy))?,
            Stage::Propose { model } => self.propose(state, &model, watch).await?,
            Stage::Trial { campaign, model } => match self.votes(&campaign, state.plan.trial.votes).await? {
                Found::Done(_) => {
                    let known = self.campaign(Some(&campaign)).await?;
                    let results = self.results(&known, state.plan.collect.simulated).await?;
                    match gates::trial(&results, &state.plan, &model) {
                        Ok(said) if state.plan.trial.adopt => Found::Done(said),
                        Ok(said) => Found::Fails(Notice::yours(said, "storyloom loop go with --accept adopts it")),
                        Err(notice) => Found::Fails(notice),
                    }
                }
                other => other,
            },
            Stage::Over { .. } => Found::Over,
        })
    }

    /// From a stage whose gate is open to the next.
    async fn pass(&self, state: &mut LoopState) -> Result<(), Notice> {
        state.stage = match state.stage.clone() {
            Stage::Tell => Stage::Collect { campaign: state.called("") },
            Stage::Collect { campaign } => {
                let known = self.campaign(Some(&campaign)).await?;
                let snapshot = folder(&self.home(), &state.plan.name).join(state.called("votes"));
                self.freeze_votes(&known, &snapshot, state.plan.collect.simulated).await?;
                let arguments = vec!["--snapshot".to_owned(), snapshot.display().to_string()];
                let new = NewRun { recipe: state.plan.reward.recipe.clone(), arguments, ..NewRun::default() };
                Stage::Reward { run: self.begin_run(new, state.called("reward")).await? }
            }
            Stage::Reward { run } => {
                let reward = best_of(&self.inner.running.runs.folder(&run))?;
                let current = self.model().borrow().name.clone();
                let base = self.inner.registry.folder_of(&current).await?;
                let base = base.map_or_else(|| current, |folder| folder.display().to_string());
                let new = NewRun {
                    recipe: state.plan.policy.recipe.clone(),
                    changes: vec![format!("reward.model={}", reward.display())],
                    arguments: vec!["--base".to_owned(), base],
                    keep_every: None,
                };
                Stage::Policy { run: self.begin_run(new, state.called("policy")).await? }
            }
            Stage::Policy { run } => {
                let from = best_of(&self.inner.running.runs.folder(&run))?.display().to_string();
                let model = state.called("new");
                if !self.models().await?.iter().any(|card| card.name == model) {
                    let order = AddModel { from, name: Some(model.clone()), copy: true, base: None };
                    self.inner.registry.add(order, Hub::from_environment(), |_| ()).await?;
                }
                Stage::Propose { model }
            }
            Stage::Propose { model } => Stage::Trial { campaign: state.called("trial"), model },
            Stage::Trial { model, .. } => {
                self.adopt_listed(&model).await?;
                Stage::Over { adopted: Some(model) }
            }
            over @ Stage::Over { .. } => over,
        };
        Ok(())
    }

    async fn tell_candidates(&self, state: &LoopState, watch: Told<'_>) -> Result<Found, Notice> {
        let collect = &state.plan.collect;
        let system = |system: &LoopSystem| System {
            label: system.label.clone(),
            model: None,
            sampling: system.sampling.clone(),
            elsewhere: None,
        };
        let order = NewCampaign {
            name: state.called(""),
            plan: collect.plan.clone(),
            sequences: self.sequences_of(&state.plan).await?,
            systems: collect.system.iter().map(system).collect(),
            most_pairs: collect.pairs,
            gold: collect.gold,
            practice: collect.practice,
            seed: u64::from(state.round),
            live: false,
        };
        self.begin_once(&order, watch).await
    }

    async fn propose(&self, state: &LoopState, model: &str, watch: Told<'_>) -> Result<Found, Notice> {
        let before = self.model().borrow().name.clone();
        let sampling = &state.plan.trial.sampling;
        // Not the same seed for both: of a policy that has hardly moved half the stories would be the same.
        let seeded =
            |n: u64| SamplingPatch { seed: sampling.seed.map(|seed| seed.wrapping_add(n)), ..sampling.clone() };
        let system = |name: String, n: u64| System {
            label: name.clone(),
            model: Some(name),
            sampling: seeded(n),
            elsewhere: None,
        };
        let order = NewCampaign {
            name: state.called("trial"),
            plan: Plan { uncertain: 0.0, ..state.plan.collect.plan.clone() },
            sequences: self.sequences_of(&state.plan).await?,
            systems: vec![system(before, 0), system(model.to_owned(), 1)],
            most_pairs: state.plan.trial.pairs,
            gold: state.plan.collect.gold,
            practice: 0,
            seed: u64::from(state.round) << 32,
            live: false,
        };
        self.begin_once(&order, watch).await
    }

    /// Begins a campaign, unless it was begun before the loop could write that down.
    async fn begin_once(&self, order: &NewCampaign, watch: Told<'_>) -> Result<Found, Notice> {
        let said =
            |pairs: u64| Found::Done(format!("'{}' has {pairs} pairs: storyloom rate {}", order.name, order.name));
        if let Ok(known) = self.campaign(Some(&order.name)).await {
            return Ok(said(known.pairs));
        }
        Ok(said(self.begin_campaign(order, watch).await?.pairs))
    }

    async fn sequences_of(&self, plan: &LoopPlan) -> Result<Vec<SequenceId>, Notice> {
        if plan.sequences.is_empty() {
            return Ok(BUNDLED.iter().map(|bundled| bundled.id()).collect());
        }
        let mut sequences = Vec::with_capacity(plan.sequences.len());
        for name in &plan.sequences {
            sequences.push(self.open_named(name, &Choose::default()).await?.0.id);
        }
        Ok(sequences)
    }

    /// A campaign has enough votes, or all that it can have.
    async fn votes(&self, campaign: &str, wanted: u64) -> Result<Found, Notice> {
        let known = self.campaign(Some(campaign)).await?;
        let of = wanted.min(known.wanted);
        if known.votes >= of {
            return Ok(Found::Done(format!("{} votes are in '{campaign}'", known.votes)));
        }
        Ok(Found::Waits { done: known.votes, of })
    }

    /// A run has ended and its gate is open.
    fn run(&self, id: &str, gate: impl Fn(&Path) -> Result<String, Notice>) -> Result<Found, Notice> {
        let card = self.inner.running.runs.find(id)?;
        match card.state {
            RunState::Finished => Ok(match gate(&self.inner.running.runs.folder(id)) {
                Ok(said) => Found::Done(said),
                Err(notice) => Found::Fails(notice),
            }),
            RunState::Stopped | RunState::Failed | RunState::Lost => {
                let why = card.why.map(|why| format!(": {}", why.what)).unwrap_or_default();
                let what = format!("the run {id} is {}{why}", card.state.word());
                Err(Notice::outside(what, format!("storyloom runs resume {id}, then storyloom loop go")))
            }
            _ => Ok(Found::Waits { done: card.step, of: card.of }),
        }
    }

    /// Puts a run into the queue, unless that was done before the loop could write it down.
    async fn begin_run(&self, new: NewRun, tag: String) -> Result<String, Notice> {
        let runs = self.inner.running.runs.clone();
        blocking(move || {
            if let Some(known) = runs.list().into_iter().find(|card| card.tags.contains(&tag)) {
                return Ok(known.id);
            }
            let id = runs.start(&new)?;
            runs.remark(&id, None, Some(vec![tag]))?;
            Ok(id)
        })
        .await?
    }

    pub(super) fn home(&self) -> PathBuf {
        self.inner.running.runs.home().to_owned()
    }
}

/// How a stage stands.
enum Found {
    Done(String),
    Waits { done: u64, of: u64 },
    Fails(Notice),
    Over,
}
