//! Who may come in, and under which pseudonym they vote.

use sqlx::FromRow;

use super::clock;
use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;
use crate::story::{Rater, Role};

#[derive(FromRow)]
struct RaterRow {
    id: String,
    name: Option<String>,
    role: String,
    fingerprint: Option<String>,
    simulated: bool,
    revoked: bool,
}

const COLUMNS: &str = "SELECT id, name, role, fingerprint, simulated, revoked FROM raters";

/// How somebody is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// By a public key (OpenSSH) with this fingerprint.
    Key { key: String, fingerprint: String },
    /// By a token that is good once. Only its hash is kept.
    Invite { token: String },
    /// Only from this machine.
    Here,
}

impl Shelf {
    /// Lets somebody in from now on. Their pseudonym is drawn, so it says nothing of them.
    pub async fn add_rater(
        &self,
        name: &str,
        role: Role,
        entrance: &Entrance,
        simulated: bool,
    ) -> Result<Rater, ShelfError> {
        let id = format!("r-{:08x}", rand::random::<u32>());
        let (key, fingerprint, invite) = match entrance {
            Entrance::Key { key, fingerprint } => (Some(key), Some(fingerprint), None),
            Entrance::Invite { token } => (None, None, Some(hash_of(token))),
            Entrance::Here => (None, None, None),
        };
        let query = "INSERT INTO raters (id, name, role, public_key, fingerprint, invite, simulated, revoked, added_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE, $8)";
        let added = sql::query(query)
            .bind(&id)
            .bind(name)
            .bind(role.word())
            .bind(key)
            .bind(fingerprint)
            .bind(invite)
            .bind(simulated)
            .bind(clock::now())
            .execute(&self.pool)
            .await;
        added.map_err(|error| match error.as_database_error() {
            Some(refused) if refused.is_unique_violation() => ShelfError::KeyTaken,
            _ => self.cause(error),
        })?;
        let (name, fingerprint) = (Some(name.to_owned()), fingerprint.cloned());
        Ok(Rater { id, name, role, fingerprint, simulated, revoked: false })
    }

    pub async fn raters(&self) -> Result<Vec<Rater>, ShelfError> {
        let query = format!("{COLUMNS} ORDER BY added_at, id");
        let rows: Vec<RaterRow> =
            sql::query_as(&query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(rows.into_iter().map(Rater::from).collect())
    }

    /// Who comes in with this key; somebody revoked is nobody.
    pub async fn rater_by_key(&self, fingerprint: &str) -> Result<Option<Rater>, ShelfError> {
        self.one_rater(&format!("{COLUMNS} WHERE fingerprint = $1 AND NOT revoked"), fingerprint).await
    }

    /// By pseudonym or by name: of several of a name one who may come in, the one added last.
    pub async fn rater(&self, who: &str) -> Result<Option<Rater>, ShelfError> {
        self.one_rater(&format!("{COLUMNS} WHERE id = $1 OR name = $1 ORDER BY revoked, added_at DESC LIMIT 1"), who)
            .await
    }

    async fn one_rater(&self, query: &str, value: &str) -> Result<Option<Rater>, ShelfError> {
        let row: Option<RaterRow> =
            sql::query_as(query).bind(value).fetch_optional(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(row.map(Rater::from))
    }

    /// Uses up an invitation: it lets in once. With a key, that key is theirs from now on.
    pub async fn use_invite(&self, token: &str, key: Option<(&str, &str)>) -> Result<Option<Rater>, ShelfError> {
        let mut writing = self.begin().await?;
        // Of two who show it at once, the second finds it used up.
        let query = format!("{COLUMNS} WHERE invite = $1 AND NOT revoked{}", self.dialect().for_update());
        let found: Option<RaterRow> = sql::query_as(&query)
            .bind(hash_of(token))
            .fetch_optional(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        let Some(found) = found else { return Ok(None) };
        let query = "UPDATE raters SET invite = NULL, public_key = COALESCE($1, public_key), \
                     fingerprint = COALESCE($2, fingerprint) WHERE id = $3";
        sql::query(query)
            .bind(key.map(|key| key.0))
            .bind(key.map(|key| key.1))
            .bind(&found.id)
            .execute(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(Some(found.into()))
    }

    /// Lets somebody in no more; what they voted stays.
    pub async fn revoke_rater(&self, id: &str) -> Result<(), ShelfError> {
        self.change_rater("UPDATE raters SET revoked = TRUE, invite = NULL WHERE id = $1", id).await
    }

    /// Forgets who somebody is: their votes stay under the pseudonym, which nothing ties to them any more.
    pub async fn forget_rater(&self, id: &str) -> Result<(), ShelfError> {
        let query = "UPDATE raters SET name = NULL, public_key = NULL, fingerprint = NULL, invite = NULL, revoked = TRUE \
                     WHERE id = $1";
        self.change_rater(query, id).await
    }

    async fn change_rater(&self, query: &'static str, id: &str) -> Result<(), ShelfError> {
        sql::query(query).bind(id).execute(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(())
    }
}

fn hash_of(token: &str) -> String {
    blake3::hash(token.trim().as_bytes()).to_hex().to_string()
}

impl From<RaterRow> for Rater {
    fn from(row: RaterRow) -> Rater {
        let role = match row.role.as_str() {
            "owner" => Role::Owner,
            "inspector" => Role::Inspector,
            _ => Role::Rater,
        };
        let RaterRow { id, name, fingerprint, simulated, revoked, .. } = row;
        Rater { id, name, role, fingerprint, simulated, revoked }
    }
}
