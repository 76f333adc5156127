//! Somebody sitting at the app, for its tests: events in, keys in, screens out, on a terminal in memory.

use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::card::Card;
use super::effect::Effect;
use super::event::{Event, Opened};
use super::key::Key;
use super::{App, Look};
use crate::canvas::{Canvas, Depth, Found, Pic, Protocol, Shade};
use crate::story::{
    Alternative, Campaign, CampaignState, Finish, Frame, ModelCard, ModelState, Notes, Origin, Patches, Piece, Plan,
    Sampling, SamplingPatch, Sequence, SequenceId, Story, Task, Telling, Timing, Writer,
};

/// An app with a terminal to draw on and somebody at the keys.
pub struct Sitting {
    pub app: App,
    pub canvas: Canvas,
    size: (u16, u16),
    effects: Vec<Effect>,
}

pub fn canvas(protocol: Protocol, depth: Depth) -> Canvas {
    let found = Found::plain(protocol, depth);
    Canvas::new(found, 1)
}

pub fn title(n: usize) -> String {
    ["Rain on the Hill", "The Lost Kite", "Mia and the Fox", "A Gift for Bo"][n % 4].to_owned()
}

pub fn id(n: usize) -> SequenceId {
    SequenceId(format!("seq{n}"))
}

pub fn card(n: usize) -> Card {
    let pic = Pic { hash: format!("p{n}-0"), width: 384, height: 384, veil: None };
    let stories = if n == 1 { 2 } else { 0 };
    Card {
        id: id(n),
        title: format!("{} {}", title(n), n + 1),
        frames: 5,
        stories,
        ratings: 0,
        in_world: true,
        source: "bundled".into(),
        group: "bundled".into(),
        credits: None,
        cover: pic,
    }
}

pub fn sequence(n: usize, frames: usize, in_world: bool) -> Sequence {
    let frame = |place: usize| Frame {
        place,
        name: format!("{:02}.png", place + 1),
        hash: format!("p{n}-{place}"),
        width: 384,
        height: 384,
        text: None,
    };
    Sequence {
        id: id(n),
        title: card(n).title,
        source: "bundled".into(),
        credits: None,
        cast: vec![],
        frames: (0..frames).map(frame).collect(),
        in_world,
    }
}

pub const LINES: [&str; 5] = [
    "One rainy morning, Mia the fox found a key in the garden, and she was surprised.",
    "Mia carried the key to Bo the bear, who was asleep under the old oak tree.",
    "Bo looked angry at first, for nobody likes to be woken.",
    "Together they opened the little door behind the waterfall.",
    "Behind it was a red kite, and both of them laughed.",
];

pub fn story(n: usize, seed: u64) -> Story {
    Story {
        id: format!("story{seed}"),
        sequence: id(n),
        task: Task::Story,
        prompt: String::new(),
        text: LINES.join("\n"),
        tokens: vec![],
        writer: Writer { model: "storyteller".into(), model_hash: "00".into(), adapter: None },
        sampling: Sampling { temperature: 0.7, top_p: 0.95, seed, ..Default::default() },
        finish: Finish::End,
        timing: Timing { first_token_ms: 212.4, decode_ms: 2000.0, new_tokens: 80, ..Default::default() },
        told_at: 0,
        origin: Origin::default(),
    }
}

/// A short story with what it was told with: its third token was a choice.
pub fn inspected() -> (Story, Vec<Piece>) {
    let words = [("", 10), ("Mia the", 11), (" fox", 12), (" woke", 13), (".", 14), ("", 15)];
    let alternative = |token: u32, text: &str, p: f32| Alternative { token, text: text.into(), log_prob: p.ln() };
    let piece = |(n, (text, token)): (usize, (&str, u32))| {
        let unsure = n == 2;
        let alternatives = match unsure {
            true => vec![alternative(token, text, 0.4), alternative(99, " cat", 0.35), alternative(98, " bear", 0.2)],
            false => vec![alternative(token, text, 0.98), alternative(97, " then", 0.01)],
        };
        let share = |frame: usize| if frame == 1 { 0.2 } else { 0.02 };
        let patches = |frame: usize| Patches { columns: 2, shares: vec![share(frame), 0.0, 0.0, 0.0] };
        Piece {
            token,
            text: text.into(),
            frame: (n == 0).then_some(0),
            log_prob: Some(alternatives[0].log_prob),
            alternatives,
            attention: (0..5).map(share).collect(),
            patches: (0..5).map(patches).collect(),
        }
    };
    let pieces: Vec<Piece> = words.into_iter().enumerate().map(piece).collect();
    let story = Story {
        text: "Mia the fox woke.".into(),
        tokens: pieces.iter().map(|piece| piece.token).collect(),
        ..story(0, 7)
    };
    (story, pieces)
}

pub fn campaigns() -> Vec<Campaign> {
    let campaign = |name: &str, state: CampaignState, votes: u64| Campaign {
        id: format!("c-{name}"),
        name: name.into(),
        plan: Plan::default(),
        state,
        pairs: 30,
        wanted: 60,
        votes,
    };
    vec![campaign("second", CampaignState::Open, 0), campaign("first", CampaignState::Paused, 42)]
}

pub fn model(world_only: bool) -> ModelCard {
    ModelCard {
        name: "storyteller".into(),
        family: "idefics3".into(),
        parameters: 7_000_000,
        bytes: 15 << 20,
        source: "embedded".into(),
        dtype: "bf16".into(),
        world_only,
        base: None,
        current: true,
        state: ModelState::Ready,
        percent: 100,
        memory: 30 << 20,
    }
}

impl Sitting {
    pub fn new(columns: u16, rows: u16) -> Sitting {
        Sitting::with(columns, rows, canvas(Protocol::Off, Depth::True))
    }

    pub fn with(columns: u16, rows: u16, canvas: Canvas) -> Sitting {
        let look = Look::new(canvas.found().shade.unwrap_or(Shade::Dark), canvas.found().depth);
        let app = App::new(look, SamplingPatch::default(), columns, rows, canvas.cell());
        Sitting { app, canvas, size: (columns, rows), effects: vec![] }
    }

    /// With a ready model and a gallery of so many sequences.
    pub fn gallery(mut self, count: usize) -> Self {
        self.hear(Event::Model(model(true)));
        self.hear(Event::Gallery(Ok((0..count).map(card).collect())));
        self
    }

    /// The sequence that was asked for comes.
    pub fn comes(mut self, n: usize, frames: usize, stories: Vec<Story>) -> Self {
        let opened = Opened { sequence: Arc::new(sequence(n, frames, true)), problems: vec![], stories };
        self.hear(Event::Opened { id: id(n), result: Ok(opened) });
        self
    }

    pub fn reading(columns: u16, rows: u16, frames: usize) -> Self {
        Sitting::new(columns, rows).reads(frames)
    }

    /// Opens the first sequence.
    pub fn reads(self, frames: usize) -> Self {
        self.gallery(4).keys("<enter>").comes(0, frames, vec![])
    }

    /// Before a story of the shelf, which the inspector has to read over.
    pub fn inspects(self) -> Self {
        let (told, pieces) = inspected();
        let mut sitting = self.gallery(4).keys("<enter>").comes(0, 5, vec![told]).keys("i");
        sitting.take();
        for piece in pieces {
            sitting.hear(Event::Telling { number: 1, telling: Telling::Piece { which: 0, piece } });
        }
        sitting
    }

    /// From a reader: a comparison of two columns, begun under the numbers 1 and 2.
    pub fn compares(self) -> Self {
        let mut sitting = self.keys("v");
        sitting.take();
        sitting.keys("<space>")
    }

    /// What one of the columns tells, word by word.
    pub fn tells(mut self, number: u64, text: &str) -> Self {
        for word in text.split_inclusive(' ') {
            let piece = Piece { text: word.into(), frame: Some(0), ..Default::default() };
            self.hear(Event::Telling { number, telling: Telling::Piece { which: 0, piece } });
        }
        self
    }

    /// From a reader: notes of the sequence being read, which are empty.
    pub fn annotates(self) -> Self {
        let mut sitting = self.keys("a");
        assert_eq!(sitting.take().pop(), Some(Effect::LoadNotes(id(0))));
        sitting.hear(Event::Notes(id(0), Ok(Notes::default())));
        sitting
    }

    pub fn hear(&mut self, event: Event) {
        self.effects.extend(self.app.update(event));
    }

    pub fn keys(mut self, row: &str) -> Self {
        for key in Key::row(row).expect("keys of a test") {
            self.hear(Event::Key(key));
        }
        self
    }

    pub fn at(mut self, ms: u64) -> Self {
        self.hear(Event::Clock(Duration::from_millis(ms)));
        self
    }

    /// The story streams in up to and with this many lines, a word a piece, 20 ms each.
    pub fn streams(mut self, number: u64, lines: usize) -> Self {
        let mut ms = 300;
        for (frame, line) in LINES.iter().take(lines).enumerate() {
            for word in line.split_inclusive(' ').chain(["\n"]) {
                self = self.at(ms);
                let piece = Piece { text: word.into(), frame: Some(frame), ..Default::default() };
                self.hear(Event::Telling { number, telling: Telling::Piece { which: 0, piece } });
                ms += 20;
            }
        }
        self
    }

    pub fn done(mut self, number: u64) -> Self {
        let telling = Telling::Done { which: 0, story: Box::new(story(0, 7)) };
        self.hear(Event::Telling { number, telling });
        self.hear(Event::TellingOver(number));
        self
    }

    /// Effects since the last time they were taken.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub fn draw(&self) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).expect("memory");
        self.canvas.begin();
        terminal.draw(|frame| self.app.view(frame, &self.canvas)).expect("memory");
        terminal
    }

    pub fn screen(&self) -> String {
        self.draw().backend().to_string()
    }

    pub fn shows(&self, words: &str) -> bool {
        self.screen().contains(words)
    }
}
