//! Trainings handed over to stand-ins that speak as the real ones do: a shell as a trainer, scripts as Slurm's programs, a socket as
//! Ray.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::follow::{Ended, hand_over};
use super::recipe::ExternalRecipe;
use super::state::{Record, State};
use crate::exchange::{SnapshotCard, SnapshotPair, SnapshotStory, snapshot_files};
use crate::story::Notice;

/// A trainer that writes three steps and an adapter, as a Python that is asked to run a program would.
const TRAINER: &str = r#"#!/bin/sh
out="$(dirname "$2")/out"
echo "begun \033[31mred"
for step in 1 2 3; do
  echo "{\"loss\": 0.$step, \"epoch\": 1, \"step\": $step, \"of\": 3}" >>"$out/metrics.jsonl"
  sleep 0.05
done
[ -n "$SLOW" ] && sleep 60
mkdir -p "$out/adapter"
echo '{"peft_type":"LORA","r":2}' >"$out/adapter/adapter_config.json"
cp "$(dirname "$0")/weights" "$out/adapter/adapter_model.safetensors"
"#;

struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let story = |system: &str, text: &str| SnapshotStory { system: system.into(), text: text.into() };
        let pair = |n: usize, target: f64| SnapshotPair {
            pair: format!("p{n}"),
            sequence: format!("s{n}"),
            images: vec!["images/a.png".into(), "images/b.png".into()],
            prompt: "Tell.".into(),
            first: story("one", "A fox."),
            second: story("two", "A <image> dog."),
            votes: 2,
            target,
            strength: 1.0,
            criteria: Default::default(),
            both_bad: 0,
        };
        let (_, files) = snapshot_files(SnapshotCard::default(), &[pair(1, 1.0), pair(2, 0.0), pair(3, 0.5)]).unwrap();
        fs::create_dir_all(at.join("snapshot/images")).unwrap();
        files.iter().for_each(|(name, content)| fs::write(at.join("snapshot").join(name), content).unwrap());
        ["a.png", "b.png"].iter().for_each(|name| fs::write(at.join("snapshot/images").join(name), name).unwrap());
        let stage = Stage { folder };
        stage.program("python", TRAINER);
        fs::write(
            stage.at("weights"),
            safetensors::serialize(Vec::<(String, safetensors::tensor::TensorView<'_>)>::new(), None).unwrap(),
        )
        .unwrap();
        stage
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn recipe(&self, more: &str) -> ExternalRecipe {
        let (snapshot, python) = (self.at("snapshot"), self.at("python"));
        let text = format!(
            "kind = 'external'\nname = 'x'\ntrainer = 'trl'\nstage = 'dpo'\nbase = 'some/base'\nsnapshot = '{}'\npython = '{}'\npoll_seconds = 0.05\n{more}",
            snapshot.display(),
            python.display()
        );
        ExternalRecipe::parse(&text).unwrap()
    }

    fn run(&self) -> PathBuf {
        self.at("run")
    }

    fn hand(&self, recipe: &ExternalRecipe, stop: &AtomicBool) -> (Result<Ended, Notice>, Vec<String>) {
        let mut said = Vec::new();
        let ended = hand_over(recipe, &self.run(), stop, &mut |line| said.push(line.to_owned()));
        (ended, said)
    }

    fn record(&self) -> Record {
        Record::read(&self.run()).unwrap()
    }
}

fn steps(run: &Path) -> Vec<Value> {
    fs::read_to_string(run.join("steps.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_training_here_is_handed_over_followed_and_its_adapter_fetched() {
    let stage = Stage::new();
    let (ended, said) = stage.hand(&stage.recipe("[settings]\nmax_steps = 3"), &AtomicBool::new(false));
    assert_eq!(ended.unwrap(), Ended::Succeeded(Some(stage.run().join("adapter"))));
    let lines = steps(&stage.run());
    assert_eq!(
        lines.iter().map(|line| (line["step"].as_u64().unwrap(), line["of"].as_u64().unwrap())).collect::<Vec<_>>(),
        [(1, 3), (2, 3), (3, 3)]
    );
    assert_eq!((lines[1]["loss"].as_f64(), lines[0]["stage"].as_str()), (Some(0.2), Some("dpo")));
    assert!(
        said.iter().any(|line| line.contains("begun")) && said.iter().all(|line| !line.contains('\x1b')),
        "{said:?}"
    );
    assert!(stage.run().join("adapter/adapter_config.json").is_file());
    let job: Value = serde_json::from_slice(&fs::read(stage.run().join("external/job.json")).unwrap()).unwrap();
    assert_eq!((job["stage"].as_str(), job["settings"]["max_steps"].as_u64()), (Some("dpo"), Some(3)));
    let rows = fs::read_to_string(job["data"].as_str().unwrap()).unwrap();
    assert_eq!(rows.lines().count(), 2, "a pair that nobody could decide is left out");
    let row: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    assert!(
        Path::new(row["images"][1].as_str().unwrap()).is_absolute()
            && row["chosen"][0]["content"][0]["text"] == "A fox."
    );
    // A run that ended well is not trained again.
    let (again, _) = stage.hand(&stage.recipe(""), &AtomicBool::new(false));
    assert!(matches!(again, Ok(Ended::Succeeded(Some(_)))) && steps(&stage.run()).len() == 3);
}

#[test]
fn a_training_that_fails_says_its_last_lines_and_one_that_is_stopped_is_ended_over_there() {
    let stage = Stage::new();
    stage.program("python", "#!/bin/sh\necho loading\necho 'RuntimeError: no kernel image' >&2\nexit 3\n");
    let (ended, _) = stage.hand(&stage.recipe(""), &AtomicBool::new(false));
    let what = ended.unwrap_err().what;
    assert!(what.contains("code 3") && what.contains("no kernel image"), "{what}");
    assert_eq!(stage.record().state, State::Failed);
    let slow = Stage::new();
    slow.program("python", &TRAINER.replace("[ -n \"$SLOW\" ] && ", ""));
    let stop = Arc::new(AtomicBool::new(false));
    let later = stop.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(600));
        later.store(true, Ordering::Relaxed);
    });
    let (ended, _) = slow.hand(&slow.recipe(""), &stop);
    assert_eq!((ended.unwrap(), slow.record().state), (Ended::Cancelled, State::Cancelled));
    assert!(!Path::new(&format!("/proc/{}", slow.record().id.unwrap())).exists(), "it is ended with all that it began");
}

#[test]
fn whoever_comes_after_a_crash_finds_the_same_job_and_none_is_handed_over_twice() {
    let stage = Stage::new();
    stage.program("python", &TRAINER.replace("[ -n \"$SLOW\" ] && sleep 60", "sleep 1"));
    let recipe = stage.recipe("");
    // The follower goes away in the middle: what it would do at its end is not done.
    let run = stage.run();
    let lost = std::thread::spawn({
        let (recipe, run) = (recipe.clone(), run.clone());
        move || {
            let said = std::panic::catch_unwind(|| {
                hand_over(&recipe, &run, &AtomicBool::new(false), &mut |line| {
                    assert!(!line.contains("running"), "gone")
                })
            });
            assert!(said.is_err());
        }
    });
    lost.join().unwrap();
    let before = stage.record();
    assert_eq!((before.state.is_over(), before.id.is_some()), (false, true));
    let (ended, said) = stage.hand(&recipe, &AtomicBool::new(false));
    assert!(matches!(ended, Ok(Ended::Succeeded(Some(_)))), "{ended:?}");
    assert!(said[0].contains("taken up again") && stage.record().id == before.id);
    assert_eq!(steps(&run).len(), 3, "each step once");
    // A process that is gone and left no code is lost, and said to be.
    let gone = Stage::new();
    fs::create_dir_all(gone.run().join("external/out")).unwrap();
    Record {
        place: "here".into(),
        token: "t".into(),
        id: Some("999999".into()),
        state: State::Running,
        ..Record::default()
    }
    .write(&gone.run())
    .unwrap();
    let (ended, _) = gone.hand(&gone.recipe(""), &AtomicBool::new(false));
    assert!(ended.unwrap_err().what.contains("lost") && gone.record().state == State::Lost);
}

/// Slurm's programs as scripts: squeue says what stands in `queue`, sacct what stands in `account`.
fn slurm(stage: &Stage) -> ExternalRecipe {
    let at = stage.folder.path().display().to_string();
    stage.program("sbatch", &format!("#!/bin/sh\necho \"$@\" >>{at}/sbatch.said\necho '4711;cluster'\n"));
    stage.program("squeue", &format!("#!/bin/sh\n[ -s {at}/queue ] || {{ echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1; }}\ncat {at}/queue\n"));
    stage.program("sacct", &format!("#!/bin/sh\ncat {at}/account 2>/dev/null\nexit 0\n"));
    stage.program("scancel", &format!("#!/bin/sh\necho \"$@\" >>{at}/scancel.said\n: >{at}/queue\necho 'CANCELLED by 1000|0:15|None' >{at}/account\n"));
    stage.recipe(&format!(
        "place = 'slurm'\n[slurm]\nprograms = '{at}'\ndirectives = ['--gres=gpu:1']\nsetup = ['module load cuda']"
    ))
}

#[test]
fn slurms_words_are_understood_through_queue_and_accounting() {
    for (account, state) in [
        ("COMPLETED|0:0|None", State::Succeeded),
        ("FAILED|1:0|NonZeroExitCode", State::Failed),
        ("TIMEOUT|0:0|TimeLimit", State::Failed),
        ("OUT_OF_MEMORY|0:125|OutOfMemory", State::Failed),
        ("PREEMPTED|0:0|None", State::Preempted),
        ("CANCELLED by 1000|0:15|None", State::Cancelled),
        ("", State::Lost),
    ] {
        let stage = Stage::new();
        let recipe = slurm(&stage);
        fs::write(stage.at("queue"), "PENDING|Priority\n").unwrap();
        let at = stage.folder.path().to_owned();
        let words = std::thread::spawn(move || {
            for (queue, wait) in [("RUNNING|None\n", 400), ("", 400)] {
                std::thread::sleep(Duration::from_millis(wait));
                if queue.is_empty() {
                    fs::write(at.join("account"), format!("{account}\n")).unwrap();
                }
                fs::write(at.join("queue"), queue).unwrap();
            }
        });
        let (ended, said) = stage.hand(&recipe, &AtomicBool::new(false));
        words.join().unwrap();
        assert_eq!(stage.record().state, state, "{account}: {said:?}");
        assert_eq!(ended.is_ok(), matches!(state, State::Succeeded | State::Cancelled));
        assert!(said.iter().any(|line| line.contains("running")), "{said:?}");
        let sbatch = fs::read_to_string(stage.at("sbatch.said")).unwrap();
        assert!(sbatch.contains("--parsable") && sbatch.contains(&stage.record().token));
        let script = fs::read_to_string(stage.run().join("external/run.sh")).unwrap();
        assert!(script.contains("#SBATCH --gres=gpu:1\nmodule load cuda\n"), "{script}");
    }
}

#[test]
fn a_job_at_slurm_whose_number_never_arrived_is_found_by_its_name_and_a_stop_is_passed_on() {
    let stage = Stage::new();
    let recipe = slurm(&stage);
    fs::create_dir_all(stage.run()).unwrap();
    Record { place: "slurm".into(), token: "storyloom-abc".into(), ..Record::default() }.write(&stage.run()).unwrap();
    fs::create_dir_all(stage.run().join("external/out")).unwrap();
    // The queue answers with the number for a name, and with the state for a number: the first word of each line serves both.
    fs::write(stage.at("queue"), "4711\n").unwrap();
    let stop = AtomicBool::new(true);
    let (ended, said) = stage.hand(&recipe, &stop);
    assert_eq!((ended.unwrap(), stage.record().id.as_deref()), (Ended::Cancelled, Some("4711")));
    assert!(said[0].contains("found again") && !stage.at("sbatch.said").exists());
    assert!(fs::read_to_string(stage.at("scancel.said")).unwrap().starts_with("4711"));
}

/// Ray's dashboard: answers in order to the questions after the job's state, and remembers what it was asked.
fn ray(states: &'static [&'static str]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = asked.clone();
    std::thread::spawn(move || {
        let mut at = 0;
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                    break;
                }
                if let Some(said) = line.to_lowercase().strip_prefix("content-length:") {
                    length = said.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let first = head.lines().next().unwrap_or_default().to_owned();
            heard.lock().unwrap().push(format!("{first} {}", String::from_utf8_lossy(&body)));
            let (status, said) = match () {
                () if first.contains("/stop") => (200, r#"{"stopped": true}"#.to_owned()),
                () if first.starts_with("POST") => {
                    (200, r#"{"job_id": "raysubmit_1", "submission_id": "raysubmit_1"}"#.to_owned())
                }
                () => {
                    let state = states[at.min(states.len() - 1)];
                    at += 1;
                    let said = format!(
                        r#"{{"type":"SUBMISSION","submission_id":"raysubmit_1","status":"{state}","message":"it is {state}"}}"#
                    );
                    if state == "404" { (404, "Job raysubmit_1 does not exist".to_owned()) } else { (200, said) }
                }
            };
            let answer = format!(
                "HTTP/1.1 {status} So\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}",
                said.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, asked)
}

#[test]
fn a_job_at_ray_is_handed_over_and_followed_by_its_rest() {
    for (states, state) in [
        (&["PENDING", "RUNNING", "FAILED"][..], State::Failed),
        (&["RUNNING", "STOPPED"][..], State::Cancelled),
        (&["RUNNING", "404"][..], State::Lost),
        (&["RUNNING", "SUCCEEDED"][..], State::Succeeded),
    ] {
        let stage = Stage::new();
        let (address, asked) = ray(states);
        let recipe = stage.recipe(&format!("place = 'ray'\n[ray]\naddress = '{address}/'"));
        let (ended, _) = stage.hand(&recipe, &AtomicBool::new(false));
        assert_eq!((stage.record().state, stage.record().id.as_deref()), (state, Some("raysubmit_1")), "{ended:?}");
        let first: String = asked.lock().unwrap()[0].clone();
        assert!(
            first.starts_with("POST /api/jobs/ ")
                && first.contains("external/run.sh")
                && first.contains(&stage.record().token),
            "{first}"
        );
    }
    let stage = Stage::new();
    let (address, asked) = ray(&["RUNNING", "RUNNING", "STOPPED"]);
    let recipe = stage.recipe(&format!("place = 'ray'\n[ray]\naddress = '{address}'"));
    assert_eq!(stage.hand(&recipe, &AtomicBool::new(true)).0.unwrap(), Ended::Cancelled);
    assert!(asked.lock().unwrap().iter().any(|line| line.starts_with("POST /api/jobs/raysubmit_1/stop ")));
}
