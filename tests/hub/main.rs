//! `storyloom model add owner/name` as a person meets it, against a hub on loopback: whole, cut, refused, spoilt, absent.
#![allow(clippy::unwrap_used)]

mod person;
mod server;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::sync::mpsc;

use person::{Person, assert_refused, assert_whole, files, told, weights};
use server::{COMMIT, Hub, Manners, sha256};

#[test]
fn a_model_is_fetched_whole_and_only_what_is_needed() {
    let (person, hub) = (Person::new(), Hub::open(files(), Manners::default()));
    let output = person.add(&hub.endpoint, &["--name", "tale"]);
    assert_whole(&person, &output);
    assert!(String::from_utf8_lossy(&output.stdout).contains("smolvlm, 0.1M parameters, bf16"));
    let list = person.list();
    assert!(list.contains(&format!("owner/tale@{}", &COMMIT[..12])), "{list}");
    assert!(!person.file("README.md").exists() && !person.file("onnx").exists());
    assert_eq!(fs::read_to_string(person.cache().join("refs/main")).unwrap(), COMMIT);
    assert!(hub.log().iter().all(|asked| asked.headers["user-agent"].contains("storyloom")));

    // Again under another name: everything is there, nothing large is fetched.
    let before = hub.starts().len();
    let again = person.add(&hub.endpoint, &["--name", "tale-2", "--copy"]);
    assert_eq!(again.status.code(), Some(0), "{}", told(&again));
    assert_eq!(hub.starts().len(), before);
    let copy = person.folder.path().join("home/models/tale-2/model.safetensors");
    assert!(fs::symlink_metadata(&copy).unwrap().is_file());
    assert_eq!(fs::read(&copy).unwrap(), weights());
    let removed = person.command(&hub.endpoint).args(["model", "remove", "tale-2"]).output().unwrap();
    assert_eq!(removed.status.code(), Some(0), "{}", told(&removed));
    assert!(!copy.exists() && person.file("model.safetensors").exists());
}

#[test]
fn a_cut_line_is_taken_up_where_it_broke() {
    let (person, hub) = (Person::new(), Hub::open(files(), Manners { cuts: 3, ..Default::default() }));
    assert_whole(&person, &person.add(&hub.endpoint, &[]));
    let starts = hub.starts();
    assert_eq!((starts.len(), starts[0]), (4, 0), "{starts:?}");
    assert!(starts.is_sorted_by(|a, b| a < b), "{starts:?}");
}

#[test]
fn an_answer_that_ends_early_without_a_word_is_noticed() {
    let manners = Manners { cuts: 2, silent_length: true, ..Default::default() };
    let (person, hub) = (Person::new(), Hub::open(files(), manners));
    assert_whole(&person, &person.add(&hub.endpoint, &[]));
    assert_eq!(hub.starts().len(), 3);
}

#[test]
fn a_killed_download_goes_on_in_the_next_run() {
    let (told_stall, stalled) = mpsc::channel();
    let manners = Manners { stall: Some((200_000, told_stall)), ..Default::default() };
    let (person, hub) = (Person::new(), Hub::open(files(), manners));
    let mut first = person.command(&hub.endpoint).args(["model", "add", "owner/tale"]).spawn().unwrap();
    stalled.recv().unwrap();
    let part = person.cache().join("blobs").join(format!("{}.part", sha256(&weights())));
    while fs::metadata(&part).map_or(0, |part| part.len()) == 0 {
        std::thread::yield_now();
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert_whole(&person, &person.add(&hub.endpoint, &[]));
    let starts = hub.starts();
    assert!(starts.len() == 2 && starts[1] > 0, "{starts:?}");
}

#[test]
fn what_an_earlier_attempt_left_is_used_only_if_it_is_right() {
    let name = sha256(&weights());
    let whole = weights();
    let wrong = vec![7; 1000];
    let too_long = vec![7; whole.len() + 5];
    for left in [whole.clone(), wrong, too_long, whole[..1000].to_vec()] {
        let (person, hub) = (Person::new(), Hub::open(files(), Manners::default()));
        fs::create_dir_all(person.cache().join("blobs")).unwrap();
        fs::write(person.cache().join("blobs").join(format!("{name}.part")), left).unwrap();
        assert_whole(&person, &person.add(&hub.endpoint, &[]));
    }
}

#[test]
fn a_server_that_ignores_ranges_does_not_spoil_the_file() {
    let (person, hub) = (Person::new(), Hub::open(files(), Manners { whole_only: true, ..Default::default() }));
    fs::create_dir_all(person.cache().join("blobs")).unwrap();
    let part = person.cache().join("blobs").join(format!("{}.part", sha256(&weights())));
    fs::write(part, &weights()[..1000]).unwrap();
    assert_whole(&person, &person.add(&hub.endpoint, &[]));
}

#[test]
fn a_wrong_checksum_is_refused_and_nothing_of_it_stays() {
    let (person, hub) = (Person::new(), Hub::open(files(), Manners { spoilt: true, ..Default::default() }));
    let output = person.add(&hub.endpoint, &[]);
    assert_refused(&person, &output, 3, &["model.safetensors", "sha256", "thrown away"]);
    let name = sha256(&weights());
    let left: Vec<_> = fs::read_dir(person.cache().join("blobs")).unwrap().flatten().collect();
    assert!(left.iter().all(|file| file.file_name() != name.as_str()), "{left:?}");
    hub.behave(Manners::default());
    assert_whole(&person, &person.add(&hub.endpoint, &[]));
}

#[test]
fn a_gated_model_needs_a_token_that_may() {
    let (person, hub) = (Person::new(), Hub::open(files(), Manners { token: Some("good"), ..Default::default() }));
    assert_refused(&person, &person.add(&hub.endpoint, &[]), 1, &["401", "HF_TOKEN"]);
    assert_refused(&person, &person.with_token(&hub.endpoint, "bad"), 1, &["401", "token"]);
    assert_whole(&person, &person.with_token(&hub.endpoint, "good"));
}

#[test]
fn the_token_file_counts_and_a_private_model_is_not_confirmed() {
    let manners = Manners { token: Some("good"), private: true, ..Default::default() };
    let (person, hub) = (Person::new(), Hub::open(files(), manners));
    assert_refused(&person, &person.add(&hub.endpoint, &[]), 1, &["private, gated, or does not exist"]);
    fs::create_dir_all(person.folder.path().join("hf")).unwrap();
    fs::write(person.folder.path().join("hf/token"), "good\n").unwrap();
    assert_whole(&person, &person.add(&hub.endpoint, &[]));
}

#[test]
fn what_is_not_there_is_said_to_be_missing() {
    let (person, hub) = (Person::new(), Hub::open(files(), Manners::default()));
    let ask = |id: &str| person.command(&hub.endpoint).args(["model", "add", id]).output().unwrap();
    assert_refused(&person, &ask("owner/none"), 1, &["no model owner/none"]);
    assert_refused(&person, &ask("owner/tale@v9"), 1, &["revision 'v9'"]);
    assert_refused(&person, &ask("no-such-folder"), 1, &["no folder no-such-folder", "owner/name"]);
}

#[test]
fn a_model_that_cannot_tell_is_turned_down_before_its_weights_are_fetched() {
    let mut files = files();
    files[1].1 = br#"{"model_type":"blip"}"#.to_vec();
    let (person, hub) = (Person::new(), Hub::open(files, Manners::default()));
    assert_refused(&person, &person.add(&hub.endpoint, &[]), 1, &["'blip'", "smolvlm"]);
    assert!(hub.starts().is_empty());
    let pickled = vec![("config.json", br#"{"model_type":"smolvlm"}"#.to_vec()), ("pytorch_model.bin", vec![1])];
    let (person, hub) = (Person::new(), Hub::open(pickled, Manners::default()));
    assert_refused(&person, &person.add(&hub.endpoint, &[]), 1, &["no safetensors weights"]);
}

#[test]
fn without_a_network_the_folder_way_is_named() {
    let person = Person::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = person.add(&format!("http://{closed}"), &[]);
    assert_refused(&person, &output, 3, &["cannot be reached", "model add FOLDER"]);
}

#[test]
fn a_page_in_the_way_is_not_taken_for_a_hub() {
    let (person, hub) = (Person::new(), Hub::open(files(), Manners { login_page: true, ..Default::default() }));
    assert_refused(&person, &person.add(&hub.endpoint, &[]), 3, &["did not answer as a model hub", "login page"]);
}

#[test]
fn the_proxy_of_the_environment_is_used() {
    let (person, proxy) = (Person::new(), Hub::open(files(), Manners::default()));
    let mut command = person.command("http://hub.invalid");
    command.env("ALL_PROXY", &proxy.endpoint).env("NO_PROXY", "127.0.0.1");
    assert_whole(&person, &command.args(["model", "add", "owner/tale"]).output().unwrap());
}

#[test]
fn a_folder_is_linked_and_every_fault_in_it_is_named() {
    let person = Person::new();
    let folder = person.folder.path().join("tale");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let add = || person.command("http://127.0.0.1:9").args(["model", "add"]).arg(&folder).output().unwrap();
    fs::create_dir(&folder).unwrap();
    assert_refused(&person, &add(), 1, &["config.json"]);
    for (name, bytes) in &files()[1..4] {
        write(name, bytes);
    }
    write("model.safetensors", &weights()[..299_000]);
    assert_refused(&person, &add(), 1, &["model.safetensors is cut short"]);
    fs::remove_file(folder.join("model.safetensors")).unwrap();
    write("model.safetensors.index.json", br#"{"weight_map":{"w":"model-00001-of-00002.safetensors"}}"#);
    assert_refused(&person, &add(), 1, &["model-00001-of-00002.safetensors is missing"]);
    write("model-00001-of-00002.safetensors", &weights());
    assert_added_from(&person, &add(), &folder);
    write("model.safetensors.index.json", br#"{"weight_map":{"w":"../w.safetensors"}}"#);
    assert!(told(&add_as(&person, &folder, "two")).contains("outside its folder"));
}

fn add_as(person: &Person, folder: &Path, name: &str) -> Output {
    let mut command = person.command("http://127.0.0.1:9");
    command.args(["model", "add", "--name", name]).arg(folder).output().unwrap()
}

fn assert_added_from(person: &Person, output: &Output, folder: &Path) {
    assert_eq!(output.status.code(), Some(0), "{}", told(output));
    assert!(person.list().contains(&folder.canonicalize().unwrap().display().to_string()));
    let use_it = |name: &str| person.command("http://127.0.0.1:9").args(["model", "use", name]).output().unwrap();
    assert_eq!(use_it("tale").status.code(), Some(0));
    let wrong = use_it("tael");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(told(&wrong).contains("did you mean 'tale'"), "{}", told(&wrong));
}

#[test]
fn an_adapter_stands_on_a_listed_model() {
    let (person, hub) = (Person::new(), Hub::open(files(), Manners::default()));
    let folder = person.folder.path().join("rainy");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("adapter_model.safetensors"), weights()).unwrap();
    let config = r#"{"peft_type":"LORA","r":8,"base_model_name_or_path":"owner/tale"}"#;
    fs::write(folder.join("adapter_config.json"), config).unwrap();
    let add = |more: &[&str]| {
        let mut command = person.command(&hub.endpoint);
        command.args(["model", "add"]).arg(&folder).args(more).output().unwrap()
    };
    assert_refused(&person, &add(&[]), 1, &["stands on owner/tale", "--base"]);
    assert_whole(&person, &person.add(&hub.endpoint, &["--name", "tale"]));
    assert_eq!(add(&[]).status.code(), Some(0));
    assert!(person.list().contains("\"rainy\""));
    let remove = |name: &str| person.command(&hub.endpoint).args(["model", "remove", name]).output().unwrap();
    assert!(told(&remove("tale")).contains("rainy"));
    assert_eq!((remove("rainy").status.code(), remove("tale").status.code()), (Some(0), Some(0)));
    assert!(folder.join("adapter_config.json").exists());
}
