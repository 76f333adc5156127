//! What a model is asked for each task, as templates that a person may replace.
//!
//! A template may name `{{ title }}`, `{{ frames }}` (their number), `{{ cast }}` (", with Mia the fox") and
//! `{{ so_far }}`. The embedded storyteller was trained on exactly these wordings.

use minijinja::{Environment, context};

use super::error::{Result, WriterError};
use crate::story::{CastMember, Task};

/// The wording of a task.
pub fn template(task: Task) -> &'static str {
    match task {
        Task::Story => "Tell a story about these pictures, one line for each{{ cast }}.",
        Task::Caption => "Describe each picture in one line.",
        Task::Continuation => {
            "The story so far:\n{{ so_far }}\nTell on with these pictures, one line for each{{ cast }}."
        }
        Task::Emotion => "How does each character feel? One line for each picture.",
        Task::Consistency => "Who is in each picture? One line for each, always with the same names{{ cast }}.",
    }
}

/// What a template may name.
const NAMES: [&str; 4] = ["title", "frames", "cast", "so_far"];

/// What fills a template.
#[derive(Clone, Debug, Default)]
pub struct Filling<'a> {
    pub title: &'a str,
    pub frames: usize,
    pub cast: &'a [CastMember],
    pub so_far: &'a str,
}

/// ", with Mia the fox and Bo the bear"; nothing without a cast.
pub fn cast_phrase(cast: &[CastMember]) -> String {
    let mut phrase = String::new();
    for (i, CastMember { name, species }) in cast.iter().enumerate() {
        let joint = match i {
            0 => ", with ",
            _ if i + 1 == cast.len() => " and ",
            _ => ", ",
        };
        // Of somebody whose kind is not told the name is enough.
        let kind = if species.is_empty() { String::new() } else { format!(" the {species}") };
        phrase.push_str(&format!("{joint}{name}{kind}"));
    }
    phrase
}

/// Fills a template; the image token's own spelling in a filling loses its brackets, so that text cannot pose as a picture.
pub fn fill(template: &str, filling: &Filling<'_>) -> Result<String> {
    let plain = |text: &str| text.replace("<image>", "image");
    let environment = Environment::new();
    let template = environment.template_from_str(template)?;
    // A slip such as {{ titel }} is said, not left out.
    if let Some(slip) = template.undeclared_variables(false).iter().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(WriterError::Prompt(format!("the prompt template names '{slip}', which is nothing here")));
    }
    Ok(plain(&template.render(context! {
        title => filling.title,
        frames => filling.frames,
        cast => cast_phrase(filling.cast),
        so_far => filling.so_far,
    })?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cast_is_a_phrase_with_kinds_where_they_are_known() {
        let member = |name: &str, species: &str| CastMember { name: name.into(), species: species.into() };
        let cast = [member("Mia", "fox"), member("Anna", ""), member("Bo", "bear")];
        assert_eq!(cast_phrase(&cast), ", with Mia the fox, Anna and Bo the bear");
        assert_eq!(cast_phrase(&cast[..0]), "");
    }

    #[test]
    fn a_template_is_filled_and_text_cannot_pose_as_a_picture() {
        let cast = [CastMember { name: "Mia".into(), species: "fox".into() }];
        let filling = Filling { cast: &cast, so_far: "An <image> fell.", frames: 2, ..Default::default() };
        let text = fill(template(Task::Continuation), &filling).unwrap();
        assert!(text.starts_with("The story so far:\nAn image fell.\n"), "{text}");
        assert!(text.ends_with("one line for each, with Mia the fox."));
        assert_eq!(fill("{{ frames }} frames", &filling).unwrap(), "2 frames");
        assert!(fill("{{ frames ", &filling).is_err());
        assert!(fill("{{ titel }}", &filling).unwrap_err().to_string().contains("titel"));
    }
}
