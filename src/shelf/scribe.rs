//! A thread of its own for what raters write. Each statement of a transaction goes to SQLite's thread and back, and nobody else
//! can write meanwhile: among tasks that draw views it would wait behind one of them every time.

use std::future::Future;
use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Clones share the thread, which ends with the last of them.
#[derive(Clone, Debug)]
pub struct Scribe {
    thread: Handle,
    _stays: Arc<oneshot::Sender<()>>,
}

impl Scribe {
    /// It waits for other threads and for time, never for a file or a line: so it sleeps lightly.
    pub fn new() -> io::Result<Scribe> {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let (stays, gone) = oneshot::channel::<()>();
        let thread = runtime.handle().clone();
        std::thread::Builder::new().name("scribe".to_owned()).spawn(move || {
            // An error is what it is waited for: nobody is left who could ask for anything.
            let _ = runtime.block_on(gone);
        })?;
        Ok(Scribe { thread, _stays: Arc::new(stays) })
    }

    /// Does the work there, even if nobody waits for it any more.
    pub async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match self.thread.spawn(work).await {
            Ok(done) => done,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
}
