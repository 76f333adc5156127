//! How far the embedded storyteller's next-word chances move when its weights are kept in fewer bits: over stories that it tells
//! in f32, of tales that it was not taught, token by token on the same words.

use super::figure::Figure;
use crate::model::format::Format;
use crate::model::llama::Rows;
use crate::pixels::Picture;
use crate::world::{Split, Tale};
use crate::writer::chat::Message;
use crate::writer::prompts::{Filling, fill, template};
use crate::writer::{ModelSource, Storyteller, WriterError};

/// Tales, and tokens of each.
const TALES: usize = 8;
const TOKENS: usize = 64;
/// Side of a drawn frame.
const SIDE: u32 = 384;

/// A prompt's logits and those after each of `tokens`, or after the likeliest ones where there are none; and the tokens.
type Told = (Vec<Vec<f32>>, Vec<u32>);

fn likeliest(logits: &[f32]) -> u32 {
    let best =
        logits.iter().enumerate().fold((0, f32::NEG_INFINITY), |best, (i, x)| if *x > best.1 { (i, *x) } else { best });
    best.0 as u32
}

fn told(teller: &mut Storyteller, tale: &Tale, tokens: Option<&[u32]>) -> Result<Told, WriterError> {
    let frames = tale.facts.frames.len();
    let picture = |i| Picture::from_rgb(&tale.draw(i, SIDE)).map_err(|e| WriterError::Picture(e.to_string()));
    let pictures = (0..frames).map(picture).collect::<Result<Vec<_>, _>>()?;
    let filling = Filling { frames, ..Default::default() };
    let message = [Message::user(frames, &fill(template(Default::default()), &filling)?)];
    let (reading, _) = teller.read(&message, &pictures, false, |_| ())?;
    let (model, prompt) = (&teller.model, reading.ids.len());
    let mut cache = model.text.cache(1, prompt + TOKENS)?;
    let embedded = model.embed(&reading.ids, 1, reading.features.as_ref())?;
    let hidden = model.hidden(&embedded, &Rows::after(0, prompt), Some(&mut cache), None)?;
    let mut all = vec![model.logits(&hidden.narrow(1, prompt - 1, 1)?)?.flatten_all()?.to_vec1::<f32>()?];
    let mut drawn = Vec::with_capacity(TOKENS);
    for at in 0..TOKENS {
        let token = tokens.map_or_else(|| likeliest(&all[at]), |tokens| tokens[at]);
        drawn.push(token);
        all.extend(model.step(&[token], &mut cache, None)?);
    }
    Ok((all, drawn))
}

/// Largest difference of two logits, and the divergence of their chances in nats (Kullback and Leibler).
fn apart(exact: &[f32], other: &[f32]) -> (f64, f64) {
    let chances = |logits: &[f32]| {
        let most = logits.iter().fold(f32::NEG_INFINITY, |most, x| most.max(*x));
        let sum: f64 = logits.iter().map(|x| f64::from(x - most).exp()).sum();
        logits.iter().map(|x| f64::from(x - most) - sum.ln()).collect::<Vec<f64>>()
    };
    let farthest = exact.iter().zip(other).fold(0f64, |far, (a, b)| far.max(f64::from((a - b).abs())));
    let (p, q) = (chances(exact), chances(other));
    (farthest, p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum())
}

/// Drift of bf16, q8 and q4 from f32.
pub fn drift() -> Result<Vec<Figure>, WriterError> {
    let open = |format| Storyteller::open(&ModelSource::Embedded, Some(format));
    let tales: Vec<Tale> = (2_000_000_000..).map(|seed| Tale::new(seed, Split::HeldOut)).take(TALES).collect();
    let mut exact = open(Format::F32)?;
    let stories = tales.iter().map(|tale| told(&mut exact, tale, None)).collect::<Result<Vec<_>, _>>()?;
    let mut figures = Vec::new();
    for format in [Format::Bf16, Format::Q8, Format::Q4] {
        let mut teller = open(format)?;
        let (mut farthest, mut nats, mut same) = (Vec::new(), Vec::new(), Vec::new());
        for (tale, (exact, tokens)) in tales.iter().zip(&stories) {
            let (other, _) = told(&mut teller, tale, Some(tokens))?;
            for (exact, other) in exact.iter().zip(&other) {
                let (far, divergence) = apart(exact, other);
                farthest.push(far);
                nats.push(divergence);
                same.push(f64::from(u8::from(likeliest(exact) == likeliest(other))));
            }
        }
        let share = 100.0 * same.iter().sum::<f64>() / same.len() as f64;
        let mean = nats.iter().sum::<f64>() / nats.len() as f64;
        figures.push(spread(format!("embedded, {format}: farthest logit from f32"), farthest, 1e3, "thousandths"));
        figures.push(spread(
            format!("embedded, {format}: divergence, mean {mean:.2e}"),
            nats,
            1e6,
            "millionths of a nat",
        ));
        let of = same.len();
        let (median, least, most) = (share, share, share);
        let what = format!("embedded, {format}: same likeliest token, of {of}");
        figures.push(Figure { what, median, least, most, unit: "%", gigabytes: None });
    }
    Ok(figures)
}

fn spread(what: String, mut all: Vec<f64>, scale: f64, unit: &'static str) -> Figure {
    all.sort_by(f64::total_cmp);
    let at = |i: usize| all.get(i).copied().unwrap_or_default() * scale;
    Figure {
        what,
        median: at(all.len() / 2),
        least: at(0),
        most: at(all.len().saturating_sub(1)),
        unit,
        gigabytes: None,
    }
}
