//! Holds the documents to the program: commands parse, every verb is named, keys of the configuration exist, links lead
//! somewhere. It reads README.md, ARCHITECTURE.md and CONTRIBUTING.md; it does not run the commands.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot read its files fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::error::ErrorKind;
use regex::Regex;
use storyloom::cli::command;

const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The fenced blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut inside: Option<bool> = None;
    for line in text.lines() {
        match (line.trim_start().strip_prefix("```"), inside) {
            (Some(named), None) => {
                inside = Some(named.trim() == language);
                found.extend((named.trim() == language).then(String::new));
            }
            (Some(_), Some(_)) => inside = None,
            (None, Some(true)) => found.last_mut().unwrap().extend([line, "\n"]),
            _ => {}
        }
    }
    found
}

/// The words of a shell's line up to a comment, a pipe or a redirection; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let part = Regex::new(r#""([^"]*)"|'([^']*)'|(\S+)"#).unwrap();
    part.captures_iter(line)
        .map(|word| (1..=3).find_map(|group| word.get(group)).unwrap().as_str().to_owned())
        .take_while(|word| !word.starts_with('#') && !["|", ">", "<", "&&"].contains(&word.as_str()))
        .collect()
}

/// The storyloom command in a line of a shell, if there is one: by its name or through cargo.
fn storyloom(line: &str) -> Option<Vec<String>> {
    let mut words = words(line.trim_start().trim_start_matches("$ "));
    while words.first().is_some_and(|word| word.contains('=') && !word.starts_with('-')) {
        words.remove(0);
    }
    match words.first()?.as_str() {
        "storyloom" => Some(words),
        "cargo" if words.get(1).is_some_and(|verb| verb == "run") && !words.contains(&"--example".to_owned()) => {
            let own = words.iter().position(|word| word == "--").map_or(words.len(), |at| at + 1);
            Some([&["storyloom".to_owned()], &words[own..]].concat())
        }
        _ => None,
    }
}

fn parses(words: &[String]) -> Result<(), String> {
    match command().try_get_matches_from(words) {
        Err(error) if !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Err(format!("{}: {error}", words.join(" ")))
        }
        _ => Ok(()),
    }
}

/// Dotted names of all keys.
fn keys(table: &toml::Table, before: &str, found: &mut BTreeSet<String>) {
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => keys(inner, &format!("{before}{name}."), found),
            _ => drop(found.insert(format!("{before}{name}"))),
        }
    }
}

#[test]
fn every_command_in_the_documents_parses() {
    let (mut count, mut wrong) = (0, Vec::new());
    for document in DOCUMENTS {
        for command in blocks(&read(document), "sh").iter().flat_map(|block| block.lines()).filter_map(storyloom) {
            count += 1;
            wrong.extend(parses(&command).err().map(|error| format!("{document}: {error}")));
        }
    }
    assert!(count > 8, "only {count} commands found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_verb_is_in_the_readme() {
    let shown: BTreeSet<String> = blocks(&read("README.md"), "sh")
        .iter()
        .flat_map(|block| block.lines())
        .filter_map(|line| storyloom(line)?.get(1).cloned())
        .collect();
    for verb in command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
        assert!(shown.contains(verb.get_name()), "README.md shows no `storyloom {}`", verb.get_name());
    }
}

#[test]
fn keys_in_the_readme_are_keys_of_the_configuration() {
    let left_out = Regex::new(r"(?m)^# ([a-z_]+ = )").unwrap();
    let shipped = read("configs/studio.toml");
    let mut known = BTreeSet::new();
    keys(&left_out.replace_all(&shipped, "$1").parse().unwrap(), "", &mut known);
    let blocks = blocks(&read("README.md"), "toml");
    assert!(!blocks.is_empty(), "README.md shows no configuration");
    for block in blocks {
        let mut shown = BTreeSet::new();
        keys(&block.parse().unwrap(), "", &mut shown);
        assert!(shown.is_subset(&known), "{:?} are no keys", shown.difference(&known));
    }
}

#[test]
fn links_pictures_and_files_exist() {
    let link = Regex::new(r##"\]\(([^)#\s]+)[^)]*\)|(?:src|href)="([^"#]+)""##).unwrap();
    let file = Regex::new(r"`((?:src|configs|tests|assets|examples|migrations)/[\w./-]*)`").unwrap();
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        for found in link.captures_iter(&text).chain(file.captures_iter(&text)) {
            let target = found.get(1).or(found.get(2)).unwrap().as_str();
            if !target.contains(':') && !Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists() {
                missing.push(format!("{document}: {target}"));
            }
        }
    }
    assert!(missing.is_empty(), "these lead nowhere:\n{}", missing.join("\n"));
}

#[test]
fn commands_are_found_and_wrong_ones_refused() {
    let whole = |line: &str| storyloom(line).map(|words| words.join(" "));
    assert_eq!(whole("storyloom show 'my cat.gif' | less").as_deref(), Some("storyloom show my cat.gif"));
    assert_eq!(whole("NO_COLOR=1 cargo run --release -- doctor # a look").as_deref(), Some("storyloom doctor"));
    assert_eq!(whole("cargo run --release").as_deref(), Some("storyloom"));
    assert_eq!((whole("cargo test"), whole("# storyloom")), (None, None));
    assert!(parses(&words("storyloom doctor --json")).is_ok() && parses(&words("storyloom --help")).is_ok());
    assert!(parses(&words("storyloom doctor --jsonn")).is_err() && parses(&words("storyloom weave")).is_err());
    assert_eq!(blocks("```sh\na\n```\n```toml\nb = 1\n```", "toml"), ["b = 1\n"]);
}

/// All keys stand in the README as they are.
#[test]
fn the_table_of_keys_is_the_keymap() {
    let table = storyloom::app::Keymap::default().markdown();
    assert!(read("README.md").contains(&table), "README.md should have this table:\n{table}");
}
