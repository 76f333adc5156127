//! One connection: who it is, which terminal it has, and the visit that begins when a shell is asked for.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::{HashAlg, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelMsg, ChannelWriteHalf, MethodKind, MethodSet, Pty};
use tokio::io::AsyncWrite;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::audit::Audit;
use super::limits::{Gate, Place};
use super::line::{Came, Line, Shared, Size};
use super::memory::Memory;
use crate::canvas::{Canvas, Prints, Surroundings};
use crate::session::{Door, Visit};
use crate::story::{Campaign, Rater, Role, SamplingPatch};
use crate::studio::Studio;

/// Messages of a visitor that wait to be heard.
const WAITING: usize = 64;
/// Bytes of pictures that are held for one visitor beside those before them: a rater does not go back.
const PICTURES: usize = 8 << 20;
const RATERS_PICTURES: usize = 512 << 10;
/// Variables of the visitor's environment that say something about the terminal.
const TOLD: [&str; 6] = ["COLORTERM", "NO_COLOR", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "LC_TERMINAL", "LANG"];

/// What all connections of a server share.
#[derive(Clone)]
pub struct House {
    pub studio: Studio,
    pub campaign: Campaign,
    pub gate: Gate,
    pub audit: Audit,
    /// Pictures that several visitors see alike.
    pub prints: Arc<Prints>,
    pub memory: Memory,
}

/// One connection.
pub struct Guest {
    house: House,
    address: IpAddr,
    _place: Place,
    rater: Option<Rater>,
    /// A key that is theirs, but that nobody here knows: an invitation may bind it.
    key: Option<(String, String)>,
    vars: Vec<(String, String)>,
    size: Shared,
    /// What the one channel is written through, until the visit has it; and where its input goes.
    writer: Option<ChannelWriteHalf<Msg>>,
    input: Option<Input>,
    failed: bool,
    /// Lifts the deadline of the connection.
    let_in: Arc<AtomicBool>,
}

/// What comes over the channel: kept for the visit once there is one, dropped before.
struct Input {
    to_visit: Sender<Came>,
    from_line: Option<Receiver<Came>>,
    begun: Arc<AtomicBool>,
}

impl Guest {
    pub fn new(house: House, address: IpAddr, place: Place, let_in: Arc<AtomicBool>) -> Guest {
        let size = Size { columns: 80, rows: 24, pixels: (0, 0) };
        Guest {
            house,
            address,
            _place: place,
            rater: None,
            key: None,
            vars: Vec::new(),
            size: Arc::new(Mutex::new(size)),
            writer: None,
            input: None,
            failed: false,
            let_in,
        }
    }

    fn let_in(&mut self, rater: Rater, by: &str) -> Auth {
        self.house.audit.note("came", Ok(&rater.id), Some(by));
        self.failed = false;
        self.let_in.store(true, Ordering::Relaxed);
        self.rater = Some(rater);
        Auth::Accept
    }

    fn turn_away(&mut self, why: &str) {
        self.failed = true;
        self.house.audit.note("refused", Err(self.address), Some(why));
    }

    fn resize(&self, columns: u32, rows: u32, pixels: (u32, u32)) {
        let most = |value: u32, most: u32| value.min(most) as u16;
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = Size {
            columns: most(columns, 1000).max(1),
            rows: most(rows, 500).max(1),
            pixels: (most(pixels.0, u32::from(u16::MAX)), most(pixels.1, u32::from(u16::MAX))),
        };
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if self.failed {
            self.house.gate.failed(self.address);
        }
        if let Some(rater) = &self.rater {
            self.house.audit.note("left", Ok(&rater.id), None);
            self.house.memory.left();
        }
    }
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Another key may follow, or the invitation.
fn ask_for_invitation() -> Auth {
    let methods = MethodSet::from(&[MethodKind::PublicKey, MethodKind::KeyboardInteractive][..]);
    Auth::Reject { proceed_with_methods: Some(methods), partial_success: false }
}

impl Handler for Guest {
    type Error = russh::Error;

    async fn auth_publickey_offered(&mut self, _: &str, _: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        // Whether it is known is said only to whoever holds it.
        Ok(Auth::Accept)
    }

    async fn auth_publickey(&mut self, _: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        let print = fingerprint(key.public_key);
        match self.house.studio.shelf().rater_by_key(&print).await {
            Ok(Some(rater)) => Ok(self.let_in(rater, "key")),
            Ok(None) => {
                self.key = key.public_key.to_openssh().ok().map(|text| (text, print));
                self.turn_away("unknown key");
                Ok(ask_for_invitation())
            }
            Err(error) => {
                tracing::error!(%error, "raters cannot be looked up");
                Ok(Auth::reject())
            }
        }
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        let Some(mut response) = response else {
            return Ok(Auth::Partial {
                name: "storyloom".into(),
                instructions: "Your key is not known here. With an invitation you may come in.".into(),
                prompts: vec![("Invitation: ".into(), true)].into(),
            });
        };
        let said = response.next().map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()).unwrap_or_default();
        let key = self.key.as_ref().map(|(key, print)| (key.as_str(), print.as_str()));
        match self.house.studio.shelf().use_invite(&said, key).await {
            Ok(Some(rater)) => Ok(self.let_in(rater, "invitation")),
            Ok(None) => {
                self.turn_away("unknown invitation");
                Ok(Auth::reject())
            }
            Err(error) => {
                tracing::error!(%error, "invitations cannot be looked up");
                Ok(Auth::reject())
            }
        }
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        // One visit a connection.
        if self.input.is_some() {
            reply.reject(russh::ChannelOpenFailure::AdministrativelyProhibited).await;
            return Ok(());
        }
        let (mut reader, writer) = channel.split();
        let (to_visit, from_line) = mpsc::channel(WAITING);
        let begun = Arc::new(AtomicBool::new(false));
        let (sends, listens) = (to_visit.clone(), begun.clone());
        // Read from the start: a channel that nobody reads holds up the whole connection.
        tokio::spawn(async move {
            while let Some(message) = reader.wait().await {
                let came = match message {
                    ChannelMsg::Data { data } if listens.load(Ordering::Relaxed) => Came::Bytes(data.to_vec()),
                    ChannelMsg::Eof | ChannelMsg::Close => Came::Left,
                    _ => continue,
                };
                let left = matches!(came, Came::Left);
                if sends.send(came).await.is_err() || left {
                    break;
                }
            }
        });
        self.writer = Some(writer);
        self.input = Some(Input { to_visit, from_line: Some(from_line), begun });
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        pix_width: u32,
        pix_height: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.vars.retain(|(name, _)| name != "TERM");
        self.vars.push(("TERM".to_owned(), term.chars().take(64).collect()));
        self.resize(columns, rows, (pix_width, pix_height));
        session.channel_success(channel)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if TOLD.contains(&name) && self.vars.len() < 16 {
            self.vars.push((name.to_owned(), value.chars().take(128).collect()));
            return session.channel_success(channel);
        }
        session.channel_failure(channel)
    }

    async fn window_change_request(
        &mut self,
        _: ChannelId,
        columns: u32,
        rows: u32,
        pix_width: u32,
        pix_height: u32,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.resize(columns, rows, (pix_width, pix_height));
        if let Some(input) = &self.input {
            // A flood of sizes may lose some: the last one is in `size` all the same.
            let _ = input.to_visit.try_send(Came::Resized);
        }
        Ok(())
    }

    async fn shell_request(&mut self, id: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        let from_line = self.input.as_mut().and_then(|input| input.from_line.take());
        let (Some(from_line), Some(writer), Some(rater)) = (from_line, self.writer.take(), self.rater.clone()) else {
            return session.channel_failure(id);
        };
        if let Some(input) = &self.input {
            input.begun.store(true, Ordering::Relaxed);
        }
        session.channel_success(id)?;
        let house = self.house.clone();
        let around = Surroundings::from_vars(self.vars.clone());
        let to: Pin<Box<dyn AsyncWrite + Send>> = Box::pin(writer.make_writer());
        let line = Line::new(from_line, to, self.size.clone());
        tokio::spawn(async move {
            let visited = std::panic::AssertUnwindSafe(visit(&house, rater, line, &around));
            let ended = futures_util::FutureExt::catch_unwind(visited).await;
            let status = match ended {
                Ok(Ok(())) => 0,
                Ok(Err(error)) => {
                    tracing::info!(%error, "a line was lost");
                    1
                }
                Err(_) => 70,
            };
            let _ = writer.exit_status(status).await;
            let _ = writer.eof().await;
            let _ = writer.close().await;
        });
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, _: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        refuse(id, session, "There are no commands here: come in with ssh alone.")
    }

    async fn subsystem_request(&mut self, id: ChannelId, _: &str, session: &mut Session) -> Result<(), Self::Error> {
        refuse(id, session, "There are no files here.")
    }
}

/// Says why and hangs up: a client that gets no answer would wait for ever.
fn refuse(id: ChannelId, session: &mut Session, why: &str) -> Result<(), russh::Error> {
    session.channel_failure(id)?;
    session.extended_data(id, 1, format!("{why}\r\n"))?;
    session.exit_status_request(id, 1)?;
    session.close(id)
}

/// The alternate screen, pasted text marked as such, no cursor; and all of it back.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l";
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[m\x1b[?2004l\x1b[?25h\x1b[?1049l";

async fn visit(house: &House, rater: Rater, mut line: Line, around: &Surroundings) -> std::io::Result<()> {
    let found = line.find(around).await?;
    let canvas = Canvas::new(found, rand::random_range(1 << 16..1 << 30));
    let pictures = if rater.role == Role::Rater { RATERS_PICTURES } else { PICTURES };
    let canvas = Arc::new(canvas.sharing(house.prints.clone(), pictures));
    line.send(ENTER).await?;
    let visit = Visit::new(&line, canvas.clone(), house.studio.clone(), SamplingPatch::default());
    let visit = match rater.role {
        Role::Rater => visit.for_rater(house.campaign.clone(), rater),
        Role::Inspector => visit.to_look(),
        Role::Owner => visit,
    };
    let visited = visit.run(&mut line, &house.studio).await;
    canvas.forget();
    let farewells = canvas.take_bytes();
    line.send(farewells.as_bytes()).await?;
    line.send(LEAVE).await?;
    visited
}
