//! Every key there is, declared once: its name, what it takes and the range that makes sense.

use toml::Value;

use super::database::is_database;
use super::images::ImagesChoice;
use crate::story::Quant;

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    /// A folder; `~/` is the person's own.
    Folder,
    /// The URL of a PostgreSQL database, which may hold a password.
    Database,
    Word,
    /// One of `ImagesChoice`.
    Images,
    /// One of `Quant`.
    Quant,
    /// A whole number, at least this.
    Whole(i64),
    /// A number between these, both included.
    Number(f64, f64),
    Words,
    /// true or false.
    Whether,
}

/// A key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// Dotted, as `--print-config` and errors name it.
    pub name: &'static str,
    pub takes: Takes,
}

/// All keys, in the order in which they are printed: tables last.
pub const KEYS: [Key; 20] = [
    Key { name: "home", takes: Takes::Folder },
    Key { name: "database", takes: Takes::Database },
    Key { name: "images", takes: Takes::Images },
    Key { name: "ascii", takes: Takes::Whether },
    Key { name: "model", takes: Takes::Word },
    Key { name: "quant", takes: Takes::Quant },
    Key { name: "mouse", takes: Takes::Whether },
    Key { name: "chapter", takes: Takes::Whole(0) },
    Key { name: "threads", takes: Takes::Whole(0) },
    Key { name: "runs.at_once", takes: Takes::Whole(1) },
    Key { name: "runs.nice", takes: Takes::Whole(0) },
    Key { name: "runs.threads", takes: Takes::Whole(0) },
    Key { name: "sampling.temperature", takes: Takes::Number(0.0, 10.0) },
    Key { name: "sampling.top_k", takes: Takes::Whole(0) },
    Key { name: "sampling.top_p", takes: Takes::Number(0.0, 1.0) },
    Key { name: "sampling.min_p", takes: Takes::Number(0.0, 1.0) },
    Key { name: "sampling.repetition_penalty", takes: Takes::Number(0.1, 10.0) },
    Key { name: "sampling.seed", takes: Takes::Whole(0) },
    Key { name: "sampling.max_new_tokens", takes: Takes::Whole(1) },
    Key { name: "sampling.stop", takes: Takes::Words },
];

impl Key {
    /// The key of this dotted name.
    pub fn find(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The name that was probably meant, if any is near.
    pub fn nearest(name: &str) -> Option<&'static str> {
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        KEYS.iter()
            .map(|key| {
                // People forget the table as often as they mistype the key, so the bare name counts as well.
                let whole = strsim::jaro_winkler(key.name, name);
                (whole.max(strsim::jaro_winkler(&last(key.name), &last(name))), key.name)
            })
            .filter(|(likeness, _)| *likeness > 0.75)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| name)
    }

    /// Its name in the environment: `STORYLOOM_SAMPLING_TOP_K`.
    pub fn variable(&self) -> String {
        format!("STORYLOOM_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// Reads what the environment says as the value that a file would hold; `None` if it is no such value.
    pub fn read(&self, said: &str) -> Option<Value> {
        match self.takes {
            Takes::Folder | Takes::Database | Takes::Word | Takes::Images | Takes::Quant => {
                Some(Value::String(said.to_owned()))
            }
            Takes::Whole(_) => said.trim().parse().ok().map(Value::Integer),
            Takes::Number(..) => said.trim().parse().ok().map(Value::Float),
            Takes::Words => Some(Value::Array(vec![Value::String(said.to_owned())])),
            Takes::Whether => said.trim().parse().ok().map(Value::Boolean),
        }
    }

    /// Refuses a value that is not what the key takes, with what it does take.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        let fits = match self.takes {
            Takes::Folder | Takes::Word => value.as_str().is_some_and(|text| !text.is_empty()),
            Takes::Database => value.as_str().is_some_and(is_database),
            Takes::Images => value.as_str().is_some_and(|word| word.parse::<ImagesChoice>().is_ok()),
            Takes::Quant => value.as_str().is_some_and(|word| word.parse::<Quant>().is_ok()),
            Takes::Whole(least) => value.as_integer().is_some_and(|number| number >= least),
            Takes::Number(least, most) => number(value).is_some_and(|number| (least..=most).contains(&number)),
            Takes::Words => value.as_array().is_some_and(|words| words.iter().all(Value::is_str)),
            Takes::Whether => value.is_bool(),
        };
        if fits { Ok(()) } else { Err(self.takes.describe()) }
    }
}

impl Takes {
    fn describe(self) -> String {
        match self {
            Takes::Folder => "a folder in quotes".to_owned(),
            Takes::Database => "a URL in quotes, like \"postgres://USER@HOST/DATABASE\"".to_owned(),
            Takes::Word => "a name in quotes".to_owned(),
            Takes::Images => format!("one of {}", ImagesChoice::ALL.map(ImagesChoice::word).join(", ")),
            Takes::Quant => format!("one of {}", Quant::ALL.map(Quant::word).join(", ")),
            Takes::Whole(least) => format!("a whole number from {least} up"),
            Takes::Number(least, most) => format!("a number from {least} to {most}"),
            Takes::Words => "a list of strings, like [\"THE END\"]".to_owned(),
            Takes::Whether => "true or false".to_owned(),
        }
    }
}

/// A number, whether written `1` or `1.0`.
pub fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_its_key() {
        assert_eq!(Key::nearest("imges"), Some("images"));
        assert_eq!(Key::nearest("temperature"), Some("sampling.temperature"));
        assert_eq!(Key::nearest("sampling.topk"), Some("sampling.top_k"));
        assert_eq!(Key::nearest("xyzzy"), None);
    }

    #[test]
    fn values_out_of_range_are_refused_with_what_fits() {
        let top_p = Key::find("sampling.top_p").unwrap();
        assert!(top_p.check(&Value::Integer(1)).is_ok());
        assert!(top_p.check(&Value::Float(1.5)).unwrap_err().contains("from 0 to 1"));
        assert!(top_p.check(&Value::Float(f64::NAN)).is_err());
        assert!(Key::find("images").unwrap().check(&Value::String("ascii".into())).unwrap_err().contains("sixel"));
    }
}
