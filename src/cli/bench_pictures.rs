//! From a JPEG of 1920 x 1080 to the escapes of an 80 x 24 box: ours, and beside it what the library does by itself and other
//! programs that are installed.

use std::hint::black_box;
use std::io::Cursor;
use std::process::{Command, Stdio};
use std::time::Instant;

use image::DynamicImage;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::Widget;
use ratatui_image::picker::{Picker, ProtocolType};
use ratatui_image::{FontSize, Image, Resize};

use super::figure::{Figure, measure, since};
use crate::canvas::{Canvas, CellSize, Depth, Found, Pic, Protocol};
use crate::pixels::{Picture, resize_quick};
use crate::story::Notice;
use crate::world::{Split, Tale};

/// The box, and a cell in pixels.
const BOX: Rect = Rect { x: 0, y: 0, width: 80, height: 24 };
const CELL: CellSize = CellSize { width: 10, height: 20 };

/// Other programs that put a picture on a terminal, with what makes them write escapes to a pipe.
const OTHERS: [(&str, &[&str]); 4] = [
    ("chafa", &["--format", "symbols", "--size", "80x24"]),
    ("chafa", &["--format", "kitty", "--size", "80x24"]),
    ("chafa", &["--format", "sixels", "--size", "80x24"]),
    ("kitten", &["icat", "--transfer-mode", "stream", "--use-window-size", "80,24,800,480"]),
];

/// The figures, protocol by protocol: ours, then the library's own way.
pub fn pictures(runs: u16) -> Result<Vec<Figure>, Notice> {
    let broken = |e: &dyn std::fmt::Display| Notice::ours(format!("the picture of the measurement is broken: {e}"));
    let jpeg = jpeg().map_err(|e| broken(&e))?;
    let picture = Picture::from_bytes("bench.jpg", jpeg.clone()).map_err(|e| broken(&e))?;
    let mut figures = vec![measure("picture 1920 x 1080: decode JPEG", "ms", runs, || {
        let started = Instant::now();
        black_box(picture.rgb().map_err(|e| broken(&e))?);
        Ok::<_, Notice>(since(started) * 1000.0)
    })?];
    let kinds = [
        (Protocol::HalfBlocks, ProtocolType::Halfblocks),
        (Protocol::Kitty, ProtocolType::Kitty),
        (Protocol::Iterm2, ProtocolType::Iterm2),
        (Protocol::Sixel, ProtocolType::Sixel),
    ];
    for (protocol, theirs) in kinds {
        let name = protocol.word();
        figures.push(measure(&format!("JPEG to 80 x 24 cells, {name}"), "ms", runs, || {
            let started = Instant::now();
            ours(&picture, protocol).map_err(|e| broken(&e))?;
            Ok::<_, Notice>(since(started) * 1000.0)
        })?);
        figures.push(measure(&format!("  ratatui-image, Lanczos3, {name}"), "ms", runs, || {
            let started = Instant::now();
            library(&jpeg, theirs).map_err(|e| broken(&e))?;
            Ok::<_, Notice>(since(started) * 1000.0)
        })?);
    }
    figures.extend(others(&jpeg, runs)?);
    Ok(figures)
}

/// A drawn frame as a photograph would come.
fn jpeg() -> Result<Vec<u8>, image::ImageError> {
    let large = resize_quick(&Tale::new(1, Split::Train).draw(0, 1080), 1920, 1080);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode(
        &large.data,
        large.width,
        large.height,
        image::ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}

/// All that a visit does for a picture, from its bytes to its cells.
fn ours(picture: &Picture, protocol: Protocol) -> anyhow::Result<()> {
    let found = Found::plain(protocol, Depth::True);
    let (canvas, mut buffer) = (Canvas::new(found, 1), Buffer::empty(BOX));
    let pic = Pic { hash: picture.hash().to_owned(), width: picture.width(), height: picture.height(), veil: None };
    canvas.begin();
    canvas.place(&pic, BOX, &mut buffer);
    let wish = canvas.take_wishes(1).pop().ok_or_else(|| anyhow::anyhow!("the canvas wanted no picture"))?;
    let shown = wish.fulfil(&picture.rgb()?)?;
    canvas.keep(&wish, Some(shown));
    canvas.place(&pic, BOX, &mut buffer);
    black_box(buffer);
    Ok(())
}

/// The same by `ratatui-image` alone, with the filter that its own examples take for good pictures.
fn library(jpeg: &[u8], protocol: ProtocolType) -> anyhow::Result<()> {
    let image: DynamicImage = image::ImageReader::new(Cursor::new(jpeg)).with_guessed_format()?.decode()?;
    #[allow(deprecated, reason = "the size of a cell is what both sides are given")]
    let mut picker = Picker::from_fontsize(FontSize::new(CELL.width, CELL.height));
    picker.set_protocol_type(protocol);
    let size = Size::new(BOX.width, BOX.height);
    let encoded = picker.new_protocol(image, size, Resize::Fit(Some(FilterType::Lanczos3)))?;
    let mut buffer = Buffer::empty(BOX);
    Image::new(&encoded).render(BOX, &mut buffer);
    black_box(buffer);
    Ok(())
}

/// Other programs as whole processes, those that are installed.
fn others(jpeg: &[u8], runs: u16) -> Result<Vec<Figure>, Notice> {
    let outside =
        |e: std::io::Error| Notice::outside(format!("the picture cannot be written: {e}"), "make room in TMPDIR");
    let file = tempfile::Builder::new().suffix(".jpg").tempfile().map_err(outside)?;
    std::fs::write(file.path(), jpeg).map_err(outside)?;
    let mut figures = Vec::new();
    for (program, arguments) in OTHERS {
        let show = || {
            let mut command = Command::new(program);
            command.args(arguments).arg(file.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status()
        };
        if !show().is_ok_and(|status| status.success()) {
            continue;
        }
        figures.push(measure(&format!("  {program} {}, as a process", arguments[..2].join(" ")), "ms", runs, || {
            let started = Instant::now();
            show().map_err(outside)?;
            Ok::<_, Notice>(since(started) * 1000.0)
        })?);
    }
    Ok(figures)
}
