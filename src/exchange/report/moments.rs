//! Times as a report writes them.

use time::OffsetDateTime;

/// "2026-11-26 12:05:00 UTC"; the epoch for what no calendar has.
pub(super) fn moment(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, clock) = (time.date(), time.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", clock.hour(), clock.minute(), clock.second())
}

/// "10 minutes": a length of time in the largest unit that it is whole in.
pub(super) fn length(seconds: u64) -> String {
    let units = [(604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (size, unit) =
        units.into_iter().find(|(size, _)| seconds >= *size && seconds.is_multiple_of(*size)).unwrap_or((1, "second"));
    match seconds / size {
        1 => format!("1 {unit}"),
        n => format!("{n} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_lengths_are_words() {
        assert_eq!(moment(1_795_694_700), "2026-11-26 12:05:00 UTC");
        assert_eq!(moment(i64::MAX), "1970-01-01 00:00:00 UTC");
        assert_eq!(
            ["1 minute", "10 minutes", "1 day", "4 weeks", "90 seconds"],
            [60, 600, 86_400, 2_419_200, 90].map(length).each_ref().map(String::as_str)
        );
    }
}
