//! How many bits a model's weights are kept in, as a person says it. What that means for the numbers is the engine's business.

use std::fmt;
use std::str::FromStr;

/// How a model's weights are kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quant {
    /// As they are stored.
    Off,
    Q8,
    Q4,
}

impl Quant {
    pub const ALL: [Quant; 3] = [Quant::Off, Quant::Q8, Quant::Q4];

    /// The word used on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            Quant::Off => "off",
            Quant::Q8 => "q8",
            Quant::Q4 => "q4",
        }
    }
}

impl fmt::Display for Quant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Quant {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = || Quant::ALL.map(Quant::word).join(", ");
        Quant::ALL
            .into_iter()
            .find(|quant| quant.word() == word)
            .ok_or_else(|| format!("'{word}' is none of {}", known()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_found_by_its_word() {
        for quant in Quant::ALL {
            assert_eq!(quant.word().parse::<Quant>().unwrap(), quant);
        }
        assert!("q5".parse::<Quant>().unwrap_err().contains("q4"));
    }
}
