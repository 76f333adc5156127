//! VWP, Visual Writing Prompts: a table with a story of a movie scene in each line.
//!
//! Columns as column_explain.csv of github.com/vwprompt/vwp names them: `link0` to `link9` (pictures), `text0` to `text9`,
//! `char0` to `char4` (names), `scene_full_id`, `story_id`, `sep_story` (parts divided by `[SENT]` or `[SEP]`). Cells without
//! a value may hold `{}`. `textN` is taken to belong to `linkN`; where no text cell is filled, the parts of `sep_story` are
//! taken in order. The table itself could not be had, so that pairing is held to the documentation only.

use std::collections::HashMap;

use super::csv::table;
use super::find_image::Finder;
use super::records::without_mark;
use super::row::{Found, Lines, Row, Words, lines, name};
use crate::story::CastMember;

/// A record by the names of its columns.
type Cells<'a> = HashMap<&'a str, &'a str>;

pub(super) fn rows(bytes: &[u8], finder: &Finder) -> Result<Vec<Found>, String> {
    let text = std::str::from_utf8(without_mark(bytes)).map_err(|_| "it is not UTF-8".to_owned())?;
    let table = table(text)?;
    let Some(((_, columns), records)) = table.split_first() else { return Err("the table is empty".to_owned()) };
    if !columns.iter().any(|column| column == "link0") {
        return Err("the table has no column 'link0'".to_owned());
    }
    let found = |(number, record): &(usize, Vec<String>)| {
        let number = *number;
        if record.len() != columns.len() {
            let why = format!("it has {} cells for {} columns", record.len(), columns.len());
            return Found { number, id: String::new(), row: Err(why) };
        }
        let filled = |cell: &&String| !matches!(cell.trim(), "" | "{}" | "nan");
        let cells = columns.iter().map(String::as_str).zip(record).filter(|(_, cell)| filled(cell));
        let cells: Cells = cells.map(|(column, cell)| (column, cell.trim())).collect();
        let scene = cells.get("scene_full_id").copied().unwrap_or_default();
        let id = format!("{scene} {}", cells.get("story_id").copied().unwrap_or_default()).trim().to_owned();
        Found { number, row: row(&cells, &id, scene, finder), id }
    };
    Ok(records.iter().map(found).collect())
}

fn row(cells: &Cells, id: &str, scene: &str, finder: &Finder) -> Result<Row, String> {
    let all = |kind: &str, most: usize| -> Vec<(usize, &str)> {
        (0..most).filter_map(|n| Some((n, *cells.get(format!("{kind}{n}").as_str())?))).collect()
    };
    let (links, mut texts) = (all("link", 10), all("text", 10));
    let story = cells.get("sep_story").copied().unwrap_or_default().replace("[SEP]", "[SENT]");
    if texts.is_empty() {
        let parts: Vec<&str> = story.split("[SENT]").filter(|part| !part.trim().is_empty()).collect();
        if parts.len() != links.len() {
            return Err(format!("it has {} texts for {} pictures", parts.len(), links.len()));
        }
        texts = links.iter().map(|(n, _)| *n).zip(parts).collect();
    }
    if texts.is_empty() {
        return Err("it has no picture".to_owned());
    }
    // A picture that the writer told nothing about is no part of the story.
    let link = |n: usize| links.iter().find(|(place, _)| *place == n).map(|(_, link)| *link);
    let image = |(n, _): &(usize, &str)| match link(*n) {
        Some(link) => finder.first(places(link)),
        None => Err(format!("text{n} has no link{n}")),
    };
    let images = texts.iter().map(image).collect::<Result<_, _>>()?;
    let story = lines(texts.iter().map(|(_, text)| *text))?;
    // What they are is not said: the prompt names them without a kind.
    let person = |(_, who): (usize, &str)| CastMember { name: name(who), species: String::new() };
    let cast = all("char", 5).into_iter().map(person).collect();
    let group = if scene.is_empty() { id } else { scene }.to_owned();
    let words = Words::Lines(Lines { story, ..Lines::default() });
    Ok(Row { id: name(id), group, title: String::new(), cast, images, words })
}

/// Where the picture of a link may be: under as much of the link's path as was kept, or as `film_shot.jpg`.
fn places(link: &str) -> impl Iterator<Item = String> {
    let path = link.split_once("://").map_or(link, |(_, rest)| rest.split_once('/').map_or(rest, |(_, path)| path));
    let path = path.split(['?', '#']).next().unwrap_or_default().to_owned();
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let joined = (parts.len() > 1).then(|| parts[parts.len() - 2..].join("_"));
    let shorter: Vec<String> = (0..parts.len()).map(|from| parts[from..].join("/")).collect();
    shorter.into_iter().chain(joined)
}
