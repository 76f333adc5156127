//! Holds the code to the house: who may import whom, no circles, every file documented, printing only where it belongs.
//!
//! The rules are in `house/house.rs`, the reader of Rust files in `house/source.rs`. Test code is held to the table as
//! well, with the exceptions named there, and may print.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

#[path = "house/house.rs"]
mod house;
#[path = "house/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use house::{House, LONGEST, TABLE};

fn violations(files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(String, String)> =
        files.iter().map(|(place, text)| ((*place).to_owned(), format!("//! A file.\n{text}"))).collect();
    House::new(&files).violations()
}

/// The only violation, which must hold every one of `words`.
fn one(files: &[(&str, &str)], words: &[&str]) {
    let found = violations(files);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(words.iter().all(|word| found[0].contains(word)), "{found:#?}");
}

fn none(files: &[(&str, &str)]) {
    assert_eq!(violations(files), Vec::<String>::new());
}

fn read(folder: &Path, place: &str, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), &format!("{place}{name}/"), files);
        } else if name.ends_with(".rs") {
            files.push((format!("{place}{name}"), fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

#[test]
fn the_house_is_in_order() {
    let mut files = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut files);
    assert!(files.len() > 100, "only {} files found", files.len());
    let found = House::new(&files).violations();
    assert!(found.is_empty(), "{} rules broken:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_architecture_shows_the_same_table() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (room, allowed) in TABLE {
        let start = format!("| `{room}` |");
        let row = text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row for {room}"));
        let mut shown: Vec<&str> = row[start.len()..].split('`').skip(1).step_by(2).collect();
        let mut allowed = allowed.to_vec();
        if room == "cli" {
            assert!(row.contains("everything"), "{row}");
            continue;
        }
        shown.sort_unstable();
        allowed.sort_unstable();
        assert_eq!(shown, allowed, "{room}");
    }
}

#[test]
fn an_import_against_the_table_is_found_however_it_is_written() {
    one(&[("model/a.rs", "use crate::story::Task;")], &["model/a.rs:2", "model may not import story"]);
    one(&[("pixels/a.rs", "use crate::{pixels::b, world::{words::{Place}}};")], &["pixels may not import world"]);
    one(&[("app/a.rs", "fn f() { crate::studio::open() }")], &["app may not import studio"]);
    one(&[("app/b/c.rs", "use super::super::super::shelf::Shelf;")], &["app may not import shelf"]);
    one(&[("train/a.rs", "fn f() { super::super::shelf::open() }")], &["train may not import shelf"]);
    one(&[("main.rs", "fn main() { storyloom::attic::main() }")], &["main may not import attic"]);
    one(&[("attic/a.rs", "")], &["no room 'attic'"]);
}

#[test]
fn what_the_table_allows_and_what_is_only_written_about_is_left_alone() {
    none(&[("model/a.rs", "// use crate::story::Task;\n/* crate::app::App */\nconst A: &str = \"crate::app::App\";")]);
    none(&[("model/a.rs", "const A: &str = r#\"say \"crate::app::x\" \"#; const B: char = '\\''; fn f<'a>() {}")]);
    none(&[("writer/a.rs", "use crate::{model::Net, pixels, story::{Task, Story as Told}};")]);
    none(&[("app/a.rs", "#[cfg(test)]\nmod tests {\n use super::*;\n use crate::pixels::Rgb;\n}")]);
    none(&[("main.rs", "fn main() { storyloom::cli::main() }"), ("cli/mod.rs", "pub fn main() {}")]);
    none(&[("pixels/a.rs", "pub(in crate::pixels) fn f() {}")]);
}

#[test]
fn a_re_export_from_another_room_is_found() {
    one(&[("writer/mod.rs", "pub use crate::model::Net;")], &["writer re-exports from model"]);
}

#[test]
fn a_circle_is_found_and_named() {
    let a = ("world/a.rs", "use super::b::B;\npub struct A;");
    let b = ("world/b.rs", "use crate::world::c;\npub struct B;");
    one(
        &[a, b, ("world/c.rs", "fn c(_: super::a::A) {}")],
        &["circle", "world/a.rs:2", "world/b.rs:2", "world/c.rs:2"],
    );
    none(&[a, b, ("world/c.rs", "pub struct C;")]);
}

#[test]
fn a_name_that_a_module_only_hands_on_leads_to_the_file_that_declares_it() {
    let door = ("world/mod.rs", "mod a;\nmod b;\npub use a::A;\npub use b::{B, B as Bee};");
    let b = ("world/b.rs", "pub struct B;");
    none(&[door, b, ("world/a.rs", "use super::B;\npub struct A;")]);
    one(
        &[
            door,
            ("world/a.rs", "use super::Bee;\npub struct A;"),
            ("world/b.rs", "use crate::world::A;\npub struct B;"),
        ],
        &["circle"],
    );
    let busy = ("world/mod.rs", "mod a;\npub fn start() { a::run() }");
    one(&[busy, ("world/a.rs", "pub fn run() { super::start() }")], &["world/a.rs", "world/mod.rs"]);
}

#[test]
fn the_app_reaches_nothing_that_does() {
    one(&[("app/a.rs", "use tokio::sync::mpsc;")], &["app reaches tokio"]);
    one(&[("app/a.rs", "fn f() { let _ = std::fs::read(\"a\"); }")], &["app reaches std::fs"]);
}

#[test]
fn printing_undocumented_and_endless_files_are_found() {
    one(&[("shelf/a.rs", "fn f() { println!(\"kept\") }")], &["shelf/a.rs:2", "println"]);
    one(&[("app/a.rs", "fn f() { let _ = stdout(); }")], &["stdout"]);
    none(&[("runs/a.rs", "fn f(child: Command) { child.stdout(log) }")]);
    none(&[("cli/a.rs", "fn f() { println!(\"told\") }"), ("session/local.rs", "fn f() { eprintln!(\"told\") }")]);
    none(&[("shelf/a.rs", "#[cfg(test)]\nmod tests { fn f() { eprintln!(\"left out\") } }")]);
    none(&[("shelf/mod.rs", "#[cfg(test)]\nmod a;"), ("shelf/a.rs", "fn f() { eprintln!(\"left out\") }")]);
    let bare = House::new(&[("shelf/a.rs".to_owned(), "fn f() {}".to_owned())]).violations();
    assert!(bare.len() == 1 && bare[0].contains("//!"), "{bare:?}");
    one(&[("shelf/a.rs", &"\n".repeat(LONGEST))], &["more than 400"]);
}
