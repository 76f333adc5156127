//! How far a judge agrees with people, pair by pair, with intervals over sequences: pairs about the same pictures are no
//! independent witnesses.

use std::collections::BTreeMap;

use super::judge::{Match, Ruling};
use super::leanings::decided;
use crate::evaluate::intervals::bootstrap;
use crate::stats::cohen_kappa;

/// A judge and people.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreed {
    /// Pairs that both judged, and sequences that they are about.
    pub pairs: usize,
    pub sequences: usize,
    /// Share of pairs where both say the same of better, tie and worse; 95 % over sequences.
    pub same: Option<f64>,
    pub same_interval: Option<[f64; 2]>,
    /// The same of those pairs that both decided.
    pub decided: usize,
    pub same_decided: Option<f64>,
    pub decided_interval: Option<[f64; 2]>,
    /// Cohen's, of better, tie and worse.
    pub kappa: Option<f64>,
    pub kappa_interval: Option<[f64; 2]>,
}

/// What the judge and people said of the pairs of one sequence.
type Group<'a> = &'a [(f64, f64)];

/// Holds a judge against people.
pub fn agreed(judged: &[(&Match, &Ruling)]) -> Agreed {
    let mut groups: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for (pair, ruling) in judged {
        if let (Some(people), Some(outcome)) = (pair.people, ruling.outcome) {
            let sequence = pair.scene.order.sequence.id.0.as_str();
            groups.entry(sequence).or_default().push((outcome, decided(people)));
        }
    }
    let groups: Vec<Vec<(f64, f64)>> = groups.into_values().collect();
    let drawn: Vec<Group<'_>> = groups.iter().map(Vec::as_slice).collect();
    let all = |drawn: &[Group<'_>]| drawn.iter().flat_map(|group| group.iter().copied()).collect::<Vec<_>>();
    let same = |drawn: &[Group<'_>]| equal(&all(drawn));
    let firm = |both: &(f64, f64)| both.0 != 0.5 && both.1 != 0.5;
    let decisive = |drawn: &[Group<'_>]| equal(&all(drawn).into_iter().filter(firm).collect::<Vec<_>>());
    let kappa = |drawn: &[Group<'_>]| {
        let place = |share: f64| (share * 2.0) as u32;
        cohen_kappa(&all(drawn).into_iter().map(|(judge, people)| (place(judge), place(people))).collect::<Vec<_>>())
    };
    // One sequence says nothing of how much sequences differ.
    let interval = |figure: &dyn Fn(&[Group<'_>]) -> Option<f64>| {
        if drawn.len() < 2 { None } else { bootstrap(&drawn, figure) }
    };
    let pairs = all(&drawn);
    Agreed {
        pairs: pairs.len(),
        sequences: groups.len(),
        same: same(&drawn),
        same_interval: interval(&same),
        decided: pairs.iter().filter(|both| firm(both)).count(),
        same_decided: decisive(&drawn),
        decided_interval: interval(&decisive),
        kappa: kappa(&drawn),
        kappa_interval: interval(&kappa),
    }
}

fn equal(both: &[(f64, f64)]) -> Option<f64> {
    let same = both.iter().filter(|(judge, people)| judge == people).count();
    (!both.is_empty()).then(|| same as f64 / both.len() as f64)
}
