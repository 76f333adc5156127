//! Hands parameters to a model under construction and remembers which of them train.
//!
//! A model asks for parameters by their published names; whether they come from a file or a seed, carry an adapter or are
//! trained is decided here, so that there is one model code for inference and training.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::{DType, Device, Tensor, Var};

use super::adapter::{Adapter, full_name, pair_names};
use super::error::{ModelError, Result};
use super::format::Format;
use super::linear::{Linear, Lora};
use super::ops::{self, Precision, Quant};
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
    quant: Option<Quant>,
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
    asked: Mutex<Vec<Asked>>,
}

/// A parameter that a model asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub name: String,
    pub shape: Vec<usize>,
    /// Kept in the model's format, and not always f32.
    pub matrix: bool,
}

/// Hears after each tensor how many numbers have been handed out so far.
pub type Watch = Box<dyn Fn(u64) + Send + Sync>;

impl Params {
    /// Parameters for inference, kept in `dtype` (f32, bf16 or f16; norms and biases are always f32).
    /// Products are f32 whatever the weights are kept in: the same answer to the last digit that is printed.
    pub fn new(weights: Weights, dtype: DType, device: Device) -> Self {
        let (trained, used, numbers, bytes, asked) = Default::default();
        Self {
            weights,
            device,
            dtype,
            quant: None,
            precision: Precision::F32,
            checkpointing: false,
            adapter: None,
            training: Training::Nothing,
            trained,
            used,
            numbers,
            bytes,
            watch: None,
            asked,
        }
    }

    /// Parameters for inference, matrices kept in `format`.
    pub fn in_format(weights: Weights, format: Format, device: Device) -> Self {
        Self { quant: format.quant(), ..Self::new(weights, format.dtype(), device) }
    }

    /// No numbers at all: a model that is built from these is only asked what it would need. `there`: the checkpoint whose
    /// names it has; `None` for one that has whatever is asked for.
    pub fn survey(there: Option<Weights>) -> Self {
        Self::new(Weights::survey(there), DType::F32, Device::Cpu)
    }

    /// What has been asked for so far, in order, if this is a survey.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
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
        match self.surveyed(name, shape, false)? {
            Some(nothing) => Ok(nothing),
            None => self.take(name, shape, DType::F32, None),
        }
    }

    /// A matrix or an embedding: in the model's format unless it trains.
    pub fn matrix(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let quant = self.quant.filter(|_| matches!(shape, [_, k] if Quant::fits(*k)));
        match self.surveyed(name, shape, true)? {
            Some(nothing) => Ok(nothing),
            None => self.take(name, shape, self.dtype, quant),
        }
    }

    /// Notes what is asked for, if this is a survey.
    fn surveyed(&self, name: &str, shape: &[usize], matrix: bool) -> Result<Option<Tensor>> {
        if !self.weights.surveys() {
            return Ok(None);
        }
        if let Ok(mut asked) = self.asked.lock() {
            asked.push(Asked { name: name.to_owned(), shape: shape.to_owned(), matrix });
        }
        Ok(Some(self.weights.get(name, shape, &self.device)?))
    }

    fn take(&self, name: &str, shape: &[usize], dtype: DType, quant: Option<Quant>) -> Result<Tensor> {
        let saved = match &self.adapter {
            Some(adapter) => adapter.saved(name, &self.device)?,
            None => None,
        };
        if saved.is_some() {
            self.note_used(full_name(name));
        }
        // What an adapter saved whole was trained: it keeps its bits.
        let quant = quant.filter(|_| saved.is_none());
        let (trains, key) = match &self.training {
            Training::Nothing => (false, String::new()),
            Training::Full(passes) => (passes(name), name.to_owned()),
            Training::Adapter => (self.adapter.as_ref().is_some_and(|a| a.config.saves_whole(name)), full_name(name)),
        };
        let count = shape.iter().product::<usize>() as u64;
        let numbers = self.numbers.fetch_add(count, Ordering::Relaxed) + count;
        if let Some(watch) = &self.watch {
            watch(numbers);
        }
        if let Some(quant) = quant.filter(|_| !trains)
            && let Some(packed) = self.weights.packed(name, shape, quant, &self.device)?
        {
            self.bytes.fetch_add(packed.elem_count() as u64, Ordering::Relaxed);
            return Ok(packed);
        }
        let tensor = match saved {
            Some(tensor) => tensor,
            None => self.weights.get(name, shape, &self.device)?,
        };
        if !matches!(tensor.dtype(), DType::F32 | DType::BF16 | DType::F16) {
            return Err(ModelError::Stored { name: name.to_owned(), dtype: tensor.dtype().as_str() });
        }
        if let Some(at) = ops::not_finite(&tensor)? {
            return Err(ModelError::NotFinite { name: name.to_owned(), at });
        }
        let kept = match quant {
            _ if trains => self.train(key, &tensor)?,
            Some(quant) => ops::quantise(&tensor, quant)?,
            None => tensor.to_dtype(dtype)?,
        };
        let bytes = kept.elem_count() * kept.dtype().size_in_bytes();
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(kept)
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
