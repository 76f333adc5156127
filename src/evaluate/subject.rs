//! A sequence that models are examined on: its frames, what is true of it where that is known, what people told of it, and who is
//! in it where that is labelled.

use std::sync::Arc;

use super::worldly::order;
use crate::pixels::Picture;
use crate::story::{Frame, Request, SamplingPatch, Sequence, Task};
use crate::world::{Facts, Pronoun, Split, Tale};
use crate::writer::{Order, WriterError};

/// Somebody with a label that people gave; never one that a model guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// "she" or "he", or any other group.
    pub group: String,
}

/// A sequence to be told.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Names it among the others, today and when the suite is run again.
    pub key: String,
    pub sequence: Arc<Sequence>,
    pub pictures: Arc<Vec<Picture>>,
    pub facts: Option<Facts>,
    pub references: Vec<String>,
    pub people: Vec<Person>,
}

impl Subject {
    /// The held-out tale of this seed.
    ///
    /// # Errors
    /// Never in practice: its frames are drawn here.
    pub fn world(seed: u64) -> Result<Subject, WriterError> {
        Self::of_tale(Tale::new(seed, Split::HeldOut), format!("tale-{seed}"))
    }

    pub(super) fn of_tale(tale: Tale, key: String) -> Result<Subject, WriterError> {
        let drawn = order(&tale, &tale, Task::Story, None, SamplingPatch::default())?;
        let person = |member: &crate::world::Member| Person {
            name: member.name.clone(),
            group: if member.pronoun == Pronoun::She { "she" } else { "he" }.to_owned(),
        };
        let people = tale.facts.cast.iter().map(person).collect();
        // A jumble has no story of its own.
        let references = Some(tale.facts.story.join("\n")).filter(|story| !story.is_empty()).into_iter().collect();
        let (sequence, pictures) = (drawn.sequence, drawn.pictures);
        Ok(Subject { key, sequence, pictures, facts: Some(tale.facts), references, people })
    }

    /// An order for its own frames.
    pub fn order(&self, request: Request) -> Order {
        Order { sequence: self.sequence.clone(), pictures: self.pictures.clone(), request, window: 0 }
    }

    /// An order with its title and its cast over other frames.
    pub fn order_over(&self, pictures: Vec<Picture>, request: Request) -> Order {
        let frame = |(place, picture): (usize, &Picture)| Frame {
            place,
            name: format!("frame {}", place + 1),
            hash: picture.hash().to_owned(),
            width: picture.width(),
            height: picture.height(),
            text: None,
        };
        let frames = pictures.iter().enumerate().map(frame).collect();
        let sequence = Sequence { frames, ..Sequence::clone(&self.sequence) };
        Order { sequence: Arc::new(sequence), pictures: Arc::new(pictures), request, window: 0 }
    }
}
