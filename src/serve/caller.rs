//! The other end of the line: a program that comes in over SSH as people do, presses keys, and reads what stands on its screen.
//! Programs that rate, load tests and tests use it; `vt100` keeps the screen.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Handle};
use russh::keys::{Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Channel, ChannelMsg};
use tokio::net::TcpSocket;
use tokio::time::timeout;

/// What a terminal says to the server's questions of what it can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// Coloured text, so that pictures come as half blocks.
    Text,
    /// Kitty's graphics, in cells of 9 x 18 pixels.
    Kitty,
}

impl Terminal {
    fn answers(self) -> &'static [u8] {
        match self {
            Terminal::Text => b"\x1b[?62;22c\x1b[0n",
            Terminal::Kitty => {
                b"\x1b_Gi=31;OK\x1b\\\x1b_Gi=32;OK\x1b\\\x1bP>|kitty(0.41.1)\x1b\\\x1b[6;18;9t\x1b[?62;52;c\x1b[0n"
            }
        }
    }
}

/// How long a silent server is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// The server at the other end, known by its key if one was named.
struct Known(Option<String>);

impl client::Handler for Known {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(self.0.is_none()) };
        Ok(self.0.as_ref().is_none_or(|known| *known == key.fingerprint(HashAlg::Sha256).to_string()))
    }
}

/// How somebody comes in.
pub struct Calling {
    pub address: SocketAddr,
    /// Which of this machine's addresses they come from; a server limits how many come from one.
    pub from: Option<std::net::IpAddr>,
    pub key: PrivateKey,
    /// The server's key, "SHA256:..": another is refused. `None` takes any, for servers on this machine.
    pub fingerprint: Option<String>,
    pub terminal: Terminal,
    pub columns: NonZeroU16,
    pub rows: NonZeroU16,
}

/// A connection with a terminal at this end.
pub struct Caller {
    // Dropped, the connection ends.
    _handle: Handle<Known>,
    channel: Channel<client::Msg>,
    screen: vt100::Parser,
}

/// Why a call ended.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("nobody answers at {0}: {1}")]
    Unreachable(SocketAddr, io::Error),
    #[error("the key is not let in")]
    Refused,
    #[error("the line broke: {0}")]
    Line(#[from] russh::Error),
    #[error("the line was cut")]
    Cut,
    #[error("the other end fell silent")]
    Silent,
}

impl Caller {
    /// Comes in with a key, and asks for a terminal and for what there is instead of a shell.
    ///
    /// # Errors
    /// Where nobody is there, or the key is not known there.
    pub async fn come(calling: Calling) -> Result<Caller, CallError> {
        let unreachable = |error| CallError::Unreachable(calling.address, error);
        let socket = if calling.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(unreachable)?;
        if let Some(from) = calling.from {
            socket.bind(SocketAddr::from((from, 0))).map_err(unreachable)?;
        }
        let stream = socket.connect(calling.address).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let mut handle = client::connect_stream(Arc::default(), stream, Known(calling.fingerprint)).await?;
        let key = PrivateKeyWithHashAlg::new(Arc::new(calling.key), None);
        if !handle.authenticate_publickey("rater", key).await?.success() {
            return Err(CallError::Refused);
        }
        let channel = handle.channel_open_session().await?;
        let (columns, rows) = (u32::from(calling.columns.get()), u32::from(calling.rows.get()));
        channel.request_pty(true, "xterm-256color", columns, rows, 0, 0, &[]).await?;
        channel.request_shell(true).await?;
        channel.data(calling.terminal.answers()).await?;
        let screen = vt100::Parser::new(calling.rows, calling.columns, 0);
        Ok(Caller { _handle: handle, channel, screen })
    }

    /// Sends keys as a terminal does.
    ///
    /// # Errors
    /// Where the line is cut.
    pub async fn press(&self, keys: &str) -> Result<(), CallError> {
        Ok(self.channel.data(keys.as_bytes()).await?)
    }

    /// What stands on the screen, line by line.
    pub fn screen(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits until the screen is as `is` wants it.
    ///
    /// # Errors
    /// Where the line is cut before, or nothing comes for too long.
    pub async fn until(&mut self, is: impl Fn(&str) -> bool) -> Result<(), CallError> {
        while !is(&self.screen()) {
            match timeout(PATIENCE, self.channel.wait()).await.map_err(|_| CallError::Silent)? {
                Some(ChannelMsg::Data { data }) => self.screen.process(&data),
                Some(_) => {}
                None => return Err(CallError::Cut),
            }
        }
        Ok(())
    }
}

/// A key pair for a program, with what `Entrance::Key` wants to know of it: the public key, and its fingerprint.
///
/// # Errors
/// Where the system gives no randomness.
pub fn new_key() -> Result<(PrivateKey, String, String), CallError> {
    let key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).map_err(russh::Error::from)?;
    let public = key.public_key().to_openssh().map_err(russh::Error::from)?;
    let fingerprint = key.public_key().fingerprint(HashAlg::Sha256).to_string();
    Ok((key, public, fingerprint))
}
