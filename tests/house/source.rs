//! One Rust file as the checks see it: which modules it declares, which paths it names, whether it prints.
//!
//! A small reader of tokens, not a compiler: strings and comments are skipped, macros are read as they are written.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// A path that a file names, in a `use` or in the middle of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// From the root of the crate if `ours`, else as written.
    pub path: Vec<String>,
    pub line: usize,
    pub ours: bool,
    /// Inside `#[cfg(test)]`.
    pub test: bool,
    /// A `pub use`.
    pub shown: bool,
    /// What a `use` calls it here; `None` for a path in the middle of the code.
    pub called: Option<String>,
}

/// A file read.
#[derive(Debug, Default)]
pub struct Source {
    /// Its place under src, like `app/live.rs`.
    pub place: String,
    /// Its module, from the root of the crate.
    pub module: Vec<String>,
    pub named: Vec<Named>,
    /// Modules that it declares with `mod name;`, and those of them that are only there for tests.
    pub children: BTreeSet<String>,
    pub test_children: BTreeSet<String>,
    /// Macros that print, and `stdout`/`stderr`, outside tests: name and line.
    pub prints: Vec<(String, usize)>,
    /// Holds nothing but `mod` and `use`.
    pub only_declares: bool,
    pub lines: usize,
    pub documented: bool,
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

struct Block {
    module: bool,
    test: bool,
}

const ITEMS: [&str; 9] = ["fn", "struct", "enum", "impl", "trait", "const", "static", "type", "macro_rules"];
const PRINTS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

impl Source {
    /// Reads the text of the file at `place` (under src, with `/`).
    pub fn read(place: &str, text: &str) -> Source {
        let tokens = tokens(text);
        let mut source = Source {
            place: place.to_owned(),
            module: module_of(place),
            only_declares: true,
            lines: text.lines().count(),
            documented: text.starts_with("//!"),
            ..Source::default()
        };
        source.find_children(&tokens);
        source.walk(&tokens);
        source
    }

    /// The first segment below the root: the room. `lib` and `main` stand for themselves.
    pub fn room(&self) -> &str {
        match self.module.first() {
            Some(room) => room,
            None => self.place.trim_end_matches(".rs"),
        }
    }

    fn find_children(&mut self, tokens: &[Token]) {
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
        let mut test = false;
        for at in 0..tokens.len() {
            if text(at) == "mod" && text(at + 2) == ";" {
                self.children.insert(text(at + 1).to_owned());
                if test {
                    self.test_children.insert(text(at + 1).to_owned());
                }
            }
            test = (test || is_cfg_test(tokens, at)) && !matches!(text(at), ";" | "{" | "}");
        }
    }

    fn walk(&mut self, tokens: &[Token]) {
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
        let mut blocks: Vec<Block> = Vec::new();
        let (mut next_is_test, mut next_is_module) = (false, false);
        let mut at = 0;
        while at < tokens.len() {
            let Token { text: word, line } = tokens[at];
            next_is_test |= is_cfg_test(tokens, at);
            let test = next_is_test || blocks.iter().any(|block| block.test);
            let depth = blocks.iter().filter(|block| block.module).count();
            self.only_declares &= !(blocks.is_empty() && ITEMS.contains(&word));
            let prints = PRINTS.contains(&word) && text(at + 1) == "!";
            // Behind a dot it is where another program's output goes.
            let own = at == 0 || text(at - 1) != ".";
            let stream = matches!(word, "stdout" | "stderr") && text(at + 1) == "(" && own;
            if !test && (prints || stream) {
                self.prints.push((word.to_owned(), line));
            }
            match word {
                "mod" if text(at + 2) == "{" => next_is_module = true,
                "{" => {
                    blocks.push(Block { module: next_is_module, test: next_is_test });
                    (next_is_module, next_is_test) = (false, false);
                }
                "}" => drop(blocks.pop()),
                ";" => next_is_test = false,
                "use" if text(at + 1) != "<" => {
                    let shown = at > 0 && matches!(text(at - 1), "pub" | ")");
                    let mut leaves = Vec::new();
                    at += 1;
                    use_tree(tokens, &mut at, &mut Vec::new(), &mut leaves);
                    for (path, called) in leaves {
                        self.keep(&path, line, depth, test, shown, Some(called));
                    }
                    continue;
                }
                _ if starts_path(tokens, at) => {
                    let mut path = vec![word];
                    while text(at + 1) == "::" && is_word(text(at + 2)) {
                        path.push(text(at + 2));
                        at += 2;
                    }
                    self.keep(&path, line, depth, test, false, None);
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Keeps a path, made absolute where it is one of ours; `depth` counts the inline modules around it.
    fn keep(&mut self, path: &[&str], line: usize, depth: usize, test: bool, shown: bool, called: Option<String>) {
        let supers = path.iter().take_while(|word| **word == "super").count();
        let below = |module: &[String], rest: &[&str]| -> Vec<String> {
            module.iter().cloned().chain(rest.iter().map(|word| (*word).to_owned())).collect()
        };
        let first = path.first().copied().unwrap_or_default();
        let ours = match first {
            "crate" => Some(below(&[], &path[1..])),
            "storyloom" if self.place == "main.rs" => Some(below(&[], &path[1..])),
            "super" if supers <= depth => None,
            "super" => {
                let up = self.module.len().saturating_sub(supers - depth);
                Some(below(&self.module[..up], &path[supers..]))
            }
            "self" if depth == 0 => Some(below(&self.module, &path[1..])),
            child if depth == 0 && self.children.contains(child) => Some(below(&self.module, path)),
            _ => None,
        };
        if ours.is_none() && matches!(first, "super" | "self") {
            return;
        }
        let called = called.filter(|_| depth == 0);
        let (ours, path) = (ours.is_some(), ours.unwrap_or_else(|| below(&[], path)));
        self.named.push(Named { path, line, ours, test, shown, called });
    }
}

/// `app/live.rs` is `app::live`, `app/mod.rs` is `app`, `lib.rs` and `main.rs` are the root.
fn module_of(place: &str) -> Vec<String> {
    let mut module: Vec<String> = place.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || ["lib.rs", "main.rs"].contains(&place) {
        module.pop();
    }
    module
}

/// What is skipped (comments, strings, characters, lifetimes), or in its group a token.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let comments = r"//[^\n]*|(?s:/\*.*?\*/)";
    let strings = r##"b?r"[^"]*"|b?r#"(?s:.*?)"#|[bc]?"(?s:\\.|[^"\\])*""##;
    let letters = r"b?'(?:\\[^\n]?[^'\n]*|[^\\'\n])'|'\w+";
    Regex::new(&format!(r"{comments}|{strings}|{letters}|(\w+|::|[^\s\w])")).unwrap()
});

fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut line, mut read) = (1, 0);
    let mut found = Vec::new();
    for captures in TOKEN.captures_iter(text) {
        let whole = captures.get(0).unwrap();
        line += text[read..whole.start()].matches('\n').count();
        read = whole.start();
        if captures.get(1).is_some() {
            found.push(Token { text: whole.as_str(), line });
        }
    }
    found
}

fn is_word(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// Does `#[cfg(test)]` begin here?
fn is_cfg_test(tokens: &[Token], at: usize) -> bool {
    ["#", "[", "cfg", "(", "test", ")", "]"]
        .iter()
        .enumerate()
        .all(|(i, word)| tokens.get(at + i).is_some_and(|t| t.text == *word))
}

/// A word with `::` behind it and none before it; `pub(in crate::a)` says who may see, not what is used.
fn starts_path(tokens: &[Token], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |i| tokens[i].text);
    let visibility = before(1) == "in" && before(2) == "(" && before(3) == "pub";
    is_word(tokens[at].text)
        && tokens.get(at + 1).is_some_and(|next| next.text == "::")
        && before(1) != "::"
        && !visibility
}

/// The paths of a use tree, each with the name it gets; stops behind the tree.
fn use_tree<'a>(
    tokens: &[Token<'a>],
    at: &mut usize,
    prefix: &mut Vec<&'a str>,
    leaves: &mut Vec<(Vec<&'a str>, String)>,
) {
    let depth = prefix.len();
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        match token.text {
            "::" => {}
            "{" => {
                while tokens.get(*at).is_some_and(|next| next.text != "}") {
                    use_tree(tokens, at, prefix, leaves);
                    if tokens.get(*at).is_some_and(|next| next.text == ",") {
                        *at += 1;
                    }
                }
                *at += 1;
                break;
            }
            word if is_word(word) || word == "*" => {
                // `a::{self}` is `a`.
                if word != "self" || prefix.is_empty() {
                    prefix.push(word);
                }
                if tokens.get(*at).is_none_or(|next| next.text != "::") {
                    let mut called = prefix.last().copied().unwrap_or_default();
                    if tokens.get(*at).is_some_and(|next| next.text == "as") {
                        called = tokens.get(*at + 1).map_or(called, |alias| alias.text);
                        *at += 2;
                    }
                    leaves.push((prefix.clone(), called.to_owned()));
                    break;
                }
            }
            _ => break,
        }
    }
    prefix.truncate(depth);
}
