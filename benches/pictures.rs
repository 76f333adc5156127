//! What the studio does for each picture and each view, one step a benchmark: `cargo bench --bench pictures`.
//!
//! Side by side with other programs and with the library's own way: `storyloom bench --pictures`.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use storyloom::app::{App, Card, Event, Look};
use storyloom::canvas::{Canvas, CellSize, Depth, Found, Pic, Protocol, Shade};
use storyloom::pixels::{Rgb, resize_quick};
use storyloom::story::{SamplingPatch, SequenceId};
use storyloom::world::{Split, Tale};

/// The box of a picture and the window of a view, in cells.
const BOX: Rect = Rect { x: 0, y: 0, width: 80, height: 24 };
const WINDOW: (u16, u16) = (120, 40);

fn canvas(protocol: Protocol) -> Canvas {
    let found = Found::plain(protocol, Depth::True);
    Canvas::new(found, 1)
}

fn large_picture() -> Rgb {
    resize_quick(&Tale::new(1, Split::Train).draw(0, 1080), 1920, 1080)
}

fn encoding(c: &mut Criterion) {
    let picture = large_picture();
    let pic = Pic { hash: "bench".to_owned(), width: picture.width, height: picture.height, veil: None };
    for protocol in [Protocol::HalfBlocks, Protocol::Kitty, Protocol::Iterm2, Protocol::Sixel] {
        c.bench_function(&format!("1920x1080 to 80x24 cells, {}", protocol.word()), |b| {
            // Each time a new canvas: one that knows the picture would do nothing.
            let wish = || {
                let canvas = canvas(protocol);
                canvas.begin();
                canvas.place(&pic, BOX, &mut Buffer::empty(BOX));
                canvas.take_wishes(1).pop().expect("a picture that was never made is missed")
            };
            b.iter_batched(wish, |wish| wish.fulfil(&picture), BatchSize::SmallInput);
        });
    }
}

fn views(c: &mut Criterion) {
    let card = |n: usize| Card {
        id: SequenceId(format!("seq-{n}")),
        title: format!("A tale of the number {n}"),
        frames: 5,
        stories: n % 3,
        ratings: 0,
        in_world: true,
        source: "bench".to_owned(),
        group: "bench".to_owned(),
        credits: None,
        cover: Pic { hash: format!("pic-{n}"), width: 512, height: 512, veil: None },
    };
    for count in [20, 2000] {
        let look = Look::new(Shade::Dark, Depth::True);
        let mut app = App::new(look, SamplingPatch::default(), WINDOW.0, WINDOW.1, CellSize::default());
        app.update(Event::Gallery(Ok((0..count).map(card).collect())));
        let canvas = canvas(Protocol::HalfBlocks);
        let Ok(mut terminal) = Terminal::new(TestBackend::new(WINDOW.0, WINDOW.1));
        c.bench_function(&format!("view of a gallery of {count}"), |b| {
            b.iter(|| {
                canvas.begin();
                let Ok(_) = terminal.draw(|frame| app.view(frame, &canvas));
            });
        });
    }
}

criterion_group!(benches, encoding, views);
criterion_main!(benches);
