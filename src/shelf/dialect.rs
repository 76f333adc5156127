//! Where the two databases differ: what holds a row for a transaction, and what their error codes mean.
//!
//! It leaves out how they are connected to (`sqlite`, `postgres`); the queries are the same for both.

use std::io::ErrorKind;

use sqlx::postgres::PgDatabaseError;

use super::sql::Pool;

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One writes at a time: a transaction that writes has all of it to itself.
    Sqlite,
    /// Many write at once: what must not change meanwhile is locked row by row.
    Postgres,
}

impl Dialect {
    pub fn of(pool: &Pool) -> Dialect {
        match pool {
            Pool::Sqlite(_) => Dialect::Sqlite,
            Pool::Postgres(_) => Dialect::Postgres,
        }
    }

    /// What stands after a query whose rows are kept from others until the transaction ends.
    pub fn for_update(self) -> &'static str {
        match self {
            Dialect::Sqlite => "",
            Dialect::Postgres => " FOR UPDATE",
        }
    }

    /// How a pair (`p`) that is free is chosen, one way after the other: past those that others are choosing at this
    /// moment, and only when there is none waiting for these, as they may have a place left afterwards.
    pub fn choosing(self) -> &'static [&'static str] {
        match self {
            Dialect::Sqlite => &[""],
            Dialect::Postgres => &[" FOR UPDATE OF p SKIP LOCKED", " FOR UPDATE OF p"],
        }
    }
}

/// What a failed statement means for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Damaged,
    Full,
    Busy,
    ReadOnly,
    CannotOpen,
    /// There is no such database.
    Missing,
    /// Name, password or rights are not enough.
    Denied,
    /// It broke this transaction off in favour of another; it may be tried again.
    BrokenOff,
    Other,
}

/// What this error means.
pub fn trouble(error: &sqlx::Error) -> Trouble {
    let database = match error {
        sqlx::Error::Database(database) => database,
        sqlx::Error::Io(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            return Trouble::Full;
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            return Trouble::CannotOpen;
        }
        sqlx::Error::PoolTimedOut => return Trouble::Busy,
        _ => return Trouble::Other,
    };
    match database.try_downcast_ref::<PgDatabaseError>() {
        Some(error) => of_postgres(error.code()),
        None => of_sqlite(database.code().and_then(|code| code.parse().ok())),
    }
}

/// By SQLite's primary result codes.
fn of_sqlite(code: Option<u32>) -> Trouble {
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => Trouble::Busy,
        Some(8) => Trouble::ReadOnly,
        Some(11 | 26) => Trouble::Damaged,
        Some(13) => Trouble::Full,
        Some(14) => Trouble::CannotOpen,
        _ => Trouble::Other,
    }
}

/// By the codes of appendix A of PostgreSQL's manual.
fn of_postgres(code: &str) -> Trouble {
    match code {
        "40001" | "40P01" => Trouble::BrokenOff,
        // Too many connections, a lock that was waited for too long, a statement that took too long.
        "53300" | "55P03" | "57014" => Trouble::Busy,
        "53100" => Trouble::Full,
        "25006" => Trouble::ReadOnly,
        "3D000" => Trouble::Missing,
        "42501" => Trouble::Denied,
        _ if code.starts_with("28") => Trouble::Denied,
        _ if code.starts_with("08") || code.starts_with("57P") => Trouble::CannotOpen,
        _ if code.starts_with("XX00") && code != "XX000" => Trouble::Damaged,
        _ => Trouble::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_postgres_are_told_apart() {
        for (code, trouble) in [
            ("53100", Trouble::Full),
            ("57P03", Trouble::CannotOpen),
            ("08006", Trouble::CannotOpen),
            ("28P01", Trouble::Denied),
            ("42501", Trouble::Denied),
            ("40P01", Trouble::BrokenOff),
            ("55P03", Trouble::Busy),
            ("XX001", Trouble::Damaged),
            ("XX000", Trouble::Other),
            ("23505", Trouble::Other),
        ] {
            assert_eq!(of_postgres(code), trouble, "{code}");
        }
    }
}
