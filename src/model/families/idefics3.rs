//! Idefics3, SmolVLM and SmolVLM2 (Laurençon et al., 2024; Marafioti et al., 2025): tower, pixel shuffle, connector, Llama.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::model::config::{Config, Eyes, Manner, Positions, Slots};
use crate::model::error::{ModelError, Result};
use crate::model::linear::Linear;
use crate::model::llama::{Llama, LlamaConfig};
use crate::model::look::{Grid, Look, Pixels};
use crate::model::params::Params;
use crate::model::siglip::{VisionConfig, VisionTower};
use crate::model::vision_language::{Family, Vision, VisionLanguage};

pub static IDEFICS3: Family = Family { name: "idefics3", types: &["idefics3", "smolvlm"], read, load };

/// `config.json`.
#[derive(Clone, Debug, Deserialize)]
struct Idefics3Config {
    model_type: String,
    image_token_id: u32,
    #[serde(default = "d_scale")]
    scale_factor: usize,
    /// The top-level field decides, whatever the text config says.
    #[serde(default)]
    tie_word_embeddings: bool,
    text_config: LlamaConfig,
    vision_config: VisionConfig,
}

fn d_scale() -> usize {
    2
}

fn read(json: Value, _: &Path) -> std::result::Result<Option<Config>, String> {
    let own: Idefics3Config = serde_json::from_value(json.clone()).map_err(|e| e.to_string())?;
    let (side, scale) = (own.vision_config.side(), own.scale_factor);
    if scale == 0 || side % scale != 0 {
        return Err(format!("{side} patches a side cannot be shuffled by {scale}"));
    }
    let VisionConfig { hidden_size, image_size, .. } = own.vision_config;
    Ok(Some(Config {
        family: IDEFICS3.name,
        model_type: own.model_type,
        slots: Slots::Token(own.image_token_id),
        text_config: own.text_config,
        vision_config: Eyes { hidden_size, image_size, side },
        tied: own.tie_word_embeddings,
        grid: Grid::square(side / scale),
        positions: Positions::Line,
        manner: Manner::default(),
        weights: Vec::new(),
        json: Arc::new(json),
    }))
}

fn load(params: &Params, config: &Config) -> Result<VisionLanguage> {
    let own: Idefics3Config = serde_json::from_value(config.json.as_ref().clone())
        .map_err(|e| ModelError::Unsupported(format!("the config cannot be understood: {e}")))?;
    let (d, vision) = (config.text_config.hidden_size, &own.vision_config);
    let text = Llama::load(params, "model.text_model", &config.text_config)?;
    let wide = vision.hidden_size * own.scale_factor.pow(2);
    let eyes = Idefics3 {
        tower: VisionTower::load(params, "model.vision_model", vision)?,
        connector: params.linear("model.connector.modality_projection.proj", d, wide, false)?,
        shuffle: own.scale_factor,
    };
    VisionLanguage::new(config, Box::new(eyes), text, params, "lm_head")
}

/// A SigLIP tower, a pixel shuffle and one projection.
struct Idefics3 {
    tower: VisionTower,
    connector: Linear,
    shuffle: usize,
}

impl Vision for Idefics3 {
    fn patches(&self, pixels: &Pixels) -> Result<Look> {
        Ok(Look::uniform(&self.tower.forward(&pixels.of_one_size()?)?, Grid::square(self.tower.config.side()))?)
    }

    fn connect(&self, patches: &Look) -> Result<Look> {
        let x = patches.by_picture()?; // (images, side², vision hidden)
        let (n, _, d) = x.dims3()?;
        let r = self.shuffle;
        let small = self.tower.config.side() / r;
        // Each r x r block of patches becomes one row: first along the width, then along the height.
        let x = x.reshape((n, small, r, small, r * d))?.transpose(2, 3)?.contiguous()?;
        let x = self.connector.forward(&x.reshape((n, small * small, r * r * d))?)?;
        Ok(Look::uniform(&x, Grid::square(small))?)
    }
}
