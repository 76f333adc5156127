//! Two recipes, line by line: what the one says and the other does not.

use similar::{ChangeTag, TextDiff};

/// The differences of two recipes, each written out in the same way first: order, comments and spaces are none.
/// Lines of both begin with a space, those of the first with a minus, those of the second with a plus.
pub fn compare(first: &str, second: &str) -> Vec<String> {
    let plain = |text: &str| {
        let table: Option<toml::Table> = text.parse().ok();
        table.and_then(|table| toml::to_string_pretty(&table).ok()).unwrap_or_else(|| text.to_owned())
    };
    let (first, second) = (plain(first), plain(second));
    let diff = TextDiff::from_lines(&first, &second);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(2) {
        if !lines.is_empty() {
            lines.push(" …".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            lines.push(format!("{sign}{}", change.value().trim_end()));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_recipe_says_counts() {
        let first = "seed = 7 # as ever\nname = \"a\"\n[optimiser]\nclip = 1.0\n";
        assert!(compare(first, "name = \"a\"\nseed = 7\noptimiser = { clip = 1.0 }\n").is_empty());
        let lines = compare(first, "name = \"a\"\nseed = 8\n[optimiser]\nclip = 1.0\n");
        assert!(lines.contains(&"-seed = 7".to_owned()) && lines.contains(&"+seed = 8".to_owned()), "{lines:?}");
    }
}
