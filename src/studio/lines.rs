//! Where a model comes from and what came of it: the chain from votes over reward and policy to stories and new votes.

use super::adopting::lineage_of;
use super::gallery::blocking;
use super::handle::Studio;
use crate::story::{ModelLine, Notice};

impl Studio {
    /// The line of a model of the list, or of the one that tells.
    pub async fn line_of(&self, name: Option<&str>) -> Result<ModelLine, Notice> {
        let current = self.model().borrow().name.clone();
        let name = name.unwrap_or(&current).to_owned();
        let (identity, base) = self.inner.registry.identities(&name).await?;
        let lineage = match self.inner.registry.folder_of(&name).await? {
            Some(folder) => blocking(move || lineage_of(&folder)).await?,
            None => None,
        };
        let (stories, campaigns) = match &base {
            Some(base) => self.inner.shelf.work_of(base, Some(&name)).await?,
            None => self.inner.shelf.work_of(&identity, None).await?,
        };
        Ok(ModelLine { current: name == current, name, identity, lineage, stories, campaigns })
    }
}
