//! An evaluation's table says its numbers in every format, and nothing of what others wrote gets out of its words.

use quick_xml::events::Event;

use super::{SampleStories, evaluation_card, evaluation_csv, evaluation_latex, evaluation_markdown, evaluation_page};
use crate::pixels::{Picture, Rgb};
use crate::story::{
    Cell, Direction, Evaluation, EvaluationOrigin, Examined, FooledRow, GateSaid, MeasureRow, ProbedReward, Versus,
};

const HOSTILE: &str = "<i>a|b</i> & \"c\" \u{1b}[2J \\end{tabular} `x` _y_";

fn evaluation() -> Evaluation {
    let model = |name: &str| Examined {
        name: name.into(),
        hash: "ab".repeat(32),
        adapter: Some(HOSTILE.into()),
        parameters: 1234,
        stories: 5,
        milliseconds: 12.0,
    };
    let versus = Versus { difference: 0.25, low: 0.2, high: 0.31, p: 0.001, p_holm: 0.004 };
    let cell = |value, versus| Cell { value: Some(value), low: Some(0.111), high: Some(0.999), of: 5, versus };
    let row = |key: &str, direction, cells| MeasureRow {
        key: key.into(),
        group: HOSTILE.into(),
        words: HOSTILE.into(),
        version: 3,
        direction,
        cells,
    };
    Evaluation {
        suite: HOSTILE.into(),
        about: HOSTILE.into(),
        notes: vec![HOSTILE.into()],
        models: vec![model("base"), model(HOSTILE)],
        baseline: Some(0),
        rows: vec![
            row("truth", Direction::Higher, vec![cell(0.5, None), cell(0.75, Some(versus))]),
            row("words", Direction::Neither, vec![cell(123.4, None), Cell::default()]),
        ],
        rewards: vec![ProbedReward {
            name: HOSTILE.into(),
            version: 1,
            stories: 200,
            rows: vec![FooledRow {
                key: "cut".into(),
                words: HOSTILE.into(),
                wins: 0.125,
                low: 0.08,
                high: 0.18,
                of: 200,
            }],
            padded_apart: 1e-6,
        }],
        gates: vec![GateSaid { what: HOSTILE.into(), held: false, found: "0.5000".into() }],
        origin: EvaluationOrigin { command: HOSTILE.into(), suite: HOSTILE.into(), ..EvaluationOrigin::default() },
    }
}

fn page() -> String {
    let picture = Picture::from_rgb(&Rgb { width: 600, height: 300, data: vec![40; 540_000] }).unwrap();
    let sample = SampleStories { title: HOSTILE, pictures: &[picture], stories: vec![(HOSTILE, HOSTILE)] };
    evaluation_page(&evaluation(), &[sample])
}

#[test]
fn nothing_gets_out_of_its_words() {
    let evaluation = evaluation();
    let all = [
        page(),
        evaluation_csv(&evaluation),
        evaluation_markdown(&evaluation),
        evaluation_latex(&evaluation),
        evaluation_card(&evaluation, "base").unwrap(),
    ];
    for text in &all {
        assert!(!text.contains('\u{1b}'), "{text}");
    }
    assert!(!all[0].contains("<i>") && !all[2].contains("<i>") && !all[4].contains("<i>"));
    assert!(!all[3].contains("\n\\end{tabular} `x`") && all[3].matches("\\end{tabular}").count() == 2, "{}", all[3]);
    assert_eq!(evaluation_card(&evaluation, "nobody"), None);
}

#[test]
fn the_page_is_well_formed_but_for_tags_that_html_leaves_open() {
    let page = page();
    let mut reader = quick_xml::Reader::from_str(&page);
    reader.config_mut().check_end_names = false;
    let mut depth = 0i32;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) if !matches!(tag.name().as_ref(), "meta" | "img") => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    assert!(page.contains("data:image/png;base64,") && !page.contains("<script") && !page.contains("http://local"));
}

#[test]
fn every_format_says_the_numbers() {
    let evaluation = evaluation();
    let csv = evaluation_csv(&evaluation);
    assert!(csv.contains(",0.75,0.111,0.999,5,0.25,0.2,0.31,0.001,0.004\n"), "{csv}");
    assert!(csv.contains("\"fooled.cut\",1,lower") && csv.lines().count() == 6, "{csv}");
    for text in [page(), evaluation_markdown(&evaluation)] {
        assert!(text.contains("0.750 [0.111, 0.999] *") && text.contains("123 [0, 1]"), "{text}");
    }
    assert!(evaluation_latex(&evaluation).contains("0.750$^*$ {\\scriptsize [0.111, 0.999]}"));
    assert!(evaluation_markdown(&evaluation).contains("**missed**"));
}
