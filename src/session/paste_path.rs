//! A path as it is typed, pasted or dropped onto a terminal: quoted, escaped, as a `file://` address, or from the home folder.

use std::path::PathBuf;

/// The path that is meant. `home` is the visitor's home folder, if there is one.
pub fn path_from(text: &str, home: Option<PathBuf>) -> PathBuf {
    let text = text.trim();
    let quoted = ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    let plain = match (quoted, text.strip_prefix("file://")) {
        (Some(inside), _) => inside.to_owned(),
        (None, Some(address)) => decode(address.strip_prefix("localhost").unwrap_or(address)),
        (None, None) => unescape(text),
    };
    match (plain.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home,
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(plain),
    }
}

/// `\ ` is a space: as shells write dropped names.
fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut escaped = false;
    for c in text.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            plain.push(c);
            escaped = false;
        }
    }
    if escaped {
        plain.push('\\');
    }
    plain
}

/// `%20` is a space: as file managers write addresses.
fn decode(address: &str) -> String {
    let bytes = address.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = address.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_way_it_is_written_it_is_the_same_path() {
        let home = || Some(PathBuf::from("/home/mia"));
        let table = [
            ("/a b/c.cbz", "/a b/c.cbz"),
            (" '/a b/c.cbz' \n", "/a b/c.cbz"),
            ("\"/a b/c.cbz\"", "/a b/c.cbz"),
            ("/a\\ b/c\\(1\\).cbz", "/a b/c(1).cbz"),
            ("file:///a%20b/%C3%A9.png", "/a b/é.png"),
            ("file://localhost/a", "/a"),
            ("~/pictures", "/home/mia/pictures"),
            ("~", "/home/mia"),
            ("~other/x", "~other/x"),
            ("100%/x", "100%/x"),
        ];
        for (typed, meant) in table {
            assert_eq!(path_from(typed, home()), PathBuf::from(meant), "{typed}");
        }
        assert_eq!(path_from("~/x", None), PathBuf::from("~/x"));
    }
}
