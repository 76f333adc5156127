//! One token further for all rows of a batch: the way that telling takes, without a tensor for every number.

use super::cache::KvCache;
use super::error::{ModelError, Result};
use super::llama::{Layer, Llama};
use super::ops::{self, AttentionProbe, AttentionSpec, DecodeSpec};

impl Llama {
    /// The next token of each row, after what the cache holds -> (rows, hidden) after the last norm, row by row; `None` where
    /// the single operations have to serve: on another device, with biases or an adapter.
    pub fn decode(&self, ids: &[u32], cache: &mut KvCache, probe: Option<&AttentionProbe>) -> Result<Option<Vec<f32>>> {
        if !self.norm.device().is_cpu() || ids.len() > ops::FEW_ROWS || !self.layers.iter().all(Layer::is_plain) {
            return Ok(None);
        }
        let config = &self.config;
        let (at, position, head_dim) = (cache.len(), cache.position(), config.head_dim());
        if position >= config.max_position_embeddings {
            return Err(ModelError::Unsupported(format!("position {position} is beyond the model's limit")));
        }
        let spec = DecodeSpec {
            rows: ids.len(),
            heads: config.num_attention_heads,
            kv_heads: config.kv_heads(),
            head_dim,
            eps: config.rms_norm_eps as f32,
            rope: cache.rope().unwrap_or(&self.rope).clone(),
            position: position as u32,
            attention: AttentionSpec {
                scale: 1.0 / (head_dim as f32).sqrt(),
                causal: true,
                keys: at + 1,
                padding: None,
                branches: None,
                probe: probe.cloned(),
            },
            threads: cache.threads(),
        };
        let mut x = self.embed(ids)?.flatten_all()?.to_vec1::<f32>()?;
        for (i, layer) in self.layers.iter().enumerate() {
            ops::decode_layer(&mut x, &layer.weights(), &spec, |k, v| cache.write(i, k, v))?;
        }
        cache.advance(1);
        Ok(Some(ops::normed(&x, &self.norm, config.rms_norm_eps as f32)?))
    }
}
