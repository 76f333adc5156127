//! Keys and values of what was read so far, in memory allocated once: a token writes its own place and copies nothing else.

use candle_core::{DType, Device, Result, Tensor, bail};

use super::ops::{RopeTable, Threads};

/// One pair of tensors a layer, (rows, capacity, kv_heads, head_dim) f32.
pub struct KvCache {
    layers: Vec<(Tensor, Tensor)>,
    len: usize,
    capacity: usize,
    threads: Threads,
    /// By how much the position of what comes next differs from the tokens held.
    ahead: i64,
    rope: Option<RopeTable>,
}

impl KvCache {
    pub fn new(
        layers: usize,
        rows: usize,
        capacity: usize,
        kv_heads: usize,
        head_dim: usize,
        device: &Device,
    ) -> Result<Self> {
        let shape = (rows, capacity, kv_heads, head_dim);
        let zeros = || Tensor::zeros(shape, DType::F32, device);
        let layers = (0..layers).map(|_| Ok((zeros()?, zeros()?))).collect::<Result<_>>()?;
        Ok(Self { layers, len: 0, capacity, threads: Threads::All, ahead: 0, rope: None })
    }

    /// Whether steps over this cache are computed by the calling thread alone: where many are told at once, each by its own
    /// thread, they would only wait for one another.
    pub fn alone(&mut self, alone: bool) {
        self.threads = if alone { Threads::One } else { Threads::All };
    }

    pub fn threads(&self) -> Threads {
        self.threads
    }

    /// Tokens held.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The position of what comes next: pictures need not take as many positions as tokens.
    pub fn position(&self) -> usize {
        usize::try_from(self.len as i64 + self.ahead).unwrap_or(0)
    }

    /// Says where the next token stands, and which table turns it where that is not the model's own.
    pub fn place(&mut self, position: usize, rope: Option<RopeTable>) {
        (self.ahead, self.rope) = (position as i64 - self.len as i64, rope);
    }

    pub fn rope(&self) -> Option<&RopeTable> {
        self.rope.as_ref()
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Writes the new tokens' keys and values of one layer, (rows, new, kv_heads, head_dim), behind what is there and
    /// returns the layer's whole tensors; [`Self::advance`] then counts them, once for all layers.
    pub fn write(&mut self, layer: usize, k: &Tensor, v: &Tensor) -> Result<(Tensor, Tensor)> {
        let new = k.dim(1)?;
        if self.len + new > self.capacity {
            bail!("the cache holds {} tokens and has {}, {new} more do not fit", self.capacity, self.len);
        }
        let (keys, values) = &self.layers[layer];
        keys.slice_set(&k.contiguous()?, 1, self.len)?;
        values.slice_set(&v.contiguous()?, 1, self.len)?;
        Ok((keys.clone(), values.clone()))
    }

    pub fn advance(&mut self, new: usize) {
        self.len += new;
    }

    /// A cache of `rows` rows that all begin with this one's single row: several stories over one prefill.
    pub fn spread(&self, rows: usize, capacity: usize) -> Result<Self> {
        let layers = self
            .layers
            .iter()
            .map(|(k, v)| {
                let copy = |t: &Tensor| -> Result<Tensor> {
                    let (_, _, heads, d) = t.dims4()?;
                    let read = t.narrow(1, 0, self.len)?.broadcast_as((rows, self.len, heads, d))?.contiguous()?;
                    let wide = Tensor::zeros((rows, capacity, heads, d), t.dtype(), t.device())?;
                    wide.slice_set(&read, 1, 0)?;
                    Ok(wide)
                };
                Ok((copy(k)?, copy(v)?))
            })
            .collect::<Result<_>>()?;
        Ok(Self { layers, len: self.len, capacity, threads: self.threads, ahead: self.ahead, rope: self.rope.clone() })
    }
}
