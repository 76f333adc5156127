//! Every screen at three sizes, in four looks, and with pictures of half blocks.

use super::evaluate_tests::{behind, evaluates, table};
use super::event::Event;
use super::loop_tests::{begins_loop, loops, of_run};
use super::sitting::{Sitting, canvas, model, story};
use super::train_tests::{begins, chooses_votes, rollouts, together, trains};
use crate::canvas::{Canvas, Depth, Found, Protocol, Shade};
use crate::pixels::Rgb;
use crate::story::{ModelCard, ModelState, sample_results};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// What a model's folder says of it.
const ABOUT: &str = "# The storyteller\n\nIt *looks* at pictures of its own world and tells what happens there, a line for each \
                     of them.\n\n| figure | share |\n| --- | --- |\n| place | .99 |\n\n## Limits\n\nIt knows nothing else.\n";

/// Screens with pictures.
const PICTURED: [&str; 7] =
    ["gallery", "reader_told", "zoom", "inspector", "inspector_heat", "annotate", "evaluate_story"];

/// Every screen, with somebody sitting at it who began as `new` says.
fn scenes(new: &dyn Fn() -> Sitting) -> Vec<(&'static str, Sitting)> {
    let shelf = || {
        let stories = (1..6).map(|seed| story(0, seed)).collect();
        new().gallery(4).keys("<enter>").comes(0, 5, stories)
    };
    let told = || new().reads(5).keys("<space>").streams(1, 5).done(1);
    let mut models = shelf().keys("M");
    let other = ModelCard { name: "smolvlm".into(), current: false, world_only: false, ..model(false) };
    let adapter = ModelCard { name: "books".into(), base: Some("smolvlm".into()), ..other.clone() };
    models.hear(Event::Model(ModelCard { state: ModelState::Loading, percent: 40, memory: 0, ..model(true) }));
    models.hear(Event::Models(Ok(vec![model(true), other, adapter])));
    models.hear(Event::About("storyteller".into(), Ok(Some(ABOUT.into()))));
    let compared = new().reads(5).compares().tells(1, "Mia the fox woke up and it rained.");
    let campaigns = || {
        let mut sitting = new().gallery(4).keys("C");
        sitting.hear(Event::Campaigns(Ok(super::sitting::campaigns())));
        sitting.keys("j")
    };
    let mut results = campaigns().keys("<enter>");
    results.hear(Event::Results(Ok(Box::new(sample_results()))));
    vec![
        ("training", trains(new())),
        ("training_curves", trains(new()).keys("<enter>m")),
        ("training_together", together(trains(new()))),
        ("training_rollouts", rollouts(trains(new()))),
        ("training_recipe", trains(new()).keys("<enter><tab><tab><tab><tab>")),
        ("training_begin", begins(trains(new()))),
        ("training_votes", chooses_votes(trains(new())).keys("j")),
        ("lineage", of_run(trains(new()))),
        ("loops", loops(trains(new()))),
        ("loop", loops(trains(new())).keys("j<enter>")),
        ("loop_begin", begins_loop(trains(new()))),
        ("evaluate", evaluates(new())),
        ("evaluate_table", table(new())),
        ("evaluate_account", table(new()).keys("<tab>")),
        ("evaluate_story", behind(new(), "")),
        ("campaigns", campaigns()),
        ("results", results),
        ("gallery", new().gallery(10).keys("l")),
        ("gallery_empty", new().gallery(0)),
        ("reader_waiting", new().reads(5)),
        ("reader_telling", new().reads(5).keys("<space>").streams(1, 3)),
        ("reader_told", told()),
        ("zoom", told().keys("z")),
        ("help", new().reads(5).keys("?")),
        ("inspector", new().inspects().keys("llj")),
        ("inspector_heat", new().inspects().keys("llz")),
        ("history", shelf().keys("Hj")),
        ("sampling", shelf().keys("Sjl")),
        ("edit", shelf().keys("E")),
        ("palette", shelf().keys(":st")),
        ("models", models),
        ("compare", compared.tells(2, "Mia the fox slept on while it snowed.")),
        ("log", shelf().keys("L")),
        ("annotate", new().reads(5).annotates().keys("<enter>A fox and a key in the rain.<enter>j")),
    ]
}

fn look(shade: Shade, depth: Depth) -> Canvas {
    let plain = canvas(Protocol::Off, depth);
    Canvas::new(Found { shade: Some(shade), ..plain.found().clone() }, 1)
}

#[test]
fn every_screen_at_three_sizes() {
    for (columns, rows) in SIZES {
        for (name, sitting) in scenes(&|| Sitting::new(columns, rows)) {
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), sitting.screen());
        }
    }
}

/// Where which style lies, a row a line: "x..y foreground background modifiers", plain runs left out.
fn styles(sitting: &Sitting) -> String {
    let buffer = sitting.draw().backend().buffer().clone();
    let mut rows = Vec::new();
    for y in 0..buffer.area.height {
        let styled = |x: u16| {
            let cell = &buffer[(x, y)];
            let style = (cell.fg, cell.bg, cell.modifier);
            // The colour of an empty cell is not seen.
            let unseen = cell.symbol() == " " && cell.bg == ratatui::style::Color::Reset && cell.modifier.is_empty();
            if unseen { Default::default() } else { style }
        };
        let mut runs: Vec<(u16, u16, _)> = Vec::new();
        for x in 0..buffer.area.width {
            match runs.last_mut() {
                Some((_, end, style)) if *style == styled(x) => *end = x,
                _ => runs.push((x, x, styled(x))),
            }
        }
        let seen = runs.into_iter().filter(|(.., style)| *style != Default::default());
        let said = seen.map(|(from, to, (fore, back, modifier))| format!("{from}..{to} {fore} {back} {modifier:?}"));
        rows.push(format!("{y:2}: {}", said.collect::<Vec<_>>().join(" | ")));
    }
    rows.join("\n")
}

#[test]
fn every_screen_says_the_same_in_every_look() {
    for (columns, rows) in SIZES {
        let dark = scenes(&|| Sitting::new(columns, rows));
        for (word, shade, depth) in [
            ("light", Shade::Light, Depth::True),
            ("light16", Shade::Light, Depth::Sixteen),
            ("plain", Shade::Dark, Depth::None),
        ] {
            let other = scenes(&|| Sitting::with(columns, rows, look(shade, depth)));
            for ((name, dark), (_, other)) in dark.iter().zip(&other) {
                assert_eq!(dark.screen(), other.screen(), "{name} {word} {columns}x{rows}");
                if columns == 80 {
                    insta::assert_snapshot!(format!("{name}_{word}"), styles(other));
                }
            }
        }
    }
}

#[test]
fn without_colour_no_screen_has_one_and_none_loses_what_is_chosen() {
    for (columns, rows) in SIZES {
        for (name, sitting) in scenes(&|| Sitting::with(columns, rows, look(Shade::Dark, Depth::None))) {
            let buffer = sitting.draw().backend().buffer().clone();
            let plain = |colour| colour == ratatui::style::Color::Reset;
            let coloured = buffer.content().iter().find(|cell| !plain(cell.fg) || !plain(cell.bg));
            assert!(coloured.is_none(), "{name} {columns}x{rows}: {coloured:?}");
            let marked = buffer.content().iter().any(|cell| !cell.modifier.is_empty());
            assert!(marked, "{name} {columns}x{rows}: everything looks alike");
        }
    }
}

/// A picture of bands, drawn once all that the view misses has been made.
fn with_pictures(sitting: &Sitting) -> String {
    let side = 48;
    let shade = |at: usize| (at / (side * 3) * 5 + at % 3 * 40) as u8;
    let picture = Rgb { width: side as u32, height: side as u32, data: (0..side * side * 3).map(shade).collect() };
    for _ in 0..40 {
        sitting.draw();
        let wishes = sitting.canvas.take_wishes(8);
        if wishes.is_empty() {
            break;
        }
        for wish in wishes {
            let made = wish.fulfil(&picture).expect("half blocks of a small picture");
            sitting.canvas.keep(&wish, Some(made));
        }
    }
    sitting.screen()
}

#[test]
fn screens_with_pictures_of_half_blocks() {
    for (columns, rows) in SIZES {
        for (name, sitting) in scenes(&|| Sitting::with(columns, rows, canvas(Protocol::HalfBlocks, Depth::True))) {
            if PICTURED.contains(&name) {
                insta::assert_snapshot!(format!("{name}_half_{columns}x{rows}"), with_pictures(&sitting));
            }
        }
    }
}

/// Kitty's pictures are sent within the view that first shows them: whatever is drawn over that is lost for good.
#[test]
fn kittys_pictures_are_sent_in_the_view_that_shows_them() {
    for (name, sitting) in scenes(&|| Sitting::with(120, 40, canvas(Protocol::Kitty, Depth::True))) {
        if !PICTURED.contains(&name) {
            continue;
        }
        sitting.draw();
        let wishes = sitting.canvas.take_wishes(64);
        assert!(!wishes.is_empty(), "{name} shows no picture");
        let picture = Rgb { width: 16, height: 16, data: vec![90; 16 * 16 * 3] };
        for wish in &wishes {
            sitting.canvas.keep(wish, Some(wish.fulfil(&picture).expect("a small picture")));
        }
        let buffer = sitting.draw().backend().buffer().clone();
        let sent = buffer.content().iter().filter(|cell| cell.symbol().contains("\x1b_G")).count();
        assert_eq!(sent, wishes.len(), "{name}");
    }
}
