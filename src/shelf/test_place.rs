//! Where tests keep a shelf: in a home of their own, and for PostgreSQL in a schema of their own. The same tests run on both.
//!
//! STORYLOOM_TEST_POSTGRES names the database, with the right to make schemas in it. Without it the tests of PostgreSQL say
//! so and do nothing; where CI is true they fail.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Once};

use sqlx::{Connection, Executor, PgConnection};

use super::{Shelf, ShelfError};

/// Tests that take a `TestPlace`, each as a test on SQLite and one on PostgreSQL.
macro_rules! on_both {
    ($($name:ident,)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::shelf::test_place::TestPlace::sqlite()).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(place) = $crate::shelf::test_place::TestPlace::postgres().await {
                    super::$name(place).await;
                }
            })*
        }
    };
}
pub(crate) use on_both;

/// A home, and where its database is if that is elsewhere.
pub(crate) struct TestPlace {
    home: tempfile::TempDir,
    schema: Option<Arc<Schema>>,
}

/// A schema that goes when the last home that uses it has gone.
struct Schema {
    server: String,
    name: String,
    url: String,
}

impl TestPlace {
    pub fn sqlite() -> TestPlace {
        TestPlace { home: tempfile::tempdir().unwrap(), schema: None }
    }

    /// `None` where there is no PostgreSQL.
    pub async fn postgres() -> Option<TestPlace> {
        let Ok(server) = std::env::var("STORYLOOM_TEST_POSTGRES") else {
            let absent = "PostgreSQL is absent (STORYLOOM_TEST_POSTGRES is not set): its tests are skipped";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{absent}");
            static SAID: Once = Once::new();
            // Past the test harness, which shows nothing of a test that succeeds.
            SAID.call_once(|| drop(writeln!(std::io::stderr(), "{absent}")));
            return None;
        };
        let name = format!("test_{:016x}", rand::random::<u64>());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        connection.execute(format!("CREATE SCHEMA {name}").as_str()).await.unwrap();
        connection.close().await.unwrap();
        let sign = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{sign}options[search_path]={name}");
        let schema = Some(Arc::new(Schema { server, name, url }));
        Some(TestPlace { home: tempfile::tempdir().unwrap(), schema })
    }

    /// Another home that shares the database.
    pub fn beside(&self) -> TestPlace {
        assert!(self.schema.is_some(), "a database in a home is not shared");
        TestPlace { home: tempfile::tempdir().unwrap(), schema: self.schema.clone() }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The URL of the database.
    pub fn database(&self) -> Option<&str> {
        self.schema.as_ref().map(|schema| schema.url.as_str())
    }

    pub async fn try_open(&self) -> Result<Shelf, ShelfError> {
        Shelf::open(self.home(), self.database()).await
    }

    pub async fn open(&self) -> Shelf {
        self.try_open().await.unwrap()
    }

    /// The statement that takes away what keeps votes from being changed.
    pub fn let_votes_change(&self) -> &'static str {
        match self.schema {
            None => "DROP TRIGGER vote_events_never_change",
            Some(_) => "DROP TRIGGER vote_events_never_change ON vote_events",
        }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let work = async move {
            let mut connection = PgConnection::connect(&server).await?;
            connection.execute(format!("SET lock_timeout = '5s'; DROP SCHEMA {name} CASCADE").as_str()).await?;
            connection.close().await
        };
        // A thread of its own: the test's runtime cannot be waited for from within.
        let cleaned = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(work)
        });
        if let Ok(Err(error)) = cleaned.join() {
            drop(writeln!(std::io::stderr(), "the schema {} stays: {error}", self.name));
        }
    }
}
