//! What is only counted: votes by step of the scale, by system against system, and over time.

use crate::shelf::VoteRow;
use crate::story::{Board, Timeline, Verdict, WinMatrix};

/// Votes by step, as they stood on the screen: from "the left one is much better" to "the right one is". Where nobody
/// knows the sides, a vote is in none.
pub(super) fn steps(votes: &[&VoteRow]) -> [u64; 7] {
    let mut steps = [0; 7];
    for vote in votes {
        if let (Verdict::Prefer(strength), Some(first_is_left)) = (vote.preference.verdict, vote.first_is_left) {
            let for_left = if first_is_left { strength } else { -strength };
            steps[usize::from((3 - for_left.clamp(-3, 3)).unsigned_abs())] += 1;
        }
    }
    steps
}

/// System against system, in the order of the board.
pub(super) fn matrix(votes: &[&VoteRow], board: &Board) -> WinMatrix {
    let systems: Vec<String> = board.standings.iter().map(|standing| standing.system.clone()).collect();
    let none = vec![vec![0; systems.len()]; systems.len()];
    let (mut won, mut tied) = (none.clone(), none);
    let place = |name: &str| systems.iter().position(|known| known == name);
    for vote in votes {
        let (Some(first), Some(second)) = (place(&vote.first.0), place(&vote.second.0)) else { continue };
        // A system against itself says nothing of who is better.
        if first == second {
            continue;
        }
        match vote.preference.verdict {
            Verdict::Prefer(0) => {
                tied[first][second] += 1;
                tied[second][first] += 1;
            }
            Verdict::Prefer(1..) => won[first][second] += 1,
            Verdict::Prefer(_) => won[second][first] += 1,
            Verdict::BothBad | Verdict::CannotJudge => {}
        }
    }
    WinMatrix { systems, won, tied }
}

/// Steps of a timeline, in seconds: of these the shortest that leaves no more steps than fit beside each other.
const LENGTHS: [u64; 9] = [1, 10, 60, 600, 3600, 21_600, 86_400, 604_800, 2_419_200];
const MOST_STEPS: i64 = 60;

/// Votes over time.
pub(super) fn timeline(votes: &[&VoteRow]) -> Timeline {
    let times = || votes.iter().map(|vote| vote.at.div_euclid(1000));
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Timeline::default() };
    let steps = |length: u64| {
        let length = length as i64;
        last.div_euclid(length) - first.div_euclid(length) + 1
    };
    let longest = (last - first).unsigned_abs().div_ceil(MOST_STEPS as u64 - 1).max(1);
    let step_seconds = LENGTHS.into_iter().find(|length| steps(*length) <= MOST_STEPS).unwrap_or(longest);
    let begin = first.div_euclid(step_seconds as i64);
    let mut counts = vec![0; usize::try_from(steps(step_seconds)).unwrap_or(1)];
    for time in times() {
        let place = usize::try_from(time.div_euclid(step_seconds as i64) - begin).unwrap_or(0);
        counts[place] += 1;
    }
    Timeline { from: begin * step_seconds as i64, step_seconds, counts }
}
