//! silu(gate) * up in one pass, with a backward (Shazeer, 2020).

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::kernels;
use super::slices::{f32s, with_f32s};

/// Elements that one thread takes at a time.
const BLOCK: usize = 1 << 14;

/// `gate` and `up` of one shape -> that shape.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if gate.device().is_cpu() { gate.contiguous()?.apply_op2(&up.contiguous()?, Swiglu) } else { slow(gate, up) }
}

/// The same by candle's own operations.
pub fn slow(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.silu()? * up
}

struct Swiglu;

impl CustomOp2 for Swiglu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (f32s(s1, l1)?, f32s(s2, l2)?);
        let mut out = vec![0f32; gate.len()];
        if out.len() <= BLOCK {
            kernels::swiglu(gate, up, &mut out);
        } else {
            let inputs = gate.par_chunks(BLOCK).zip(up.par_chunks(BLOCK));
            out.par_chunks_mut(BLOCK).zip(inputs).for_each(|(out, (gate, up))| kernels::swiglu(gate, up, out));
        }
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    fn bwd(&self, gate: &Tensor, up: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let mut by_gate = vec![0f32; gate.elem_count()];
        let mut by_up = vec![0f32; gate.elem_count()];
        with_f32s(gate, |gate| {
            with_f32s(up, |up| {
                with_f32s(grad, |grad| {
                    let inputs = gate.par_chunks(BLOCK).zip(up.par_chunks(BLOCK)).zip(grad.par_chunks(BLOCK));
                    let outputs = by_gate.par_chunks_mut(BLOCK).zip(by_up.par_chunks_mut(BLOCK));
                    outputs.zip(inputs).for_each(|((by_gate, by_up), ((gate, up), grad))| {
                        kernels::swiglu_backward(gate, up, grad, by_gate, by_up);
                    });
                    Ok(())
                })
            })
        })?;
        let made = |data| Tensor::from_vec(data, gate.shape(), gate.device());
        Ok((Some(made(by_gate)?), Some(made(by_up)?)))
    }
}
