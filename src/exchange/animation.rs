//! An animated GIF, WebP or PNG: whole (composited) frames, sampled evenly. It leaves out how long each is shown.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, Frames, ImageDecoder, ImageResult, Limits};

use super::animation_length::Kind;
use super::bounded_read::MAX_SEQUENCE_BYTES;
use super::choose::Choose;
use super::draft::{Draft, Origin, Page};
use super::notices::picture_notice;
use super::opened::Opened;
use crate::pixels::{Alpha, Picture, PixelError, Rgb, header_size};
use crate::story::Notice;

/// Frames taken where nothing was chosen.
const SAMPLED: usize = 5;
/// More frames than any animation that is meant to be looked at.
const MOST_FRAMES: usize = 100_000;
/// Most pixels decoded on the way to the last chosen frame: each frame needs all before it.
const MOST_WORK: u64 = 4_000_000_000;

/// Opens the chosen of `length` frames; five, evenly spread, if nothing was chosen.
pub(super) fn open(
    title: String,
    source: String,
    bytes: &[u8],
    (kind, length): (Kind, usize),
    choose: &Choose,
) -> Result<Opened, Notice> {
    let (width, height) =
        header_size(bytes).map_err(|fault| picture_notice(&PixelError { name: source.clone(), fault }))?;
    if length > MOST_FRAMES {
        let what = format!("the animation '{source}' says it has {length} frames; at most {MOST_FRAMES} are opened");
        return Err(Notice::yours(what, "cut it shorter"));
    }
    let sampled = Choose { frames: choose.frames.or(choose.every.is_none().then_some(SAMPLED)), ..choose.clone() };
    let chosen = sampled.pick(length)?;
    let work = chosen.last().map_or(0, |last| (*last as u64 + 1) * u64::from(width) * u64::from(height));
    if work > MOST_WORK {
        let what = format!("the animation '{source}' is too long to be decoded: {length} frames of {width} x {height}");
        return Err(Notice::yours(what, "choose frames nearer to the beginning with --last, or make it smaller"));
    }
    let mut draft = Draft::of(title, source, Vec::new());
    let mut wanted = chosen.iter().copied().peekable();
    let mut size = 0;
    let frames = frames(bytes, kind).map_err(|error| damaged(&draft.source, 0, length, &error.to_string()))?;
    for (index, frame) in frames.enumerate() {
        let frame = match frame {
            Ok(frame) => frame.into_buffer(),
            Err(error) => {
                draft.problems.push(damaged(&draft.source, index, length, &error.to_string()));
                break;
            }
        };
        if wanted.next_if_eq(&index).is_some() {
            let data = Alpha::OverWhite.rgb(frame.pixels().map(|pixel| pixel.0));
            let rgb = Rgb { width: frame.width(), height: frame.height(), data };
            let picture = Picture::from_rgb(&rgb).map_err(|error| picture_notice(&error))?;
            size += picture.bytes().len() as u64;
            if size > MAX_SEQUENCE_BYTES {
                let what = format!("the chosen frames of '{}' are more than is held in memory", draft.source);
                return Err(Notice::yours(what, "choose fewer with --frames"));
            }
            draft.pages.push(Page { name: format!("frame {}", index + 1), text: None, origin: Origin::Ready(picture) });
        }
        if wanted.peek().is_none() {
            break;
        }
    }
    if wanted.peek().is_some() && draft.problems.is_empty() {
        let what = format!("the animation '{}' ends before frame {length}", draft.source);
        draft.problems.push(Notice::yours(what, "copy or download it again"));
    }
    draft.finish(&Choose::default())
}

fn frames(bytes: &[u8], kind: Kind) -> ImageResult<Frames<'_>> {
    let data = Cursor::new(bytes);
    Ok(match kind {
        Kind::Gif => {
            let mut decoder = GifDecoder::new(data)?;
            decoder.set_limits(Limits::default())?;
            decoder.into_frames()
        }
        Kind::WebP => WebPDecoder::new(data)?.into_frames(),
        Kind::Png => PngDecoder::with_limits(data, Limits::default())?.apng()?.into_frames(),
    })
}

fn damaged(source: &str, at: usize, length: usize, why: &str) -> Notice {
    let what = format!("the animation '{source}' is damaged at frame {} of {length}: {why}", at + 1);
    Notice::yours(what, "copy or download it again")
}
