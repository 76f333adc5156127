//! The directory of a zip archive whose entries are stored as they are, so that they can be mapped: what PyTorch writes.
//!
//! Left out: compression, encryption, archives in parts, which are refused.

use std::ops::Range;

/// Entries by name with the bytes that they take, in the directory's order.
///
/// # Errors
/// In words, for whoever knows the file.
pub fn entries(bytes: &[u8]) -> Result<Vec<(String, Range<usize>)>, String> {
    let (count, start) = directory(bytes).ok_or("it has no directory of a zip archive")?;
    let mut at = start;
    let mut found = Vec::new();
    for _ in 0..count {
        let entry = Entry::read(bytes, at).ok_or("its directory is damaged")?;
        if entry.method != 0 || entry.flags & 1 != 0 {
            return Err(format!("'{}' is compressed or encrypted in it", entry.name));
        }
        let range = entry.data(bytes).ok_or_else(|| format!("'{}' lies beyond its end", entry.name))?;
        found.push((entry.name, range));
        at = entry.next;
    }
    Ok(found)
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let mut wide = [0u8; 8];
    wide[..N].copy_from_slice(bytes.get(at..at.checked_add(N)?)?);
    Some(u64::from_le_bytes(wide))
}

fn place(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(number::<8>(bytes, at)?).ok()
}

/// Number of entries and where the first is described. The end of the archive says it, or for large ones a record before it.
fn directory(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = bytes.len().saturating_sub(22 + 0xffff);
    let end = (first..=bytes.len().checked_sub(22)?).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let (count, start) = (number::<2>(bytes, end + 10)?, number::<4>(bytes, end + 16)?);
    let locator = end.checked_sub(20).filter(|at| bytes[*at..].starts_with(b"PK\x06\x07"));
    if let Some(locator) = locator {
        let record = place(bytes, locator + 8)?;
        if bytes.get(record..)?.starts_with(b"PK\x06\x06") {
            return Some((number::<8>(bytes, record + 32)?, place(bytes, record + 48)?));
        }
    }
    Some((count, usize::try_from(start).ok()?))
}

struct Entry {
    name: String,
    flags: u64,
    method: u64,
    size: usize,
    header: usize,
    next: usize,
}

impl Entry {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
            return None;
        }
        let part = |offset: usize| number::<2>(bytes, at + offset).map(|n| n as usize);
        let (flags, method) = (part(8)? as u64, part(10)? as u64);
        let (name, extra, comment) = (part(28)?, part(30)?, part(32)?);
        let (packed, size, header) =
            (number::<4>(bytes, at + 20)?, number::<4>(bytes, at + 24)?, number::<4>(bytes, at + 42)?);
        let text = bytes.get(at + 46..at + 46 + name)?;
        // Sizes that do not fit stand in a field of their own, in this order and only those.
        let (mut size, mut header) = (usize::try_from(size).ok()?, usize::try_from(header).ok()?);
        let fields = bytes.get(at + 46 + name..at + 46 + name + extra)?;
        let mut field = 0;
        while let (Some(id), Some(length)) = (number::<2>(fields, field), number::<2>(fields, field + 2)) {
            if id == 1 {
                let mut wide = field + 4;
                let mut take = |small: u64| -> Option<Option<usize>> {
                    if small != 0xffff_ffff {
                        return Some(None);
                    }
                    wide += 8;
                    Some(Some(place(fields, wide - 8)?))
                };
                if let Some(wide) = take(size as u64)? {
                    size = wide;
                }
                take(packed)?;
                if let Some(wide) = take(header as u64)? {
                    header = wide;
                }
            }
            field += 4 + length as usize;
        }
        let name_text = String::from_utf8_lossy(text).into_owned();
        Some(Self { name: name_text, flags, method, size, header, next: at + 46 + name + extra + comment })
    }

    /// Where its bytes lie: behind a header of its own.
    fn data(&self, bytes: &[u8]) -> Option<Range<usize>> {
        if !bytes.get(self.header..)?.starts_with(b"PK\x03\x04") {
            return None;
        }
        let (name, extra) = (number::<2>(bytes, self.header + 26)?, number::<2>(bytes, self.header + 28)?);
        let start = self.header.checked_add(30)?.checked_add(name as usize)?.checked_add(extra as usize)?;
        let end = start.checked_add(self.size)?;
        (end <= bytes.len()).then_some(start..end)
    }
}
