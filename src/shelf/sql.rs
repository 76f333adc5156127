//! Queries that are written once and asked of either database: numbered parameters in, rows out as any type that sqlx can
//! read from both. sqlx's own driver for any database refuses every column that SQLite has declared BOOLEAN, and would
//! take the connection's settings from us; so this file chooses between the two drivers, and leaves all else to them.
//!
//! It leaves out what is asked, and where the databases differ (`dialect`).

use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::{Query as Prepared, QueryAs as PreparedAs};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Database, Encode, Error, FromRow, PgConnection, Postgres, Sqlite, SqliteConnection, Type};

use super::syncer::Syncer;

/// The open connections.
#[derive(Clone, Debug)]
pub enum Pool {
    Sqlite(sqlx::Pool<Sqlite>),
    Postgres(sqlx::Pool<Postgres>),
}

/// A connection within a transaction.
#[derive(Debug)]
pub enum Connection {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A transaction that writes. Dropped without `commit`, it has changed nothing.
#[derive(Debug)]
pub struct Writing {
    pub(super) connection: Connection,
    /// Who is asked that what was committed is on the disk; nobody, where nobody is promised that.
    pub(super) syncer: Option<Syncer>,
    /// When it began, in milliseconds since 1970: by one clock for all who share the database.
    pub now: i64,
}

impl Writing {
    /// When this returns, what was written is on the disk, if that was promised.
    pub async fn commit(self) -> Result<(), Error> {
        match self.connection {
            Connection::Sqlite(transaction) => transaction.commit().await?,
            Connection::Postgres(transaction) => transaction.commit().await?,
        }
        match self.syncer {
            Some(syncer) => Ok(syncer.sync().await?),
            None => Ok(()),
        }
    }
}

impl Deref for Writing {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// Where a query is asked.
pub enum At<'c> {
    SqlitePool(&'c sqlx::Pool<Sqlite>),
    PostgresPool(&'c sqlx::Pool<Postgres>),
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl<'c> From<&'c Pool> for At<'c> {
    fn from(pool: &'c Pool) -> At<'c> {
        match pool {
            Pool::Sqlite(pool) => At::SqlitePool(pool),
            Pool::Postgres(pool) => At::PostgresPool(pool),
        }
    }
}

impl<'c> From<&'c mut Connection> for At<'c> {
    fn from(connection: &'c mut Connection) -> At<'c> {
        match connection {
            Connection::Sqlite(transaction) => At::Sqlite(&mut *transaction),
            Connection::Postgres(transaction) => At::Postgres(&mut *transaction),
        }
    }
}

/// A parameter. The kinds that our tables hold; PostgreSQL is told the kind of what is missing as well.
#[derive(Clone, Debug)]
pub enum Value {
    Whether(bool),
    Whole(Option<i64>),
    Number(Option<f64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

macro_rules! values {
    ($($from:ty, $said:ident => $value:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($said: $from) -> Value {
                $value
            }
        })*
    };
}

values! {
    bool, said => Value::Whether(said);
    i64, said => Value::Whole(Some(said));
    Option<i64>, said => Value::Whole(said);
    f64, said => Value::Number(Some(said));
    Option<f64>, said => Value::Number(said);
    &str, said => Value::Text(Some(said.to_owned()));
    &String, said => Value::Text(Some(said.clone()));
    String, said => Value::Text(Some(said));
    Cow<'_, str>, said => Value::Text(Some(said.into_owned()));
    Option<&str>, said => Value::Text(said.map(str::to_owned));
    Option<&String>, said => Value::Text(said.cloned());
    Option<String>, said => Value::Text(said);
    &Option<String>, said => Value::Text(said.clone());
    &[u8], said => Value::Bytes(said.to_owned());
}

/// What a row can be read as, whichever database it comes from.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// What a statement has changed.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    rows: u64,
}

impl Done {
    pub fn rows_affected(self) -> u64 {
        self.rows
    }
}

/// A query with its parameters so far.
#[must_use]
#[derive(Clone)]
pub struct Query<'q, T> {
    text: &'q str,
    values: Vec<Value>,
    read: PhantomData<fn() -> T>,
}

/// The same, of rows with one column.
#[must_use]
pub struct Scalar<'q, T>(Query<'q, (T,)>);

/// A statement that is executed.
pub fn query(text: &str) -> Query<'_, ()> {
    query_as(text)
}

/// A query whose rows become `T`.
pub fn query_as<T>(text: &str) -> Query<'_, T> {
    Query { text, values: Vec::new(), read: PhantomData }
}

/// A query whose rows have one column.
pub fn query_scalar<T>(text: &str) -> Scalar<'_, T> {
    Scalar(query_as(text))
}

fn arguments<'q, D>(values: Vec<Value>) -> Result<D::Arguments<'q>, Error>
where
    D: Database,
    bool: Encode<'q, D> + Type<D>,
    Option<i64>: Encode<'q, D> + Type<D>,
    Option<f64>: Encode<'q, D> + Type<D>,
    Option<String>: Encode<'q, D> + Type<D>,
    Vec<u8>: Encode<'q, D> + Type<D>,
{
    let mut arguments = D::Arguments::default();
    for value in values {
        let added = match value {
            Value::Whether(said) => arguments.add(said),
            Value::Whole(said) => arguments.add(said),
            Value::Number(said) => arguments.add(said),
            Value::Text(said) => arguments.add(said),
            Value::Bytes(said) => arguments.add(said),
        };
        added.map_err(Error::Encode)?;
    }
    Ok(arguments)
}

/// Executes several statements. SQLite does them in one go: each by itself would go to its thread and back.
pub async fn together(statements: Vec<Query<'_, ()>>, at: &mut Connection) -> Result<(), Error> {
    match at {
        Connection::Sqlite(transaction) => {
            let (mut text, mut values) = (String::new(), Vec::new());
            for statement in statements {
                push_renumbered(&mut text, statement.text, values.len());
                values.extend(statement.values);
            }
            sqlx::query_with(&text, arguments::<Sqlite>(values)?).execute(&mut **transaction).await?;
        }
        Connection::Postgres(transaction) => {
            for statement in statements {
                statement.postgres()?.execute(&mut **transaction).await?;
            }
        }
    }
    Ok(())
}

/// One more statement, its parameters numbered from `before` + 1.
fn push_renumbered(text: &mut String, statement: &str, before: usize) {
    let mut parts = statement.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: usize = part[..digits].parse().unwrap_or_default();
        text.push_str(&format!("${}{}", number + before, &part[digits..]));
    }
    text.push_str("; ");
}

impl<'q, T> Query<'q, T> {
    /// The same query, its rows read as another type.
    pub fn reading<U>(self) -> Query<'q, U> {
        Query { text: self.text, values: self.values, read: PhantomData }
    }

    /// The next parameter.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub async fn execute(self, at: impl Into<At<'_>>) -> Result<Done, Error> {
        let rows = match at.into() {
            At::SqlitePool(at) => self.sqlite()?.execute(at).await?.rows_affected(),
            At::Sqlite(at) => self.sqlite()?.execute(at).await?.rows_affected(),
            At::PostgresPool(at) => self.postgres()?.execute(at).await?.rows_affected(),
            At::Postgres(at) => self.postgres()?.execute(at).await?.rows_affected(),
        };
        Ok(Done { rows })
    }

    fn sqlite(self) -> Result<Prepared<'q, Sqlite, SqliteArguments<'q>>, Error> {
        Ok(sqlx::query_with(self.text, arguments::<Sqlite>(self.values)?))
    }

    fn postgres(self) -> Result<Prepared<'q, Postgres, PgArguments>, Error> {
        Ok(sqlx::query_with(self.text, arguments::<Postgres>(self.values)?))
    }
}

impl<'q, T: Record> Query<'q, T> {
    pub async fn fetch_all(self, at: impl Into<At<'_>>) -> Result<Vec<T>, Error> {
        match at.into() {
            At::SqlitePool(at) => self.sqlite_rows()?.fetch_all(at).await,
            At::Sqlite(at) => self.sqlite_rows()?.fetch_all(at).await,
            At::PostgresPool(at) => self.postgres_rows()?.fetch_all(at).await,
            At::Postgres(at) => self.postgres_rows()?.fetch_all(at).await,
        }
    }

    /// The first row, if there is one.
    pub async fn fetch_optional(self, at: impl Into<At<'_>>) -> Result<Option<T>, Error> {
        match at.into() {
            At::SqlitePool(at) => self.sqlite_rows()?.fetch_optional(at).await,
            At::Sqlite(at) => self.sqlite_rows()?.fetch_optional(at).await,
            At::PostgresPool(at) => self.postgres_rows()?.fetch_optional(at).await,
            At::Postgres(at) => self.postgres_rows()?.fetch_optional(at).await,
        }
    }

    pub async fn fetch_one(self, at: impl Into<At<'_>>) -> Result<T, Error> {
        self.fetch_optional(at).await?.ok_or(Error::RowNotFound)
    }

    fn sqlite_rows(self) -> Result<PreparedAs<'q, Sqlite, T, SqliteArguments<'q>>, Error> {
        Ok(sqlx::query_as_with(self.text, arguments::<Sqlite>(self.values)?))
    }

    fn postgres_rows(self) -> Result<PreparedAs<'q, Postgres, T, PgArguments>, Error> {
        Ok(sqlx::query_as_with(self.text, arguments::<Postgres>(self.values)?))
    }
}

impl<T> Scalar<'_, T>
where
    (T,): Record,
{
    /// The next parameter.
    pub fn bind(self, value: impl Into<Value>) -> Self {
        Scalar(self.0.bind(value))
    }

    pub async fn fetch_all(self, at: impl Into<At<'_>>) -> Result<Vec<T>, Error> {
        Ok(self.0.fetch_all(at).await?.into_iter().map(|(value,)| value).collect())
    }

    pub async fn fetch_optional(self, at: impl Into<At<'_>>) -> Result<Option<T>, Error> {
        Ok(self.0.fetch_optional(at).await?.map(|(value,)| value))
    }

    pub async fn fetch_one(self, at: impl Into<At<'_>>) -> Result<T, Error> {
        Ok(self.0.fetch_one(at).await?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_go_together_keep_their_parameters_apart() {
        let mut text = String::new();
        push_renumbered(&mut text, "UPDATE a SET b = $1, c = $2 WHERE d = $1", 0);
        push_renumbered(&mut text, "DELETE FROM a WHERE b = $10", 2);
        assert_eq!(text, "UPDATE a SET b = $1, c = $2 WHERE d = $1; DELETE FROM a WHERE b = $12; ");
    }
}
