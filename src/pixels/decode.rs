//! Encoded bytes to oriented RGB, within limits. The magic bytes decide the format.
//!
//! What the processors of Idefics3 do with Pillow is followed (alpha laid over white with Pillow's own rounding unless
//! asked otherwise, palette expanded, 16-bit colour cut to its high byte), with one difference: 16-bit grey is cut to
//! its high byte too, where Pillow clips at 255 and shows such pictures white. Colour profiles are not applied, as
//! Pillow does not apply them.

use std::io::{Cursor, ErrorKind};

use image::error::LimitErrorKind;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use super::alpha::Alpha;
use super::jpeg_end::has_end;
use super::limits::{MAX_PIXELS, MAX_SIDE};
use super::pixel_error::PixelFault;
use super::rgb::Rgb;

/// Most memory one decode may ask for: 100 megapixels of four bytes, and a little.
const MAX_DECODE_BYTES: u64 = 512 * 1024 * 1024;

/// Size in pixels as the header says, before orientation: cheap, nothing is decoded.
///
/// # Errors
/// Bytes that are no picture, or a size outside the limits.
pub fn header_size(bytes: &[u8]) -> Result<(u32, u32), PixelFault> {
    let format = format_of(bytes)?;
    let decoder = reader(bytes, format).into_decoder().map_err(|error| fault_of(error, format_word(format)))?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    Ok((width, height))
}

/// Decodes the first image of `bytes`.
pub(super) fn decode(bytes: &[u8], alpha: Alpha) -> Result<Rgb, PixelFault> {
    let format = format_of(bytes)?;
    let word = format_word(format);
    let fault = |error| fault_of(error, word);
    check_whole(bytes, format)?;
    let mut decoder = reader(bytes, format).into_decoder().map_err(fault)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let mut limits = decode_limits();
    limits.reserve(decoder.total_bytes()).map_err(fault)?;
    decoder.set_limits(limits).map_err(fault)?;
    // A damaged orientation note is no reason to refuse the picture.
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::ImageRgb8(into_rgb(DynamicImage::from_decoder(decoder).map_err(fault)?, alpha));
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(Rgb { width: image.width(), height: image.height(), data: image.into_bytes() })
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(decode_limits());
    reader
}

fn decode_limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    limits
}

/// Refuses sizes outside the limits, before anything is allocated for them.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), PixelFault> {
    if width == 0 || height == 0 {
        return Err(PixelFault::NoPixels);
    }
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PixelFault::TooLarge { width, height });
    }
    Ok(())
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, PixelFault> {
    if bytes.is_empty() {
        return Err(PixelFault::Empty);
    }
    // ISO media files name their kind at byte 8; these two are the ones a camera or a browser leaves behind.
    match bytes.get(4..12) {
        Some(b"ftypavif" | b"ftypavis") => return Err(PixelFault::UnknownFormat("AVIF")),
        Some(b"ftypheic" | b"ftypheix" | b"ftypmif1" | b"ftypmsf1") => return Err(PixelFault::UnknownFormat("HEIC")),
        _ => {}
    }
    let format = image::guess_format(bytes).map_err(|_| PixelFault::NotAPicture)?;
    if format.reading_enabled() { Ok(format) } else { Err(PixelFault::UnknownFormat(format_word(format))) }
}

fn format_word(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Tiff => "TIFF",
        other => other.extensions_str().first().copied().unwrap_or("unknown"),
    }
}

/// Finds cut files that the decoders would fill up in silence.
fn check_whole(bytes: &[u8], format: ImageFormat) -> Result<(), PixelFault> {
    let whole = match format {
        ImageFormat::Jpeg => has_end(bytes),
        // RIFF: the size of everything behind it stands at byte 4.
        ImageFormat::WebP => bytes.get(4..8).is_some_and(|size| {
            let size = u32::from_le_bytes([size[0], size[1], size[2], size[3]]);
            bytes.len() as u64 >= u64::from(size) + 8
        }),
        _ => true,
    };
    if whole { Ok(()) } else { Err(PixelFault::CutShort { format: format_word(format) }) }
}

fn fault_of(error: ImageError, format: &'static str) -> PixelFault {
    match error {
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => PixelFault::CutShort { format },
        ImageError::Limits(error) if error.kind() == LimitErrorKind::InsufficientMemory => PixelFault::Damaged {
            reason: format!("decoding it would take more than {} MiB", MAX_DECODE_BYTES / 1024 / 1024),
        },
        error => PixelFault::Damaged { reason: error.to_string().replace('\n', " ") },
    }
}

/// Eight-bit RGB: grey repeated, alpha blended over white, the high byte of 16 bits, floats clamped to 0..1.
fn into_rgb(image: DynamicImage, alpha: Alpha) -> RgbImage {
    let (width, height) = (image.width(), image.height());
    let data = match image {
        DynamicImage::ImageLuma8(grey) => grey.into_raw().into_iter().flat_map(|v| [v; 3]).collect(),
        DynamicImage::ImageLumaA8(grey) => {
            grey.as_raw().chunks_exact(2).flat_map(|p| [alpha.lay(p[0], p[1]); 3]).collect()
        }
        DynamicImage::ImageRgb8(rgb) => return rgb,
        DynamicImage::ImageRgba8(rgba) => alpha.rgb(rgba.as_raw().chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]])),
        DynamicImage::ImageLuma16(grey) => grey.as_raw().iter().flat_map(|v| [high(*v); 3]).collect(),
        DynamicImage::ImageLumaA16(grey) => {
            grey.as_raw().chunks_exact(2).flat_map(|p| [alpha.lay(high(p[0]), high(p[1])); 3]).collect()
        }
        DynamicImage::ImageRgb16(rgb) => rgb.as_raw().iter().map(|v| high(*v)).collect(),
        DynamicImage::ImageRgba16(rgba) => {
            alpha.rgb(rgba.as_raw().chunks_exact(4).map(|p| [high(p[0]), high(p[1]), high(p[2]), high(p[3])]))
        }
        floats => return floats.into_rgb8(),
    };
    RgbImage::from_raw(width, height, data).expect("three bytes were made for every pixel")
}

fn high(value: u16) -> u8 {
    (value >> 8) as u8
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
