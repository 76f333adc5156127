//! Reaching the numbers inside candle's CPU storage. Only contiguous tensors: callers make them so first.

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};
use half::{bf16, f16};

/// The elements of a contiguous f32 storage.
pub fn f32s<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = range(layout)?;
    Ok(&storage.as_slice::<f32>()?[start..end])
}

/// First and one-past-last element of a contiguous layout.
pub fn range(layout: &Layout) -> Result<(usize, usize)> {
    match layout.contiguous_offsets() {
        Some(range) => Ok(range),
        None => bail!("a fused operation was given a strided tensor {:?}", layout.shape()),
    }
}

/// Runs `f` on the elements of a tensor that is f32, contiguous and on the CPU.
pub fn with_f32s<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(f32s(storage, layout)?),
        _ => bail!("a CPU operation was given a tensor of another device"),
    }
}

/// The elements of a weight in the type it is stored in.
#[derive(Clone, Copy)]
pub enum WeightSlice<'a> {
    F32(&'a [f32]),
    Bf16(&'a [bf16]),
    F16(&'a [f16]),
}

impl<'a> WeightSlice<'a> {
    pub fn new(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let (start, end) = range(layout)?;
        Ok(match storage {
            CpuStorage::F32(all) => Self::F32(&all[start..end]),
            CpuStorage::BF16(all) => Self::Bf16(&all[start..end]),
            CpuStorage::F16(all) => Self::F16(&all[start..end]),
            _ => bail!("weights of this type are not supported: f32, bf16 and f16 are"),
        })
    }

    /// Elements `start..end` as f32; borrowed if they are f32 already, otherwise converted into `scratch`.
    pub fn f32s<'s>(&self, start: usize, end: usize, scratch: &'s mut Vec<f32>) -> &'s [f32]
    where
        'a: 's,
    {
        match self {
            Self::F32(all) => &all[start..end],
            Self::Bf16(all) => {
                scratch.resize(end - start, 0.0);
                super::kernels::bf16_to_f32(&all[start..end], scratch);
                scratch
            }
            Self::F16(all) => {
                use half::slice::HalfFloatSliceExt;
                scratch.resize(end - start, 0.0);
                all[start..end].convert_to_f32_slice(scratch);
                scratch
            }
        }
    }
}

/// Runs `f` on a weight tensor's elements in the type they are stored in.
pub fn with_weight<R>(tensor: &Tensor, f: impl FnOnce(WeightSlice<'_>) -> Result<R>) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(WeightSlice::new(storage, layout)?),
        _ => bail!("a CPU operation was given a weight of another device"),
    }
}
