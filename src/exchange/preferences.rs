//! What raters preferred, in the forms that other people's trainers read, with where it comes from beside it. Raters are
//! pseudonyms here already. Pairs that nobody could decide are left out of the forms that know no ties, and counted.

use serde_json::{Value, json};

use super::publish::Leaf;
use crate::story::Notice;

/// A pair, and what all its votes say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub pair: String,
    pub sequence: String,
    /// Files of the frames, in order, relative to the export.
    pub images: Vec<String>,
    pub prompt: String,
    /// System and text of both stories.
    pub first: (String, String),
    pub second: (String, String),
    /// Votes that preferred one or called it a tie; the share of the first among them, ties as halves; the mean of the scale.
    pub votes: usize,
    pub share: f64,
    pub strength: f64,
    /// Share of the votes in which the first story stood on the left, of those that know it.
    pub left: Option<f64>,
    pub both_bad: usize,
}

impl Judged {
    /// Whether its votes prefer one of the two.
    pub(super) fn is_decided(&self) -> bool {
        self.votes > 0 && self.share != 0.5
    }

    /// System and text of the preferred story, then of the other.
    pub(super) fn sides(&self) -> (&(String, String), &(String, String)) {
        if self.share > 0.5 { (&self.first, &self.second) } else { (&self.second, &self.first) }
    }

    /// How much it was better, from 0 to 1, for losses with a margin.
    pub(super) fn margin(&self) -> f64 {
        self.strength.abs() / 3.0
    }
}

/// A form of export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreferenceFormat {
    Trl,
    Swift,
    LlamaFactory,
    OpenRlhf,
    OpenAi,
    HhRlhf,
    /// The rows of `Trl` with the pictures inside.
    Parquet,
}

impl PreferenceFormat {
    pub const ALL: [PreferenceFormat; 7] = [
        PreferenceFormat::Trl,
        PreferenceFormat::Swift,
        PreferenceFormat::LlamaFactory,
        PreferenceFormat::OpenRlhf,
        PreferenceFormat::OpenAi,
        PreferenceFormat::HhRlhf,
        PreferenceFormat::Parquet,
    ];

    pub fn word(self) -> &'static str {
        match self {
            PreferenceFormat::Trl => "trl",
            PreferenceFormat::Swift => "ms-swift",
            PreferenceFormat::LlamaFactory => "llama-factory",
            PreferenceFormat::OpenRlhf => "openrlhf",
            PreferenceFormat::OpenAi => "openai",
            PreferenceFormat::HhRlhf => "hh-rlhf",
            PreferenceFormat::Parquet => "parquet",
        }
    }

    /// Whether the pictures go along; the other forms have no place for them.
    pub fn has_images(self) -> bool {
        !matches!(self, PreferenceFormat::OpenRlhf | PreferenceFormat::OpenAi | PreferenceFormat::HhRlhf)
    }

    /// Whether they lie beside the rows as files.
    pub fn has_files(self) -> bool {
        self.has_images() && self != PreferenceFormat::Parquet
    }
}

/// Name and content of each file, the pictures left out, and how many pairs nobody could decide.
///
/// # Errors
/// Never in practice: what is written was read as text.
pub fn preferences(judged: &[Judged], format: PreferenceFormat) -> Result<(Vec<Leaf>, usize), Notice> {
    let decided: Vec<&Judged> = judged.iter().filter(|pair| pair.is_decided()).collect();
    let rows: Vec<Value> = decided.iter().map(|pair| row(pair, format)).collect();
    let ours = |error: serde_json::Error| Notice::ours(format!("a preference cannot be written: {error}"));
    let files = match format {
        PreferenceFormat::LlamaFactory => {
            let info = json!({ "storyloom": {
                "file_name": "data.json", "formatting": "sharegpt", "ranking": true,
                "columns": { "messages": "conversations", "chosen": "chosen", "rejected": "rejected", "images": "images" },
            } });
            let pretty = |value: &Value| serde_json::to_vec_pretty(value).map_err(ours);
            vec![
                ("data.json".to_owned(), pretty(&Value::Array(rows))?),
                ("dataset_info.json".to_owned(), pretty(&info)?),
            ]
        }
        _ => {
            let mut lines = Vec::new();
            for row in &rows {
                serde_json::to_writer(&mut lines, row).map_err(ours)?;
                lines.push(b'\n');
            }
            vec![("preferences.jsonl".to_owned(), lines)]
        }
    };
    Ok((files, judged.len() - decided.len()))
}

fn row(pair: &Judged, format: PreferenceFormat) -> Value {
    let (chosen, rejected) = pair.sides();
    let (better, worse) = (&chosen.1, &rejected.1);
    let margin = pair.margin();
    let from = json!({
        "pair": pair.pair, "sequence": pair.sequence, "chosen": chosen.0, "rejected": rejected.0, "votes": pair.votes,
        "share": pair.share.max(1.0 - pair.share), "strength": pair.strength.abs(), "left_share": pair.left,
        "both_bad": pair.both_bad,
    });
    let marks = "<image>".repeat(pair.images.len());
    // Marks are counted against the pictures, wherever they stand: a text cannot pose as one.
    let plain = |text: &str| text.replace("<image>", "image");
    match format {
        PreferenceFormat::Trl | PreferenceFormat::Parquet => {
            let mut content: Vec<Value> = pair.images.iter().map(|_| json!({ "type": "image" })).collect();
            content.push(json!({ "type": "text", "text": pair.prompt }));
            let says = |text: &str| json!([{ "role": "assistant", "content": [{ "type": "text", "text": text }] }]);
            json!({
                "images": pair.images, "prompt": [{ "role": "user", "content": content }],
                "chosen": says(better), "rejected": says(worse), "margin": margin, "storyloom": from,
            })
        }
        PreferenceFormat::Swift => json!({
            "messages": [
                { "role": "user", "content": format!("{marks}{}", plain(&pair.prompt)) },
                { "role": "assistant", "content": plain(better) },
            ],
            "images": pair.images, "rejected_response": plain(worse), "margin": margin, "storyloom": from,
        }),
        PreferenceFormat::LlamaFactory => json!({
            "conversations": [{ "from": "human", "value": format!("{marks}{}", plain(&pair.prompt)) }],
            "chosen": { "from": "gpt", "value": plain(better) }, "rejected": { "from": "gpt", "value": plain(worse) },
            "images": pair.images, "storyloom": from,
        }),
        // Whole talks: with --apply_chat_template their last message is the answer, for reward models and for DPO.
        PreferenceFormat::OpenRlhf => {
            let talk = |text: &str| json!([{ "role": "user", "content": pair.prompt }, { "role": "assistant", "content": text }]);
            json!({ "chosen": talk(better), "rejected": talk(worse), "margin": margin, "storyloom": from })
        }
        PreferenceFormat::OpenAi => json!({
            "input": {
                "messages": [{ "role": "user", "content": pair.prompt }], "tools": [], "parallel_tool_calls": true,
            },
            "preferred_output": [{ "role": "assistant", "content": better }],
            "non_preferred_output": [{ "role": "assistant", "content": worse }],
        }),
        PreferenceFormat::HhRlhf => {
            let talk = |text: &str| format!("\n\nHuman: {}\n\nAssistant: {text}", pair.prompt);
            json!({ "chosen": talk(better), "rejected": talk(worse), "storyloom": from })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(share: f64) -> Judged {
        Judged {
            pair: "p".into(),
            sequence: "s".into(),
            images: vec!["images/a.png".into(), "images/b.png".into()],
            prompt: "Tell it.".into(),
            first: ("one".into(), "A fox \"ran\".\nIt slept.".into()),
            second: ("two".into(), "A bear.".into()),
            votes: 4,
            share,
            strength: 1.5 * (share - 0.5).signum(),
            left: Some(0.5),
            both_bad: 1,
        }
    }

    fn rows(judged: &[Judged], format: PreferenceFormat) -> Vec<Value> {
        let (files, _) = preferences(judged, format).unwrap();
        let text = String::from_utf8(files[0].1.clone()).unwrap();
        match format {
            PreferenceFormat::LlamaFactory => serde_json::from_str(&text).unwrap(),
            _ => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        }
    }

    #[test]
    fn the_preferred_story_is_chosen_and_ties_are_counted_not_written() {
        let judged = [pair(0.75), pair(0.25), pair(0.5)];
        assert_eq!(preferences(&judged, PreferenceFormat::Trl).unwrap().1, 1);
        let rows = rows(&judged, PreferenceFormat::Trl);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["chosen"][0]["content"][0]["text"], "A fox \"ran\".\nIt slept.");
        assert_eq!(rows[1]["chosen"][0]["content"][0]["text"], "A bear.");
        assert_eq!((&rows[0]["margin"], &rows[1]["storyloom"]["share"]), (&json!(0.5), &json!(0.75)));
        let images = rows[0]["prompt"][0]["content"].as_array().unwrap().iter().filter(|part| part["type"] == "image");
        assert_eq!(images.count(), rows[0]["images"].as_array().unwrap().len(), "a placeholder a picture");
    }

    #[test]
    fn every_form_has_the_keys_that_its_readers_want() {
        let wanted: [(PreferenceFormat, &[&str]); 6] = [
            (PreferenceFormat::Trl, &["images", "prompt", "chosen", "rejected"]),
            (PreferenceFormat::Swift, &["messages", "images", "rejected_response"]),
            (PreferenceFormat::LlamaFactory, &["conversations", "chosen", "rejected", "images"]),
            (PreferenceFormat::OpenRlhf, &["chosen", "rejected", "margin"]),
            (PreferenceFormat::OpenAi, &["input", "preferred_output", "non_preferred_output"]),
            (PreferenceFormat::HhRlhf, &["chosen", "rejected"]),
        ];
        for (format, keys) in wanted {
            let rows = rows(&[pair(1.0)], format);
            keys.iter().for_each(|key| assert!(!rows[0][*key].is_null(), "{key} of {format:?}"));
        }
        let swift = &rows(&[pair(1.0)], PreferenceFormat::Swift)[0];
        assert_eq!(swift["messages"][0]["content"].as_str().unwrap().matches("<image>").count(), 2);
        let posing = Judged { prompt: "An <image>.".into(), second: ("two".into(), "<image>".into()), ..pair(1.0) };
        for format in [PreferenceFormat::Swift, PreferenceFormat::LlamaFactory] {
            assert_eq!(rows(std::slice::from_ref(&posing), format)[0].to_string().matches("<image>").count(), 2);
        }
    }
}
