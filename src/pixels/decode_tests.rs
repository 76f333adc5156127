//! Tests of decoding: every kind of pixel, orientation, and what is refused. All inputs are made here.

use std::io::Cursor;
use std::time::Instant;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgba};

use super::*;

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |_, _| image::Rgb([next(), next(), next()])))
}

/// A PNG chunk: length, name, data, CRC-32.
fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [name.as_slice(), data].concat();
    let mut crc = u32::MAX;
    for byte in &body {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
        }
    }
    [&(data.len() as u32).to_be_bytes(), body.as_slice(), &(!crc).to_be_bytes()].concat()
}

/// A PNG of one raw (unfiltered, uncompressed) block of scan lines.
fn png(width: u32, height: u32, depth: u8, kind: u8, extra: &[u8], lines: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, kind, 0, 0, 0]].concat();
    let (mut a, mut b) = (1u32, 0u32); // Adler-32
    for byte in lines {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let size = lines.len() as u16;
    let stored =
        [&[0x78, 0x01, 0x01][..], &size.to_le_bytes(), &(!size).to_le_bytes(), lines, &(b << 16 | a).to_be_bytes()];
    [b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &header)[..], extra, &chunk(b"IDAT", &stored.concat()), &chunk(b"IEND", &[])]
        .concat()
}

fn decode_white(bytes: &[u8]) -> Result<Rgb, PixelFault> {
    decode(bytes, Alpha::OverWhite)
}

#[test]
fn grey_is_repeated_and_alpha_blended_over_white_as_pillow_rounds() {
    let grey = DynamicImage::ImageLuma8(ImageBuffer::from_pixel(2, 1, Luma([9])));
    assert_eq!(decode_white(&encoded(&grey, ImageFormat::Png)).unwrap().data, vec![9; 6]);
    let clear = DynamicImage::ImageRgba8(ImageBuffer::from_pixel(1, 1, Rgba([200, 100, 50, 3])));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        assert_eq!(decode_white(&encoded(&clear, format)).unwrap().data, vec![254, 253, 253]);
    }
    let dropped = decode(&encoded(&clear, ImageFormat::Png), Alpha::Dropped).unwrap();
    assert_eq!(dropped.data, vec![200, 100, 50]);
    let veiled = DynamicImage::ImageLumaA8(ImageBuffer::from_pixel(1, 1, image::LumaA([40, 0])));
    assert_eq!(decode_white(&encoded(&veiled, ImageFormat::Png)).unwrap().data, vec![255; 3]);
}

#[test]
fn sixteen_bits_keep_their_high_byte() {
    let colour = DynamicImage::ImageRgba16(ImageBuffer::from_pixel(1, 1, Rgba([0x12FF, 0xFE80, 0x00FF, 0xFFFF])));
    assert_eq!(decode_white(&encoded(&colour, ImageFormat::Png)).unwrap().data, vec![0x12, 0xFE, 0x00]);
    let grey = DynamicImage::ImageLuma16(ImageBuffer::from_pixel(1, 1, Luma([0xABFF])));
    assert_eq!(decode_white(&encoded(&grey, ImageFormat::Png)).unwrap().data, vec![0xAB; 3]);
}

#[test]
fn a_palette_is_expanded_and_its_transparent_colour_becomes_white() {
    let palette = [chunk(b"PLTE", &[1, 2, 3, 70, 80, 90]), chunk(b"tRNS", &[255, 0])].concat();
    let two = png(2, 1, 8, 3, &palette, &[0, 1, 0]);
    assert_eq!(decode_white(&two).unwrap().data, vec![255, 255, 255, 1, 2, 3]);
    let bits = png(3, 1, 1, 3, &palette, &[0, 0b0100_0000]);
    assert_eq!(decode_white(&bits).unwrap().data, vec![1, 2, 3, 255, 255, 255, 1, 2, 3]);
}

#[test]
fn every_format_is_known_by_its_bytes() {
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP] {
        let flat = DynamicImage::ImageRgb8(RgbImage::from_pixel(5, 4, image::Rgb([10, 200, 30])));
        let got = decode_white(&encoded(&flat, format)).unwrap();
        assert_eq!((got.width, got.height, &got.data[..3]), (5, 4, &[10, 200, 30][..]), "{format:?}");
    }
    let jpeg = decode_white(&encoded(&noise(9, 7), ImageFormat::Jpeg)).unwrap();
    assert_eq!((jpeg.width, jpeg.height), (9, 7));
}

/// A JPEG with an EXIF block whose only entry is the orientation.
fn turned(orientation: u8) -> Vec<u8> {
    // 32 x 16, left half light, right half dark.
    let image = RgbImage::from_fn(32, 16, |x, _| image::Rgb([if x < 16 { 240 } else { 10 }; 3]));
    let jpeg = encoded(&DynamicImage::ImageRgb8(image), ImageFormat::Jpeg);
    let tiff = [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0], &[0; 4]].concat();
    let block = [b"Exif\0\0", tiff.as_slice()].concat();
    let length = (block.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &block, &jpeg[2..]].concat()
}

#[test]
fn exif_orientation_is_applied() {
    let light = |rgb: &Rgb, x: u32, y: u32| rgb.data[((y * rgb.width + x) * 3) as usize] > 128;
    let upright = decode_white(&turned(1)).unwrap();
    assert!(upright.width == 32 && light(&upright, 0, 0) && !light(&upright, 31, 0));
    let half = decode_white(&turned(3)).unwrap();
    assert!(half.width == 32 && !light(&half, 0, 0) && light(&half, 31, 15));
    let quarter = decode_white(&turned(6)).unwrap(); // to be turned clockwise: left comes to the top
    assert_eq!((quarter.width, quarter.height), (16, 32));
    assert!(light(&quarter, 0, 0) && light(&quarter, 15, 0) && !light(&quarter, 0, 31));
    let other = decode_white(&turned(8)).unwrap();
    assert!(other.height == 32 && !light(&other, 0, 0) && light(&other, 0, 31));
}

#[test]
fn cmyk_jpegs_become_rgb() {
    // 8 x 8, four components of one block with only a mean: 128, 128, 228, 228 (as Adobe writes them, inverted).
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, 0xEE, 0, 14];
    jpeg.extend(b"Adobe\0\x64\0\0\0\0\0");
    jpeg.extend([0xFF, 0xDB, 0, 67, 0]);
    jpeg.extend([8; 64]);
    jpeg.extend([0xFF, 0xC0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0]);
    jpeg.extend([0xFF, 0xC4, 0, 21, 0x00, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
    jpeg.extend([0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    jpeg.extend([0xFF, 0xDA, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0, 0x0B, 0x22, 0xC8, 0xFF, 0xD9]);
    let got = decode_white(&jpeg).unwrap();
    for (got, want) in got.data[..3].iter().zip([114i16, 114, 204]) {
        assert!((i16::from(*got) - want).abs() <= 2, "{:?}", &got);
    }
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    let image = noise(64, 48);
    let formats =
        [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff];
    for format in formats {
        let bytes = encoded(&image, format);
        decode_white(&bytes).unwrap();
        for percent in [2, 10, 30, 50, 75, 95] {
            let cut = &bytes[..bytes.len() * percent / 100];
            assert!(decode_white(cut).is_err(), "{format:?} cut to {percent} %");
        }
    }
    let jpeg = encoded(&image, ImageFormat::Jpeg);
    assert_eq!(decode_white(&jpeg[..jpeg.len() - 2]), Err(PixelFault::CutShort { format: "JPEG" }));
    assert_eq!(decode_white(&jpeg[..jpeg.len() / 2]), Err(PixelFault::CutShort { format: "JPEG" }));
}

#[test]
fn a_bomb_is_refused_at_once_by_its_header() {
    let start = Instant::now();
    for (width, height) in [(40_000, 40_000), (16_385, 1), (12_000, 12_000)] {
        assert_eq!(decode_white(&png(width, height, 8, 2, &[], &[0])), Err(PixelFault::TooLarge { width, height }));
    }
    let mut gif = b"GIF89a".to_vec();
    gif.extend([0x40, 0x9C, 0x40, 0x9C, 0x80, 0, 0, 0, 0, 0, 255, 255, 255]);
    gif.extend([0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0, 0x3B]);
    assert_eq!(decode_white(&gif), Err(PixelFault::TooLarge { width: 40_000, height: 40_000 }));
    assert!(start.elapsed().as_secs() < 1, "{:?}", start.elapsed());
}

#[test]
fn what_is_no_picture_is_said_to_be_none() {
    assert_eq!(decode_white(b""), Err(PixelFault::Empty));
    assert_eq!(decode_white(b"Once upon a time there was a text file."), Err(PixelFault::NotAPicture));
    assert_eq!(decode_white(b"\0\0\0\x1cftypavif\0\0\0\0"), Err(PixelFault::UnknownFormat("AVIF")));
    assert_eq!(decode_white(b"\0\0\0\x18ftypheic\0\0\0\0"), Err(PixelFault::UnknownFormat("HEIC")));
    assert_eq!(decode_white(b"8BPS"), Err(PixelFault::NotAPicture));
    assert_eq!(decode_white(b"qoif\0\0\0\0"), Err(PixelFault::UnknownFormat("qoi")));
    assert!(matches!(
        decode_white(b"\x89PNG\r\n\x1a\n"),
        Err(PixelFault::CutShort { .. } | PixelFault::Damaged { .. })
    ));
}
