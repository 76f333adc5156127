//! A remote model that judges by a versioned prompt. Two stories are shown in both orders: where the answers disagree it is a tie.

use std::sync::Arc;

use super::answers::{better, scores};
use super::cache::Cache;
use super::judge::{Judge, Ruling, Scene, Scores, Told, by_criterion};
use super::spent::Spent;
use super::wording::{PAIR_VERSION, ROLE, SCORE_VERSION, pair_question, score_question};
use crate::story::Sampling;
use crate::writer::WriterError;
use crate::writer::remote::{Asking, Client, Fault, Remote, Trouble, picture_url};

/// Tokens an answer may have: some think before they speak.
const ANSWER: usize = 1024;

/// One line to a judge. Several share a cache, never a line.
pub struct RemoteJudge {
    name: String,
    remote: Remote,
    client: Client,
    cache: Arc<Cache>,
}

impl RemoteJudge {
    /// # Errors
    /// A key that is not there.
    pub fn open(name: &str, remote: &Remote, cache: Arc<Cache>) -> Result<Self, WriterError> {
        let client = Client::new(remote)?;
        Ok(Self { name: name.to_owned(), remote: remote.clone(), client, cache })
    }

    /// Asks, or remembers what was answered. Only answers that can be read are kept.
    fn ask<T>(
        &self,
        version: &str,
        scene: &Scene,
        question: &str,
        read: impl Fn(&str) -> Option<T>,
        spent: &mut Spent,
    ) -> Result<Option<T>, WriterError> {
        let key = self.key(version, scene, question);
        if let Some(found) = self.cache.get(&key).and_then(|answer| read(&answer)) {
            spent.remembered += 1;
            return Ok(Some(found));
        }
        let pictures = match self.remote.vision {
            true => scene
                .order
                .pictures
                .iter()
                .map(|picture| picture_url(picture, self.remote.side))
                .collect::<Result<_, _>>()?,
            false => Vec::new(),
        };
        let sampling = Sampling { max_new_tokens: ANSWER, ..Sampling::default() };
        let asking = Asking::new(&self.remote, Some(ROLE), &pictures, question).sampled(&sampling, 0);
        spent.requests += 1;
        let reply = match self.client.ask(asking, |_| true) {
            Ok(reply) => reply,
            // An answer that did not come is one that cannot be read; a line that does not work is an error.
            Err(Fault { trouble: Trouble::Empty { .. } | Trouble::Filtered, .. }) => {
                spent.unreadable += 1;
                return Ok(None);
            }
            Err(fault) => return Err(fault.into()),
        };
        match reply.usage {
            Some(usage) => {
                spent.tokens_in += usage.prompt_tokens as u64;
                spent.tokens_out += usage.completion_tokens as u64;
            }
            None => spent.uncounted += 1,
        }
        let found = read(&reply.text);
        match &found {
            Some(_) => self.cache.put(&key, &reply.text).map_err(|error| WriterError::Kept(error.to_string()))?,
            None => spent.unreadable += 1,
        }
        Ok(found)
    }

    /// What makes a question what it is: who is asked, how, about which pictures, in which words.
    fn key(&self, version: &str, scene: &Scene, question: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut part = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        part(version);
        part(&self.remote.hash());
        if self.remote.vision {
            scene.order.pictures.iter().for_each(|picture| part(picture.hash()));
        }
        part(question);
        hasher.finalize().to_hex().to_string()
    }

    fn shown(&self, scene: &Scene) -> usize {
        if self.remote.vision { scene.order.pictures.len() } else { 0 }
    }
}

impl Judge for RemoteJudge {
    fn name(&self) -> String {
        let blind = if self.remote.vision { "" } else { ", who sees no pictures" };
        format!("{} ({SCORE_VERSION}, {PAIR_VERSION}){blind}", self.name)
    }

    fn model(&self) -> Option<String> {
        Some(self.name.clone())
    }

    fn score(&mut self, scene: &Scene, told: &Told) -> Result<Option<Scores>, WriterError> {
        let mut spent = Spent::default();
        let question = score_question(&told.text, self.shown(scene));
        let found = self.ask(SCORE_VERSION, scene, &question, scores, &mut spent)?;
        // What was spent on an answer that cannot be read was spent too.
        Ok(Some(Scores { values: found.map_or_else(Vec::new, by_criterion), spent }))
    }

    fn compare(&mut self, scene: &Scene, [first, second]: &[Told; 2]) -> Result<Ruling, WriterError> {
        let mut spent = Spent::default();
        let shown = self.shown(scene);
        let ahead = pair_question(&first.text, &second.text, shown);
        let behind = pair_question(&second.text, &first.text, shown);
        let ahead = self.ask(PAIR_VERSION, scene, &ahead, better, &mut spent)?;
        let behind = self.ask(PAIR_VERSION, scene, &behind, better, &mut spent)?.map(|share| 1.0 - share);
        let outcome = ahead.zip(behind).map(|(ahead, behind)| if ahead == behind { ahead } else { 0.5 });
        Ok(Ruling { outcome, orders: Some([ahead, behind]), spent })
    }
}
