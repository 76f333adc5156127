//! The stories behind a table: what each model told of each sequence, with the figure that each measure has for it alone. They are
//! kept beside the table, a file for each evaluation, as the next one of the same suite may say something else.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::table::columns;
use super::work::{Done, Told};
use crate::evaluate::probes::Condition;
use crate::evaluate::subject::Subject;
use crate::story::{Notice, SequenceId, Specimen};

/// All stories, model by model.
pub fn specimens(subjects: &[Subject], models: &[Done], conditions: &[Condition]) -> Vec<Specimen> {
    let mut all = Vec::new();
    for model in models {
        let columns = columns(subjects, model, conditions);
        for (at, (told, subject)) in model.told.iter().zip(subjects).enumerate() {
            let Some(told) = told else { continue };
            let mut specimen = specimen(&model.name, told, subject);
            for column in &columns {
                let counts = column.rows.get(at).and_then(Option::as_ref);
                if let Some(value) = counts.and_then(|counts| column.fold.value(&[counts])) {
                    specimen.figures.insert(column.key.clone(), value);
                }
            }
            all.push(specimen);
        }
    }
    all
}

fn specimen(model: &str, told: &Told, subject: &Subject) -> Specimen {
    let sequence = &subject.sequence;
    let id = match &subject.facts {
        Some(facts) => SequenceId(format!("held-out tale {}", facts.seed)),
        None => sequence.id.clone(),
    };
    Specimen {
        model: model.to_owned(),
        sequence: Some(id),
        title: sequence.title.clone(),
        source: sequence.source.clone(),
        text: told.story.clone(),
        under: told.under.iter().map(|(condition, text)| (condition.key(), text.clone())).collect(),
        answers: told.asked.clone(),
        figures: Default::default(),
    }
}

/// Where the stories of an evaluation are, below its folder.
fn file(folder: &Path, id: &str) -> PathBuf {
    folder.join("stories").join(format!("{id}.jsonl"))
}

/// Writes the stories of an evaluation, one a line.
///
/// # Errors
/// A folder that cannot be written to.
pub fn write_specimens(folder: &Path, id: &str, specimens: &[Specimen]) -> Result<(), Notice> {
    let path = file(folder, id);
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder.join("stories"))?;
        let mut out = BufWriter::new(File::create(&path)?);
        for specimen in specimens {
            serde_json::to_writer(&mut out, specimen)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    };
    write().map_err(|error| {
        Notice::outside(format!("{} cannot be written: {error}", path.display()), "choose another folder: --out")
    })
}

/// The stories of an evaluation, of one model or of all.
///
/// # Errors
/// Where they are not on this machine any more, or somebody changed them.
pub fn read_specimens(folder: &Path, id: &str, model: Option<&str>) -> Result<Vec<Specimen>, Notice> {
    let path = file(folder, id);
    let outside = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Notice::outside(
            format!("the stories behind it are not here: there is no {}", path.display()),
            "look for the folder on the machine that made the evaluation, or run its suite again",
        ),
        _ => Notice::outside(format!("{} cannot be read: {error}", path.display()), "see who may read it"),
    };
    let mut found = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(File::open(&path).map_err(outside)?).lines()) {
        let specimen: Specimen = serde_json::from_str(&line.map_err(outside)?).map_err(|error| {
            let what = format!("line {number} of {} is no story of an evaluation: {error}", path.display());
            Notice::outside(what, "run its suite again")
        })?;
        if model.is_none_or(|model| model == specimen.model) {
            found.push(specimen);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_read_again_by_their_model_and_what_is_not_there_is_told() {
        let home = tempfile::tempdir().unwrap();
        let of = |model: &str, text: &str| Specimen { model: model.into(), text: text.into(), ..Specimen::default() };
        let all = [of("one", "A fox.\nIt ran."), of("two", "A bear."), of("one", "Rain.")];
        write_specimens(home.path(), "quick-1", &all).unwrap();
        assert_eq!(read_specimens(home.path(), "quick-1", None).unwrap(), all);
        assert_eq!(read_specimens(home.path(), "quick-1", Some("two")).unwrap(), all[1..2]);
        assert!(read_specimens(home.path(), "quick-2", None).unwrap_err().what.contains("not here"));
        fs::write(home.path().join("stories/quick-1.jsonl"), "{}\n").unwrap();
        assert!(read_specimens(home.path(), "quick-1", None).unwrap_err().what.contains("line 1"));
    }
}
