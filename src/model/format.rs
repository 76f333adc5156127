//! How a model's matrices are kept in memory: as numbers of 32 or 16 bits, or quantised to eight or four.

use std::fmt;

use candle_core::DType;
use serde::Serialize;

use super::ops::{GROUP, Quant};

/// How matrices are kept. Norms, biases and tables of positions are f32 in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    F32,
    Bf16,
    F16,
    /// Eight bits and a scale for each 32 of a row.
    Q8,
    /// Four bits and a scale for each 32 of a row.
    Q4,
}

impl Format {
    /// Those that a plan compares.
    pub const COMPARED: [Self; 4] = [Self::F32, Self::Bf16, Self::Q8, Self::Q4];

    pub fn word(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::Q8 => "q8",
            Self::Q4 => "q4",
        }
    }

    /// The format of weights that are kept as they are stored.
    pub fn stored(dtype: DType) -> Self {
        match dtype {
            DType::BF16 => Self::Bf16,
            DType::F16 => Self::F16,
            _ => Self::F32,
        }
    }

    /// What quantises, if it does.
    pub fn quant(self) -> Option<Quant> {
        match self {
            Self::Q8 => Some(Quant::Q8),
            Self::Q4 => Some(Quant::Q4),
            _ => None,
        }
    }

    /// The type of what is not quantised: matrices whose rows are no whole groups stay in 16 bits.
    pub fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::F16 => DType::F16,
            Self::Bf16 | Self::Q8 | Self::Q4 => DType::BF16,
        }
    }

    /// Bytes of a matrix of these sides.
    pub fn bytes(self, sides: &[usize]) -> u64 {
        let count = sides.iter().fold(1u64, |all, side| all.saturating_mul(*side as u64));
        match (self.quant(), sides) {
            (Some(quant), [_, k]) if Quant::fits(*k) => {
                (count / GROUP as u64).saturating_mul(quant.group_bytes() as u64)
            }
            _ => count.saturating_mul(self.dtype().size_in_bytes() as u64),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_whole_groups_and_of_16_bits_where_there_are_none() {
        assert_eq!(Format::Q8.bytes(&[10, 64]), 10 * 2 * 34);
        assert_eq!(Format::Q4.bytes(&[10, 64]), 10 * 2 * 18);
        assert_eq!(Format::Q4.bytes(&[10, 65]), 10 * 65 * 2);
        assert_eq!(Format::Q8.bytes(&[4, 3, 14, 14]), 4 * 3 * 14 * 14 * 2);
        assert_eq!(Format::F32.bytes(&[3, 5]), 60);
    }
}
