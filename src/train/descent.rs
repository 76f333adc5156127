//! What a training makes a model from, kept beside the model: `lineage.json`.

use std::path::Path;

use super::error::{Result, TrainError};
use crate::exchange::SnapshotCard;
use crate::model::error::ModelError;
use crate::story::{Ancestor, VotesLearnt};
use crate::writer::embedded::EMBEDDED;
use crate::writer::identity::{embedded_identity, identity};

/// Its name in a model's folder.
pub const LINEAGE: &str = "lineage.json";

/// The model in a folder, or the embedded one, as it is now; with its own line where that is known.
pub fn ancestor(folder: &Path) -> Result<Ancestor> {
    if folder == Path::new(EMBEDDED) {
        return Ok(Ancestor { name: EMBEDDED.to_owned(), identity: embedded_identity(), lineage: None });
    }
    let read = |source| TrainError::File { path: folder.to_owned(), source };
    let identity = identity(folder, &mut |_| ()).map_err(read)?;
    // A folder that no training of ours made has none; one that cannot be read says nothing either.
    let lineage = ModelError::parsing(&folder.join(LINEAGE)).ok();
    Ok(Ancestor { name: folder.display().to_string(), identity, lineage })
}

/// What is kept of a snapshot.
pub fn votes_learnt(card: &SnapshotCard) -> VotesLearnt {
    let SnapshotCard { campaign, votes, simulated, pairs, hash, .. } = card.clone();
    VotesLearnt { snapshot: hash, campaign, votes, simulated, pairs }
}
