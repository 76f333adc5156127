//! What a terminal must be told so that it shows these cells: ratatui's backend for a visit, which writes to memory. It says
//! no more than has changed from one cell to the next, as a picture in half blocks is thousands of them and each view is
//! sent to everybody who rates.
//!
//! It leaves out which cells have changed (ratatui finds them), and knows nothing of the process's own terminal.

use std::convert::Infallible;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

/// Each modifier, and the parameters of SGR that begin and end it. Bold and dim end together.
const MODIFIERS: [(Modifier, &[u8], &[u8]); 9] = [
    (Modifier::BOLD, b"1", b"22"),
    (Modifier::DIM, b"2", b"22"),
    (Modifier::ITALIC, b"3", b"23"),
    (Modifier::UNDERLINED, b"4", b"24"),
    (Modifier::SLOW_BLINK, b"5", b"25"),
    (Modifier::RAPID_BLINK, b"6", b"25"),
    (Modifier::REVERSED, b"7", b"27"),
    (Modifier::HIDDEN, b"8", b"28"),
    (Modifier::CROSSED_OUT, b"9", b"29"),
];

/// Those that show the foreground where there is no sign.
const SEEN_ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// Writes cells to memory.
#[derive(Debug, Default)]
pub struct Pen {
    bytes: Vec<u8>,
    cursor_hidden: bool,
}

/// How what is written looks.
#[derive(Clone, Copy, Default, PartialEq)]
struct Ink {
    fore: Color,
    back: Color,
    modifier: Modifier,
}

impl Pen {
    /// What was written since the last time, after these bytes.
    pub fn take(&mut self, mut before: Vec<u8>) -> Vec<u8> {
        before.append(&mut self.bytes);
        before
    }

    fn number(&mut self, number: u16) {
        let digits =
            [(number / 10_000) % 10, (number / 1000) % 10, (number / 100) % 10, (number / 10) % 10, number % 10];
        let first = digits[..4].iter().position(|digit| *digit > 0).unwrap_or(4);
        self.bytes.extend(digits[first..].iter().map(|digit| b'0' + *digit as u8));
    }

    fn move_to(&mut self, x: u16, y: u16) {
        self.bytes.extend_from_slice(b"\x1b[");
        self.number(y.saturating_add(1));
        self.bytes.push(b';');
        self.number(x.saturating_add(1));
        self.bytes.push(b'H');
    }

    /// One more parameter; the first opens the sequence.
    fn parameter(&mut self, open: &mut bool, parameter: &[u8]) {
        self.bytes.extend_from_slice(if std::mem::replace(open, true) { b";" } else { b"\x1b[" });
        self.bytes.extend_from_slice(parameter);
    }

    /// What turns one look into another.
    fn dip(&mut self, from: Ink, to: Ink) {
        let open = &mut false;
        let mut lost = from.modifier - to.modifier;
        // What ends one of these ends both.
        for both in [Modifier::BOLD | Modifier::DIM, Modifier::SLOW_BLINK | Modifier::RAPID_BLINK] {
            if lost.intersects(both) {
                lost |= both & from.modifier;
            }
        }
        for (_, _, ends) in MODIFIERS.iter().filter(|(modifier, ..)| lost.contains(*modifier)) {
            self.parameter(open, ends);
        }
        let begun = to.modifier - (from.modifier - lost);
        for (_, begins, _) in MODIFIERS.iter().filter(|(modifier, ..)| begun.contains(*modifier)) {
            self.parameter(open, begins);
        }
        if from.fore != to.fore {
            self.colour(open, to.fore, [b"39", b"38;5;", b"38;2;"]);
        }
        if from.back != to.back {
            self.colour(open, to.back, [b"49", b"48;5;", b"48;2;"]);
        }
        if *open {
            self.bytes.push(b'm');
        }
    }

    /// `kinds`: how the terminal's own colour, one of its palette and any other are named.
    fn colour(&mut self, open: &mut bool, colour: Color, kinds: [&[u8]; 3]) {
        match (colour, palette(colour)) {
            (Color::Rgb(red, green, blue), _) => {
                self.parameter(open, kinds[2]);
                self.number(red.into());
                for part in [green, blue] {
                    self.bytes.push(b';');
                    self.number(part.into());
                }
            }
            (_, Some(index)) => {
                self.parameter(open, kinds[1]);
                self.number(index.into());
            }
            (_, None) => self.parameter(open, kinds[0]),
        }
    }
}

/// A colour's place in the palette of 256.
fn palette(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) => return None,
    })
}

impl Backend for Pen {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let (mut ink, mut after) = (Ink::default(), None);
        for (x, y, cell) in content {
            if after != Some((x, y)) {
                self.move_to(x, y);
            }
            // What a blank would be written in is not seen.
            let blank = cell.symbol() == " " && !cell.modifier.intersects(SEEN_ON_BLANKS);
            let fore = if blank { ink.fore } else { cell.fg };
            let next = Ink { fore, back: cell.bg, modifier: cell.modifier };
            if next != ink {
                self.dip(ink, next);
                ink = next;
            }
            self.bytes.extend_from_slice(cell.symbol().as_bytes());
            // Where a wide sign leaves the cursor is the terminal's to know: what follows is told its place.
            after = Some((x + 1, y));
        }
        if ink != Ink::default() {
            self.bytes.extend_from_slice(b"\x1b[m");
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        if !std::mem::replace(&mut self.cursor_hidden, true) {
            self.bytes.extend_from_slice(b"\x1b[?25l");
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        if std::mem::take(&mut self.cursor_hidden) {
            self.bytes.extend_from_slice(b"\x1b[?25h");
        }
        Ok(())
    }

    /// Nobody can be asked.
    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        let Position { x, y } = position.into();
        self.move_to(x, y);
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, what: ClearType) -> Result<(), Infallible> {
        let erases: &[u8] = match what {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        };
        self.bytes.extend_from_slice(erases);
        Ok(())
    }

    /// A terminal with a viewport of its own size is never asked for it.
    fn size(&self) -> Result<Size, Infallible> {
        Ok(Size::ZERO)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: Size::ZERO, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn written(before: &Buffer, after: &Buffer) -> String {
        let mut pen = Pen::default();
        let Ok(()) = pen.draw(before.diff(after).into_iter());
        String::from_utf8(pen.take(Vec::new())).unwrap()
    }

    #[test]
    fn only_what_changes_from_cell_to_cell_is_said() {
        let area = Rect::new(0, 0, 12, 2);
        let (before, mut after) = (Buffer::empty(area), Buffer::empty(area));
        let style = Style::new().fg(Color::Rgb(1, 20, 255)).bg(Color::Indexed(100));
        after.set_string(0, 0, "ab", style);
        after.set_string(2, 0, "c", style.fg(Color::Green));
        after.set_string(9, 1, "d", Style::new());
        assert_eq!(
            written(&before, &after),
            "\x1b[1;1H\x1b[38;2;1;20;255;48;5;100mab\x1b[38;5;2mc\x1b[2;10H\x1b[39;49md"
        );
        assert_eq!(written(&after, &after), "");
    }

    /// A terminal's own reading of the bytes gives the cells back, whatever follows whatever.
    #[test]
    fn a_terminal_shows_the_cells_as_they_are() {
        let looks = [
            Style::new(),
            Style::new().add_modifier(Modifier::BOLD),
            Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED).fg(Color::LightRed),
            Style::new().add_modifier(Modifier::DIM | Modifier::UNDERLINED).bg(Color::Rgb(0, 0, 9)),
            Style::new().add_modifier(Modifier::REVERSED | Modifier::ITALIC).fg(Color::Indexed(233)),
        ];
        let area = Rect::new(0, 0, 40, 3);
        let mut buffer = Buffer::empty(area);
        for (n, (from, to)) in looks.iter().flat_map(|from| looks.iter().map(move |to| (from, to))).enumerate() {
            let (x, y) = ((n % 19 * 2) as u16, (n / 19) as u16);
            buffer.set_string(x, y, "x", *from);
            buffer.set_string(x + 1, y, "y", *to);
        }
        buffer.set_string(0, 2, "日本 ▀z", Style::new().fg(Color::Yellow));
        let mut screen = vt100::Parser::new(3.try_into().unwrap(), 40.try_into().unwrap(), 0);
        screen.process(written(&Buffer::empty(area), &buffer).as_bytes());
        let colour = |colour: Color| match (colour, palette(colour)) {
            (Color::Rgb(r, g, b), _) => vt100::Color::Rgb(r, g, b),
            (_, Some(index)) => vt100::Color::Idx(index),
            (_, None) => vt100::Color::Default,
        };
        for (x, y) in area.positions().map(|place| (place.x, place.y)) {
            let (meant, seen) = (&buffer[(x, y)], screen.screen().cell(y, x).unwrap());
            let sign = if seen.has_contents() { seen.contents() } else { " " };
            if seen.is_wide_continuation() {
                continue;
            }
            assert_eq!((meant.symbol(), colour(meant.bg)), (sign, seen.bgcolor()), "{x} {y}");
            if sign != " " {
                assert_eq!(colour(meant.fg), seen.fgcolor(), "{x} {y}");
            }
            let has = |modifier| meant.modifier.contains(modifier);
            let seen = [seen.bold(), seen.dim(), seen.italic(), seen.underline(), seen.inverse()];
            let meant =
                [Modifier::BOLD, Modifier::DIM, Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED].map(has);
            assert_eq!(meant, seen, "{x} {y}");
        }
    }
}
