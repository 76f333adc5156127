//! Hands parameters to a model under construction and remembers which of them train.
//!
//! A model asks for parameters by their published names; whether they come from a file or a seed, carry an adapter or are
//! trained is decided here, so that there is one model code for inference and training.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::{DType, Device, Tensor, Var};

use super::adapter::{Adapter, full_name, pair_names};
use super::error::Result;
use super::linear::{Linear, Lora};
use super::ops::Precision;
use super::weights::Weights;

/// Which parameters train.
pub enum Training {
    /// None: inference.
    Nothing,
    /// Those whose published name passes.
    Full(Box<dyn Fn(&str) -> bool + Send + Sync>),
    /// The adapter's pairs and the modules it saves whole.
    Adapter,
}

/// A source of parameters for one model.
pub struct Params {
    weights: Weights,
    device: Device,
    dtype: DType,
    precision: Precision,
    checkpointing: bool,
    adapter: Option<Adapter>,
    training: Training,
    trained: Mutex<BTreeMap<String, Var>>,
    used: Mutex<Vec<String>>,
    /// Numbers handed out, and the bytes they take.
    numbers: AtomicU64,
    bytes: AtomicU64,
    watch: Option<Watch>,
}

/// Hears after each tensor how many numbers have been handed out so far.
pub type Watch = Box<dyn Fn(u64) + Send + Sync>;

impl Params {
    /// Parameters for inference, kept in `dtype` (f32, bf16 or f16; norms and biases are always f32).
    /// Products are f32 whatever the weights are kept in: the same answer to the last digit that is printed.
    pub fn new(weights: Weights, dtype: DType, device: Device) -> Self {
        let (trained, used, numbers, bytes) = Default::default();
        Self {
            weights,
            device,
            dtype,
            precision: Precision::F32,
            checkpointing: false,
            adapter: None,
            training: Training::Nothing,
            trained,
            used,
            numbers,
            bytes,
            watch: None,
        }
    }

    pub fn with_adapter(mut self, adapter: Adapter) -> Self {
        self.adapter = Some(adapter);
        self
    }

    pub fn with_training(mut self, training: Training) -> Self {
        self.training = training;
        self
    }

    /// In what products of many rows are computed; without this f32.
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Whether layers with an adapter keep only their input and compute the rest anew for the gradient.
    pub fn with_checkpointing(mut self, checkpointing: bool) -> Self {
        self.checkpointing = checkpointing;
        self
    }

    /// Tells `watch` of every tensor that is handed out: loading is slow where the weights are large.
    pub fn with_watch(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Bytes of memory that what was handed out so far takes, an adapter's pairs left out.
    pub fn held(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub fn checkpointing(&self) -> bool {
        self.checkpointing
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    pub fn has(&self, name: &str) -> bool {
        self.weights.has(name)
    }

    /// A norm's weight, a bias, a position table: always f32.
    pub fn exact(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        self.take(name, shape, DType::F32)
    }

    /// A matrix or an embedding: in the model's storage type unless it trains.
    pub fn matrix(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        self.take(name, shape, self.dtype)
    }

    fn take(&self, name: &str, shape: &[usize], dtype: DType) -> Result<Tensor> {
        let saved = match &self.adapter {
            Some(adapter) => adapter.saved(name, &self.device)?,
            None => None,
        };
        if saved.is_some() {
            self.note_used(full_name(name));
        }
        let tensor = match saved {
            Some(tensor) => tensor,
            None => self.weights.get(name, shape, &self.device)?,
        };
        let (trains, key) = match &self.training {
            Training::Nothing => (false, String::new()),
            Training::Full(passes) => (passes(name), name.to_owned()),
            Training::Adapter => (self.adapter.as_ref().is_some_and(|a| a.config.saves_whole(name)), full_name(name)),
        };
        let count = tensor.elem_count() as u64;
        let numbers = self.numbers.fetch_add(count, Ordering::Relaxed) + count;
        self.bytes.fetch_add(count * dtype.size_in_bytes() as u64, Ordering::Relaxed);
        if let Some(watch) = &self.watch {
            watch(numbers);
        }
        if trains { self.train(key, &tensor) } else { Ok(tensor.to_dtype(dtype)?) }
    }

    fn train(&self, key: String, tensor: &Tensor) -> Result<Tensor> {
        let var = Var::from_tensor(&tensor.to_dtype(DType::F32)?)?;
        let tensor = var.as_tensor().clone();
        if let Ok(mut trained) = self.trained.lock() {
            trained.insert(key, var);
        }
        Ok(tensor)
    }

    fn note_used(&self, name: String) {
        if let Ok(mut used) = self.used.lock() {
            used.push(name);
        }
    }

    /// A linear layer of `n` outputs and `k` inputs at `module`, with its adapter if it has one.
    pub fn linear(&self, module: &str, n: usize, k: usize, bias: bool) -> Result<Linear> {
        let weight = self.matrix(&format!("{module}.weight"), &[n, k])?;
        let bias = if bias { Some(self.exact(&format!("{module}.bias"), &[n])?) } else { None };
        let pair = match &self.adapter {
            Some(adapter) => adapter.pair(module, n, k, &self.device)?,
            None => None,
        };
        let lora = match pair {
            None => None,
            Some(pair) => {
                let (a_name, b_name) = pair_names(module);
                self.note_used(a_name.clone());
                self.note_used(b_name.clone());
                let place = |name: String, tensor: Tensor| match &self.training {
                    Training::Adapter => self.train(name, &tensor),
                    _ => Ok(tensor.to_dtype(DType::F32)?),
                };
                Some(Lora { a: place(a_name, pair.a)?, b: place(b_name, pair.b)?, scale: pair.scale })
            }
        };
        Ok(Linear { weight, bias, lora, precision: self.precision })
    }

    /// Everything that trains, by name: published names, or PEFT's full names for an adapter.
    pub fn trained(&self) -> BTreeMap<String, Var> {
        self.trained.lock().map(|trained| trained.clone()).unwrap_or_default()
    }

    /// Names in the adapter's file that the model never asked for.
    pub fn unplaced(&self) -> Vec<String> {
        let used = self.used.lock().map(|used| used.clone()).unwrap_or_default();
        self.adapter.as_ref().map(|adapter| adapter.unused(&used)).unwrap_or_default()
    }
}
