//! What the environment of a session says about its terminal. Locally these are the process's variables, over SSH the
//! client's: so they are handed in, never read here.

/// The few variables that tell something about a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    pub term: String,
    pub colorterm: String,
    /// `TERM_PROGRAM`: only trusted for terminals that do not say their name when asked.
    pub program: String,
    /// Inside tmux: pictures need its passthrough.
    pub tmux: bool,
    /// Inside GNU screen, which passes no pictures on.
    pub screen: bool,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// WezTerm or Konsole left a mark: they answer kitty's query but draw placeholders as boxes.
    pub draws_boxes: bool,
    /// kitty or ghostty left a mark: behind tmux their answer is worth waiting for.
    pub speaks_kitty: bool,
}

impl Surroundings {
    /// Picks what matters out of name-value pairs.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut found = Surroundings::default();
        for (name, value) in vars {
            if value.is_empty() {
                continue;
            }
            match name.as_str() {
                "TERM" => found.term = value,
                "COLORTERM" => found.colorterm = value,
                "TERM_PROGRAM" => found.program = value,
                "TMUX" => found.tmux = true,
                "STY" => found.screen = true,
                "NO_COLOR" => found.no_color = true,
                "KITTY_WINDOW_ID" | "GHOSTTY_RESOURCES_DIR" => found.speaks_kitty = true,
                "WEZTERM_PANE" | "WEZTERM_EXECUTABLE" | "KONSOLE_VERSION" => found.draws_boxes = true,
                _ => {}
            }
        }
        // Over SSH the client's TMUX does not travel, but its TERM does.
        found.speaks_kitty |= ["xterm-kitty", "xterm-ghostty"].contains(&found.term.as_str());
        found.tmux |= found.term.starts_with("tmux") || found.program == "tmux";
        found.screen |= found.term.starts_with("screen") && !found.tmux;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vars: &[(&str, &str)]) -> Surroundings {
        Surroundings::from_vars(vars.iter().map(|(k, v)| (k.to_string(), v.to_string())))
    }

    #[test]
    fn kitty_is_known_over_ssh_by_its_terminals_name() {
        assert!(of(&[("TERM", "xterm-kitty")]).speaks_kitty && !of(&[("TERM", "xterm-256color")]).speaks_kitty);
    }

    #[test]
    fn tmux_is_known_by_its_variable_or_its_terminal_name() {
        assert!(of(&[("TERM", "screen-256color"), ("TMUX", "socket,1,0")]).tmux);
        assert!(of(&[("TERM", "tmux-256color")]).tmux);
        let screen = of(&[("TERM", "screen.xterm-256color"), ("STY", "1.pts")]);
        assert!(screen.screen && !screen.tmux);
    }

    #[test]
    fn an_empty_no_color_does_not_count() {
        assert!(!of(&[("NO_COLOR", "")]).no_color);
        assert!(of(&[("NO_COLOR", "1")]).no_color);
    }
}
