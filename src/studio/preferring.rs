//! Takes the votes of a campaign away: as preferences in other people's forms, with the pictures, or as a table of all votes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::handle::Studio;
use crate::exchange::{Judged, Opened, PreferenceFormat, picture_kind, preferences, preferences_parquet};
use crate::pixels::Picture;
use crate::shelf::VoteRow;
use crate::story::{Campaign, Notice, Sequence, SequenceId, TurnKind, Verdict};
use crate::writer::prompts::{Filling, fill, template};

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
            let (opened, images) = self.frames(votes[0], &mut pictures).await?;
            judged.push(of_votes(votes, asked(votes[0], &opened.sequence)?, images));
        }
        let (files, undecided) = match format {
            PreferenceFormat::Parquet => preferences_parquet(&judged, &|name| pictures.get(name).map(Picture::bytes))?,
            _ => preferences(&judged, format)?,
        };
        let folder = folder.to_owned();
        let work = move || -> std::io::Result<()> {
            fs::create_dir_all(&folder)?;
            files.iter().try_for_each(|(name, content)| fs::write(folder.join(name), content))?;
            if format.has_files() {
                fs::create_dir_all(folder.join("images"))?;
                pictures.iter().try_for_each(|(name, picture)| fs::write(folder.join(name), picture.bytes()))?;
            }
            Ok(())
        };
        written(work).await?;
        Ok(Exported { rows: judged.len() - undecided, undecided })
    }

    /// Writes every vote of a campaign as a line of a CSV file, with the frames as files beside it: all that
    /// `campaign import` needs to have the same campaign elsewhere.
    pub async fn export_votes(&self, campaign: &Campaign, folder: &Path, simulated: bool) -> Result<Exported, Notice> {
        let votes = self.counted(campaign, simulated).await?;
        let (mut pictures, mut shown) = (BTreeMap::new(), BTreeMap::new());
        for vote in &votes {
            if !shown.contains_key(vote.sequence.as_str()) {
                shown.insert(vote.sequence.as_str(), self.frames(vote, &mut pictures).await?);
            }
        }
        let criteria: Vec<&str> = campaign.plan.criteria.iter().map(|criterion| criterion.name.as_str()).collect();
        let mut columns: Vec<String> = BEFORE.split(',').map(str::to_owned).collect();
        columns.extend(criteria.iter().map(|name| format!("criterion:{name}")));
        columns.extend(AFTER.split(',').map(str::to_owned));
        let mut lines = row(&columns);
        for vote in &votes {
            let (opened, images) = &shown[vote.sequence.as_str()];
            // What was asked elsewhere is known only where the file said it.
            let prompt = match vote.preference.imported {
                Some(_) => vote.prompt.clone(),
                None => asked(vote, &opened.sequence)?,
            };
            lines.push_str(&row(&cells(vote, prompt, images, criteria.len())));
        }
        let (folder, rows) = (folder.to_owned(), votes.len());
        written(move || {
            fs::create_dir_all(folder.join("images"))?;
            pictures.iter().try_for_each(|(name, picture)| fs::write(folder.join(name), picture.bytes()))?;
            fs::write(folder.join("votes.csv"), lines)
        })
        .await?;
        Ok(Exported { rows, undecided: 0 })
    }

    /// A vote's sequence and the files of its frames, each taken into `pictures`; none where a card stands for them.
    pub(super) async fn frames(
        &self,
        vote: &VoteRow,
        pictures: &mut BTreeMap<String, Picture>,
    ) -> Result<(Arc<Opened>, Vec<String>), Notice> {
        let opened = self.sequence(&SequenceId(vote.sequence.clone())).await?;
        let mut images = Vec::new();
        for picture in opened.pictures.iter().filter(|_| opened.sequence.has_pictures()) {
            let (kind, _) = picture_kind(picture)?;
            let name = format!("images/{}.{kind}", picture.hash());
            pictures.insert(name.clone(), picture.clone());
            images.push(name);
        }
        Ok((opened, images))
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

pub(super) async fn written(work: impl FnOnce() -> std::io::Result<()> + Send + 'static) -> Result<(), Notice> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Notice::ours(format!("writing broke off: {error}")))?.map_err(|error| {
        Notice::outside(
            format!("the export cannot be written: {error}"),
            "name another folder with --out, or make room",
        )
    })
}

/// Columns of the table of votes; the criteria stand between.
const BEFORE: &str = "pair,sequence,images,prompt,kind,rater,simulated,first_system,second_system,first,second,first_is_left,\
                      verdict,strength";
const AFTER: &str = "flagged,active_ms,wall_ms,screen,guideline,answer,chance,turn_chance,turn_among,read_first,read_second,at,\
                     imported_from,marks,better_of,better,reason";

/// A vote as the table has it.
fn cells(vote: &VoteRow, prompt: String, images: &[String], criteria: usize) -> Vec<String> {
    let said = &vote.preference;
    let (verdict, strength) = match said.verdict {
        Verdict::Prefer(strength) => ("prefer", strength.to_string()),
        Verdict::BothBad => ("both_bad", String::new()),
        Verdict::CannotJudge => ("cannot_judge", String::new()),
    };
    let (from, better) = (said.imported.as_ref(), said.better.as_ref());
    let mut cells = vec![
        vote.pair.clone(),
        // A sequence without pictures is known by its prompt.
        if images.is_empty() { String::new() } else { vote.sequence.clone() },
        images.join(";"),
        prompt,
        format!("{:?}", vote.kind).to_lowercase(),
        vote.rater.clone(),
        vote.simulated.to_string(),
        vote.first.0.clone(),
        vote.second.0.clone(),
        vote.first.1.clone(),
        vote.second.1.clone(),
        vote.first_is_left.map(|left| left.to_string()).unwrap_or_default(),
        verdict.to_owned(),
        strength,
    ];
    let answer = |place: usize| said.criteria.get(place).map(|better| format!("{better:?}").to_lowercase());
    cells.extend((0..criteria).map(|place| answer(place).unwrap_or_default()));
    cells.extend([
        said.flagged.to_string(),
        said.active_ms.to_string(),
        said.wall_ms.to_string(),
        said.screen.clone(),
        said.guideline.to_string(),
        vote.answer.map(|answer| answer.to_string()).unwrap_or_default(),
        vote.chance.to_string(),
        vote.drawn.map(|(chance, _)| chance.to_string()).unwrap_or_default(),
        vote.drawn.map(|(_, among)| among.to_string()).unwrap_or_default(),
        said.so_far.map(|read| read.first.to_string()).unwrap_or_default(),
        said.so_far.map(|read| read.second.to_string()).unwrap_or_default(),
        from.and_then(|from| from.said_at).unwrap_or(vote.at).to_string(),
        from.map(|from| format!("{} row {}", from.file, from.row)).unwrap_or_default(),
        if said.marks.is_empty() { String::new() } else { serde_json::to_string(&said.marks).unwrap_or_default() },
        better.map(|better| if better.of_first { "first" } else { "second" }.to_owned()).unwrap_or_default(),
        better.map(|better| better.text.clone()).unwrap_or_default(),
        said.reason.clone(),
    ]);
    cells
}

fn row(cells: &[String]) -> String {
    let quoted: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    quoted.join(",") + "\n"
}

/// What a system was asked, in the words of a person: without what a model's own template puts around them and without marks
/// for pictures, which trainers put there themselves. Of imported stories it may not be known; then as we would ask.
pub(super) fn asked(vote: &VoteRow, sequence: &Sequence) -> Result<String, Notice> {
    if vote.origin.imported.is_some() && !vote.prompt.is_empty() {
        return Ok(vote.prompt.clone());
    }
    let (title, frames, cast) = (sequence.title.as_str(), sequence.frames.len(), sequence.cast.as_slice());
    let so_far = vote.origin.so_far.as_deref().unwrap_or_default();
    let words = vote.origin.template.as_deref().unwrap_or(template(vote.task));
    fill(words, &Filling { title, frames, cast, so_far }).map_err(|error| Notice::ours(error.to_string()))
}

/// What all votes of one pair say.
pub(super) fn of_votes(votes: &[&VoteRow], prompt: String, images: Vec<String>) -> Judged {
    let first = votes[0];
    let sides: Vec<bool> = votes.iter().filter_map(|vote| vote.first_is_left).collect();
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
        prompt,
        first: first.first.clone(),
        second: first.second.clone(),
        votes: strengths.len(),
        share: if strengths.is_empty() { 0.5 } else { won / count },
        strength: strengths.iter().sum::<f64>() / count,
        left: (!sides.is_empty()).then(|| sides.iter().filter(|left| **left).count() as f64 / sides.len() as f64),
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
