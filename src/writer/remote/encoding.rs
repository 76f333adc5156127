//! A picture as a request carries it: a JPEG in a data URL, upright, no larger than asked, without what the file knew beside
//! its pixels (place and time of a photograph, its camera's number).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::pixels::{Filter, Picture, resize_exact};
use crate::writer::error::{Result, WriterError};

/// Of the JPEG; above it files grow and nothing is seen.
const QUALITY: u8 = 92;

/// `data:image/jpeg;base64,..` of a picture whose longest side is `side` pixels at most.
///
/// # Errors
/// A picture whose pixels cannot be had.
pub fn picture_url(picture: &Picture, side: u32) -> Result<String> {
    let failed = |error: String| WriterError::Picture(error);
    let mut rgb = picture.rgb().map_err(|error| failed(error.to_string()))?;
    let longest = rgb.width.max(rgb.height);
    let side = side.clamp(32, 4096);
    if longest > side {
        let fit = |length: u32| (u64::from(length) * u64::from(side) / u64::from(longest)).max(1) as u32;
        rgb = resize_exact(&rgb, fit(rgb.width), fit(rgb.height), Filter::Bicubic);
    }
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .write_image(&rgb.data, rgb.width, rgb.height, ExtendedColorType::Rgb8)
        .map_err(|error| failed(error.to_string()))?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Rgb;

    #[test]
    fn a_picture_is_sent_no_larger_than_asked() {
        let data = (0..300u32 * 100).flat_map(|at| [(at % 300 * 255 / 299) as u8, 120, 40]).collect();
        let picture = Picture::from_rgb(&Rgb { width: 300, height: 100, data }).unwrap();
        for (side, size) in [(150, (150, 50)), (1024, (300, 100))] {
            let url = picture_url(&picture, side).unwrap();
            let bytes = STANDARD.decode(url.strip_prefix("data:image/jpeg;base64,").unwrap()).unwrap();
            let sent = Picture::from_bytes("sent", bytes).unwrap();
            assert_eq!((sent.width(), sent.height()), size);
            let (left, right) = (sent.rgb().unwrap().data[0], sent.rgb().unwrap().data[(size.0 as usize - 1) * 3]);
            assert!(left < 20 && right > 235, "{left} {right}");
        }
    }
}
