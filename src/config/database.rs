//! How a database is named: by a URL that may hold a password, which is shown to nobody.
//!
//! It leaves out what else the URL says; who connects reads it.

/// Whether this looks like the URL of a PostgreSQL database.
pub fn is_database(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// The URL with stars where a password stands. Where it is not plain what the password is, more is left out.
pub fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    if rest.contains("password") {
        return format!("{scheme}***");
    }
    // Up to the last @, as a password may hold one.
    match rest.rsplit_once('@') {
        Some((who, place)) => match who.split_once(':') {
            Some((user, _)) => format!("{scheme}{user}:***@{place}"),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_left() {
        for (url, shown) in [
            ("postgres://me:secret@h:1/d", "postgres://me:***@h:1/d"),
            ("postgres://me:s@e/cret@h/d", "postgres://me:***@h/d"),
            ("postgres://me@h/d?sslmode=require", "postgres://me@h/d?sslmode=require"),
            ("postgres://h/d?user=me&password=se@cret", "postgres://***"),
            ("me:secret@h", "me:***@h"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
