//! Colours and signs. Two shades, four depths; colours stay apart for colour-blind eyes, and each also has a sign.

use ratatui::style::{Color, Modifier, Style};

use crate::canvas::{Depth, Shade};

/// The styles of everything that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub text: Style,
    /// What matters less: counts, sources, hints.
    pub quiet: Style,
    pub strong: Style,
    /// What is being told now.
    pub lit: Style,
    /// `lit` as a bar.
    pub lit_bar: Style,
    /// What the visitor has chosen.
    pub chosen: Style,
    pub chosen_bar: Style,
    /// Good news: ready, done.
    pub good: Style,
    /// A thing to know before believing what is shown.
    pub warning: Style,
    pub fault: Style,
    /// A key in a hint.
    pub key: Style,
    /// The empty place of a picture.
    pub hollow: Style,
    /// From sure to unsure.
    levels: [Style; 5],
}

/// Entropies, in bits, at which the next of the levels begins.
const LEVELS: [f32; 4] = [0.5, 1.0, 2.0, 3.0];

impl Look {
    pub fn new(shade: Shade, depth: Depth) -> Look {
        match depth {
            Depth::None => Look::without_colour(),
            Depth::Sixteen => Look::sixteen(shade),
            _ => Look::full(shade, depth),
        }
    }

    /// After Okabe and Ito's palette: orange, sky blue, bluish green, yellow and vermilion, darkened for light grounds.
    fn full(shade: Shade, depth: Depth) -> Look {
        let rgb = |dark: u32, light: u32| {
            let value = if shade == Shade::Dark { dark } else { light };
            let [_, r, g, b] = value.to_be_bytes();
            depth.nearest(Color::Rgb(r, g, b))
        };
        let ink = rgb(0x101418, 0xffffff);
        let lit = rgb(0xf2a93b, 0xa14a00);
        let chosen = rgb(0x5ab4ec, 0x00639b);
        let quiet = rgb(0x979da6, 0x5b6169);
        let fore = |colour| Style::new().fg(colour);
        Look {
            text: Style::new(),
            quiet: fore(quiet),
            strong: Style::new().add_modifier(Modifier::BOLD),
            lit: fore(lit).add_modifier(Modifier::BOLD),
            lit_bar: Style::new().fg(ink).bg(lit).add_modifier(Modifier::BOLD),
            chosen: fore(chosen).add_modifier(Modifier::BOLD),
            chosen_bar: Style::new().fg(ink).bg(chosen).add_modifier(Modifier::BOLD),
            good: fore(rgb(0x35c79a, 0x006d51)),
            warning: fore(rgb(0xf0e06a, 0x7a5c00)),
            fault: fore(rgb(0xff8c69, 0xb3301a)).add_modifier(Modifier::BOLD),
            key: fore(chosen),
            hollow: fore(rgb(0x4c535c, 0xb4bac2)),
            levels: [
                fore(quiet),
                fore(chosen),
                fore(rgb(0x35c79a, 0x006d51)),
                fore(rgb(0xf0e06a, 0x7a5c00)),
                fore(rgb(0xff8c69, 0xb3301a)).add_modifier(Modifier::BOLD),
            ],
        }
    }

    fn sixteen(shade: Shade) -> Look {
        let dark = shade == Shade::Dark;
        let pick = |on_dark, on_light| if dark { on_dark } else { on_light };
        let fore = |colour| Style::new().fg(colour);
        let lit = pick(Color::LightYellow, Color::Red);
        let chosen = pick(Color::LightCyan, Color::Blue);
        let ink = pick(Color::Black, Color::White);
        Look {
            text: Style::new(),
            quiet: fore(pick(Color::Gray, Color::DarkGray)),
            strong: Style::new().add_modifier(Modifier::BOLD),
            lit: fore(lit).add_modifier(Modifier::BOLD),
            lit_bar: Style::new().fg(ink).bg(lit),
            chosen: fore(chosen).add_modifier(Modifier::BOLD),
            chosen_bar: Style::new().fg(ink).bg(chosen),
            good: fore(pick(Color::LightGreen, Color::Green)),
            warning: fore(pick(Color::Yellow, Color::Magenta)),
            fault: fore(pick(Color::LightRed, Color::Red)).add_modifier(Modifier::BOLD),
            key: fore(chosen),
            hollow: fore(pick(Color::DarkGray, Color::Gray)),
            levels: [
                fore(pick(Color::Gray, Color::DarkGray)),
                fore(chosen),
                fore(pick(Color::LightGreen, Color::Green)),
                fore(pick(Color::Yellow, Color::Magenta)),
                fore(pick(Color::LightRed, Color::Red)).add_modifier(Modifier::BOLD),
            ],
        }
    }

    fn without_colour() -> Look {
        let plain = Style::new();
        let with = |modifier| plain.add_modifier(modifier);
        Look {
            text: plain,
            quiet: with(Modifier::DIM),
            strong: with(Modifier::BOLD),
            lit: with(Modifier::BOLD),
            lit_bar: with(Modifier::REVERSED | Modifier::BOLD),
            chosen: with(Modifier::BOLD | Modifier::UNDERLINED),
            chosen_bar: with(Modifier::REVERSED),
            good: plain,
            warning: with(Modifier::BOLD),
            fault: with(Modifier::BOLD),
            key: with(Modifier::BOLD),
            hollow: with(Modifier::DIM),
            levels: [
                with(Modifier::DIM),
                plain,
                with(Modifier::UNDERLINED),
                with(Modifier::BOLD),
                with(Modifier::BOLD | Modifier::UNDERLINED),
            ],
        }
    }
}

impl Look {
    /// The style of a token of this entropy, in bits: five steps from sure to unsure.
    pub fn level(&self, bits: f32) -> Style {
        self.levels[LEVELS.iter().filter(|least| bits >= **least).count()]
    }
}

impl Default for Look {
    fn default() -> Self {
        Look::new(Shade::Dark, Depth::True)
    }
}

/// Marks what is told or chosen, where colour alone would not do.
pub const HERE: &str = "▸";
/// Before a notice.
pub const FAULT: &str = "✗";
/// Before a warning.
pub const WARNING: &str = "!";

/// The sign of waiting at a time (in eighths of a second).
pub fn spinner(eighths: u128) -> char {
    const SIGNS: [char; 8] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧'];
    SIGNS[(eighths % 8) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG relative luminance contrast.
    fn contrast(a: Color, b: (u8, u8, u8)) -> f64 {
        let Color::Rgb(r, g, bl) = a else { panic!("{a:?} is no 24-bit colour") };
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let light = |(r, g, b): (u8, u8, u8)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        let (x, y) = (light((r, g, bl)), light(b));
        (x.max(y) + 0.05) / (x.min(y) + 0.05)
    }

    #[test]
    fn every_word_can_be_read_on_its_ground() {
        for (shade, ground) in [(Shade::Dark, (0x1e, 0x1e, 0x1e)), (Shade::Light, (0xfd, 0xf6, 0xe3))] {
            let look = Look::new(shade, Depth::True);
            for style in [look.quiet, look.lit, look.chosen, look.good, look.warning, look.fault, look.key] {
                let colour = style.fg.unwrap();
                assert!(contrast(colour, ground) >= 4.5, "{colour:?} on {shade:?}: {}", contrast(colour, ground));
            }
        }
    }

    #[test]
    fn without_colour_nothing_has_one() {
        let look = Look::new(Shade::Dark, Depth::None);
        for style in [look.text, look.quiet, look.lit_bar, look.chosen_bar, look.fault, look.warning, look.hollow] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_ne!(look.lit_bar, look.text);
    }
}
