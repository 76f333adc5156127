//! Our own signs in ASCII, for terminals and fonts that have no others. Letters of titles and stories stay as they are.

use ratatui::buffer::Buffer;

/// Every sign that screens draw, and what stands for it.
const SIGNS: [(&str, &str); 15] = [
    ("▸→", ">"),
    ("←", "<"),
    ("↑▲", "^"),
    ("↓▼", "v"),
    ("●■█▉▊▋▌▓", "#"),
    ("▍▎▏▐│", "|"),
    ("○", "o"),
    ("✗", "x"),
    ("·░", "."),
    ("–─▁▂", "-"),
    ("▃▄▒", "="),
    ("▅▆▇", "#"),
    ("╭╮╰╯├└", "+"),
    ("…⏎", "$"),
    ("⠋⠙⠹⠸⠼⠴⠦⠧", "*"),
];

/// Puts ASCII for our signs all over the screen.
pub fn plain(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let mut signs = cell.symbol().chars();
        if let (Some(sign), None) = (signs.next(), signs.next())
            && !sign.is_ascii()
            && let Some((_, plain)) = SIGNS.iter().find(|(signs, _)| signs.contains(sign))
        {
            cell.set_symbol(plain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_signs_change_and_letters_stay() {
        let mut buffer = Buffer::with_lines(["▸ é 日本 ─│█ ⠋"]);
        plain(&mut buffer);
        assert_eq!(buffer, Buffer::with_lines(["> é 日本 -|# *"]));
    }
}
