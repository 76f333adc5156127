//! GGUF, the files of llama.cpp: where each tensor lies and how its blocks are stored. A file may lie about anything: every count
//! and offset is held against the bytes that are there before it is believed, and nothing is allocated for what is only claimed.
//!
//! Read are tensors and the plain values of the metadata; lists (a tokenizer's words) are stepped over.

use std::collections::BTreeMap;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};
use half::{bf16, f16};
use rayon::prelude::*;

use super::ops::{GROUP, Quant};

/// Bytes that a tensor's data begins at a multiple of, where the file says nothing.
const ALIGNMENT: u64 = 32;
/// Sides of a tensor at most.
const MOST_SIDES: u32 = 4;

/// A value of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Whole(u64),
    Number(f64),
    Text(String),
    /// A list, which is not kept.
    List,
}

/// Where a tensor lies.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Outermost first, as elsewhere.
    pub sides: Vec<usize>,
    pub stored: GgmlDType,
    start: usize,
    end: usize,
}

/// A file's table.
#[derive(Debug, Default)]
pub struct Gguf {
    pub values: BTreeMap<String, Value>,
    pub tensors: BTreeMap<String, Entry>,
}

/// What is left to read.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Said<T> = Result<T, String>;

impl<'a> Cursor<'a> {
    fn take(&mut self, count: u64) -> Said<&'a [u8]> {
        let cut = || format!("is cut short: {count} bytes are to follow byte {}", self.at);
        let end = usize::try_from(count).ok().and_then(|count| self.at.checked_add(count)).ok_or_else(cut)?;
        let taken = self.bytes.get(self.at..end).ok_or_else(cut)?;
        self.at = end;
        Ok(taken)
    }

    fn u32(&mut self) -> Said<u32> {
        self.take(4).map(|bytes| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }

    fn u64(&mut self) -> Said<u64> {
        self.take(8).map(|bytes| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn text(&mut self) -> Said<String> {
        let length = self.u64()?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn value(&mut self, kind: u32, depth: usize) -> Said<Value> {
        Ok(match kind {
            0 | 1 | 7 => Value::Whole(self.take(1)?[0].into()),
            2 | 3 => Value::Whole(self.take(2).map(|bytes| u64::from(bytes[0]) | u64::from(bytes[1]) << 8)?),
            4 | 5 => Value::Whole(self.u32()?.into()),
            6 => Value::Number(f32::from_bits(self.u32()?).into()),
            8 => Value::Text(self.text()?),
            9 if depth < 4 => {
                let (inner, count) = (self.u32()?, self.u64()?);
                for _ in 0..count {
                    self.value(inner, depth + 1)?;
                }
                Value::List
            }
            10 | 11 => Value::Whole(self.u64()?),
            12 => Value::Number(f64::from_bits(self.u64()?)),
            other => return Err(format!("has a value of the unknown kind {other}")),
        })
    }
}

fn stored(number: u32) -> Option<GgmlDType> {
    Some(match number {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

impl Gguf {
    /// Reads the table; the error says what is wrong, as the end of a sentence that begins with the file's name.
    pub fn read(bytes: &[u8]) -> Said<Self> {
        let mut from = Cursor { bytes, at: 0 };
        if from.take(4)? != b"GGUF" {
            return Err("is no GGUF file".to_owned());
        }
        let version = from.u32()?;
        if !(2..=3).contains(&version) {
            return Err(format!("is GGUF of version {version}; 2 and 3 are read"));
        }
        let (tensors, values) = (from.u64()?, from.u64()?);
        let mut read = Self::default();
        for _ in 0..values {
            let (name, kind) = (from.text()?, from.u32()?);
            let value = from.value(kind, 0)?;
            read.values.insert(name, value);
        }
        let mut places = Vec::new();
        for _ in 0..tensors {
            let name = from.text()?;
            let count = from.u32()?;
            if count > MOST_SIDES {
                return Err(format!("says that tensor '{name}' has {count} sides"));
            }
            let mut sides = Vec::new();
            for _ in 0..count {
                let side = from.u64()?;
                sides.insert(0, usize::try_from(side).map_err(|_| format!("says that '{name}' has a side of {side}"))?);
            }
            let kind = from.u32()?;
            let stored = stored(kind).ok_or_else(|| format!("has tensor '{name}' in the unknown type {kind}"))?;
            places.push((name, sides, stored, from.u64()?));
        }
        let alignment = match read.values.get("general.alignment") {
            Some(Value::Whole(said)) if said.is_power_of_two() && (8..=1 << 20).contains(said) => *said,
            Some(said) => return Err(format!("has an alignment of {said:?}")),
            None => ALIGNMENT,
        };
        let start = (from.at as u64).next_multiple_of(alignment);
        for (name, sides, stored, offset) in places {
            let entry = place(bytes.len() as u64, sides, stored, start, offset, alignment)
                .map_err(|what| format!("has tensor '{name}' {what}"))?;
            if read.tensors.insert(name.clone(), entry).is_some() {
                return Err(format!("has tensor '{name}' twice"));
            }
        }
        Ok(read)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn whole(&self, name: &str) -> Option<usize> {
        match self.values.get(name) {
            Some(Value::Whole(number)) => usize::try_from(*number).ok(),
            _ => None,
        }
    }
}

fn place(length: u64, sides: Vec<usize>, stored: GgmlDType, start: u64, offset: u64, alignment: u64) -> Said<Entry> {
    let count = sides.iter().try_fold(1u64, |all, side| all.checked_mul(*side as u64));
    let (row, block) = (sides.last().copied().unwrap_or(1), stored.block_size());
    if !row.is_multiple_of(block) {
        return Err(format!("whose rows of {row} are no whole blocks of {block}"));
    }
    let size = count.and_then(|count| (count / block as u64).checked_mul(stored.type_size() as u64));
    let begin = start.checked_add(offset).filter(|_| offset.is_multiple_of(alignment));
    let end = begin.zip(size).and_then(|(begin, size)| begin.checked_add(size)).filter(|end| *end <= length);
    match begin.zip(end) {
        Some((begin, end)) => Ok(Entry { sides, stored, start: begin as usize, end: end as usize }),
        None => Err(format!("of sides {sides:?} at {offset}, which is not within its {length} bytes")),
    }
}

impl Entry {
    pub fn elements(&self) -> u64 {
        self.sides.iter().map(|side| *side as u64).product()
    }

    /// The quantised form that it can be taken for as it is.
    pub fn quant(&self) -> Option<Quant> {
        match (self.stored, self.sides.as_slice()) {
            (GgmlDType::Q8_0, [_, k]) if Quant::fits(*k) => Some(Quant::Q8),
            (GgmlDType::Q4_0, [_, k]) if Quant::fits(*k) => Some(Quant::Q4),
            _ => None,
        }
    }

    /// The numbers, `file` being the whole file: f32, f16 or bf16 as stored, f32 where they are in blocks.
    pub fn numbers(&self, file: &[u8], device: &Device) -> candle_core::Result<Tensor> {
        let bytes = &file[self.start..self.end];
        let sides = self.sides.as_slice();
        match self.stored {
            GgmlDType::F32 => Tensor::from_raw_buffer(bytes, DType::F32, sides, device),
            GgmlDType::F16 => {
                let all: Vec<f16> = bytes.as_chunks::<2>().0.iter().map(|two| f16::from_le_bytes(*two)).collect();
                Tensor::from_vec(all, sides, device)
            }
            GgmlDType::BF16 => {
                let all: Vec<bf16> = bytes.as_chunks::<2>().0.iter().map(|two| bf16::from_le_bytes(*two)).collect();
                Tensor::from_vec(all, sides, device)
            }
            blocks => {
                let storage = QStorage::from_data(bytes.into(), &Device::Cpu, blocks)?;
                QTensor::new(storage, sides)?.dequantize(device)
            }
        }
    }

    /// The blocks laid out as a quantised weight, to the last bit the same values; an error names a scale that is no number.
    pub fn packed(&self, file: &[u8], quant: Quant, device: &Device) -> Result<Tensor, String> {
        let bytes = &file[self.start..self.end];
        let [n, k] = [self.sides[0], self.sides[1]];
        let (block, values) = (quant.group_bytes(), quant.value_bytes(GROUP));
        let row_bytes = k / GROUP * block;
        let mut out = vec![0u8; bytes.len()];
        let rows = out.par_chunks_mut(row_bytes).zip(bytes.par_chunks(row_bytes));
        let sound = rows
            .map(|(out, row)| {
                let (to, scales) = out.split_at_mut(quant.value_bytes(k));
                let blocks =
                    row.chunks_exact(block).zip(to.chunks_exact_mut(values).zip(scales.as_chunks_mut::<2>().0));
                blocks.fold(true, |sound, (from, (to, scale))| {
                    scale.copy_from_slice(&from[..2]);
                    to.copy_from_slice(&from[2..]);
                    sound & f16::from_le_bytes(*scale).is_finite()
                })
            })
            .reduce(|| true, |a, b| a & b);
        if !sound {
            return Err("has a scale that is no number (infinite or NaN)".to_owned());
        }
        Tensor::from_vec(out, (n, k / GROUP, block), device).map_err(|error| error.to_string())
    }
}
