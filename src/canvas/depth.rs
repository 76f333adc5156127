//! How many colours a terminal shows, and the nearest colour where it shows fewer than a picture has.

use ratatui::style::Color;

use super::surroundings::Surroundings;

/// Colours, from none to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// `NO_COLOR`, or a terminal that has none.
    None,
    Sixteen,
    Indexed,
    #[default]
    True,
}

/// Names (as `XTVERSION` gives them) of terminals that show 24-bit colours whatever their environment says.
const TRUE_COLOUR: [&str; 10] =
    ["kitty", "ghostty", "WezTerm", "iTerm2", "XTerm", "foot", "tmux", "Konsole", "contour", "mintty"];

impl Depth {
    /// What the environment and the terminal's own name say; `NO_COLOR` wins.
    pub fn of(surroundings: &Surroundings, version: Option<&str>) -> Depth {
        let term = surroundings.term.as_str();
        if surroundings.no_color || term == "dumb" {
            return Depth::None;
        }
        let named = version.is_some_and(|version| TRUE_COLOUR.iter().any(|name| version.starts_with(name)));
        let said = matches!(surroundings.colorterm.as_str(), "truecolor" | "24bit");
        if said || named || term.contains("direct") || term.contains("kitty") || term.contains("ghostty") {
            Depth::True
        } else if term.contains("256color") || term.starts_with("xterm") {
            Depth::Indexed
        } else {
            Depth::Sixteen
        }
    }

    /// The nearest colour this depth has; colours that are already indexed or named stay.
    pub fn nearest(self, colour: Color) -> Color {
        let Color::Rgb(r, g, b) = colour else { return colour };
        match self {
            Depth::True => colour,
            Depth::Indexed => Color::Indexed(indexed(r, g, b)),
            Depth::Sixteen => Color::Indexed(sixteen(r, g, b)),
            Depth::None => Color::Reset,
        }
    }
}

/// Levels of the 6x6x6 cube that xterm's palette holds from index 16.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// The sixteen named colours as xterm shows them; other terminals shift them a little.
const NAMED: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let part = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    part(a.0, b.0) + part(a.1, b.1) + part(a.2, b.2)
}

/// The nearer of the cube's colour and the grey ramp's (232..=255: 8, 18, .. 238).
fn indexed(r: u8, g: u8, b: u8) -> u8 {
    let level = |value: u8| (0..6usize).min_by_key(|&i| CUBE[i].abs_diff(value)).unwrap_or(0);
    let (cr, cg, cb) = (level(r), level(g), level(b));
    let cube = (CUBE[cr], CUBE[cg], CUBE[cb]);
    let mean = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
    let step = (mean.saturating_sub(3) / 10).min(23) as u8;
    let grey = 8 + 10 * step;
    if distance((grey, grey, grey), (r, g, b)) < distance(cube, (r, g, b)) {
        232 + step
    } else {
        (16 + 36 * cr + 6 * cg + cb) as u8
    }
}

fn sixteen(r: u8, g: u8, b: u8) -> u8 {
    (0..16u8).min_by_key(|&i| distance(NAMED[usize::from(i)], (r, g, b))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(vars: &[(&str, &str)]) -> Surroundings {
        Surroundings::from_vars(vars.iter().map(|(k, v)| (k.to_string(), v.to_string())))
    }

    #[test]
    fn depth_is_taken_from_what_the_terminal_says_of_itself() {
        let depth = |vars: &[(&str, &str)], version| Depth::of(&surroundings(vars), version);
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], None), Depth::True);
        assert_eq!(depth(&[("TERM", "xterm-256color")], None), Depth::Indexed);
        assert_eq!(depth(&[("TERM", "xterm")], Some("XTerm(379)")), Depth::True);
        assert_eq!(depth(&[("TERM", "linux")], None), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")], Some("kitty(0.41.1)")), Depth::None);
        assert_eq!(depth(&[("TERM", "dumb")], None), Depth::None);
    }

    #[test]
    fn the_nearest_colour_is_near() {
        assert_eq!(Depth::Indexed.nearest(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(Depth::Indexed.nearest(Color::Rgb(128, 128, 128)), Color::Indexed(244));
        assert_eq!(Depth::Sixteen.nearest(Color::Rgb(250, 250, 10)), Color::Indexed(11));
        assert_eq!(Depth::True.nearest(Color::Rgb(1, 2, 3)), Color::Rgb(1, 2, 3));
        assert_eq!(Depth::None.nearest(Color::Rgb(1, 2, 3)), Color::Reset);
    }
}
