//! How many frames a GIF, WebP or PNG holds, by walking its blocks. Nothing is decoded, and nothing that the file says
//! about itself is trusted further than the count.

/// A kind of file that can hold an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gif,
    WebP,
    Png,
}

/// The kind and number of frames of an animation; `None` for a still picture or any other file.
pub(super) fn animation_length(bytes: &[u8]) -> Option<(Kind, usize)> {
    let (kind, frames) = match bytes {
        [b'G', b'I', b'F', b'8', ..] => (Kind::Gif, gif_frames(bytes).unwrap_or_else(|frames| frames)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => (Kind::WebP, webp_frames(bytes)),
        [0x89, b'P', b'N', b'G', ..] => (Kind::Png, png_frames(bytes).unwrap_or(0)),
        _ => return None,
    };
    (frames > 1).then_some((kind, frames))
}

/// Image descriptors up to the trailer. `Err` holds the count where the file breaks off.
fn gif_frames(bytes: &[u8]) -> Result<usize, usize> {
    let mut frames = 0;
    let byte = |at: usize, frames| bytes.get(at).copied().ok_or(frames);
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(byte(10, 0)?);
    loop {
        match byte(at, frames)? {
            0x2C => {
                frames += 1;
                at += 11 + table(byte(at + 9, frames)?); // descriptor, table, code size
            }
            0x21 => at += 2,
            _ => return Ok(frames),
        }
        loop {
            let size = usize::from(byte(at, frames)?);
            at += 1 + size;
            if size == 0 {
                break;
            }
        }
    }
}

/// `ANMF` chunks.
fn webp_frames(bytes: &[u8]) -> usize {
    let mut frames = 0;
    let mut at = 12;
    while let Some(head) = bytes.get(at..at + 8) {
        frames += usize::from(head.starts_with(b"ANMF"));
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        at += 8 + size + size % 2;
    }
    frames
}

/// What the `acTL` chunk says; it stands before the first image data.
fn png_frames(bytes: &[u8]) -> Option<usize> {
    let mut at = 8;
    loop {
        let head = bytes.get(at..at + 8)?;
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        match &head[4..] {
            b"acTL" => {
                let count = bytes.get(at + 8..at + 12)?;
                return Some(u32::from_be_bytes([count[0], count[1], count[2], count[3]]) as usize);
            }
            b"IDAT" | b"IEND" => return None,
            _ => at += 12 + size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{apng, gif, png, webp};
    use super::*;

    #[test]
    fn frames_are_counted_without_decoding() {
        assert_eq!(animation_length(&gif(7)), Some((Kind::Gif, 7)));
        assert_eq!(animation_length(&webp(4)), Some((Kind::WebP, 4)));
        assert_eq!(animation_length(&apng(3)), Some((Kind::Png, 3)));
    }

    #[test]
    fn stills_and_rubbish_are_no_animation() {
        assert_eq!(animation_length(&gif(1)), None);
        assert_eq!(animation_length(&png(4, 4, 9)), None);
        assert_eq!(animation_length(b"GIF8"), None);
        assert_eq!(animation_length(b"RIFF\0\0\0\0WEBPANMF\xFF\xFF\xFF\xFF"), None);
        assert_eq!(animation_length(b""), None);
        for cut in 0..gif(3).len() {
            animation_length(&gif(3)[..cut]);
        }
    }
}
