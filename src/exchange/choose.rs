//! Which frames of a long source are wanted. It knows numbers only; what a frame is, the formats know.

use crate::story::Notice;

/// Which frames are wanted. First and last narrow, then every n-th is taken, then at most `frames` of those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choose {
    /// At most so many, evenly spread, the first and the last among them.
    pub frames: Option<usize>,
    /// The first wanted frame, counted from 1.
    pub first: Option<usize>,
    /// The last wanted frame, counted from 1, itself included.
    pub last: Option<usize>,
    /// Only every n-th, beginning with the first wanted.
    pub every: Option<usize>,
}

impl Choose {
    /// The chosen of `total` frames: indices from 0, rising, at least one.
    ///
    /// # Errors
    /// A choice that is nonsense (0, first after last) or lies beyond the end.
    pub fn pick(&self, total: usize) -> Result<Vec<usize>, Notice> {
        let (first, last) = (self.first.unwrap_or(1), self.last.unwrap_or(total));
        let (every, frames) = (self.every.unwrap_or(1), self.frames.unwrap_or(total));
        for (word, number) in [("first", first), ("last", last), ("every", every), ("frames", frames)] {
            if number == 0 {
                return Err(Notice::yours(format!("'{word}' is 0, which chooses no frame"), "count from 1"));
            }
        }
        for (word, number) in [("first", first), ("last", last)] {
            if number > total {
                let what = format!("'{word}' is {number}, but there {}", are(total));
                return Err(Notice::yours(what, format!("choose frames from 1 to {total}")));
            }
        }
        if first > last {
            let what = format!("'first' is {first}, after 'last', which is {last}");
            return Err(Notice::yours(what, "exchange the two numbers"));
        }
        let wanted: Vec<usize> = (first - 1..last).step_by(every).collect();
        if frames >= wanted.len() {
            return Ok(wanted);
        }
        if frames == 1 {
            return Ok(vec![wanted[0]]);
        }
        // Rounded to the nearest, so that the spread is even and both ends are kept.
        let steps = frames - 1;
        Ok((0..frames).map(|i| wanted[(i * (wanted.len() - 1) + steps / 2) / steps]).collect())
    }
}

fn are(total: usize) -> String {
    if total == 1 { "is only 1 frame".to_owned() } else { format!("are only {total} frames") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(frames: usize, first: usize, last: usize, every: usize) -> Choose {
        let some = |n: usize| (n != 99).then_some(n);
        Choose { frames: some(frames), first: some(first), last: some(last), every: some(every) }
    }

    #[test]
    fn first_last_every_and_frames_work_together() {
        let pick = |choose: Choose| choose.pick(10).unwrap();
        assert_eq!(pick(Choose::default()), (0..10).collect::<Vec<_>>());
        assert_eq!(pick(choose(99, 3, 5, 99)), [2, 3, 4]);
        assert_eq!(pick(choose(99, 2, 99, 4)), [1, 5, 9]);
        assert_eq!(pick(choose(3, 99, 99, 99)), [0, 5, 9]);
        assert_eq!(pick(choose(5, 99, 99, 99)), [0, 2, 5, 7, 9]);
        assert_eq!(pick(choose(2, 4, 8, 2)), [3, 7]);
        assert_eq!(pick(choose(1, 4, 99, 99)), [3]);
        assert_eq!(pick(choose(50, 99, 99, 99)).len(), 10);
    }

    #[test]
    fn however_many_are_chosen_they_rise_and_keep_the_ends() {
        for total in 1..40 {
            for frames in 2..45 {
                let picked = Choose { frames: Some(frames), ..Choose::default() }.pick(total).unwrap();
                assert_eq!(picked.len(), frames.min(total));
                assert!(picked.windows(2).all(|pair| pair[0] < pair[1]));
                assert_eq!((picked[0], picked[picked.len() - 1]), (0, total - 1));
            }
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_numbers_in_it() {
        let what = |choose: Choose| choose.pick(8).unwrap_err().what;
        assert!(what(choose(0, 99, 99, 99)).contains("'frames' is 0"));
        assert!(what(choose(99, 0, 99, 99)).contains("'first' is 0"));
        assert!(what(choose(99, 99, 0, 99)).contains("'last' is 0"));
        assert!(what(choose(99, 99, 99, 0)).contains("'every' is 0"));
        assert!(what(choose(99, 5, 3, 99)).contains("'first' is 5, after 'last'"));
        assert!(what(choose(99, 9, 99, 99)).contains("only 8 frames"));
        assert!(what(choose(99, 2, 20, 99)).contains("'last' is 20"));
    }
}
