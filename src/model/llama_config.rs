//! What a config says of a Llama decoder, and where published layouts keep its parameters.

use serde::Deserialize;

use super::bounds;
use super::error::{ModelError, Result};

/// The fields of a published config that change the result, with the defaults of the reference's own class.
#[derive(Clone, Debug, Deserialize)]
pub struct LlamaConfig {
    #[serde(default = "d_vocab", deserialize_with = "bounds::size")]
    pub vocab_size: usize,
    #[serde(default = "d_hidden", deserialize_with = "bounds::size")]
    pub hidden_size: usize,
    #[serde(default = "d_intermediate", deserialize_with = "bounds::size")]
    pub intermediate_size: usize,
    #[serde(default = "d_layers", deserialize_with = "bounds::layers")]
    pub num_hidden_layers: usize,
    #[serde(default = "d_layers", deserialize_with = "bounds::size")]
    pub num_attention_heads: usize,
    #[serde(default, deserialize_with = "bounds::optional_size")]
    pub num_key_value_heads: Option<usize>,
    #[serde(default, deserialize_with = "bounds::optional_size")]
    pub head_dim: Option<usize>,
    #[serde(default = "d_eps")]
    pub rms_norm_eps: f64,
    #[serde(default = "d_theta")]
    pub rope_theta: f64,
    pub rope_scaling: Option<serde_json::Value>,
    pub rope_parameters: Option<serde_json::Value>,
    #[serde(default = "d_positions", deserialize_with = "bounds::size")]
    pub max_position_embeddings: usize,
    #[serde(default)]
    pub attention_bias: bool,
    #[serde(default)]
    pub mlp_bias: bool,
    #[serde(default = "d_act")]
    pub hidden_act: String,
    /// Queries, keys and values have a bias though the output has none; norms over each head of queries and keys. No config says
    /// so: it belongs to a family.
    #[serde(skip)]
    pub qkv_bias: bool,
    #[serde(skip)]
    pub head_norms: bool,
}

/// Where a published layout keeps a decoder's parameters, below its prefix.
pub struct LlamaNames {
    pub embeddings: &'static str,
    pub layers: &'static str,
    pub norm: &'static str,
    pub before_attention: &'static str,
    pub before_mlp: &'static str,
    pub qkv: Qkv,
    pub o: &'static str,
    pub gate: &'static str,
    pub up: &'static str,
    pub down: &'static str,
}

/// Queries, keys and values in matrices of their own, or one under the other in one.
pub enum Qkv {
    Apart([&'static str; 3]),
    Together(&'static str),
}

impl LlamaNames {
    pub const LLAMA: Self = Self {
        embeddings: "embed_tokens",
        layers: "layers",
        norm: "norm",
        before_attention: "input_layernorm",
        before_mlp: "post_attention_layernorm",
        qkv: Qkv::Apart(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
        o: "self_attn.o_proj",
        gate: "mlp.gate_proj",
        up: "mlp.up_proj",
        down: "mlp.down_proj",
    };
}

fn d_vocab() -> usize {
    32_000
}
fn d_hidden() -> usize {
    4096
}
fn d_intermediate() -> usize {
    11_008
}
fn d_layers() -> usize {
    32
}
fn d_eps() -> f64 {
    1e-6
}
fn d_theta() -> f64 {
    10_000.0
}
fn d_positions() -> usize {
    2048
}
fn d_act() -> String {
    "silu".to_owned()
}

impl LlamaConfig {
    pub fn kv_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    pub fn head_dim(&self) -> usize {
        self.head_dim.unwrap_or(self.hidden_size / self.num_attention_heads)
    }

    /// Refuses sizes that contradict one another, and a table of positions that no machine would hold.
    pub fn holds_together(&self) -> Result<()> {
        const MOST_ANGLES: usize = 1 << 27;
        let (heads, kv_heads, d) = (self.num_attention_heads, self.kv_heads(), self.head_dim());
        let what = match () {
            () if !heads.is_multiple_of(kv_heads) => format!("{heads} heads cannot share {kv_heads} of keys"),
            () if d == 0 || d % 2 == 1 => format!("heads of {d} numbers cannot be turned in pairs"),
            () if self.max_position_embeddings.saturating_mul(d) > MOST_ANGLES => {
                format!("{} positions of {d} angles are more than are believed", self.max_position_embeddings)
            }
            () => return Ok(()),
        };
        Err(ModelError::Unsupported(format!("the text config: {what}")))
    }

    /// The base of the rotary positions; newer configs nest it. Scaled positions are refused rather than ignored.
    pub fn theta(&self) -> Result<f64> {
        let nested = self.rope_parameters.as_ref().or(self.rope_scaling.as_ref());
        let Some(nested) = nested.filter(|v| !v.is_null()) else { return Ok(self.rope_theta) };
        let kind = nested.get("rope_type").or_else(|| nested.get("type")).and_then(|v| v.as_str()).unwrap_or("default");
        if kind != "default" {
            return Err(ModelError::Unsupported(format!("rotary scaling '{kind}' is not supported")));
        }
        Ok(nested.get("rope_theta").and_then(|v| v.as_f64()).unwrap_or(self.rope_theta))
    }
}
