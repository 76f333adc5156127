//! Holds two stories against what is true of a tale: its own narration, and that of another tale.
//!
//!     cargo run --release --example judge_a_story

use std::io::{self, Write};

use storyloom::world::{Split, Tale, judge};

fn main() -> io::Result<()> {
    let facts = Tale::new(7, Split::Train).facts;
    let own = facts.story.join("\n");
    let other = Tale::new(8, Split::Train).facts.story.join("\n");
    let mut out = io::stdout().lock();
    writeln!(out, "{}\n\n{own}\n", facts.title)?;
    writeln!(out, "{:<22}{:>8}{:>8}", "", "own", "other")?;
    let (own, other) = (judge(&own, &facts), judge(&other, &facts));
    for (what, own, other) in [
        ("characters named", own.character_recall, other.character_recall),
        ("right place", own.place, other.place),
        ("right feeling", own.emotion, other.emotion),
        ("things named", own.thing_recall, other.thing_recall),
        ("said but not seen", own.hallucination, other.hallucination),
    ] {
        writeln!(out, "{what:<22}{:>7.0}%{:>7.0}%", 100.0 * own.value(), 100.0 * other.value())?;
    }
    Ok(())
}
