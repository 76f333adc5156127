//! Porter's stemmer (1980), the algorithm as published: "running", "runs" and "run" are one word to it.

/// The stem of a word in lower case. Words with other letters than a to z, and those of one or two letters, stay as they are.
pub fn stem(word: &str) -> String {
    if word.len() < 3 || !word.bytes().all(|letter| letter.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut word = Word(word.as_bytes().to_vec());
    word.plurals();
    word.past();
    if word.ends("y") && word.has_vowel(1) {
        word.put(1, "i");
    }
    word.first_of(&DOUBLE, 0);
    word.first_of(&SINGLE, 0);
    word.endings();
    word.tidy();
    String::from_utf8(word.0).unwrap_or_default()
}

/// What an ending becomes where the stem before it is long enough.
type Rule = (&'static str, &'static str);

const DOUBLE: [Rule; 20] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("abli", "able"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
];

const SINGLE: [Rule; 7] =
    [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

const LAST: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
];

struct Word(Vec<u8>);

impl Word {
    fn ends(&self, ending: &str) -> bool {
        self.0.ends_with(ending.as_bytes())
    }

    /// Takes `cut` letters off and puts others there.
    fn put(&mut self, cut: usize, ending: &str) {
        self.0.truncate(self.0.len() - cut);
        self.0.extend_from_slice(ending.as_bytes());
    }

    fn is_consonant(&self, at: usize) -> bool {
        match self.0[at] {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => at == 0 || !self.is_consonant(at - 1),
            _ => true,
        }
    }

    /// How often a consonant follows a vowel, without the last `cut` letters.
    fn measure(&self, cut: usize) -> usize {
        let end = self.0.len() - cut;
        (1..end).filter(|at| self.is_consonant(*at) && !self.is_consonant(at - 1)).count()
    }

    fn has_vowel(&self, cut: usize) -> bool {
        (0..self.0.len() - cut).any(|at| !self.is_consonant(at))
    }

    fn ends_double(&self) -> bool {
        let end = self.0.len();
        end > 1 && self.0[end - 1] == self.0[end - 2] && self.is_consonant(end - 1)
    }

    /// Consonant, vowel, consonant at the end, the last none of w, x and y; without the last `cut` letters.
    fn ends_short(&self, cut: usize) -> bool {
        let end = self.0.len() - cut;
        end > 2
            && self.is_consonant(end - 3)
            && !self.is_consonant(end - 2)
            && self.is_consonant(end - 1)
            && !matches!(self.0[end - 1], b'w' | b'x' | b'y')
    }

    fn plurals(&mut self) {
        if self.ends("sses") || self.ends("ies") {
            self.put(2, "");
        } else if self.ends("s") && !self.ends("ss") {
            self.put(1, "");
        }
    }

    fn past(&mut self) {
        if self.ends("eed") {
            if self.measure(3) > 0 {
                self.put(1, "");
            }
            return;
        }
        let cut = match () {
            () if self.ends("ed") && self.has_vowel(2) => 2,
            () if self.ends("ing") && self.has_vowel(3) => 3,
            () => return,
        };
        self.put(cut, "");
        if self.ends("at") || self.ends("bl") || self.ends("iz") {
            self.put(0, "e");
        } else if self.ends_double() && !(self.ends("l") || self.ends("s") || self.ends("z")) {
            self.put(1, "");
        } else if self.measure(0) == 1 && self.ends_short(0) {
            self.put(0, "e");
        }
    }

    /// The longest ending that fits decides; it is changed where the measure before it is larger than `least`.
    fn first_of(&mut self, rules: &[Rule], least: usize) {
        let fits = rules.iter().filter(|(ending, _)| self.ends(ending));
        if let Some((ending, becomes)) = fits.max_by_key(|(ending, _)| ending.len())
            && self.measure(ending.len()) > least
        {
            self.put(ending.len(), becomes);
        }
    }

    fn endings(&mut self) {
        let fits = LAST.iter().filter(|ending| self.ends(ending));
        let Some(ending) = fits.max_by_key(|ending| ending.len()) else { return };
        let before = self.0.len() - ending.len();
        let after_s_or_t = before > 0 && matches!(self.0[before - 1], b's' | b't');
        if self.measure(ending.len()) > 1 && (*ending != "ion" || after_s_or_t) {
            self.put(ending.len(), "");
        }
    }

    fn tidy(&mut self) {
        if self.ends("e") {
            let measure = self.measure(1);
            if measure > 1 || (measure == 1 && !self.ends_short(1)) {
                self.put(1, "");
            }
        }
        if self.ends("ll") && self.measure(0) > 1 {
            self.put(1, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_paper() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("cats", "cat"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("happy", "happi"),
            ("sky", "sky"),
            ("relational", "relat"),
            ("vietnamization", "vietnam"),
            ("triplicate", "triplic"),
            ("hopeful", "hope"),
            ("adoption", "adopt"),
            ("replacement", "replac"),
            ("controlling", "control"),
            ("rate", "rate"),
            ("is", "is"),
            ("été", "été"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }
}
