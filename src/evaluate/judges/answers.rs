//! Reads what a judge answered. What cannot be read is no judgement: nothing is guessed from the words around it.

use serde_json::{Map, Value};

use super::wording::CRITERIA;

/// The four numbers, from 1 to 10; `None` where one is missing or out of range.
pub fn scores(answer: &str) -> Option<[f64; 4]> {
    let found = last_object(answer, |object| CRITERIA.iter().all(|name| object.contains_key(*name)))?;
    let mut scores = [0.0; 4];
    for (score, name) in scores.iter_mut().zip(CRITERIA) {
        // Some answer with numbers in quotes.
        let value = &found[name];
        let number = value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()))?;
        if !(1.0..=10.0).contains(&number) {
            return None;
        }
        *score = number;
    }
    Some(scores)
}

/// 1 where the story shown first is better, 0 where the second, a half for a tie.
pub fn better(answer: &str) -> Option<f64> {
    let found = last_object(answer, |object| object.contains_key("better"))?;
    match found["better"].as_str()?.trim().to_lowercase().as_str() {
        "a" | "story a" => Some(1.0),
        "b" | "story b" => Some(0.0),
        "tie" => Some(0.5),
        _ => None,
    }
}

/// The last JSON object of a text that `fits`: models that think aloud come to their answer at the end.
fn last_object(text: &str, fits: impl Fn(&Map<String, Value>) -> bool) -> Option<Map<String, Value>> {
    let starts: Vec<usize> = text.match_indices('{').map(|(at, _)| at).collect();
    starts.into_iter().rev().find_map(|at| {
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(Value::Object(object))) if fits(&object) => Some(object),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_wherever_they_stand_and_nothing_is_guessed() {
        let plain = r#"{"coherence": 7, "relevance": 8, "emotional_depth": 6, "overall": "7.5"}"#;
        assert_eq!(scores(plain), Some([7.0, 8.0, 6.0, 7.5]));
        let fenced = format!("Let me think {{\"coherence\": 1}}.\n```json\n{plain}\n```\nDone.");
        assert_eq!(scores(&fenced), Some([7.0, 8.0, 6.0, 7.5]));
        for wrong in [
            "7 8 6 7",
            "",
            "{",
            r#"{"coherence": 7, "relevance": 8, "overall": 7}"#,
            r#"{"coherence": 70, "relevance": 8, "emotional_depth": 6, "overall": 7}"#,
            r#"{"coherence": null, "relevance": 8, "emotional_depth": 6, "overall": 7}"#,
        ] {
            assert_eq!(scores(wrong), None, "{wrong}");
        }
        assert_eq!(better(r#"First {"better":"A"}, but no: {"better": "b"}"#), Some(0.0));
        assert_eq!(better(r#"{"better":"Tie"}"#), Some(0.5));
        assert_eq!((better("A"), better(r#"{"better":"both"}"#)), (None, None));
    }
}
