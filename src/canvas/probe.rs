//! Asks a terminal what it can do: bytes out, bytes in. Who sends and who listens (and for how long) is the session's.
//!
//! The last question of a probe is one that every terminal answers, and it is never wrapped for tmux: so silence ends early.

use super::fit::CellSize;
use super::surroundings::Surroundings;

/// Kitty's query: would you take this one-pixel picture? Under 31 as it is, under 32 deflated.
const KITTY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
const KITTY_DEFLATED: &str = "\x1b_Gi=32,s=1,v=1,a=q,t=d,f=24,o=z;eJxjYGAAAAADAAE=\x1b\\";
/// Name and version, cell size and window size in pixels, background colour.
const ABOUT: &str = "\x1b[>q\x1b[16t\x1b[14t\x1b]11;?\x1b\\";
/// Device attributes (4 among them means sixel), then the status report that ends the probe.
const END: &str = "\x1b[c\x1b[5n";

/// What a terminal answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replies {
    pub kitty: bool,
    /// Kitty pictures may be sent deflated.
    pub deflate: bool,
    /// Name and version as the terminal gives them: "XTerm(379)", "kitty(0.41.1)", "tmux 3.5a".
    pub version: Option<String>,
    /// DA1: 4 means sixel.
    pub attributes: Vec<u16>,
    pub cell: Option<CellSize>,
    /// Text area in pixels.
    pub window: Option<(u16, u16)>,
    pub background: Option<(u8, u8, u8)>,
    /// The last question was answered.
    pub ended: bool,
}

/// A probe under way: collects replies from whatever pieces they arrive in.
#[derive(Debug, Default)]
pub struct Probe {
    replies: Replies,
    sequence: Vec<u8>,
    tmux: bool,
}

/// Longer "replies" are no replies: somebody pastes.
const LONGEST_REPLY: usize = 512;

impl Probe {
    /// A probe and the bytes to send. A plain console is only asked what it certainly understands.
    pub fn new(surroundings: &Surroundings) -> (Probe, Vec<u8>) {
        let plain = matches!(surroundings.term.as_str(), "" | "dumb" | "linux");
        let query = if plain {
            END.to_owned()
        } else if surroundings.tmux {
            format!("{}{}{ABOUT}{END}", through_tmux(KITTY), through_tmux(KITTY_DEFLATED))
        } else if surroundings.screen {
            format!("{ABOUT}{END}")
        } else {
            format!("{KITTY}{KITTY_DEFLATED}{ABOUT}{END}")
        };
        let probe = Probe { tmux: surroundings.tmux, ..Probe::default() };
        (probe, query.into_bytes())
    }

    /// Takes bytes from the terminal, in pieces of any size.
    pub fn hear(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.push(byte);
        }
    }

    /// All that can be expected has been answered.
    ///
    /// tmux answers for itself at once, while the terminal behind it takes a way longer: there only kitty's own answer ends it.
    pub fn is_done(&self) -> bool {
        self.replies.ended && (!self.tmux || self.replies.kitty)
    }

    /// The terminal (or the tmux before it) has answered the last question; more may come only through tmux.
    pub fn has_ended(&self) -> bool {
        self.replies.ended
    }

    pub fn replies(self) -> Replies {
        self.replies
    }

    fn push(&mut self, byte: u8) {
        if byte == 0x1b {
            // ESC begins a sequence or is the first half of the string terminator.
            match self.sequence.first() {
                Some(b']' | b'P' | b'_') => self.sequence.push(byte),
                _ => self.sequence = vec![],
            }
            if self.sequence.is_empty() {
                self.sequence.push(byte);
            }
            return;
        }
        match self.sequence.as_slice() {
            // Bytes between sequences are keys pressed early.
            [] => return,
            // A string that lost its end: the ESC began something new.
            [_, .., 0x1b] if byte != b'\\' => {
                self.sequence.clear();
                if matches!(byte, b'[' | b']' | b'P' | b'_') {
                    self.sequence.push(byte);
                }
                return;
            }
            [0x1b] => {
                self.sequence.clear();
                if matches!(byte, b'[' | b']' | b'P' | b'_') {
                    self.sequence.push(byte);
                }
                return;
            }
            _ => self.sequence.push(byte),
        }
        if self.sequence.len() > LONGEST_REPLY {
            self.sequence.clear();
            return;
        }
        let whole = match self.sequence.as_slice() {
            [b'[', rest @ ..] => rest.last().is_some_and(|last| (0x40..=0x7e).contains(last)),
            [b']', .., 0x07] => true,
            [.., 0x1b, b'\\'] => true,
            _ => false,
        };
        if whole {
            let sequence = std::mem::take(&mut self.sequence);
            self.read(&sequence);
        }
    }

    fn read(&mut self, sequence: &[u8]) {
        let text = String::from_utf8_lossy(sequence);
        let body = text.trim_end_matches('\u{7}').trim_end_matches("\x1b\\");
        let replies = &mut self.replies;
        if let Some(command) = body.strip_prefix("_G") {
            let Some((keys, answer)) = command.split_once(';') else { return };
            let names = |id: &str| keys.split(',').any(|key| key == id);
            replies.kitty |= names("i=31") && answer == "OK";
            replies.deflate |= names("i=32") && answer == "OK";
        } else if let Some(name) = body.strip_prefix("P>|") {
            replies.version = Some(name.chars().filter(|c| !c.is_control()).collect());
        } else if let Some(colour) = body.strip_prefix("]11;rgb:").or_else(|| body.strip_prefix("]11;rgba:")) {
            let mut parts = colour.split('/').map(level);
            if let (Some(Some(r)), Some(Some(g)), Some(Some(b))) = (parts.next(), parts.next(), parts.next()) {
                replies.background = Some((r, g, b));
            }
        } else if let Some(list) = body.strip_prefix("[?").and_then(|rest| rest.strip_suffix('c')) {
            replies.attributes = list.split(';').filter_map(|number| number.parse().ok()).collect();
        } else if let Some(list) = body.strip_prefix('[').and_then(|rest| rest.strip_suffix('t')) {
            let numbers: Vec<u16> = list.split(';').filter_map(|number| number.parse().ok()).collect();
            match numbers[..] {
                [6, height, width] => replies.cell = CellSize::believable(width, height).or(replies.cell),
                [4, height, width] if height > 0 && width > 0 => replies.window = Some((width, height)),
                _ => {}
            }
        } else if body == "[0n" {
            replies.ended = true;
        }
    }
}

/// One colour channel of `rgb:`, one to four hex digits, as eight bits.
fn level(hex: &str) -> Option<u8> {
    let digits = u32::try_from(hex.len()).ok().filter(|digits| (1..=4).contains(digits))?;
    let value = u32::from_str_radix(hex, 16).ok()?;
    u8::try_from(value * 255 / (16u32.pow(digits) - 1)).ok()
}

/// Wraps a sequence so that tmux hands it to the terminal outside (where `allow-passthrough` is on).
pub(super) fn through_tmux(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(replies: &str) -> Probe {
        let mut probe = Probe::default();
        probe.hear(replies.as_bytes());
        probe
    }

    /// xterm 379 started with `-ti vt340`.
    const XTERM: &str = "\x1bP>|XTerm(379)\x1b\\\x1b[6;17;8t\x1b[4;714;1040t\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?63;1;2;4;6;9;15;16;22;28;29c\x1b[0n";
    /// kitty 0.41.1.
    const KITTY_SAYS: &str = "\x1b_Gi=31;OK\x1b\\\x1b_Gi=32;OK\x1b\\\x1bP>|kitty(0.41.1)\x1b\\\x1b[6;18;9t\x1b[4;756;1278t\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[?62;52;c\x1b[0n";

    #[test]
    fn xterm_tells_of_sixels_its_cells_and_its_background() {
        let replies = hear(XTERM).replies();
        assert_eq!(replies.version.as_deref(), Some("XTerm(379)"));
        assert!(replies.attributes.contains(&4) && replies.ended && !replies.kitty);
        assert_eq!(replies.cell, Some(CellSize { width: 8, height: 17 }));
        assert_eq!(replies.background, Some((255, 255, 255)));
    }

    #[test]
    fn kitty_takes_pictures_deflated_too() {
        let replies = hear(KITTY_SAYS).replies();
        assert!(replies.kitty && replies.deflate && replies.ended);
        assert_eq!(replies.version.as_deref(), Some("kitty(0.41.1)"));
    }

    #[test]
    fn replies_may_arrive_byte_by_byte_with_keys_between() {
        let mut probe = Probe::default();
        for byte in format!("j{}q\x1b[A", XTERM).bytes() {
            probe.hear(&[byte]);
        }
        assert_eq!(probe.replies(), hear(XTERM).replies());
    }

    #[test]
    fn a_string_that_lost_its_end_costs_only_itself() {
        let replies = hear("\x1bP>|half a na\x1b[6;20;10t\x1b[0n").replies();
        assert_eq!((replies.version, replies.cell), (None, Some(CellSize { width: 10, height: 20 })));
        assert!(replies.ended);
    }

    #[test]
    fn a_refusal_is_no_yes() {
        let replies = hear("\x1b_Gi=31;OK\x1b\\\x1b_Gi=32;EINVAL:bad\x1b\\\x1b[0n").replies();
        assert!(replies.kitty && !replies.deflate);
    }

    #[test]
    fn behind_tmux_the_terminals_own_answer_is_waited_for() {
        let tmux = Surroundings { tmux: true, term: "tmux-256color".into(), ..Default::default() };
        let (mut probe, query) = Probe::new(&tmux);
        let query = String::from_utf8(query).unwrap();
        assert!(query.starts_with("\x1bPtmux;\x1b\x1b_Gi=31"));
        assert!(query.ends_with("\x1b[c\x1b[5n"), "the last question is not wrapped");
        probe.hear(b"\x1bP>|tmux 3.5a\x1b\\\x1b[?1;2;4c\x1b[0n");
        assert!(probe.has_ended() && !probe.is_done());
        probe.hear(b"\x1b_Gi=31;OK\x1b\\");
        assert!(probe.is_done());
    }

    #[test]
    fn a_console_is_asked_only_what_it_understands() {
        let (_, query) = Probe::new(&Surroundings { term: "linux".into(), ..Default::default() });
        assert_eq!(query, END.as_bytes());
    }

    #[test]
    fn short_and_long_colour_channels_scale_to_eight_bits() {
        assert_eq!((level("f"), level("80"), level("8000"), level("")), (Some(255), Some(128), Some(127), None));
        assert_eq!(level("123456789"), None);
    }
}
