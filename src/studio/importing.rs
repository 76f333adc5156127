//! Votes that were given elsewhere become a campaign here: their pictures are sequences, their texts stories, their judges
//! raters who cannot come in, and the votes events of the log. All of it is kept at once, or nothing.
//!
//! What the file does not say is not made up: a side of the screen, a time, a strength beyond who won.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::bundled::Bundled;
use super::gallery::blocking;
use super::handle::Studio;
use crate::exchange::{self, JudgedFile, JudgedFormat, JudgedRow, JudgedText, LeftOut, Opened, Shown};
use crate::shelf::{NewImport, NewPair, NewRater, NewVote, PairKind};
use crate::story::{
    Better, Campaign, Criterion, Finish, Notice, Origin, Plan, Preference, Provenance, Sampling, SequenceId, Story,
    Task, Timing, TurnKind, Verdict, Writer,
};

/// What is to be imported, and as which campaign.
#[derive(Clone, Debug)]
pub struct ImportOrder {
    pub name: String,
    pub file: PathBuf,
    /// The folder that picture names begin from; `None`: the file's own.
    pub images: Option<PathBuf>,
    /// `None`: as the file itself says.
    pub format: Option<JudgedFormat>,
    /// Only say what would be kept.
    pub rehearse: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Imported {
    pub format: JudgedFormat,
    /// Nothing of a rehearsal.
    pub campaign: Option<Campaign>,
    pub votes: usize,
    pub pairs: usize,
    pub systems: usize,
    pub raters: usize,
    pub sequences: usize,
    /// Of the sequences, those without a picture.
    pub without_pictures: usize,
    /// Of the votes, those whose side of the screen is not known.
    pub side_unknown: usize,
    /// In the order of the file, by row.
    pub left_out: Vec<LeftOut>,
}

impl Studio {
    /// Imports a file as a new campaign, which is paused: its votes count, and nobody is asked for more until it is resumed.
    ///
    /// # Errors
    /// A file that cannot be read or was imported before; nothing is kept then.
    pub async fn import_campaign(&self, order: &ImportOrder) -> Result<Imported, Notice> {
        if self.inner.shelf.campaign(&order.name).await?.is_some() {
            let what = format!("there is already a campaign called '{}'", order.name);
            return Err(Notice::yours(what, "give it another name"));
        }
        let (path, images, format) = (order.file.clone(), order.images.clone(), order.format);
        let mut file = blocking(move || exchange::open_judged(&path, images.as_deref(), format)).await??;
        let rows = std::mem::take(&mut file.rows);
        let prefix = format!("i-{}-", file.print);
        let before: HashMap<String, String> = self.inner.shelf.imported(&prefix).await?.into_iter().collect();
        let mut gathered = Gathered::new(order, &file);
        let mut sequences: BTreeMap<Shown, Result<SequenceId, String>> = BTreeMap::new();
        let (mut nth, mut last, mut without_pictures) = (0, 0, HashSet::new());
        for row in rows {
            nth = if row.number == last { nth + 1 } else { 0 };
            last = row.number;
            let event = format!("{prefix}{}-{nth}", row.number);
            let number = row.number;
            let kept = match before.get(&event) {
                Some(campaign) => Err(format!("it was imported before, into the campaign '{campaign}'")),
                None => match row.shown {
                    Shown::Nothing => {
                        let found = self.words_alone(&row.prompt, &file.name, order.rehearse).await?;
                        without_pictures.insert(found.clone());
                        Ok(found)
                    }
                    _ => match sequences.get(&row.shown) {
                        Some(known) => known.clone(),
                        None => {
                            let found = self.shown(&row.shown, order.rehearse).await?;
                            sequences.insert(row.shown.clone(), found.clone());
                            found
                        }
                    },
                }
                .and_then(|sequence| gathered.take(row, sequence, event)),
            };
            if let Err(why) = kept {
                file.left_out.push(LeftOut::new(&file.name, number, "", &why));
            }
        }
        file.left_out.sort_by_key(|left| left.row);
        if gathered.votes.is_empty() {
            return Err(nothing_to_import(&file, before.values().next()));
        }
        let (sequences, side_unknown) = (gathered.sequences.len(), gathered.side_unknown);
        let import = gathered.finish();
        let systems: HashSet<&String> = import.stories.iter().map(|(_, system)| system).collect();
        let (votes, pairs, systems, raters) =
            (import.votes.len(), import.pairs.len(), systems.len(), import.raters.len());
        let campaign = match order.rehearse {
            true => None,
            false => {
                let id = self.inner.shelf.put_import(&import).await?;
                Some(self.campaign(Some(&id)).await?)
            }
        };
        let (format, left_out, without_pictures) = (file.format, file.left_out, without_pictures.len());
        Ok(Imported {
            format,
            campaign,
            votes,
            pairs,
            systems,
            raters,
            sequences,
            without_pictures,
            side_unknown,
            left_out,
        })
    }

    /// The sequence that a row names, on the shelf; or in words why there is none.
    pub(super) async fn shown(&self, shown: &Shown, rehearse: bool) -> Result<Result<SequenceId, String>, Notice> {
        let opened = match shown {
            Shown::Nothing => return Ok(Err("it names no pictures".to_owned())),
            Shown::Sequence(name) => {
                let id = Bundled::find(name).map_or_else(|| SequenceId(name.clone()), Bundled::id);
                match self.sequence(&id).await {
                    Ok(opened) => Ok((*opened).clone()),
                    Err(_) => Err(format!("there is no sequence '{name}' here, and the row names no images")),
                }
            }
            Shown::Files(paths) => {
                let paths = paths.clone();
                let opened = blocking(move || exchange::open_files(&paths, &Default::default())).await?;
                match opened {
                    // A rater who saw five pictures did not judge these four.
                    Ok(opened) => match opened.problems.first() {
                        Some(problem) => Err(problem.what.clone()),
                        None => Ok(opened),
                    },
                    Err(notice) => Err(notice.what),
                }
            }
        };
        match opened {
            Ok(opened) => Ok(Ok(self.keep_shown(&opened, rehearse).await?)),
            Err(why) => Ok(Err(why)),
        }
    }

    /// The sequence that stands for words without pictures.
    async fn words_alone(&self, prompt: &str, source: &str, rehearse: bool) -> Result<SequenceId, Notice> {
        let (prompt, source) = (prompt.to_owned(), source.to_owned());
        let opened = blocking(move || exchange::without_pictures(&prompt, &source)).await??;
        self.keep_shown(&opened, rehearse).await
    }

    /// Puts it on the shelf unless it is there: a sequence keeps the title that it was opened under.
    async fn keep_shown(&self, opened: &Opened, rehearse: bool) -> Result<SequenceId, Notice> {
        let id = opened.sequence.id.clone();
        if !rehearse && self.inner.shelf.sequence(&id).await?.is_none() {
            self.inner.shelf.put_sequence(&opened.sequence, &opened.pictures).await?;
        }
        Ok(id)
    }
}

fn nothing_to_import(file: &JudgedFile, before: Option<&String>) -> Notice {
    let name = &file.name;
    match (before, file.left_out.first()) {
        (Some(campaign), _) => Notice::yours(
            format!("'{name}' was imported before, into the campaign '{campaign}': nothing in it is new"),
            "its votes are there: storyloom results, with the name of that campaign",
        ),
        (None, Some(LeftOut { row, reason, .. })) => Notice::yours(
            format!("none of the {} rows of '{name}' can be used; row {row}: {reason}", file.left_out.len()),
            "name the folder of the pictures with --images, or the format with --format; nothing was imported",
        ),
        (None, None) => Notice::yours(format!("there is no row in '{name}'"), "export it again; nothing was imported"),
    }
}

/// A story that was told elsewhere: nothing is known of how, and nothing is made up.
pub(super) fn story_of_others(sequence: &SequenceId, told: &JudgedText, prompt: &str, file: &str, n: usize) -> Story {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let print = blake3::hash(told.text.as_bytes()).to_hex();
    Story {
        id: format!("story-{:016x}-i{n}-{}", now.as_micros(), &print[..7]),
        sequence: sequence.clone(),
        task: Task::Story,
        prompt: prompt.to_owned(),
        text: told.text.clone(),
        tokens: Vec::new(),
        writer: Writer { model: told.system.clone(), model_hash: String::new(), adapter: None },
        sampling: Sampling::default(),
        finish: Finish::End,
        timing: Timing::default(),
        told_at: now.as_secs(),
        origin: Origin { imported: Some(file.to_owned()), ..Origin::default() },
    }
}

/// Rows while they become a campaign.
struct Gathered {
    name: String,
    file: String,
    format: &'static str,
    stories: Vec<(Story, String)>,
    /// By sequence, system and text.
    story_of: HashMap<(String, String, String), usize>,
    pairs: Vec<NewPair>,
    /// By the two stories and what the pair is for.
    pair_of: HashMap<(usize, usize, &'static str), usize>,
    raters: Vec<NewRater>,
    rater_of: HashMap<(String, bool), usize>,
    criteria: Vec<String>,
    /// With the criteria as the row has them: which there are is known at the end.
    votes: Vec<(NewVote, Vec<(String, Better)>)>,
    /// The row in which a rater judged a pair.
    given: HashMap<(usize, usize, bool), usize>,
    sequences: HashSet<SequenceId>,
    side_unknown: usize,
}

impl Gathered {
    fn new(order: &ImportOrder, file: &JudgedFile) -> Gathered {
        Gathered {
            name: order.name.clone(),
            file: file.name.clone(),
            format: file.format.word(),
            stories: Vec::new(),
            story_of: HashMap::new(),
            pairs: Vec::new(),
            pair_of: HashMap::new(),
            raters: Vec::new(),
            rater_of: HashMap::new(),
            criteria: Vec::new(),
            votes: Vec::new(),
            given: HashMap::new(),
            sequences: HashSet::new(),
            side_unknown: 0,
        }
    }

    /// Takes a row in, or says why not.
    fn take(&mut self, row: JudgedRow, sequence: SequenceId, event: String) -> Result<(), String> {
        let (a, b) = (self.story(&sequence, &row.first, &row.prompt), self.story(&sequence, &row.second, &row.prompt));
        let (pair, swapped) = self.pair(&row, &sequence, (a, b));
        let rater = self.rater(&row);
        let repeated = row.kind == TurnKind::Repeat;
        if let Some(number) = self.given.insert((pair, rater, repeated), row.number) {
            self.given.insert((pair, rater, repeated), number);
            return Err(format!("the same rater judged the same pair in row {number}"));
        }
        for (criterion, _) in &row.criteria {
            if !self.criteria.contains(criterion) {
                self.criteria.push(criterion.clone());
            }
        }
        let turned = |better: Better| if swapped { better.swapped() } else { better };
        let criteria = row.criteria.into_iter().map(|(name, better)| (name, turned(better))).collect();
        let imported = Provenance {
            format: self.format.to_owned(),
            file: self.file.clone(),
            row: row.number,
            side_known: row.first_is_left.is_some(),
            said_at: row.said_at,
        };
        let preference = Preference {
            verdict: if swapped { row.verdict.swapped() } else { row.verdict },
            criteria: Vec::new(),
            reason: row.reason,
            marks: Vec::new(),
            better: None,
            flagged: row.flagged,
            active_ms: row.active_ms,
            wall_ms: row.wall_ms,
            screen: row.screen,
            guideline: row.guideline,
            so_far: None,
            imported: Some(imported),
        };
        self.side_unknown += usize::from(row.first_is_left.is_none());
        // Where the side is not known, the vote says so and this is only what the column needs.
        let first_is_left = row.first_is_left.is_none_or(|left| left != swapped);
        let counts = row.kind == TurnKind::Plain;
        self.votes.push((NewVote { event, pair, rater, repeated, first_is_left, counts, preference }, criteria));
        self.sequences.insert(sequence);
        Ok(())
    }

    fn story(&mut self, sequence: &SequenceId, told: &JudgedText, prompt: &str) -> usize {
        let key = (sequence.0.clone(), told.system.clone(), told.text.clone());
        let n = self.stories.len();
        *self.story_of.entry(key).or_insert_with(|| {
            self.stories.push((story_of_others(sequence, told, prompt, &self.file, n), told.system.clone()));
            n
        })
    }

    /// The pair of two stories in the order in which the file names them first; true if the row has them the other way round.
    fn pair(&mut self, row: &JudgedRow, sequence: &SequenceId, (a, b): (usize, usize)) -> (usize, bool) {
        let kind = |answer: i64| match row.kind {
            TurnKind::Gold => (PairKind::Gold { answer }, "gold"),
            TurnKind::Practice => (PairKind::Practice { answer }, "practice"),
            TurnKind::Plain | TurnKind::Repeat => (PairKind::Plain, "plain"),
        };
        let (kind, word) = kind(row.answer.unwrap_or(1));
        if let Some(known) = self.pair_of.get(&(b, a, word)) {
            return (*known, true);
        }
        let place = self.pairs.len();
        let known = *self.pair_of.entry((a, b, word)).or_insert(place);
        if known == place {
            let (first, second) = (self.stories[a].0.id.clone(), self.stories[b].0.id.clone());
            self.pairs.push(NewPair { sequence: sequence.0.clone(), first, second, kind, chance: row.chance });
        }
        (known, false)
    }

    fn rater(&mut self, row: &JudgedRow) -> usize {
        let place = self.raters.len();
        *self.rater_of.entry((row.rater.clone(), row.simulated)).or_insert_with(|| {
            // With the file: nobody here becomes somebody of the same name elsewhere.
            let name = format!("{} ({})", row.rater, self.file);
            self.raters.push(NewRater { name, simulated: row.simulated });
            place
        })
    }

    fn finish(self) -> NewImport {
        let standard = Plan::default();
        let question = |name: &str| {
            let known = standard.criteria.iter().find(|criterion| criterion.name == name);
            known.map_or_else(|| format!("Which story is better by its {name}?"), |known| known.question.clone())
        };
        let criteria = self.criteria.iter().map(|name| Criterion { name: name.clone(), question: question(name) });
        let criteria: Vec<Criterion> = criteria.collect();
        let mut counted = vec![0_u32; self.pairs.len()];
        let mut votes = Vec::new();
        for (mut vote, said) in self.votes {
            counted[vote.pair] += u32::from(vote.counts);
            let answer = |name: &String| said.iter().find(|(own, _)| own == name).map(|(_, better)| *better);
            // Criteria have their places, all or none.
            let answers: Option<Vec<Better>> = self.criteria.iter().map(answer).collect();
            let asked = matches!(vote.preference.verdict, Verdict::Prefer(_));
            vote.preference.criteria = answers.filter(|_| asked).unwrap_or_default();
            votes.push(vote);
        }
        let overlap = counted.into_iter().max().unwrap_or(1).max(1);
        let plan = Plan { overlap, gold: 0.0, repeats: 0.0, criteria, ..standard };
        NewImport { name: self.name, plan, stories: self.stories, pairs: self.pairs, raters: self.raters, votes }
    }
}
