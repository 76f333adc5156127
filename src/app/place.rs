//! The places where a key may mean something of its own.

use super::action::Action;

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Gallery,
    Reader,
    Zoom,
    Inspector,
    History,
    Sampling,
    Writing,
    Models,
    Compare,
    Annotate,
    Campaigns,
    Evaluate,
    Train,
    Lineage,
    Loops,
    Log,
    Rate,
    Help,
}

impl Place {
    pub const ALL: [Place; 18] = [
        Place::Gallery,
        Place::Reader,
        Place::Zoom,
        Place::Inspector,
        Place::History,
        Place::Sampling,
        Place::Writing,
        Place::Models,
        Place::Compare,
        Place::Annotate,
        Place::Campaigns,
        Place::Evaluate,
        Place::Train,
        Place::Lineage,
        Place::Loops,
        Place::Log,
        Place::Rate,
        Place::Help,
    ];

    /// Heading in the help.
    pub fn heading(self) -> &'static str {
        match self {
            Place::Gallery => "Gallery",
            Place::Reader => "Reader",
            Place::Zoom => "One frame",
            Place::Inspector => "Inspector",
            Place::History => "All stories",
            Place::Sampling => "Sampling",
            Place::Writing => "By hand",
            Place::Models => "Models",
            Place::Compare => "Compare",
            Place::Annotate => "Annotate",
            Place::Campaigns => "Campaigns",
            Place::Evaluate => "Evaluate",
            Place::Train => "Training",
            Place::Lineage => "Lineage",
            Place::Loops => "Loops",
            Place::Log => "Log",
            Place::Rate => "Rating",
            Place::Help => "Help",
        }
    }

    /// Its name in `keys.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Place::Gallery => "gallery",
            Place::Reader => "reader",
            Place::Zoom => "zoom",
            Place::Inspector => "inspector",
            Place::History => "history",
            Place::Sampling => "sampling",
            Place::Writing => "writing",
            Place::Models => "models",
            Place::Compare => "compare",
            Place::Annotate => "annotate",
            Place::Campaigns => "campaigns",
            Place::Evaluate => "evaluate",
            Place::Train => "training",
            Place::Lineage => "lineage",
            Place::Loops => "loops",
            Place::Log => "log",
            Place::Rate => "rating",
            Place::Help => "help",
        }
    }

    /// Keys of every place are heard here too; where text is written, only those with ctrl.
    pub(super) fn hears(self, action: Action) -> bool {
        match self {
            Place::Help => action != Action::Help,
            Place::Writing => matches!(action, Action::Shot | Action::Suspend | Action::Quit),
            Place::Models => action != Action::Models,
            Place::Campaigns => action != Action::Campaigns,
            Place::Evaluate => action != Action::Evaluate,
            Place::Train => action != Action::Train,
            Place::Log => action != Action::Log,
            // A rater rates; what is beside it belongs to others.
            Place::Rate => !matches!(
                action,
                Action::Models | Action::Campaigns | Action::Evaluate | Action::Train | Action::Log | Action::Shot
            ),
            _ => true,
        }
    }
}
