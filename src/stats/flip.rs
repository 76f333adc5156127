//! How firm the first place is: how many votes would have to go until another system leads.

use super::bradley_terry::{Contest, Fit, Layout, Ties, fit};

/// How many votes must be left out until another system leads; `None` where none of them would do. Votes go by their
/// influence on the lead over whoever follows. The strengths are fitted anew for every number that is tried, so it is one that was
/// seen to suffice; a cleverer choice may need fewer.
pub fn votes_to_flip(systems: usize, contests: &[Contest], ties: Ties) -> Option<usize> {
    let whole = fit(systems, contests, ties)?;
    let lead = |fit: &Fit| (0..systems).max_by(|a, b| fit.strengths[*a].total_cmp(&fit.strengths[*b]));
    let top = lead(&whole)?;
    let layout = Layout { systems, covariates: contests[0].covariates.len(), ties };
    let mut at = whole.strengths.clone();
    at.extend(whole.covariates.iter().map(|(value, _)| value));
    if ties == Ties::Davidson {
        at.push(whole.nu.max(1e-300).ln());
    }
    let pulls = |against: usize| {
        let pull = |contest: &Contest| {
            let row = layout.row(contest);
            let moved = whole.influence.times(&layout.slope(contest, &row, layout.chances(&row, &at)));
            contest.weight * (moved[top] - moved[against])
        };
        let mut order: Vec<(f64, &Contest)> = contests.iter().map(|contest| (pull(contest), contest)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        order
    };
    let others = (0..systems).filter(|place| *place != top);
    others
        .filter_map(|against| {
            let order = pulls(against);
            let flips = |count: usize| {
                let left: Vec<Contest> = order[count..].iter().map(|(_, contest)| (*contest).clone()).collect();
                // A tie is no lead.
                fit(systems, &left, ties).is_some_and(|fit| fit.strengths[against] > fit.strengths[top] + 1e-9)
            };
            // Only votes that help the lead are worth leaving out.
            let most = order.iter().filter(|(pull, _)| *pull > 0.0).count().min(contests.len() - 1);
            if !flips(most) {
                return None;
            }
            let (mut too_few, mut enough) = (0, most);
            while enough - too_few > 1 {
                let middle = (too_few + enough) / 2;
                if flips(middle) { enough = middle } else { too_few = middle }
            }
            Some(enough)
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::super::bradley_terry::tests::contests;
    use super::*;

    #[test]
    fn a_narrow_lead_is_flipped_by_few_votes() {
        assert_eq!(votes_to_flip(2, &contests(&[(0, 1, [51, 49, 0])]), Ties::Half), Some(3));
        assert_eq!(votes_to_flip(2, &contests(&[(0, 1, [80, 20, 0])]), Ties::Half), Some(61));
        assert_eq!(
            votes_to_flip(2, &contests(&[(0, 1, [8, 0, 0])]), Ties::Half),
            None,
            "nobody ever preferred the other"
        );
    }
}
