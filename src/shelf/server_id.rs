//! Which server this is: a name that is drawn once for a home folder and kept in it, so that a server's votes stay one chain.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// The name of the server whose home this is. Called while nobody else opens this home. Blocks.
pub fn server_id(home: &Path) -> io::Result<String> {
    let file = home.join("server");
    match fs::read_to_string(&file) {
        Ok(text) => {
            let id = text.trim();
            let drawn = id.strip_prefix("s-").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let broken = || io::Error::new(ErrorKind::InvalidData, format!("{} is not what it was", file.display()));
            drawn.then(|| id.to_owned()).ok_or_else(broken)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let id = format!("s-{:016x}", rand::random::<u64>());
            let mut beside = tempfile::NamedTempFile::new_in(home)?;
            writeln!(beside, "{id}")?;
            beside.as_file().sync_all()?;
            beside.persist(&file).map_err(|error| error.error)?;
            Ok(id)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_the_same_server_ever_after() {
        let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let first = server_id(homes[0].path()).unwrap();
        assert_eq!(server_id(homes[0].path()).unwrap(), first);
        assert_ne!(server_id(homes[1].path()).unwrap(), first);
        fs::write(homes[0].path().join("server"), "").unwrap();
        assert!(server_id(homes[0].path()).is_err(), "another name would begin another chain");
    }
}
