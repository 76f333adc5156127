//! Tells an order through an engine: a request a story and chapter, several at once, pieces handed on as they come.
//!
//! What a model in this process can do beyond words is left out: given tokens are refused, where it looked is not known.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::client::Client;
use super::description::Remote;
use super::encoding::picture_url;
use super::fault::{Fault, Trouble};
use super::reply::Reply;
use super::request::{Asking, as_it_was};
use crate::story::{Finish, Origin, Piece, Sampling, Story, Telling, Timing, Writer};
use crate::writer::error::{Result, WriterError};
use crate::writer::order::Order;
use crate::writer::tell::{question, spread, story_id};

/// How often it is looked whether anybody still listens while nothing comes.
const LOOK: Duration = Duration::from_millis(100);
/// Pieces under way between the lines and the listener.
const UNDER_WAY: usize = 256;

/// A remote model ready to tell.
pub struct RemoteTeller {
    pub name: String,
    pub remote: Remote,
}

/// One story under way.
#[derive(Default)]
struct Draft {
    text: String,
    prompt: String,
    finish: Option<Finish>,
    left_out: Vec<&'static str>,
}

/// What comes off a line.
enum Heard {
    Piece(Piece),
    End(std::result::Result<Reply, Fault>),
}

impl RemoteTeller {
    /// # Errors
    /// A key that is not there: whoever chose the model hears of it before the first story.
    pub fn open(name: &str, remote: &Remote) -> Result<Self> {
        remote.key()?;
        Ok(Self { name: name.to_owned(), remote: remote.clone() })
    }

    /// Tells an order; `sink` hears everything and breaks to cancel, and `wanted` is asked now and then while nothing comes.
    ///
    /// # Errors
    /// A picture that cannot be read, a template that fails, or any `Fault` of the engine. What was told until then is not
    /// given as a story: half of one would look whole.
    pub fn tell(
        &self,
        order: &Order,
        wanted: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(Telling) -> ControlFlow<()>,
    ) -> Result<()> {
        let request = &order.request;
        if !request.opening.is_empty() {
            let what = "go on from given tokens, nor be looked into";
            return Err(Fault::new(&self.remote.at(), Trouble::Inside { what }).into());
        }
        let began = Instant::now();
        let sampling = request.sampling.over(Sampling::default());
        let client = Client::new(&self.remote)?;
        let total = order.pictures.len();
        let mut urls = Vec::with_capacity(total);
        for (at, picture) in order.pictures.iter().enumerate() {
            if self.remote.vision {
                urls.push(picture_url(picture, self.remote.side)?);
            }
            if sink(Telling::Looking { done: at + 1, total }).is_break() {
                return self.give(order, &sampling, vec![Draft::default()], Timing::default(), sink);
            }
        }
        let mut timing = Timing { vision_ms: began.elapsed().as_secs_f64() * 1000.0, ..Timing::default() };
        let window = if order.window == 0 { self.remote.frames } else { order.window.min(self.remote.frames) };
        let windows = spread(total, window.max(1));
        let mut drafts: Vec<Draft> = (0..request.stories.max(1)).map(|_| Draft::default()).collect();
        for (number, window) in windows.iter().enumerate() {
            if windows.len() > 1 {
                let (first, last) = (window.start, window.end.saturating_sub(1));
                if sink(Telling::Chapter { number: number + 1, of: windows.len(), first, last }).is_break() {
                    break;
                }
            }
            let shown = urls.get(window.clone()).unwrap_or_default();
            let mut askings = Vec::new();
            for (which, draft) in drafts.iter_mut().enumerate() {
                // A stop string ends the whole story, not a chapter of it.
                if draft.finish == Some(Finish::Stop) {
                    continue;
                }
                let text = question(order, window.len(), &draft.text, number)?;
                if number == 0 {
                    let images: String = (1..=shown.len()).map(|k| format!("Image {k}: <image>\n")).collect();
                    draft.prompt = format!("{images}{text}");
                } else {
                    draft.text.push('\n');
                }
                let seed = sampling.seed.wrapping_add(which as u64).wrapping_add(number as u64 * 1_000_003);
                let sampling = Sampling { seed, ..sampling.clone() };
                askings.push((
                    which,
                    Asking::new(&self.remote, None, shown, &text).sampled(&sampling, request.alternatives),
                ));
            }
            let gap = number > 0;
            if !self.chapter(&client, askings, gap, &mut drafts, &mut timing, (began, wanted), sink)? {
                break;
            }
        }
        self.give(order, &sampling, drafts, timing, sink)
    }

    /// All stories' next chapter; false when nobody listens any more.
    #[allow(clippy::too_many_arguments, reason = "a step of `tell`, which owns all of it")]
    fn chapter(
        &self,
        client: &Client,
        askings: Vec<(usize, Asking)>,
        gap: bool,
        drafts: &mut [Draft],
        timing: &mut Timing,
        (began, wanted): (Instant, &dyn Fn() -> bool),
        sink: &mut dyn FnMut(Telling) -> ControlFlow<()>,
    ) -> Result<bool> {
        let next = AtomicUsize::new(0);
        let (says, hears) = sync_channel::<(usize, Heard)>(UNDER_WAY);
        let (mut cancelled, mut failed) = (false, None);
        let mut fresh = vec![gap; drafts.len()];
        std::thread::scope(|scope| {
            for _ in 0..self.remote.parallel.clamp(1, 64).min(askings.len()) {
                let (says, next, askings) = (says.clone(), &next, &askings);
                scope.spawn(move || {
                    while let Some((which, asking)) = askings.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let hand = |piece| says.send((*which, Heard::Piece(piece))).is_ok();
                        let result = client.ask(asking.clone(), hand);
                        let stop = result.is_err();
                        if says.send((*which, Heard::End(result))).is_err() || stop {
                            break;
                        }
                    }
                });
            }
            drop(says);
            loop {
                let (which, heard) = match hears.recv_timeout(LOOK) {
                    Ok(heard) => heard,
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {
                        if !cancelled && !wanted() {
                            cancelled = true;
                            client.stop();
                        }
                        continue;
                    }
                };
                // What comes after a cancel is only drained, so that no line waits for room.
                match heard {
                    Heard::Piece(_) if cancelled || failed.is_some() => {}
                    Heard::Piece(mut piece) => {
                        if timing.first_token_ms == 0.0 {
                            timing.first_token_ms = began.elapsed().as_secs_f64() * 1000.0;
                        }
                        drafts[which].text.push_str(&piece.text);
                        if std::mem::take(&mut fresh[which]) {
                            piece.text.insert(0, '\n');
                        }
                        if sink(Telling::Piece { which, piece }).is_break() {
                            cancelled = true;
                            client.stop();
                        }
                    }
                    Heard::End(Ok(reply)) => {
                        timing.prompt_tokens += reply.usage.map_or(0, |usage| usage.prompt_tokens);
                        timing.new_tokens += reply.usage.map_or(reply.pieces, |usage| usage.completion_tokens);
                        timing.prefill_ms += reply.first_ms;
                        timing.decode_ms = timing.decode_ms.max(reply.whole_ms - reply.first_ms);
                        drafts[which].left_out = reply.left_out;
                        drafts[which].finish = Some(reply.finish);
                    }
                    Heard::End(Err(_)) if cancelled => {}
                    Heard::End(Err(fault)) => {
                        client.stop();
                        failed.get_or_insert(fault);
                    }
                }
            }
        });
        match failed {
            Some(fault) => Err(WriterError::from(fault)),
            None => {
                if cancelled {
                    drafts.iter_mut().for_each(|draft| draft.finish = Some(Finish::Cancelled));
                }
                Ok(!cancelled)
            }
        }
    }

    /// The stories as they stand.
    fn give(
        &self,
        order: &Order,
        sampling: &Sampling,
        drafts: Vec<Draft>,
        timing: Timing,
        sink: &mut dyn FnMut(Telling) -> ControlFlow<()>,
    ) -> Result<()> {
        let told_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        for (which, draft) in drafts.into_iter().enumerate() {
            let seed = sampling.seed.wrapping_add(which as u64);
            let story = Story {
                id: story_id(order, which),
                sequence: order.sequence.id.clone(),
                task: order.request.task,
                prompt: draft.prompt,
                text: draft.text.trim().to_owned(),
                tokens: Vec::new(),
                writer: Writer { model: self.name.clone(), model_hash: self.remote.hash(), adapter: None },
                sampling: as_it_was(Sampling { seed, ..sampling.clone() }, &draft.left_out),
                finish: draft.finish.unwrap_or(Finish::Cancelled),
                timing: timing.clone(),
                told_at,
                origin: Origin {
                    template: order.request.template.clone(),
                    so_far: order.request.so_far.clone(),
                    window: order.window,
                    ..Origin::default()
                },
            };
            if sink(Telling::Done { which, story: Box::new(story) }).is_break() {
                break;
            }
        }
        Ok(())
    }
}
