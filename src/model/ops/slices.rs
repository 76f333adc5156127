//! Reaching the numbers inside candle's CPU storage. Only contiguous tensors: callers make them so first.

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, bail};
use half::{bf16, f16};
use rayon::prelude::*;

use super::quant_rows::{GROUP, Quant, QuantRows};

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
    Quant(QuantRows<'a>),
}

impl<'a> WeightSlice<'a> {
    pub fn new(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        let (start, end) = range(layout)?;
        Ok(match storage {
            CpuStorage::F32(all) => Self::F32(&all[start..end]),
            CpuStorage::BF16(all) => Self::Bf16(&all[start..end]),
            CpuStorage::F16(all) => Self::F16(&all[start..end]),
            CpuStorage::U8(all) => match (Quant::of(layout.dims()), layout.dims()) {
                (Some(quant), [_, groups, _]) => {
                    Self::Quant(QuantRows { bytes: &all[start..end], quant, k: groups * GROUP })
                }
                _ => bail!("bytes of sides {:?} are no quantised weight", layout.shape()),
            },
            _ => bail!("weights of this type are not supported: f32, bf16, f16, q8 and q4 are"),
        })
    }

    /// Elements `start..end` as f32, whole rows where the weight is quantised; borrowed if they are f32 already, otherwise
    /// converted into `scratch`.
    pub fn f32s<'s>(&self, start: usize, end: usize, scratch: &'s mut Vec<f32>) -> &'s [f32]
    where
        'a: 's,
    {
        if let Self::F32(all) = self {
            return &all[start..end];
        }
        scratch.resize(end - start, 0.0);
        self.widen(start, scratch);
        scratch
    }
}

impl WeightSlice<'_> {
    /// The rows `rows` of `k` elements as f32, like [`Self::f32s`], converted on all cores.
    pub fn rows<'s>(&'s self, rows: std::ops::Range<usize>, k: usize, scratch: &'s mut Vec<f32>) -> &'s [f32] {
        /// Rows that a thread converts at a time.
        const RUN: usize = 16;
        if let Self::F32(all) = self {
            return &all[rows.start * k..rows.end * k];
        }
        scratch.resize(rows.len() * k, 0.0);
        scratch.par_chunks_mut(RUN * k).enumerate().for_each(|(i, out)| {
            let first = (rows.start + i * RUN) * k;
            self.widen(first, out);
        });
        scratch
    }

    /// As many elements as `out` has, from `start` on.
    fn widen(&self, start: usize, out: &mut [f32]) {
        let end = start + out.len();
        match self {
            Self::F32(all) => out.copy_from_slice(&all[start..end]),
            Self::Bf16(all) => super::widen::bf16_to_f32(&all[start..end], out),
            Self::F16(all) => super::widen::f16_to_f32(&all[start..end], out),
            Self::Quant(rows) => rows.widen(start / rows.k..end / rows.k, out),
        }
    }
}

/// Runs `f` on a weight tensor's elements in the type they are stored in.
pub fn with_weight<R>(tensor: &Tensor, f: impl FnOnce(WeightSlice<'_>) -> Result<R>) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    f(slice_of(&storage, layout)?)
}

/// A weight's elements in its storage.
pub fn slice_of<'a>(storage: &'a Storage, layout: &Layout) -> Result<WeightSlice<'a>> {
    match storage {
        Storage::Cpu(storage) => WeightSlice::new(storage, layout),
        _ => bail!("a CPU operation was given a weight of another device"),
    }
}
