//! Whether a JPEG is whole, by its markers alone. The decoder below us paints what is missing grey and says nothing.
//!
//! It decodes nothing: a file cut off and then closed with an end marker by hand passes.

/// End of image.
const EOI: u8 = 0xD9;
/// Start of scan: entropy-coded bytes follow its header.
const SOS: u8 = 0xDA;

/// True if a walk over the segments and scans meets the end-of-image marker.
/// Segments are stepped over by their length, so that the thumbnail in an EXIF block does not count.
pub(super) fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2; // past start-of-image
    while let Some(marker) = next_marker(bytes, &mut at) {
        match marker {
            EOI => return true,
            // Markers without a length: TEM, RSTn, a second SOI.
            0x01 | 0xD0..=0xD8 => {}
            _ => {
                let Some(length) = bytes.get(at..at + 2) else { return false };
                at += usize::from(u16::from_be_bytes([length[0], length[1]]));
                if marker == SOS {
                    at = end_of_scan(bytes, at);
                }
            }
        }
    }
    false
}

/// The marker at or after `at` (junk between segments is stepped over); `at` ends up behind it.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        while *bytes.get(*at)? != 0xFF {
            *at += 1;
        }
        while *bytes.get(*at)? == 0xFF {
            *at += 1;
        }
        let marker = bytes[*at];
        *at += 1;
        if marker != 0 {
            return Some(marker);
        }
    }
}

/// Where the marker after the entropy-coded bytes stands: FF followed by neither a stuffed 0, a restart nor fill.
fn end_of_scan(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(pair) = bytes.get(at..at + 2) {
        if pair[0] == 0xFF && matches!(pair[1], 0xC0..=0xCF | 0xD8..=0xFE) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_inside_a_segment_does_not_count() {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x06, 0xFF, 0xD9, 0xFF, 0xD9];
        assert!(!has_end(&bytes));
        bytes.extend([0xFF, 0xDA, 0x00, 0x02, 0x12, 0xFF, 0x00, 0xFF, 0xD0, 0x34]);
        assert!(!has_end(&bytes));
        bytes.extend([0xFF, 0xFF, 0xD9]);
        assert!(has_end(&bytes));
        assert!(!has_end(&[]));
    }
}
