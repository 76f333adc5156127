//! Which key means what, and where. Keys, hints and help all come from this one table.

use super::action::Action;
use super::key::Key;
use super::key_tables::{EVERYWHERE, hints, tables};
use super::place::Place;

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
