//! Decides how a terminal shows pictures, from what was asked for, what it answered and what its environment says; and says why.

use super::depth::Depth;
use super::fit::CellSize;
use super::probe::Replies;
use super::protocol::{Protocol, Wanted};
use super::surroundings::Surroundings;

/// Light letters on dark, or dark ones on light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shade {
    #[default]
    Dark,
    Light,
}

/// What this terminal can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub protocol: Protocol,
    /// Why this protocol, in words a person can check.
    pub why: String,
    pub depth: Depth,
    /// `None` where the terminal did not tell its background.
    pub shade: Option<Shade>,
    pub cell: CellSize,
    /// The terminal told the size of its cells; otherwise it is a guess.
    pub cell_is_known: bool,
    pub tmux: bool,
    pub deflate: bool,
    /// What the terminal calls itself.
    pub terminal: Option<String>,
}

impl Found {
    /// A terminal of which this is all that is known: where nobody is asked, as in measurements.
    pub fn plain(protocol: Protocol, depth: Depth) -> Found {
        Found {
            protocol,
            why: String::new(),
            depth,
            shade: None,
            cell: CellSize::default(),
            cell_is_known: true,
            tmux: false,
            deflate: false,
            terminal: None,
        }
    }

    /// `window` is the size of the whole terminal, (pixels, cells), as the operating system or the client tells it.
    pub fn new(wanted: Wanted, around: &Surroundings, replies: &Replies, window: ((u16, u16), (u16, u16))) -> Found {
        let depth = Depth::of(around, replies.version.as_deref());
        let (protocol, why) = match wanted {
            Wanted::Only(protocol) => (protocol, "asked for".to_owned()),
            Wanted::Best => best(around, replies, depth),
        };
        let told = replies
            .cell
            .or_else(|| replies.window.and_then(|pixels| CellSize::of_window(pixels, window.1)))
            .or_else(|| CellSize::of_window(window.0, window.1));
        Found {
            protocol,
            why,
            depth,
            shade: replies.background.map(shade),
            cell: told.unwrap_or_default(),
            cell_is_known: told.is_some(),
            tmux: around.tmux,
            deflate: replies.deflate,
            terminal: replies.version.clone(),
        }
    }
}

/// Perceived lightness of the background (Rec. 709 weights).
fn shade((r, g, b): (u8, u8, u8)) -> Shade {
    let light = 2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b);
    if light > 10_000 * 128 { Shade::Light } else { Shade::Dark }
}

fn best(around: &Surroundings, replies: &Replies, depth: Depth) -> (Protocol, String) {
    let version = replies.version.as_deref().unwrap_or("");
    let blocks = |because: &str| match depth {
        Depth::None => (Protocol::Off, format!("{because}, and without colours half blocks show nothing")),
        _ => (Protocol::HalfBlocks, because.to_owned()),
    };
    if around.term == "dumb" {
        return (Protocol::Off, "TERM is dumb".to_owned());
    }
    if around.tmux {
        return if replies.kitty && !around.draws_boxes {
            (Protocol::Kitty, "the terminal behind tmux answered kitty's query".to_owned())
        } else {
            blocks("tmux passes no pictures on (kitty or ghostty behind it, and 'allow-passthrough on', would)")
        };
    }
    if around.screen {
        return blocks("GNU screen passes no pictures on");
    }
    // WezTerm, Konsole and others answer kitty's query too, but draw its placeholders as boxes: so only by name.
    if replies.kitty && knows_placeholders(version) {
        return (Protocol::Kitty, format!("{version} draws kitty's placeholders"));
    }
    let iterm = ["iTerm2", "WezTerm", "mintty"].iter().any(|name| version.starts_with(name));
    if iterm || (version.is_empty() && around.program == "iTerm.app") {
        let name = if iterm { version } else { "iTerm2" };
        return (Protocol::Iterm2, format!("{name} takes inline images"));
    }
    if version.starts_with("Konsole") {
        return blocks("Konsole's sixels are faulty");
    }
    if replies.attributes.contains(&4) {
        return (Protocol::Sixel, "the terminal's attributes (DA1) name sixel".to_owned());
    }
    blocks("the terminal named no picture protocol")
}

/// kitty draws Unicode placeholders from 0.28 on, ghostty always.
fn knows_placeholders(version: &str) -> bool {
    if version.starts_with("ghostty") {
        return true;
    }
    let Some(number) = version.strip_prefix("kitty(") else { return false };
    let mut parts = number.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (0, 28)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: ((u16, u16), (u16, u16)) = ((0, 0), (80, 24));

    fn around(vars: &[(&str, &str)]) -> Surroundings {
        Surroundings::from_vars(vars.iter().map(|(k, v)| (k.to_string(), v.to_string())))
    }

    fn says(version: &str, kitty: bool, attributes: &[u16]) -> Replies {
        let version = (!version.is_empty()).then(|| version.to_owned());
        Replies { version, kitty, attributes: attributes.to_vec(), ended: true, ..Default::default() }
    }

    fn protocol(vars: &[(&str, &str)], replies: &Replies) -> Protocol {
        Found::new(Wanted::Best, &around(vars), replies, WINDOW).protocol
    }

    #[test]
    fn each_terminal_gets_what_it_shows_well() {
        let plain: &[(&str, &str)] = &[("TERM", "xterm-256color")];
        let tmux: &[(&str, &str)] = &[("TERM", "tmux-256color"), ("TMUX", "x")];
        let table = [
            ("xterm vt340", plain, says("XTerm(379)", false, &[63, 1, 2, 4, 22]), Protocol::Sixel),
            ("xterm without sixel", plain, says("XTerm(379)", false, &[64, 1, 22]), Protocol::HalfBlocks),
            ("kitty 0.41", plain, says("kitty(0.41.1)", true, &[62]), Protocol::Kitty),
            ("kitty 0.26 has no placeholders", plain, says("kitty(0.26.5)", true, &[62]), Protocol::HalfBlocks),
            ("ghostty", plain, says("ghostty 1.1.3", true, &[62, 22]), Protocol::Kitty),
            ("WezTerm answers kitty's query", plain, says("WezTerm 20240203", true, &[65, 4]), Protocol::Iterm2),
            ("iTerm2", plain, says("iTerm2 3.5.4", false, &[64, 4]), Protocol::Iterm2),
            ("Konsole answers kitty's query", plain, says("Konsole 22.12.3", true, &[62, 4]), Protocol::HalfBlocks),
            ("foot", plain, says("foot(1.13.1)", false, &[62, 4, 22]), Protocol::Sixel),
            ("tmux, kitty behind it", tmux, says("tmux 3.5a", true, &[1, 2, 4]), Protocol::Kitty),
            ("tmux says sixel itself", tmux, says("tmux 3.5a", false, &[1, 2, 4]), Protocol::HalfBlocks),
            ("silent", plain, Replies::default(), Protocol::HalfBlocks),
        ];
        for (name, vars, replies, expected) in table {
            assert_eq!(protocol(vars, &replies), expected, "{name}");
        }
    }

    #[test]
    fn boxes_behind_tmux_are_avoided_and_screen_gets_blocks() {
        let wezterm = [("TERM", "tmux-256color"), ("TMUX", "x"), ("WEZTERM_PANE", "0")];
        assert_eq!(protocol(&wezterm, &says("tmux 3.5a", true, &[])), Protocol::HalfBlocks);
        let screen = [("TERM", "screen.xterm-256color"), ("STY", "x")];
        assert_eq!(protocol(&screen, &says("", false, &[4])), Protocol::HalfBlocks);
    }

    #[test]
    fn without_colours_pictures_need_a_real_protocol() {
        let vars = [("TERM", "xterm-256color"), ("NO_COLOR", "1")];
        assert_eq!(protocol(&vars, &says("", false, &[])), Protocol::Off);
        assert_eq!(protocol(&vars, &says("XTerm(379)", false, &[4])), Protocol::Sixel);
    }

    #[test]
    fn what_was_asked_for_is_done() {
        let found = Found::new(Wanted::Only(Protocol::Sixel), &Surroundings::default(), &Replies::default(), WINDOW);
        assert_eq!((found.protocol, found.cell_is_known), (Protocol::Sixel, false));
    }

    #[test]
    fn the_cell_size_comes_from_the_best_witness() {
        let mut replies = Replies { window: Some((800, 480)), ..Default::default() };
        let cell = |replies: &Replies, pixels| {
            Found::new(Wanted::Best, &Surroundings::default(), replies, (pixels, (80, 24))).cell
        };
        assert_eq!(cell(&replies, (0, 0)), CellSize { width: 10, height: 20 });
        replies.cell = Some(CellSize { width: 7, height: 15 });
        assert_eq!(cell(&replies, (0, 0)), CellSize { width: 7, height: 15 });
        assert_eq!(cell(&Replies::default(), (640, 384)), CellSize { width: 8, height: 16 });
    }

    #[test]
    fn the_background_tells_the_shade() {
        assert_eq!(shade((253, 246, 227)), Shade::Light);
        assert_eq!(shade((0, 43, 54)), Shade::Dark);
    }
}
