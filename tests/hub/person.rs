//! A person with an empty home, a model to fetch, and what must hold afterwards.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::server::COMMIT;

/// A person with an empty home and an empty cache.
pub struct Person {
    pub folder: tempfile::TempDir,
}

impl Person {
    pub fn new() -> Person {
        Person { folder: tempfile::tempdir().unwrap() }
    }

    pub fn command(&self, endpoint: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storyloom"));
        // Nothing of this machine: its proxies and tokens are not part of the test.
        command.env_clear().env("HOME", self.folder.path()).env("HF_HOME", self.folder.path().join("hf"));
        command.env("STORYLOOM_HOME", self.folder.path().join("home")).env("HF_ENDPOINT", endpoint);
        command
    }

    pub fn add(&self, endpoint: &str, more: &[&str]) -> Output {
        self.command(endpoint).args(["model", "add", "owner/tale"]).args(more).output().unwrap()
    }

    pub fn with_token(&self, endpoint: &str, token: &str) -> Output {
        self.command(endpoint).env("HF_TOKEN", token).args(["model", "add", "owner/tale"]).output().unwrap()
    }

    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("hf/hub/models--owner--tale")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.cache().join("snapshots").join(COMMIT).join(name)
    }

    pub fn list(&self) -> String {
        let output = self.command("http://127.0.0.1:9").args(["model", "list", "--json"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A model that passes every check: one tensor of 300 kB in bf16.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    let header = br#"{"w":{"dtype":"BF16","shape":[150000],"data_offsets":[0,300000]}}"#;
    let mut weights = (header.len() as u64).to_le_bytes().to_vec();
    weights.extend_from_slice(header);
    weights.extend((0..300_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8));
    let tokenizer = br#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
        "pre_tokenizer":null,"post_processor":null,"decoder":null,
        "model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}"#;
    vec![
        ("README.md", b"# Tale".to_vec()),
        ("config.json", br#"{"model_type":"smolvlm"}"#.to_vec()),
        ("tokenizer.json", tokenizer.to_vec()),
        ("model.safetensors", weights),
        ("onnx/model.safetensors", b"for others".to_vec()),
    ]
}

pub fn weights() -> Vec<u8> {
    files().remove(3).1
}

pub fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn assert_whole(person: &Person, output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", told(output));
    assert_eq!(fs::read(person.file("model.safetensors")).unwrap(), weights());
    assert!(person.list().contains("\"tale\""));
}

pub fn assert_refused(person: &Person, output: &Output, code: i32, words: &[&str]) {
    let told = told(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    for word in words {
        assert!(told.contains(word), "'{word}' is not in: {told}");
    }
    assert!(!person.list().contains("\"tale\""));
    assert!(!person.file("model.safetensors").exists());
}
