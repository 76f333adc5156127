//! How a model on a hub is named: `owner/name`, or `owner/name@revision`.

use std::fmt;

/// A model on a hub, at a revision: a branch, a tag or a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubId {
    /// `owner/name`.
    pub name: String,
    pub revision: String,
}

impl HubId {
    /// Reads the name; `None` if it is none. `main` is the revision where none is given.
    pub fn read(text: &str) -> Option<HubId> {
        let (name, revision) = text.split_once('@').unwrap_or((text, "main"));
        let (owner, model) = name.split_once('/')?;
        let plain = |part: &str| {
            let signs = part.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(sign));
            signs && !part.is_empty() && !part.starts_with('.') && !part.contains("..")
        };
        let revised = revision.split('/').all(plain);
        (plain(owner) && plain(model) && revised)
            .then(|| HubId { name: name.to_owned(), revision: revision.to_owned() })
    }

    /// The part that a person would call it by.
    pub fn short(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_paths() {
        let id = HubId::read("HuggingFaceTB/SmolVLM-256M-Instruct@refs/pr/5").unwrap();
        assert_eq!((id.name.as_str(), id.revision.as_str()), ("HuggingFaceTB/SmolVLM-256M-Instruct", "refs/pr/5"));
        assert_eq!(HubId::read("a/b").unwrap().revision, "main");
        for path in ["model", "./a", "../a", "a/../b", "a/b/c", "/a/b", "a/b@", "a/b@../c", "~/models"] {
            assert!(HubId::read(path).is_none(), "{path}");
        }
    }
}
