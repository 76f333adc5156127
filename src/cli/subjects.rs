//! The sequences of a suite: tales of the picture world, and whatever can be opened, with the labels of people where there are some.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use crate::evaluate::suite::Plan;
use crate::evaluate::{Person, Subject};
use crate::exchange::{Choose, Members, Opened, members, open, open_row};
use crate::story::Notice;

/// A line of the file of labels.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    /// The sequence's title or id.
    sequence: String,
    name: String,
    group: String,
}

/// All sequences, at most so many, and what had to be left out.
///
/// # Errors
/// A path that cannot be opened at all, or labels that cannot be read.
pub fn subjects(plan: &Plan, most: Option<u64>) -> Result<(Vec<Subject>, Vec<String>), Notice> {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    if let Some(world) = plan.sequences.world {
        for at in 0..world.count {
            all.push(Subject::world(world.seed.wrapping_add(at))?);
        }
    }
    for path in &plan.sequences.files {
        for opened in opened(path)? {
            match opened {
                Ok(opened) => {
                    problems.extend(opened.problems.iter().map(|problem| problem.what.clone()));
                    all.push(subject(opened));
                }
                Err(notice) => problems.push(notice.what),
            }
        }
    }
    if let Some(most) = most {
        all.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    }
    if let Some(path) = &plan.sequences.labels {
        label(&mut all, path)?;
    }
    Ok((all, problems))
}

/// What a path holds: one sequence or several.
fn opened(path: &Path) -> Result<Vec<Result<Opened, Notice>>, Notice> {
    Ok(match members(path)? {
        None => vec![Ok(open(path, &Choose::default())?)],
        Some(Members::Paths(paths)) => paths.iter().map(|path| open(path, &Choose::default())).collect(),
        Some(Members::Rows { rows, .. }) => rows.iter().map(|row| open_row(path, row)).collect(),
    })
}

/// A sequence that was opened; the words that came with its frames are what people told of it.
fn subject(opened: Opened) -> Subject {
    let lines: Vec<&str> = opened.sequence.frames.iter().filter_map(|frame| frame.text.as_deref()).collect();
    let whole = lines.len() == opened.sequence.frames.len() && !lines.is_empty();
    // A line a frame, as stories are told: the lines of a page are joined.
    let told: Vec<String> = lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    Subject {
        key: opened.sequence.id.0.clone(),
        references: if whole { vec![told.join("\n")] } else { Vec::new() },
        pictures: Arc::new(opened.pictures),
        facts: None,
        people: Vec::new(),
        sequence: Arc::new(opened.sequence),
    }
}

fn label(subjects: &mut [Subject], path: &Path) -> Result<(), Notice> {
    let wrong = |what: String| {
        let line = "a line is {\"sequence\": \"title\", \"name\": \"Anna\", \"group\": \"she\"}";
        Notice::yours(what, line)
    };
    let text = fs::read_to_string(path)
        .map_err(|error| wrong(format!("the labels {} cannot be read: {error}", path.display())))?;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let label: Label =
            serde_json::from_str(line).map_err(|error| wrong(format!("line {number} of the labels: {error}")))?;
        let is_meant = |subject: &&mut Subject| [&subject.key, &subject.sequence.title].contains(&&label.sequence);
        let person = Person { name: label.name.clone(), group: label.group.clone() };
        match subjects.iter_mut().find(is_meant) {
            Some(subject) => subject.people.push(person),
            None => {
                return Err(wrong(format!("line {number} of the labels: there is no sequence '{}'", label.sequence)));
            }
        }
    }
    Ok(())
}
