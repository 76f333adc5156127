//! An evaluation goes onto the shelf, and the stories behind it into its folder.

use std::path::Path;

use time::OffsetDateTime;

use super::runtime::runtime;
use crate::config::Config;
use crate::evaluate::suite::write_specimens;
use crate::exchange::slug;
use crate::shelf::Shelf;
use crate::story::{Evaluation, EvaluationCard, Notice, Specimen};

/// Keeps an evaluation with the stories behind it; its card.
///
/// # Errors
/// Where the folder or the database takes nothing.
pub fn keep(
    folder: &Path,
    evaluation: &Evaluation,
    specimens: &[Specimen],
    config: &Config,
) -> Result<EvaluationCard, Notice> {
    let id = id(&evaluation.suite, evaluation.origin.ended_at, rand::random());
    write_specimens(folder, &id, specimens)?;
    // Whoever opens it may be in another folder.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let card = EvaluationCard::new(id, folder.display().to_string(), evaluation);
    runtime()?.block_on(async {
        let shelf = Shelf::open(&config.home, config.database.as_deref()).await?;
        shelf.put_evaluation(&card, evaluation).await?;
        shelf.close().await;
        Ok::<(), Notice>(())
    })?;
    Ok(card)
}

/// "paper-20261127-074112-9f3a": the suite's name, the time of Greenwich, and some chance, as several may keep at once.
fn id(suite: &str, ended_at: u64, chance: u16) -> String {
    let time = i64::try_from(ended_at).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let time = time.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let name: String = slug(suite).chars().take(40).collect();
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let clock = format!("{:02}{:02}{:02}", time.hour(), time.minute(), time.second());
    format!("{}-{year:04}{month:02}{day:02}-{clock}-{chance:04x}", name.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_what_and_when() {
        assert_eq!(id("A Paper/../x", 1_795_694_700, 0x9f), "a-paper-x-20261126-120500-009f");
    }
}
