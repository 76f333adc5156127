//! A measurement of `storyloom bench`: something done several times, and the median of what it took.

use std::time::Instant;

use serde::Serialize;

/// SmolLM2-135M's shapes.
pub const SMOLLM2: &str = r#"{"vocab_size": 49280, "hidden_size": 576, "intermediate_size": 1536,
    "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "rms_norm_eps": 1e-5}"#;

/// One measurement.
#[derive(Serialize)]
pub struct Figure {
    pub what: String,
    pub median: f64,
    pub least: f64,
    pub most: f64,
    pub unit: &'static str,
    /// Most memory that the process held meanwhile, GB; where it was asked for and the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gigabytes: Option<f64>,
}

/// Runs `f` once to warm up and `runs` times to measure; `f` returns the figure itself.
pub fn measure<E>(
    what: &str,
    unit: &'static str,
    runs: u16,
    mut f: impl FnMut() -> Result<f64, E>,
) -> Result<Figure, E> {
    f()?;
    let mut all = (0..runs).map(|_| f()).collect::<Result<Vec<f64>, E>>()?;
    all.sort_by(f64::total_cmp);
    Ok(Figure {
        what: what.to_owned(),
        median: all[all.len() / 2],
        least: all[0],
        most: all[all.len() - 1],
        unit,
        gigabytes: None,
    })
}

/// Seconds that have passed.
pub fn since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64()
}
