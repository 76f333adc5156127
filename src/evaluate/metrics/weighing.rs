//! How likely a model finds a story behind other frames, or in another order: what shows whether a story belongs to its frames and
//! its lines to their places. The model reads; nothing is told.
//!
//! Figures of one reader may be compared, and those of two readers may not: each has its own likelihoods.

use serde::{Deserialize, Serialize};

use crate::writer::{Order, Storyteller, WriterError, weigh};

/// Log-probability of all tokens of a text, nats, and how many they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weight {
    pub nats: f64,
    pub tokens: usize,
}

impl Weight {
    fn of(tokens: &[f64]) -> Weight {
        Weight { nats: tokens.iter().sum(), tokens: tokens.len() }
    }

    /// Nats a token.
    pub fn mean(self) -> f64 {
        self.nats / self.tokens.max(1) as f64
    }
}

/// One story, weighed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighed {
    /// Behind its own frames, and behind others.
    pub own: Weight,
    pub blank: Weight,
    pub shuffled: Weight,
    pub other: Weight,
    /// Its lines in another order, behind its own frames.
    pub reordered: Weight,
    /// What people told of the same frames.
    pub reference: Option<Weight>,
    pub reference_blank: Option<Weight>,
    pub reference_reordered: Option<Weight>,
}

/// The frames that a story is weighed behind: the same order with other pictures.
pub struct Looks<'a> {
    pub own: &'a Order,
    pub blank: &'a Order,
    pub shuffled: &'a Order,
    pub other: &'a Order,
}

/// Lines with the first half behind the second; the same text where there is only one.
fn reordered(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let middle = lines.len() / 2;
    lines.rotate_left(middle);
    lines.join("\n")
}

/// Weighs a story and, where there is one, the text of people. None where the model cannot read all of it at once.
///
/// # Errors
/// What the model's own reading fails with.
pub fn weigh_story(
    reader: &mut Storyteller,
    looks: &Looks<'_>,
    text: &str,
    reference: Option<&str>,
) -> Result<Option<Weighed>, WriterError> {
    let mut own_texts = vec![text.to_owned(), reordered(text)];
    let mut blank_texts = vec![text.to_owned()];
    if let Some(reference) = reference {
        own_texts.extend([reference.to_owned(), reordered(reference)]);
        blank_texts.push(reference.to_owned());
    }
    let mut read = |order: &Order, texts: &[String]| match weigh(reader, order, texts) {
        Err(WriterError::TooLong { .. }) => Ok(None),
        Err(error) => Err(error),
        Ok(tokens) => Ok(Some(tokens.iter().map(|tokens| Weight::of(tokens)).collect::<Vec<Weight>>())),
    };
    let Some(own) = read(looks.own, &own_texts)? else { return Ok(None) };
    let Some(blank) = read(looks.blank, &blank_texts)? else { return Ok(None) };
    let Some(shuffled) = read(looks.shuffled, &own_texts[..1])? else { return Ok(None) };
    let Some(other) = read(looks.other, &own_texts[..1])? else { return Ok(None) };
    Ok(Some(Weighed {
        own: own[0],
        blank: blank[0],
        shuffled: shuffled[0],
        other: other[0],
        reordered: own[1],
        reference: own.get(2).copied(),
        reference_blank: blank.get(1).copied(),
        reference_reordered: own.get(3).copied(),
    }))
}
