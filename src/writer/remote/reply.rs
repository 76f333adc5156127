//! What an engine answers, piece by piece or whole, in the dialects there are.

use serde::Deserialize;
use serde_json::Value;

use crate::story::{Alternative, Finish, Piece};

/// A finished answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub text: String,
    pub finish: Finish,
    /// As the engine counted; where it did not, nothing.
    pub usage: Option<Usage>,
    /// Pieces that came.
    pub pieces: usize,
    /// Milliseconds from the request (the try that worked) to the first word.
    pub first_ms: f64,
    /// And to the end.
    pub whole_ms: f64,
    /// Tries it took.
    pub tries: u32,
    /// What of the request the engine did not know and was left out.
    pub left_out: Vec<&'static str>,
}

/// Tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Usage {
    #[serde(default)]
    pub prompt_tokens: usize,
    #[serde(default)]
    pub completion_tokens: usize,
}

/// One event of a stream, or a whole answer.
#[derive(Debug, Default, Deserialize)]
pub struct Chunk {
    #[serde(default)]
    pub choices: Option<Vec<Choice>>,
    #[serde(default)]
    pub usage: Option<Usage>,
    #[serde(default)]
    pub error: Option<Value>,
    /// Engines that fail in the middle of a stream also send {"object":"error","message":..}.
    #[serde(default)]
    object: Option<String>,
    #[serde(default)]
    message: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    #[serde(default)]
    delta: Option<Said>,
    /// In place of a delta, where the answer comes whole.
    #[serde(default)]
    message: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
    /// vLLM and SGLang name the stop string that was met, or the token.
    #[serde(default)]
    stop_reason: Option<Value>,
    #[serde(default)]
    matched_stop: Option<Value>,
    #[serde(default)]
    logprobs: Option<LogProbs>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Said {
    #[serde(default)]
    content: Option<String>,
    // Some engines send both names of it at once.
    #[serde(default)]
    reasoning_content: Option<String>,
    #[serde(default)]
    reasoning: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub struct LogProbs {
    #[serde(default)]
    content: Option<Vec<TokenProb>>,
}

#[derive(Debug, Deserialize)]
struct TokenProb {
    token: String,
    logprob: f32,
    #[serde(default)]
    top_logprobs: Option<Vec<Top>>,
}

#[derive(Debug, Deserialize)]
struct Top {
    token: String,
    logprob: f32,
}

impl Chunk {
    /// What the engine complains of, if it does.
    pub fn complaint(&self) -> Option<String> {
        match (&self.error, self.object.as_deref(), &self.message) {
            (Some(error), ..) if !error.is_null() => Some(complaint(error)),
            (_, Some("error"), Some(message)) => Some(complaint(message)),
            _ => None,
        }
    }

    /// The only choice there is: one is asked for.
    pub fn choice(&self) -> Option<&Choice> {
        self.choices.as_ref().and_then(|choices| choices.first())
    }
}

impl Choice {
    fn said(&self) -> Option<&Said> {
        self.delta.as_ref().or(self.message.as_ref())
    }

    /// Words that are no part of the answer.
    pub fn reasons(&self) -> bool {
        let thought = |said: &Said| said.reasoning_content.iter().chain(&said.reasoning).any(|text| !text.is_empty());
        self.said().is_some_and(thought)
    }

    pub fn refusal(&self) -> Option<&str> {
        self.said().and_then(|said| said.refusal.as_deref()).filter(|text| !text.is_empty())
    }

    /// Why it ended, if this says so; `Err` where a filter ended it.
    pub fn finish(&self) -> Option<Result<Finish, ()>> {
        let at_a_string = self.stop_reason.iter().chain(&self.matched_stop).any(Value::is_string);
        match self.finish_reason.as_deref()? {
            "" => None,
            "length" | "max_tokens" => Some(Ok(Finish::Length)),
            "content_filter" => Some(Err(())),
            "abort" => Some(Ok(Finish::Cancelled)),
            _ if at_a_string => Some(Ok(Finish::Stop)),
            _ => Some(Ok(Finish::End)),
        }
    }

    /// What was added: a piece for each token where the engine tells tokens apart, else one.
    pub fn pieces(&self) -> Vec<Piece> {
        let text = self.said().and_then(|said| said.content.as_deref()).unwrap_or_default();
        let tokens = self.logprobs.as_ref().and_then(|all| all.content.as_deref()).unwrap_or_default();
        if text.is_empty() {
            return Vec::new();
        }
        let joined: String = tokens.iter().map(|token| token.token.as_str()).collect();
        match tokens {
            [] => vec![Piece { text: clean(text), ..Piece::default() }],
            _ if joined == text => tokens.iter().map(|token| token.piece(token.token.as_str())).collect(),
            // Bytes of half a character, or a marker that is not in the text: probabilities belong to the whole of it.
            [one] => vec![one.piece(text)],
            _ => vec![Piece { text: clean(text), ..Piece::default() }],
        }
    }
}

impl TokenProb {
    fn piece(&self, text: &str) -> Piece {
        let tops = self.top_logprobs.iter().flatten();
        let alternatives = tops.map(|top| Alternative { token: 0, text: clean(&top.token), log_prob: top.logprob });
        Piece {
            text: clean(text),
            log_prob: Some(self.logprob),
            alternatives: alternatives.collect(),
            ..Piece::default()
        }
    }
}

/// The sentence in whatever an engine calls an error.
pub fn complaint(error: &Value) -> String {
    let text = match error {
        Value::String(text) => text.clone(),
        Value::Object(parts) => {
            let named = ["message", "error", "detail", "msg"].iter().find_map(|name| parts.get(*name));
            return named.map_or_else(|| short(&error.to_string()), complaint);
        }
        Value::Array(all) => return all.first().map(complaint).unwrap_or_default(),
        other => other.to_string(),
    };
    short(&text)
}

/// The beginning of what somebody else wrote, on one line.
pub fn short(text: &str) -> String {
    let line = clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > 300 { line.chars().take(299).chain(['…']).collect() } else { line }
}

/// Without what a terminal would obey: control characters (escape sequences begin with one) and marks that turn the writing
/// direction. It looks at one character at a time, so that it does not matter where a stream was cut.
pub fn clean(text: &str) -> String {
    let shown = |sign: &char| match sign {
        '\n' | '\t' => true,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}' => false,
        sign => !sign.is_control(),
    };
    text.chars().filter(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_do_not_survive_wherever_the_stream_was_cut() {
        let nasty = "a\x1b]0;owned\x07b\x1b[2J\u{9b}31mc\r\n\u{202E}d";
        let whole = clean(nasty);
        assert!(whole.chars().all(|sign| !sign.is_control() || sign == '\n'), "{whole:?}");
        for at in (0..nasty.len()).filter(|at| nasty.is_char_boundary(*at)) {
            assert_eq!(clean(&nasty[..at]) + &clean(&nasty[at..]), whole);
        }
    }

    #[test]
    fn errors_are_found_in_every_shape() {
        for (json, said) in [
            (r#"{"error":{"message":"too long","code":400}}"#, "too long"),
            (r#"{"error":"model not found"}"#, "model not found"),
            (r#"{"object":"error","message":"no such adapter"}"#, "no such adapter"),
            (r#"{"error":{"detail":[{"msg":"Field required"}]}}"#, "Field required"),
        ] {
            let chunk: Chunk = serde_json::from_str(json).unwrap();
            assert_eq!(chunk.complaint().as_deref(), Some(said), "{json}");
        }
        let fine: Chunk =
            serde_json::from_str(r#"{"object":"chat.completion.chunk","error":null,"choices":[]}"#).unwrap();
        assert_eq!(fine.complaint(), None);
    }
}
