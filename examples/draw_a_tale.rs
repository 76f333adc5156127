//! Draws a tale of the picture world from its seed and writes its frames as PNG.
//!
//!     cargo run --release --example draw_a_tale [SEED]

use std::error::Error;
use std::fs;
use std::io::{self, Write};

use storyloom::pixels::Picture;
use storyloom::world::{Split, Tale};

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(7), |seed| seed.parse())?;
    let tale = Tale::new(seed, Split::Train);
    let folder = std::env::temp_dir().join(format!("storyloom-tale-{seed}"));
    fs::create_dir_all(&folder)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", tale.facts.title)?;
    for (frame, line) in tale.facts.story.iter().enumerate() {
        let path = folder.join(format!("{:02}.png", frame + 1));
        fs::write(&path, Picture::from_rgb(&tale.draw(frame, 384))?.bytes())?;
        writeln!(out, "{}  {line}", path.display())?;
    }
    Ok(())
}
