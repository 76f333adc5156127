//! The rating screen, read as a program sees it: the two stories as they stand side by side, and how many votes are given.

/// What stands on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairOnScreen {
    /// The stories, their words with one space between them; without what does not fit the window.
    pub left: String,
    pub right: String,
    /// The rater's votes so far.
    pub done: u64,
}

impl PairOnScreen {
    /// Reads the screen; `None` while it shows anything but two stories side by side.
    pub fn read(screen: &str) -> Option<PairOnScreen> {
        let done = votes_on(screen)?;
        let lines: Vec<Vec<char>> = screen.lines().map(|line| line.chars().collect()).collect();
        let is_head = |line: &Vec<char>| {
            let border = line.iter().position(|sign| is_border(*sign))?;
            let first = |signs: &[char]| words(signs).into_iter().next();
            let sides = (first(&line[..border]), first(&line[border + 1..]));
            (sides == (Some("left".to_owned()), Some("right".to_owned()))).then_some(border)
        };
        let (head, border) = lines.iter().enumerate().find_map(|(n, line)| Some((n, is_head(line)?)))?;
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for line in &lines[head + 1..] {
            // Signs that the emulator does not keep (U+FFFD) move the rest of their row to the left.
            let borders = (0..line.len()).filter(|at| is_border(line[*at]));
            let Some(border) = borders.min_by_key(|at| at.abs_diff(border)) else { break };
            left.extend(words(&line[..border]));
            right.extend(words(&line[border + 1..]));
        }
        let whole = !left.is_empty() && !right.is_empty();
        whole.then(|| PairOnScreen { left: left.join(" "), right: right.join(" "), done })
    }
}

/// "12 done" on the rating screen.
pub fn votes_on(screen: &str) -> Option<u64> {
    let (before, _) = screen.split_once(" done")?;
    before.rsplit(char::is_whitespace).next()?.parse().ok()
}

fn words(signs: &[char]) -> Vec<String> {
    signs.iter().collect::<String>().split_whitespace().map(str::to_owned).collect()
}

fn is_border(sign: char) -> bool {
    sign == '│' || sign == '|'
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: &str = "\
 storyloom  rating
 ╭──────╮ ╭──────╮
 │01.png│ │02.png│
 left             │ right
 Mia the fox      │ A fox
 ran.             │ walked.
                  │
 So did Bo.       │ Bo, too.
 left ◀  1  2  3  4  5  6  7  ▶ right   b both bad
 kept as a draft until enter        3 done · 17 left";

    #[test]
    fn both_stories_are_read_whole_and_nothing_else() {
        let read = PairOnScreen::read(SCREEN).unwrap();
        assert_eq!(
            (read.left.as_str(), read.right.as_str()),
            ("Mia the fox ran. So did Bo.", "A fox walked. Bo, too.")
        );
        assert_eq!(read.done, 3);
        assert_eq!(PairOnScreen::read(&SCREEN.replace('│', "|")), Some(read));
        // A sign that was not kept.
        let moved = SCREEN.replace("ran.             │", "ran.            │");
        assert_eq!(PairOnScreen::read(&moved), PairOnScreen::read(SCREEN));
        assert_eq!(PairOnScreen::read("You will see a few pictures. enter agrees"), None);
        assert_eq!(PairOnScreen::read(&SCREEN.replace("right", "story")), None);
    }
}
