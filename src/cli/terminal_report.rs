//! What can be said about the terminal from here: size, colours, and what stands between it and us.

use std::io::{self, IsTerminal};

use serde::Serialize;

/// What is known about the terminal.
#[derive(Debug, Serialize)]
pub struct TerminalReport {
    /// Whether stdout is a terminal at all.
    pub terminal: bool,
    /// TERM, and the program's own name where it gives one.
    pub term: String,
    pub program: Option<String>,
    pub columns: u16,
    pub rows: u16,
    /// Size of one cell in pixels; `None` where the terminal does not say.
    pub cell: Option<(u16, u16)>,
    /// "truecolor", "256", "16" or "none".
    pub colours: &'static str,
    pub no_color: bool,
    /// "tmux" or "screen", if one stands between.
    pub multiplexer: Option<&'static str>,
    pub ssh: bool,
    pub unicode: bool,
}

impl TerminalReport {
    /// Looks, without asking the terminal anything.
    pub fn look() -> TerminalReport {
        let said = |name: &str| std::env::var(name).ok().filter(|said| !said.is_empty());
        let terminal = io::stdout().is_terminal();
        let term = said("TERM").unwrap_or_default();
        let size = crossterm::terminal::window_size().ok().filter(|_| terminal);
        let cell = size.as_ref().and_then(|size| {
            let (columns, rows) = (size.columns.max(1), size.rows.max(1));
            (size.width > 0 && size.height > 0).then_some((size.width / columns, size.height / rows))
        });
        let multiplexer = match () {
            () if said("TMUX").is_some() || term.starts_with("tmux") => Some("tmux"),
            () if said("STY").is_some() || term.starts_with("screen") => Some("screen"),
            () => None,
        };
        let locale = said("LC_ALL").or_else(|| said("LC_CTYPE")).or_else(|| said("LANG")).unwrap_or_default();
        let no_color = said("NO_COLOR").is_some();
        TerminalReport {
            terminal,
            colours: if terminal { colours(&term, said("COLORTERM").as_deref(), no_color) } else { "none" },
            program: said("TERM_PROGRAM"),
            columns: size.as_ref().map_or(0, |size| size.columns),
            rows: size.as_ref().map_or(0, |size| size.rows),
            cell,
            no_color,
            multiplexer,
            ssh: said("SSH_CONNECTION").is_some() || said("SSH_TTY").is_some(),
            unicode: locale.to_uppercase().replace('-', "").contains("UTF8"),
            term,
        }
    }
}

fn colours(term: &str, colorterm: Option<&str>, no_color: bool) -> &'static str {
    match colorterm {
        _ if no_color || term == "dumb" || term.is_empty() => "none",
        Some("truecolor" | "24bit") => "truecolor",
        _ if term.contains("direct") || term.contains("kitty") || term.contains("ghostty") => "truecolor",
        _ if term.contains("256") => "256",
        _ => "16",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_what_the_terminal_claims_unless_nobody_wants_them() {
        assert_eq!(colours("xterm-256color", None, false), "256");
        assert_eq!(colours("xterm-256color", Some("truecolor"), false), "truecolor");
        assert_eq!(colours("xterm-kitty", None, false), "truecolor");
        assert_eq!(colours("xterm-kitty", Some("truecolor"), true), "none");
        assert_eq!(colours("linux", None, false), "16");
    }
}
