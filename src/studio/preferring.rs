//! Takes the votes of a campaign away: as preferences in other people's forms, with the pictures, or as a table of all votes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::handle::Studio;
use crate::exchange::{Judged, PreferenceFormat, picture_kind, preferences};
use crate::shelf::VoteRow;
use crate::story::{Campaign, Notice, SequenceId, TurnKind, Verdict};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    pub rows: usize,
    pub undecided: usize,
}

impl Studio {
    /// Writes the preferences of a campaign into a folder, with the frames as files beside them where the form has a place
    /// for them. Votes of programs only if asked for.
    pub async fn export_preferences(
        &self,
        campaign: &Campaign,
        format: PreferenceFormat,
        folder: &Path,
        simulated: bool,
    ) -> Result<Exported, Notice> {
        let votes = self.counted(campaign, simulated).await?;
        let mut pairs: BTreeMap<&str, Vec<&VoteRow>> = BTreeMap::new();
        for vote in votes.iter().filter(|vote| vote.kind == TurnKind::Plain) {
            pairs.entry(&vote.pair).or_default().push(vote);
        }
        let (mut judged, mut pictures) = (Vec::new(), BTreeMap::new());
        for votes in pairs.values() {
            let opened = self.sequence(&SequenceId(votes[0].sequence.clone())).await?;
            let mut images = Vec::new();
            for picture in &opened.pictures {
                let (kind, _) = picture_kind(picture)?;
                let name = format!("images/{}.{kind}", picture.hash());
                pictures.insert(name.clone(), picture.clone());
                images.push(name);
            }
            judged.push(of_votes(votes, images));
        }
        let (files, undecided) = preferences(&judged, format)?;
        let folder = folder.to_owned();
        let work = move || -> std::io::Result<()> {
            fs::create_dir_all(folder.join("images"))?;
            files.iter().try_for_each(|(name, content)| fs::write(folder.join(name), content))?;
            if format.has_images() {
                pictures.iter().try_for_each(|(name, picture)| fs::write(folder.join(name), picture.bytes()))?;
            }
            Ok(())
        };
        written(work).await?;
        Ok(Exported { rows: judged.len() - undecided, undecided })
    }

    /// Writes every vote of a campaign as a line of a CSV file.
    pub async fn export_votes(&self, campaign: &Campaign, folder: &Path, simulated: bool) -> Result<Exported, Notice> {
        let votes = self.counted(campaign, simulated).await?;
        let mut lines = String::from(
            "pair,sequence,kind,rater,simulated,first,second,first_is_left,verdict,strength,criteria,flagged,\
             active_ms,wall_ms,screen,guideline,chance,at,reason\n",
        );
        for vote in &votes {
            let said = &vote.preference;
            let (verdict, strength) = match said.verdict {
                Verdict::Prefer(strength) => ("prefer", strength.to_string()),
                Verdict::BothBad => ("both_bad", String::new()),
                Verdict::CannotJudge => ("cannot_judge", String::new()),
            };
            let criteria: Vec<String> =
                said.criteria.iter().map(|better| format!("{better:?}").to_lowercase()).collect();
            let cells = [
                vote.pair.clone(),
                vote.sequence.clone(),
                format!("{:?}", vote.kind).to_lowercase(),
                vote.rater.clone(),
                vote.simulated.to_string(),
                vote.first.0.clone(),
                vote.second.0.clone(),
                vote.first_is_left.to_string(),
                verdict.to_owned(),
                strength,
                criteria.join(" "),
                said.flagged.to_string(),
                said.active_ms.to_string(),
                said.wall_ms.to_string(),
                said.screen.clone(),
                said.guideline.to_string(),
                vote.chance.to_string(),
                vote.at.to_string(),
                said.reason.clone(),
            ];
            lines.push_str(&cells.map(|cell| quoted(&cell)).join(","));
            lines.push('\n');
        }
        let (folder, rows) = (folder.to_owned(), votes.len());
        written(move || {
            fs::create_dir_all(&folder)?;
            fs::write(folder.join("votes.csv"), lines)
        })
        .await?;
        Ok(Exported { rows, undecided: 0 })
    }

    async fn counted(&self, campaign: &Campaign, simulated: bool) -> Result<Vec<VoteRow>, Notice> {
        let mut votes = self.inner.shelf.votes(&campaign.id).await?;
        votes.retain(|vote| simulated || !vote.simulated);
        match votes.is_empty() {
            true => {
                let what = format!("'{}' has no votes to take away", campaign.name);
                Err(Notice::yours(what, "rate first; --simulated takes the votes of programs along"))
            }
            false => Ok(votes),
        }
    }
}

async fn written(work: impl FnOnce() -> std::io::Result<()> + Send + 'static) -> Result<(), Notice> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Notice::ours(format!("writing broke off: {error}")))?.map_err(|error| {
        Notice::outside(
            format!("the export cannot be written: {error}"),
            "name another folder with --out, or make room",
        )
    })
}

/// What all votes of one pair say.
fn of_votes(votes: &[&VoteRow], images: Vec<String>) -> Judged {
    let first = votes[0];
    let strengths: Vec<f64> = votes
        .iter()
        .filter_map(|vote| match vote.preference.verdict {
            Verdict::Prefer(strength) => Some(f64::from(strength)),
            _ => None,
        })
        .collect();
    let count = strengths.len().max(1) as f64;
    let won: f64 = votes.iter().filter_map(|vote| vote.preference.verdict.won()).sum();
    Judged {
        pair: first.pair.clone(),
        sequence: first.sequence.clone(),
        images,
        prompt: first.prompt.clone(),
        first: first.first.clone(),
        second: first.second.clone(),
        votes: strengths.len(),
        share: if strengths.is_empty() { 0.5 } else { won / count },
        strength: strengths.iter().sum::<f64>() / count,
        left: votes.iter().filter(|vote| vote.first_is_left).count() as f64 / votes.len() as f64,
        both_bad: votes.iter().filter(|vote| vote.preference.verdict == Verdict::BothBad).count(),
    }
}

/// A cell of a CSV file. Spreadsheets take what begins with these signs for a formula.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '@']) || cell.starts_with('-') && cell.parse::<f64>().is_err();
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_are_no_formulas() {
        assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-3"), "-3");
        assert_eq!(quoted("-cmd|x"), "'-cmd|x");
    }
}
