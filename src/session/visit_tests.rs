//! A visit through a door that is no terminal: keys go in one end, bytes come out the other.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::door::{Door, Heard, Window};
use super::visit::Visit;
use crate::canvas::{Canvas, Depth, Found, Protocol};
use crate::config::{Config, Flags};
use crate::story::SamplingPatch;
use crate::studio::{BUNDLED, Studio};

struct Pipe {
    keys: UnboundedReceiver<Heard>,
    bytes: UnboundedSender<Vec<u8>>,
    window: Window,
}

impl Door for Pipe {
    async fn hear(&mut self) -> Heard {
        self.keys.recv().await.unwrap_or(Heard::Gone)
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.send(bytes.to_vec()).map_err(io::Error::other)
    }

    fn window(&self) -> Window {
        self.window
    }

    async fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The visitor's end.
struct Visitor {
    keys: UnboundedSender<Heard>,
    bytes: UnboundedReceiver<Vec<u8>>,
    /// Everything that was sent so far.
    sent: String,
    canvas: Arc<Canvas>,
    home: tempfile::TempDir,
}

impl Visitor {
    /// Comes in, to a studio with nothing but the bundled sequences.
    async fn comes(protocol: Protocol) -> Visitor {
        let home = tempfile::tempdir().unwrap();
        let config = Config::load(Flags { home: Some(home.path().to_owned()), ..Flags::default() }).unwrap();
        let studio = Studio::open(&config).await.unwrap();
        let found = Found::plain(protocol, Depth::True);
        let canvas = Arc::new(Canvas::new(found, 7000));
        let (keys, heard) = mpsc::unbounded_channel();
        let (out, bytes) = mpsc::unbounded_channel();
        let window = Window { columns: 100, rows: 30, cell: None };
        let mut door = Pipe { keys: heard, bytes: out, window };
        let sampling = SamplingPatch { max_new_tokens: Some(12), ..SamplingPatch::default() };
        let visit = Visit::new(&door, canvas.clone(), studio.clone(), sampling);
        tokio::spawn(async move { visit.run(&mut door, &studio).await });
        Visitor { keys, bytes, sent: String::new(), canvas, home }
    }

    fn press(&self, code: KeyCode) {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        self.keys.send(Heard::Input(Input::Key(key))).unwrap();
    }

    /// Reads on until the words have been sent; letters that did not change are not sent again, so words must be new.
    async fn sees(&mut self, words: &str) {
        let long = Duration::from_secs(60);
        while !self.sent.contains(words) {
            let Ok(bytes) = tokio::time::timeout(long, self.bytes.recv()).await else {
                let seen: String = self.sent.chars().rev().take(2000).collect::<Vec<_>>().into_iter().rev().collect();
                panic!("'{words}' should come soon; the last that came is {seen:?}");
            };
            self.sent.push_str(&String::from_utf8(bytes.expect("the visit goes on")).unwrap());
        }
    }

    /// Reads on until the visit is over.
    async fn leaves(&mut self) {
        while let Some(bytes) = self.bytes.recv().await {
            self.sent.push_str(&String::from_utf8(bytes).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_is_opened_told_and_left() {
    let mut visitor = Visitor::comes(Protocol::Off).await;
    visitor.sees("quit").await;
    visitor.sees(&format!("1/{}", BUNDLED.len())).await;
    visitor.press(KeyCode::Enter);
    visitor.sees("closely").await;
    visitor.press(KeyCode::Char(' '));
    visitor.sees("cut at").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_sent_once_and_forgotten_by_their_ids() {
    let mut visitor = Visitor::comes(Protocol::Kitty).await;
    visitor.sees("i=7000,").await;
    let quiet = Duration::from_secs(2);
    while let Ok(Some(bytes)) = tokio::time::timeout(quiet, visitor.bytes.recv()).await {
        visitor.sent.push_str(&String::from_utf8(bytes).unwrap());
    }
    let shown = visitor.sent.matches("a=T,U=1").count();
    assert!(shown > 2, "the gallery shows {shown} pictures");
    visitor.press(KeyCode::Char('l'));
    visitor.press(KeyCode::Char('q'));
    visitor.leaves().await;
    assert_eq!(visitor.sent.matches("a=T,U=1").count(), shown, "no picture is sent twice");
    visitor.canvas.forget();
    let farewell = visitor.canvas.take_bytes();
    assert_eq!(farewell.matches("a=d,d=I").count(), shown);
    assert!(farewell.contains("i=7000,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_is_one_synchronized_update_and_nothing_is_sent_without_a_change() {
    let mut visitor = Visitor::comes(Protocol::HalfBlocks).await;
    visitor.sees("▀").await;
    // Once everything is there nothing more comes, until a key is pressed.
    let quiet = Duration::from_millis(700);
    while let Ok(Some(bytes)) = tokio::time::timeout(quiet, visitor.bytes.recv()).await {
        let view = String::from_utf8(bytes).unwrap();
        assert!(view.starts_with("\x1b[?2026h") && view.ends_with("\x1b[?2026l"));
    }
    visitor.press(KeyCode::Char('l'));
    assert!(tokio::time::timeout(quiet, visitor.bytes.recv()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_whose_line_is_cut_ends_only_the_visit() {
    let mut visitor = Visitor::comes(Protocol::Off).await;
    visitor.sees("quit").await;
    visitor.keys.send(Heard::Gone).unwrap();
    tokio::time::timeout(Duration::from_secs(10), visitor.leaves()).await.expect("the visit ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_while_it_writes_and_until_it_is_taken_away() {
    let mut visitor = Visitor::comes(Protocol::Off).await;
    visitor.sees("quit").await;
    let run = visitor.home.path().join("runs/small-1");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("order.json"), r#"{"name":"small","kind":"sft","folder":"/","ordered":0}"#).unwrap();
    let write = |lines: &str| fs::write(run.join("steps.jsonl"), lines).unwrap();
    let first = "{\"step\":3,\"of\":4,\"stage\":\"words\",\"loss\":0.5}\n";
    write(first);
    visitor.press(KeyCode::Char('T'));
    visitor.sees("3/4").await;
    // Half of a line is no step.
    write(&format!("{first}{{\"step\":555,\"of\":666,\"stage\":\"words\"}}\n{{\"step\":777,"));
    visitor.sees("555/666").await;
    fs::remove_dir_all(&run).unwrap();
    visitor.sees("Nothing has been trained").await;
    assert!(!visitor.sent.contains("777/"));
}
