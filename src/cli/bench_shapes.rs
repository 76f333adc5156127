//! What `storyloom bench` times of text models in the shapes of published ones: prefill of 512 tokens, decoding after them, and
//! the memory of a 7-billion model in four bits. Weights are random, as only their number and format count.

use std::hint::black_box;
use std::time::Instant;

use candle_core::Device;

use super::bench_steps::forget_peak;
use super::figure::{Figure, SMOLLM2, measure, since};
use crate::model::cache::KvCache;
use crate::model::error::ModelError;
use crate::model::format::Format;
use crate::model::linear::Linear;
use crate::model::llama::{Llama, LlamaConfig, Rows};
use crate::model::ops::few_rows_of;
use crate::model::params::Params;
use crate::model::weights::Weights;
use crate::train::forecast::peak_memory;

const SMOLLM2_360M: &str = r#"{"vocab_size": 49280, "hidden_size": 960, "intermediate_size": 2560,
    "num_hidden_layers": 32, "num_attention_heads": 15, "num_key_value_heads": 5, "rms_norm_eps": 1e-5}"#;

/// The text model of LLaVA-1.5 7B.
const LLAMA_7B: &str = r#"{"vocab_size": 32064, "hidden_size": 4096, "intermediate_size": 11008,
    "num_hidden_layers": 32, "num_attention_heads": 32, "rms_norm_eps": 1e-5, "max_position_embeddings": 4096}"#;

/// Tokens read and told by the largest.
const READ: usize = 64;
const TOLD: usize = 16;

/// A text model with its head.
struct Teller {
    llama: Llama,
    head: Linear,
}

impl Teller {
    fn new(shapes: &str, format: Format, tied: bool) -> Result<Self, ModelError> {
        let config: LlamaConfig = serde_json::from_str(shapes)
            .map_err(|source| ModelError::Json { path: "the shapes of the measurement".into(), source })?;
        let params = Params::in_format(Weights::noise(1), format, Device::Cpu);
        let llama = Llama::load(&params, "model", &config)?;
        let head = match tied {
            true => Linear { weight: llama.embeddings.clone(), bias: None, lora: None, precision: params.precision() },
            false => params.linear("lm_head", config.vocab_size, config.hidden_size, false)?,
        };
        Ok(Self { llama, head })
    }

    fn read(&self, tokens: usize, cache: &mut KvCache) -> Result<(), ModelError> {
        let ids: Vec<u32> = (0..tokens as u32).map(|i| i * 7919 % 30_000).collect();
        let x = self.llama.embed(&ids)?.unsqueeze(0)?;
        let hidden = self.llama.forward(&x, &Rows::after(0, tokens), Some(cache), None)?;
        black_box(self.head.forward(&hidden.narrow(1, tokens - 1, 1)?)?);
        Ok(())
    }

    /// One token a turn, as a story is told.
    fn tell(&self, tokens: usize, cache: &mut KvCache) -> Result<(), ModelError> {
        for id in 0..tokens as u32 {
            let hidden = self.llama.decode(&[id], cache, None)?;
            let hidden = hidden.ok_or_else(|| ModelError::Unsupported("not decoded on this device".to_owned()))?;
            black_box(few_rows_of(&hidden, &self.head.weight, cache.threads())?);
        }
        Ok(())
    }
}

/// Prefill of 512 tokens and decoding after them.
pub fn shapes(runs: u16) -> Result<Vec<Figure>, ModelError> {
    let mut figures = Vec::new();
    for (name, shapes) in [("SmolLM2-135M", SMOLLM2), ("SmolLM2-360M", SMOLLM2_360M)] {
        for format in Format::COMPARED {
            let teller = Teller::new(shapes, format, true)?;
            figures.push(measure(&format!("{name} shapes, {format}: prefill 512"), "tokens/s", runs, || {
                let mut cache = teller.llama.cache(1, 640)?;
                let started = Instant::now();
                teller.read(512, &mut cache)?;
                Ok::<_, ModelError>(512.0 / since(started))
            })?);
            figures.push(measure(&format!("{name} shapes, {format}: decode 64 after 512"), "tokens/s", runs, || {
                let mut cache = teller.llama.cache(1, 640)?;
                teller.read(512, &mut cache)?;
                let started = Instant::now();
                teller.tell(64, &mut cache)?;
                Ok::<_, ModelError>(64.0 / since(started))
            })?);
        }
    }
    Ok(figures)
}

/// Loads a 7-billion model tensor by tensor, in four bits, and tells: once, as loading is what takes the time.
pub fn seven_billion() -> Result<Vec<Figure>, ModelError> {
    forget_peak();
    let started = Instant::now();
    let teller = Teller::new(LLAMA_7B, Format::Q4, false)?;
    let load = since(started);
    let mut cache = teller.llama.cache(1, READ + TOLD)?;
    let started = Instant::now();
    teller.read(READ, &mut cache)?;
    let read = READ as f64 / since(started);
    let started = Instant::now();
    teller.tell(TOLD, &mut cache)?;
    let told = TOLD as f64 / since(started);
    let gigabytes = peak_memory().map(|bytes| bytes as f64 / 1e9);
    let figure = |what: String, value: f64, unit, gigabytes| Figure {
        what: format!("Llama-7B shapes, q4: {what}"),
        median: value,
        least: value,
        most: value,
        unit,
        gigabytes,
    };
    Ok(vec![
        figure("load".to_owned(), load, "s", None),
        figure(format!("read {READ}"), read, "tokens/s", None),
        figure(format!("tell {TOLD}"), told, "tokens/s", gigabytes),
    ])
}
