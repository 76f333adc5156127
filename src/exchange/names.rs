//! File names: which are pictures, in what order, what title they give, and which would leave their folder.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;

const PICTURE_ENDINGS: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"];

/// A visible file whose ending is that of a picture. The bytes may say otherwise later.
pub(super) fn is_picture_name(path: &str) -> bool {
    let name = last_part(path);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    !is_hidden(path) && ending.is_some_and(|ending| PICTURE_ENDINGS.contains(&ending.as_str()))
}

/// Hidden, or made by an operating system for itself.
pub(super) fn is_hidden(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part.starts_with('.') && part != "." && part != ".." || part == "__MACOSX")
}

/// As a person counts: page2 before page010 before page11, whatever the case.
pub(super) fn natural(left: &str, right: &str) -> Ordering {
    let (mut a, mut b) = (left.chars().peekable(), right.chars().peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return left.cmp(right),
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (number(&mut a), number(&mut b));
                x.len().cmp(&y.len()).then(x.cmp(&y))
            }
            _ => {
                let letter = |c: char| c.to_lowercase().next();
                a.next().map(letter).cmp(&b.next().map(letter))
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// The digits of the number that comes next, without the zeros in front: more digits, larger number.
fn number(letters: &mut Peekable<Chars>) -> String {
    let digits: String = std::iter::from_fn(|| letters.next_if(char::is_ascii_digit)).collect();
    digits.trim_start_matches('0').to_owned()
}

/// False for a name that is absolute or climbs out with `..`, in the ways of any system.
pub(super) fn stays_inside(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    !drive && !name.starts_with(['/', '\\']) && !name.contains('\0') && name.split(['/', '\\']).all(|part| part != "..")
}

pub(super) fn last_part(path: &str) -> &str {
    path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A title from a file or folder name: `0014-girl-called-norah` is "Girl called norah". Zero-padded numbers in front
/// count the shelf and not the story; other numbers stay.
pub(super) fn title_of(name: &str) -> String {
    let words = if name.contains(' ') { name.to_owned() } else { name.replace(['-', '_'], " ") };
    let words: Vec<&str> = words.split_whitespace().collect();
    let counted = words.len() > 1 && words[0].starts_with('0') && words[0].bytes().all(|b| b.is_ascii_digit());
    let title = words[usize::from(counted)..].join(" ");
    let mut letters = title.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Pictures".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_natural() {
        let mut names =
            ["p10.png", "P2.png", "p1.png", "p010.png", "Cover.png", "p1b.png", "p02.png", "p.png", "9/1.png"];
        names.sort_by(|a, b| natural(a, b));
        let right = ["9/1.png", "Cover.png", "p.png", "p1.png", "p1b.png", "P2.png", "p02.png", "p010.png", "p10.png"];
        assert_eq!(names, right);
        assert_eq!(natural("99999999999999999999999", "100000000000000000000000"), Ordering::Less);
    }

    #[test]
    fn pictures_are_known_by_their_ending_and_hidden_ones_are_none() {
        for yes in ["a.jpg", "b.JPEG", "c/d.WebP", "e.tiff", "f.1.bmp"] {
            assert!(is_picture_name(yes), "{yes}");
        }
        for no in ["a.txt", ".a.png", "__MACOSX/a.png", ".thumbs/a.png", "png", "a.png.bak", "a.pdf"] {
            assert!(!is_picture_name(no), "{no}");
        }
    }

    #[test]
    fn names_that_leave_are_told_from_those_that_stay() {
        for out in ["../a.png", "a/../../b.png", "/etc/a.png", "\\a.png", "C:\\a.png", "a\\..\\b.png", "a\0.png"] {
            assert!(!stays_inside(out), "{out}");
        }
        for inside in ["a.png", "a/b.png", "..a.png", "a..b/c.png", "./a.png"] {
            assert!(stays_inside(inside), "{inside}");
        }
    }

    #[test]
    fn titles_are_readable() {
        assert_eq!(title_of("0014-girl-called-norah"), "Girl called norah");
        assert_eq!(title_of("my_holiday-2024"), "My holiday 2024");
        assert_eq!(title_of("2024-summer"), "2024 summer");
        assert_eq!(title_of("Vol. 1 - The Well"), "Vol. 1 - The Well");
        assert_eq!(title_of("007"), "007");
        assert_eq!(title_of("--"), "Pictures");
    }
}
