//! How pictures are put on the screen, as far as the person says so. Finding out what the terminal can do is the canvas's work.

use std::fmt;
use std::str::FromStr;

/// The person's say about pictures in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ImagesChoice {
    /// The best this terminal is known to show.
    #[default]
    Auto,
    Kitty,
    Sixel,
    Iterm,
    /// Half blocks: two pixels a cell, anywhere with colours.
    Half,
    /// No pictures.
    Off,
}

impl ImagesChoice {
    pub const ALL: [ImagesChoice; 6] = [
        ImagesChoice::Auto,
        ImagesChoice::Kitty,
        ImagesChoice::Sixel,
        ImagesChoice::Iterm,
        ImagesChoice::Half,
        ImagesChoice::Off,
    ];

    /// The word used on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            ImagesChoice::Auto => "auto",
            ImagesChoice::Kitty => "kitty",
            ImagesChoice::Sixel => "sixel",
            ImagesChoice::Iterm => "iterm",
            ImagesChoice::Half => "half",
            ImagesChoice::Off => "off",
        }
    }
}

impl fmt::Display for ImagesChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for ImagesChoice {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        ImagesChoice::ALL.into_iter().find(|choice| choice.word() == word).ok_or_else(|| {
            let known = ImagesChoice::ALL.map(ImagesChoice::word).join(", ");
            format!("'{word}' is none of {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_found_by_its_word() {
        for choice in ImagesChoice::ALL {
            assert_eq!(choice.word().parse::<ImagesChoice>().unwrap(), choice);
        }
        assert!("ascii".parse::<ImagesChoice>().unwrap_err().contains("half"));
    }
}
