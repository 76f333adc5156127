//! The loop at the door: it takes connections, keeps to the limits, and outlives whatever one connection does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use russh::server::{Config, run_stream};
use russh::{MethodKind, MethodSet};
use tokio::net::{TcpListener, TcpStream};

use super::audit::Audit;
use super::deadline::Deadline;
use super::guest::{Guest, House};
use super::host_key::{fingerprint, host_key};
use super::limits::{Gate, Limits};
use super::memory::Memory;
use crate::story::{Campaign, Notice};
use crate::studio::Studio;

/// Until then somebody must have said who they are.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// What is to be served, and where.
pub struct Serve {
    pub studio: Studio,
    pub campaign: Campaign,
    pub listen: SocketAddr,
    pub limits: Limits,
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    config: Arc<Config>,
    house: House,
    /// "SHA256:..", for visitors to compare.
    pub fingerprint: String,
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// Where the address is taken, or the home folder cannot be written.
    pub async fn open(order: Serve) -> Result<Server, Notice> {
        let home = order.studio.shelf().home().to_owned();
        let key = host_key(&home)?;
        let fingerprint = fingerprint(&key);
        let listener = TcpListener::bind(order.listen).await.map_err(|error| {
            let what = format!("nobody can be heard at {}: {error}", order.listen);
            Notice::outside(what, "give another address with --listen")
        })?;
        let config = Config {
            methods: MethodSet::from(&[MethodKind::PublicKey, MethodKind::KeyboardInteractive][..]),
            keys: vec![key],
            auth_rejection_time: Duration::from_secs(2),
            auth_rejection_time_initial: Some(Duration::ZERO),
            max_auth_attempts: 10,
            // Who presses no key for long is sent home by the visit: keepalives are life enough for this one.
            inactivity_timeout: Some(Duration::from_secs(300)),
            keepalive_interval: Some(Duration::from_secs(30)),
            keepalive_max: 3,
            nodelay: true,
            channel_buffer_size: 16,
            ..Config::default()
        };
        let audit = Audit::open(&home)?;
        let Serve { studio, campaign, limits, .. } = order;
        let house =
            House { studio, campaign, gate: Gate::new(limits), audit, prints: Arc::default(), memory: Memory::watch() };
        Ok(Server { listener, config: Arc::new(config), house, fingerprint })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Never, once it listens.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Takes connections until the future is dropped.
    pub async fn run(self) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => self.take(stream, address),
                Err(error) => {
                    // Out of descriptors, say: it passes, and the server must not.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn take(&self, stream: TcpStream, address: SocketAddr) {
        let place = match self.house.gate.enter(address.ip()) {
            Ok(place) => place,
            Err(why) => {
                // No line in the audit: they come as fast as somebody can connect.
                tracing::info!(%address, why, "turned away");
                return;
            }
        };
        let _ = stream.set_nodelay(true);
        let let_in = Arc::new(AtomicBool::new(false));
        let stream = Deadline::new(stream, HANDSHAKE, let_in.clone());
        let guest = Guest::new(self.house.clone(), address.ip(), place, let_in);
        let config = self.config.clone();
        tokio::spawn(async move {
            match run_stream(config, stream, guest).await {
                Ok(session) => {
                    if let Err(error) = session.await {
                        tracing::info!(%error, %address, "a connection ended");
                    }
                }
                Err(error) => tracing::info!(%error, %address, "a connection did not begin"),
            }
        });
    }
}
