//! `storyloom show`: prints the frames of a sequence, one below the other. It leaves out telling and keeping.
//!
//! viuer prints; what the terminal can show we find out ourselves, as viuer would wait for ever for a terminal that is mute.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::Args;
use crossterm::terminal::window_size;
use image::{DynamicImage, RgbImage};

use super::frames::FrameArgs;
use super::outcome::{Outcome, printable};
use crate::canvas::{CellSize, Depth, Found, Protocol, fit};
use crate::config::{Config, ImagesChoice};
use crate::exchange::{self, Choose, Opened};
use crate::pixels::{Picture, resize_quick};
use crate::session::look_at_terminal;
use crate::story::{Frame, Notice};
use crate::studio::{BUNDLED, Bundled};

const AFTER_HELP: &str = "\
Examples:
  storyloom show a-gift-for-ben
  storyloom show pages.cbz --first 3 --last 6
  storyloom show holiday/ --frames 4 --width 40
  storyloom --images half show cat.gif

Where the output is no terminal, or shows no pictures, the frames are listed.";

/// Print the frames of a sequence
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct ShowArgs {
    /// A folder, book.json, CBZ, ZIP, animation or image; or the name of a bundled sequence
    sequence: String,
    #[command(flatten)]
    frames: FrameArgs,
    /// Columns a picture may take
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(2..))]
    width: Option<u16>,
}

/// Prints the frames, and says on stderr what had to be left out.
pub fn run(args: ShowArgs, config: &Config) -> Outcome {
    let opened = open(&args.sequence, &args.frames.choose())?;
    print_frames(&opened, config.images, args.width)?;
    for problem in &opened.problems {
        super::outcome::tell(problem);
    }
    Ok(())
}

/// A path if there is one, else a bundled sequence by its name.
pub fn open(named: &str, choose: &Choose) -> Result<Opened, Notice> {
    let path = Path::new(named);
    match Bundled::find(named) {
        Some(bundled) if !path.exists() => bundled.open(choose),
        None if !path.exists() && !named.contains(['/', '.']) => Err(unknown(named)),
        _ => exchange::open(path, choose),
    }
}

fn unknown(named: &str) -> Notice {
    let near = BUNDLED.iter().max_by(|a, b| {
        let near = |bundled: &Bundled| strsim::jaro_winkler(bundled.slug, named);
        near(a).total_cmp(&near(b))
    });
    let advice = near.map_or_else(String::new, |near| format!("'{}' is bundled; or ", near.slug));
    let what = format!("there is neither a file nor a bundled sequence called '{named}'");
    Notice::yours(what, format!("{advice}the path of pictures of your own"))
}

/// Prints the frames, each below its caption, at most `width` columns wide.
///
/// # Errors
/// Where stdout takes no more bytes. A picture that cannot be printed is left to its caption.
pub fn print_frames(opened: &Opened, images: ImagesChoice, width: Option<u16>) -> io::Result<()> {
    let printer = Printer::new(images, width);
    for (frame, picture) in opened.sequence.frames.iter().zip(&opened.pictures) {
        let caption = caption(frame);
        writeln!(io::stdout(), "{caption}")?;
        if let Some(printer) = &printer {
            printer.print(picture)?;
        }
    }
    io::stdout().flush()
}

fn caption(frame: &Frame) -> String {
    let name = printable(&frame.name);
    format!("{}  {name}  {}x{}", frame.place + 1, frame.width, frame.height)
}

/// Columns where nobody says otherwise: large enough to look at, small enough that several are seen at once.
const WIDTH: u16 = 60;

/// How pictures are printed on this terminal.
struct Printer {
    protocol: Protocol,
    cell: CellSize,
    columns: u16,
    rows: u16,
    truecolor: bool,
}

impl Printer {
    /// `None` where pictures cannot be shown or are not wanted.
    fn new(images: ImagesChoice, width: Option<u16>) -> Option<Printer> {
        if !io::stdout().is_terminal() || images == ImagesChoice::Off {
            return None;
        }
        let found = look_at_terminal(images).ok()?;
        let window = window_size().ok()?;
        let protocol = protocol(&found)?;
        let rows = window.rows.saturating_sub(2).max(1);
        let columns = width.unwrap_or(WIDTH).min(window.columns.max(2));
        Some(Printer { protocol, cell: found.cell, columns, rows, truecolor: found.depth == Depth::True })
    }

    fn print(&self, picture: &Picture) -> io::Result<()> {
        let Ok(rgb) = picture.rgb() else { return Ok(()) };
        let Some(fit) = fit((rgb.width, rgb.height), self.columns, self.rows, self.cell) else { return Ok(()) };
        // viuer sends every pixel it is given: so it is given those that are seen, and no more.
        let (width, height, columns, rows) = match self.protocol {
            Protocol::HalfBlocks => {
                let (columns, rows) = (u32::from(fit.columns), u32::from(fit.rows));
                (columns, rows * 2, columns, rows)
            }
            // It takes a cell for 6x12 pixels and prints at most 1,000 of them a row.
            Protocol::Sixel => {
                let shrink = (996.0 / f64::from(fit.width)).min(1.0);
                let units = |pixels: u32, unit: f64| (f64::from(pixels) * shrink / unit).round().max(1.0) as u32;
                let (columns, rows) = (units(fit.width, 6.0), units(fit.height, 12.0));
                (columns * 6, rows * 12, columns, rows)
            }
            _ => (fit.width, fit.height, u32::from(fit.columns), u32::from(fit.rows)),
        };
        let small = resize_quick(&rgb, width, height);
        let Some(image) = RgbImage::from_raw(small.width, small.height, small.data) else { return Ok(()) };
        io::stdout().flush()?;
        let config = viuer::Config {
            absolute_offset: false,
            width: Some(columns),
            height: Some(rows),
            truecolor: self.truecolor,
            use_kitty: self.protocol == Protocol::Kitty,
            use_iterm: self.protocol == Protocol::Iterm2,
            use_sixel: self.protocol == Protocol::Sixel,
            ..viuer::Config::default()
        };
        match viuer::print(&DynamicImage::ImageRgb8(image), &config) {
            Ok(_) => writeln!(io::stdout()),
            Err(viuer::ViuError::Io(error)) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "a picture cannot be printed");
                Ok(())
            }
        }
    }
}

/// What viuer may use: nothing but half blocks goes through tmux or screen from here.
fn protocol(found: &Found) -> Option<Protocol> {
    match found.protocol {
        Protocol::Off => None,
        _ if found.tmux && found.depth == Depth::None => None,
        _ if found.tmux => Some(Protocol::HalfBlocks),
        protocol => Some(protocol),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_path_or_a_bundled_sequence_and_else_the_nearest_is_named() {
        let bundled = &BUNDLED[0];
        let opened = open(bundled.slug, &Choose { frames: Some(2), ..Choose::default() }).unwrap();
        assert_eq!(opened.pictures.len(), 2);
        let near = &bundled.slug[..bundled.slug.len() - 1];
        assert!(open(near, &Choose::default()).unwrap_err().try_this.contains(bundled.slug));
        assert!(!open("no/such.cbz", &Choose::default()).unwrap_err().what.contains("bundled"));
    }

    #[test]
    fn captions_count_from_one_and_obey_nothing() {
        let frame =
            Frame { place: 2, name: "a\x1b[2J.png".into(), hash: String::new(), width: 40, height: 30, text: None };
        assert_eq!(caption(&frame), "3  a\u{fffd}[2J.png  40x30");
    }
}
