//! One layer's say: key by key, each with where it was said. Laying layers over one another keeps the last say.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::database::without_password;
use super::flags::Flags;
use super::key::{KEYS, Key, Takes};
use crate::story::Notice;

/// Who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    Environment(String),
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Environment(name) => f.write_str(name),
            Origin::Flag => f.write_str("command line"),
        }
    }
}

/// What is said about some of the keys. Every value in it has passed its key's check.
#[derive(Clone, Debug, Default)]
pub struct Layer(BTreeMap<&'static str, (Value, Origin)>);

impl Layer {
    /// Reads a file's text. `from` names it in errors.
    pub fn from_toml(text: &str, from: &Origin) -> Result<Layer, Notice> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            let what = format!("{from}: line {line} is not TOML: {}", error.message());
            Notice::yours(what, "mend that line, or run with --config and another file")
        })?;
        let mut layer = Layer::default();
        for (name, value) in flatten(table) {
            let key = Key::find(&name).ok_or_else(|| unknown(&name, from))?;
            layer.say(key, value, from.clone())?;
        }
        Ok(layer)
    }

    /// Reads the variables that bear a key's name; `lookup` gives a variable's value.
    pub fn from_environment(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Layer, Notice> {
        let mut layer = Layer::default();
        for key in &KEYS {
            let name = key.variable();
            let Some(said) = lookup(&name).filter(|said| !said.is_empty()) else { continue };
            let value = key.read(&said).unwrap_or(Value::String(said));
            layer.say(key, value, Origin::Environment(name))?;
        }
        Ok(layer)
    }

    /// What was typed on the command line.
    pub fn from_flags(flags: &Flags) -> Result<Layer, Notice> {
        let mut table = Table::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                table.insert(name.to_owned(), value);
            }
        };
        let whole = |number: usize| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        put("home", flags.home.as_ref().map(|path| Value::String(path.to_string_lossy().into_owned())));
        put("database", flags.database.clone().map(Value::String));
        put("images", flags.images.map(|choice| Value::String(choice.to_string())));
        put("model", flags.model.clone().map(Value::String));
        put("quant", flags.quant.map(|quant| Value::String(quant.to_string())));
        put("ascii", flags.ascii.map(Value::Boolean));
        put("mouse", flags.mouse.map(Value::Boolean));
        put("chapter", flags.chapter.map(whole));
        put("threads", flags.threads.map(whole));
        let sampling = Table::try_from(&flags.sampling).map_err(|error| {
            Notice::yours(format!("the sampling flags cannot be used: {error}"), "a smaller number")
        })?;
        table.insert("sampling".to_owned(), Value::Table(sampling));
        let mut layer = Layer::default();
        for (name, value) in flatten(table) {
            let key = Key::find(&name).ok_or_else(|| unknown(&name, &Origin::Flag))?;
            layer.say(key, value, Origin::Flag)?;
        }
        Ok(layer)
    }

    /// Lays `above` over this layer.
    pub fn under(mut self, above: Layer) -> Layer {
        self.0.extend(above.0);
        self
    }

    /// The last say about a key.
    pub fn get(&self, name: &str) -> Option<&(Value, Origin)> {
        self.0.get(name)
    }

    fn say(&mut self, key: &'static Key, value: Value, from: Origin) -> Result<(), Notice> {
        key.check(&value).map_err(|fits| {
            let value = match key.takes {
                Takes::Database => without_password(value.as_str().unwrap_or_default()),
                _ => value.to_string(),
            };
            Notice::yours(format!("{from}: {} = {value} does not fit", key.name), format!("{} takes {fits}", key.name))
        })?;
        self.0.insert(key.name, (value, from));
        Ok(())
    }
}

/// Where the person's own file lies, given their config folder.
pub fn file_in(config_folder: &Path) -> PathBuf {
    config_folder.join("storyloom").join("config.toml")
}

/// Tables become dotted names; only one level exists, anything deeper is an unknown key and named as such.
fn flatten(table: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => flat.extend(inner.into_iter().map(|(key, value)| (format!("{name}.{key}"), value))),
            value => flat.push((name, value)),
        }
    }
    flat
}

fn unknown(name: &str, from: &Origin) -> Notice {
    let try_this = match Key::nearest(name) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("the keys are: {}", KEYS.map(|key| key.name).join(", ")),
    };
    Notice::yours(format!("{from}: there is no key '{name}'"), try_this)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Origin {
        Origin::File("my/config.toml".into())
    }

    #[test]
    fn an_unknown_key_names_the_file_and_the_nearest_known_one() {
        let notice = Layer::from_toml("imges = \"off\"", &file()).unwrap_err();
        assert!(notice.what.contains("my/config.toml") && notice.what.contains("imges"), "{notice}");
        assert!(notice.try_this.contains("'images'"), "{notice}");
        let notice = Layer::from_toml("[sampling]\ntopp = 1", &file()).unwrap_err();
        assert!(notice.try_this.contains("'sampling.top_p'"), "{notice}");
    }

    #[test]
    fn broken_toml_names_the_line() {
        let notice = Layer::from_toml("images = \"off\"\n\nmodel = \n", &file()).unwrap_err();
        assert!(notice.what.contains("line 3"), "{notice}");
    }

    #[test]
    fn the_environment_is_checked_like_a_file() {
        let wrong = |name: &str| (name == "STORYLOOM_THREADS").then(|| "many".to_owned());
        let notice = Layer::from_environment(&wrong).unwrap_err();
        assert!(notice.what.contains("STORYLOOM_THREADS") && notice.try_this.contains("whole number"), "{notice}");
        let wrong = |name: &str| (name == "STORYLOOM_DATABASE").then(|| "mysql://me:secret@there/x".to_owned());
        let notice = Layer::from_environment(&wrong).unwrap_err();
        assert!(notice.what.contains("mysql://me") && !notice.what.contains("secret"), "{notice}");
        assert!(notice.try_this.contains("postgres://"), "{notice}");
    }
}
