//! Small files of each format, right and wrong rows beside each other.

use std::path::{Path, PathBuf};

use super::dataset::{Dataset, Format, open_library, open_rows};
use super::fixtures::{fill, png};
use super::row::{Part, Row, Speaker, Words};

/// A folder with the pictures 1.jpg to 5.jpg, a broken one, and the file of rows `name`.
fn folder(name: &str, rows: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for shade in 1..=5 {
        fill(folder.path(), &[(&format!("{shade}.jpg"), &png(4, 4, shade))]);
    }
    fill(folder.path(), &[("broken.jpg", b"nonsense"), (name, rows.as_bytes())]);
    let file = folder.path().join(name);
    (folder, file)
}

fn open(name: &str, rows: &str, format: Option<Format>) -> Dataset {
    let (folder, file) = folder(name, rows);
    open_rows(&file, folder.path(), format).unwrap()
}

fn shown(row: &Row) -> Vec<String> {
    row.images.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn story(row: &Row) -> &[String] {
    let Words::Lines(lines) = &row.words else { panic!("{row:?}") };
    &lines.story
}

/// Numbers of the rows left out, and their reasons.
fn reasons(data: &Dataset) -> Vec<(usize, &str)> {
    data.left_out.iter().map(|row| (row.row, row.reason.as_str())).collect()
}

fn expect(data: &Dataset, right: &[(usize, &str)]) {
    let found = reasons(data);
    assert_eq!(found.len(), right.len(), "{found:#?}");
    for ((row, reason), (number, words)) in found.iter().zip(right) {
        assert!(row == number && reason.contains(words), "row {row}: {reason}; not row {number}: {words}");
    }
}

#[test]
fn vist_stories_are_put_in_the_workers_order_and_a_story_with_a_fault_is_left_out() {
    let told = |story: &str, photo: &str, order: usize, text: &str| {
        format!(
            r#"[{{"original_text": "{text}", "text": "[male] tokens .", "album_id": "9", "photo_flickr_id": "{photo}",
            "story_id": "{story}", "worker_arranged_photo_order": {order}, "tier": "story-in-sequence"}}]"#
        )
    };
    let annotations = [
        told("45530", "2", 1, "Then it\\u001b[2J rained."),
        told("45530", "1", 0, "We went out."),
        told("45531", "3", 0, "Alone."),
        told("45531", "77", 1, "Its photo was taken down."),
        told("45532", "4", 0, " "),
        r#"[{"text": 5}]"#.to_owned(),
        "[]".to_owned(),
    ];
    let file = format!(
        r#"{{"images": [], "albums": [{{"id": "9", "title": "Picnic"}}], "annotations": [{}]}}"#,
        annotations.join(",")
    );
    let data = open("train.story-in-sequence.json", &file, None);
    assert_eq!(data.numbers, [1, 5]);
    let row = &data.rows[0];
    assert_eq!((row.id.as_str(), row.group.as_str(), row.title.as_str()), ("45530", "9", "Picnic"));
    assert_eq!(shown(row), ["1.jpg", "2.jpg"]);
    // The original wording without its escape; the tokens only where there is nothing else.
    assert_eq!(story(row), ["We went out.", "Then it\u{FFFD}[2J rained."]);
    assert_eq!(story(&data.rows[1]), ["[male] tokens ."]);
    let right = [(3, "77.jpg' is not there"), (6, "expected a string"), (7, "empty")];
    expect(&data, &right);
}

#[test]
fn vist_descriptions_are_captions_and_photos_lie_in_the_folder_of_their_split() {
    let told = |photo: &str, order: usize, text: &str| {
        format!(
            r#"[{{"original_text": "{text}", "album_id": "9", "photo_flickr_id": "{photo}", "story_id": "1",
            "photo_order_in_story": "{order}"}}]"#
        )
    };
    let list =
        [told("11", 1, "a dog"), told("10", 0, "a hill"), told("10", 0, "a green hill"), told("11", 1, "a puppy")];
    let file = format!(r#"{{"annotations": [{}]}}"#, list.join(","));
    let (folder, path) = folder("val.description-in-isolation.json", &file);
    std::fs::create_dir(folder.path().join("val")).unwrap();
    fill(&folder.path().join("val"), &[("10.png", &png(4, 4, 1)), ("11.jpg", &png(4, 4, 2))]);
    let data = open_rows(&path, folder.path(), Some(Format::Vist)).unwrap();
    // Two workers described the photos: two rows.
    let captions = data.rows.iter().map(|row| match &row.words {
        Words::Lines(lines) if lines.story.is_empty() => lines.captions.clone(),
        other => panic!("{other:?}"),
    });
    assert_eq!(captions.collect::<Vec<_>>(), [["a hill", "a dog"], ["a green hill", "a puppy"]]);
    assert_eq!(shown(&data.rows[0]), ["10.png", "11.jpg"]);
}

#[test]
fn llava_conversations_hold_one_picture_or_several() {
    let file = r#"[
        {"id": 7, "image": "1.jpg", "conversations": [{"from": "human", "value": "<image>\nWho?"}, {"from": "gpt", "value": "A fox."}]},
        {"id": "b", "image": ["1.jpg", "2.jpg"], "conversations": [{"from": "human", "value": "Before <image> and <image> after"}, {"from": "gpt", "value": "Yes."}]},
        {"id": "c", "image": ["1.jpg", "2.jpg"], "conversations": [{"from": "human", "value": "<image> Who?"}, {"from": "gpt", "value": "A fox."}]},
        {"id": "d", "image": "broken.jpg", "conversations": []},
        {"id": "e", "image": "../1.jpg", "conversations": []},
        {"id": "f", "conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "Hello."}]},
        {"id": "g", "image": "1.jpg", "conversations": [{"from": "human", "value": "Who?"}]},
        {"id": "h", "image": "1.jpg", "conversations": [{"from": "gpt", "value": "Who?"}, {"from": "gpt", "value": "A fox."}]},
        {"id": "i", "image": "1.jpg", "conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "<image>"}]},
        {"id": "j", "image": "1.jpg", "conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": ""}]},
        {"id": "k", "image": "1.jpg"},
        "nonsense"
    ]"#;
    let data = open("llava.json", file, None);
    let [first, second] = &data.rows[..] else { panic!("{:#?}", data.rows) };
    assert_eq!((first.id.as_str(), first.group.as_str()), ("7", "1.jpg"));
    assert_eq!(shown(second), ["1.jpg", "2.jpg"]);
    let Words::Turns(turns) = &second.words else { panic!("{second:?}") };
    let text = |text: &str| Part::Text(text.to_owned());
    assert_eq!(turns[0].parts, [text("Before"), Part::Picture, text("and"), Part::Picture, text("after")]);
    assert_eq!((turns[1].speaker, &turns[1].parts[..]), (Speaker::Model, &[text("Yes.")][..]));
    let right = [
        (3, "1 times <image> for 2 pictures"),
        (4, "'broken.jpg' is not a picture"),
        (5, "not named as a file below"),
        (6, "has no picture"),
        (7, "no answer"),
        (8, "turn 1 is not spoken in turn"),
        (9, "outside the questions"),
        (10, "empty"),
        (11, "conversations"),
        (12, "invalid type"),
    ];
    expect(&data, &right);
}

#[test]
fn sharegpt_and_openai_messages_are_read_from_lines_and_wrong_lines_are_named() {
    let sharegpt = r#"{"conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "A fox."}], "images": ["1.jpg"], "system": "Be brief."}
        {"conversations": [{"from": "human", "value": "Who?"},

        {"conversations": [{"from": "function_call", "value": "x"}], "images": ["1.jpg"]}"#;
    let data = open("rows.jsonl", sharegpt, None);
    let Words::Turns(turns) = &data.rows[0].words else { panic!() };
    assert_eq!(turns[0].speaker, Speaker::System);
    // Without a place for it the picture stands before the first question.
    assert_eq!(turns[1].parts, [Part::Picture, Part::Text("Who?".to_owned())]);
    expect(&data, &[(2, "no JSON"), (4, "'function_call' speaks")]);

    let openai = r#"[{"messages": [{"role": "user", "content": "<image>Who?"}, {"role": "assistant", "content": "A fox."}], "images": ["2.jpg"]},
        {"messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Who?"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "A hen."}]}], "images": ["3.jpg"]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}], "images": ["3.jpg"]}]"#;
    let data = open("rows.json", openai, None);
    assert_eq!(data.rows.len(), 2);
    let turns = |row: &Row| match &row.words {
        Words::Turns(turns) => turns[0].clone(),
        Words::Lines(_) => panic!(),
    };
    assert_eq!(turns(&data.rows[0]), turns(&data.rows[1]));
    expect(&data, &[(3, "'image_url' is not read here")]);
}

#[test]
fn storystream_is_put_in_order_and_must_have_a_text_for_each_picture() {
    let file = r#"{"id": 102, "images": ["2.jpg", "1.jpg"], "captions": ["Then rain.", "Sun."], "orders": [1, 0]}
        {"id": 103, "images": ["1.jpg", "2.jpg"], "captions": ["Sun."], "orders": [0, 1]}
        {"id": 104, "images": ["1.jpg", "2.jpg"], "captions": ["Sun.", "\u001b"], "orders": []}
        {"id": 105, "images": ["1.jpg", "2.jpg"], "captions": ["Sun.", " "]}"#;
    let data = open("george.jsonl", file, None);
    assert_eq!(
        (shown(&data.rows[0]), story(&data.rows[0])),
        (vec!["1.jpg".into(), "2.jpg".into()], &["Sun.".to_owned(), "Then rain.".to_owned()][..])
    );
    expect(&data, &[(2, "1 texts for 2 pictures"), (4, "picture 2: a text is empty")]);
}

#[test]
fn vwp_pairs_texts_with_links_and_falls_back_on_the_parts_of_the_story() {
    let file = "scene_full_id,story_id,link0,link1,link2,char0,char1,text0,text1,text2,sep_story\n\
        s1,a,https://x.org/img/1.jpg,https://x.org/img/2.jpg,{},Ann,{},\"She left, \"\"late\"\".\",,,\"x\"\n\
        s1,b,https://x.org/img/1.jpg,https://x.org/img/2.jpg,,,,,,,One.[SENT]Two.\n\
        s1,c,https://x.org/img/1.jpg,,,,,,,,One.[SENT]Two.\n\
        s1,d,https://x.org/img/1.jpg,,,,,,Two.,,\n\
        s1,e\n\
        s2,f,https://x.org/img/9.jpg,,,,,One.,,,\n";
    let data = open("vwp.csv", file, None);
    let [first, second] = &data.rows[..] else { panic!("{:#?}", data.rows) };
    assert_eq!((first.id.as_str(), first.group.as_str(), first.cast[0].name.as_str()), ("s1 a", "s1", "Ann"));
    assert_eq!((shown(first), story(first)), (vec!["1.jpg".into()], &["She left, \"late\".".to_owned()][..]));
    assert_eq!(story(second), ["One.", "Two."]);
    assert_eq!(data.numbers, [2, 3]);
    expect(
        &data,
        &[
            (4, "2 texts for 1 pictures"),
            (5, "text1 has no link1"),
            (6, "2 cells for 11"),
            (7, "img/9.jpg' is not there"),
        ],
    );
}

fn book(folder: &Path, name: &str, files: &[(&str, &[u8])]) {
    std::fs::create_dir(folder.join(name)).unwrap();
    fill(&folder.join(name), files);
}

#[test]
fn a_library_has_a_row_a_book_and_facts_beside_it_serve_the_other_tasks() {
    let library = tempfile::tempdir().unwrap();
    let json: &[u8] = br#"{"title": "Rain", "pages": [{"image": "1.png", "text": "It\nrained."}, {"image": "2.png", "text": "Sun."}]}"#;
    let picture = png(4, 4, 1);
    let pictures = [("1.png", &picture[..]), ("2.png", &picture[..]), ("book.json", json)];
    book(library.path(), "01-rain", &pictures);
    book(
        library.path(),
        "02-facts",
        &[&pictures[..], &[("facts.json", br#"{"emotions": ["Sad.", "Glad."], "seed": 1}"#)]].concat(),
    );
    book(library.path(), "03-short", &[&pictures[..], &[("facts.json", br#"{"captions": ["One."]}"#)]].concat());
    book(library.path(), "04-lost", &pictures[1..]);
    book(library.path(), "05-mute", &[pictures[0], ("book.json", br#"{"pages": [{"image": "1.png"}]}"#)]);
    book(library.path(), "06-pictures", &pictures[..2]);
    let data = open_library(library.path()).unwrap();
    let [rain, facts] = &data.rows[..] else { panic!("{:#?}", data.rows) };
    assert_eq!((rain.title.as_str(), story(rain)), ("Rain", &["It rained.".to_owned(), "Sun.".to_owned()][..]));
    assert!(
        matches!(&facts.words, Words::Lines(lines) if lines.emotions == ["Sad.", "Glad."] && lines.captions.is_empty())
    );
    assert_eq!(rain.picture(1).unwrap().data[0], 1);
    expect(
        &data,
        &[
            (3, "1 captions for 2 pages"),
            (4, "'1.png', which is not there"),
            (5, "page 1 has no text"),
            (6, "no book.json"),
        ],
    );
    assert_eq!(open_library(&library.path().join("01-rain")).unwrap().rows.len(), 1);
}

#[test]
fn a_source_of_which_nothing_is_left_says_what_to_do() {
    let (folder, file) = folder("rows.jsonl", r#"{"images": ["9.jpg"], "captions": ["Sun."]}"#);
    let notice = open_rows(&file, folder.path(), None).unwrap_err();
    assert!(notice.what.contains("none of the 1 rows") && notice.what.contains("row 1"), "{}", notice.what);
    assert!(notice.try_this.contains("`images`"), "{}", notice.try_this);
    let wrong = open_rows(&file, &folder.path().join("nowhere"), None).unwrap_err();
    assert!(wrong.what.contains("nowhere") && wrong.try_this.contains("images"), "{}", wrong.what);
    for unknown in ["", "[]", "{\"a\": 1}", "a,b\n1,2", "\0\0"] {
        fill(folder.path(), &[("other", unknown.as_bytes())]);
        let notice = open_rows(&folder.path().join("other"), folder.path(), None).unwrap_err();
        assert!(notice.what.contains("no format of training data"), "{unknown}: {}", notice.what);
    }
    let named = open_rows(&folder.path().join("other"), folder.path(), Some(Format::Vist)).unwrap_err();
    assert!(named.what.contains("cannot be read as Vist"), "{}", named.what);
}
