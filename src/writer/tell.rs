//! From an order to stories: windows of frames that fit the model, the prompt of each, the pieces as they come.
//!
//! A sequence longer than the model's window is told in chapters, each with the end of the story so far as context, never cut.

use std::ops::{ControlFlow, Range};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::chat::Message;
use super::error::{Result, WriterError};
use super::generation::{Generation, Wanted};
use super::order::Order;
use super::prompts::{Filling, fill, template};
use super::storyteller::Storyteller;
use crate::story::{Finish, Origin, Patches, Sampling, Story, Task, Telling, Timing, Writer};

/// Share of the context that pictures may take, so that words have room.
const PICTURES: f64 = 0.7;
/// Bytes of the story so far that a chapter is reminded of.
const REMINDED: usize = 600;

/// One story under way over all its chapters.
#[derive(Default)]
struct Draft {
    text: String,
    tokens: Vec<u32>,
    finish: Option<Finish>,
    stopped: bool,
}

/// Tells an order; `sink` hears everything and breaks to cancel at the next token.
pub fn tell(teller: &mut Storyteller, order: &Order, mut sink: impl FnMut(Telling) -> ControlFlow<()>) -> Result<()> {
    let request = &order.request;
    let sampling = request.sampling.over(teller.processor.generation.patch().over(Sampling::default()));
    let stories = request.stories.max(1);
    let (windows, split) = windows(teller, order);
    let mut drafts: Vec<Draft> = (0..stories).map(|_| Draft::default()).collect();
    let mut timing = Timing::default();
    let mut prompts = Vec::new();
    let started = Instant::now();
    let total = order.pictures.len();
    'chapters: for (number, window) in windows.iter().enumerate() {
        if windows.len() > 1 {
            let (first, last) = (window.start, window.end - 1);
            if sink(Telling::Chapter { number: number + 1, of: windows.len(), first, last }).is_break() {
                break;
            }
        }
        // Without a common past, chapters of several stories cannot share a prefill: each goes on with its own.
        let alone = number > 0 && stories > 1 && carries_on(request.task);
        let groups: Vec<Vec<usize>> =
            if alone { (0..stories).map(|i| vec![i]).collect() } else { vec![(0..stories).collect()] };
        for group in groups {
            let group: Vec<usize> = group.into_iter().filter(|i| !drafts[*i].stopped).collect();
            let Some(lead) = group.first() else { continue };
            let message = message(order, window, &drafts[*lead], number)?;
            let pictures = &order.pictures[window.clone()];
            let looking = Instant::now();
            let (mut done, mut cancelled) = (window.start, false);
            let (reading, prompt) = teller.read(&[message], pictures, split, |_| {
                done += 1;
                cancelled |= sink(Telling::Looking { done, total }).is_break();
            })?;
            if cancelled {
                break 'chapters;
            }
            timing.vision_ms += milliseconds(looking);
            if number == 0 || alone {
                prompts.push(prompt);
            }
            let mut sampling = sampling.clone();
            // Every story and chapter has its own stream of chance, and the first of all has the seed itself.
            sampling.seed = sampling.seed.wrapping_add(*lead as u64).wrapping_add(number as u64 * 1_000_003);
            let wanted = Wanted {
                sampling,
                stories: group.len(),
                ends: teller.processor.generation.ends(),
                suppressed: teller.processor.generation.suppressed(),
                alternatives: request.alternatives,
                gaze: request.gaze,
                // Each chapter takes up to the token that ends it.
                opening: request.opening.get(drafts[*lead].tokens.len()..).unwrap_or_default().to_vec(),
                alone: teller.alone,
            };
            timing.prompt_tokens += reading.ids.len();
            let mut generation = Generation::start(&teller.model, &teller.processor.tokenizer, reading, wanted)?;
            timing.prefill_ms += generation.prefill_ms;
            let decoding = Instant::now();
            let gap = if number > 0 && !drafts[*lead].text.is_empty() { "\n" } else { "" };
            for group_index in &group {
                drafts[*group_index].text.push_str(gap);
            }
            let mut first_piece = vec![!gap.is_empty(); group.len()];
            for piece in generation.by_ref() {
                let (i, mut piece) = piece?;
                if timing.new_tokens == 0 {
                    timing.first_token_ms = milliseconds(started);
                }
                timing.new_tokens += 1;
                // Markers count from the window's first frame; so does the attention.
                piece.frame = piece.frame.map(|frame| frame + window.start).filter(|frame| *frame < window.end);
                if !piece.attention.is_empty() {
                    let mut shares = vec![0.0; total];
                    shares[window.start..window.end].copy_from_slice(&piece.attention);
                    piece.attention = shares;
                }
                if !piece.patches.is_empty() {
                    let mut patches = vec![Patches::default(); total];
                    patches[window.clone()].swap_with_slice(&mut piece.patches);
                    piece.patches = patches;
                }
                if std::mem::take(&mut first_piece[i]) {
                    piece.text.insert_str(0, gap);
                }
                if sink(Telling::Piece { which: group[i], piece }).is_break() {
                    cancelled = true;
                    break;
                }
            }
            timing.decode_ms += milliseconds(decoding);
            for (i, ended) in group.iter().zip(generation.end()) {
                let draft = &mut drafts[*i];
                draft.text.push_str(&ended.text);
                draft.tokens.extend(ended.tokens);
                draft.finish = Some(ended.finish);
                draft.stopped = ended.finish == Finish::Stop;
            }
            if cancelled {
                break 'chapters;
            }
        }
    }
    let told_at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    for (which, draft) in drafts.into_iter().enumerate() {
        let mut sampling = sampling.clone();
        sampling.seed = sampling.seed.wrapping_add(which as u64);
        let prompt = prompts.get(which).or(prompts.first()).cloned().unwrap_or_default();
        let story = Story {
            id: story_id(order, which),
            sequence: order.sequence.id.clone(),
            task: request.task,
            prompt,
            text: draft.text,
            tokens: draft.tokens,
            writer: Writer {
                model: teller.name.clone(),
                model_hash: teller.hash.clone(),
                adapter: teller.adapter.clone(),
            },
            sampling,
            finish: draft.finish.unwrap_or(Finish::Cancelled),
            timing: timing.clone(),
            told_at,
            origin: Origin {
                template: request.template.clone(),
                so_far: request.so_far.clone(),
                window: order.window,
                given: request.opening.len(),
                ..Origin::default()
            },
        };
        if sink(Telling::Done { which, story: Box::new(story) }).is_break() {
            break;
        }
    }
    Ok(())
}

/// Does a later window go on with what an earlier one told?
fn carries_on(task: Task) -> bool {
    matches!(task, Task::Story | Task::Continuation)
}

/// The windows of frames and whether pictures are cut into tiles: if not even one frame fits cut, none is.
fn windows(teller: &Storyteller, order: &Order) -> (Vec<Range<usize>>, bool) {
    let frames = order.pictures.len();
    let context = teller.model.config.text_config.max_position_embeddings as f64 * PICTURES;
    let sizes: Vec<(u32, u32)> = order.pictures.iter().map(|p| (p.width(), p.height())).collect();
    let fits = |n: usize, split: bool| teller.processor.tokens_for(n, &sizes, split) as f64 <= context;
    let mut split = teller.processor.splits();
    if split && !fits(frames.min(5), true) {
        split = false;
    }
    let most = (1..=frames.max(1)).rev().find(|n| fits(*n, split)).unwrap_or(1);
    let wanted = match (order.window, teller.processor.notes.window) {
        (0, 0) => most,
        (0, own) => own,
        (asked, _) => asked,
    };
    (spread(frames, wanted.clamp(1, most)), split)
}

/// Whether pictures are cut into tiles where the order is read whole.
pub(super) fn splits(teller: &Storyteller, order: &Order) -> bool {
    windows(teller, order).1
}

/// Cuts `frames` into as few windows as possible, as even as possible.
pub(super) fn spread(frames: usize, window: usize) -> Vec<Range<usize>> {
    let parts = frames.div_ceil(window).max(1);
    (0..parts).map(|i| i * frames / parts..(i + 1) * frames / parts).collect()
}

/// What is asked about all frames at once.
pub(super) fn whole_message(order: &Order) -> Result<Message> {
    message(order, &(0..order.pictures.len()), &Draft::default(), 0)
}

fn message(order: &Order, window: &Range<usize>, draft: &Draft, number: usize) -> Result<Message> {
    Ok(Message::user(window.len(), &question(order, window.len(), &draft.text, number)?))
}

/// What is asked about so many frames, the chapter of this number, after what was told in those before.
pub(super) fn question(order: &Order, frames: usize, told: &str, number: usize) -> Result<String> {
    let mut so_far = order.request.so_far.clone().unwrap_or_default();
    if carries_on(order.request.task) && number > 0 {
        so_far = format!("{so_far}\n{told}");
    }
    let so_far = reminder(so_far.trim());
    // A later chapter of a story is a continuation, unless the person's own template says how to ask.
    let task =
        if order.request.task == Task::Story && !so_far.is_empty() { Task::Continuation } else { order.request.task };
    if task == Task::Continuation && so_far.is_empty() && order.request.template.is_none() {
        return Err(WriterError::NothingSoFar);
    }
    let filling = Filling { title: &order.sequence.title, frames, cast: &order.sequence.cast, so_far };
    fill(order.request.template.as_deref().unwrap_or(template(task)), &filling)
}

/// The end of a story, from the beginning of a line (or a word) on.
fn reminder(text: &str) -> &str {
    if text.len() <= REMINDED {
        return text;
    }
    let mut at = text.len() - REMINDED;
    while !text.is_char_boundary(at) {
        at += 1;
    }
    let rest = &text[at..];
    let cut = rest.find('\n').or_else(|| rest.find(' ')).map_or(0, |i| i + 1);
    &rest[cut..]
}

/// Unique and sorted by time: microseconds since 1970 and which story of the order it was.
pub(super) fn story_id(order: &Order, which: usize) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros());
    let seed = format!("{now}{which}{}{}", order.sequence.id, std::process::id());
    format!("story-{now:016x}-{which:02x}{}", &blake3::hash(seed.as_bytes()).to_hex()[..6])
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_even_and_cover_everything() {
        assert_eq!(spread(14, 6), vec![0..4, 4..9, 9..14]);
        assert_eq!(spread(5, 6), vec![0..5]);
        assert_eq!(spread(7, 6), vec![0..3, 3..7]);
    }

    #[test]
    fn a_reminder_begins_at_a_line() {
        let text = format!("{}\nlast line", "é".repeat(400));
        assert_eq!(reminder(&text), "last line");
        assert_eq!(reminder("short"), "short");
    }
}
