//! How likely a model finds texts that were told already, token by token: the texts go in behind the prompt, and nothing is drawn.

use super::error::{Result, WriterError};
use super::order::Order;
use super::retelling::retold_text;
use super::storyteller::Storyteller;
use super::tell::{splits, whole_message};
use crate::model::told::{Page, Told};

/// Log-probabilities of the texts' tokens, nats, their end among them; one list a text, each alone behind the order's frames.
///
/// # Errors
/// A picture that cannot be read, or more than the model reads at once: chapters are not weighed.
pub fn weigh(teller: &mut Storyteller, order: &Order, texts: &[String]) -> Result<Vec<Vec<f64>>> {
    let message = whole_message(order)?;
    let split = splits(teller, order);
    let (reading, _) = teller.read(&[message], &order.pictures, split, |_| ())?;
    let limit = teller.model.config.text_config.max_position_embeddings;
    let mut told = Vec::with_capacity(texts.len());
    for text in texts {
        let one = Told::new(&reading.ids, &retold_text(&teller.processor, text, order.pictures.len())?, 0);
        if one.ids.len() > limit {
            return Err(WriterError::TooLong { prompt: one.ids.len(), limit });
        }
        told.push(one);
    }
    let looks: Vec<_> = reading.features.into_iter().collect();
    let page = Page::read(&teller.model, &told, &looks, teller.processor.pad())?;
    Ok(page.by_story(&page.log_probs(&teller.model, 1.0)?)?)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::pixels::{Picture, Rgb};
    use crate::story::{Frame, Request, SamplingPatch, Sequence, SequenceId, Telling};
    use crate::writer::{ModelSource, tell};

    #[test]
    fn a_text_weighs_the_same_alone_and_beside_others_and_what_was_told_greedily_is_likely() {
        let pixels = Rgb { width: 64, height: 64, data: vec![90; 64 * 64 * 3] };
        let picture = Picture::from_rgb(&pixels).unwrap();
        let frame =
            Frame { place: 0, name: "one".into(), hash: picture.hash().into(), width: 64, height: 64, text: None };
        let sequence = Sequence {
            id: SequenceId("grey".into()),
            title: "Grey".into(),
            source: "here".into(),
            credits: None,
            cast: Vec::new(),
            frames: vec![frame],
            in_world: false,
        };
        let sampling = SamplingPatch { temperature: Some(0.0), max_new_tokens: Some(40), ..SamplingPatch::default() };
        let order = Order {
            sequence: sequence.into(),
            pictures: vec![picture].into(),
            request: Request { sampling, ..Request::default() },
            window: 0,
        };
        let mut teller = Storyteller::open(&ModelSource::Embedded, None).unwrap();
        let mut text = String::new();
        tell(&mut teller, &order, |telling| {
            if let Telling::Done { story, .. } = telling {
                text = story.text;
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        let strange = "Lake moon seven quickly of of the, bear.".to_owned();
        let both = weigh(&mut teller, &order, &[text.clone(), strange]).unwrap();
        let alone = weigh(&mut teller, &order, &[text]).unwrap();
        let mean = |tokens: &[f64]| tokens.iter().sum::<f64>() / tokens.len() as f64;
        assert!(both[0].iter().zip(&alone[0]).all(|(a, b)| (a - b).abs() < 1e-4));
        assert!(mean(&both[0]) > mean(&both[1]) + 1.0, "{} {}", mean(&both[0]), mean(&both[1]));
    }
}
