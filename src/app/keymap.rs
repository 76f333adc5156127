//! Which key means what, and where. Keys, hints and help all come from this one table.

use super::action::Action;
use super::key::Key;

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
    Log,
    Help,
}

impl Place {
    pub const ALL: [Place; 12] = [
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
        Place::Log,
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
            Place::Log => "Log",
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
            Place::Log => "log",
            Place::Help => "help",
        }
    }

    /// Keys of every place are heard here too; where text is written, only those with ctrl.
    fn hears(self, action: Action) -> bool {
        match self {
            Place::Help => action != Action::Help,
            Place::Writing => matches!(action, Action::Shot | Action::Suspend | Action::Quit),
            Place::Models => action != Action::Models,
            Place::Log => action != Action::Log,
            _ => true,
        }
    }
}

/// Keys that mean an action in a place; shown in its footer if `hint`.
#[derive(Clone, Debug)]
pub struct Binding {
    pub place: Place,
    pub keys: Vec<Key>,
    pub action: Action,
    pub hint: bool,
}

/// The table. The first key of a row is the one that hints show.
#[derive(Clone, Debug)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

const MOVES: &[(&str, Action)] = &[
    ("up k", Action::Up),
    ("down j", Action::Down),
    ("left h", Action::Left),
    ("right l", Action::Right),
    ("pageup ctrl-b", Action::PageUp),
    ("pagedown ctrl-f", Action::PageDown),
    ("home g", Action::First),
    ("end G", Action::Last),
];
const EVERYWHERE: &[(&str, Action)] = &[
    (":", Action::Palette),
    ("M", Action::Models),
    ("L", Action::Log),
    ("ctrl-p", Action::Shot),
    ("?", Action::Help),
    ("ctrl-z", Action::Suspend),
    ("ctrl-c", Action::Quit),
];
const GALLERY: &[(&str, Action)] = &[
    ("enter", Action::Open),
    ("/", Action::Filter),
    ("s", Action::Sort),
    ("o", Action::OpenPath),
    ("q", Action::Quit),
    ("esc", Action::Back),
];
const READER: &[(&str, Action)] = &[
    ("space enter", Action::Tell),
    ("s", Action::Stop),
    ("c", Action::Continue),
    ("t", Action::Task),
    ("i", Action::Inspect),
    ("z", Action::Zoom),
    ("S", Action::Sampling),
    ("e", Action::Prompt),
    ("E", Action::Edit),
    ("[", Action::Older),
    ("]", Action::Newer),
    ("H", Action::History),
    ("v", Action::Compare),
    ("x", Action::Export),
    ("a", Action::Annotate),
    ("n", Action::Next),
    ("p", Action::Previous),
    ("esc q", Action::Back),
];
const ZOOM: &[(&str, Action)] = &[
    ("left h up k", Action::Left),
    ("right l down j", Action::Right),
    ("space enter", Action::Tell),
    ("s", Action::Stop),
    ("z esc q", Action::Back),
];
const INSPECTOR: &[(&str, Action)] = &[
    ("b enter", Action::Branch),
    ("z", Action::Zoom),
    ("n tab", Action::Next),
    ("p", Action::Previous),
    ("esc q i", Action::Back),
];
const HISTORY: &[(&str, Action)] = &[("enter", Action::Open), ("r", Action::Again), ("esc q H", Action::Back)];
const SAMPLING: &[(&str, Action)] = &[
    ("left h", Action::Left),
    ("right l", Action::Right),
    ("x delete", Action::Reset),
    ("esc q S enter", Action::Back),
];
const WRITING: &[(&str, Action)] = &[("ctrl-s", Action::Keep), ("ctrl-o", Action::Reset), ("esc", Action::Back)];
const MODELS: &[(&str, Action)] = &[("enter", Action::Open), ("esc q M", Action::Back)];
const COMPARE: &[(&str, Action)] = &[
    ("space enter", Action::Tell),
    ("s", Action::Stop),
    ("m", Action::Another),
    ("S", Action::Sampling),
    ("+ a", Action::More),
    ("- d", Action::Fewer),
    ("esc q v", Action::Back),
];
const ANNOTATE: &[(&str, Action)] = &[
    ("enter e", Action::Open),
    ("g", Action::Suggest),
    ("u", Action::Undo),
    ("x delete", Action::Clear),
    ("left h", Action::Left),
    ("right l", Action::Right),
    ("up k", Action::Up),
    ("down j", Action::Down),
    ("home", Action::First),
    ("end", Action::Last),
    ("esc q a", Action::Back),
];
const LOG: &[(&str, Action)] = &[("esc q L", Action::Back)];
const HELP: &[(&str, Action)] = &[("esc q ?", Action::Back)];

/// Up and down a list.
const LIST: &[(&str, Action)] = &[
    ("up k", Action::Up),
    ("down j", Action::Down),
    ("pageup ctrl-b", Action::PageUp),
    ("pagedown ctrl-f", Action::PageDown),
    ("home g", Action::First),
    ("end G", Action::Last),
];

/// All tables of a place, in the order of the help.
fn tables(place: Place) -> Vec<&'static [(&'static str, Action)]> {
    match place {
        Place::Gallery => vec![GALLERY, MOVES],
        Place::Reader => vec![READER, MOVES],
        Place::Zoom => vec![ZOOM],
        Place::Inspector => vec![INSPECTOR, MOVES],
        Place::History => vec![HISTORY, LIST],
        Place::Sampling => vec![SAMPLING, LIST],
        Place::Writing => vec![WRITING],
        Place::Models => vec![MODELS, LIST],
        Place::Compare => vec![COMPARE, MOVES],
        Place::Annotate => vec![ANNOTATE],
        Place::Log => vec![LOG, LIST],
        Place::Help => vec![HELP, LIST],
    }
}

/// What a footer shows, in this order; the rest is in the help.
fn hints(place: Place) -> &'static [Action] {
    match place {
        Place::Gallery => {
            &[Action::Open, Action::Filter, Action::OpenPath, Action::Sort, Action::Models, Action::Help, Action::Quit]
        }
        Place::Reader => &[
            Action::Tell,
            Action::Stop,
            Action::Continue,
            Action::Task,
            Action::Inspect,
            Action::Zoom,
            Action::Sampling,
            Action::Prompt,
            Action::Compare,
            Action::Annotate,
            Action::History,
            Action::Next,
            Action::Back,
            Action::Help,
        ],
        Place::Zoom => &[Action::Left, Action::Right, Action::Tell, Action::Stop, Action::Back],
        Place::Inspector => &[
            Action::Left,
            Action::Right,
            Action::Up,
            Action::Down,
            Action::Branch,
            Action::Next,
            Action::Zoom,
            Action::Back,
            Action::Help,
        ],
        Place::History => &[Action::Open, Action::Again, Action::Up, Action::Down, Action::Back],
        Place::Sampling => &[Action::Up, Action::Down, Action::Left, Action::Right, Action::Reset, Action::Back],
        Place::Writing => &[Action::Keep, Action::Reset, Action::Back],
        Place::Models => &[Action::Open, Action::Up, Action::Down, Action::Back],
        Place::Compare => &[
            Action::Tell,
            Action::Stop,
            Action::Left,
            Action::Right,
            Action::Another,
            Action::Sampling,
            Action::More,
            Action::Fewer,
            Action::Back,
        ],
        Place::Annotate => &[
            Action::Open,
            Action::Suggest,
            Action::Undo,
            Action::Clear,
            Action::Left,
            Action::Right,
            Action::Up,
            Action::Down,
            Action::Back,
        ],
        Place::Log => &[Action::Up, Action::Down, Action::Back],
        Place::Help => &[Action::Up, Action::Down, Action::Back],
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let mut bindings: Vec<Binding> = Vec::new();
        for place in Place::ALL {
            let everywhere = EVERYWHERE.iter().filter(|(_, action)| place.hears(*action));
            for (names, action) in tables(place).into_iter().flatten().chain(everywhere) {
                let keys = names.split(' ').filter_map(|name| name.parse().ok()).collect();
                match bindings.iter_mut().find(|row| row.place == place && row.action == *action) {
                    Some(row) => row.keys.extend::<Vec<Key>>(keys),
                    None => {
                        bindings.push(Binding { place, keys, action: *action, hint: hints(place).contains(action) })
                    }
                }
            }
        }
        Keymap { bindings }
    }
}

impl Keymap {
    /// What the key means there.
    pub fn action(&self, place: Place, key: Key) -> Option<Action> {
        self.bindings.iter().find(|row| row.place == place && row.keys.contains(&key)).map(|row| row.action)
    }

    /// Gives an action other keys in a place.
    pub fn set(&mut self, place: Place, action: Action, keys: Vec<Key>) {
        for row in self.bindings.iter_mut().filter(|row| row.place == place && row.action == action) {
            row.keys.clone_from(&keys);
        }
    }

    /// Sign and label of what the footer of a place shows.
    pub fn hints(&self, place: Place) -> Vec<(String, Action)> {
        hints(place)
            .iter()
            .filter_map(|action| {
                let row = self.bindings.iter().find(|row| row.place == place && row.action == *action && row.hint)?;
                Some((row.keys.first()?.sign(), *action))
            })
            .collect()
    }

    /// All rows of a place.
    pub fn rows(&self, place: Place) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |row| row.place == place)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_in_the_table_is_a_key_and_no_key_means_two_things() {
        for (names, action) in Place::ALL.into_iter().flat_map(tables).flatten().chain(EVERYWHERE) {
            for name in names.split(' ') {
                assert!(name.parse::<Key>().is_ok(), "{name} of {action:?}");
            }
        }
        let keymap = Keymap::default();
        for place in Place::ALL {
            let mut seen = HashSet::new();
            for row in keymap.rows(place) {
                for key in &row.keys {
                    assert!(seen.insert(*key), "{key} means two things in {place:?}");
                }
            }
        }
    }

    #[test]
    fn every_action_can_be_reached_and_every_hint_has_a_key() {
        let keymap = Keymap::default();
        for action in Action::ALL {
            assert!(keymap.bindings.iter().any(|row| row.action == *action), "{action:?} has no key");
            assert!(!action.label().is_empty() && !action.sentence().is_empty());
        }
        for place in Place::ALL {
            assert_eq!(keymap.hints(place).len(), hints(place).len(), "{place:?}");
        }
    }

    #[test]
    fn leaving_is_possible_everywhere() {
        let keymap = Keymap::default();
        for place in Place::ALL {
            assert_eq!(keymap.action(place, "ctrl-c".parse().unwrap()), Some(Action::Quit));
        }
    }
}
