//! The way from votes to votes as it is shown, link by link: votes, snapshot, reward, policy, its stories, their votes; each with
//! its hash, its date and its figures. What one of them began as stands a level further in, before what came of it.
//!
//! Left out: where the figures come from, and how any of it is drawn.

use std::collections::BTreeMap;

use super::lineage::{Ancestor, Lineage, ModelLine};

/// Whose chain is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of the model that tells.
    InUse,
    /// Of a model of the list.
    Model(String),
    /// Of what a run made.
    Run(String),
}

/// What a link stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    Votes,
    Snapshot,
    Reward,
    Model,
    Stories,
}

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub kind: LinkKind,
    /// What it is, in a word or two.
    pub word: String,
    pub name: String,
    /// What it is by all its bytes, where it is something that was kept.
    pub hash: Option<String>,
    /// Seconds since 1970.
    pub at: Option<i64>,
    pub figures: Vec<String>,
    /// 0: on the way itself; further in: what one of the way began as.
    pub level: usize,
    /// It is what was asked about.
    pub here: bool,
}

/// A chain, the oldest link first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    pub name: String,
    pub links: Vec<Link>,
}

/// What a reward model is called, and the verb that trains it.
const REWARD: &str = "reward";

/// What is known of a link beside what a lineage says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub at: Option<i64>,
    pub figures: Vec<String>,
}

/// What is known beside lineages: of snapshots and models by their hashes, of campaigns by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub by_hash: BTreeMap<String, About>,
    pub campaigns: BTreeMap<String, i64>,
    /// When the model told last.
    pub told: Option<i64>,
    /// Policies that learnt from the rewards of this one: each in a line.
    pub taught: Vec<String>,
}

impl Chain {
    /// The chain of a model; `rewards`: it is no storyteller but a reward model.
    pub fn of(line: &ModelLine, rewards: bool, known: &Known) -> Chain {
        let mut links = Vec::new();
        if let Some(lineage) = &line.lineage {
            trunk(lineage, 0, known, &mut links);
        }
        let own = Ancestor { name: line.name.clone(), identity: line.identity.clone(), lineage: None };
        let word = match line.lineage.as_ref().map(|lineage| lineage.kind.as_str()) {
            _ if rewards => REWARD,
            Some("sft") => "supervised",
            Some(kind @ ("policy" | "preference")) => kind,
            _ => "model",
        };
        let mut link = model(&own, line.lineage.as_ref(), word, 0, known);
        link.here = true;
        if line.current {
            link.name += ", tells now";
        }
        links.push(link);
        links.extend(if rewards { taught(known) } else { work(line, known) });
        Chain { name: line.name.clone(), links }
    }
}

/// What a model was trained from, up to but without the model itself.
fn trunk(lineage: &Lineage, level: usize, known: &Known, links: &mut Vec<Link>) {
    if let Some(by) = &lineage.rewarded_by {
        ancestor(by, REWARD, level, known, links);
    }
    if let Some(votes) = &lineage.votes {
        let programs = if votes.simulated > 0 { format!(", {} by programs", votes.simulated) } else { String::new() };
        links.push(Link {
            kind: LinkKind::Votes,
            word: "votes".to_owned(),
            name: format!("campaign '{}'", votes.campaign),
            hash: None,
            at: known.campaigns.get(&votes.campaign).copied(),
            figures: Vec::new(),
            level,
            here: false,
        });
        let about = known.by_hash.get(&votes.snapshot).cloned().unwrap_or_default();
        let figures = vec![format!("{} votes{programs} on {} pairs", votes.votes, votes.pairs)];
        links.push(Link {
            kind: LinkKind::Snapshot,
            word: "snapshot".to_owned(),
            name: "frozen".to_owned(),
            hash: Some(votes.snapshot.clone()),
            at: about.at,
            figures: figures.into_iter().chain(about.figures).collect(),
            level,
            here: false,
        });
    }
    // Where nothing else led to it, what it began as is the way itself.
    let beside = usize::from(lineage.votes.is_some() || lineage.rewarded_by.is_some());
    if let Some(began) = &lineage.began_as {
        ancestor(began, "began as", level + beside, known, links);
    }
}

fn ancestor(ancestor: &Ancestor, word: &str, level: usize, known: &Known, links: &mut Vec<Link>) {
    let lineage = ancestor.lineage.as_deref();
    if let Some(lineage) = lineage {
        trunk(lineage, level, known, links);
    }
    links.push(model(ancestor, lineage, word, level, known));
}

fn model(of: &Ancestor, lineage: Option<&Lineage>, word: &str, level: usize, known: &Known) -> Link {
    let rewards = word == REWARD || lineage.is_some_and(|lineage| lineage.kind == REWARD);
    let about = known.by_hash.get(&of.identity).cloned().unwrap_or_default();
    let trained =
        lineage.map(|lineage| format!("trained by {} '{}', seed {}", lineage.kind, lineage.recipe, lineage.seed));
    Link {
        kind: if rewards { LinkKind::Reward } else { LinkKind::Model },
        word: word.to_owned(),
        name: bare(&of.name).to_owned(),
        hash: Some(of.identity.clone()),
        at: about.at,
        figures: about.figures.into_iter().chain(trained).collect(),
        level,
        here: false,
    }
}

/// What a storyteller told here, and what people said of that.
fn work(line: &ModelLine, known: &Known) -> Vec<Link> {
    let count = match line.stories {
        0 => "none on the shelf yet".to_owned(),
        1 => "1 on the shelf".to_owned(),
        many => format!("{many} on the shelf"),
    };
    let link = |kind, word: &str, name: String, at, figures| Link {
        kind,
        word: word.to_owned(),
        name,
        hash: None,
        at,
        figures,
        level: 0,
        here: false,
    };
    let mut links = vec![link(LinkKind::Stories, "stories", count, known.told, Vec::new())];
    if !line.campaigns.is_empty() {
        let said = |(campaign, stories, votes): &(String, u64, u64)| {
            format!("{votes} in campaign '{campaign}', on pairs with {stories} stories of it")
        };
        let votes: u64 = line.campaigns.iter().map(|(.., votes)| votes).sum();
        let begun = line.campaigns.iter().filter_map(|(name, ..)| known.campaigns.get(name)).max().copied();
        let figures = line.campaigns.iter().map(said).collect();
        links.push(link(LinkKind::Votes, "votes", format!("{votes} on its stories"), begun, figures));
    }
    links
}

/// What learnt from a reward model.
fn taught(known: &Known) -> Vec<Link> {
    let link = |figures: Vec<String>| Link {
        kind: LinkKind::Model,
        word: "policy".to_owned(),
        name: "learnt from its rewards".to_owned(),
        hash: None,
        at: None,
        figures,
        level: 0,
        here: false,
    };
    (!known.taught.is_empty()).then(|| link(known.taught.clone())).into_iter().collect()
}

/// The run in a path such as `runs/policy-1/best`, else the last part of it.
fn bare(name: &str) -> &str {
    let mut parts = name.trim_end_matches('/').rsplit('/');
    match (parts.next(), parts.next()) {
        (Some("best" | "model" | "adapter"), Some(run)) => run,
        (Some(last), _) => last,
        (None, _) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::VotesLearnt;

    fn lineage(kind: &str, began_as: Option<Ancestor>) -> Lineage {
        Lineage { kind: kind.into(), recipe: kind.into(), seed: 3, began_as, votes: None, rewarded_by: None }
    }

    fn ancestor(name: &str, lineage: Option<Lineage>) -> Ancestor {
        Ancestor { name: name.into(), identity: format!("hash of {name}"), lineage: lineage.map(Box::new) }
    }

    fn shown(chain: &Chain) -> Vec<String> {
        chain.links.iter().map(|link| format!("{} {} {}", link.level, link.word, link.name)).collect()
    }

    #[test]
    fn the_way_goes_from_votes_over_reward_and_policy_to_votes() {
        let start = ancestor("/h/runs/start-1/best", Some(lineage("reward", Some(ancestor("embedded", None)))));
        let votes =
            VotesLearnt { snapshot: "snap".into(), campaign: "first".into(), votes: 40, simulated: 8, pairs: 20 };
        let reward = Lineage { votes: Some(votes), ..lineage("reward", Some(start)) };
        let policy = Lineage {
            rewarded_by: Some(ancestor("/h/runs/reward-1/best", Some(reward))),
            ..lineage("policy", Some(ancestor("embedded", None)))
        };
        let line = ModelLine {
            name: "small-1-new".into(),
            identity: "own".into(),
            current: true,
            lineage: Some(policy),
            stories: 12,
            campaigns: vec![("trial".into(), 4, 9), ("other".into(), 2, 1)],
        };
        let mut known = Known { told: Some(7), ..Known::default() };
        known.campaigns = [("trial".to_owned(), 5), ("first".to_owned(), 3)].into();
        known.by_hash.insert("own".into(), About { at: Some(6), figures: vec!["its reward rose".into()] });
        let chain = Chain::of(&line, false, &known);
        assert_eq!(
            shown(&chain),
            [
                "0 votes campaign 'first'",
                "0 snapshot frozen",
                "1 began as embedded",
                "1 began as start-1",
                "0 reward reward-1",
                "1 began as embedded",
                "0 policy small-1-new, tells now",
                "0 stories 12 on the shelf",
                "0 votes 10 on its stories",
            ]
        );
        let own = &chain.links[6];
        assert_eq!(own.figures, ["its reward rose", "trained by policy 'policy', seed 3"]);
        assert!(own.here && own.at == Some(6) && chain.links.iter().filter(|link| link.here).count() == 1);
        assert_eq!(chain.links[1].figures, ["40 votes, 8 by programs on 20 pairs"]);
        assert_eq!((chain.links[0].at, chain.links[7].at, chain.links[8].at), (Some(3), Some(7), Some(5)));
        assert_eq!(chain.links[8].figures[0], "9 in campaign 'trial', on pairs with 4 stories of it");
    }

    #[test]
    fn what_a_model_began_as_is_the_way_where_nothing_else_led_to_it() {
        let line = ModelLine {
            name: "books".into(),
            lineage: Some(lineage("sft", Some(ancestor("smolvlm", None)))),
            ..ModelLine::default()
        };
        let chain = Chain::of(&line, false, &Known::default());
        assert_eq!(shown(&chain), ["0 began as smolvlm", "0 supervised books", "0 stories none on the shelf yet"]);
        let taught = Known { taught: vec!["policy-1: 0.4 to 0.6".into()], ..Known::default() };
        let reward = ModelLine { name: "reward-1".into(), ..ModelLine::default() };
        assert_eq!(
            shown(&Chain::of(&reward, true, &taught)),
            ["0 reward reward-1", "0 policy learnt from its rewards"]
        );
    }
}
