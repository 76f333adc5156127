//! The app as a visitor meets it: before, keys, after; and every screen as it is drawn at three sizes.

use super::card::Card;
use super::effect::Effect;
use super::event::Event;
use super::sitting::{Sitting, canvas, card, id, model, story};
use crate::canvas::{Depth, Protocol};
use crate::pixels::Rgb;
use crate::story::{Notice, Piece, Task, Telling};

#[test]
fn arrows_and_letters_move_over_the_grid() {
    // 120 columns hold four tiles a row.
    let table = [
        ("l", "2/10"),
        ("<right><right>", "3/10"),
        ("j", "5/10"),
        ("<down>j", "9/10"),
        ("jjj", "9/10"),
        ("lljj", "10/10"),
        ("jk", "1/10"),
        ("lh", "2/10"),
        ("G", "10/10"),
        ("Gg", "1/10"),
        ("hhk", "1/10"),
    ];
    for (keys, place) in table {
        let place = if keys == "lh" { "1/10" } else { place };
        let sitting = Sitting::new(120, 40).gallery(10).keys(keys);
        assert!(sitting.shows(place), "{keys} should lead to {place}:\n{}", sitting.screen());
    }
}

#[test]
fn filtering_shows_what_has_the_words_and_esc_brings_the_rest_back() {
    let sitting = Sitting::new(80, 24).gallery(8).keys("/KITE");
    assert!(sitting.shows("2 of 8") && sitting.shows("The Lost Kite 2") && !sitting.shows("Rain on the Hill"));
    let sitting = sitting.keys("<enter>l");
    assert!(sitting.shows("filter \"KITE\": 2 of 8"));
    let sitting = sitting.keys("<esc>");
    assert!(sitting.shows("6/8"), "the chosen one stays chosen:\n{}", sitting.screen());
    let sitting = sitting.keys("/nothing like it");
    assert!(sitting.shows("Nothing here has") && sitting.shows("Press esc"));
}

#[test]
fn letters_typed_into_a_line_are_no_commands() {
    let mut sitting = Sitting::new(80, 24).gallery(3).keys("oq/x?");
    assert!(sitting.shows("open: q/x?") && sitting.take().is_empty());
    sitting = sitting.keys("<ctrl-u>~/pics<enter>");
    assert_eq!(sitting.take(), [Effect::OpenPath("~/pics".into())]);
    assert!(sitting.shows("opening ~/pics"));
    assert_eq!(sitting.keys("<esc>o<ctrl-c>").take(), [Effect::Quit]);
}

#[test]
fn a_path_is_pasted_and_what_is_wrong_with_it_is_said_in_place() {
    let mut sitting = Sitting::new(80, 24).gallery(3);
    sitting.hear(Event::Paste("/tmp/no pictures\x1b[2J\n".into()));
    let mut sitting = sitting.keys("<enter>");
    assert_eq!(sitting.take(), [Effect::OpenPath("/tmp/no pictures[2J".into())]);
    let notice = Notice::yours("There are no pictures in /tmp/no pictures", "a folder with jpg or png files");
    sitting.hear(Event::Added(Err(notice)));
    assert!(sitting.shows("✗ There are no pictures") && sitting.shows("→ a folder with jpg"));
    assert!(!sitting.keys("l").shows("✗"), "the next key clears it");
}

#[test]
fn an_opened_path_is_read_at_once_and_what_was_left_out_is_named() {
    let mut sitting = Sitting::new(100, 30).gallery(3);
    let problem = Notice::yours("04.jpg is cut off in the middle", "copy it again");
    sitting.hear(Event::Added(Ok((card(9), vec![problem]))));
    assert_eq!(sitting.take(), [Effect::Open(id(9))]);
    let sitting = sitting.comes(9, 4, vec![]);
    assert!(sitting.shows("! 04.jpg is cut off in the middle") && sitting.shows("again)"), "{}", sitting.screen());
    assert!(sitting.keys("<esc>").shows("1/4"));
}

#[test]
fn a_story_is_told_again_with_the_next_seed() {
    let mut sitting = Sitting::reading(80, 24, 5).keys("<space>");
    let told = |effects: Vec<Effect>| match effects.last().cloned() {
        Some(Effect::Tell { number, ask }) => (number, ask),
        other => panic!("no telling but {other:?}"),
    };
    let (number, ask) = told(sitting.take());
    assert_eq!((number, ask.sequence, ask.request.task, ask.request.sampling.seed), (1, id(0), Task::Story, None));
    let mut sitting = sitting.streams(1, 5).done(1).keys("<enter>");
    let (number, ask) = told(sitting.take());
    assert_eq!((number, ask.request.sampling.seed, ask.request.so_far), (2, Some(8), None));
    // Without chance the next seed would tell the same again.
    let again = |temperature: f64| {
        let mut before = story(0, 7);
        before.sampling.temperature = temperature;
        let mut sitting = Sitting::new(80, 24).gallery(1).keys("<enter>").comes(0, 5, vec![before]).keys("<space>");
        told(sitting.take()).1.request.sampling.temperature
    };
    assert_eq!((again(0.0), again(0.7)), (Some(0.8), Some(0.7)));
}

#[test]
fn while_one_story_is_told_no_other_begins() {
    let mut sitting = Sitting::reading(80, 24, 5).keys("<space>").streams(1, 1);
    sitting.take();
    assert!(sitting.keys("<space>c<enter>").take().is_empty());
}

#[test]
fn stopping_keeps_what_was_told_and_hears_no_more() {
    let mut sitting = Sitting::reading(80, 24, 5).keys("<space>").streams(1, 2);
    sitting.take();
    let mut sitting = sitting.keys("s");
    assert_eq!(sitting.take(), [Effect::StopTelling(1)]);
    let sitting = sitting.streams(1, 5);
    assert!(sitting.shows("stopped · 34 tokens") && sitting.shows("old oak tree"), "{}", sitting.screen());
    assert!(!sitting.shows("Bo looked angry"));
}

#[test]
fn leaving_a_sequence_leaves_its_telling() {
    for (keys, after) in [("<esc>", vec![]), ("n", vec![Effect::Open(id(1))]), ("<ctrl-c>", vec![Effect::Quit])] {
        let mut sitting = Sitting::reading(80, 24, 5).keys("<space>").streams(1, 1);
        sitting.take();
        let mut expected = vec![Effect::StopTelling(1)];
        expected.extend(after);
        assert_eq!(sitting.keys(keys).take(), expected, "{keys}");
    }
}

#[test]
fn next_and_previous_follow_the_gallery_as_it_is_filtered() {
    let mut sitting = Sitting::new(80, 24).gallery(8).keys("/kite<enter><enter>");
    assert_eq!(sitting.take(), [Effect::Open(id(1))]);
    let mut sitting = sitting.keys("n");
    assert_eq!(sitting.take(), [Effect::Open(id(5))]);
    let mut sitting = sitting.keys("n");
    assert!(sitting.take().is_empty(), "it was the last one");
    assert_eq!(sitting.keys("p").take(), [Effect::Open(id(1))]);
}

#[test]
fn continuing_goes_on_from_what_is_there() {
    let mut sitting = Sitting::reading(100, 40, 5).keys("<space>").streams(1, 5).done(1);
    sitting.take();
    let mut sitting = sitting.keys("c");
    let Some(Effect::Tell { ask, .. }) = sitting.take().pop() else { panic!("nothing is told") };
    assert_eq!(ask.request.task, Task::Continuation);
    assert!(ask.request.so_far.is_some_and(|text| text.contains("old oak tree")));
    assert!(sitting.shows("asleep"), "what it goes on from stays on the screen:\n{}", sitting.screen());
}

#[test]
fn the_task_is_kept_from_one_sequence_to_the_next() {
    let sitting = Sitting::reading(80, 24, 5).keys("t");
    assert!(sitting.shows("task caption"));
    let mut sitting = sitting.keys("n").comes(1, 5, vec![]).keys("<space>");
    assert!(matches!(sitting.take().pop(), Some(Effect::Tell { ask, .. }) if ask.request.task == Task::Caption));
}

#[test]
fn the_frame_being_told_is_lit_and_can_be_looked_at_closely() {
    let sitting = Sitting::reading(80, 24, 5).keys("<space>").streams(1, 3);
    assert!(sitting.shows("▸ 3") && sitting.shows("▸3  Bo looked angry"), "{}", sitting.screen());
    let sitting = sitting.keys("z");
    assert!(sitting.shows("frame 3 of 5") && sitting.shows("Bo looked angry"));
    let sitting = sitting.keys("h");
    assert!(sitting.shows("frame 2 of 5") && sitting.shows("old oak tree"));
    let sitting = sitting.keys("<esc>");
    assert!(sitting.shows("▸ 2"), "{}", sitting.screen());
}

#[test]
fn the_latest_story_of_the_shelf_is_shown_until_another_is_told() {
    let sitting = Sitting::new(80, 24).gallery(3).keys("<enter>").comes(0, 5, vec![story(0, 2), story(0, 1)]);
    assert!(sitting.shows("the end · 80 tokens · 40.0 tok/s · first token 212 ms · by storyteller"));
    assert!(sitting.shows("temperature 0.7, top-p 0.95, seed 2, at most 512 tokens"));
    assert!(!sitting.keys("<space>").shows("old oak tree"));
}

#[test]
fn a_long_story_scrolls_and_follows_its_end_while_it_is_told() {
    let sitting = Sitting::reading(60, 16, 5).keys("<space>").streams(1, 5);
    assert!(sitting.shows("red kite") && sitting.shows("↑"), "{}", sitting.screen());
    let sitting = sitting.keys("g");
    assert!(sitting.shows("One rainy") && sitting.shows("↓"), "{}", sitting.screen());
    let sitting = sitting.streams(1, 5);
    assert!(sitting.shows("One rainy"), "what is read stays in view");
    assert!(sitting.keys("G").shows("both of them laughed"));
}

#[test]
fn the_small_storyteller_says_what_it_cannot_see() {
    let words = "taught storyloom's own drawn world";
    let outside = |world_only: bool| {
        let mut sitting = Sitting::new(120, 40);
        sitting.hear(Event::Model(model(world_only)));
        sitting.hear(Event::Gallery(Ok(vec![Card { in_world: false, ..card(0) }])));
        sitting.keys("<enter>").comes(0, 5, vec![])
    };
    assert!(outside(true).screen().replace("\"\n\"", "").contains("storyloom model add"));
    assert!(!outside(false).shows("storyloom model add"));
    assert!(!Sitting::reading(200, 60, 5).shows(words));
}

#[test]
fn what_failed_is_said_where_it_failed() {
    let mut sitting = Sitting::reading(80, 24, 5).keys("<space>").streams(1, 1);
    let notice = Notice::outside("The model ran out of memory", "fewer frames: storyloom --frames 4");
    sitting.hear(Event::Telling { number: 1, telling: Telling::Failed { notice: notice.clone() } });
    assert!(sitting.shows("✗ The model ran out of memory") && sitting.shows("→ fewer frames"));
    assert!(sitting.shows("One rainy morning"), "what was told stays");
    let mut sitting = Sitting::new(80, 24).gallery(2).keys("<enter>");
    sitting.hear(Event::Opened { id: id(0), result: Err(notice) });
    assert!(sitting.shows("✗ The model ran out of memory"));
    let mut sitting = Sitting::new(80, 24);
    sitting.hear(Event::Gallery(Err(Notice::ours("The shelf cannot be read"))));
    assert!(sitting.shows("✗ The shelf cannot be read"));
}

#[test]
fn a_long_book_is_shown_in_pages_that_follow_the_story() {
    let sitting = Sitting::reading(80, 24, 24);
    assert!(sitting.shows("frames 1–6 of 24"), "{}", sitting.screen());
    let mut sitting = sitting.keys("<space>");
    let piece = Piece { text: "Then".into(), frame: Some(17), ..Default::default() };
    sitting.hear(Event::Telling { number: 1, telling: Telling::Piece { which: 0, piece } });
    assert!(sitting.shows("▸ 18") && sitting.shows("frames 13–18 of 24"), "{}", sitting.screen());
}

#[test]
fn what_was_told_until_a_stop_counts_as_a_story() {
    for way_out in ["s<esc>", "<esc>"] {
        let sitting = Sitting::reading(100, 30, 5).keys("<space>").streams(1, 2).keys(way_out);
        assert!(sitting.shows("5 frames · 1 story"), "{}", sitting.screen());
        let sitting = Sitting::reading(100, 30, 5).keys("<space>").keys(way_out);
        assert!(!sitting.shows("5 frames · 1 story"), "nothing told, nothing kept");
    }
}

#[test]
fn hints_name_only_what_can_be_done() {
    let sitting = Sitting::reading(100, 30, 5);
    assert!(sitting.shows("space tell") && !sitting.shows("s stop") && !sitting.shows("c continue"));
    let sitting = sitting.keys("<space>");
    assert!(sitting.shows("s stop") && !sitting.shows("space tell"));
    assert!(sitting.streams(1, 5).done(1).shows("c continue"));
}

#[test]
fn help_lists_the_keys_and_any_way_back_leads_back() {
    for back in ["?", "q", "<esc>"] {
        let sitting = Sitting::reading(100, 60, 5).keys("?");
        assert!(sitting.shows("have the frames told; again, with the next seed"));
        assert!(sitting.keys(back).shows("Rain on the Hill 1"), "{back}");
    }
    assert_eq!(Sitting::new(80, 24).gallery(1).keys("?q?<ctrl-z>").take(), [Effect::Suspend]);
}

#[test]
fn only_what_waits_asks_for_the_clock() {
    let sitting = Sitting::new(80, 24);
    assert!(sitting.app.is_waiting(), "the gallery is still to come");
    let sitting = sitting.gallery(2);
    assert!(!sitting.app.is_waiting());
    let sitting = sitting.keys("<enter>");
    assert!(sitting.app.is_waiting());
    let sitting = sitting.comes(0, 5, vec![]);
    assert!(!sitting.app.is_waiting());
    let sitting = sitting.keys("<space>");
    assert!(sitting.app.is_waiting());
    assert!(!sitting.streams(1, 5).done(1).app.is_waiting());
}

#[test]
fn no_window_is_too_small_to_say_so() {
    for size in [(1, 1), (2, 40), (20, 5), (59, 30), (200, 15)] {
        let sitting = Sitting::with(size.0, size.1, canvas(Protocol::Off, Depth::True)).gallery(3);
        sitting.draw();
    }
    assert!(Sitting::new(50, 10).gallery(3).shows("60x16"));
}

#[test]
fn every_screen_can_be_drawn_at_any_size() {
    for columns in (60..=210).step_by(15) {
        for rows in (16..=70).step_by(9) {
            for frames in [1, 2, 5, 11, 40] {
                let sitting = Sitting::reading(columns, rows, frames).keys("<space>").streams(1, 3);
                sitting.draw();
                let sitting = sitting.keys("z");
                sitting.draw();
                sitting.keys("<esc>?").draw();
            }
        }
    }
}

#[test]
fn wide_letters_keep_their_columns() {
    let mut sitting = Sitting::new(80, 24);
    let title = "雨を待つ家族 👩‍👩‍👧‍👦 がある夜 — עברית";
    sitting.hear(Event::Gallery(Ok(vec![Card { title: title.into(), ..card(0) }, card(1)])));
    let buffer = sitting.draw().backend().buffer().clone();
    for y in 0..24 {
        let row: usize = (0..80)
            .scan(0usize, |skip, x| {
                let width = super::text::width(buffer[(x, y)].symbol());
                let counted = if *skip > 0 {
                    *skip -= 1;
                    0
                } else {
                    *skip = width.saturating_sub(1);
                    width
                };
                Some(counted)
            })
            .sum();
        assert_eq!(row, 80, "row {y}");
    }
}

#[test]
fn pictures_come_when_they_are_made_and_their_places_wait() {
    let sitting = Sitting::with(80, 24, canvas(Protocol::HalfBlocks, Depth::True)).gallery(3);
    assert!(sitting.shows("╭──"), "places wait");
    let wishes = sitting.canvas.take_wishes(8);
    assert_eq!(wishes.len(), 3);
    assert!(sitting.canvas.take_wishes(8).is_empty(), "nobody makes them twice");
    let red = Rgb { width: 8, height: 8, data: [200, 30, 30].repeat(64) };
    for (n, wish) in wishes.iter().enumerate() {
        sitting.canvas.keep(wish, (n < 2).then(|| wish.fulfil(&red).expect("half blocks")));
    }
    let backend = sitting.draw();
    let reds =
        backend.backend().buffer().content().iter().filter(|cell| cell.bg == ratatui::style::Color::Rgb(200, 30, 30));
    assert!(reds.count() > 200);
    assert!(sitting.shows("✗"), "the third cannot be shown, and says so");
}

#[test]
fn the_first_visit_is_shown_around_and_one_key_ends_it() {
    let mut sitting = Sitting::new(100, 30).gallery(3);
    sitting.hear(Event::FirstTime);
    assert!(sitting.shows("1/4 Welcome") && sitting.app.is_waiting());
    let sitting = sitting.keys("l").at(5_100);
    assert!(sitting.shows("2/4 In a tale"), "other keys do what they do:\n{}", sitting.screen());
    let sitting = sitting.keys("<esc>");
    assert!(sitting.shows("2/3") && !sitting.app.is_waiting(), "{}", sitting.screen());
    let mut late = Sitting::new(100, 30).gallery(3);
    late.hear(Event::FirstTime);
    assert!(late.at(20_100).shows("1/3"), "it ends by itself");
}

#[test]
fn sequences_are_shown_by_folder_and_a_folder_of_them_is_opened_whole() {
    let mut sitting = Sitting::new(100, 30);
    let mut cards: Vec<_> = (0..4).map(card).collect();
    cards[1].group = "/home/books".into();
    cards[3].group = "/home/books".into();
    sitting.hear(Event::Gallery(Ok(cards.clone())));
    let sitting = sitting.keys("f");
    assert!(sitting.shows("in bundled · 1/2") && sitting.shows("Rain on the Hill 1"), "{}", sitting.screen());
    let sitting = sitting.keys("f");
    assert!(sitting.shows("in /home/books · 1/2") && !sitting.shows("Rain on the Hill 1"), "{}", sitting.screen());
    assert!(sitting.keys("f").shows("2/4"), "after the last comes all, and what was chosen stays so");
    let mut sitting = Sitting::new(100, 30).gallery(2).keys("o/home/books<enter>");
    sitting.hear(Event::Gathering { done: 3, of: 12 });
    assert!(sitting.shows("3 of 12"), "{}", sitting.screen());
    let problem = Notice::yours("'a.png' cannot be read", "mend it");
    sitting.hear(Event::Gallery(Ok(cards)));
    sitting.hear(Event::Gathered { count: 11, group: "/home/books".into(), problems: vec![problem] });
    assert!(sitting.shows("11 sequences from /home/books, but 'a.png' cannot be read"), "{}", sitting.screen());
    assert!(sitting.keys("l").shows("in /home/books · 2/2"));
}
