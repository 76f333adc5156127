//! Who may ask: whoever has the key, where there is one.

/// The key that requests must bear; none lets everybody in.
pub struct Entry(Option<blake3::Hash>);

impl Entry {
    pub fn new(key: Option<&str>) -> Entry {
        Entry(key.map(|key| blake3::hash(key.as_bytes())))
    }

    /// By what stands behind `Authorization:`. Hashes are compared, which takes as long whatever they are.
    pub fn lets_in(&self, said: Option<&str>) -> bool {
        let Entry(Some(key)) = self else { return true };
        let said = said.and_then(|said| said.strip_prefix("Bearer ")).unwrap_or_default();
        blake3::hash(said.trim().as_bytes()) == *key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_opens() {
        let asks = |said: Option<&str>| Entry::new(Some("secret")).lets_in(said);
        assert!(asks(Some("Bearer secret")));
        assert!(!asks(Some("Bearer secre")) && !asks(Some("Bearer ")) && !asks(Some("secret")) && !asks(None));
        assert!(Entry::new(None).lets_in(None));
    }
}
