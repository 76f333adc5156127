//! Tables of the page, and how numbers are written in them.

use super::chart::safe;

/// A table under way. Every cell is made safe.
pub(super) struct Table {
    heads: Vec<String>,
    /// Columns of words: to the left, and broken into lines.
    words: Vec<usize>,
    rows: String,
}

impl Table {
    /// The first column names the row.
    pub(super) fn new(heads: &[&str]) -> Table {
        Table { heads: heads.iter().map(|head| (*head).to_owned()).collect(), words: Vec::new(), rows: String::new() }
    }

    pub(super) fn with_words(mut self, columns: &[usize]) -> Table {
        self.words = columns.to_vec();
        self
    }

    pub(super) fn row(&mut self, cells: &[String]) {
        self.rows += "<tr>";
        for (place, cell) in cells.iter().enumerate() {
            let cell = safe(cell);
            self.rows += &match (place, self.words.contains(&place)) {
                (0, _) => format!("<th scope=\"row\">{cell}</th>"),
                (_, true) => format!("<td class=\"words\">{cell}</td>"),
                (_, false) => format!("<td>{cell}</td>"),
            };
        }
        self.rows += "</tr>\n";
    }

    pub(super) fn finish(self) -> String {
        let head = |(place, head): (usize, &String)| {
            let class = if self.words.contains(&place) { " class=\"words\"" } else { "" };
            format!("<th scope=\"col\"{class}>{}</th>", safe(head))
        };
        let heads: String = self.heads.iter().enumerate().map(head).collect();
        format!(
            "<div class=\"scroll\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
            self.rows
        )
    }
}

/// What is unknown.
const NONE: &str = "-";

pub(super) fn two(value: f64) -> String {
    if value.is_finite() { format!("{value:.2}") } else { NONE.to_owned() }
}

pub(super) fn signed(value: f64) -> String {
    if value.is_finite() { format!("{value:+.2}") } else { NONE.to_owned() }
}

pub(super) fn known(value: Option<f64>) -> String {
    value.map_or(NONE.to_owned(), two)
}
