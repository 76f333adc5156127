//! What lies over the reader: the inspector and its branches, all stories, sampling, own words, models, the palette, the mouse.

use ratatui::layout::Position;

use super::effect::Effect;
use super::event::{Event, Template};
use super::keymap::Keymap;
use super::mouse::{Did, Mouse};
use super::sitting::{Sitting, id, inspected, model, story};
use crate::story::{Gaze, ModelCard, ModelState, Notice, Task, Telling};

#[test]
fn a_story_of_the_shelf_is_read_over_closely_and_nothing_is_kept() {
    let (told, pieces) = inspected();
    let mut sitting = Sitting::new(100, 30).gallery(4).keys("<enter>").comes(0, 5, vec![told.clone()]);
    sitting.take();
    let mut sitting = sitting.keys("i");
    let Some(Effect::Tell { number: 1, ask }) = sitting.take().pop() else { panic!("nothing is read") };
    assert_eq!((ask.keep, ask.request.gaze, &ask.request.opening), (false, Gaze::Patches, &told.tokens));
    assert!(sitting.shows("reading the story over") && sitting.app.is_waiting());
    let last = pieces.len() - 1;
    for (n, piece) in pieces.into_iter().enumerate() {
        sitting.hear(Event::Telling { number: 1, telling: Telling::Piece { which: 0, piece } });
        assert_eq!(sitting.take(), if n == last { vec![Effect::StopTelling(1)] } else { vec![] });
    }
    assert!(sitting.shows("token 1 of 6") && !sitting.app.is_waiting(), "{}", sitting.screen());
    assert!(sitting.keys("<esc>").shows("the end · 80 tokens"), "the reader shows the story still");
}

#[test]
fn another_models_story_is_not_read_over() {
    let (mut told, _) = inspected();
    told.writer.model = "smolvlm".into();
    let mut sitting = Sitting::new(100, 30).gallery(4).keys("<enter>").comes(0, 5, vec![told]).keys("i");
    assert!(sitting.take().iter().all(|effect| !matches!(effect, Effect::Tell { .. })));
    assert!(sitting.shows("smolvlm told this story"), "{}", sitting.screen());
}

#[test]
fn a_branch_goes_on_from_the_chosen_alternative() {
    let mut sitting = Sitting::new(100, 30).inspects();
    sitting.take();
    let sitting = sitting.keys("llj");
    assert!(sitting.shows("▸ ·cat") && sitting.shows("b branch"), "{}", sitting.screen());
    let mut sitting = sitting.keys("b");
    let Some(Effect::Tell { number: 2, ask }) = sitting.take().pop() else { panic!("nothing is told") };
    assert_eq!((ask.request.opening, ask.keep, ask.parent.as_deref()), (vec![10, 11, 99], true, Some("story7")));
    assert_eq!(ask.request.sampling.seed, Some(7));
    assert!(sitting.streams(2, 1).shows("One rainy morning"));
}

#[test]
fn the_storys_own_token_is_no_branch() {
    let mut sitting = Sitting::new(100, 30).inspects();
    sitting.take();
    let mut sitting = sitting.keys("llb");
    assert!(sitting.take().is_empty() && !sitting.shows("b branch"));
}

#[test]
fn tab_goes_to_the_next_token_that_was_a_choice() {
    let sitting = Sitting::new(100, 30).inspects().keys("<tab>");
    assert!(sitting.shows("token 3 of 6"), "{}", sitting.screen());
    assert!(sitting.keys("<tab>").shows("token 3 of 6"), "there is no other");
}

#[test]
fn where_no_picture_can_be_shown_the_patches_are_shaded() {
    let sitting = Sitting::new(100, 30).inspects().keys("llz");
    assert!(sitting.shows("frame 2 of 5") && sitting.shows("█████"), "{}", sitting.screen());
    assert!(sitting.keys("j").shows("frame 3 of 5"));
}

#[test]
fn a_click_chooses_a_token_and_an_alternative() {
    let mut sitting = Sitting::new(100, 30).inspects();
    let find = |sitting: &Sitting, words: &str| {
        let screen = sitting.screen();
        let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains(words)).unwrap();
        let before = &line[1..line.find(words).unwrap()];
        Position::new(super::text::width(before) as u16, y as u16)
    };
    let at = find(&sitting, "fox");
    sitting.hear(Event::Mouse(Mouse { at, did: Did::Click }));
    assert!(sitting.shows("token 3 of 6"), "{}", sitting.screen());
    let at = find(&sitting, "·cat");
    sitting.hear(Event::Mouse(Mouse { at, did: Did::Click }));
    assert!(sitting.shows("▸ ·cat"), "{}", sitting.screen());
}

#[test]
fn any_story_can_be_shown_or_told_again_word_for_word() {
    let stories = vec![story(0, 3), story(0, 2)];
    let sitting = Sitting::new(120, 40).gallery(4).keys("<enter>").comes(0, 5, stories).keys("H");
    assert!(sitting.shows("1970-01-01 00:00 · story · storyteller · temperature 0.7, seed 3"), "{}", sitting.screen());
    let mut sitting = sitting.keys("j<enter>");
    assert!(sitting.shows("story 1 of 2") && sitting.shows("seed 2"), "{}", sitting.screen());
    sitting.take();
    let mut sitting = sitting.keys("Hr");
    let Some(Effect::Tell { number: 1, ask }) = sitting.take().pop() else { panic!("nothing is told") };
    assert_eq!((ask.keep, ask.request.sampling.seed, ask.request.opening.len()), (false, Some(2), 0));
    let sitting = sitting.streams(1, 5).done(1);
    assert!(sitting.shows("word for word as before") && sitting.shows("5 frames · 2 stories"), "{}", sitting.screen());
}

#[test]
fn older_and_newer_stories_are_a_key_away() {
    let sitting = Sitting::new(120, 40).gallery(4).keys("<enter>").comes(0, 5, vec![story(0, 3), story(0, 2)]);
    assert!(sitting.shows("story 2 of 2"));
    let sitting = sitting.keys("[");
    assert!(sitting.shows("story 1 of 2") && sitting.shows("seed 2"));
    assert!(sitting.keys("[[]").shows("story 2 of 2"));
}

#[test]
fn sampling_is_typed_or_stepped_and_holds_for_the_visit() {
    let mut sitting = Sitting::reading(100, 30, 5).keys("S0.9<enter>jllj<backspace><esc><space>");
    let Some(Effect::Tell { ask, .. }) = sitting.take().pop() else { panic!("nothing is told") };
    let sampling = ask.request.sampling;
    assert_eq!((sampling.temperature, sampling.top_k, sampling.top_p), (Some(0.9), Some(45), None));
    let sitting = Sitting::reading(100, 30, 5).keys("S9<esc>");
    assert!(sitting.shows("as the model asks"), "esc gives up what is typed only:\n{}", sitting.screen());
}

#[test]
fn a_task_is_asked_in_own_words_until_they_are_taken_back() {
    let mut sitting = Sitting::reading(100, 30, 5);
    let told = |own: Option<&str>| {
        Event::Templates(vec![Template { task: Task::Story, standard: "Tell.".into(), own: own.map(str::to_owned) }])
    };
    sitting.hear(told(None));
    sitting.take();
    let mut sitting = sitting.keys("e<end> Now!<ctrl-s>");
    assert_eq!(sitting.take(), [Effect::KeepTemplate(Task::Story, Some("Tell. Now!".into()))]);
    sitting.hear(told(Some("Tell. Now!")));
    assert!(sitting.shows("in your words"));
    let mut sitting = sitting.keys("<space>");
    let Some(Effect::Tell { ask, .. }) = sitting.take().pop() else { panic!("nothing is told") };
    assert_eq!(ask.request.template.as_deref(), Some("Tell. Now!"));
    let mut sitting = sitting.streams(1, 1).done(1).keys("e<ctrl-o><ctrl-s>");
    assert_eq!(sitting.take().pop(), Some(Effect::KeepTemplate(Task::Story, None)));
}

#[test]
fn a_story_changed_by_hand_is_another_version_and_letters_are_no_commands() {
    let mut sitting = Sitting::new(100, 30).gallery(4).keys("<enter>").comes(0, 5, vec![story(0, 7)]);
    sitting.take();
    let sitting = sitting.keys("E?q:<esc>");
    assert!(sitting.shows("esc once more gives it up"), "{}", sitting.screen());
    let mut sitting = sitting.keys("!<ctrl-s>");
    let Some(Effect::KeepStory(kept)) = sitting.take().pop() else { panic!("nothing is kept") };
    assert!(kept.text.starts_with("?q:!One rainy") && kept.tokens.is_empty());
    assert_eq!((kept.origin.by_hand, kept.origin.parent.as_deref()), (true, Some("story7")));
    let mut named = kept.clone();
    named.id = "story8".into();
    sitting.hear(Event::Kept(Ok(named)));
    assert!(sitting.shows("?q:!One rainy") && sitting.shows("changed by hand") && sitting.shows("2 stories"));
    assert!(!sitting.shows("i inspect"), "there are no tokens to look at");
}

#[test]
fn the_best_of_eight_is_shown_with_what_speaks_for_it() {
    let mut sitting = Sitting::new(100, 30).gallery(4).keys("<enter>").comes(0, 5, vec![]);
    sitting.take();
    let mut sitting = sitting.keys("b");
    let Some(Effect::Tell { number, ask }) = sitting.take().pop() else { panic!("nothing is told") };
    assert!(ask.best && ask.request.stories == 8 && ask.request.sampling.temperature > Some(0.0));
    assert!(sitting.shows("the reward model chooses one"));
    let mut sitting = sitting.keys("b");
    assert!(sitting.take().is_empty(), "one is under way");
    let words = "the best of 8: worth 1.20, their mean 0.30; at most 1.20 nats from one story".to_owned();
    sitting.hear(Event::Best(number, Ok((Box::new(story(0, 9)), words))));
    assert!(sitting.shows("the best of 8") && sitting.shows("One rainy morning"), "{}", sitting.screen());
    let mut sitting = sitting.keys("b");
    let Some(Effect::Tell { number, .. }) = sitting.take().pop() else { panic!("nothing is told") };
    sitting.hear(Event::Best(number, Err(Notice::yours("there is no reward model in use", "adopt one"))));
    assert!(sitting.shows("there is no reward model in use") && sitting.shows("adopt one"), "{}", sitting.screen());
}

#[test]
fn models_are_listed_and_another_one_is_chosen() {
    let mut sitting = Sitting::new(100, 30).gallery(4);
    sitting.take();
    let mut sitting = sitting.keys("M");
    assert_eq!(sitting.take(), [Effect::LoadModels]);
    assert!(sitting.shows("listing the models"));
    let other = ModelCard { name: "smolvlm".into(), current: false, parameters: 256_000_000, ..model(false) };
    sitting.hear(Event::Models(Ok(vec![model(true), other])));
    assert!(sitting.shows("● storyteller  tells") && sitting.shows("256 M parameters"), "{}", sitting.screen());
    let about = |name: &str| Effect::LoadAbout(name.into());
    let mut sitting = sitting.keys("j<enter>");
    assert_eq!(
        sitting.take(),
        [about("storyteller"), about("smolvlm"), Effect::UseModel("smolvlm".into())],
        "cards are asked for as they are chosen"
    );
    assert!(sitting.keys("<esc>").shows("1/4"));
}

#[test]
fn a_models_card_is_read_and_the_model_unloaded() {
    let mut sitting = Sitting::reading(80, 24, 5).keys("M");
    sitting.hear(Event::Models(Ok(vec![model(true)])));
    let text = (1..=60).map(|n| format!("line {n} of the card\n\n")).collect::<String>();
    sitting.hear(Event::About("storyteller".into(), Ok(Some(format!("{text}\x1b[2J")))));
    let sitting = sitting.keys("i");
    assert!(sitting.shows("line 1 of the card") && !sitting.shows("7.0 M"), "{}", sitting.screen());
    let sitting = sitting.keys("G");
    assert!(sitting.shows("line 60 of the card") && sitting.shows("[2J"), "{}", sitting.screen());
    let mut sitting = sitting.keys("<esc>");
    assert!(sitting.shows("● storyteller  tells, 31.5 MB of memory"), "{}", sitting.screen());
    sitting.take();
    let mut sitting = sitting.keys("u");
    assert_eq!(sitting.take(), [Effect::UnloadModel]);
    sitting.hear(Event::Model(ModelCard { state: ModelState::Resting, memory: 0, ..model(true) }));
    assert!(sitting.shows("not in memory"), "{}", sitting.screen());
}

#[test]
fn the_palette_does_what_is_found_and_offers_only_what_can_be_done() {
    let sitting = Sitting::reading(100, 30, 5).keys(":");
    assert!(sitting.shows("tell") && !sitting.shows("stop the telling"), "{}", sitting.screen());
    let sitting = sitting.keys("whole screen<enter>");
    assert!(sitting.shows("frame 1 of 5"), "{}", sitting.screen());
    let sitting = Sitting::reading(100, 30, 5).keys(":xyzzy");
    assert!(sitting.shows("No action here has \"xyzzy\""));
    assert!(!sitting.keys("<esc>").shows("xyzzy"));
}

#[test]
fn the_mouse_chooses_opens_scrolls_and_presses_hints() {
    let mut sitting = Sitting::new(120, 40).gallery(10);
    sitting.take();
    let click = |sitting: &mut Sitting, x: u16, y: u16| {
        sitting.hear(Event::Mouse(Mouse { at: Position::new(x, y), did: Did::Click }));
    };
    click(&mut sitting, 70, 5);
    assert!(sitting.shows("3/10"), "{}", sitting.screen());
    sitting.hear(Event::Mouse(Mouse { at: Position::new(70, 5), did: Did::WheelDown }));
    assert!(sitting.shows("7/10"));
    click(&mut sitting, 70, 5);
    click(&mut sitting, 70, 5);
    assert_eq!(sitting.take(), [Effect::Open(id(2))]);
    let mut sitting = sitting.comes(2, 5, vec![]);
    click(&mut sitting, 3, 39);
    assert!(matches!(sitting.take().pop(), Some(Effect::Tell { .. })), "the hint 'space tell'");
    let mut sitting = Sitting::reading(120, 40, 5);
    click(&mut sitting, 10, 10);
    assert!(sitting.shows("▸ 1"), "{}", sitting.screen());
    click(&mut sitting, 10, 10);
    assert!(sitting.shows("frame 1 of 5"));
    click(&mut sitting, 10, 10);
    assert!(sitting.shows("▸ 1"));
}

#[test]
fn keys_of_ones_own_are_heard_and_hinted_at() {
    let mut sitting = Sitting::new(120, 40);
    let keymap = Keymap::default().patched("[gallery]\nsort = 'ctrl-s'").unwrap();
    let app = std::mem::replace(&mut sitting.app, Sitting::new(120, 40).app);
    sitting.app = app.with_keys(keymap);
    let sitting = sitting.gallery(4).keys("<ctrl-s>");
    assert!(sitting.shows("by title") && sitting.shows("ctrl-s sort"), "{}", sitting.screen());
}

#[test]
fn layers_can_be_drawn_at_any_size() {
    for columns in (60..=210).step_by(30) {
        for rows in (16..=70).step_by(9) {
            for keys in ["", "llz", ":", "?"] {
                Sitting::new(columns, rows).inspects().keys(keys).draw();
            }
            for keys in ["H", "S", "E", "M", ":", "v", "L", "a", "a<enter>"] {
                let sitting = Sitting::new(columns, rows).gallery(4).keys("<enter>").comes(0, 5, vec![story(0, 7)]);
                sitting.keys(keys).draw();
            }
        }
    }
}

#[test]
fn columns_tell_at_once_and_only_words_that_differ_are_marked() {
    let mut sitting = Sitting::reading(120, 40, 5).compares();
    let asks: Vec<_> = sitting
        .take()
        .into_iter()
        .map(|effect| match effect {
            Effect::Tell { number, ask } => (number, ask.beside.unwrap(), ask.request.sampling.temperature),
            other => panic!("{other:?}"),
        })
        .collect();
    let beside = |place| ("storyteller".to_owned(), place);
    assert_eq!(asks, [(1, beside(0), None), (2, beside(1), Some(0.8))]);
    let sitting = sitting.tells(1, "Mia the fox woke up.").tells(2, "Mia the fox slept on.");
    let marked = |words: &str| {
        let buffer = sitting.draw().backend().buffer().clone();
        let lit = super::look::Look::default().lit;
        let cells = buffer.content().iter().filter(|cell| Some(cell.fg) == lit.fg);
        cells.map(|cell| cell.symbol()).collect::<String>().contains(words)
    };
    assert!(marked("woke") && marked("slept") && !marked("fox"), "{}", sitting.screen());
}

#[test]
fn leaving_a_comparison_stops_it_and_lets_its_models_go() {
    let mut sitting = Sitting::reading(120, 40, 5).compares().tells(1, "Mia woke.");
    sitting.take();
    let mut sitting = sitting.keys("<esc>");
    assert_eq!(sitting.take(), [Effect::StopTelling(1), Effect::StopTelling(2), Effect::ClearBeside]);
    assert!(sitting.shows("space"), "{}", sitting.screen());
}

#[test]
fn columns_are_added_changed_and_taken_away() {
    let mut sitting = Sitting::reading(160, 40, 5).keys("v");
    let other = ModelCard { name: "smolvlm".into(), current: false, ..model(false) };
    sitting.hear(Event::Models(Ok(vec![model(true), other])));
    let sitting = sitting.keys("+m");
    assert!(sitting.shows("▸ 2 smolvlm") && sitting.shows("3 storyteller"), "{}", sitting.screen());
    let sitting = sitting.keys("S0.3<enter><esc>");
    assert!(sitting.shows("temperature 0.3"), "{}", sitting.screen());
    let mut sitting = sitting.keys("-");
    assert!(!sitting.shows("smolvlm") && !sitting.shows("fewer"));
    sitting.take();
    let mut sitting = sitting.keys("<esc><space>");
    let Some(Effect::Tell { ask, .. }) = sitting.take().pop() else { panic!("nothing is told") };
    assert_eq!(ask.request.sampling.temperature, None, "the visit's own sampling is as it was");
}

#[test]
fn the_log_has_what_happened_and_what_to_do_about_what_failed() {
    let mut sitting = Sitting::reading(100, 30, 5).at(61_000).keys("<space>").streams(1, 5).done(1);
    let notice = Notice::outside("The disk is full", "make room");
    sitting.hear(Event::Exported(Err(notice)));
    let sitting = sitting.keys("L");
    for words in [
        "✗ The disk is full",
        "→ make room",
        "told: storyteller · temperature 0.7, seed 7 · 80 tokens",
        "opened Rain on the Hill",
    ] {
        assert!(sitting.shows(words), "{words}: {}", sitting.screen());
    }
}

#[test]
fn notes_are_written_kept_and_undone() {
    let mut sitting = Sitting::reading(100, 30, 5).annotates().keys("<enter>A fox, q?<enter>");
    let Some(Effect::KeepNotes(_, notes)) = sitting.take().pop() else { panic!("nothing is kept") };
    assert_eq!(notes.captions, ["A fox, q?"]);
    let mut sitting = sitting.keys("lj<enter>The fox is sad.<enter>");
    assert!(sitting.shows("caption 1/5 · emotions 1/5"), "{}", sitting.screen());
    sitting.take();
    let mut sitting = sitting.keys("u");
    let Some(Effect::KeepNotes(_, notes)) = sitting.take().pop() else { panic!("nothing is undone") };
    assert!(notes.emotions.is_empty() && notes.captions.len() == 1);
    let mut sitting = sitting.keys("<enter>given up<esc>");
    assert!(sitting.take().is_empty() && !sitting.shows("given up"));
}

#[test]
fn the_model_suggests_what_is_missing_and_writes_nothing_over() {
    let mut sitting = Sitting::reading(100, 30, 5).annotates().keys("jjjjl<enter>Mine.<enter>");
    sitting.take();
    let mut sitting = sitting.keys("g");
    let Some(Effect::Tell { number, ask }) = sitting.take().pop() else { panic!("nothing is asked") };
    assert_eq!((ask.request.task, ask.keep), (Task::Story, false));
    assert!(sitting.shows("suggesting"));
    let mut sitting = sitting.streams(number, 5);
    sitting.hear(Event::Telling { number, telling: Telling::Done { which: 0, story: Box::new(story(0, 7)) } });
    let Some(Effect::KeepNotes(_, notes)) = sitting.take().pop() else { panic!("nothing is kept") };
    assert_eq!((notes.story[0].as_str(), notes.story[1].as_str()), (super::sitting::LINES[0], "Mine."));
    assert!(sitting.shows("story 5/5"), "{}", sitting.screen());
    assert!(sitting.keys("<esc>").shows("Rain on the Hill 1"));
}
