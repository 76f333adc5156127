//! What a key means. One list for the keys, the footer's hints and the help: a new action is one line here and one in the keymap.

/// What a visitor can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Filter,
    OpenPath,
    Tell,
    Stop,
    Continue,
    Task,
    Zoom,
    Next,
    Previous,
    Back,
    Help,
    Suspend,
    Quit,
}

impl Action {
    pub const ALL: [Action; 22] = [
        Action::Up,
        Action::Down,
        Action::Left,
        Action::Right,
        Action::PageUp,
        Action::PageDown,
        Action::First,
        Action::Last,
        Action::Open,
        Action::Filter,
        Action::OpenPath,
        Action::Tell,
        Action::Stop,
        Action::Continue,
        Action::Task,
        Action::Zoom,
        Action::Next,
        Action::Previous,
        Action::Back,
        Action::Help,
        Action::Suspend,
        Action::Quit,
    ];

    /// One or two words for the footer.
    pub fn label(self) -> &'static str {
        match self {
            Action::Up => "up",
            Action::Down => "down",
            Action::Left => "left",
            Action::Right => "right",
            Action::PageUp => "page up",
            Action::PageDown => "page down",
            Action::First => "first",
            Action::Last => "last",
            Action::Open => "open",
            Action::Filter => "filter",
            Action::OpenPath => "open path",
            Action::Tell => "tell",
            Action::Stop => "stop",
            Action::Continue => "continue",
            Action::Task => "task",
            Action::Zoom => "zoom",
            Action::Next => "next",
            Action::Previous => "previous",
            Action::Back => "back",
            Action::Help => "help",
            Action::Suspend => "suspend",
            Action::Quit => "quit",
        }
    }

    /// What it does, for the help.
    pub fn sentence(self) -> &'static str {
        match self {
            Action::Up => "go up; in a story, scroll up",
            Action::Down => "go down; in a story, scroll down",
            Action::Left => "go left; in a story, to the frame before",
            Action::Right => "go right; in a story, to the next frame",
            Action::PageUp => "a page up",
            Action::PageDown => "a page down",
            Action::First => "to the first, or the beginning",
            Action::Last => "to the last, or the end",
            Action::Open => "open the chosen sequence",
            Action::Filter => "show only titles and sources with these words",
            Action::OpenPath => "open pictures from a path: a folder, book.json, CBZ, animation or image",
            Action::Tell => "have the frames told; again, with the next seed",
            Action::Stop => "stop the telling at the next token",
            Action::Continue => "tell on from where the story ends",
            Action::Task => "change the task: story, caption, continuation, emotion, consistency",
            Action::Zoom => "show one frame on the whole screen, and back",
            Action::Next => "the next sequence",
            Action::Previous => "the sequence before",
            Action::Back => "back; a telling under way stops",
            Action::Help => "show or leave this help",
            Action::Suspend => "suspend storyloom and go to the shell",
            Action::Quit => "leave storyloom",
        }
    }
}
