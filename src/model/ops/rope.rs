//! Rotary positions with a backward (Su et al., 2021): halves of a head rotated against each other, as Llama stores them.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::slices::{f32s, with_f32s};

/// Cosines and sines of every position up to a limit; (positions, head_dim / 2) each.
#[derive(Clone)]
pub struct RopeTable {
    cos: Arc<Vec<f32>>,
    sin: Arc<Vec<f32>>,
    half: usize,
}

impl RopeTable {
    /// Tables for positions `0..positions` at base `theta`.
    pub fn new(positions: usize, head_dim: usize, theta: f64) -> Self {
        let half = head_dim / 2;
        // Frequencies and angles in f32, as the reference computes them: at long positions the rounding is part of the model.
        let frequencies: Vec<f32> =
            (0..half).map(|i| 1.0 / (theta as f32).powf((2 * i) as f32 / head_dim as f32)).collect();
        let angle = |i: usize| (i / half) as f32 * frequencies[i % half];
        let cos = (0..positions * half).map(|i| angle(i).cos()).collect();
        let sin = (0..positions * half).map(|i| angle(i).sin()).collect();
        Self { cos: Arc::new(cos), sin: Arc::new(sin), half }
    }

    /// A table of given angles, `half` a row: for positions that are more than one number.
    pub fn of_angles(angles: &[f32], half: usize) -> Self {
        let cos = angles.iter().map(|angle| angle.cos()).collect();
        let sin = angles.iter().map(|angle| angle.sin()).collect();
        Self { cos: Arc::new(cos), sin: Arc::new(sin), half }
    }

    /// The rows of these positions, in this order.
    pub fn picked(&self, positions: &[u32]) -> Self {
        let pick = |all: &[f32]| {
            positions.iter().flat_map(|at| all[*at as usize * self.half..][..self.half].iter().copied()).collect()
        };
        Self { cos: Arc::new(pick(&self.cos)), sin: Arc::new(pick(&self.sin)), half: self.half }
    }

    /// Number of positions the table holds.
    pub fn positions(&self) -> usize {
        self.cos.len() / self.half.max(1)
    }
}

/// `x` (batch, seq, heads, head_dim) f32, rotated by `positions` (batch * seq of them, or seq shared by all rows).
pub fn rope(x: &Tensor, table: &RopeTable, positions: &Arc<Vec<u32>>) -> Result<Tensor> {
    let (b, s, _, head_dim) = x.dims4()?;
    if positions.len() != s && positions.len() != b * s {
        bail!("rope: {} positions for {b} rows of {s}", positions.len());
    }
    if head_dim != 2 * table.half {
        bail!("rope: head size {head_dim} but the table is for {}", 2 * table.half);
    }
    if let Some(far) = positions.iter().find(|p| **p as usize >= table.positions()) {
        bail!("position {far} is beyond the model's limit of {}", table.positions());
    }
    let op = Rope { table: table.clone(), positions: positions.clone(), sign: 1.0 };
    if x.device().is_cpu() { x.contiguous()?.apply_op1(op) } else { slow(x, table, positions) }
}

/// The same by candle's own operations.
pub fn slow(x: &Tensor, table: &RopeTable, positions: &[u32]) -> Result<Tensor> {
    let (b, s, h, d) = x.dims4()?;
    let half = table.half;
    let rows = positions.len() / s;
    let gather = |all: &[f32]| -> Result<Tensor> {
        let picked: Vec<f32> =
            positions.iter().flat_map(|p| all[*p as usize * half..][..half].iter().copied()).collect();
        Tensor::from_vec(picked, (rows, s, 1, half), x.device())?.broadcast_as((b, s, h, half))?.contiguous()
    };
    let (cos, sin) = (gather(&table.cos)?, gather(&table.sin)?);
    let (first, second) = (x.narrow(3, 0, half)?, x.narrow(3, half, d - half)?);
    let left = ((&first * &cos)? - (&second * &sin)?)?;
    let right = ((&second * &cos)? + (&first * &sin)?)?;
    Tensor::cat(&[left, right], 3)
}

pub(super) struct Rope {
    pub table: RopeTable,
    pub positions: Arc<Vec<u32>>,
    /// 1 turns forward; -1 turns back, which is the gradient.
    pub sign: f32,
}

impl Rope {
    pub fn turn(&self, x: &[f32], heads: usize) -> Vec<f32> {
        let half = self.table.half;
        let token = heads * half * 2;
        let mut out = vec![0f32; x.len()];
        let one = |(i, (x, out)): (usize, (&[f32], &mut [f32]))| {
            let p = self.positions[i % self.positions.len()] as usize * half;
            let (cos, sin) = (&self.table.cos[p..p + half], &self.table.sin[p..p + half]);
            for (x, out) in x.chunks_exact(2 * half).zip(out.chunks_exact_mut(2 * half)) {
                let (x1, x2) = x.split_at(half);
                let (o1, o2) = out.split_at_mut(half);
                for j in 0..half {
                    let s = sin[j] * self.sign;
                    o1[j] = x1[j] * cos[j] - x2[j] * s;
                    o2[j] = x2[j] * cos[j] + x1[j] * s;
                }
            }
        };
        if x.len() > 1 << 15 {
            x.par_chunks_exact(token).zip(out.par_chunks_exact_mut(token)).enumerate().with_min_len(32).for_each(one);
        } else {
            x.chunks_exact(token).zip(out.chunks_exact_mut(token)).enumerate().for_each(one);
        }
        out
    }
}

impl CustomOp1 for Rope {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let heads = layout.shape().dims4()?.2;
        Ok((CpuStorage::F32(self.turn(f32s(storage, layout)?, heads)), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let back = Rope { table: self.table.clone(), positions: self.positions.clone(), sign: -self.sign };
        let heads = x.dim(2)?;
        let out = with_f32s(grad, |grad| Ok(back.turn(grad, heads)))?;
        Ok(Some(Tensor::from_vec(out, x.shape(), x.device())?))
    }
}
