//! Opens a folder of pictures and streams a story about it, told by the embedded storyteller.
//!
//!     cargo run --release --example tell_a_folder [FOLDER]

use std::error::Error;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use storyloom::exchange::{self, Choose};
use storyloom::story::{Request, SamplingPatch, Telling};
use storyloom::writer::{ModelSource, Order, Storyteller, tell};

fn main() -> Result<(), Box<dyn Error>> {
    let bundled = || Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sequences/a-gift-for-ben");
    let folder = std::env::args_os().nth(1).map_or_else(bundled, PathBuf::from);
    let opened = exchange::open(&folder, &Choose::default())?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}, {} frames\n", opened.sequence.title, opened.pictures.len())?;

    let mut teller = Storyteller::open(&ModelSource::Embedded, None)?;
    let order = Order {
        sequence: Arc::new(opened.sequence),
        pictures: Arc::new(opened.pictures),
        request: Request {
            sampling: SamplingPatch { temperature: Some(0.7), seed: Some(7), ..SamplingPatch::default() },
            ..Request::default()
        },
        window: 0,
    };
    let mut written = Ok(());
    tell(&mut teller, &order, |telling| {
        written = match telling {
            Telling::Piece { piece, .. } => write!(out, "{}", piece.text).and_then(|()| out.flush()),
            Telling::Done { story, .. } => {
                writeln!(out, "\n\n{:.0} tokens a second", story.timing.tokens_per_second())
            }
            _ => Ok(()),
        };
        // Nobody reads on: the telling ends at this token.
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(written?)
}
