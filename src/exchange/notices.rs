//! What a person is told when something cannot be opened: the file by name, whose fault, and the remedy.

use std::io;
use std::path::Path;

use crate::pixels::{MAX_SIDE, PixelError, PixelFault};
use crate::story::Notice;

/// Everything that can be opened, in words.
pub(super) const OPENABLE: &str = "open a folder of pictures (jpg, png, webp, gif, bmp, tif), a CBZ or ZIP, \
                                   an animated GIF, WebP or PNG, a single picture, or a book.json";

/// A picture that could not be read, as a notice.
pub fn picture_notice(error: &PixelError) -> Notice {
    let remedy = match &error.fault {
        PixelFault::Empty => "copy the file again, or remove it".to_owned(),
        PixelFault::NotAPicture => "its name ends like a picture's, its bytes are none: rename or remove it".to_owned(),
        PixelFault::UnknownFormat(_) => "convert it to PNG or JPEG".to_owned(),
        PixelFault::TooLarge { .. } => format!("shrink it to at most {MAX_SIDE} pixels a side"),
        PixelFault::NoPixels => "export it again from the program that made it".to_owned(),
        PixelFault::CutShort { .. } => "copy or download it again: the end is missing".to_owned(),
        PixelFault::Damaged { .. } => "copy it again, or open it in an image program and save it anew".to_owned(),
    };
    Notice::yours(error.to_string(), remedy)
}

/// A file or folder that the system would not give us.
pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Notice {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            Notice::yours(format!("there is no file or folder '{shown}'"), "check the spelling of the path")
        }
        io::ErrorKind::PermissionDenied => Notice::yours(
            format!("'{shown}' may not be read by you"),
            format!("ask its owner, or run: chmod u+rX '{shown}'"),
        ),
        _ => Notice::outside(format!("'{shown}' could not be read: {error}"), "check the disk or the network it is on"),
    }
}

/// More bytes than are opened at once.
pub(super) fn too_many_bytes(shown: &str, limit: u64) -> Notice {
    Notice::yours(
        format!("'{shown}' is larger than {} MiB", limit / 1024 / 1024),
        "shrink the picture, or save it as JPEG or PNG",
    )
}

/// Nothing of a source could be opened: the one problem itself, or the first of several with their number.
pub(super) fn nothing_left(source: &str, mut problems: Vec<Notice>) -> Notice {
    let count = problems.len();
    if count == 0 {
        return Notice::yours(format!("there is no picture in '{source}'"), OPENABLE);
    }
    let first = problems.swap_remove(0);
    if count == 1 {
        return first;
    }
    let what = format!("nothing in '{source}' could be opened: {count} problems, the first: {}", first.what);
    Notice { what, ..first }
}

/// A file of a kind that is not opened here, named from its first bytes where they are known.
pub(super) fn unknown_format(path: &Path, start: &[u8]) -> Notice {
    let shown = path.display();
    if start.is_empty() {
        return Notice::yours(format!("'{shown}' is empty"), "copy the file again");
    }
    let known: [(&[u8], &str, &str); 5] = [
        (b"%PDF", "a PDF", "export its pages as pictures into a folder and open that"),
        (b"Rar!", "a RAR archive (CBR)", "unpack it and open the folder, or pack it anew as CBZ (ZIP)"),
        (b"7z\xBC\xAF", "a 7z archive (CB7)", "unpack it and open the folder, or pack it anew as CBZ (ZIP)"),
        (b"\x1F\x8B", "a gzip archive", "unpack it and open the folder"),
        (b"\x1A\x45\xDF\xA3", "a film", "export frames of it as pictures into a folder and open that"),
    ];
    if let Some((_, kind, remedy)) = known.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return Notice::yours(format!("'{shown}' is {kind}, which is not opened here"), *remedy);
    }
    if start.get(4..8) == Some(b"ftyp")
        && !start.get(8..12).is_some_and(|kind| kind.starts_with(b"avi") || kind.starts_with(b"hei"))
    {
        let remedy = "export frames of it as pictures into a folder and open that";
        return Notice::yours(format!("'{shown}' is a film, which is not opened here"), remedy);
    }
    Notice::yours(format!("'{shown}' is in no format that is known here"), OPENABLE)
}
