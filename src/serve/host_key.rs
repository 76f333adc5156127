//! The server's own key: made once, kept in the home folder, so that visitors know it again.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, HashAlg, PrivateKey};

use crate::story::Notice;

/// The key in this folder; a new one, where there is none.
///
/// # Errors
/// Where it cannot be read or written. A key that is there is never replaced.
pub fn host_key(home: &Path) -> Result<PrivateKey, Notice> {
    let path = home.join("host_key");
    let outside = |what: &str, why: &dyn std::fmt::Display| {
        Notice::outside(
            format!("the host key {} cannot be {what}: {why}", path.display()),
            "mend the file or its folder",
        )
    };
    match fs::read_to_string(&path) {
        Ok(text) => PrivateKey::from_openssh(&text).map_err(|why| outside("read", &why)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key =
                PrivateKey::random(&mut rand_for_keys(), Algorithm::Ed25519).map_err(|why| outside("made", &why))?;
            let text = key.to_openssh(LineEnding::LF).map_err(|why| outside("made", &why))?;
            // Nobody else may read it; and two servers that begin at once must not write over one another.
            let file = fs::File::options().write(true).create_new(true).mode(0o600).open(&path);
            let written = file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
            match written {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => host_key(home),
                Err(error) => Err(outside("written", &error)),
                Ok(()) => Ok(key),
            }
        }
        Err(error) => Err(outside("read", &error)),
    }
}

/// What visitors see when they come for the first time: "SHA256:..".
pub fn fingerprint(key: &PrivateKey) -> String {
    key.public_key().fingerprint(HashAlg::Sha256).to_string()
}

fn rand_for_keys() -> impl russh::keys::ssh_key::rand_core::CryptoRng {
    russh::keys::key::safe_rng()
}
