//! Evaluations for those who look at them: the suites there are, what was found, and the stories behind it with their frames. They
//! are made by a program of their own (`runs`).

use std::path::PathBuf;
use std::sync::Arc;

use super::gallery::blocking;
use super::handle::Studio;
use crate::evaluate::suite::read_specimens;
use crate::exchange::{self, Choose, Opened};
use crate::runs::suites;
use crate::story::{Evaluation, EvaluationCard, Notice, SequenceId, Specimen, SuiteCard};

impl Studio {
    /// Suites that an evaluation can be started by.
    pub async fn suites(&self) -> Result<Vec<SuiteCard>, Notice> {
        let home = self.inner.running.runs.home().to_owned();
        blocking(move || suites(&home)).await
    }

    /// Evaluations that were made, the newest first.
    pub async fn evaluations(&self) -> Result<Vec<EvaluationCard>, Notice> {
        Ok(self.inner.shelf.evaluations().await?)
    }

    /// The evaluation that somebody means: by its id, by the beginning of that if no other begins so, or the newest one by a suite.
    pub async fn evaluation(&self, word: &str) -> Result<(EvaluationCard, Evaluation), Notice> {
        let cards = self.evaluations().await?;
        let id = find(&cards, word)?.id.clone();
        let found = self.inner.shelf.evaluation(&id).await?;
        found.ok_or_else(|| Notice::outside(format!("the evaluation {id} has just gone"), "storyloom eval list"))
    }

    /// The stories behind an evaluation, of one model or of all.
    pub async fn specimens(&self, id: &str, model: Option<String>) -> Result<Vec<Specimen>, Notice> {
        let cards = self.evaluations().await?;
        let card = find(&cards, id)?;
        let (folder, id) = (PathBuf::from(&card.folder), card.id.clone());
        blocking(move || read_specimens(&folder, &id, model.as_deref())).await?
    }

    /// A sequence that was told in an evaluation: of the picture world, of the shelf, or from where it was opened then.
    pub async fn frames_of(&self, id: &SequenceId, source: &str) -> Result<Arc<Opened>, Notice> {
        let here = match self.sequence(id).await {
            Ok(opened) => return Ok(opened),
            Err(notice) => notice,
        };
        let path = PathBuf::from(source);
        let opened = blocking(move || path.exists().then(|| exchange::open(&path, &Choose::default()))).await?;
        match opened {
            // Another picture makes another id.
            Some(Ok(opened)) if opened.sequence.id == *id => Ok(self.hold(opened)),
            _ => Err(here),
        }
    }
}

fn find<'a>(cards: &'a [EvaluationCard], word: &str) -> Result<&'a EvaluationCard, Notice> {
    let mut begin = cards.iter().filter(|card| card.id.starts_with(word) && !word.is_empty());
    // The newest stands first.
    let meant = cards.iter().find(|card| card.id == word).or_else(|| cards.iter().find(|card| card.suite == word));
    match (meant, begin.next(), begin.next()) {
        (Some(card), ..) | (None, Some(card), None) => Ok(card),
        (None, Some(_), Some(_)) => {
            Err(Notice::yours(format!("several evaluations begin with '{word}'"), "write more of the id"))
        }
        _ => Err(Notice::yours(
            format!("there is no evaluation '{word}'"),
            "storyloom eval list shows all of them; storyloom eval run makes one",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Flags};
    use crate::shelf::Shelf;
    fn card(id: &str, suite: &str) -> EvaluationCard {
        let found = Evaluation { suite: suite.into(), ..serde_json::from_str(EMPTY).unwrap() };
        EvaluationCard::new(id.into(), "/nowhere".into(), &found)
    }

    const EMPTY: &str = r#"{"suite": "", "about": "", "notes": [], "models": [], "baseline": null, "rows": [], "rewards": [],
        "gates": [], "origin": {"version": "", "command": "", "suite": "", "suite_hash": "", "sequences": 0,
        "sequences_hash": "", "began_at": 0, "ended_at": 0}}"#;

    #[test]
    fn an_evaluation_is_meant_by_its_id_its_beginning_or_its_suite() {
        let cards = [card("quick-2", "quick"), card("quick-1", "quick"), card("paper-1", "the paper")];
        let meant = |word: &str| find(&cards, word).map(|card| card.id.clone());
        assert_eq!(meant("quick-1").unwrap(), "quick-1");
        assert_eq!(meant("quick").unwrap(), "quick-2");
        assert_eq!(meant("pap").unwrap(), "paper-1");
        assert!(meant("quick-").unwrap_err().what.contains("several"));
        assert!(meant("").unwrap_err().what.contains("no evaluation"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn stories_come_with_frames_that_are_drawn_again_and_what_is_gone_is_told() {
        let home = tempfile::tempdir().unwrap();
        let config = Config::load(Flags { home: Some(home.path().to_owned()), ..Flags::default() }).unwrap();
        let shelf = Shelf::open(home.path(), None).await.unwrap();
        let found: Evaluation = serde_json::from_str(EMPTY).unwrap();
        let kept = EvaluationCard { folder: home.path().display().to_string(), ..card("quick-1", "quick") };
        shelf.put_evaluation(&kept, &found).await.unwrap();
        let id = SequenceId("held-out tale 9001".into());
        let told = Specimen { model: "one".into(), sequence: Some(id.clone()), ..Specimen::default() };
        crate::evaluate::suite::write_specimens(home.path(), "quick-1", std::slice::from_ref(&told)).unwrap();
        let studio = Studio::at_rest(&config).await.unwrap();
        assert_eq!(studio.evaluation("quick").await.unwrap(), (kept, found));
        assert_eq!(studio.specimens("quick-1", Some("one".into())).await.unwrap(), [told]);
        assert_eq!(studio.specimens("quick-1", Some("two".into())).await.unwrap(), []);
        let drawn = studio.frames_of(&id, "picture world").await.unwrap();
        assert!(drawn.sequence.frames.len() > 1 && drawn.pictures.len() == drawn.sequence.frames.len());
        let (finder, hash) = (studio.clone(), drawn.sequence.frames[0].hash.clone());
        let found = blocking(move || finder.find_picture(&hash)).await.unwrap().unwrap();
        assert_eq!(found.bytes(), drawn.pictures[0].bytes(), "it lies on no shelf, and whoever looks at it sees it");
        let gone = studio.frames_of(&SequenceId("gone".into()), "/no/such/folder").await.unwrap_err();
        assert!(gone.what.contains("no sequence"));
        assert!(studio.suites().await.unwrap().iter().any(|suite| suite.name == "quick"));
    }
}
