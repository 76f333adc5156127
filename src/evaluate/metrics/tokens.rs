//! Texts cut into sentences and tokens as the metrics' reference implementations cut them: after the Penn Treebank for
//! redundancy, and the same in lower case without punctuation for metrics with references.
//!
//! It follows the published rules of the Treebank's tokeniser, not every exception of any one program: numbers with commas stay
//! whole, contractions are cut, brackets and quotes stand alone. Sentences end where a mark and a space are; a short list of
//! abbreviations ends none.

use std::sync::LazyLock;

use regex::Regex;

/// Words whose full stop ends no sentence, in lower case without it.
const ABBREVIATIONS: [&str; 17] =
    ["mr", "mrs", "ms", "dr", "st", "prof", "jr", "sr", "vs", "u.s", "a.m", "p.m", "e.g", "i.e", "no", "capt", "gen"];

/// Rules in their order: what is found, and what stands there afterwards.
static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rules = [
        (r#"^""#, "`` "),
        (r#"([ (\[{<])""#, "$1 `` "),
        (r"([:,])([^\d])", " $1 $2"),
        (r"([:,])$", " $1 "),
        (r"\.\.\.", " ... "),
        (r"([;@#$%&?!])", " $1 "),
        (r#"([^.])(\.)([\])}>"']*)\s*$"#, "$1 $2$3 "),
        (r"([^'])' ", "$1 ' "),
        (r"([\]\[(){}<>])", " $1 "),
        (r"--", " -- "),
        (r#"""#, " '' "),
        (r"([^' ])('[sS]|'[mM]|'[dD]|') ", "$1 $2 "),
        (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "$1 $2 "),
    ];
    // None of them can fail: the test below reads them all.
    rules.into_iter().filter_map(|(found, put)| Some((Regex::new(found).ok()?, put))).collect()
});

/// Sentences: parts that end with a mark (and the quotes and brackets behind it) before a space, or with a line.
pub fn sentences(text: &str) -> Vec<&str> {
    text.lines().flat_map(sentences_of_line).collect()
}

fn sentences_of_line(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut from, mut marked) = (0, false);
    for (at, sign) in line.char_indices() {
        match sign {
            '.' | '!' | '?' => marked = true,
            '"' | '\'' | ')' | ']' | '\u{201d}' | '\u{2019}' if marked => {}
            sign if sign.is_whitespace() && marked => {
                if !is_abbreviation(&line[from..at]) {
                    found.push(line[from..at].trim());
                    from = at;
                }
                marked = false;
            }
            _ => marked = false,
        }
    }
    found.push(line[from..].trim());
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// Whether a part ends with the full stop of an abbreviation.
fn is_abbreviation(part: &str) -> bool {
    let last = part.split_whitespace().last().unwrap_or_default();
    last.strip_suffix('.').is_some_and(|word| ABBREVIATIONS.contains(&word.to_lowercase().as_str()))
}

/// The tokens of one sentence.
pub fn treebank(sentence: &str) -> Vec<String> {
    let mut text = sentence.to_owned();
    for (at, (found, put)) in RULES.iter().enumerate() {
        // The endings of words are looked for with room around them.
        if at == RULES.len() - 3 {
            text = format!(" {text} ");
        }
        text = found.replace_all(&text, *put).into_owned();
    }
    text.split_whitespace().map(str::to_owned).collect()
}

/// The tokens of a text in lower case, without punctuation, as captions are compared. Brackets stay, by the names that the
/// Treebank has for them: the field's own tokeniser leaves them by an oversight, and its figures are with them.
pub fn caption_words(text: &str) -> Vec<String> {
    sentences(text).into_iter().flat_map(treebank).filter_map(|token| caption_word(&token)).collect()
}

fn caption_word(token: &str) -> Option<String> {
    let word = match token {
        "''" | "'" | "``" | "`" | "." | "?" | "!" | "," | ":" | "-" | "--" | "..." | ";" => return None,
        "(" => "-lrb-",
        ")" => "-rrb-",
        "[" => "-lsb-",
        "]" => "-rsb-",
        "{" => "-lcb-",
        "}" => "-rcb-",
        word => word,
    };
    Some(word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_read() {
        assert_eq!(RULES.len(), 13);
    }

    #[test]
    fn sentences_end_at_marks_and_quotes_but_not_at_abbreviations() {
        let text = "Mr. Fox ran. \"Stop!\" said Mia. They (all) went home...\nNo end";
        assert_eq!(sentences(text), ["Mr. Fox ran.", "\"Stop!\"", "said Mia.", "They (all) went home...", "No end"]);
        assert!(sentences(" \n ").is_empty());
    }

    #[test]
    fn tokens_are_the_treebanks() {
        assert_eq!(
            treebank("They didn't see the fox's 1,000 kites, \"did\" they?"),
            ["They", "did", "n't", "see", "the", "fox", "'s", "1,000", "kites", ",", "``", "did", "''", "they", "?"]
        );
        assert_eq!(treebank("It rained (a lot)."), ["It", "rained", "(", "a", "lot", ")", "."]);
        assert_eq!(
            caption_words("Mia didn't go. \"Why?\" she asked."),
            ["mia", "did", "n't", "go", "why", "she", "asked"]
        );
    }
}
