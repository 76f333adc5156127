//! Scaled dot-product attention with grouped heads, causal and padding masks, over a cache or not; with a backward that
//! computes the probabilities anew instead of keeping them (as FlashAttention does; Dao et al., 2022).
//!
//! Heads stay where the projections wrote them, (batch, seq, heads, head_dim): nothing is transposed or repeated.

use std::sync::{Arc, Mutex};

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::along::{products, weighed_sum};
use super::kernels::{Mat, Threads, axpy, matmul, parallel_chunks, softmax_backward_row, softmax_row};
use super::slices::{f32s, with_f32s};
use super::windows::{Branches, Window};

/// Collects how much each row's last query attended to each key, (batch, keys): sum over layers and heads, and the number of
/// additions over all rows.
pub type AttentionProbe = Arc<Mutex<(Vec<f32>, usize)>>;

/// What the three tensors do not say.
#[derive(Clone, Default)]
pub struct AttentionSpec {
    /// Multiplies the scores; 1 / sqrt(head_dim) as a rule.
    pub scale: f32,
    /// The last query sees all keys, the one before one key less, and so on.
    pub causal: bool,
    /// Keys that are filled; the tensors may be a longer cache.
    pub keys: usize,
    /// (batch, keys): true where a key is padding and never attended to.
    pub padding: Option<Arc<Vec<bool>>>,
    /// One for each row, where rows hold several stories behind one beginning: causal, and no cache.
    pub branches: Option<Arc<Vec<Branches>>>,
    pub probe: Option<AttentionProbe>,
}

/// `q` (batch, seq, heads, d), `k` and `v` (batch, capacity, kv_heads, d), all f32 -> (batch, seq, heads * d).
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, spec: AttentionSpec) -> Result<Tensor> {
    let ((b, s, heads, d), (kb, capacity, kv_heads, kd)) = (q.dims4()?, k.dims4()?);
    if (kb, kd) != (b, d) || k.dims() != v.dims() || heads % kv_heads != 0 || spec.keys > capacity {
        bail!("attention: query {:?}, key {:?}, value {:?}, {} keys", q.shape(), k.shape(), v.shape(), spec.keys);
    }
    if spec.causal && spec.keys < s {
        bail!("attention: {s} causal queries over {} keys", spec.keys);
    }
    if let Some(padding) = &spec.padding
        && padding.len() != b * spec.keys
    {
        bail!("attention: a padding mask of {} for {b} rows of {} keys", padding.len(), spec.keys);
    }
    if let Some(branches) = &spec.branches
        && (branches.len() != b || !spec.causal || spec.keys != s || branches.iter().any(|row| row.tokens() > s))
    {
        bail!("attention: {} branching rows for {b} rows of {s} over {} keys", branches.len(), spec.keys);
    }
    if q.device().is_cpu() {
        q.contiguous()?.apply_op3(&k.contiguous()?, &v.contiguous()?, Attention { spec })
    } else {
        slow(q, k, v, &spec)
    }
}

/// The same by candle's own operations.
pub fn slow(q: &Tensor, k: &Tensor, v: &Tensor, spec: &AttentionSpec) -> Result<Tensor> {
    let ((b, s, heads, d), kv_heads) = (q.dims4()?, k.dim(2)?);
    let (t, group) = (spec.keys, heads / kv_heads);
    let spread = |x: &Tensor| -> Result<Tensor> {
        let x = x.narrow(1, 0, t)?.transpose(1, 2)?.unsqueeze(2)?; // (b, kv_heads, 1, t, d)
        x.broadcast_as((b, kv_heads, group, t, d))?.contiguous()?.reshape((b, heads, t, d))
    };
    let (k, v) = (spread(k)?, spread(v)?);
    let scores = (q.transpose(1, 2)?.contiguous()?.matmul(&k.transpose(2, 3)?.contiguous()?)? * f64::from(spec.scale))?;
    let hidden = |row: usize, i: usize, j: usize| {
        (spec.causal && j > t - s + i)
            || spec.padding.as_ref().is_some_and(|p| p[row * t + j])
            || spec.branches.as_ref().is_some_and(|rows| !rows[row].sees(i, j, s))
    };
    let mask: Vec<f32> =
        (0..b * s * t).map(|x| if hidden(x / (s * t), x / t % s, x % t) { f32::NEG_INFINITY } else { 0.0 }).collect();
    let mask = Tensor::from_vec(mask, (b, 1, s, t), q.device())?;
    let probabilities = candle_nn::ops::softmax(&scores.broadcast_add(&mask)?, 3)?;
    if let Some(probe) = &spec.probe {
        let last = probabilities.narrow(2, s - 1, 1)?.flatten_to(2)?; // (b * heads, t)
        for (i, row) in last.to_vec2::<f32>()?.iter().enumerate() {
            add_to_probe(probe, b, i / heads, row);
        }
    }
    probabilities.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((b, s, heads * d))
}

fn add_to_probe(probe: &AttentionProbe, rows: usize, at: usize, row: &[f32]) {
    if let Ok(mut probe) = probe.lock() {
        probe.0.resize(rows * row.len(), 0.0);
        axpy(&mut probe.0[at * row.len()..][..row.len()], 1.0, row);
        probe.1 += 1;
    }
}

pub(super) struct Attention {
    pub spec: AttentionSpec,
}

/// Sizes of one call.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    s: usize,
    heads: usize,
    d: usize,
    capacity: usize,
    kv_heads: usize,
}

impl Sizes {
    pub fn new(q: &[usize], k: &[usize]) -> Self {
        Self { s: q[1], heads: q[2], d: q[3], capacity: k[1], kv_heads: k[2] }
    }

    fn group(&self) -> usize {
        self.heads / self.kv_heads
    }
}

impl Attention {
    /// The queries of one row in blocks.
    fn windows(&self, batch: usize, s: usize) -> Vec<Window> {
        match &self.spec.branches {
            Some(rows) => Window::branching(&rows[batch], s),
            None => Window::plain(s, self.spec.keys, self.spec.causal),
        }
    }

    /// Scores of a window's queries, one head, become probabilities, (queries, width) with zeros where hidden.
    fn probabilities(&self, batch: usize, window: &Window, scores: &mut [f32]) {
        for (i, row) in scores.chunks_exact_mut(window.width).enumerate() {
            let (row, rest) = row.split_at_mut(window.seen(i));
            if let Some(padding) = &self.spec.padding {
                let padding = &padding[batch * self.spec.keys..];
                for (column, keys) in window.runs() {
                    let scores = row.iter_mut().skip(column);
                    for (score, padding) in scores.zip(&padding[keys]) {
                        if *padding {
                            *score = f32::NEG_INFINITY;
                        }
                    }
                }
            }
            softmax_row(row, self.spec.scale);
            rest.fill(0.0);
        }
    }

    /// One query row and one head: decoding.
    fn one_row(&self, batch: usize, q: &[f32], k: &[f32], v: &[f32], stride: usize, out: &mut [f32]) -> Vec<f32> {
        let mut row = vec![0f32; self.spec.keys];
        products(q, k, stride, &mut row);
        self.probabilities(batch, &Window::one(self.spec.keys), &mut row);
        weighed_sum(&row, v, stride, out);
        row
    }

    /// One query a row: decoding.
    pub fn step(&self, q: &[f32], k: &[f32], v: &[f32], z: Sizes, threads: Threads) -> Vec<f32> {
        let Sizes { heads, d, capacity, kv_heads, .. } = z;
        let kv_token = kv_heads * d;
        let mut out = vec![0f32; q.len()];
        let one = |i: usize, out: &mut [f32]| {
            let (batch, head) = (i / heads, i % heads);
            let start = batch * capacity * kv_token + head / z.group() * d;
            let row = self.one_row(batch, &q[i * d..(i + 1) * d], &k[start..], &v[start..], kv_token, out);
            if let Some(probe) = &self.spec.probe {
                add_to_probe(probe, q.len() / (heads * d), batch, &row);
            }
        };
        match threads {
            Threads::One => out.chunks_mut(d).enumerate().for_each(|(i, out)| one(i, out)),
            Threads::All => parallel_chunks(&mut out, d, q.len() * self.spec.keys, one),
        }
        out
    }

    pub fn forward(&self, q: &[f32], k: &[f32], v: &[f32], z: Sizes) -> Vec<f32> {
        let Sizes { s, heads, d, capacity, kv_heads } = z;
        let (token, kv_token) = (heads * d, kv_heads * d);
        let mut out = vec![0f32; q.len()];
        let kv_start = |batch: usize, head: usize| batch * capacity * kv_token + head / z.group() * d;
        if s == 1 {
            return self.step(q, k, v, z, Threads::All);
        }
        let q_rows = q.len() / (s * token);
        out.par_chunks_mut(s * token).enumerate().for_each(|(batch, mut rest)| {
            let mut parts = Vec::new();
            for window in self.windows(batch, s) {
                let (part, after) = std::mem::take(&mut rest).split_at_mut(window.queries.len() * token);
                parts.push((window, part));
                rest = after;
            }
            parts.into_par_iter().for_each(|(window, out)| {
                let (rows, width) = (window.queries.len(), window.width);
                let mut scores = vec![0f32; rows * width];
                for head in 0..heads {
                    let start = kv_start(batch, head);
                    let q = &q[(batch * s + window.queries.start) * token + head * d..];
                    let q = Mat::strided(q, rows, d, token);
                    for (column, keys) in window.runs() {
                        let k = Mat::strided(&k[start + keys.start * kv_token..], keys.len(), d, kv_token);
                        matmul(&mut scores[column..], width, q, k.t(), 1.0, false, Threads::One);
                    }
                    self.probabilities(batch, &window, &mut scores);
                    if let (Some(probe), true) = (&self.spec.probe, window.queries.end == s) {
                        add_to_probe(probe, q_rows, batch, &scores[(rows - 1) * width..]);
                    }
                    for (column, keys) in window.runs() {
                        let p = Mat::strided(&scores[column..], rows, keys.len(), width);
                        let v = Mat::strided(&v[start + keys.start * kv_token..], keys.len(), d, kv_token);
                        matmul(&mut out[head * d..], token, p, v, 1.0, column > 0, Threads::One);
                    }
                }
            });
        });
        out
    }

    /// Gradients of one row of the batch and one key-value head: by q (s, group * d), by k and by v (keys, d).
    fn backward_group(&self, all: [&[f32]; 4], z: Sizes, batch: usize, kv_head: usize) -> [Vec<f32>; 3] {
        let [q, k, v, grad] = all;
        let Sizes { s, heads, d, capacity, kv_heads } = z;
        let (token, kv_token, group, keys) = (heads * d, kv_heads * d, z.group(), self.spec.keys);
        let mut by_q = vec![0f32; s * group * d];
        let mut by_k = vec![0f32; keys * d];
        let mut by_v = vec![0f32; keys * d];
        let kv = batch * capacity * kv_token + kv_head * d;
        for window in self.windows(batch, s) {
            let (rows, width, first) = (window.queries.len(), window.width, window.queries.start);
            let mut p = vec![0f32; rows * width];
            let mut dp = vec![0f32; rows * width];
            for member in 0..group {
                let at = (batch * s + first) * token + (kv_head * group + member) * d;
                let q = Mat::strided(&q[at..], rows, d, token);
                let g = Mat::strided(&grad[at..], rows, d, token);
                for (column, keys) in window.runs() {
                    let k = Mat::strided(&k[kv + keys.start * kv_token..], keys.len(), d, kv_token);
                    let v = Mat::strided(&v[kv + keys.start * kv_token..], keys.len(), d, kv_token);
                    matmul(&mut p[column..], width, q, k.t(), 1.0, false, Threads::One);
                    matmul(&mut dp[column..], width, g, v.t(), 1.0, false, Threads::One);
                }
                self.probabilities(batch, &window, &mut p);
                for (column, keys) in window.runs() {
                    let p = Mat::strided(&p[column..], rows, keys.len(), width);
                    matmul(&mut by_v[keys.start * d..], d, p.t(), g, 1.0, true, Threads::One);
                }
                for (p, dp) in p.chunks_exact(width).zip(dp.chunks_exact_mut(width)) {
                    softmax_backward_row(p, dp, self.spec.scale);
                }
                let out = &mut by_q[first * group * d + member * d..];
                for (column, keys) in window.runs() {
                    let ds = Mat::strided(&dp[column..], rows, keys.len(), width);
                    let k = Mat::strided(&k[kv + keys.start * kv_token..], keys.len(), d, kv_token);
                    matmul(out, group * d, ds, k, 1.0, column > 0, Threads::One);
                    matmul(&mut by_k[keys.start * d..], d, ds.t(), q, 1.0, true, Threads::One);
                }
            }
        }
        [by_q, by_k, by_v]
    }

    pub fn backward(&self, all: [&[f32]; 4], z: Sizes, batches: usize) -> [Vec<f32>; 3] {
        let groups: Vec<(usize, usize)> = (0..batches).flat_map(|b| (0..z.kv_heads).map(move |h| (b, h))).collect();
        let parts: Vec<[Vec<f32>; 3]> =
            groups.par_iter().map(|(batch, head)| self.backward_group(all, z, *batch, *head)).collect();
        let mut by_q = vec![0f32; all[0].len()];
        let mut by_k = vec![0f32; all[1].len()];
        let mut by_v = vec![0f32; all[2].len()];
        let wide = z.group() * z.d;
        for ((batch, head), [q, k, v]) in groups.iter().zip(&parts) {
            for (i, row) in q.chunks_exact(wide).enumerate() {
                by_q[(batch * z.s + i) * z.heads * z.d + head * wide..][..wide].copy_from_slice(row);
            }
            for (to, from) in [(&mut by_k, k), (&mut by_v, v)] {
                for (i, row) in from.chunks_exact(z.d).enumerate() {
                    to[(batch * z.capacity + i) * z.kv_heads * z.d + head * z.d..][..z.d].copy_from_slice(row);
                }
            }
        }
        [by_q, by_k, by_v]
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (b, s, heads, d) = l1.shape().dims4()?;
        let sizes = Sizes::new(l1.dims(), l2.dims());
        let out = self.forward(f32s(s1, l1)?, f32s(s2, l2)?, f32s(s3, l3)?, sizes);
        Ok((CpuStorage::F32(out), Shape::from((b, s, heads * d))))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let sizes = Sizes::new(q.dims(), k.dims());
        let batches = q.dim(0)?;
        let [by_q, by_k, by_v] = with_f32s(q, |qs| {
            with_f32s(k, |ks| {
                with_f32s(v, |vs| with_f32s(grad, |gs| Ok(self.backward([qs, ks, vs, gs], sizes, batches))))
            })
        })?;
        let made = |data: Vec<f32>, like: &Tensor| Tensor::from_vec(data, like.shape(), like.device());
        Ok((Some(made(by_q, q)?), Some(made(by_k, k)?), Some(made(by_v, v)?)))
    }
}
