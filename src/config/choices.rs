//! The configuration as the program uses it: every key with its final value, and where each was said.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use toml::Value;

use super::database::without_password;
use super::flags::Flags;
use super::images::ImagesChoice;
use super::key::{KEYS, number};
use super::layer::{Layer, Origin, file_in};
use crate::story::{Notice, Quant, SamplingPatch};

const SHIPPED: &str = include_str!("../../configs/studio.toml");

/// What the person chose.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of everything that lasts: database, images, copied models.
    pub home: PathBuf,
    /// URL of a PostgreSQL database, shared with other servers, instead of the folder's own.
    pub database: Option<String>,
    pub images: ImagesChoice,
    /// A model for this run, by its name on the shelf; `None`: the one chosen last.
    pub model: Option<String>,
    /// How its weights are kept; `None`: as was said when it was chosen, else as they are stored.
    pub quant: Option<Quant>,
    /// Draw no signs but ASCII in the studio.
    pub ascii: bool,
    /// Hear the mouse in the studio.
    pub mouse: bool,
    /// Frames told in one go; 0: as many as the model was made for.
    pub chapter: usize,
    /// Threads for the arithmetic; 0: as many as the machine has cores.
    pub threads: usize,
    /// Training runs in the background that are under way together.
    pub runs_at_once: usize,
    /// How much they give way to others, from 0 to 19.
    pub runs_nice: usize,
    /// Threads of each; 0: as many as the machine has cores.
    pub runs_threads: usize,
    /// Laid over the model's own generation settings.
    pub sampling: SamplingPatch,
    /// The person's keys: the file beside the configuration and what it says, if it is there.
    pub keys: Option<(PathBuf, String)>,
    said: Layer,
}

/// Where a person's folders are and how their environment is asked: the only part that differs from machine to machine.
pub struct Places<'a> {
    /// `None` where the machine has no home folder for this user.
    pub config_folder: Option<PathBuf>,
    pub data_folder: Option<PathBuf>,
    pub user_folder: Option<PathBuf>,
    pub lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl Config {
    /// Reads all layers on this machine.
    pub fn load(flags: Flags) -> Result<Config, Notice> {
        let base = etcetera::choose_base_strategy().ok();
        let places = Places {
            config_folder: base.as_ref().map(|base| base.config_dir()),
            data_folder: base.as_ref().map(|base| base.data_dir()),
            user_folder: base.as_ref().map(|base| base.home_dir().to_owned()),
            lookup: &|name| std::env::var(name).ok(),
        };
        Config::load_from(&places, flags)
    }

    /// Reads all layers from the given places.
    pub fn load_from(places: &Places, flags: Flags) -> Result<Config, Notice> {
        let named = flags.config.clone().or_else(|| (places.lookup)("STORYLOOM_CONFIG").map(PathBuf::from));
        let said = Layer::from_toml(SHIPPED, &Origin::Default)?
            .under(file_layer(named, places)?)
            .under(Layer::from_environment(places.lookup)?)
            .under(Layer::from_flags(&flags)?);
        let home = home(&said, places)?;
        let value = |name: &str| said.get(name).map(|(value, _)| value);
        let text = |name: &str| value(name).and_then(Value::as_str).map(str::to_owned);
        let float = |name: &str| value(name).and_then(number);
        let whole = |name: &str| value(name).and_then(Value::as_integer);
        let size = |name: &str| whole(name).and_then(|number| usize::try_from(number).ok());
        let words = |list: &Vec<Value>| list.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
        Ok(Config {
            database: text("database"),
            images: text("images").and_then(|word| word.parse().ok()).unwrap_or_default(),
            model: text("model"),
            quant: text("quant").and_then(|word| word.parse().ok()),
            ascii: value("ascii").and_then(Value::as_bool).unwrap_or(false),
            mouse: value("mouse").and_then(Value::as_bool).unwrap_or(true),
            chapter: size("chapter").unwrap_or_default(),
            threads: size("threads").unwrap_or_default(),
            runs_at_once: size("runs.at_once").unwrap_or(1),
            runs_nice: size("runs.nice").unwrap_or_default().min(19),
            runs_threads: size("runs.threads").unwrap_or_default(),
            sampling: SamplingPatch {
                temperature: float("sampling.temperature"),
                top_k: size("sampling.top_k"),
                top_p: float("sampling.top_p"),
                min_p: float("sampling.min_p"),
                repetition_penalty: float("sampling.repetition_penalty"),
                seed: whole("sampling.seed").and_then(|number| u64::try_from(number).ok()),
                max_new_tokens: size("sampling.max_new_tokens"),
                stop: value("sampling.stop").and_then(Value::as_array).map(words),
            },
            keys: keys(places)?,
            home,
            said,
        })
    }

    /// What another start of this program has to be told, by variables, to do its work as this one would: what was said of it here,
    /// wherever that was said. What is only for a terminal is left out, and the home, which is said by a flag.
    pub fn environment(&self) -> Vec<(String, String)> {
        let kept = ["database", "model", "quant", "chapter", "threads", "runs.at_once", "runs.nice", "runs.threads"];
        let keys = KEYS.iter().filter(|key| kept.contains(&key.name));
        let said = keys.filter_map(|key| {
            let value = match &self.said.get(key.name)?.0 {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((key.variable(), value))
        });
        said.collect()
    }

    /// The whole configuration as a file that would say the same, each line with who said it.
    pub fn print(&self) -> String {
        let mut out = String::new();
        let mut table = "";
        for key in &KEYS {
            let (name, inside) = match key.name.split_once('.') {
                Some((inside, name)) => (name, inside),
                None => (key.name, ""),
            };
            if inside != table {
                table = inside;
                let _ = writeln!(out, "\n[{table}]");
            }
            let home = Value::String(self.home.to_string_lossy().into_owned());
            let database = Value::String(without_password(self.database.as_deref().unwrap_or_default()));
            let said = match (key.name, self.said.get(key.name)) {
                ("database", Some((_, origin))) => Some((&database, origin.clone())),
                ("home", said) => Some((&home, said.map_or(Origin::Default, |(_, origin)| origin.clone()))),
                (_, said) => said.map(|(value, origin)| (value, origin.clone())),
            };
            let _ = match said {
                Some((value, origin)) => writeln!(out, "{:<40} # {origin}", format!("{name} = {value}")),
                None => writeln!(out, "{:<40} # not said", format!("# {name}")),
            };
        }
        out
    }
}

/// The person's file: a named one must exist, the usual one need not.
fn file_layer(named: Option<PathBuf>, places: &Places) -> Result<Layer, Notice> {
    let must_exist = named.is_some();
    let Some(path) = named.or_else(|| places.config_folder.as_deref().map(file_in)) else {
        return Ok(Layer::default());
    };
    match fs::read_to_string(&path) {
        Ok(text) => Layer::from_toml(&text, &Origin::File(path)),
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => Ok(Layer::default()),
        Err(error) => Err(Notice::yours(
            format!("the configuration {} cannot be read: {error}", path.display()),
            "name another file with --config, or mend this one's permissions",
        )),
    }
}

/// The person's `keys.toml`; its words are the app's to understand.
fn keys(places: &Places) -> Result<Option<(PathBuf, String)>, Notice> {
    let Some(folder) = &places.config_folder else { return Ok(None) };
    let path = folder.join("storyloom").join("keys.toml");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Notice::yours(format!("the keys {} cannot be read: {error}", path.display()), "mend its permissions"))
        }
    }
}

/// The data folder: what was said, else the XDG data folder. A relative path in a file is meant from that file's folder.
fn home(said: &Layer, places: &Places) -> Result<PathBuf, Notice> {
    let nowhere = || {
        let what = "this user has no home folder, so there is nowhere to keep stories";
        Notice::yours(what, "name a folder with --home, or set STORYLOOM_HOME")
    };
    let Some((Value::String(path), origin)) = said.get("home") else {
        return Ok(places.data_folder.as_deref().ok_or_else(nowhere)?.join("storyloom"));
    };
    if let Some(inside) = path.strip_prefix("~/") {
        return Ok(places.user_folder.as_deref().ok_or_else(nowhere)?.join(inside));
    }
    match origin {
        Origin::File(file) => Ok(file.parent().unwrap_or(Path::new("")).join(path)),
        _ => Ok(PathBuf::from(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(folder: &Path, environment: &[(&str, &str)], flags: Flags) -> Result<Config, Notice> {
        let lookup =
            |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let places = Places {
            config_folder: Some(folder.to_owned()),
            data_folder: Some("/data".into()),
            user_folder: Some("/user".into()),
            lookup: &lookup,
        };
        Config::load_from(&places, flags)
    }

    fn with_file(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = file_in(folder.path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        folder
    }

    #[test]
    fn the_later_layer_wins_key_by_key() {
        let folder = with_file("images = \"kitty\"\nthreads = 1\nchapter = 4\n[sampling]\ntop_k = 9\ntemperature = 1");
        let environment = [("STORYLOOM_THREADS", "2"), ("STORYLOOM_SAMPLING_TOP_K", "8"), ("STORYLOOM_CHAPTER", "3")];
        let flags = Flags {
            chapter: Some(2),
            sampling: SamplingPatch { seed: Some(5), ..Default::default() },
            ..Default::default()
        };
        let config = load(folder.path(), &environment, flags).unwrap();
        assert_eq!((config.images, config.threads, config.chapter), (ImagesChoice::Kitty, 2, 2));
        let sampling = SamplingPatch { temperature: Some(1.0), top_k: Some(8), seed: Some(5), ..Default::default() };
        assert_eq!(config.sampling, sampling);
        assert_eq!(config.home, Path::new("/data/storyloom"));
        let printed = config.print();
        assert!(printed.contains("STORYLOOM_THREADS") && printed.contains("# command line"), "{printed}");
        let again = Layer::from_toml(&printed, &Origin::Flag).unwrap();
        assert_eq!(again.get("sampling.top_k").unwrap().0, Value::Integer(8));
    }

    #[test]
    fn without_a_file_the_shipped_defaults_hold_but_a_named_file_must_exist() {
        let empty = tempfile::tempdir().unwrap();
        let config = load(empty.path(), &[], Flags::default()).unwrap();
        assert_eq!((config.images, config.model, config.threads), (ImagesChoice::Auto, None, 0));
        let flags = Flags { config: Some(empty.path().join("mine.toml")), ..Default::default() };
        assert!(load(empty.path(), &[], flags).unwrap_err().what.contains("mine.toml"));
    }

    #[test]
    fn the_password_of_a_database_is_not_printed() {
        let environment = [("STORYLOOM_DATABASE", "postgres://me:secret@db.lab.org/loom")];
        let config = load(tempfile::tempdir().unwrap().path(), &environment, Flags::default()).unwrap();
        assert_eq!(config.database.as_deref(), Some("postgres://me:secret@db.lab.org/loom"));
        let printed = config.print();
        assert!(printed.contains("me:***@db.lab.org/loom") && !printed.contains("secret"), "{printed}");
    }

    #[test]
    fn home_may_start_at_the_users_folder_or_at_the_files() {
        let config = load(with_file("home = \"~/tales\"").path(), &[], Flags::default()).unwrap();
        assert_eq!(config.home, Path::new("/user/tales"));
        let folder = with_file("home = \"tales\"");
        let config = load(folder.path(), &[], Flags::default()).unwrap();
        assert_eq!(config.home, folder.path().join("storyloom/tales"));
    }
}
