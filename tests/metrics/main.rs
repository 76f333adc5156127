//! The metrics are those of others: what `reference.py` recorded from the field's implementations, and the values of RoViST-NR
//! that were published, where they lie beside the project (`STORYLOOM_METRICS`, or `../shared/metrics`).
#![allow(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use storyloom::evaluate::metrics::{bleu, bleu_counts, caption_words, cider, meteor, rouge_l, rovist_nr, stem};

#[derive(Deserialize)]
struct Recorded {
    cases: Vec<Case>,
    bleu_4: f64,
    stems: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Case {
    story: String,
    references: Vec<String>,
    tokens: Vec<String>,
    reference_tokens: Vec<Vec<String>>,
    rouge_l: f64,
    cider: f64,
    meteor: f64,
}

fn recorded() -> Recorded {
    serde_json::from_str(include_str!("recorded.json")).unwrap()
}

fn near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-9, "{what}: {found} is not {expected}");
}

#[test]
fn tokens_are_those_of_the_captioning_field() {
    let Recorded { cases, .. } = recorded();
    for case in cases {
        assert_eq!(caption_words(&case.story), case.tokens);
        let found: Vec<Vec<String>> = case.references.iter().map(|text| caption_words(text)).collect();
        assert_eq!(found, case.reference_tokens);
    }
}

#[test]
fn bleu_rouge_meteor_and_cider_are_the_fields_own() {
    let Recorded { cases, bleu_4, .. } = recorded();
    let counts: Vec<_> = cases.iter().map(|case| bleu_counts(&case.tokens, &case.reference_tokens)).collect();
    near(bleu(&counts).unwrap(), bleu_4, "BLEU-4");
    let texts: Vec<_> = cases.iter().map(|case| case.tokens.clone()).collect();
    let references: Vec<_> = cases.iter().map(|case| case.reference_tokens.clone()).collect();
    for (case, found) in cases.iter().zip(cider(&texts, &references)) {
        near(found, case.cider, "CIDEr");
        near(rouge_l(&case.tokens, &case.reference_tokens).unwrap(), case.rouge_l, "ROUGE-L");
        near(meteor(&case.tokens, &case.reference_tokens).unwrap(), case.meteor, "METEOR");
    }
}

#[test]
fn stems_are_porters() {
    for (word, expected) in recorded().stems {
        assert_eq!(stem(&word), expected, "{word}");
    }
}

#[derive(Deserialize)]
struct Published {
    id: String,
    story: String,
    rovist_nr: f64,
}

#[test]
fn redundancy_is_what_was_published() {
    let folder = std::env::var_os("STORYLOOM_METRICS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/metrics"), PathBuf::from);
    let Ok(bytes) = std::fs::read(folder.join("rovist_nr.json")) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "no published values: set STORYLOOM_METRICS");
        eprintln!("left out: no published values in {}", folder.display());
        return;
    };
    let all: Vec<Published> = serde_json::from_slice(&bytes).unwrap();
    let apart = |one: &Published| (rovist_nr(&one.story).unwrap() - one.rovist_nr).abs();
    let (mut equal, mut near) = (0, 0);
    for one in &all {
        let apart = apart(one);
        equal += usize::from(apart < 1e-6);
        near += usize::from(apart < 0.01);
        if apart >= 1e-6 {
            eprintln!("{}: {apart:.6} apart", one.id);
        }
    }
    eprintln!("{equal} of {} equal, {near} within 0.01", all.len());
    assert!(equal * 100 >= all.len() * 90 && near * 100 >= all.len() * 95);
}
