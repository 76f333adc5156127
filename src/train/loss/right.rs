//! Right or wrong: binary cross-entropy over numbers that should be above nought where something is right.

use super::graded::{Graded, log_sigmoid, sigmoid};

/// Mean binary cross-entropy, nats; one number and one answer a place.
pub fn right_or_wrong(worth: &[f64], right: &[bool]) -> Graded<Vec<f64>> {
    let each = 1.0 / right.len().max(1) as f64;
    let (mut loss, mut slope) = (0.0, Vec::with_capacity(right.len()));
    for (worth, right) in worth.iter().zip(right) {
        let sign = if *right { 1.0 } else { -1.0 };
        loss -= each * log_sigmoid(sign * worth);
        slope.push(-each * sign * sigmoid(-sign * worth));
    }
    Graded { loss, slope }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::loss::graded::check_slope;

    #[test]
    fn it_is_the_cross_entropy_and_has_its_slope() {
        let (worth, right) = ([0.3, 1.2, -2.0], [true, false, true]);
        let graded = right_or_wrong(&worth, &right);
        check_slope(&worth, &graded.slope, |worth| right_or_wrong(worth, &right).loss);
        assert!((right_or_wrong(&[0.0], &[false]).loss - std::f64::consts::LN_2).abs() < 1e-12);
        assert_eq!(right_or_wrong(&[], &[]).loss, 0.0);
    }
}
