//! The ways a terminal can show a picture, and what the visitor asked for. How each works is in its own file.

use std::fmt;

/// How pictures reach the cells of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Kitty's graphics protocol with Unicode placeholders: the picture is sent once and then addressed by cells.
    Kitty,
    /// DEC sixels: the picture is printed over the cells.
    Sixel,
    /// iTerm2's inline images: a PNG printed over the cells.
    Iterm2,
    /// Two coloured pixels a cell, in any terminal with enough colours.
    HalfBlocks,
    /// No pictures: their names stand in their place.
    Off,
}

impl Protocol {
    pub const ALL: [Protocol; 5] =
        [Protocol::Kitty, Protocol::Sixel, Protocol::Iterm2, Protocol::HalfBlocks, Protocol::Off];

    /// The word of `--images=`.
    pub fn word(self) -> &'static str {
        match self {
            Protocol::Kitty => "kitty",
            Protocol::Sixel => "sixel",
            Protocol::Iterm2 => "iterm",
            Protocol::HalfBlocks => "half",
            Protocol::Off => "off",
        }
    }

    /// Pixels lie over the cells and stay until text is printed there: the cells beneath must not be touched.
    pub fn lies_over_cells(self) -> bool {
        matches!(self, Protocol::Sixel | Protocol::Iterm2)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Kitty => "kitty graphics",
            Protocol::Sixel => "sixel",
            Protocol::Iterm2 => "iTerm2 inline images",
            Protocol::HalfBlocks => "half blocks",
            Protocol::Off => "no pictures",
        })
    }
}

/// What the visitor wants: the best the terminal can do, or exactly this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    #[default]
    Best,
    Only(Protocol),
}
