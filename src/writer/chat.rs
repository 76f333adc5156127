//! A checkpoint's own chat template, run by minijinja as the reference runs it, and the image tokens put in its place.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Value, context};
use serde::{Deserialize, Serialize};

use super::error::{Result, WriterError};
use crate::model::look::Grid;

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Part {
    Image,
    Text { text: String },
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: String,
    pub content: Vec<Part>,
}

impl Message {
    /// What the user asks: pictures first, then the text.
    pub fn user(images: usize, text: &str) -> Self {
        let mut content = vec![Part::Image; images];
        content.push(Part::Text { text: text.to_owned() });
        Self { role: "user".to_owned(), content }
    }

    /// What the model has answered.
    pub fn assistant(text: &str) -> Self {
        Self { role: "assistant".to_owned(), content: vec![Part::Text { text: text.to_owned() }] }
    }
}

/// A chat template.
pub struct Chat {
    source: String,
}

impl Chat {
    /// `chat_template.jinja`, `chat_template.json` or the field of `tokenizer_config.json`, whichever is there.
    pub fn open(folder: &Path) -> Result<Self> {
        let plain = folder.join("chat_template.jinja");
        if let Ok(source) = std::fs::read_to_string(&plain) {
            return Ok(Self::new(source));
        }
        for name in ["chat_template.json", "tokenizer_config.json"] {
            let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
            let value: serde_json::Value = serde_json::from_slice(&bytes)
                .map_err(|e| WriterError::Layout(format!("{} is not valid JSON: {e}", folder.join(name).display())))?;
            if let Some(source) = value.get("chat_template").and_then(|v| v.as_str()) {
                return Ok(Self::new(source.to_owned()));
            }
        }
        Err(WriterError::Layout(format!("{} has no chat template", folder.display())))
    }

    pub fn new(source: String) -> Self {
        // Some published templates mark the answer for training with tags that only the reference's Jinja knows.
        let source = ["{% generation %}", "{% endgeneration %}", "{%- generation %}", "{%- endgeneration %}"]
            .iter()
            .fold(source, |source, tag| source.replace(tag, ""));
        Self { source }
    }

    /// The prompt with one `<image>` for each picture; with `open` it ends where the assistant speaks.
    pub fn render(&self, messages: &[Message], open: bool) -> Result<String> {
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.add_function("raise_exception", |what: String| -> std::result::Result<String, minijinja::Error> {
            Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, what))
        });
        environment.set_unknown_method_callback(method);
        let template = environment.template_from_str(&self.source)?;
        Ok(template.render(context! { messages => values(messages), add_generation_prompt => open })?)
    }
}

/// Methods of strings that templates use as the language of the reference has them.
fn method(
    _: &mut minijinja::State,
    value: &Value,
    name: &str,
    arguments: &[Value],
) -> std::result::Result<Value, minijinja::Error> {
    let text = value.as_str().unwrap_or_default();
    let first = arguments.first().and_then(Value::as_str).unwrap_or_default();
    match (value.as_str().is_some(), name) {
        (true, "upper") => Ok(text.to_uppercase().into()),
        (true, "lower") => Ok(text.to_lowercase().into()),
        (true, "strip") => Ok(text.trim().into()),
        (true, "lstrip") => Ok(text.trim_start().into()),
        (true, "rstrip") => Ok(text.trim_end().into()),
        (true, "startswith") => Ok(text.starts_with(first).into()),
        (true, "endswith") => Ok(text.ends_with(first).into()),
        _ => Err(minijinja::Error::from(minijinja::ErrorKind::UnknownMethod)),
    }
}

/// Messages as a template sees them.
fn values(messages: &[Message]) -> Value {
    let part = |part: &Part| match part {
        Part::Image => context! { type => "image" },
        Part::Text { text } => context! { type => "text", text },
    };
    let message = |message: &Message| {
        context! { role => message.role.as_str(), content => message.content.iter().map(part).collect::<Value>() }
    };
    messages.iter().map(message).collect()
}

/// How a picture was cut: rows and columns of tiles (none: it is whole), and how what is seen of a tile lies in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub rows: usize,
    pub cols: usize,
    /// Empty where it lies nowhere in particular.
    pub grid: Grid,
}

impl Layout {
    /// A picture that was not cut.
    pub fn whole(grid: Grid) -> Self {
        Self { rows: 0, cols: 0, grid }
    }
}

/// Puts for each `<image>` of a prompt, in order, what stands for its tiles; `tokens` is the number a tile takes.
pub fn expand(prompt: &str, layouts: &[Layout], tokens: usize) -> Result<String> {
    const IMAGE: &str = "<image>";
    let found = prompt.matches(IMAGE).count();
    if found != layouts.len() {
        return Err(WriterError::Prompt(format!("the prompt has {found} places for {} pictures", layouts.len())));
    }
    let tile = IMAGE.repeat(tokens);
    let mut pieces = prompt.split(IMAGE);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for (layout, rest) in layouts.iter().zip(pieces) {
        for row in 1..=layout.rows {
            for col in 1..=layout.cols {
                out.push_str(&format!("<fake_token_around_image><row_{row}_col_{col}>{tile}"));
            }
            out.push('\n');
        }
        if layout.rows > 0 {
            out.push('\n');
        }
        out.push_str(&format!("<fake_token_around_image><global-img>{tile}<fake_token_around_image>"));
        out.push_str(rest);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_that_names_more_pictures_than_there_are_is_refused() {
        assert!(expand("<image><image>", &[Layout::default()], 4).is_err());
    }
}
