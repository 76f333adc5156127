//! What can go wrong with what lasts, and what a person is told about it.

use std::io;
use std::path::PathBuf;

use super::dialect::Trouble;
use crate::story::Notice;

/// Why the shelf could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    #[error("cannot write in {folder}: {source}")]
    Folder { folder: PathBuf, source: io::Error },
    #[error("no space is left on the disk of {folder}")]
    Full { folder: PathBuf },
    #[error("{database} was written by a newer storyloom (schema {version})")]
    Newer { database: String, version: i64 },
    #[error("{file} is damaged: {detail}")]
    Damaged { file: PathBuf, detail: String },
    #[error("another program has kept {file} locked for too long")]
    Busy { file: PathBuf },
    /// Of a database that is not in the home folder; `database` says which, without a password.
    #[error("the database {database} {}: {detail}", failing(*trouble))]
    Database { database: String, trouble: Trouble, detail: String },
    #[error("the database is not named by a URL that can be understood")]
    Address,
    #[error("the picture {file} is damaged or missing: {detail}")]
    Picture { file: PathBuf, detail: String },
    #[error("there is already a model called '{name}'")]
    NameTaken { name: String },
    #[error("adapters stand on the model '{name}': {adapters}")]
    InUse { name: String, adapters: String },
    #[error("there is already a campaign called '{name}'")]
    CampaignTaken { name: String },
    #[error("this key, or this invitation, is somebody else's already")]
    KeyTaken,
    #[error("this turn is not yours, or there is no such turn")]
    NoTurn,
    #[error("the database is not in this home")]
    NotHere,
    #[error("{folder} is there already")]
    Taken { folder: PathBuf },
    #[error("{folder} is no backup that can be used: {why}")]
    NoBackup { folder: PathBuf, why: String },
    #[error("the shelf refused: {0}")]
    Refused(#[source] sqlx::Error),
    #[error("a row of the shelf cannot be understood: {0}")]
    Row(String),
}

impl From<ShelfError> for Notice {
    fn from(error: ShelfError) -> Notice {
        let what = error.to_string();
        match error {
            ShelfError::Folder { .. } => {
                Notice::outside(what, "make the folder writable, or name another with --home or STORYLOOM_HOME")
            }
            ShelfError::Full { .. } => Notice::outside(what, "free some space; what was kept before is whole"),
            ShelfError::Newer { .. } => Notice::yours(
                what,
                "use that version again, or another folder or database (--home, --database); nothing was changed",
            ),
            ShelfError::Damaged { file, .. } => Notice::outside(
                what,
                format!(
                    "put back a copy of it, or move it away to begin a new one (mv {0} {0}.damaged); nothing was changed",
                    file.display()
                ),
            ),
            ShelfError::Busy { .. } => Notice::outside(what, "end the other program, then repeat this"),
            ShelfError::Database { trouble, .. } => Notice::outside(what, remedy(trouble)),
            ShelfError::Address => Notice::yours(
                what,
                "say --database postgres://USER@HOST/DATABASE; a password is better kept in ~/.pgpass",
            ),
            ShelfError::Picture { .. } => Notice::outside(what, "open the sequence from its own files again"),
            ShelfError::NameTaken { name } => {
                Notice::yours(what, format!("choose another with --name, or storyloom model remove {name}"))
            }
            ShelfError::CampaignTaken { .. } => Notice::yours(what, "give it another name"),
            ShelfError::KeyTaken => Notice::yours(what, "see storyloom rater list"),
            ShelfError::NoTurn => Notice::ours(what),
            ShelfError::NotHere => Notice::yours(
                what,
                "PostgreSQL has backups of its own: pg_dump and pg_restore take all, pictures as well",
            ),
            ShelfError::Taken { .. } => Notice::yours(what, "name another folder: nothing is ever written over"),
            ShelfError::NoBackup { .. } => {
                Notice::yours(what, "name a folder that storyloom backup made, whole; nothing was changed")
            }
            ShelfError::InUse { .. } => Notice::yours(what, "remove those first"),
            ShelfError::Refused(_) | ShelfError::Row(_) => Notice::ours(what),
        }
    }
}

/// What a database does that does not do what it should.
fn failing(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Damaged => "is damaged",
        Trouble::Full => "has no space left on its disk",
        Trouble::Busy => "is too busy",
        Trouble::ReadOnly => "lets nobody write",
        Trouble::CannotOpen => "cannot be reached",
        Trouble::Missing => "does not exist",
        Trouble::Denied => "does not let us in, or not do this",
        Trouble::BrokenOff => "let others go first again and again",
        Trouble::Other => "failed",
    }
}

fn remedy(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Damaged => "put back a copy of it; nothing was changed",
        Trouble::Full => "free some space on its machine; what was kept before is whole",
        Trouble::Busy => "end what keeps it busy, then repeat this",
        Trouble::ReadOnly => "name the server that takes writes, not its copy",
        Trouble::CannotOpen => "see that it runs there and that this machine may reach it, then repeat this",
        Trouble::Missing => "make it there with createdb, or name another with --database",
        Trouble::Denied => {
            "look at the name and the password (~/.pgpass), and GRANT ALL ON SCHEMA public to it or let it own the database"
        }
        Trouble::BrokenOff | Trouble::Other => "repeat this",
    }
}
