//! File names: which are pictures, in what order, what title they give, and which would leave their folder.

use std::cmp::Ordering;

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

/// As a person counts: page2 before page10, whatever the case.
pub(super) fn natural(left: &str, right: &str) -> Ordering {
    natord::compare_ignore_case(left, right).then_with(|| left.cmp(right))
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
        let mut names = ["p10.png", "P2.png", "p1.png", "p02.png", "cover.png"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["cover.png", "p1.png", "P2.png", "p02.png", "p10.png"]);
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
