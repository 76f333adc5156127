//! A campaign is begun: the systems tell every sequence, and their stories are paired, with pairs whose answer is known
//! among them.

use std::collections::HashMap;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::handle::Studio;
use super::telling::TellOrder;
use crate::shelf::{NewPair, PairKind};
use crate::story::{Campaign, CampaignState, Finish, Notice, Plan, Request, SamplingPatch, SequenceId, Story, Telling};

/// A system that takes part: a model, told how to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// What results call it; raters never see it.
    pub label: String,
    /// `None`: the model that tells now.
    pub model: Option<String>,
    pub sampling: SamplingPatch,
}

/// What is to be begun.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    pub name: String,
    pub plan: Plan,
    pub sequences: Vec<SequenceId>,
    pub systems: Vec<System>,
    /// So many of all pairs, drawn by chance; `None`: all.
    pub most_pairs: Option<usize>,
    /// Pairs whose answer is known: a story against one that was told of other pictures.
    pub gold: usize,
    pub practice: usize,
    /// Of what is drawn by chance: pairs, and which stories are told of other pictures.
    pub seed: u64,
}

/// How far it is: stories told, of so many.
pub type Told<'a> = &'a mut (dyn FnMut(usize, usize) + Send);

impl Studio {
    /// Has every system tell every sequence, then begins the campaign. Stories that were told are on the shelf even if it
    /// is not begun in the end.
    pub async fn begin_campaign(&self, order: &NewCampaign, watch: Told<'_>) -> Result<Campaign, Notice> {
        if self.inner.shelf.campaign(&order.name).await?.is_some() {
            let what = format!("there is already a campaign called '{}'", order.name);
            return Err(Notice::yours(what, "give it another name"));
        }
        if order.systems.len() < 2 || order.sequences.is_empty() {
            let what = "a campaign compares at least two systems over at least one sequence";
            return Err(Notice::yours(what, "name another with --system, such as --system warm:temperature=1"));
        }
        let of = order.sequences.len() * order.systems.len();
        let mut told: HashMap<(usize, usize), Story> = HashMap::new();
        for (s, sequence) in order.sequences.iter().enumerate() {
            for (n, system) in order.systems.iter().enumerate() {
                watch(told.len(), of);
                told.insert((s, n), self.tell_whole(sequence, system, n).await?);
            }
        }
        watch(of, of);
        self.clear_beside();
        let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(order.seed);
        let (candidates, pairs) = pair(order, &told, &mut chance);
        if pairs.iter().all(|pair| pair.kind != PairKind::Plain) {
            let what = "the systems told the same stories, or stories that their token limit cut";
            return Err(Notice::yours(what, "let them differ, or raise max_new_tokens"));
        }
        let id = self.inner.shelf.put_campaign(&order.name, &order.plan, &candidates, &pairs).await?;
        self.campaign(Some(&id)).await
    }

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

    /// One story of one system, on the shelf.
    async fn tell_whole(&self, sequence: &SequenceId, system: &System, column: usize) -> Result<Story, Notice> {
        let request = Request { sampling: system.sampling.clone(), ..Request::default() };
        let beside = system.model.clone().map(|model| (model, column));
        let mut tellings = self.tell(TellOrder { beside, ..TellOrder::new(sequence.clone(), request) }).await?;
        while let Some(telling) = tellings.recv().await {
            match telling {
                Telling::Done { story, .. } => return Ok(*story),
                Telling::Failed { notice } => return Err(notice),
                _ => {}
            }
        }
        Err(Notice::ours("a telling ended without a story"))
    }
}

/// Which story stands for which system, and the pairs.
fn pair(
    order: &NewCampaign,
    told: &HashMap<(usize, usize), Story>,
    chance: &mut impl Rng,
) -> (Vec<(String, String)>, Vec<NewPair>) {
    let candidates = told.iter().map(|((_, n), story)| (story.id.clone(), order.systems[*n].label.clone())).collect();
    let mut pairs = Vec::new();
    for (s, sequence) in order.sequences.iter().enumerate() {
        for a in 0..order.systems.len() {
            for b in a + 1..order.systems.len() {
                let (first, second) = (&told[&(s, a)], &told[&(s, b)]);
                if fair(first, second) {
                    pairs.push(new_pair(&sequence.0, first, second, PairKind::Plain, 1.0));
                }
            }
        }
    }
    let all = pairs.len();
    if let Some(most) = order.most_pairs.filter(|most| *most < all) {
        pairs.shuffle(chance);
        pairs.truncate(most.max(1));
        let drawn = pairs.len() as f64 / all as f64;
        pairs.iter_mut().for_each(|pair| pair.chance = drawn);
    }
    // Pairs with a known answer: a story, and one that another sequence was told.
    let mut known: Vec<(&Story, &Story, usize)> = Vec::new();
    for s in 0..order.sequences.len() {
        for other in (0..order.sequences.len()).filter(|other| *other != s) {
            for n in 0..order.systems.len() {
                known.push((&told[&(s, n)], &told[&(other, n)], s));
            }
        }
    }
    known.shuffle(chance);
    known.retain(|(own, strange, _)| fair(own, strange));
    // Each sequence once before any of them twice.
    let mut used = HashMap::new();
    let mut turn: Vec<usize> = Vec::new();
    for (.., s) in &known {
        let count: &mut usize = used.entry(*s).or_default();
        turn.push(*count);
        *count += 1;
    }
    let mut known: Vec<_> = turn.into_iter().zip(known).collect();
    known.sort_by_key(|(turn, _)| *turn);
    for (n, (_, (own, strange, s))) in known.into_iter().take(order.gold + order.practice).enumerate() {
        let answer = if chance.random::<bool>() { 1 } else { -1 };
        let kind = if n < order.practice { PairKind::Practice { answer } } else { PairKind::Gold { answer } };
        let (first, second) = if answer == 1 { (own, strange) } else { (strange, own) };
        pairs.push(new_pair(&order.sequences[s].0, first, second, kind, 1.0));
    }
    (candidates, pairs)
}

/// A cut story loses for its end alone, and of two equal ones nobody can prefer one.
fn fair(first: &Story, second: &Story) -> bool {
    [first, second].iter().all(|story| story.finish != Finish::Length) && first.text != second.text
}

fn new_pair(sequence: &str, first: &Story, second: &Story, kind: PairKind, chance: f64) -> NewPair {
    let (first, second) = (first.id.clone(), second.id.clone());
    NewPair { sequence: sequence.to_owned(), first, second, kind, chance }
}
