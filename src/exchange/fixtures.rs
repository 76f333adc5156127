//! Pictures, animations and archives made by the tests themselves; each picture is one shade, so that it can be known again.

use std::io::{Cursor, Write};
use std::path::Path;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::opened::Opened;

pub fn encoded(width: u32, height: u32, shade: u8, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = RgbImage::from_pixel(width, height, Rgb([shade; 3]));
    DynamicImage::ImageRgb8(image).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn png(width: u32, height: u32, shade: u8) -> Vec<u8> {
    encoded(width, height, shade, ImageFormat::Png)
}

/// Writes `files` (name, content) into `folder`.
pub fn fill(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// A ZIP of `files`, deflated.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Frame n (from 0) of every animation here has the shade 10 n.
fn shade(frame: usize) -> u8 {
    (frame * 10) as u8
}

/// A GIF of 8 x 6. Every frame but the first draws the left half only and leaves the rest to compositing.
pub fn gif(frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for frame in 0..frames {
        let width = if frame == 0 { 8 } else { 4 };
        let image = RgbaImage::from_pixel(width, 6, Rgba([shade(frame), shade(frame), shade(frame), 255]));
        encoder.encode_frame(Frame::new(image)).unwrap();
    }
    drop(encoder);
    // The encoder asks for a cleared background between frames; most animations keep what was drawn.
    for at in 0..bytes.len() - 3 {
        if bytes[at..].starts_with(&[0x21, 0xF9, 4]) {
            bytes[at + 3] = bytes[at + 3] & !0x1C | 0x04;
        }
    }
    bytes
}

/// A RIFF chunk, padded to an even size.
fn riff(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let pad = vec![0; data.len() % 2];
    [name.as_slice(), &(data.len() as u32).to_le_bytes(), data, &pad].concat()
}

/// An animated WebP of 8 x 6, each frame a lossless picture of its own that replaces the one before.
pub fn webp(frames: usize) -> Vec<u8> {
    let size = [7, 0, 0, 5, 0, 0]; // width - 1 and height - 1, three bytes each
    let mut body = [b"WEBP".as_slice(), &riff(b"VP8X", &[&[2, 0, 0, 0][..], &size].concat())].concat();
    body.extend(riff(b"ANIM", &[0; 6]));
    for frame in 0..frames {
        let still = encoded(8, 6, shade(frame), ImageFormat::WebP);
        body.extend(riff(b"ANMF", &[&[0; 6][..], &size, &[100, 0, 0, 2], &still[12..]].concat()));
    }
    riff(b"RIFF", &body)
}

/// A PNG chunk: length, name, data, CRC-32.
pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
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

/// The data of all chunks `name` of a PNG.
fn chunk_data(png: &[u8], name: &[u8; 4]) -> Vec<u8> {
    let (mut at, mut data) = (8, Vec::new());
    while at < png.len() {
        let size = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        if &png[at + 4..at + 8] == name {
            data.extend(&png[at + 8..at + 8 + size]);
        }
        at += 12 + size;
    }
    data
}

/// An animated PNG of 8 x 6.
pub fn apng(frames: usize) -> Vec<u8> {
    let first = png(8, 6, shade(0));
    let mut bytes = [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &chunk_data(&first, b"IHDR"))].concat();
    bytes.extend(chunk(b"acTL", &[&(frames as u32).to_be_bytes()[..], &[0; 4]].concat()));
    let mut sequence = 0u32;
    let mut number = || {
        sequence += 1;
        (sequence - 1).to_be_bytes()
    };
    for frame in 0..frames {
        let control = [&number()[..], &8u32.to_be_bytes(), &6u32.to_be_bytes(), &[0; 8], &[0, 1, 0, 10, 0, 0]].concat();
        bytes.extend(chunk(b"fcTL", &control));
        let data = chunk_data(&png(8, 6, shade(frame)), b"IDAT");
        bytes.extend(match frame {
            0 => chunk(b"IDAT", &data),
            _ => chunk(b"fdAT", &[&number()[..], &data].concat()),
        });
    }
    bytes.extend(chunk(b"IEND", &[]));
    bytes
}

/// The shade of the first pixel of every picture.
pub fn shades(opened: &Opened) -> Vec<u8> {
    opened.pictures.iter().map(|picture| picture.rgb().unwrap().data[0]).collect()
}

pub fn frame_names(opened: &Opened) -> Vec<&str> {
    opened.sequence.frames.iter().map(|frame| frame.name.as_str()).collect()
}
