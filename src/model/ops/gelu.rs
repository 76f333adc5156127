//! The tanh form of GELU in one pass, with a backward (Hendrycks & Gimpel, 2016); "gelu_pytorch_tanh" in configs.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::kernels;
use super::slices::{f32s, with_f32s};

/// Elements that one thread takes at a time.
const BLOCK: usize = 1 << 14;

/// Any shape -> that shape.
pub fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() { x.contiguous()?.apply_op1(GeluTanh) } else { slow(x) }
}

/// The same by candle's own operation.
pub fn slow(x: &Tensor) -> Result<Tensor> {
    x.gelu()
}

struct GeluTanh;

impl CustomOp1 for GeluTanh {
    fn name(&self) -> &'static str {
        "gelu-tanh"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = f32s(storage, layout)?;
        let mut out = vec![0f32; x.len()];
        out.par_chunks_mut(BLOCK).zip(x.par_chunks(BLOCK)).for_each(|(out, x)| kernels::gelu_tanh(x, out));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut out = vec![0f32; x.elem_count()];
        with_f32s(x, |x| {
            with_f32s(grad, |grad| {
                let inputs = x.par_chunks(BLOCK).zip(grad.par_chunks(BLOCK));
                out.par_chunks_mut(BLOCK)
                    .zip(inputs)
                    .for_each(|(out, (x, grad))| kernels::gelu_tanh_backward(x, grad, out));
                Ok(())
            })
        })?;
        Ok(Some(Tensor::from_vec(out, x.shape(), x.device())?))
    }
}
