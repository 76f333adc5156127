//! What stands around a model: tokenizer, image processor, chat template and drawing defaults of one checkpoint.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tokenizers::Tokenizer;

use super::chat::{Chat, Layout, Message, expand};
use super::embedded;
use super::error::{Result, WriterError};
use super::generation_config::GenerationConfig;
use super::image_processor::ImageProcessor;
use crate::model::config::Config;
use crate::model::error::ModelError;
use crate::model::families;
use crate::model::look::Grid;
use crate::pixels::Rgb;

/// What storyloom adds to a checkpoint of its own: `storyloom.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnNotes {
    /// Trained on the picture world only.
    pub world_only: bool,
    /// Frames it was trained on at most; 0 where unknown.
    pub window: usize,
}

/// Everything of a checkpoint but its weights.
pub struct Processor {
    pub config: Config,
    pub tokenizer: Tokenizer,
    pub chat: Chat,
    pub images: ImageProcessor,
    pub generation: GenerationConfig,
    pub notes: OwnNotes,
    pub tokens_per_tile: usize,
}

#[derive(Deserialize)]
struct ProcessorConfig {
    image_seq_len: Option<usize>,
}

/// A file of a model folder, parsed; `None` where it is missing.
fn optional<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if path.exists() { Ok(Some(ModelError::parsing(path)?)) } else { Ok(None) }
}

impl Processor {
    /// Reads the files of a model folder.
    pub fn open(path: &Path) -> Result<Self> {
        let config = families::open(path)?;
        let processor: Option<ProcessorConfig> = optional(&path.join("processor_config.json"))?;
        let tokenizer = path.join("tokenizer.json");
        Ok(Self {
            tokens_per_tile: processor.and_then(|p| p.image_seq_len).unwrap_or(config.grid.rows()),
            tokenizer: Tokenizer::from_file(&tokenizer)
                .map_err(|e| WriterError::Layout(format!("{}: {e}", tokenizer.display())))?,
            chat: Chat::open(path)?,
            images: ModelError::parsing(&path.join("preprocessor_config.json"))?,
            generation: optional(&path.join("generation_config.json"))?.unwrap_or_default(),
            notes: optional(&path.join("storyloom.json"))?.unwrap_or_default(),
            config,
        })
    }

    /// That of the storyteller compiled into the program.
    pub fn embedded() -> Result<Self> {
        let config = families::parse(embedded::CONFIG, Path::new("embedded model"))?;
        let json = |e: serde_json::Error| WriterError::Layout(format!("the embedded model is damaged: {e}"));
        Ok(Self {
            tokens_per_tile: config.grid.rows(),
            tokenizer: Tokenizer::from_bytes(embedded::TOKENIZER).map_err(|e| WriterError::Tokenizer(e.to_string()))?,
            chat: Chat::new(embedded::CHAT.to_owned()),
            images: serde_json::from_slice(embedded::PREPROCESSOR).map_err(json)?,
            generation: serde_json::from_slice(embedded::GENERATION).map_err(json)?,
            notes: serde_json::from_slice(embedded::NOTES).map_err(json)?,
            config,
        })
    }

    /// Text to ids, special tokens recognised.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode(text, true).map_err(|e| WriterError::Tokenizer(e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Messages as text after the chat template, and as ids with the pictures' tokens in place.
    pub fn prompt(&self, messages: &[Message], layouts: &[Layout]) -> Result<(String, Vec<u32>)> {
        let prompt = self.chat.render(messages, true)?;
        let ids = self.filled(&prompt, layouts)?;
        Ok((prompt, ids))
    }

    /// Text after the chat template as ids, with the pictures' tokens in place.
    pub fn filled(&self, text: &str, layouts: &[Layout]) -> Result<Vec<u32>> {
        self.encode(&expand(text, layouts, self.tokens_per_tile)?)
    }

    /// Pictures that a text after the chat template speaks of.
    pub fn places(&self, text: &str) -> usize {
        text.matches("<image>").count()
    }

    /// How what is seen of tiles of this size lies in each.
    pub fn grid(&self, _tiles: &[Rgb]) -> Grid {
        self.config.grid
    }

    /// Layouts of pictures that were not cut, a tile each.
    pub fn layouts(&self, tiles: &[Rgb]) -> Vec<Layout> {
        tiles.chunks(1).map(|tile| Layout::whole(self.grid(tile))).collect()
    }

    /// The token that fills a batch's shorter rows; it is never looked at.
    pub fn pad(&self) -> u32 {
        self.tokenizer.token_to_id("<|im_end|>").unwrap_or(0)
    }

    /// Cut pictures into tiles, as the checkpoint's processor does by default?
    pub fn splits(&self) -> bool {
        self.images.do_image_splitting
    }

    /// Tokens that `frames` pictures take at most, wrapped and split or not.
    pub fn tokens_for(&self, frames: usize, split: bool) -> usize {
        let tile = self.images.max_image_size.longest_edge.max(1);
        let side = self.images.size.longest_edge.div_ceil(tile) as usize;
        let tiles = if split { side * side + 1 } else { 1 };
        frames * (tiles * (self.tokens_per_tile + 3) + side + 2)
    }
}
