//! AdamW (Loshchilov & Hutter, 2019) over named variables, one pass a tensor, with the norm of the gradient clipped before.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};
use rayon::prelude::*;

use super::error::{Result, TrainError};
use super::recipe::OptimiserRecipe;

/// First and second moments of one variable.
#[derive(Clone, Default)]
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

/// The optimiser and its state.
pub struct AdamW {
    vars: BTreeMap<String, Var>,
    moments: BTreeMap<String, Moments>,
    recipe: OptimiserRecipe,
    pub steps: usize,
}

/// Gradients by name, summed over the batches of a step.
#[derive(Default)]
pub struct Gradients(BTreeMap<String, Vec<f32>>);

impl Gradients {
    /// Adds `scale` times the gradients of one backward pass.
    pub fn add(&mut self, vars: &BTreeMap<String, Var>, store: &GradStore, scale: f32) -> Result<()> {
        for (name, var) in vars {
            let Some(gradient) = store.get(var) else { continue };
            let gradient = gradient.flatten_all()?.to_vec1::<f32>()?;
            match self.0.get_mut(name) {
                None => {
                    self.0.insert(name.clone(), gradient.into_iter().map(|g| g * scale).collect());
                }
                Some(sum) => sum.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += g * scale),
            }
        }
        Ok(())
    }

    /// Euclidean norm over all; added up in a fixed order, as a run that is taken up must clip as an unbroken one does.
    pub fn norm(&self) -> f64 {
        let squares = |chunk: &[f32]| chunk.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        let sums = |g: &Vec<f32>| g.par_chunks(1 << 14).map(squares).collect::<Vec<f64>>().iter().sum::<f64>();
        self.0.values().map(sums).sum::<f64>().sqrt()
    }

    /// One variable's gradient.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

impl AdamW {
    pub fn new(vars: BTreeMap<String, Var>, recipe: &OptimiserRecipe) -> Self {
        let zeros = |var: &Var| vec![0f32; var.elem_count()];
        let moments = vars.iter().map(|(n, v)| (n.clone(), Moments { first: zeros(v), second: zeros(v) })).collect();
        Self { vars, moments, recipe: recipe.clone(), steps: 0 }
    }

    pub fn vars(&self) -> &BTreeMap<String, Var> {
        &self.vars
    }

    /// One update; returns the norm of the gradient before clipping.
    ///
    /// Variables without a gradient (a stage that does not reach them) stay as they are. Biases and norms are not decayed
    /// when `decay_all` is false, as the field does; the reference traces decay everything.
    pub fn step(&mut self, gradients: &Gradients, rate: f64, decay_all: bool) -> Result<f64> {
        self.step_by(gradients, |_| rate, decay_all)
    }

    /// The same with a rate for each variable; at rate 0 it stays as it is, and so do its moments.
    pub fn step_by(&mut self, gradients: &Gradients, rate_of: impl Fn(&str) -> f64, decay_all: bool) -> Result<f64> {
        self.steps += 1;
        let norm = gradients.norm();
        let clip = self.recipe.clip;
        let scale = if clip > 0.0 && norm > clip { (clip / (norm + 1e-6)) as f32 } else { 1.0 };
        let (b1, b2) = (self.recipe.beta1, self.recipe.beta2);
        let steps = self.steps as i32;
        let (fix1, fix2) = (1.0 - b1.powi(steps), (1.0 - b2.powi(steps)).sqrt());
        let (b1, b2, fix2, eps) = (b1 as f32, b2 as f32, fix2 as f32, self.recipe.eps as f32);
        for (name, var) in &self.vars {
            let (Some(gradient), Some(moments)) = (gradients.get(name), self.moments.get_mut(name)) else { continue };
            let rate = rate_of(name);
            if rate == 0.0 {
                continue;
            }
            let step_size = (rate / fix1) as f32;
            let decays = decay_all || var.rank() > 1;
            let decay = if decays { (1.0 - rate * self.recipe.weight_decay) as f32 } else { 1.0 };
            let mut values = var.flatten_all()?.to_vec1::<f32>()?;
            const BLOCK: usize = 1 << 14;
            values
                .par_chunks_mut(BLOCK)
                .zip(gradient.par_chunks(BLOCK))
                .zip(moments.first.par_chunks_mut(BLOCK))
                .zip(moments.second.par_chunks_mut(BLOCK))
                .for_each(|(((values, gradient), first), second)| {
                    for i in 0..values.len() {
                        let g = gradient[i] * scale;
                        first[i] += (g - first[i]) * (1.0 - b1);
                        second[i] = second[i] * b2 + g * g * (1.0 - b2);
                        values[i] = values[i] * decay - step_size * first[i] / (second[i].sqrt() / fix2 + eps);
                    }
                });
            var.set(&Tensor::from_vec(values, var.shape(), var.device())?)?;
        }
        Ok(norm)
    }

    /// Gives some variables another value and forgets how they moved.
    pub fn begin_anew(&mut self, mut value: impl FnMut(&str, &Var) -> Result<Option<Tensor>>) -> Result<()> {
        for (name, var) in &self.vars {
            let Some(value) = value(name, var)? else { continue };
            var.set(&value)?;
            if let Some(moments) = self.moments.get_mut(name) {
                moments.first.fill(0.0);
                moments.second.fill(0.0);
            }
        }
        Ok(())
    }

    /// The state as tensors, for a checkpoint.
    pub fn state(&self) -> Result<Vec<(String, Tensor)>> {
        let mut all = Vec::new();
        for (name, moments) in &self.moments {
            for (kind, values) in [("first", &moments.first), ("second", &moments.second)] {
                all.push((format!("{kind}.{name}"), Tensor::from_slice(values, values.len(), &Device::Cpu)?));
            }
        }
        Ok(all)
    }

    /// Takes the state back from a checkpoint made after `steps` steps.
    pub fn restore(&mut self, state: &std::collections::HashMap<String, Tensor>, steps: usize) -> Result<()> {
        for (name, moments) in &mut self.moments {
            if name.starts_with("attributes.") && !state.contains_key(&format!("first.{name}")) {
                continue;
            }
            for (kind, values) in [("first", &mut moments.first), ("second", &mut moments.second)] {
                let key = format!("{kind}.{name}");
                let tensor =
                    state.get(&key).ok_or_else(|| TrainError::Data(format!("the checkpoint has no '{key}'")))?;
                let saved = tensor.to_dtype(DType::F32)?.to_vec1::<f32>()?;
                if saved.len() != values.len() {
                    return Err(TrainError::Data(format!("'{key}' of the checkpoint has another size")));
                }
                *values = saved;
            }
        }
        self.steps = steps;
        Ok(())
    }
}
