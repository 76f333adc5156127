//! One layer of a Llama decoder as one operation, for training: norms, rotary attention, gated MLP and both sums.
//!
//! The same as the single operations one after the other, which inference uses and the tests hold it to.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use super::attention::{Attention, AttentionSpec, Sizes};
use super::bf16_product::{Factor, Precision};
use super::kernels::{Mat, axpy, swiglu, swiglu_backward};
use super::layer_parts::{across, add_by_weight, back, backward, forward, split, split_mut, times};
use super::rope::{Rope, RopeTable};
use super::rows::{rms_norm, rms_norm_backward};
use super::slices::{f32s, with_f32s};
use super::windows::Branches;

/// Sizes of a layer, and where its tokens stand.
#[derive(Clone)]
pub struct DecoderSpec {
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub mlp: usize,
    pub eps: f64,
    pub precision: Precision,
    pub rope: RopeTable,
    /// batch * seq positions, or seq shared by all rows.
    pub positions: Arc<Vec<u32>>,
    /// (batch, seq): true where a token is padding and never attended to.
    pub padding: Option<Arc<Vec<bool>>>,
    /// One for each row, where rows hold several stories behind one beginning.
    pub branches: Option<Arc<Vec<Branches>>>,
}

/// `x` (batch, seq, d), `packed`: the layer's parameters one after the other: first norm; q, k, v, o; second norm; gate, up
/// (mlp, d), down (d, mlp) -> the shape of `x`. Causal; f32 on the CPU.
pub fn decoder_layer(x: &Tensor, packed: &Tensor, spec: DecoderSpec) -> Result<Tensor> {
    let (b, s, d) = x.dims3()?;
    let needed: usize = spec.sizes(d).iter().sum();
    if packed.elem_count() != needed {
        bail!("a decoder layer of width {d} has {needed} parameters, not {}", packed.elem_count());
    }
    if spec.positions.len() != s && spec.positions.len() != b * s {
        bail!("{} positions for {b} rows of {s}", spec.positions.len());
    }
    if let Some(far) = spec.positions.iter().find(|p| **p as usize >= spec.rope.positions()) {
        bail!("position {far} is beyond the model's limit of {}", spec.rope.positions());
    }
    if let Some(branches) = &spec.branches
        && (branches.len() != b || branches.iter().any(|row| row.tokens() > s))
    {
        bail!("{} branching rows for {b} rows of {s}", branches.len());
    }
    x.contiguous()?.apply_op2(&packed.contiguous()?, DecoderLayer { spec })
}

impl DecoderSpec {
    fn wide(&self) -> usize {
        self.heads * self.head_dim
    }

    fn kv_wide(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    fn sizes(&self, d: usize) -> [usize; 9] {
        let (wide, kv, m) = (self.wide(), self.kv_wide(), self.mlp);
        [d, wide * d, kv * d, kv * d, d * wide, d, m * d, m * d, d * m]
    }

    /// Attention and rotation for the rows `first..first + rows` of the batch.
    fn of_rows(&self, first: usize, rows: usize, s: usize) -> (Attention, Sizes, [Rope; 2]) {
        let positions = if self.positions.len() == s {
            self.positions.clone()
        } else {
            Arc::new(self.positions[first * s..(first + rows) * s].to_vec())
        };
        let padding = self.padding.as_ref().map(|all| Arc::new(all[first * s..(first + rows) * s].to_vec()));
        let branches = self.branches.as_ref().map(|all| Arc::new(all[first..first + rows].to_vec()));
        let scale = 1.0 / (self.head_dim as f32).sqrt();
        let attention =
            Attention { spec: AttentionSpec { scale, causal: true, keys: s, padding, branches, probe: None } };
        let sizes = Sizes::new(&[0, s, self.heads, self.head_dim], &[0, s, self.kv_heads, self.head_dim]);
        let rope = |sign: f32| Rope { table: self.rope.clone(), positions: positions.clone(), sign };
        (attention, sizes, [rope(1.0), rope(-1.0)])
    }
}

struct DecoderLayer {
    spec: DecoderSpec,
}

/// What the gradient needs, of one group.
struct Kept {
    h1: Vec<f32>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    attended: Vec<f32>,
    middle: Vec<f32>,
    h2: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    active: Vec<f32>,
}

impl DecoderLayer {
    /// Everything up to the last product; `factors`: q, k, v, o, gate, up.
    fn run(&self, x: &[f32], s: usize, first: usize, norms: [&[f32]; 2], factors: &[Factor<'_>; 6]) -> Kept {
        let spec = &self.spec;
        let d = norms[0].len();
        let eps = spec.eps as f32;
        let [q, k, v, o, gate, up] = factors;
        let (attention, sizes, [turn, _]) = spec.of_rows(first, x.len() / (s * d), s);
        let mut h1 = vec![0f32; x.len()];
        rms_norm(x, norms[0], eps, &mut h1);
        let q = turn.turn(&times(q, &h1, d, spec.wide()), spec.heads);
        let k = turn.turn(&times(k, &h1, d, spec.kv_wide()), spec.kv_heads);
        let v = times(v, &h1, d, spec.kv_wide());
        let attended = attention.forward(&q, &k, &v, sizes);
        let mut middle = x.to_vec();
        o.times(&mut middle, Mat::new(&attended, x.len() / d, spec.wide()), true);
        let mut h2 = vec![0f32; x.len()];
        rms_norm(&middle, norms[1], eps, &mut h2);
        let (gate, up) = (times(gate, &h2, d, spec.mlp), times(up, &h2, d, spec.mlp));
        let mut active = vec![0f32; gate.len()];
        swiglu(&gate, &up, &mut active);
        Kept { h1, q, k, v, attended, middle, h2, gate, up, active }
    }
}

impl CustomOp2 for DecoderLayer {
    fn name(&self) -> &'static str {
        "decoder-layer"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, s, d) = l1.shape().dims3()?;
        let spec = &self.spec;
        let [n1, q, k, v, o, n2, gate, up, down] = split(f32s(s2, l2)?, spec.sizes(d));
        let to = |w, k| across(spec.precision, w, k);
        let factors = [to(q, d), to(k, d), to(v, d), to(o, spec.wide()), to(gate, d), to(up, d)];
        let down = to(down, spec.mlp);
        let out = forward(s1, l1, |first, x, out| {
            let kept = self.run(x, s, first, [n1, n2], &factors);
            out.copy_from_slice(&kept.middle);
            down.times(out, Mat::new(&kept.active, x.len() / d, spec.mlp), true);
        })?;
        Ok((out, l1.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, packed: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (_, s, d) = x.dims3()?;
        let spec = &self.spec;
        let (wide, kv, m, precision, eps) = (spec.wide(), spec.kv_wide(), spec.mlp, spec.precision, spec.eps as f32);
        with_f32s(packed, |all| {
            let [n1, q, k, v, o, n2, gate, up, down] = split(all, spec.sizes(d));
            let to = |w, k| across(precision, w, k);
            let factors = [to(q, d), to(k, d), to(v, d), to(o, wide), to(gate, d), to(up, d)];
            let [q_back, k_back, v_back, gate_back, up_back] = [q, k, v, gate, up].map(|w| back(precision, w, d));
            let (o_back, down_back) = (back(precision, o, wide), back(precision, down, m));
            backward(x, packed, grad, |first, x, grad, by_x, by_packed| {
                let kept = self.run(x, s, first, [n1, n2], &factors);
                let rows = x.len() / d;
                let sizes = if by_packed.is_empty() { [0; 9] } else { spec.sizes(d) };
                let [b1, bq, bk, bv, bo, b2, b_gate, b_up, b_down] = split_mut(by_packed, sizes);
                let mut spare = vec![0f32; d];
                // The MLP.
                add_by_weight(precision, grad, &kept.active, m, b_down);
                let by_active = times(&down_back, grad, d, m);
                let (mut by_gate, mut by_up) = (vec![0f32; rows * m], vec![0f32; rows * m]);
                swiglu_backward(&kept.gate, &kept.up, &by_active, &mut by_gate, &mut by_up);
                add_by_weight(precision, &by_gate, &kept.h2, d, b_gate);
                add_by_weight(precision, &by_up, &kept.h2, d, b_up);
                let mut by_h2 = times(&gate_back, &by_gate, m, d);
                up_back.times(&mut by_h2, Mat::new(&by_up, rows, m), true);
                let mut by_middle = grad.to_vec();
                let by_norm = if b2.is_empty() { &mut spare[..] } else { b2 };
                rms_norm_backward(&kept.middle, n2, &by_h2, eps, &mut by_middle, by_norm);
                // Attention.
                add_by_weight(precision, &by_middle, &kept.attended, wide, bo);
                let by_attended = times(&o_back, &by_middle, d, wide);
                let (attention, sizes, [_, turn_back]) = spec.of_rows(first, rows / s, s);
                let [by_q, by_k, by_v] = attention.backward([&kept.q, &kept.k, &kept.v, &by_attended], sizes, rows / s);
                let by_q = turn_back.turn(&by_q, spec.heads);
                let by_k = turn_back.turn(&by_k, spec.kv_heads);
                let mut by_h1 = times(&q_back, &by_q, wide, d);
                k_back.times(&mut by_h1, Mat::new(&by_k, rows, kv), true);
                v_back.times(&mut by_h1, Mat::new(&by_v, rows, kv), true);
                for (g, by_w) in [(&by_q, bq), (&by_k, bk), (&by_v, bv)] {
                    add_by_weight(precision, g, &kept.h1, d, by_w);
                }
                axpy(by_x, 1.0, &by_middle);
                let by_norm = if b1.is_empty() { &mut spare[..] } else { b1 };
                rms_norm_backward(x, n1, &by_h1, eps, by_x, by_norm);
            })
        })
    }
}
