//! Keys of a person's own: `keys.toml` laid over the shipped ones, and the keymap as text.
//!
//! A place is a table, an action a key in it, with the names of what is to be pressed: `[reader] tell = ["space", "T"]`.

use std::fmt::Write as _;

use toml::{Table, Value};

use super::action::Action;
use super::key::Key;
use super::keymap::Keymap;
use super::place::Place;

impl Keymap {
    /// These keys with those of a file laid over them: what an action is given there takes the place of all its keys.
    ///
    /// # Errors
    /// Every line that is wrong, in words: unknown places, actions or keys, and keys that would mean two things.
    pub fn patched(mut self, text: &str) -> Result<Keymap, Vec<String>> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| vec![error.message().to_owned()])?;
        let mut wrong = Vec::new();
        for (place_word, actions) in &table {
            let Some(place) = Place::ALL.into_iter().find(|place| place.word() == place_word) else {
                let known = Place::ALL.map(Place::word);
                wrong.push(format!("there is no place '{place_word}'{}", nearest(place_word, &known)));
                continue;
            };
            let Value::Table(actions) = actions else {
                wrong.push(format!("'{place_word}' should be a table: [{place_word}]"));
                continue;
            };
            for (word, keys) in actions {
                match self.patch(place, word, keys) {
                    Ok(()) => {}
                    Err(what) => wrong.push(format!("[{place_word}] {word}: {what}")),
                }
            }
        }
        wrong.extend(self.conflicts());
        if wrong.is_empty() { Ok(self) } else { Err(wrong) }
    }

    fn patch(&mut self, place: Place, word: &str, keys: &Value) -> Result<(), String> {
        let here: Vec<&str> = self.rows(place).map(|row| row.action.word()).collect();
        let Some(action) = Action::ALL.iter().find(|action| action.word() == word && here.contains(&word)) else {
            return Err(format!("there is no such action here{}", nearest(word, &here)));
        };
        let names = match keys {
            Value::String(name) => vec![name.clone()],
            Value::Array(names) => {
                let name = |name: &Value| name.as_str().map(str::to_owned).ok_or("keys are written in quotes");
                names.iter().map(name).collect::<Result<_, _>>()?
            }
            _ => return Err("give a key in quotes, or several in brackets".to_owned()),
        };
        let keys = names.iter().map(|name| name.parse::<Key>()).collect::<Result<Vec<_>, _>>()?;
        self.set(place, *action, keys);
        Ok(())
    }

    /// Keys that mean two things in one place, in words.
    fn conflicts(&self) -> Vec<String> {
        let mut found = Vec::new();
        for place in Place::ALL {
            let rows: Vec<_> = self.rows(place).collect();
            for (n, row) in rows.iter().enumerate() {
                for key in &row.keys {
                    let other = rows[..n].iter().find(|other| other.keys.contains(key));
                    if let Some(other) = other {
                        let (a, b) = (other.action.word(), row.action.word());
                        found.push(format!(
                            "[{}] {key} would mean both {a} and {b}: give one of them another key",
                            place.word()
                        ));
                    }
                }
            }
        }
        found
    }

    /// All keys as a `keys.toml` that would say the same.
    pub fn print(&self) -> String {
        let mut out = String::new();
        for place in Place::ALL {
            let _ = writeln!(out, "[{}]", place.word());
            for row in self.rows(place) {
                let names: Vec<String> =
                    row.keys.iter().map(|key| Value::String(key.to_string()).to_string()).collect();
                let line = format!("{} = [{}]", row.action.word(), names.join(", "));
                let _ = writeln!(out, "{line:<44} # {}", row.action.sentence());
            }
            out.push('\n');
        }
        out
    }

    /// All keys as a table for documents.
    pub fn markdown(&self) -> String {
        let mut out = String::from("| where | keys | what |\n| --- | --- | --- |\n");
        for place in Place::ALL {
            for row in self.rows(place) {
                let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
                let _ = writeln!(out, "| {} | {} | {} |", place.word(), keys.join(" "), row.action.sentence());
            }
        }
        out
    }
}

/// ": did you mean 'tell'?", where something is near enough.
fn nearest(word: &str, known: &[&str]) -> String {
    let near = known.iter().map(|known| (strsim::jaro_winkler(word, known), known));
    match near.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((likeness, known)) if likeness > 0.7 => format!(": did you mean '{known}'?"),
        _ => format!("; there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(text: &str) -> Result<Keymap, Vec<String>> {
        Keymap::default().patched(text)
    }

    #[test]
    fn an_action_gets_other_keys_and_the_rest_stays() {
        let keymap = patched("[reader]\ntell = ['Y', 'ctrl-t']\nstop = 'X'").unwrap();
        let action = |name: &str| keymap.action(Place::Reader, name.parse().unwrap());
        assert_eq!((action("Y"), action("ctrl-t"), action("space")), (Some(Action::Tell), Some(Action::Tell), None));
        assert_eq!((action("X"), action("c")), (Some(Action::Stop), Some(Action::Continue)));
        assert_eq!(keymap.hints(Place::Reader)[0].0, "Y");
    }

    #[test]
    fn what_is_wrong_is_named_all_at_once() {
        let wrong =
            patched("[raeder]\n[reader]\ntel = 'x'\nstop = 'hyper'\nzoom = 'c'\ntask = 7").unwrap_err().join("\n");
        for words in [
            "did you mean 'reader'?",
            "did you mean 'tell'?",
            "there is no key 'hyper'",
            "both continue and zoom",
            "in quotes",
        ] {
            assert!(wrong.contains(words), "{words}: {wrong}");
        }
        assert!(patched("[reader").is_err());
    }

    #[test]
    fn what_is_printed_says_the_same() {
        let printed = Keymap::default().print();
        assert_eq!(patched(&printed).unwrap().print(), printed);
    }
}
