//! `book.json`: a title, credits and pages of a picture with its text; of ours, `cast` and `world`.
//!
//! Where the pictures lie (a folder, this binary) is the caller's to know. Fields that are not known are passed over.

use serde::Deserialize;

use super::draft::{Draft, Origin, Page};
use super::names::stays_inside;
use crate::story::{CastMember, Notice};

/// Most pages of a book.
const MOST_PAGES: usize = 10_000;
/// Most members of a cast: more would not fit into a prompt.
const MOST_CAST: usize = 32;
/// What a book looks like, for whoever has to mend one.
const LOOKS_LIKE: &str = r#"it looks like {"title": "Rain", "pages": [{"image": "01.jpg", "text": "It rained."}]}"#;

#[derive(Deserialize)]
struct Book {
    title: Option<String>,
    author: Option<String>,
    illustrator: Option<String>,
    #[serde(alias = "license")]
    licence: Option<String>,
    /// Who published it.
    source: Option<String>,
    pages: Vec<BookPage>,
    #[serde(default)]
    cast: Vec<CastMember>,
    /// Drawn by our own picture world.
    #[serde(default)]
    world: bool,
}

#[derive(Deserialize)]
struct BookPage {
    image: Option<String>,
    text: Option<String>,
}

/// The pages of the book `json`. `title` is used if it has none, `source` says where it was opened from, and `find`
/// knows where a page's picture is (`None`: nowhere).
pub(super) fn draft(
    json: &[u8],
    title: String,
    source: String,
    find: impl Fn(&str) -> Option<Origin>,
) -> Result<Draft, Notice> {
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let book: Book = serde_json::from_slice(json)
        .map_err(|error| Notice::yours(format!("'{source}' is no book that can be read: {error}"), LOOKS_LIKE))?;
    if book.pages.is_empty() || book.pages.len() > MOST_PAGES {
        let what = format!("the book '{source}' has {} pages", book.pages.len());
        return Err(Notice::yours(what, format!("a book has 1 to {MOST_PAGES} pages; {LOOKS_LIKE}")));
    }
    let credits = book.credits();
    let mut draft = Draft::of(book.title.filter(|title| !title.trim().is_empty()).unwrap_or(title), source, Vec::new());
    for (number, page) in (1..).zip(book.pages) {
        let lost = |why: String, remedy: &str| {
            Origin::Lost(Notice::yours(format!("page {number} of '{}' {why}", draft.source), remedy))
        };
        let origin = match page.image.as_deref().map(str::trim) {
            None | Some("") => lost("has no picture".to_owned(), "give it an \"image\""),
            Some(image) if !stays_inside(image) => lost(
                format!("names '{image}', which lies outside the book"),
                "put the picture into the book's folder and name it without '..' or a leading '/'",
            ),
            Some(image) => find(image).unwrap_or_else(|| {
                lost(
                    format!("names '{image}', which is not there"),
                    "put the picture beside book.json, or correct its name",
                )
            }),
        };
        let name = page.image.unwrap_or_else(|| format!("page {number}"));
        draft.pages.push(Page { name, text: page.text, origin });
    }
    if book.cast.len() > MOST_CAST {
        let what = format!("'{}' names {} characters; the first {MOST_CAST} are kept", draft.source, book.cast.len());
        draft.problems.push(Notice::yours(what, "name those the story is about"));
    }
    draft.cast = book.cast.into_iter().take(MOST_CAST).collect();
    draft.credits = credits;
    draft.in_world = book.world;
    Ok(draft)
}

impl Book {
    /// Who is to be named beside the book, in one line.
    fn credits(&self) -> Option<String> {
        let said = |field: &Option<String>| field.clone().filter(|text| !text.trim().is_empty());
        let people = match (said(&self.author), said(&self.illustrator)) {
            (Some(author), Some(illustrator)) if author == illustrator => {
                vec![format!("text and pictures by {author}")]
            }
            (author, illustrator) => {
                let text = author.map(|name| format!("text by {name}"));
                text.into_iter().chain(illustrator.map(|name| format!("pictures by {name}"))).collect()
            }
        };
        let parts: Vec<String> = people.into_iter().chain(said(&self.licence)).chain(said(&self.source)).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }
}
