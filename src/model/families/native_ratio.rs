//! What Qwen2.5-VL and Qwen3-VL share: pictures in their own ratio, whose patches lie block by block as they will be merged,
//! and are turned by row and column.

use std::sync::Arc;

use candle_core::Tensor;
use serde_json::{Map, Value};

use crate::model::config::{Config, Eyes, Manner, Pictures, Positions, Slots};
use crate::model::error::Result;
use crate::model::llama::LlamaConfig;
use crate::model::look::{Grid, Pixels};
use crate::model::ops::RopeTable;
use crate::model::positions::frequencies;

/// Base of the tower's angles.
const THETA: f64 = 10_000.0;

/// How a tower cuts pictures.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Pixels along a patch, patches along a merged row, copies in time.
    pub patch: usize,
    pub merge: usize,
    pub time: usize,
}

impl Cut {
    /// What is wrong with it, in words.
    pub fn flaw(self, width: usize, heads: usize) -> Option<String> {
        if self.patch == 0 || self.merge == 0 || self.time == 0 {
            return Some("its vision config cuts pictures into nothing".to_owned());
        }
        (heads == 0 || !width.is_multiple_of(heads * 4))
            .then(|| format!("a tower of width {width} cannot have {heads} heads that turn by rows and columns"))
    }

    /// Pixels of which both sides of a picture are multiples.
    pub fn unit(self) -> u32 {
        (self.patch * self.merge) as u32
    }

    /// Patches of all pictures, (patches, 3 * time * patch²), block by block, and the patches of each.
    pub fn rows(self, pixels: &Pixels) -> candle_core::Result<(Tensor, Vec<Grid>)> {
        let Self { patch: p, merge: m, time } = self;
        let (mut runs, mut grids) = (Vec::new(), Vec::new());
        for run in &pixels.runs {
            let (n, c, h, w) = run.dims4()?;
            if h % (p * m) != 0 || w % (p * m) != 0 {
                candle_core::bail!("a picture of {w} x {h} cannot be cut into blocks of {}", p * m);
            }
            let (high, wide) = (h / p / m, w / p / m);
            let cut = run.reshape(&[n, c, high, m, p, wide, m, p][..])?.permute(&[0, 2, 5, 3, 6, 1, 4, 7][..])?;
            let count = n * high * wide * m * m;
            let once = cut.contiguous()?.reshape((count, c, 1, p * p))?;
            runs.push(once.broadcast_as((count, c, time, p * p))?.contiguous()?.reshape((count, c * time * p * p))?);
            grids.extend(std::iter::repeat_n(Grid { high: high * m, wide: wide * m }, n));
        }
        Ok((Tensor::cat(&runs, 0)?, grids))
    }

    /// Row and column of each patch of a picture, block by block.
    pub fn places(self, grid: Grid) -> impl Iterator<Item = (usize, usize)> {
        let m = self.merge;
        (0..grid.high / m).flat_map(move |high| {
            (0..grid.wide / m).flat_map(move |wide| (0..m * m).map(move |i| (high * m + i / m, wide * m + i % m)))
        })
    }

    /// Angles of all patches: rows in the first half, columns in the second.
    pub fn table(self, grids: &[Grid], head_dim: usize) -> RopeTable {
        let frequencies = frequencies(head_dim / 4, THETA);
        let mut angles = Vec::new();
        for grid in grids {
            for (row, column) in self.places(*grid) {
                angles.extend(frequencies.iter().map(|f| row as f32 * f));
                angles.extend(frequencies.iter().map(|f| column as f32 * f));
            }
        }
        RopeTable::of_angles(&angles, head_dim / 2)
    }

    /// Rows of merged patches.
    pub fn merged(self, grids: &[Grid]) -> Vec<Grid> {
        grids.iter().map(|grid| Grid { high: grid.high / self.merge, wide: grid.wide / self.merge }).collect()
    }

    /// (patches, width) -> (blocks, merge² * width)
    pub fn blocks(self, x: &Tensor) -> Result<Tensor> {
        let (rows, width) = x.dims2()?;
        let unit = self.merge * self.merge;
        Ok(x.reshape((rows / unit, unit * width))?)
    }
}

/// A config with the defaults of the reference's class where it is silent.
pub fn with_defaults(json: &Value, defaults: &str) -> std::result::Result<Value, String> {
    let mut all: Map<String, Value> = serde_json::from_str(defaults).map_err(|e| e.to_string())?;
    let own = json.as_object().ok_or("its config is no object")?;
    all.extend(own.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())));
    Ok(Value::Object(all))
}

/// The text model of a config, and how its positions are counted.
pub fn text(json: &Value, interleaved: bool) -> std::result::Result<(LlamaConfig, Positions), String> {
    if json["use_sliding_window"].as_bool() == Some(true) {
        return Err("reads through a sliding window, which is not supported".to_owned());
    }
    let mut text: LlamaConfig = serde_json::from_value(json.clone()).map_err(|e| e.to_string())?;
    let nested = [text.rope_parameters.take(), text.rope_scaling.take()].into_iter().flatten().find(Value::is_object);
    let nested = nested.ok_or("says nothing of how rows and columns are turned (rope_scaling)")?;
    let kind = nested["rope_type"].as_str().or(nested["type"].as_str()).unwrap_or("default");
    if !["default", "mrope"].contains(&kind) {
        return Err(format!("scales its positions by '{kind}', which is not supported"));
    }
    if let Some(theta) = nested["rope_theta"].as_f64() {
        text.rope_theta = theta;
    }
    let sections: [usize; 3] = serde_json::from_value(nested["mrope_section"].clone())
        .map_err(|e| format!("has no three sections of positions (mrope_section: {e})"))?;
    if text.num_attention_heads == 0 || sections.iter().sum::<usize>() != text.head_dim() / 2 {
        return Err(format!("has sections of positions {sections:?} that do not fill half a head"));
    }
    Ok((text, Positions::Sections { sections, interleaved }))
}

/// What a published config of either says: `name` is the family's and the published type, `width` the tower's.
pub fn config(name: &'static str, json: Value, cut: Cut, width: usize, text: (LlamaConfig, Positions)) -> Config {
    let (text_config, positions) = text;
    Config {
        family: name,
        model_type: name.to_owned(),
        slots: Slots::Token(json["image_token_id"].as_u64().unwrap_or(151_655) as u32),
        text_config,
        vision_config: Eyes { hidden_size: width, image_size: 0, side: 0 },
        tied: json["tie_word_embeddings"].as_bool().unwrap_or(false),
        grid: Grid::default(),
        positions,
        manner: manner(cut),
        weights: Vec::new(),
        json: Arc::new(json),
    }
}

/// How Qwen's newer models are spoken to.
fn manner(cut: Cut) -> Manner {
    Manner {
        pictures: Pictures::Ratio(cut.unit()),
        place: "<|image_pad|>",
        marked: false,
        lead: "",
        end: "<|im_end|>",
        ..Manner::default()
    }
}
