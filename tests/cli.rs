//! The command line as a shell meets it: exit codes, configuration, pipes, several processes at once.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn storyloom(user: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storyloom"));
    command.env_clear().env("HOME", user).args(arguments);
    command
}

fn run(user: &Path, arguments: &[&str]) -> Output {
    storyloom(user, arguments).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The verb that a line of a list of verbs names; a description too long for its line goes on below, further in.
fn listed(line: &str) -> Option<&str> {
    line.strip_prefix("  ")?.split(' ').next().filter(|verb| !verb.is_empty())
}

#[test]
fn every_verb_has_help_with_an_example() {
    let user = tempfile::tempdir().unwrap();
    let whole = said(&run(user.path(), &["--help"]).stdout);
    assert!(whole.contains("Examples:") && whole.contains("Exit codes:"), "{whole}");
    let verbs = whole.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let verbs: Vec<&str> = verbs.lines().filter_map(listed).collect();
    assert!(verbs.contains(&"model") && verbs.contains(&"doctor"), "{verbs:?}");
    for verb in verbs {
        // A verb of verbs has its examples one floor below.
        let help = said(&run(user.path(), &[verb, "--help"]).stdout);
        let below = help.split("Commands:").nth(1).and_then(|rest| rest.split("\n\n").next());
        let below = below.map(|rest| rest.lines().filter_map(listed).collect::<Vec<_>>());
        for one in below.unwrap_or_default() {
            let help = said(&run(user.path(), &[verb, one, "--help"]).stdout);
            assert!(help.contains("Example"), "{verb} {one}");
        }
        assert!(help.contains("Example"), "{verb}");
    }
}

#[test]
fn what_is_not_understood_ends_with_two() {
    let user = tempfile::tempdir().unwrap();
    let output = run(user.path(), &["modle"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output.stderr).contains("model"), "{}", said(&output.stderr));
    assert_eq!(run(user.path(), &["--images", "ascii"]).status.code(), Some(2));
}

#[test]
fn a_slip_in_the_configuration_names_file_and_key() {
    let user = tempfile::tempdir().unwrap();
    let folder = user.path().join(".config/storyloom");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), "imges = \"off\"\n").unwrap();
    let output = run(user.path(), &["model", "list"]);
    assert_eq!(output.status.code(), Some(1));
    let told = said(&output.stderr);
    assert!(told.contains("config.toml") && told.contains("did you mean 'images'?"), "{told}");
    assert!(!told.contains('\x1b'), "no colours where there is no terminal");
    // What needs no configuration does not stumble over it.
    assert!(said(&run(user.path(), &["completions", "bash"]).stdout).contains("storyloom"));
}

#[test]
fn the_configuration_is_printed_with_who_said_it() {
    let user = tempfile::tempdir().unwrap();
    let output = storyloom(user.path(), &["--print-config", "--threads", "3"]).env("STORYLOOM_IMAGES", "half").output();
    let text = said(&output.unwrap().stdout);
    for line in
        ["threads = 3", "command line", "images = \"half\"", "STORYLOOM_IMAGES", "[sampling]", ".local/share/storyloom"]
    {
        assert!(text.contains(line), "'{line}' is not in {text}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let user = tempfile::tempdir().unwrap();
    let mut child =
        storyloom(user.path(), &["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut told = String::new();
    child.stderr.unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
}

#[test]
fn ctrl_c_ends_a_telling_and_what_was_told_is_kept() {
    let user = tempfile::tempdir().unwrap();
    // Every bundled picture, one after the other: a story of many chapters that is far from its end.
    let mut pictures = Vec::new();
    for tale in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sequences")).unwrap() {
        let files = fs::read_dir(tale.unwrap().path()).unwrap().map(|file| file.unwrap().path());
        pictures.extend(files.filter(|file| file.extension().is_some_and(|end| end == "png")));
    }
    let mut child =
        storyloom(user.path(), &["tell"]).args(pictures).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 16];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let told = said(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.contains("stopped") && told.contains("kept"), "{told}");
    let report = run(user.path(), &["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report["home"]["stories"], 1);
}

#[test]
fn sampling_out_of_range_is_not_understood() {
    let user = tempfile::tempdir().unwrap();
    for flags in [["--temperature", "nan"], ["--top-p", "2"], ["--max-new-tokens", "0"], ["--stop", ""]] {
        let output = run(user.path(), &[&["tell", "a-gift-for-ben"], &flags[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(said(&output.stderr).contains(flags[0]), "{flags:?}");
    }
}

#[test]
fn several_processes_may_begin_a_home_at_once() {
    let user = tempfile::tempdir().unwrap();
    let start = || storyloom(user.path(), &["model", "list"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let children: Vec<_> = (0..6).map(|_| start().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    }
}

#[test]
fn a_home_that_cannot_be_written_ends_with_three() {
    let user = tempfile::tempdir().unwrap();
    let file = user.path().join("file");
    fs::write(&file, "").unwrap();
    let home = file.join("home");
    let output = run(user.path(), &["model", "list", "--home", home.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output.stderr).contains("--home"));
    // doctor is for such cases: it reports instead of failing.
    let output = run(user.path(), &["doctor", "--json", "--home", home.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["home"]["trouble"].as_str().unwrap().contains("cannot write"));
    assert!(report["machine"]["cores"].as_u64().unwrap() > 0);
    assert_eq!(report["terminal"]["terminal"], false);
}
