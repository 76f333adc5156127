//! What has to be done before a remote model is on the list: reach it, ask what it is, write down where it is.
//!
//! It blocks and leaves nothing behind when it fails. The key is asked for and used, and written nowhere.

use std::fs;
use std::io;
use std::path::Path;

use super::adding::free_name;
use crate::shelf::Checkpoint;
use crate::story::Notice;
use crate::writer::remote::{Engine, FILE, Remote, ask_engine, sees};

/// What a remote model's address begins with on a command line.
pub const SCHEME: &str = "openai:";

/// A remote model that is to be added.
#[derive(Clone, Debug, Default)]
pub struct AddRemote {
    /// Of its API, without `openai:`.
    pub url: String,
    /// Its name over there; `None`: the only one that is served.
    pub model: Option<String>,
    /// The environment variable that holds its key.
    pub key_env: Option<String>,
    /// Its name in the list; `None`: as it is called over there.
    pub name: Option<String>,
    /// Do not ask the engine anything.
    pub unchecked: bool,
    /// Send no pictures, whatever the engine says.
    pub blind: bool,
    pub frames: Option<usize>,
    pub side: Option<u32>,
}

/// Asks the engine and writes the model's folder below `models`; what is ready for the list, and whether the model sees
/// pictures, where its engine says so.
///
/// # Errors
/// An engine that cannot be asked, does not serve the model, or a folder that cannot be written.
pub fn prepare_remote(
    order: &AddRemote,
    models: &Path,
    taken: &[String],
) -> Result<(Checkpoint, Option<bool>), Notice> {
    // Whatever it is called, it is asked for its list first.
    let asked = order.model.clone().unwrap_or_else(|| "?".to_owned());
    let mut remote = Remote::new(&order.url, &asked, order.key_env.as_deref())?;
    let engine = if order.unchecked { Engine::default() } else { ask_engine(&remote).map_err(Notice::from)? };
    let served = || {
        let some: Vec<&str> = engine.models.iter().take(8).map(String::as_str).collect();
        if some.is_empty() {
            "ask whoever runs it for a name".to_owned()
        } else {
            format!("it serves {}", some.join(", "))
        }
    };
    remote.model = match (&order.model, engine.models.as_slice()) {
        (Some(model), _) if engine.serves(model) => model.clone(),
        (Some(model), _) => {
            return Err(Notice::yours(format!("{} serves no model '{model}'", remote.at()), served()));
        }
        (None, [only]) => only.clone(),
        (None, _) => {
            return Err(Notice::yours(
                format!("which model of {} is meant?", remote.at()),
                format!("add --model NAME: {}", served()),
            ));
        }
    };
    remote.engine = if engine.owner.is_empty() { "remote".to_owned() } else { engine.name().to_owned() };
    let sees = if order.unchecked { None } else { sees(&remote, &engine).map_err(Notice::from)? };
    remote.vision = !order.blind && sees.unwrap_or(true);
    remote.frames = order.frames.unwrap_or(remote.frames);
    remote.side = order.side.unwrap_or(remote.side);
    let name = free_name(order.name.clone().unwrap_or_else(|| called(&remote.model)), taken)?;
    let folder = models.join(&name);
    write(&remote, models, &folder).map_err(|error| {
        Notice::outside(
            format!("{} cannot be written: {error}", folder.display()),
            "free some space, or mend its permissions",
        )
    })?;
    let checkpoint = Checkpoint {
        name,
        source: remote.source(),
        hash: remote.hash(),
        owned: true,
        stamp: 0,
        family: remote.engine.clone(),
        dtype: String::new(),
        parameters: 0,
        bytes: 0,
        world_only: false,
        folder,
    };
    Ok((checkpoint, sees))
}

/// Whole or not at all: into a folder beside, then renamed.
fn write(remote: &Remote, models: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(models)?;
    let beside = tempfile::tempdir_in(models)?;
    fs::write(beside.path().join(FILE), serde_json::to_vec_pretty(remote)?)?;
    // A folder of this name that no list names is left over from one whose row was never written.
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(beside.keep(), folder)
}

/// "Qwen/Qwen2.5-VL-7B:awq" is called "Qwen2.5-VL-7B-awq".
fn called(model: &str) -> String {
    let last = model.trim_end_matches('/').rsplit('/').next().unwrap_or(model);
    let last = last.strip_suffix(".gguf").unwrap_or(last);
    let plain = |sign: char| if sign.is_ascii_alphanumeric() || "-_.".contains(sign) { sign } else { '-' };
    let name: String = last.chars().map(plain).take(64).collect();
    name.trim_start_matches(|first: char| !first.is_ascii_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::remote::loopback::{Answer, Loopback};

    const LIST: &str = r#"{"object":"list","data":[{"id":"org/story-vl","object":"model","owned_by":"vllm"}]}"#;

    fn order(engine: &Loopback) -> AddRemote {
        AddRemote { url: engine.url(), ..AddRemote::default() }
    }

    #[test]
    fn the_only_model_of_an_engine_is_taken_under_its_own_name() {
        let home = tempfile::tempdir().unwrap();
        let engine = Loopback::start(vec![Answer::json(LIST)]);
        let (added, _) = prepare_remote(&order(&engine), home.path(), &[]).unwrap();
        assert_eq!((added.name.as_str(), added.family.as_str(), added.owned), ("story-vl", "vLLM", true));
        let remote = Remote::open(&added.folder).unwrap().unwrap();
        assert_eq!((remote.model.as_str(), remote.vision, added.hash), ("org/story-vl", true, remote.hash()));
    }

    #[test]
    fn a_model_that_is_not_served_is_refused_and_nothing_is_left_behind() {
        let home = tempfile::tempdir().unwrap();
        let engine = Loopback::start(vec![Answer::json(LIST)]);
        let wrong = AddRemote { model: Some("other".into()), ..order(&engine) };
        let notice = prepare_remote(&wrong, home.path(), &[]).unwrap_err();
        assert!(notice.what.contains("'other'") && notice.try_this.contains("org/story-vl"), "{notice}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
        let nobody = AddRemote { url: "http://127.0.0.1:9".into(), model: Some("m".into()), ..AddRemote::default() };
        assert!(prepare_remote(&nobody, home.path(), &[]).unwrap_err().what.contains("cannot be reached"));
    }

    #[test]
    fn an_engine_of_words_alone_says_so_and_is_believed() {
        let home = tempfile::tempdir().unwrap();
        let list = r#"{"object":"list","data":[{"id":"/m/tiny.gguf","owned_by":"llamacpp"}]}"#;
        let props = r#"{"default_generation_settings":{},"modalities":{"vision":false,"audio":false}}"#;
        let engine = Loopback::start(vec![Answer::json(list), Answer::json(props)]);
        let (added, sees) = prepare_remote(&order(&engine), home.path(), &[]).unwrap();
        assert_eq!((added.name.as_str(), sees), ("tiny", Some(false)));
        assert_eq!(engine.asked()[1].path, "/props");
        assert!(!Remote::open(&added.folder).unwrap().unwrap().vision);
    }
}
