//! An encoded image that is known to decode: its bytes, content hash and oriented size. Cheap to clone.
//!
//! It keeps the bytes and not the pixels: a book of a hundred pages would not fit in memory decoded.

use std::fmt;
use std::io::Cursor;
use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::alpha::Alpha;
use super::decode::{check_size, decode};
use super::pixel_error::{PixelError, PixelFault};
use super::rgb::Rgb;

/// An encoded image, validated by a full decode when it was made.
#[derive(Clone)]
pub struct Picture(Arc<Inner>);

struct Inner {
    name: String,
    bytes: Vec<u8>,
    hash: String,
    width: u32,
    height: u32,
}

impl Picture {
    /// Takes an encoded image. The magic bytes decide the format, not `name`, which only serves error messages.
    ///
    /// # Errors
    /// Anything that is no whole picture within the limits (`MAX_SIDE` pixels a side, `MAX_PIXELS` in all).
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Picture, PixelError> {
        let rgb = decode(&bytes, Alpha::OverWhite).map_err(|fault| fault.of(name))?;
        Ok(Self::checked(name, bytes, rgb.width, rgb.height))
    }

    /// Encodes pixels as PNG.
    ///
    /// # Errors
    /// A size outside the limits, or data that does not fill `width` x `height`.
    pub fn from_rgb(rgb: &Rgb) -> Result<Picture, PixelError> {
        let name = "drawn picture";
        check_size(rgb.width, rgb.height).map_err(|fault| fault.of(name))?;
        if rgb.data.len() != rgb.width as usize * rgb.height as usize * 3 {
            return Err(PixelFault::NoPixels.of(name));
        }
        let mut bytes = Cursor::new(Vec::new());
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
            .write_image(&rgb.data, rgb.width, rgb.height, ExtendedColorType::Rgb8)
            .map_err(|error| PixelFault::Damaged { reason: error.to_string() }.of(name))?;
        Ok(Self::checked(name, bytes.into_inner(), rgb.width, rgb.height))
    }

    fn checked(name: &str, bytes: Vec<u8>, width: u32, height: u32) -> Picture {
        let hash = blake3::hash(&bytes).to_hex().to_string();
        Picture(Arc::new(Inner { name: name.to_owned(), bytes, hash, width, height }))
    }

    /// BLAKE3 of the encoded bytes, 64 hex digits.
    pub fn hash(&self) -> &str {
        &self.0.hash
    }

    /// Width in pixels, after orientation.
    pub fn width(&self) -> u32 {
        self.0.width
    }

    /// Height in pixels, after orientation.
    pub fn height(&self) -> u32 {
        self.0.height
    }

    /// The encoded image as it was given.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// The pixels: EXIF orientation applied; grey and palette expanded; 16 bits reduced to the high byte;
    /// alpha blended over white, as the processors of Idefics3 do with Pillow.
    ///
    /// # Errors
    /// Only if memory for the pixels cannot be had: the bytes were decoded once before.
    pub fn rgb(&self) -> Result<Rgb, PixelError> {
        self.rgb_with(Alpha::OverWhite)
    }

    /// The same, with a say in what becomes of transparency.
    ///
    /// # Errors
    /// Only if memory for the pixels cannot be had.
    pub fn rgb_with(&self, alpha: Alpha) -> Result<Rgb, PixelError> {
        decode(&self.0.bytes, alpha).map_err(|fault| fault.of(&self.0.name))
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} {}x{} {})", self.0.name, self.0.width, self.0.height, &self.0.hash[..8])
    }
}

impl PartialEq for Picture {
    /// The same bytes, whatever the name.
    fn eq(&self, other: &Self) -> bool {
        self.0.hash == other.0.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_survive_png_and_the_hash_is_of_the_bytes() {
        let rgb = Rgb { width: 3, height: 2, data: (0..18).collect() };
        let picture = Picture::from_rgb(&rgb).unwrap();
        assert_eq!(picture.rgb().unwrap(), rgb);
        assert_eq!(picture.hash(), blake3::hash(picture.bytes()).to_hex().as_str());
        let again = Picture::from_bytes("again.jpg", picture.bytes().to_vec()).unwrap();
        assert_eq!((again.width(), again.height(), &again), (3, 2, &picture));
    }

    #[test]
    fn a_rectangle_that_is_not_filled_is_refused() {
        let short = Picture::from_rgb(&Rgb { width: 2, height: 2, data: vec![0; 11] });
        assert_eq!(short.unwrap_err().fault, PixelFault::NoPixels);
        let none = Picture::from_rgb(&Rgb { width: 0, height: 2, data: vec![] });
        assert_eq!(none.unwrap_err().fault, PixelFault::NoPixels);
    }
}
