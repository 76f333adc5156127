//! What every loss gives, and the logistic function that most are made of.

/// Numbers of a token each, one list a story.
pub type PerToken = Vec<Vec<f64>>;

/// A loss and its slope by each of the numbers that it was made of, in their shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graded<Slope> {
    pub loss: f64,
    pub slope: Slope,
}

/// 1 / (1 + e^-x).
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// log σ(x), which stays finite where σ(x) is no longer told from 0.
pub fn log_sigmoid(x: f64) -> f64 {
    if x >= 0.0 { -(-x).exp().ln_1p() } else { x - x.exp().ln_1p() }
}

/// Holds a slope against differences: tests of formulas that no reference has numbers for.
#[cfg(test)]
pub fn check_slope(at: &[f64], slope: &[f64], loss: impl Fn(&[f64]) -> f64) {
    const H: f64 = 1e-6;
    for (i, slope) in slope.iter().enumerate() {
        let moved = |by: f64| {
            let mut at = at.to_vec();
            at[i] += by;
            loss(&at)
        };
        let found = (moved(H) - moved(-H)) / (2.0 * H);
        assert!((found - slope).abs() < 1e-6 * (1.0 + slope.abs()), "number {i}: {slope} but differences say {found}");
    }
}

/// Numbers in a row, cut into stories of these lengths.
#[cfg(test)]
pub fn cut(flat: &[f64], lengths: &[usize]) -> PerToken {
    let mut rest = flat;
    let row = |len: &usize| {
        let (row, after) = rest.split_at(*len);
        rest = after;
        row.to_vec()
    };
    lengths.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logistics_hold_far_out() {
        assert_eq!((sigmoid(0.0), sigmoid(800.0), sigmoid(-800.0)), (0.5, 1.0, 0.0));
        assert!((log_sigmoid(0.5) - sigmoid(0.5).ln()).abs() < 1e-15);
        assert!((log_sigmoid(-0.5) - sigmoid(-0.5).ln()).abs() < 1e-15);
        assert_eq!((log_sigmoid(-800.0), log_sigmoid(800.0)), (-800.0, 0.0));
    }
}
