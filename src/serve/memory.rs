//! Memory of visitors who have gone goes back to the system: the allocator would keep it for the next ones, who may never come.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// After somebody has left it is waited so long for others who leave as well.
const REST: Duration = Duration::from_secs(1);

/// Told of everybody who leaves.
#[derive(Clone, Debug)]
pub struct Memory(Arc<Notify>);

impl Memory {
    /// Begins to watch, as long as anybody can tell it something.
    pub fn watch() -> Memory {
        let left = Arc::new(Notify::new());
        let hears = Arc::downgrade(&left);
        tokio::spawn(async move {
            while let Some(left) = hears.upgrade() {
                // Looked at now and then without news, so that the task ends with the server.
                let news = tokio::time::timeout(Duration::from_secs(60), left.notified()).await;
                drop(left);
                tokio::time::sleep(REST).await;
                if news.is_ok() {
                    // It walks through all that is free: milliseconds, which no visit should wait for.
                    let _ = tokio::task::spawn_blocking(give_back).await;
                }
            }
        });
        Memory(left)
    }

    /// Somebody has left.
    pub fn left(&self) {
        self.0.notify_one();
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn give_back() {
    // SAFETY: it takes no pointers, and glibc documents it as safe to call from any thread.
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give back by themselves, or have no way to be asked.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
