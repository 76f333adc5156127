//! States that only files can make: what a run is taken for when its processes are gone, silent, or somebody else's; and what
//! is done with the folders.

use std::fs;
use std::path::Path;

use super::folder::{self, Beat, Begun, Exit, Order, Queued};
use super::process::{Process, boot_id, uptime};
use super::runs::{NewRun, Runs};
use super::share::Share;
use super::standing::Standing;
use crate::story::{RunCard, RunState};

struct Folder(tempfile::TempDir);

impl Folder {
    /// A run whose supervisor and training are this very process.
    fn supervised() -> Folder {
        let run = Folder(tempfile::tempdir().unwrap());
        let order = Order {
            name: "small".into(),
            kind: "sft".into(),
            folder: "/".into(),
            arguments: vec![],
            ordered: 0,
            keep_every: None,
            parent: None,
        };
        run.put(folder::ORDER, &order);
        run.begin(Process::me());
        run.beat(&boot_id(), uptime());
        run
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, name: &str, value: &impl serde::Serialize) {
        folder::write(self.path(), name, value).unwrap();
    }

    fn begin(&self, supervisor: Process) {
        let begun = Begun {
            attempt: 1,
            trainer: None,
            orphan: None,
            supervisor,
            // Of the future: somebody has set the clock back.
            began: folder::now() + 100_000,
            arguments: vec![],
            version: "0".into(),
            steps: 0,
        };
        self.put(folder::BEGUN, &begun);
    }

    fn beat(&self, boot: &str, uptime: f64) {
        self.put(folder::BEAT, &Beat { boot: boot.into(), uptime, memory: Some(1), most_memory: Some(2) });
    }

    fn end(&self, exit: Exit) {
        self.put(folder::EXIT, &exit);
    }

    fn steps(&self, step: u64, of: u64) {
        let line = format!("{{\"step\":{step},\"of\":{of},\"stage\":\"words\",\"seconds\":2.0,\"tokens\":10}}\n");
        fs::write(self.path().join(folder::STEPS), line).unwrap();
    }

    fn card(&self) -> RunCard {
        Standing::read(self.path()).unwrap().card()
    }
}

#[test]
fn a_run_is_under_way_only_while_its_processes_live() {
    let run = Folder::supervised();
    assert_eq!(run.card().state, RunState::Starting);
    run.steps(3, 10);
    let card = run.card();
    assert_eq!((card.state, card.seconds_left, card.tokens_a_second), (RunState::Running, Some(14.0), Some(5.0)));
    assert_eq!(card.memory, Some(1));
    fs::write(run.path().join(folder::WISH), "stop").unwrap();
    assert_eq!(run.card().state, RunState::Stopping);
    // The number of the supervisor belongs to another process by now.
    run.begin(Process { start: 1, ..Process::me() });
    let card = run.card();
    assert_eq!((card.state, card.seconds_left), (RunState::Lost, None));
    assert!(card.why.unwrap().what.contains("killed"));
    assert!(!Standing::read(run.path()).unwrap().is_taken());
}

#[test]
fn after_a_reboot_nothing_runs_whatever_numbers_say() {
    let run = Folder::supervised();
    run.steps(3, 10);
    run.begin(Process { boot: "before".into(), ..Process::me() });
    run.beat("before", 1e9);
    let card = run.card();
    assert_eq!(card.state, RunState::Lost);
    assert!(card.why.unwrap().what.contains("started anew"));
}

#[test]
fn a_supervisor_that_is_silent_is_lost_but_nobody_takes_its_place() {
    let run = Folder::supervised();
    run.steps(3, 10);
    run.beat(&boot_id(), uptime() - 25.0);
    assert_eq!(run.card().state, RunState::Running);
    run.beat(&boot_id(), uptime() - 90.0);
    assert_eq!(run.card().state, RunState::Lost);
    assert!(run.card().why.unwrap().what.contains("sign of life"));
    assert!(Standing::read(run.path()).unwrap().is_taken());
}

#[test]
fn an_end_counts_for_the_attempt_that_it_ended() {
    let run = Folder::supervised();
    run.steps(10, 10);
    let exit = |attempt, code: Option<i32>, signal, wish: &str| Exit {
        attempt,
        code,
        signal,
        wish: wish.into(),
        ..Exit::default()
    };
    for (exit, state) in [
        (exit(1, Some(0), None, ""), RunState::Finished),
        (exit(1, Some(1), None, ""), RunState::Failed),
        (exit(1, None, Some(9), ""), RunState::Failed),
        (exit(1, None, Some(9), "kill"), RunState::Stopped),
        (exit(1, None, Some(15), ""), RunState::Stopped),
        (exit(0, Some(0), None, ""), RunState::Running),
    ] {
        run.end(exit);
        assert_eq!(run.card().state, state);
    }
    run.steps(9, 10);
    run.end(exit(1, Some(0), None, ""));
    assert_eq!(run.card().state, RunState::Stopped, "it ended well, and before its last step");
    // Put into the queue again: what it was is over.
    run.put(folder::QUEUED, &Queued { place: 1.0 });
    assert_eq!(run.card().state, RunState::Queued);
}

#[test]
fn files_that_are_torn_or_not_there_are_no_run_under_way() {
    let run = Folder::supervised();
    fs::write(run.path().join(folder::BEGUN), "{\"attempt\":1,\"super").unwrap();
    assert_eq!(run.card().state, RunState::Stopped);
    fs::write(run.path().join(folder::ORDER), "{").unwrap();
    assert!(Standing::read(run.path()).is_none());
}

#[test]
fn runs_are_found_by_what_people_call_them_and_the_queue_has_an_order() {
    let home = tempfile::tempdir().unwrap();
    // Nobody is at work: no run may be under way.
    let runs = Runs::new(home.path(), Share { at_once: 0, nice: 0, threads: 0 });
    assert!(runs.list().is_empty());
    let new = |recipe: &str| runs.start(&NewRun { recipe: recipe.into(), ..NewRun::default() });
    let (first, second, third) = (new("storyteller").unwrap(), new("books-lora").unwrap(), new("storyteller").unwrap());
    assert_ne!(first, third);
    let order = || runs.list().into_iter().map(|card| (card.place, card.id)).collect::<Vec<_>>();
    assert_eq!(order(), [(Some(1), first.clone()), (Some(2), second.clone()), (Some(3), third.clone())]);
    runs.first(&third).unwrap();
    assert_eq!(order(), [(Some(1), third.clone()), (Some(2), first.clone()), (Some(3), second.clone())]);
    assert_eq!(runs.find("books").unwrap().id, second);
    assert!(runs.find("story-").is_err() && runs.find(&first[..13]).unwrap_err().what.contains("several"));
    assert_eq!(runs.find("storyteller").unwrap().name, "storyteller");
    runs.stop(&third).unwrap();
    assert_eq!(runs.find(&third).unwrap().state, RunState::Stopped);
    assert!(runs.pause(&third).is_err() && runs.first(&third).is_err());
    runs.delete(&second).unwrap();
    assert_eq!(order().len(), 2);
    assert!(new("nowhere.toml").is_err());
    let none = fs::read_dir(home.path().join("runs")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(none.into_iter().all(|name| !name.to_string_lossy().starts_with('.')), "nothing half made is left");
}
