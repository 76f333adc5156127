//! Norms and sums over rows of plain slices, with their gradients: what the fused layers and the single norms share.

use multiversion::multiversion;

use super::kernels::{axpy, dot, folded};

const LANES: usize = 16;

/// Sum with sixteen partial sums.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn sum(x: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let (blocks, rest) = x.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            sums[lane] += block[lane];
        }
    }
    folded(sums) + rest.iter().sum::<f32>()
}

/// The parts added up one after the other: whichever thread was first, a sum comes out the same to the last bit.
pub fn added_in_order(parts: Vec<Vec<f32>>, len: usize) -> Vec<f32> {
    let mut parts = parts.into_iter();
    let mut sum = parts.next().unwrap_or_else(|| vec![0f32; len]);
    parts.for_each(|part| axpy(&mut sum, 1.0, &part));
    sum
}

/// (x - shift) * scale, element by element.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
fn shifted_scaled(x: &[f32], shift: f32, scale: f32, out: &mut [f32]) {
    for (o, x) in out.iter_mut().zip(x) {
        *o = (x - shift) * scale;
    }
}

/// out = x * w + b, element by element.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
fn weighed(x: &[f32], w: &[f32], b: &[f32], out: &mut [f32]) {
    for i in 0..out.len().min(x.len()).min(w.len()).min(b.len()) {
        out[i] = x[i].mul_add(w[i], b[i]);
    }
}

/// x * scale * w, element by element.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
fn scaled_weighed(x: &[f32], scale: f32, w: &[f32], out: &mut [f32]) {
    for i in 0..out.len().min(x.len()).min(w.len()) {
        out[i] = x[i] * scale * w[i];
    }
}

/// `by_w += g * normal`, `by_b += g`, `out = g * w`: what a layer norm's gradient begins with.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
fn by_weight(g: &[f32], normal: &[f32], w: &[f32], by_w: &mut [f32], by_b: &mut [f32], out: &mut [f32]) {
    let d = out.len();
    let (g, normal, w, by_w, by_b) = (&g[..d], &normal[..d], &w[..d], &mut by_w[..d], &mut by_b[..d]);
    for i in 0..d {
        by_w[i] = g[i].mul_add(normal[i], by_w[i]);
        by_b[i] += g[i];
        out[i] = g[i] * w[i];
    }
}

/// `to += (g - mean - normal * along) * scale`: what it ends with.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
fn without(g: &[f32], mean: f32, normal: &[f32], along: f32, scale: f32, to: &mut [f32]) {
    let d = to.len();
    let (g, normal) = (&g[..d], &normal[..d]);
    for i in 0..d {
        to[i] += (g[i] - mean - normal[i] * along) * scale;
    }
}

/// (x - mean) / sqrt(var + eps) of one row; returns 1 / sqrt(var + eps).
fn normalise(x: &[f32], eps: f32, out: &mut [f32]) -> f32 {
    let d = x.len() as f32;
    let mean = sum(x) / d;
    shifted_scaled(x, mean, 1.0, out);
    let inverse = 1.0 / (dot(out, out) / d + eps).sqrt();
    for o in out.iter_mut() {
        *o *= inverse;
    }
    inverse
}

/// Layer norm of every row of `x` (rows, d).
pub fn layer_norm(x: &[f32], w: &[f32], b: &[f32], eps: f32, out: &mut [f32]) {
    let d = w.len();
    let mut normal = vec![0f32; d];
    for (x, out) in x.chunks_exact(d).zip(out.chunks_exact_mut(d)) {
        normalise(x, eps, &mut normal);
        weighed(&normal, w, b, out);
    }
}

/// Adds the gradients of layer norm to `by_x`, `by_w` and `by_b`.
pub fn layer_norm_backward(
    x: &[f32],
    w: &[f32],
    grad: &[f32],
    eps: f32,
    by_x: &mut [f32],
    (by_w, by_b): (&mut [f32], &mut [f32]),
) {
    let d = w.len();
    let (mut normal, mut by_normal) = (vec![0f32; d], vec![0f32; d]);
    for ((x, g), by_x) in x.chunks_exact(d).zip(grad.chunks_exact(d)).zip(by_x.chunks_exact_mut(d)) {
        let inverse = normalise(x, eps, &mut normal);
        by_weight(g, &normal, w, by_w, by_b, &mut by_normal);
        let mean = sum(&by_normal) / d as f32;
        let along = dot(&by_normal, &normal) / d as f32;
        without(&by_normal, mean, &normal, along, inverse, by_x);
    }
}

fn root(x: &[f32], eps: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt()
}

/// Root-mean-square norm of every row of `x` (rows, d).
pub fn rms_norm(x: &[f32], w: &[f32], eps: f32, out: &mut [f32]) {
    let d = w.len();
    for (x, out) in x.chunks_exact(d).zip(out.chunks_exact_mut(d)) {
        scaled_weighed(x, root(x, eps), w, out);
    }
}

/// Adds the gradients of the root-mean-square norm to `by_x` and `by_w`.
pub fn rms_norm_backward(x: &[f32], w: &[f32], grad: &[f32], eps: f32, by_x: &mut [f32], by_w: &mut [f32]) {
    let d = w.len();
    let (mut normal, mut by_normal, mut unused) = (vec![0f32; d], vec![0f32; d], vec![0f32; d]);
    for ((x, g), by_x) in x.chunks_exact(d).zip(grad.chunks_exact(d)).zip(by_x.chunks_exact_mut(d)) {
        let inverse = root(x, eps);
        shifted_scaled(x, 0.0, inverse, &mut normal);
        by_weight(g, &normal, w, by_w, &mut unused, &mut by_normal);
        // d/dx of the root takes away the part along x.
        let along = dot(&by_normal, &normal) / d as f32;
        without(&by_normal, 0.0, &normal, along, inverse, by_x);
    }
}
