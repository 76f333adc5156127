//! How a model came to be: what it began as, whose votes and which rewards moved it, back to the first of its line.

use serde::{Deserialize, Serialize};

/// What a training made a model from; `lineage.json` beside its weights.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The verb of `storyloom train`.
    pub kind: String,
    /// The recipe's name and seed.
    pub recipe: String,
    pub seed: u64,
    /// `None`: from nothing.
    #[serde(default)]
    pub began_as: Option<Ancestor>,
    #[serde(default)]
    pub votes: Option<VotesLearnt>,
    #[serde(default)]
    pub rewarded_by: Option<Ancestor>,
}

/// A model that another one came from, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// Where it lay, or `embedded`.
    pub name: String,
    /// What it is, by all its bytes.
    pub identity: String,
    #[serde(default)]
    pub lineage: Option<Box<Lineage>>,
}

/// Votes that a training learnt from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VotesLearnt {
    /// The snapshot's hash.
    pub snapshot: String,
    pub campaign: String,
    pub votes: usize,
    pub simulated: usize,
    pub pairs: usize,
}

impl Lineage {
    /// The line as text, one ancestor a line, each further in than what came of it.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.write(0, &mut lines);
        lines
    }

    fn write(&self, depth: usize, lines: &mut Vec<String>) {
        let gap = "  ".repeat(depth);
        lines.push(match self.kind.as_str() {
            "mix" => format!("{gap}mixed: {}", self.recipe),
            kind => format!("{gap}trained by {kind} '{}', seed {}", self.recipe, self.seed),
        });
        if let Some(votes) = &self.votes {
            let VotesLearnt { snapshot, campaign, votes, simulated, pairs } = votes;
            let programs = if *simulated > 0 { format!(" ({simulated} by programs)") } else { String::new() };
            let hash = short(snapshot);
            lines.push(format!(
                "{gap}  votes: {votes}{programs} on {pairs} pairs of campaign '{campaign}', snapshot {hash}"
            ));
        }
        for (what, ancestor) in [("rewarded by", &self.rewarded_by), ("began as", &self.began_as)] {
            if let Some(Ancestor { name, identity, lineage }) = ancestor {
                lines.push(format!("{gap}  {what} {name}, {}", short(identity)));
                if let Some(lineage) = lineage {
                    lineage.write(depth + 2, lines);
                }
            }
        }
    }
}

/// A model with its line, and what came of it here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ModelLine {
    pub name: String,
    pub identity: String,
    pub current: bool,
    /// `None` where nothing says what it was trained from.
    pub lineage: Option<Lineage>,
    /// Stories on the shelf that it told.
    pub stories: u64,
    /// Campaigns that they stand in: name, stories of it, votes on pairs with them.
    pub campaigns: Vec<(String, u64, u64)>,
}

impl ModelLine {
    /// From votes to votes, the newest first.
    pub fn lines(&self) -> Vec<String> {
        let current = if self.current { ", tells now" } else { "" };
        let mut lines = Vec::new();
        for (campaign, stories, votes) in &self.campaigns {
            lines.push(format!("votes: {votes} in campaign '{campaign}', on pairs with {stories} stories of it"));
        }
        lines.push(format!("stories: {} on the shelf", self.stories));
        lines.push(format!("{}, {}{current}", self.name, short(&self.identity)));
        match &self.lineage {
            Some(lineage) => lines.extend(lineage.lines().into_iter().map(|line| format!("  {line}"))),
            None => lines.push("  nothing says what it was trained from".to_owned()),
        }
        lines
    }
}

/// As much of a hash as people tell apart.
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_back_to_its_first_votes() {
        let embedded = || Ancestor { name: "embedded".into(), identity: "ab".repeat(32), lineage: None };
        let votes =
            VotesLearnt { snapshot: "cd".repeat(32), campaign: "first".into(), votes: 40, simulated: 40, pairs: 20 };
        let (kind, recipe) = ("reward".to_owned(), "r".to_owned());
        let reward =
            Lineage { kind, recipe, seed: 3, began_as: Some(embedded()), votes: Some(votes), rewarded_by: None };
        let by = Ancestor { name: "runs/reward/best".into(), identity: "ef".into(), lineage: Some(Box::new(reward)) };
        let policy = Lineage {
            kind: "policy".into(),
            recipe: "p".into(),
            seed: 5,
            began_as: Some(embedded()),
            votes: None,
            rewarded_by: Some(by),
        };
        assert_eq!(
            policy.lines(),
            [
                "trained by policy 'p', seed 5",
                "  rewarded by runs/reward/best, ef",
                "    trained by reward 'r', seed 3",
                "      votes: 40 (40 by programs) on 20 pairs of campaign 'first', snapshot cdcdcdcdcdcd",
                "      began as embedded, abababababab",
                "  began as embedded, abababababab",
            ]
        );
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Lineage>(&json).unwrap(), policy);
    }
}
