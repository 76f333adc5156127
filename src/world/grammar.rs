//! What is written and yet not said: what is denied ("not happy", "no kite"), past ("had been happy") or only supposed
//! ("if she were happy", "he wished for a kite").

/// Up to which word feelings are denied; `until` is what was known at the word before.
pub fn unsaid_until(words: &[String], at: usize, until: usize) -> usize {
    let word = words[at].as_str();
    if matches!(word, "but" | "instead") {
        return at;
    }
    let past = |second: &str| at > 0 && words[at - 1] == "had" && word == second;
    if is_no(word) || past("been") || past("felt") || word == "stopped" { at + 4 } else { until }
}

/// Whether a place or a thing is denied: "no kite", "not in the deep forest", "without the ball".
pub fn denied(words: &[String], at: usize) -> bool {
    let small = |word: &String| {
        let word = word.as_str();
        let article =
            matches!(word, "a" | "an" | "the" | "any" | "in" | "on" | "by" | "at" | "near" | "among" | "under");
        article || matches!(word, "red" | "blue" | "green" | "yellow" | "purple" | "deep" | "old" | "warm" | "wide")
    };
    words[..at]
        .iter()
        .rposition(|word| !small(word))
        .is_some_and(|before| is_no(&words[before]) && words[before] != "nobody")
}

/// From which word on a clause is only supposed.
pub fn supposed(words: &[String]) -> Option<usize> {
    let follows = |at: usize, next: &[&str]| words.get(at + 1).is_some_and(|word| next.contains(&word.as_str()));
    words.iter().enumerate().position(|(at, word)| match word.as_str() {
        "if" | "unless" | "maybe" | "perhaps" | "might" | "wished" | "wishes" | "dreamt" | "dreamed" | "pretended"
        | "imagined" | "almost" | "nearly" | "should" => true,
        "would" | "could" | "may" => follows(at, &["be", "feel", "become", "have"]),
        "to" => follows(at, &["be", "feel", "become"]),
        _ => false,
    })
}

/// "and was", "and felt": whoever began the sentence goes on.
pub fn is_linking(words: &[String], at: usize) -> bool {
    at > 0 && words[at - 1] == "and" && matches!(words[at].as_str(), "was" | "felt" | "looked" | "seemed")
}

/// The word before the verb that says a feeling: "sky" in "the sky looked so sad".
pub fn felt_by(words: &[String], at: usize) -> Option<&str> {
    let verb =
        words[..at].iter().rposition(|word| matches!(word.as_str(), "was" | "were" | "felt" | "looked" | "seemed"))?;
    let near = words[verb + 1..at].len() <= 2;
    (near && verb > 0).then(|| words[verb - 1].as_str())
}

fn is_no(word: &str) -> bool {
    matches!(word, "not" | "never" | "no" | "without" | "hardly" | "nor" | "neither" | "nobody" | "none")
        || word.ends_with("n't")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::lexicon::words;

    #[test]
    fn what_is_denied_or_supposed_is_found() {
        let at = |text: &str, word: &str| {
            let found = words(text);
            let at = found.iter().position(|found| found == word).unwrap();
            (found, at)
        };
        let (found, kite) = at("there was no red kite", "kite");
        assert!(denied(&found, kite));
        let (found, kite) = at("she had no luck with the kite", "kite");
        assert!(!denied(&found, kite));
        assert_eq!(supposed(&words("he wished for a kite")), Some(1));
        assert_eq!(supposed(&words("he would not share the kite")), None);
        assert_eq!(unsaid_until(&words("not sad but glad"), 2, 4), 2);
    }
}
