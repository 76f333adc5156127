//! A long sequence cut into windows that a model can look at together. Nothing is left out, nothing shown twice.

use std::ops::Range;

/// Splits `frames` frames into as few windows of at most `window` as hold them, as even as they can be; the longer ones
/// come last, so that a story never ends on a window of one where that can be helped. A `window` of 0 means no limit.
pub fn chapters(frames: usize, window: usize) -> Vec<Range<usize>> {
    if frames == 0 {
        return Vec::new();
    }
    let count = if window == 0 { 1 } else { frames.div_ceil(window) };
    let (size, longer) = (frames / count, frames % count);
    let mut start = 0;
    (0..count)
        .map(|chapter| {
            let end = start + size + usize::from(chapter >= count - longer);
            std::mem::replace(&mut start, end)..end
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_everything_evenly() {
        for frames in 1..60 {
            for window in 1..12 {
                let all = chapters(frames, window);
                assert_eq!(all.len(), frames.div_ceil(window));
                assert_eq!((all[0].start, all[all.len() - 1].end), (0, frames));
                assert!(all.windows(2).all(|pair| pair[0].end == pair[1].start));
                let sizes: Vec<usize> = all.iter().map(ExactSizeIterator::len).collect();
                assert!(sizes.iter().all(|size| *size <= window && *size >= 1));
                assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
                assert!(sizes[sizes.len() - 1] > 1 || window == 1 || frames == 1);
            }
        }
    }

    #[test]
    fn six_in_fives_are_two_threes() {
        assert_eq!(chapters(6, 5), [0..3, 3..6]);
        assert_eq!(chapters(14, 5), [0..4, 4..9, 9..14]);
        assert_eq!(chapters(7, 0), vec![0..7; 1]);
        assert!(chapters(0, 5).is_empty());
    }
}
