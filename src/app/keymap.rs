//! Which key means what, and where. Keys, hints and help all come from this one table.

use super::action::Action;
use super::key::Key;

/// Where a key is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    Gallery,
    Reader,
    Zoom,
    Help,
}

impl Place {
    pub const ALL: [Place; 4] = [Place::Gallery, Place::Reader, Place::Zoom, Place::Help];

    /// Heading in the help.
    pub fn heading(self) -> &'static str {
        match self {
            Place::Gallery => "Gallery",
            Place::Reader => "Reader",
            Place::Zoom => "One frame",
            Place::Help => "Help",
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
const EVERYWHERE: &[(&str, Action)] = &[("?", Action::Help), ("ctrl-z", Action::Suspend), ("ctrl-c", Action::Quit)];
const GALLERY: &[(&str, Action)] = &[
    ("enter", Action::Open),
    ("/", Action::Filter),
    ("o", Action::OpenPath),
    ("q", Action::Quit),
    ("esc", Action::Back),
];
const READER: &[(&str, Action)] = &[
    ("space enter", Action::Tell),
    ("s", Action::Stop),
    ("c", Action::Continue),
    ("t", Action::Task),
    ("z", Action::Zoom),
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
const HELP: &[(&str, Action)] = &[("up k", Action::Up), ("down j", Action::Down), ("esc q ?", Action::Back)];

/// What a footer shows, in this order; the rest is in the help.
const HINTS: &[(Place, &[Action])] = &[
    (Place::Gallery, &[Action::Open, Action::Filter, Action::OpenPath, Action::Help, Action::Quit]),
    (
        Place::Reader,
        &[
            Action::Tell,
            Action::Stop,
            Action::Continue,
            Action::Task,
            Action::Zoom,
            Action::Next,
            Action::Back,
            Action::Help,
        ],
    ),
    (Place::Zoom, &[Action::Left, Action::Right, Action::Tell, Action::Stop, Action::Back]),
    (Place::Help, &[Action::Up, Action::Down, Action::Back]),
];

impl Default for Keymap {
    fn default() -> Self {
        let mut bindings = Vec::new();
        let mut lay = |place: Place, rows: &[(&str, Action)]| {
            let hints = HINTS.iter().find(|(of, _)| *of == place).map_or(&[][..], |(_, actions)| actions);
            for (names, action) in rows {
                let keys = names.split(' ').filter_map(|name| name.parse().ok()).collect();
                bindings.push(Binding { place, keys, action: *action, hint: hints.contains(action) });
            }
        };
        lay(Place::Gallery, GALLERY);
        lay(Place::Gallery, MOVES);
        lay(Place::Reader, READER);
        lay(Place::Reader, MOVES);
        lay(Place::Zoom, ZOOM);
        lay(Place::Help, HELP);
        for place in Place::ALL {
            let everywhere = if place == Place::Help { &EVERYWHERE[1..] } else { EVERYWHERE };
            lay(place, everywhere);
        }
        Keymap { bindings }
    }
}

impl Keymap {
    /// What the key means there.
    pub fn action(&self, place: Place, key: Key) -> Option<Action> {
        self.bindings.iter().find(|row| row.place == place && row.keys.contains(&key)).map(|row| row.action)
    }

    /// Sign and label of what the footer of a place shows.
    pub fn hints(&self, place: Place) -> Vec<(String, Action)> {
        let order = HINTS.iter().find(|(of, _)| *of == place).map_or(&[][..], |(_, actions)| actions);
        order
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
        for rows in [MOVES, EVERYWHERE, GALLERY, READER, ZOOM, HELP] {
            for (names, action) in rows {
                for name in names.split(' ') {
                    assert!(name.parse::<Key>().is_ok(), "{name} of {action:?}");
                }
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
            assert!(keymap.bindings.iter().any(|row| row.action == action), "{action:?} has no key");
            assert!(!action.label().is_empty() && !action.sentence().is_empty());
        }
        for (place, actions) in HINTS {
            assert_eq!(keymap.hints(*place).len(), actions.len(), "{place:?}");
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
