//! The generation loop: an iterator of pieces. Whoever stops asking cancels it, at that very token.
//!
//! Several stories of one prompt are decoded as a batch over one prefill. What the inspector wants (log-probabilities,
//! alternatives, attention) is computed only if asked for. Not here: prompts, pictures, chapters.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

use tokenizers::Tokenizer;

use super::chat::Layout;
use super::error::{Result, WriterError};
use super::gaze::{Seen, seen};
use super::sampler::Sampler;
use super::text_stream::TextStream;
use crate::model::cache::KvCache;
use crate::model::llama::Rows;
use crate::model::look::Look;
use crate::model::ops::AttentionProbe;
use crate::model::vision_language::VisionLanguage;
use crate::story::{Alternative, Finish, Gaze, Piece, Sampling};

/// A prompt as the model reads it.
pub struct Reading {
    pub ids: Vec<u32>,
    /// Rows for the image tokens, in order.
    pub features: Option<Look>,
    /// Positions of each frame's image tokens.
    pub frames: Vec<Vec<Range<usize>>>,
    /// How each frame was cut into tiles.
    pub layouts: Vec<Layout>,
}

/// What is wanted of a generation.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub sampling: Sampling,
    /// Stories told at once.
    pub stories: usize,
    /// Tokens that end a story.
    pub ends: Vec<u32>,
    /// Tokens that are never drawn.
    pub suppressed: Vec<u32>,
    /// Alternatives a piece; 0 leaves them out, and the log-probability too.
    pub alternatives: usize,
    pub gaze: Gaze,
    /// Tokens that the stories begin with, in place of drawn ones.
    pub opening: Vec<u32>,
    /// Computed by the calling thread alone, after the prompt: where several generations go on side by side.
    pub alone: bool,
}

/// One story under way.
struct Row {
    sampler: Sampler,
    stream: TextStream,
    tokens: Vec<u32>,
    text: String,
    /// Bytes of `text` that were passed on; the rest may be the beginning of a stop string.
    passed: usize,
    finish: Option<Finish>,
}

/// What a finished story came to.
pub struct Ended {
    pub text: String,
    pub tokens: Vec<u32>,
    pub finish: Finish,
}

/// Stories being told.
pub struct Generation<'m> {
    model: &'m VisionLanguage,
    tokenizer: &'m Tokenizer,
    wanted: Wanted,
    frames: Vec<Vec<Range<usize>>>,
    layouts: Vec<Layout>,
    cache: KvCache,
    rows: Vec<Row>,
    /// Rows of the batch, by index into `rows`: a finished story leaves no gap in what is computed.
    ready: VecDeque<(usize, Piece)>,
    /// Logits of the next token, one row a story, and the attention of the step that gave them.
    logits: Vec<Vec<f32>>,
    seen: Vec<Seen>,
    prompt: Vec<u32>,
    pub prefill_ms: f64,
    started: Instant,
    pub first_token_ms: Option<f64>,
}

impl<'m> Generation<'m> {
    /// Reads the prompt. Fails if it leaves no room for a token.
    pub fn start(
        model: &'m VisionLanguage,
        tokenizer: &'m Tokenizer,
        reading: Reading,
        mut wanted: Wanted,
    ) -> Result<Self> {
        let started = Instant::now();
        let limit = model.config.text_config.max_position_embeddings;
        let prompt = reading.ids.len();
        if prompt == 0 || prompt >= limit {
            return Err(WriterError::TooLong { prompt, limit });
        }
        wanted.sampling.max_new_tokens = wanted.sampling.max_new_tokens.min(limit - prompt);
        let stories = wanted.stories.max(1);
        let room = prompt + wanted.sampling.max_new_tokens;
        let embeddings = model.embed(&reading.ids, 1, reading.features.as_ref())?;
        let mut cache = model.text.cache(1, if stories == 1 { room } else { prompt })?;
        let probe = (wanted.gaze != Gaze::Off).then(AttentionProbe::default);
        let hidden = model.hidden(&embeddings, &Rows::after(0, prompt), Some(&mut cache), probe.as_ref())?;
        let logits = model.logits(&hidden.narrow(1, prompt - 1, 1)?)?.flatten_all()?.to_vec1::<f32>()?;
        if stories > 1 {
            cache = cache.spread(stories, room)?;
        }
        cache.alone(wanted.alone);
        let row = |which| Row {
            sampler: Sampler::new(&wanted.sampling, which, wanted.suppressed.clone()),
            stream: TextStream::default(),
            tokens: Vec::new(),
            text: String::new(),
            passed: 0,
            finish: (wanted.sampling.max_new_tokens == 0).then_some(Finish::Length),
        };
        let first = seen(probe.as_ref(), wanted.gaze, 1, &reading.frames, &reading.layouts);
        Ok(Self {
            model,
            tokenizer,
            frames: reading.frames,
            layouts: reading.layouts,
            cache,
            rows: (0..stories).map(row).collect(),
            ready: VecDeque::new(),
            logits: vec![logits; stories],
            seen: vec![first.into_iter().next().unwrap_or_default(); stories],
            prompt: reading.ids,
            prefill_ms: milliseconds(started),
            started,
            first_token_ms: None,
            wanted,
        })
    }

    /// Draws one token for each story that goes on, then computes what comes after them.
    fn step(&mut self) -> Result<()> {
        for which in 0..self.rows.len() {
            if self.rows[which].finish.is_none() {
                let piece = self.draw(which)?;
                self.ready.push_back((which, piece));
            }
        }
        self.first_token_ms.get_or_insert_with(|| milliseconds(self.started));
        if self.rows.iter().all(|row| row.finish.is_some()) {
            return Ok(());
        }
        // Finished stories ride along: the batch keeps its shape and what they compute is not looked at.
        let last: Vec<u32> = self.rows.iter().map(|row| row.tokens.last().copied().unwrap_or_default()).collect();
        let stories = last.len();
        let probe = (self.wanted.gaze != Gaze::Off).then(AttentionProbe::default);
        self.logits = self.model.step(&last, &mut self.cache, probe.as_ref())?;
        self.seen = seen(probe.as_ref(), self.wanted.gaze, stories, &self.frames, &self.layouts);
        Ok(())
    }

    fn draw(&mut self, which: usize) -> Result<Piece> {
        let row = &mut self.rows[which];
        let logits = &self.logits[which];
        let mut seen = Vec::new();
        if self.wanted.sampling.repetition_penalty != 1.0 {
            seen.extend_from_slice(&self.prompt);
            seen.extend_from_slice(&row.tokens);
        }
        let token = match self.wanted.opening.get(row.tokens.len()) {
            Some(given) => *given,
            None => row.sampler.next(logits, &seen)?,
        };
        let mut piece = Piece { token, ..Default::default() };
        if self.wanted.alternatives > 0 {
            let (log_prob, alternatives) = alternatives(logits, token, self.wanted.alternatives, self.tokenizer);
            (piece.log_prob, piece.alternatives) = (Some(log_prob), alternatives);
        }
        let Seen { frames, patches } = self.seen.get(which).cloned().unwrap_or_default();
        (piece.attention, piece.patches) = (frames, patches);
        row.tokens.push(token);
        if self.wanted.ends.contains(&token) {
            piece.text = row.stream.flush(self.tokenizer)?;
            row.text.push_str(&piece.text);
            row.finish = Some(Finish::End);
        } else {
            piece.frame = frame_marker(self.tokenizer, token);
            row.text.push_str(&row.stream.push(self.tokenizer, token)?);
            if row.tokens.len() >= self.wanted.sampling.max_new_tokens {
                row.text.push_str(&row.stream.flush(self.tokenizer)?);
                row.finish = Some(Finish::Length);
            }
        }
        piece.text = row.pass_on(&self.wanted.sampling.stop);
        Ok(piece)
    }

    /// Are all stories told?
    pub fn is_over(&self) -> bool {
        self.ready.is_empty() && self.rows.iter().all(|row| row.finish.is_some())
    }

    /// What became of each story; those still under way count as cancelled.
    pub fn end(self) -> Vec<Ended> {
        let ended =
            |row: Row| Ended { finish: row.finish.unwrap_or(Finish::Cancelled), text: row.text, tokens: row.tokens };
        self.rows.into_iter().map(ended).collect()
    }
}

impl Row {
    /// Text that is certain not to belong to a stop string; ends the story before one.
    fn pass_on(&mut self, stops: &[String]) -> String {
        let fresh = &self.text[self.passed..];
        let first = stops.iter().filter(|s| !s.is_empty()).filter_map(|stop| fresh.find(stop.as_str())).min();
        if let Some(at) = first {
            self.text.truncate(self.passed + at);
            self.finish = Some(Finish::Stop);
        }
        let fresh = &self.text[self.passed..];
        let held = if self.finish.is_some() {
            0
        } else {
            // The longest end of the text that some stop string begins with stays back.
            let begins = |n: &usize| {
                let at = fresh.len() - n;
                fresh.is_char_boundary(at) && stops.iter().any(|stop| stop.starts_with(&fresh[at..]))
            };
            (1..=fresh.len()).rev().find(begins).unwrap_or(0)
        };
        let until = self.text.len() - held;
        let out = self.text[self.passed..until].to_owned();
        self.passed = until;
        out
    }
}

impl Iterator for Generation<'_> {
    type Item = Result<(usize, Piece)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty() {
            if self.rows.iter().all(|row| row.finish.is_some()) {
                return None;
            }
            if let Err(error) = self.step() {
                self.rows.iter_mut().for_each(|row| row.finish = Some(Finish::Cancelled));
                return Some(Err(error));
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// Tokens named `<|frame_3|>` say that the story has come to the third frame.
fn frame_marker(tokenizer: &Tokenizer, token: u32) -> Option<usize> {
    let name = tokenizer.id_to_token(token)?;
    let number: usize = name.strip_prefix("<|frame_")?.strip_suffix("|>")?.parse().ok()?;
    number.checked_sub(1)
}

/// Log-probability of the token drawn and the most likely ones with theirs.
fn alternatives(logits: &[f32], token: u32, count: usize, tokenizer: &Tokenizer) -> (f32, Vec<Alternative>) {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|x| f64::from(x - top).exp()).sum();
    let normal = top + sum.ln() as f32;
    let mut order: Vec<usize> = (0..logits.len()).collect();
    let count = count.min(order.len());
    let by_logit = |a: &usize, b: &usize| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b));
    if count < order.len() {
        order.select_nth_unstable_by(count, by_logit);
        order.truncate(count);
    }
    order.sort_by(by_logit);
    let alternative = |i: &usize| Alternative {
        token: *i as u32,
        text: tokenizer.decode(&[*i as u32], false).unwrap_or_default(),
        log_prob: logits[*i] - normal,
    };
    (logits[token as usize] - normal, order.iter().map(alternative).collect())
}
