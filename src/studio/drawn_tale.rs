//! A tale of the picture world that a training told stories about, drawn again from its seed: it lies on no shelf.

use crate::exchange::Opened;
use crate::pixels::Picture;
use crate::story::{CastMember, Frame, Notice, Sequence, SequenceId};
use crate::world::{Split, Tale};

/// Pixels a side.
const SIDE: u32 = 192;

/// The seed and the half that an id names: "tale 700000012", "held-out tale 9".
pub fn named(id: &SequenceId) -> Option<(u64, Split)> {
    if let Some(seed) = id.0.strip_prefix("held-out tale ") {
        return Some((seed.parse().ok()?, Split::HeldOut));
    }
    Some((id.0.strip_prefix("tale ")?.parse().ok()?, Split::Train))
}

/// Draws its frames.
pub fn draw(id: &SequenceId, seed: u64, split: Split) -> Result<Opened, Notice> {
    let tale = Tale::new(seed, split);
    let (mut frames, mut pictures) = (Vec::new(), Vec::new());
    for place in 0..tale.facts.frames.len() {
        let picture = Picture::from_rgb(&tale.draw(place, SIDE)).map_err(|error| Notice::ours(error.to_string()))?;
        let (name, hash) = (format!("{}.png", place + 1), picture.hash().to_owned());
        frames.push(Frame { place, name, hash, width: SIDE, height: SIDE, text: None });
        pictures.push(picture);
    }
    let cast = tale.facts.cast.iter();
    let sequence = Sequence {
        id: id.clone(),
        title: tale.facts.title.clone(),
        source: "drawn from its seed".to_owned(),
        credits: None,
        cast: cast.map(|m| CastMember { name: m.name.clone(), species: m.species.word().to_owned() }).collect(),
        frames,
        in_world: true,
    };
    Ok(Opened { sequence, pictures, problems: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tale_is_drawn_by_its_name_and_nothing_else_is() {
        let id = |name: &str| SequenceId(name.to_owned());
        assert_eq!(named(&id("tale 12")), Some((12, Split::Train)));
        assert_eq!(named(&id("held-out tale 12")), Some((12, Split::HeldOut)));
        assert_eq!((named(&id("tale x")), named(&id("12"))), (None, None));
        let opened = draw(&id("tale 12"), 12, Split::Train).unwrap();
        assert_eq!(opened.pictures.len(), Tale::new(12, Split::Train).facts.frames.len());
        assert_eq!(opened.sequence.frames[1].hash, opened.pictures[1].hash());
    }
}
