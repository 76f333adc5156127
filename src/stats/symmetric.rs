//! Small dense symmetric systems: as many unknowns as there are systems compared, and a few covariates.

/// A square matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Square {
    pub size: usize,
    pub cells: Vec<f64>,
}

impl Square {
    pub fn zero(size: usize) -> Square {
        Square { size, cells: vec![0.0; size * size] }
    }

    pub fn at(&self, row: usize, col: usize) -> f64 {
        self.cells[row * self.size + col]
    }

    pub fn add(&mut self, row: usize, col: usize, value: f64) {
        self.cells[row * self.size + col] += value;
    }

    /// `scale` times the outer product of a vector with itself, added.
    pub fn add_outer(&mut self, vector: &[f64], scale: f64) {
        for (row, a) in vector.iter().enumerate().filter(|(_, a)| **a != 0.0) {
            for (col, b) in vector.iter().enumerate() {
                self.add(row, col, scale * a * b);
            }
        }
    }

    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        let row = |row: &[f64]| row.iter().zip(vector).map(|(a, b)| a * b).sum();
        self.cells.chunks(self.size.max(1)).map(row).collect()
    }

    pub fn product(&self, other: &Square) -> Square {
        let n = self.size;
        let cell = |at: usize| (0..n).map(|k| self.at(at / n, k) * other.at(k, at % n)).sum();
        Square { size: n, cells: (0..n * n).map(cell).collect() }
    }

    /// The inverse of a positive definite matrix, by Cholesky; `None` if it is not one.
    pub fn inverse(&self) -> Option<Square> {
        let n = self.size;
        let mut lower = Square::zero(n);
        for row in 0..n {
            for col in 0..=row {
                let known: f64 = (0..col).map(|k| lower.at(row, k) * lower.at(col, k)).sum();
                let rest = self.at(row, col) - known;
                let value = if row == col {
                    if rest <= 1e-12 {
                        return None;
                    }
                    rest.sqrt()
                } else {
                    rest / lower.at(col, col)
                };
                lower.cells[row * n + col] = value;
            }
        }
        let mut inverse = Square::zero(n);
        for col in 0..n {
            let mut x = vec![0.0; n];
            for row in 0..n {
                let known: f64 = (0..row).map(|k| lower.at(row, k) * x[k]).sum();
                x[row] = (f64::from(u8::from(row == col)) - known) / lower.at(row, row);
            }
            for row in (0..n).rev() {
                let known: f64 = (row + 1..n).map(|k| lower.at(k, row) * x[k]).sum();
                x[row] = (x[row] - known) / lower.at(row, row);
            }
            for (row, value) in x.into_iter().enumerate() {
                inverse.cells[row * n + col] = value;
            }
        }
        Some(inverse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let matrix = Square { size: 3, cells: vec![4.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 2.0] };
        let one = matrix.product(&matrix.inverse().unwrap());
        for (at, cell) in one.cells.iter().enumerate() {
            assert!((cell - f64::from(u8::from(at % 4 == 0))).abs() < 1e-12);
        }
        assert_eq!(Square { size: 2, cells: vec![1.0, 2.0, 2.0, 4.0] }.inverse(), None);
    }
}
