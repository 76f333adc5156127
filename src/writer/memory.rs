//! Whether a model fits: its plan held against the memory that is free here, before a single weight is read.

use candle_core::Device;
use sysinfo::System;

use super::error::{Result, WriterError};
use super::image_processor::ImageProcessor;
use crate::model::config::{Config, Pictures};
use crate::model::families;
use crate::model::format::Format;
use crate::model::params::{Asked, Params};
use crate::model::plan::{Occasion, Plan, Sizes};
use crate::model::weights::Weights;

/// Frames that a plan is made for where nobody says how many.
const FRAMES: usize = 5;
/// Tokens of a plan beside those of the pictures: the task's words and a story.
const WORDS: usize = 128 + 512;
/// Pixels of a picture of a plan, where a family keeps a picture's ratio.
const PICTURE: (u32, u32) = (1024, 768);

/// What a model would ask for, and its sizes, by its config alone.
pub struct Surveyed {
    pub asked: Vec<Asked>,
    pub sizes: Sizes,
    /// Tiles that a picture is cut into at most; 1 where they are not cut.
    pub tiles: usize,
}

impl Surveyed {
    /// `there`: its checkpoint, where there is one.
    pub fn new(config: &Config, images: &ImageProcessor, there: Option<Weights>) -> Result<Self> {
        let params = Params::survey(there);
        families::load(&params, config)?;
        let mut sizes = Sizes::from(config);
        if let Pictures::Ratio(unit) = config.manner.pictures {
            let (wide, high) = images.size(PICTURE.0, PICTURE.1);
            let rows = (wide / unit.max(1)) as usize * (high / unit.max(1)) as usize;
            // Such towers make one row of four patches.
            (sizes.values, sizes.patches, sizes.rows) = (3 * wide as usize * high as usize, 4 * rows, rows);
        }
        let tiles = if images.splits() { images.tiles_along() * images.tiles_along() + 1 } else { 1 };
        Ok(Self { asked: params.asked(), sizes, tiles })
    }

    pub fn parameters(&self) -> u64 {
        let count = |sides: &[usize]| sides.iter().fold(1u64, |all, side| all.saturating_mul(*side as u64));
        self.asked.iter().map(|asked| count(&asked.shape)).fold(0, u64::saturating_add)
    }

    /// The plan of five frames and a story, as far as the model reads that many tokens.
    pub fn plan(&self, format: Format) -> Plan {
        let tokens = (FRAMES * (self.tiles * (self.sizes.rows + 3) + 2) + WORDS).min(self.sizes.limit);
        Plan::new(&self.asked, &self.sizes, Occasion { frames: FRAMES, tiles: self.tiles, tokens }, format)
    }

    /// Refuses what does not fit into `free` bytes, with what would.
    pub fn refuse(&self, format: Format, free: Option<u64>) -> Result<Plan> {
        let plan = self.plan(format);
        let Some(free) = free.filter(|free| plan.total() > *free) else { return Ok(plan) };
        let smaller = [Format::Q8, Format::Q4].into_iter().map(|format| self.plan(format));
        let fits = smaller.filter(|plan| plan.total() <= free && plan.format != format).map(|plan| plan.format).next();
        Err(WriterError::TooLarge { plan: Box::new(plan), free, fits })
    }
}

/// Bytes of memory that programs may still take, of the container where there is one; `None` where the system does not say.
pub fn memory_free() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory();
    let free = system.available_memory();
    let free = system.cgroup_limits().map_or(free, |limits| free.min(limits.free_memory));
    (free > 0).then_some(free)
}

/// Refuses a model whose plan does not fit here. Only on the CPU: what a GPU has free is not known.
pub fn check_memory(surveyed: &Surveyed, format: Format, device: &Device) -> Result<()> {
    if device.is_cpu() {
        let plan = surveyed.refuse(format, memory_free())?;
        tracing::info!("plan: {plan}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The sizes that SmolVLM's published configs say.
    fn smolvlm(vision: [usize; 6], scale: usize, text: [usize; 7]) -> Surveyed {
        let [width, mlp, layers, heads, image, patch] = vision;
        let [hidden, inner, depth, attention, keys, vocabulary, limit] = text;
        let config = serde_json::json!({
            "model_type": "idefics3", "image_token_id": 49190, "scale_factor": scale,
            "text_config": {"hidden_size": hidden, "intermediate_size": inner, "num_hidden_layers": depth,
                "num_attention_heads": attention, "num_key_value_heads": keys, "vocab_size": vocabulary,
                "max_position_embeddings": limit},
            "vision_config": {"hidden_size": width, "intermediate_size": mlp, "num_hidden_layers": layers,
                "num_attention_heads": heads, "image_size": image, "patch_size": patch},
        });
        let config = families::parse(config.to_string().as_bytes(), Path::new("config.json")).unwrap();
        Surveyed::new(&config, &ImageProcessor::parse(None, &config).unwrap(), None).unwrap()
    }

    #[test]
    fn the_published_models_have_as_many_parameters_as_their_files() {
        let tower = [768, 3072, 12, 12, 512, 16];
        let small = smolvlm(tower, 4, [576, 1536, 30, 9, 3, 49280, 8192]);
        let middle = smolvlm(tower, 4, [960, 2560, 32, 15, 5, 49280, 8192]);
        let large = smolvlm([1152, 4304, 27, 16, 384, 14], 3, [2048, 8192, 24, 32, 32, 49155, 16384]);
        assert_eq!([&small, &middle, &large].map(Surveyed::parameters), [256_484_928, 507_482_304, 2_246_272_880]);
        let weights = |surveyed: &Surveyed, format| surveyed.plan(format).weights as f64 / surveyed.parameters() as f64;
        // A tower with rows of 4304 (its second MLP weights) and of 588 (its patches), no whole groups, keeps these in 16 bits.
        let odd = f64::from(27 * 1152 * 4304 + 1152 * 588) / 2_246_272_880.0;
        for (model, odd) in [(&small, 0.0), (&middle, 0.0), (&large, odd)] {
            assert!((weights(model, Format::F32) - 4.0).abs() < 1e-9);
            // What stays in f32 (norms, biases, tables of positions) is a hundredth of each.
            for (format, whole) in [(Format::Bf16, 2.0), (Format::Q8, 34.0 / 32.0), (Format::Q4, 18.0 / 32.0)] {
                let more = weights(model, format) - (whole * (1.0 - odd) + 2.0 * odd);
                assert!((0.0..0.03).contains(&more), "{format:?}: {more} bytes a number more");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_arithmetic_and_what_would_fit() {
        let large = smolvlm([1152, 4304, 27, 16, 384, 14], 3, [2048, 8192, 24, 32, 32, 49155, 16384]);
        let need = |format| large.plan(format).total();
        assert!(large.refuse(Format::Bf16, Some(need(Format::Bf16))).is_ok());
        assert!(large.refuse(Format::F32, None).is_ok());
        let error = large.refuse(Format::Bf16, Some(need(Format::Q8))).unwrap_err();
        let (said, plan) = (error.to_string(), large.plan(Format::Bf16));
        assert!(said.contains(&plan.to_string()) && said.contains("are free"), "{said}");
        assert!(crate::story::Notice::from(error).try_this.contains("--quant q8"));
        let error = large.refuse(Format::Q8, Some(need(Format::Q4))).unwrap_err();
        assert!(crate::story::Notice::from(error).try_this.contains("--quant q4"));
        let error = large.refuse(Format::Q4, Some(1 << 20)).unwrap_err();
        assert!(crate::story::Notice::from(error).try_this.contains("smaller model"));
        let Plan { weights, cache, pictures, reading, .. } = plan;
        assert_eq!(plan.total(), weights + cache + pictures + reading);
        assert_eq!(cache, 24 * 2 * 32 * 64 * 4 * plan.occasion.tokens as u64);
    }
}
