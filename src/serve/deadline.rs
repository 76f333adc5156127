//! A connection that ends by itself unless somebody is let in before its time is up. russh bounds how often somebody may try
//! to say who they are, not how long they may take.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream with a deadline, which `let_in` lifts.
pub struct Deadline<S> {
    stream: S,
    until: Pin<Box<Sleep>>,
    let_in: Arc<AtomicBool>,
}

impl<S> Deadline<S> {
    pub fn new(stream: S, time: Duration, let_in: Arc<AtomicBool>) -> Deadline<S> {
        Deadline { stream, until: Box::pin(sleep(time)), let_in }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deadline<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.let_in.load(Ordering::Relaxed) && this.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut this.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Deadline<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn who_is_not_let_in_in_time_is_cut_off() {
        let read = async |let_in: bool| {
            let (_theirs, ours) = tokio::io::duplex(16);
            let mut stream = Deadline::new(ours, Duration::from_millis(30), Arc::new(AtomicBool::new(let_in)));
            tokio::time::timeout(Duration::from_millis(300), stream.read(&mut [0; 4])).await
        };
        assert_eq!(read(false).await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(read(true).await.is_err(), "and who is in may be silent");
    }
}
