//! One layer of a SigLIP encoder as one operation, for training: norms, attention, MLP and both sums.
//!
//! The same as the single operations one after the other, which inference uses and the tests hold it to.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use super::attention::{Attention, AttentionSpec, Sizes};
use super::bf16_product::{Factor, Precision};
use super::kernels::{Mat, axpy, gelu_tanh, gelu_tanh_backward};
use super::layer_parts::{
    across, add_by_bias, add_by_weight, affine, back, backward, forward, split, split_mut, times,
};
use super::rows::{layer_norm, layer_norm_backward};
use super::slices::{f32s, with_f32s};

/// Sizes of a layer.
#[derive(Clone, Copy, Debug)]
pub struct EncoderSpec {
    pub heads: usize,
    pub mlp: usize,
    pub eps: f64,
    pub precision: Precision,
}

/// `x` (images, patches, d), `packed`: the layer's parameters one after the other, weight before bias: first norm; q, k, v,
/// out; second norm; fc1 (mlp, d), fc2 (d, mlp) -> the shape of `x`. f32 on the CPU.
pub fn encoder_layer(x: &Tensor, packed: &Tensor, spec: EncoderSpec) -> Result<Tensor> {
    let (_, _, d) = x.dims3()?;
    let needed: usize = Layer::new(spec, d, 1).sizes().iter().sum();
    if packed.elem_count() != needed || d % spec.heads != 0 {
        bail!("an encoder layer of width {d} with {spec:?} has {needed} parameters, not {}", packed.elem_count());
    }
    x.contiguous()?.apply_op2(&packed.contiguous()?, EncoderLayer { spec })
}

struct EncoderLayer {
    spec: EncoderSpec,
}

#[derive(Clone, Copy)]
struct Layer {
    d: usize,
    s: usize,
    mlp: usize,
    heads: usize,
    eps: f32,
    precision: Precision,
}

/// What the gradient needs, of one group.
struct Kept {
    h1: Vec<f32>,
    qkv: [Vec<f32>; 3],
    attended: Vec<f32>,
    middle: Vec<f32>,
    h2: Vec<f32>,
    wide: Vec<f32>,
    active: Vec<f32>,
}

impl Layer {
    fn new(spec: EncoderSpec, d: usize, s: usize) -> Self {
        let EncoderSpec { heads, mlp, eps, precision } = spec;
        Self { d, s, mlp, heads, eps: eps as f32, precision }
    }

    fn sizes(&self) -> [usize; 16] {
        let (d, m) = (self.d, self.mlp);
        [d, d, d * d, d, d * d, d, d * d, d, d * d, d, d, d, m * d, m, d * m, d]
    }

    fn attention(&self) -> (Attention, Sizes) {
        let head = self.d / self.heads;
        let spec = AttentionSpec { scale: 1.0 / (head as f32).sqrt(), keys: self.s, ..Default::default() };
        (Attention { spec }, Sizes::new(&[0, self.s, self.heads, head], &[0, self.s, self.heads, head]))
    }

    /// Everything up to the last product; `factors`: q, k, v, out, fc1.
    fn run(&self, x: &[f32], parts: &[&[f32]; 16], factors: &[Factor<'_>; 5]) -> Kept {
        let [n1w, n1b, _, qb, _, kb, _, vb, _, ob, n2w, n2b, _, f1b, ..] = *parts;
        let d = self.d;
        let mut h1 = vec![0f32; x.len()];
        layer_norm(x, n1w, n1b, self.eps, &mut h1);
        let [q, k, v, out, fc1] = factors;
        let qkv = [(q, qb), (k, kb), (v, vb)].map(|(factor, bias)| affine(factor, &h1, d, bias));
        let (attention, sizes) = self.attention();
        let attended = attention.forward(&qkv[0], &qkv[1], &qkv[2], sizes);
        let mut middle = affine(out, &attended, d, ob);
        axpy(&mut middle, 1.0, x);
        let mut h2 = vec![0f32; x.len()];
        layer_norm(&middle, n2w, n2b, self.eps, &mut h2);
        let wide = affine(fc1, &h2, d, f1b);
        let mut active = vec![0f32; wide.len()];
        gelu_tanh(&wide, &mut active);
        Kept { h1, qkv, attended, middle, h2, wide, active }
    }
}

impl CustomOp2 for EncoderLayer {
    fn name(&self) -> &'static str {
        "encoder-layer"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, s, d) = l1.shape().dims3()?;
        let layer = Layer::new(self.spec, d, s);
        let parts = split(f32s(s2, l2)?, layer.sizes());
        let [.., f2w, f2b] = parts;
        let factors = [2, 4, 6, 8, 12].map(|i| across(layer.precision, parts[i], d));
        let last = across(layer.precision, f2w, layer.mlp);
        let out = forward(s1, l1, |_, x, out| {
            let kept = layer.run(x, &parts, &factors);
            out.copy_from_slice(&affine(&last, &kept.active, layer.mlp, f2b));
            axpy(out, 1.0, &kept.middle);
        })?;
        Ok((out, l1.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, packed: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (_, s, d) = x.dims3()?;
        let layer = Layer::new(self.spec, d, s);
        let (m, precision) = (layer.mlp, layer.precision);
        with_f32s(packed, |all| {
            let parts = split(all, layer.sizes());
            let [n1w, _, qw, _, kw, _, vw, _, ow, _, n2w, _, f1w, _, f2w, _] = parts;
            let factors = [2, 4, 6, 8, 12].map(|i| across(precision, parts[i], d));
            let [q_back, k_back, v_back, o_back] = [qw, kw, vw, ow].map(|w| back(precision, w, d));
            let (f1_back, f2_back) = (back(precision, f1w, d), back(precision, f2w, m));
            backward(x, packed, grad, |_, x, grad, by_x, by_packed| {
                let kept = layer.run(x, &parts, &factors);
                let sizes = if by_packed.is_empty() { [0; 16] } else { layer.sizes() };
                let [b1w, b1b, bqw, bqb, bkw, bkb, bvw, bvb, bow, bob, b2w, b2b, bf1w, bf1b, bf2w, bf2b] =
                    split_mut(by_packed, sizes);
                let (mut spare_w, mut spare_b) = (vec![0f32; d], vec![0f32; d]);
                // The MLP.
                add_by_weight(precision, grad, &kept.active, m, bf2w);
                add_by_bias(grad, bf2b);
                let by_active = times(&f2_back, grad, d, m);
                let mut by_wide = vec![0f32; by_active.len()];
                gelu_tanh_backward(&kept.wide, &by_active, &mut by_wide);
                add_by_weight(precision, &by_wide, &kept.h2, d, bf1w);
                add_by_bias(&by_wide, bf1b);
                let by_h2 = times(&f1_back, &by_wide, m, d);
                let mut by_middle = grad.to_vec();
                let by_norm = if b2w.is_empty() { (&mut spare_w[..], &mut spare_b[..]) } else { (b2w, b2b) };
                layer_norm_backward(&kept.middle, n2w, &by_h2, layer.eps, &mut by_middle, by_norm);
                // Attention.
                add_by_weight(precision, &by_middle, &kept.attended, d, bow);
                add_by_bias(&by_middle, bob);
                let by_attended = times(&o_back, &by_middle, d, d);
                let (attention, sizes) = layer.attention();
                let [q, k, v] = [&kept.qkv[0][..], &kept.qkv[1], &kept.qkv[2]];
                let [by_q, by_k, by_v] = attention.backward([q, k, v, &by_attended], sizes, x.len() / (s * d));
                let mut by_h1 = times(&q_back, &by_q, d, d);
                let rest = [(&k_back, &by_k), (&v_back, &by_v)];
                rest.iter().for_each(|(factor, g)| factor.times(&mut by_h1, Mat::new(g, g.len() / d, d), true));
                for (g, by_w, by_b) in [(&by_q, bqw, bqb), (&by_k, bkw, bkb), (&by_v, bvw, bvb)] {
                    add_by_weight(precision, g, &kept.h1, d, by_w);
                    add_by_bias(g, by_b);
                }
                by_x.copy_from_slice(&by_middle);
                let by_norm = if b1w.is_empty() { (&mut spare_w[..], &mut spare_b[..]) } else { (b1w, b1b) };
                layer_norm_backward(x, n1w, &by_h1, layer.eps, by_x, by_norm);
            })
        })
    }
}
