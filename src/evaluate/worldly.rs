//! A model told held-out tales of the picture world, and the judge holds what it says against the facts.
//!
//! Told blind as well, with the frames of another tale: what is right even then came from the plot and the odds, not from
//! looking. The difference is what the model sees.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::pixels::Picture;
use crate::story::{CastMember, Frame, Sequence, SequenceId, Task, Telling};
use crate::world::{Judgement, Split, Tale, judge};
use crate::writer::{Order, Storyteller, WriterError, tell};

/// What the model is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looking {
    /// The tale's own frames.
    Seeing,
    /// As many frames of another tale.
    Blind,
}

/// Has `count` held-out tales told from `first_seed` on, greedily, and sums the judgements; `told` hears of each story.
pub fn worldly(
    teller: &mut Storyteller,
    first_seed: u64,
    count: u64,
    looking: Looking,
    mut told: impl FnMut(&Tale, &str),
) -> Result<Judgement, WriterError> {
    let mut sum = Judgement::default();
    for seed in first_seed..first_seed + count {
        let tale = Tale::new(seed, Split::HeldOut);
        let frames = tale.facts.frames.len();
        let shown = match looking {
            Looking::Seeing => tale.clone(),
            // Another tale of as many frames, from seeds that are never the tale's own.
            Looking::Blind => (1..)
                .map(|n| Tale::new(first_seed + count + seed + n, Split::HeldOut))
                .find(|other| other.facts.frames.len() == frames)
                .unwrap_or_else(|| tale.clone()),
        };
        let text = story(teller, &tale, &shown)?;
        told(&tale, &text);
        sum.add(&judge(&text, &tale.facts));
    }
    Ok(sum)
}

/// The model's greedy story for a tale's cast over the frames of `shown`.
fn story(teller: &mut Storyteller, tale: &Tale, shown: &Tale) -> Result<String, WriterError> {
    const SIDE: u32 = 512;
    let picture = |i: usize| Picture::from_rgb(&shown.draw(i, SIDE)).map_err(|e| WriterError::Picture(e.to_string()));
    let pictures = (0..shown.facts.frames.len()).map(picture).collect::<Result<Vec<_>, _>>()?;
    let frame = |(place, p): (usize, &Picture)| Frame {
        place,
        name: format!("frame {}", place + 1),
        hash: p.hash().to_owned(),
        width: p.width(),
        height: p.height(),
        text: None,
    };
    let member = |m: &crate::world::Member| CastMember { name: m.name.clone(), species: m.species.word().to_owned() };
    let sequence = Sequence {
        id: SequenceId(format!("tale-{}", tale.facts.seed)),
        title: tale.facts.title.clone(),
        source: "picture world".to_owned(),
        credits: None,
        cast: tale.facts.cast.iter().map(member).collect(),
        frames: pictures.iter().enumerate().map(frame).collect(),
        in_world: true,
    };
    let order = Order {
        sequence: Arc::new(sequence),
        pictures: Arc::new(pictures),
        task: Task::Story,
        prompt: None,
        so_far: None,
        sampling: Default::default(),
        stories: 1,
        alternatives: 0,
        attention: false,
        window: 0,
    };
    let mut text = String::new();
    tell(teller, &order, |telling| {
        if let Telling::Done { story, .. } = telling {
            text = story.text;
        }
        ControlFlow::Continue(())
    })?;
    Ok(text)
}
