//! Numbers that should be other numbers: the mean of their squared distances.

use super::graded::Graded;

/// Mean squared distance from the targets, one a number.
pub fn squares(numbers: &[f64], targets: &[f64]) -> Graded<Vec<f64>> {
    let each = 1.0 / targets.len().max(1) as f64;
    let apart = || numbers.iter().zip(targets).map(|(number, target)| number - target);
    Graded {
        loss: each * apart().map(|apart| apart * apart).sum::<f64>(),
        slope: apart().map(|a| 2.0 * each * a).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::loss::graded::check_slope;

    #[test]
    fn it_is_the_mean_of_the_squares_and_has_their_slope() {
        let (numbers, targets) = ([0.5, -1.0, 2.0], [0.0, -1.0, 4.0]);
        let graded = squares(&numbers, &targets);
        assert!((graded.loss - (0.25 + 4.0) / 3.0).abs() < 1e-12);
        check_slope(&numbers, &graded.slope, |numbers| squares(numbers, &targets).loss);
        assert_eq!(squares(&[], &[]).loss, 0.0);
    }
}
