//! Judged pairs of other people's tools: right files, wrong rows, and files that nobody can read.

use std::path::Path;

use serde_json::json;

use super::fixtures::{fill, png};
use super::{JudgedFile, JudgedFormat, JudgedRow, Shown, open_judged, open_told, without_pictures};
use crate::story::{Better, NO_PICTURE, Notice, TurnKind, Verdict};

/// Opens `content` as a file of this name, beside two pictures.
fn opened(name: &str, content: &str) -> Result<JudgedFile, Notice> {
    let home = tempfile::tempdir().unwrap();
    let (a, b) = (png(4, 4, 10), png(4, 4, 200));
    fill(home.path(), &[("a.png", a.as_slice()), ("b.png", b.as_slice()), (name, content.as_bytes())]);
    open_judged(&home.path().join(name), None, None)
}

fn read(name: &str, content: &str) -> JudgedFile {
    opened(name, content).unwrap()
}

/// The reasons for which rows are left out, with their numbers.
fn reasons(file: &JudgedFile) -> Vec<(usize, &str)> {
    file.left_out.iter().map(|left| (left.row, left.reason.as_str())).collect()
}

fn pictures(row: &JudgedRow) -> Vec<String> {
    let Shown::Files(paths) = &row.shown else { panic!("no files: {:?}", row.shown) };
    paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

#[test]
fn label_studio_says_which_side_was_chosen_and_not_where_it_stood() {
    let given = |selected: &str| {
        json!([{ "from_name": "pw", "to_name": "answer1,answer2", "type": "pairwise",
        "value": { "selected": selected } }, { "type": "textarea", "value": { "text": ["It is", "kinder."] } }])
    };
    let data = json!({ "prompt": "Tell it.", "answer1": "A fox ran.", "answer2": "A bear slept.",
        "image": "/data/upload/3/1a2b3c4d-a.png", "images": ["/data/local-files/?d=b.png"], "answer1_model": "mine" });
    let tasks = json!([
        { "id": 7, "data": data, "annotations": [
            { "completed_by": 3, "lead_time": 2.5, "result": given("left") },
            { "completed_by": { "id": 4, "email": "bo@example.org" }, "lead_time": 1e300, "result": given("right") },
            { "completed_by": 5, "was_cancelled": true, "result": given("left") },
            { "completed_by": 6, "result": given("up") },
        ] },
        { "id": 8, "data": { "answer1": "A." }, "annotations": [{ "result": given("left") }, { "result": [] }, 5] },
        { "id": 9, "data": data, "annotations": [] },
    ]);
    let file = read("export.json", &tasks.to_string());
    assert_eq!(file.format, JudgedFormat::LabelStudio);
    let [first, second] = &file.rows[..] else { panic!("{:?}", file.rows) };
    assert_eq!((first.verdict, second.verdict), (Verdict::Prefer(2), Verdict::Prefer(-2)));
    assert_eq!((first.rater.as_str(), second.rater.as_str()), ("3", "bo@example.org"));
    assert_eq!((first.first.system.as_str(), first.second.system.as_str()), ("mine", "answer2"));
    assert_eq!((first.wall_ms, second.wall_ms), (2_500, 86_400_000), "nobody sits at a pair for longer than a day");
    assert_eq!((first.first_is_left, first.reason.as_str()), (None, "It is kinder."));
    assert_eq!(pictures(first), ["a.png", "b.png"]);
    let why = reasons(&file);
    assert_eq!(why.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 1, 2, 2, 2, 3]);
    for ((_, reason), word) in why.iter().zip(["cancelled", "'up'", "answer2", "pairwise", "invalid type", "annotated"])
    {
        assert!(reason.contains(word), "{reason}");
    }
}

#[test]
fn argilla_is_read_in_both_layouts_and_only_what_was_submitted() {
    let fields =
        json!({ "prompt": "Tell it.", "response1": "A fox ran.", "response2": "A bear slept.", "image": "a.png" });
    let ranked = json!([{ "value": "response-1", "rank": 2 }, { "value": "response-2", "rank": 1 }]);
    let records = [
        json!({ "id": "x", "fields": fields, "metadata": { "response2_model": "theirs" }, "responses": { "better": [
            { "value": "response1", "user_id": "u1", "status": "submitted" },
            { "value": "tie", "user_id": "u2" },
            { "value": "response2", "user_id": "u3", "status": "draft" },
        ], "comment": [{ "value": "fine", "user_id": "u1" }] } }),
        json!({ "fields": fields, "responses": [
            { "user_id": "u4", "status": "submitted", "values": { "order": { "value": ranked } } }] }),
        json!({ "fields": { "text": "A." }, "responses": {} }),
        json!({ "fields": fields, "responses": { "comment": [{ "value": "fine" }] } }),
        json!({ "fields": 5, "responses": {} }),
    ];
    let lines = records.map(|record| record.to_string()).join("\n");
    let file = read("records.jsonl", &lines);
    assert_eq!(file.format, JudgedFormat::Argilla);
    let verdicts: Vec<Verdict> = file.rows.iter().map(|row| row.verdict).collect();
    assert_eq!(verdicts, [Verdict::Prefer(2), Verdict::Prefer(0), Verdict::Prefer(-2)]);
    assert_eq!(file.rows.iter().map(|row| row.rater.as_str()).collect::<Vec<_>>(), ["u1", "u2", "u4"]);
    assert_eq!((file.rows[0].first.system.as_str(), file.rows[0].second.system.as_str()), ("response1", "theirs"));
    let why = reasons(&file);
    for ((_, reason), word) in why.iter().zip(["draft", "no two fields", "comment", "invalid type"]) {
        assert!(reason.contains(word), "{why:?}");
    }
    assert_eq!(why.len(), 4);
}

#[test]
fn battles_know_the_side_of_people_of_the_arena_and_mark_models_that_judge() {
    let battle = |winner: &str, judge: serde_json::Value, asked: &str| {
        json!({ "question_id": "q", "model_a": "one", "model_b": "two",
        "winner": winner, "judge": judge, "tstamp": 1_687_849_200.5,
        "conversation_a": [{ "role": "user", "content": "Hello?" }, { "role": "assistant", "content": "Hello." }],
        "conversation_b": [{ "role": "user", "content": asked }, { "role": "assistant", "content": "Who is there?" }] })
    };
    let mut pictured = battle("model_a", json!("arena_user_9"), "Hello?");
    pictured["conversation_a"][0]["content"] = json!(["Hello?", ["a"]]);
    let battles = json!([
        battle("model_a", json!("arena_user_1"), "Hello?"),
        battle("model_b", json!("expert_2"), "Hello?"),
        battle("tie (bothbad)", json!(["gpt-4", "pair-v2"]), "Hello?"),
        battle("tie", json!("arena_user_1"), "Goodbye?"),
        battle("model_c", json!("arena_user_1"), "Hello?"),
        json!({ "model_a": "one", "model_b": "two", "winner": "tie", "judge": "arena_user_1", "tstamp": 1 }),
        pictured,
        json!({ "model_a": 3 }),
    ]);
    let file = read("battles.json", &battles.to_string());
    assert_eq!(file.format, JudgedFormat::FastChat);
    let [person, expert, model, seen] = &file.rows[..] else { panic!("{:?}", file.rows) };
    assert_eq!((person.verdict, person.first_is_left), (Verdict::Prefer(2), Some(true)));
    assert_eq!(person.said_at, Some(1_687_849_200_500));
    assert_eq!((expert.verdict, expert.first_is_left, expert.simulated), (Verdict::Prefer(-2), None, false));
    assert_eq!((model.verdict, model.simulated, model.rater.as_str()), (Verdict::BothBad, true, "gpt-4 pair-v2"));
    assert_eq!((&person.shown, pictures(seen)), (&Shown::Nothing, vec!["a.png".to_owned()]));
    for ((row, reason), (number, word)) in
        reasons(&file).iter().zip([(4, "different things"), (5, "model_c"), (6, "conversations"), (8, "invalid type")])
    {
        assert!(*row == number && reason.contains(word), "{row}: {reason}");
    }
}

#[test]
fn an_edited_story_is_preferred_to_what_it_was() {
    let album = json!({ "photo_sequence_ids": ["a", "b"], "auto_story_text_normalized": "the fox was .", "model": "GLAC",
        "album_id": 77, "edited_stories": [
            { "worker_id": "W1", "edited_story_text": "The fox ran." },
            { "worker_id": "W2", "edited_story_text": "the fox was ." },
            { "worker_id": "W3" },
        ] });
    let file = read("album.json", &serde_json::to_string_pretty(&album).unwrap());
    assert_eq!((file.format, file.rows.len()), (JudgedFormat::HumanEdits, 1));
    let row = &file.rows[0];
    assert_eq!((row.first.system.as_str(), row.second.system.as_str()), ("GLAC, edited", "GLAC"));
    assert_eq!((row.verdict, row.rater.as_str(), row.first_is_left), (Verdict::Prefer(2), "W1", None));
    assert_eq!(pictures(row), ["a.png", "b.png"]);
    let why = reasons(&file);
    assert!(why.len() == 2 && why[0].1.contains("the same") && why[1].1.contains("edited_story_text"), "{why:?}");

    let folder = tempfile::tempdir().unwrap();
    let (a, b, text) = (png(4, 4, 1), png(4, 4, 2), album.to_string());
    fill(
        folder.path(),
        &[("a.png", &a), ("b.png", &b), ("1.json", text.as_bytes()), ("2.json", b"{\"album_id\": 1, ")],
    );
    let file = open_judged(folder.path(), None, None).unwrap();
    assert_eq!((file.rows.len(), file.rows[0].number), (1, 1));
    assert!(file.left_out.iter().any(|left| left.row == 2 && left.id == "2.json"), "{:?}", file.left_out);
}

const HEAD: &str = "images,first,second,first_system,second_system,verdict,strength,rater,reason,first_is_left,kind,answer,\
                    criterion:coherence,criterion:relevance\n";

#[test]
fn a_table_is_read_row_by_row() {
    let rows = [
        "a.png;b.png,\"A fox, at last.\",A bear.,one,two,,3,ada,\"Kinder\nand warmer\",true,,,first,same",
        "a.png,'=1+1,A bear.,one,one,second,,ada,,false,gold,-1,,",
        "a.png,A fox.,A bear.,one,two,both_bad,,,,,,,,",
        "a.png,A fox.,A bear.,one,two,first,-1,ada,,,,,,",
        "a.png,A fox.,A bear.,one,two,,1e99,ada,,,,,,",
        "a.png,A fox.,A bear.,one,two,,,ada,,,,,,",
        "c.png,A fox.,A bear.,one,two,tie,,ada,,,,,,",
        "../a.png,A fox.,A bear.,one,two,tie,,ada,,,,,,",
        "a.png,A fox.,A fox.,one,two,tie,,ada,,,,,,",
        "a.png,A fox.,A bear.,one,one,tie,,ada,,,,,,",
        "a.png,A fox.,A bear.,one,two,tie,,ada,,maybe,,,,",
        "a.png,A fox.,A bear.,one,two,tie,,ada,,,gold,,,",
        "a.png,A fox.,A bear.,one,two,tie,,ada,,,,,first,",
        "a.png,A fox.",
        ",A fox.,A bear.,one,two,tie,,ada,,,,,,",
    ];
    let file = read("votes.csv", &format!("{HEAD}{}\n", rows.join("\n")));
    assert_eq!(file.format, JudgedFormat::Csv);
    let [told, gold, bad] = &file.rows[..] else { panic!("{:#?}", file.left_out) };
    assert_eq!((told.verdict, told.first_is_left, told.rater.as_str()), (Verdict::Prefer(3), Some(true), "ada"));
    assert_eq!((told.first.text.as_str(), told.reason.as_str()), ("A fox, at last.", "Kinder\nand warmer"));
    let criteria = [("coherence".to_owned(), Better::First), ("relevance".to_owned(), Better::Same)];
    assert_eq!((told.number, &told.criteria[..], pictures(told).len()), (2, &criteria[..], 2));
    assert_eq!((gold.first.text.as_str(), gold.kind, gold.answer), ("=1+1", TurnKind::Gold, Some(-1)));
    assert_eq!((gold.verdict, gold.first_is_left, gold.number), (Verdict::Prefer(-2), Some(false), 4));
    assert_eq!((bad.verdict, bad.rater.as_str(), bad.first_is_left), (Verdict::BothBad, "unnamed", None));
    let words = [
        "disagree",
        "1e99",
        "neither verdict",
        "c.png",
        "below the folder",
        "the same",
        "by 'one'",
        "maybe",
        "answer",
        "criteria",
        "cells",
        "neither pictures",
    ];
    let why = reasons(&file);
    assert_eq!(why.len(), words.len(), "{why:#?}");
    for ((_, reason), word) in why.iter().zip(words) {
        assert!(reason.contains(word) || word == "1e99" && reason.contains("strength"), "{reason} / {word}");
    }
}

#[test]
fn control_characters_of_a_file_reach_nobody() {
    let nasty = "\u{1b}]0;owned\u{7}\u{202e}";
    let row = format!("a.png,A {nasty}fox.,A bear.,one{nasty},two,tie,,ada{nasty},why{nasty},,,,,");
    let lost = format!("no{nasty}.png,A fox.,A bear.,one,two,tie,,ada,,,,,,");
    let file = read("votes.csv", &format!("{HEAD}{row}\n{lost}\n"));
    let row = &file.rows[0];
    for text in [&row.first.text, &row.first.system, &row.rater, &row.reason, &file.left_out[0].reason] {
        assert!(text.chars().all(|c| !c.is_control() && c != '\u{202e}') && text.contains('\u{fffd}'), "{text:?}");
    }
}

#[test]
fn files_that_nobody_can_read_say_so() {
    for (name, content, word) in [
        ("cut.json", "[{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie\"}, {\"model_a", "fastchat"),
        ("huge.json", "[{\"model_a\": \"x\", \"winner\": \"tie\", \"tstamp\": 1e999}]", "out of range"),
        ("other.json", "{\"a\": 1}", "format"),
        ("empty.json", "", "format"),
        ("table.csv", "a,b\n1,2\n", "format"),
        ("open.csv", "first,second,first_system,second_system\n\"a", "never closed"),
    ] {
        let notice = opened(name, content).unwrap_err();
        assert!(notice.what.contains(word) && notice.what.contains(name), "{notice:?}");
    }
    // Lines: one that is cut does not spoil the others.
    let whole = "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie\", \"conversation_a\": [{\"role\": \"user\", \"content\": \"Q\"}, \
                 {\"role\": \"assistant\", \"content\": \"A\"}], \"conversation_b\": [{\"role\": \"user\", \"content\": \"Q\"}, \
                 {\"role\": \"assistant\", \"content\": \"B\"}]}";
    let file = read("cut.jsonl", &format!("{whole}\n{{\"model_a\": \"x\n"));
    assert_eq!((file.rows.len(), reasons(&file)[0].0), (1, 2));
    assert!(open_judged(Path::new("/nowhere/x.json"), None, None).is_err());
    let home = tempfile::tempdir().unwrap();
    fill(home.path(), &[("v.csv", HEAD.as_bytes())]);
    let nowhere = home.path().join("nowhere");
    assert!(open_judged(&home.path().join("v.csv"), Some(&nowhere), None).unwrap_err().try_this.contains("--images"));
}

#[test]
fn the_card_in_place_of_pictures_is_another_one_for_other_words_and_no_picture() {
    let (one, two) = (without_pictures("Hello?", "x").unwrap(), without_pictures("Goodbye?", "x").unwrap());
    assert_ne!(one.sequence.id, two.sequence.id);
    assert_eq!(one.sequence.id, without_pictures("Hello?", "y").unwrap().sequence.id);
    assert!(!one.sequence.has_pictures());
    assert_eq!(
        (one.sequence.frames[0].name.as_str(), one.sequence.frames[0].text.as_deref()),
        (NO_PICTURE, Some("Hello?"))
    );
}

#[test]
fn stories_told_elsewhere_come_as_lines_or_as_a_table() {
    let home = tempfile::tempdir().unwrap();
    let picture = png(4, 4, 10);
    let lines = "{\"sequence\": \"a-gift-for-ben\", \"text\": \"Ben had a gift.\"}\n{\"images\": [\"a.png\"], \"story\": \"Grey.\"}\n\
                 {\"text\": \"Of what?\"}\n{\"images\": \"b.png\", \"text\": \"x\"}\n{\"sequence\": \"s\", \"text\": 5}\n";
    let table = "images,text\na.png,\"Grey, all\nof it.\"\n,nothing\n";
    let files = [
        ("a.png", picture.as_slice()),
        ("t.jsonl", lines.as_bytes()),
        ("t.csv", table.as_bytes()),
        ("e.csv", b"text\n"),
    ];
    fill(home.path(), &files);
    let (told, left) = open_told(&home.path().join("t.jsonl")).unwrap();
    assert_eq!((told.len(), left.iter().map(|left| left.row).collect::<Vec<_>>()), (2, vec![3, 4, 5]));
    assert_eq!(told[0].shown, Shown::Sequence("a-gift-for-ben".to_owned()));
    let (told, left) = open_told(&home.path().join("t.csv")).unwrap();
    assert_eq!((told[0].text.as_str(), left.len()), ("Grey, all\nof it.", 1));
    assert!(open_told(&home.path().join("e.csv")).unwrap_err().what.contains("no row"));
}
