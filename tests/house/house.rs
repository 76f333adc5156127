//! All files together: who imports whom, which files form a circle, and the other rules that can be read off the text.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::source::{Named, Source};

/// Most lines of a file.
pub const LONGEST: usize = 400;

/// Who may import whom. ARCHITECTURE.md shows the same table, and a test compares them.
pub const TABLE: [(&str, &[&str]); 20] = [
    ("story", &[]),
    ("stats", &[]),
    ("pixels", &[]),
    ("model", &[]),
    ("canvas", &["pixels"]),
    ("config", &["story"]),
    ("world", &["story", "pixels"]),
    ("shelf", &["story", "pixels"]),
    ("exchange", &["story", "pixels"]),
    ("writer", &["story", "pixels", "model"]),
    ("evaluate", &["story", "stats", "pixels", "world", "writer", "model"]),
    ("train", &["story", "stats", "pixels", "world", "exchange", "model", "writer", "evaluate"]),
    ("handover", &["story", "exchange"]),
    ("runs", &["story"]),
    ("studio", &["story", "stats", "pixels", "world", "exchange", "shelf", "writer", "evaluate", "config", "runs"]),
    ("scoring", &["story", "pixels", "writer", "studio", "config"]),
    ("app", &["story", "stats", "canvas", "config"]),
    ("session", &["story", "app", "canvas", "pixels", "studio", "config"]),
    ("serve", &["story", "canvas", "session", "studio", "config"]),
    (
        "cli",
        &[
            "story", "stats", "pixels", "model", "canvas", "config", "world", "shelf", "exchange", "writer",
            "evaluate", "train", "handover", "runs", "studio", "scoring", "app", "session", "serve",
        ],
    ),
];

/// What tests of a room may import beyond the table: a canvas is given pictures, so the app's tests must make some, and a server
/// lets in whom the shelf knows.
const TESTS_MAY: [(&str, &str); 2] = [("app", "pixels"), ("serve", "shelf")];

/// What the app never reaches.
const NOT_IN_APP: [&str; 9] = [
    "tokio",
    "candle_core",
    "candle_nn",
    "candle_transformers",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
];

/// The house: every file, found by its module.
pub struct House {
    files: Vec<Source>,
    by_module: BTreeMap<Vec<String>, usize>,
}

impl House {
    /// `files`: place under src, and text.
    pub fn new(files: &[(String, String)]) -> House {
        let mut files: Vec<Source> = files.iter().map(|(place, text)| Source::read(place, text)).collect();
        let tests: BTreeSet<Vec<String>> = files
            .iter()
            .flat_map(|file| {
                file.test_children.iter().map(|child| [&file.module[..], std::slice::from_ref(child)].concat())
            })
            .collect();
        for file in &mut files {
            if tests.iter().any(|test| file.module.starts_with(test)) {
                file.prints.clear();
                file.named.iter_mut().for_each(|named| named.test = true);
            }
        }
        let by_module = files
            .iter()
            .enumerate()
            .filter(|(_, file)| file.place != "main.rs")
            .map(|(at, file)| (file.module.clone(), at))
            .collect();
        House { files, by_module }
    }

    /// Everything that breaks a rule, one line each.
    pub fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        for file in &self.files {
            self.imports(file, &mut found);
            plain_rules(file, &mut found);
        }
        found.extend(self.circles());
        found
    }

    fn imports(&self, file: &Source, found: &mut Vec<String>) {
        let room = file.room();
        let allowed = TABLE.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
        if allowed.is_none() && !["lib", "main"].contains(&room) {
            found.push(format!("{}: the table knows no room '{room}'", file.place));
        }
        for Named { path, line, test, shown, ours, .. } in &file.named {
            let at = format!("{}:{line}", file.place);
            if room == "app" && !ours && !test {
                let reached = path.join("::");
                let hit =
                    NOT_IN_APP.iter().find(|never| reached == **never || reached.starts_with(&format!("{never}::")));
                found.extend(hit.map(|never| format!("{at}: app reaches {never}")));
            }
            let Some(other) = path.first().filter(|other| *ours && *other != room) else { continue };
            if *shown && room != "lib" {
                found.push(format!("{at}: {room} re-exports from {other}"));
            }
            let fits = match room {
                "lib" => true,
                "main" => TABLE.iter().any(|(name, _)| name == other),
                _ => allowed.unwrap_or_default().contains(&other.as_str()),
            };
            if !(fits || *test && TESTS_MAY.contains(&(room, other))) {
                found.push(format!("{at}: {room} may not import {other}"));
            }
        }
    }

    /// The files that a path leads to: through re-exports to where the name is declared.
    fn resolve(&self, path: &[String], steps: usize) -> BTreeSet<usize> {
        let Some(length) = (0..=path.len()).rev().find(|n| self.by_module.contains_key(&path[..*n])) else {
            return BTreeSet::new();
        };
        let at = self.by_module[&path[..length]];
        let file = &self.files[at];
        let Some(name) = path.get(length).filter(|_| steps > 0) else { return BTreeSet::from([at]) };
        let through = |wanted: &dyn Fn(&str) -> bool| -> BTreeSet<usize> {
            let leads = file.named.iter().filter(|named| named.ours && named.called.as_deref().is_some_and(wanted));
            leads.flat_map(|named| self.resolve(&named.path, steps - 1)).collect()
        };
        if name == "*" {
            let mut all = through(&|_| true);
            all.insert(at);
            return all;
        }
        let mut targets = through(&|called| called == name);
        if targets.is_empty() && file.only_declares {
            targets = through(&|called| called == "*");
        }
        if targets.is_empty() { BTreeSet::from([at]) } else { targets }
    }

    /// Files that `file` leans on. A file that only declares and re-exports leans on nothing.
    fn leans_on(&self, at: usize) -> BTreeMap<usize, usize> {
        let file = &self.files[at];
        let mut on = BTreeMap::new();
        for named in file.named.iter().filter(|named| named.ours && !file.only_declares) {
            for target in self.resolve(&named.path, 8).into_iter().filter(|target| *target != at) {
                on.entry(target).or_insert(named.line);
            }
        }
        on
    }

    /// Every circle of files, the shortest through its first file.
    fn circles(&self) -> Vec<String> {
        let edges: Vec<BTreeMap<usize, usize>> = (0..self.files.len()).map(|at| self.leans_on(at)).collect();
        let mut told: BTreeSet<usize> = BTreeSet::new();
        let mut found = Vec::new();
        for start in 0..self.files.len() {
            let mut from: BTreeMap<usize, usize> = BTreeMap::new();
            let mut queue = VecDeque::from([start]);
            while let Some(at) = queue.pop_front().filter(|_| !from.contains_key(&start)) {
                for next in edges[at].keys() {
                    if !from.contains_key(next) {
                        from.insert(*next, at);
                        queue.push_back(*next);
                    }
                }
            }
            if told.contains(&start) || !from.contains_key(&start) {
                continue;
            }
            let mut around = vec![start];
            while around.len() == 1 || around[around.len() - 1] != start {
                around.push(from[&around[around.len() - 1]]);
            }
            around.reverse();
            told.extend(&around);
            let steps = around.windows(2).map(|step| {
                let line = edges[step[0]][&step[1]];
                format!("{}:{line} -> {}", self.files[step[0]].place, self.files[step[1]].place)
            });
            found.push(format!("a circle: {}", steps.collect::<Vec<_>>().join(", ")));
        }
        found
    }
}

fn plain_rules(file: &Source, found: &mut Vec<String>) {
    let Source { place, lines, .. } = file;
    if !file.documented {
        found.push(format!("{place}:1: does not begin with //!"));
    }
    if *lines > LONGEST {
        found.push(format!("{place}: {lines} lines, more than {LONGEST}"));
    }
    for (what, line) in &file.prints {
        let stream = matches!(what.as_str(), "stdout" | "stderr");
        let may = file.room() == "cli" || place == "session/local.rs" || (stream && file.room() == "session");
        if !may {
            found.push(format!("{place}:{line}: {what} outside cli and session"));
        }
    }
}
