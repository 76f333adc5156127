//! OpenRLHF's form: whole texts of prompt and answer, the prompts, and labels. It has no place for pictures, so a label is the id
//! of the sequence that the story is about.

use serde::Deserialize;

use super::asked::Item;
use crate::story::Notice;

/// `POST /get_reward`.
#[derive(Debug, Deserialize)]
pub struct GetReward {
    /// Prompt and answer, as the trainer decoded them.
    pub query: Vec<String>,
    #[serde(default)]
    pub prompts: Vec<String>,
    #[serde(default)]
    pub labels: Vec<Option<String>>,
}

/// Marks that end an answer in the families that trainers train.
const ENDS: [&str; 10] = [
    "<end_of_utterance>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<end_of_turn>",
    "</s>",
    "<eos>",
    "<pad>",
];

impl GetReward {
    /// The stories, each with its sequence.
    ///
    /// # Errors
    /// Lists that do not belong together, an answer that does not follow its prompt, a label that is missing.
    pub fn items(self) -> Result<Vec<Item>, Notice> {
        let GetReward { query, prompts, labels } = self;
        if prompts.len() != query.len() || labels.len() != query.len() {
            let what =
                format!("{} queries came with {} prompts and {} labels", query.len(), prompts.len(), labels.len());
            return Err(Notice::yours(what, "send one of each: --data.label_key names the column of sequence ids"));
        }
        let one = |(at, ((query, prompt), label)): (usize, ((String, String), Option<String>))| {
            let of = |what: &str| Notice::yours(format!("query {at}: {what}"), "see docs/remote.md");
            let label = label.filter(|label| !label.trim().is_empty());
            let sequence =
                Some(label.ok_or_else(|| of("it has no label, so its pictures are not known"))?.trim().to_owned());
            let answer = query.strip_prefix(prompt.as_str()).ok_or_else(|| of("it does not begin with its prompt"))?;
            Ok(Item { text: without_ends(answer).to_owned(), sequence, ..Item::default() })
        };
        query.into_iter().zip(prompts).zip(labels).enumerate().map(one).collect()
    }
}

fn without_ends(mut answer: &str) -> &str {
    loop {
        answer = answer.trim();
        match ENDS.iter().find_map(|end| answer.strip_suffix(end)) {
            Some(rest) => answer = rest,
            None => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_what_follows_the_prompt_without_what_ends_it() {
        let asked: GetReward = serde_json::from_str(
            r#"{"query":["User: Tell.\nAssistant: A fox.\nIt ran.<end_of_utterance><|im_end|>\n"],"prompts":["User: Tell.\nAssistant:"],"labels":["abc"]}"#,
        )
        .unwrap();
        let items = asked.items().unwrap();
        assert_eq!((items[0].text.as_str(), items[0].sequence.as_deref()), ("A fox.\nIt ran.", Some("abc")));
        for (wrong, word) in [
            (r#"{"query":["a"],"prompts":["b"],"labels":["s"]}"#, "does not begin"),
            (r#"{"query":["ab"],"prompts":["a"],"labels":[null]}"#, "no label"),
            (r#"{"query":["ab"],"prompts":["a"]}"#, "0 labels"),
        ] {
            let asked: GetReward = serde_json::from_str(wrong).unwrap();
            assert!(asked.items().unwrap_err().what.contains(word), "{wrong}");
        }
    }
}
