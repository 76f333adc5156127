//! Recipes of several sources: what is drawn, what is held out, what is refused.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::asking::Asking;
use super::error::TrainError;
use super::examples::{Batch, Exam, Source};
use super::recipe::Recipe;
use super::rows::{Rows, pick};
use crate::exchange::{Dataset, Lines, Row, Words, open_library};
use crate::model::ops::IGNORE;
use crate::pixels::{Picture, Rgb};
use crate::story::Task;
use crate::writer::Processor;

const REST: &str = r#"
    [optimiser]
    beta1 = 0.9
    beta2 = 0.99
    eps = 1e-8
    weight_decay = 0.0
    clip = 1.0
    [[stage]]
    name = "all"
    steps = 4
    batch = 3
    learning_rate = 1e-3
    frames = [1, 3]
"#;

fn recipe(data: &str, stage: &str) -> Result<Recipe, TrainError> {
    Recipe::parse(&format!("name = 'a'\nseed = 3\nbase = 'b'\nevaluate_every = 2\n{data}\n{REST}\n{stage}"))
}

fn png(shade: u8) -> Vec<u8> {
    Picture::from_rgb(&Rgb { width: 8, height: 8, data: vec![shade; 192] }).unwrap().bytes().to_vec()
}

/// A library of books of five pages each, and a file of conversations; one picture of it is damaged after its first bytes.
fn folder(books: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for book in 0..books {
        let place = folder.path().join(format!("books/{book}"));
        std::fs::create_dir_all(&place).unwrap();
        for page in 0..5 {
            std::fs::write(place.join(format!("{page}.png")), png(page)).unwrap();
        }
        let page = |p| format!(r#"{{"image": "{p}.png", "text": "Book {book} page {p} <image><|frame_1|>."}}"#);
        let pages: Vec<String> = (0..5).map(page).collect();
        std::fs::write(place.join("book.json"), format!(r#"{{"pages": [{}]}}"#, pages.join(","))).unwrap();
    }
    std::fs::write(folder.path().join("a.png"), png(1)).unwrap();
    std::fs::write(folder.path().join("cut.png"), &png(1)[..40]).unwrap();
    let talk = |image: &str| {
        format!(
            r#"{{"id": "{image}", "image": "{image}", "conversations": [{{"from": "human", "value": "<image>\nWho?"}},
            {{"from": "gpt", "value": "A fox."}}, {{"from": "human", "value": "Where?"}}, {{"from": "gpt", "value": "Here."}}]}}"#
        )
    };
    std::fs::write(folder.path().join("talk.json"), format!("[{}, {}]", talk("a.png"), talk("cut.png"))).unwrap();
    folder
}

fn sources(folder: &Path, held_out: f64) -> String {
    let shown = folder.display();
    format!(
        "[[data]]\nkind = 'books'\nfolder = '{shown}/books'\nheld_out = {held_out}\n\
         [[data]]\nkind = 'llava'\nfile = '{shown}/talk.json'\nimages = '{shown}'\nweight = 0.5\n"
    )
}

fn same(a: &Batch, b: &Batch) -> bool {
    let pixels = |batch: &Batch| batch.pixels.of_one_size().unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    a.ids == b.ids && a.labels == b.labels && pixels(a) == pixels(b)
}

#[test]
fn several_sources_are_mixed_and_a_step_sees_the_same_whenever_it_is_asked() {
    let folder = folder(6);
    let recipe = recipe(&sources(folder.path(), 0.3), "tasks = [['story', 1.0]]").unwrap();
    let (source, reports) = Source::new(&recipe, Processor::embedded().unwrap()).unwrap();
    let (again, _) = Source::new(&recipe, Processor::embedded().unwrap()).unwrap();
    assert_eq!((reports[0].used, reports[1].used), (6, 2));
    let stage = &recipe.stages[0];
    let (mut lost, mut conversations) = (Vec::new(), 0);
    for step in (0..12).rev() {
        let batch = source.batch(stage, step, 0).unwrap();
        assert!(same(&batch, &again.batch(stage, step, 0).unwrap()));
        assert_eq!(batch.pixels.len() * 16, batch.ids.iter().filter(|id| **id == 4).count());
        assert!(batch.labels.iter().any(|label| *label != IGNORE));
        let text = source_text(&batch);
        conversations += text.matches("Where?").count();
        // What other people's texts spell is no token of ours.
        assert!(!text.contains("Book") || text.contains("imageframe_1."), "{text}");
        lost.extend(source.lost());
    }
    assert!((1..36).contains(&conversations), "{conversations} of 36");
    // A picture that is damaged behind its first bytes is found when it is drawn, and told once.
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!((lost[0].row, lost[0].id.as_str()), (2, "cut.png"));
}

fn source_text(batch: &Batch) -> String {
    Processor::embedded().unwrap().tokenizer.decode(&batch.ids, true).unwrap()
}

#[test]
fn the_held_out_part_stays_when_books_are_added_and_is_never_trained_on() {
    let held = |books: usize| -> (BTreeSet<String>, BTreeSet<String>) {
        let folder = folder(books);
        let recipe = recipe(&sources(folder.path(), 0.4), "").unwrap();
        let data = open_library(&folder.path().join("books")).unwrap();
        let rows = Rows::new("books".into(), data, 0.4, None).unwrap();
        let stage = &recipe.stages[0];
        let id = |place: usize| rows.rows[place].id.clone();
        let mut chance = rand::SeedableRng::seed_from_u64(1);
        let trained = (0..400).map(|_| id(rows.draw(stage, 2, &mut chance).unwrap().row)).collect();
        (rows.examination(stage).iter().map(|asked| id(asked.row)).collect(), trained)
    };
    let (few, _) = held(10);
    let (more, trained) = held(30);
    assert!(!few.is_empty() && few.is_subset(&more) && more.len() < 20, "{few:?} {more:?}");
    assert_eq!(more.iter().filter(|id| id.parse::<usize>().unwrap() < 10).count(), few.len());
    assert!(trained.is_disjoint(&more) && trained.len() + more.len() == 30);
}

#[test]
fn held_out_stories_are_asked_in_chapters_as_they_are_told() {
    let folder = folder(10);
    let recipe = recipe(&sources(folder.path(), 0.4), "tasks = [['story', 0.5], ['continuation', 0.5]]").unwrap();
    let (source, _) = Source::new(&recipe, Processor::embedded().unwrap()).unwrap();
    let exams = source.examination(&recipe.stages[0], 1000);
    let asked: Vec<_> = exams
        .iter()
        .filter_map(|exam| match exam {
            Exam::Row { asked, .. } => Some((asked.task, asked.range.clone())),
            Exam::Tale { .. } => None,
        })
        .collect();
    assert_eq!(asked[..2], [(Some(Task::Story), 0..2), (Some(Task::Continuation), 2..5)]);
    assert_eq!(source.examination(&recipe.stages[0], 3).len(), 2);
    let batch = source.exam_batch(&recipe.stages[0], &exams[..2]).unwrap().unwrap();
    let text = source_text(&batch);
    assert!(text.contains("Tell a story about") && text.contains("The story so far:"), "{text}");
}

#[test]
fn rows_are_asked_only_what_they_have_texts_for() {
    let lines = Lines { captions: vec!["A hill.".into(), "A dog.".into()], ..Lines::default() };
    let images = vec![PathBuf::new(), PathBuf::new()];
    let (id, group, title) = Default::default();
    let row = Row { id, group, title, cast: Vec::new(), images, words: Words::Lines(lines) };
    let data = Dataset { rows: vec![row], numbers: vec![1], left_out: Vec::new() };
    let rows = Rows::new("captions".into(), data, 0.0, None).unwrap();
    let data = "[data]\nkind = 'world'\nfirst_seed = 0\nside = 96";
    let stage = |tasks: &str| recipe(data, &format!("tasks = {tasks}")).unwrap().stages[0].clone();
    let both = stage("[['story', 0.9], ['caption', 0.1]]");
    let mut chance = rand::SeedableRng::seed_from_u64(1);
    for _ in 0..20 {
        assert_eq!(rows.draw(&both, 2, &mut chance).unwrap().task, Some(Task::Caption));
    }
    let why = rows.check(&stage("[['emotion', 1.0]]")).unwrap_err().to_string();
    assert!(why.contains("its rows serve: caption"), "{why}");
}

#[test]
fn weights_are_kept_to() {
    let choices = [('a', 3.0), ('b', 1.0)];
    let drawn = (0..1000).filter(|i| pick(&choices, f64::from(*i) / 1000.0) == Some('a')).count();
    assert_eq!(drawn, 750);
    assert_eq!(pick::<char>(&[], 0.5), None);
}

#[test]
fn texts_of_other_people_spell_no_token() {
    let asking = Asking::new(Processor::embedded().unwrap());
    assert_eq!(asking.plain("a <image> and <end_of_utterance>, 2 < 3"), "a image and end_of_utterance, 2 < 3");
}

#[test]
fn wrong_sources_are_refused_with_the_reason() {
    let books = "[[data]]\nkind = 'books'\nfolder = 'x'\n";
    let story = "tasks = [['story', 1.0]]";
    let why = |data: &str, stage: &str| recipe(data, stage).unwrap_err().to_string();
    assert!(why(&format!("{books}weigth = 2.0"), story).contains("weigth"));
    assert!(why("[[data]]\nkind = 'vist'\nfile = 'x'", story).contains("images"));
    assert!(why("[[data]]\nkind = 'visst'\nfile = 'x'\nimages = 'x'", story).contains("visst"));
    assert!(why(&format!("{books}weight = 0.0\nheld_out = 0.1"), story).contains("weight"));
    assert!(why(&format!("{books}held_out = 1.0"), story).contains("held_out"));
    assert!(why(books, story).contains("evaluate_every needs"));
    assert!(why(&format!("{books}held_out = 0.1"), "attributes = 1.0").contains("picture world only"));
    assert!(why("data = []", story).contains("[[data]]"));
    let world = "kind = 'world'\nfirst_seed = 0\nside = 96\n";
    assert_eq!(recipe(&format!("[data]\n{world}"), story).unwrap().data.len(), 1);
    let mixed = recipe(&format!("[[data]]\n{world}{books}weight = 2.0"), story).unwrap();
    assert_eq!(mixed.data.iter().map(super::DataRecipe::weight).collect::<Vec<_>>(), [1.0, 2.0]);
    // What a run keeps of its recipe says the same again.
    let kept = toml::to_string(&mixed).unwrap();
    assert_eq!(toml::to_string(&Recipe::parse(&kept).unwrap()).unwrap(), kept);
}
