//! What a model is, as the files around its weights say: its family, its sizes, and how pictures and words are made ready for it.
//!
//! Each family reads its own layout into this; everybody else asks here and needs not know which family it is.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::llama::LlamaConfig;
use super::look::Grid;
pub use super::positions::Positions;

/// Which ids stand for pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slots {
    /// One id, once a row.
    Token(u32),
    /// Whatever stands between these two.
    Between { start: u32, end: u32 },
}

impl Slots {
    /// Whether each id stands for a row of a picture.
    pub fn of(self, ids: &[u32]) -> Vec<bool> {
        match self {
            Self::Token(token) => ids.iter().map(|id| *id == token).collect(),
            Self::Between { start, end } => {
                let mut inside = false;
                let slot = |id: &u32| {
                    let slot = inside && *id != end;
                    inside = *id == start || slot;
                    slot
                };
                ids.iter().map(slot).collect()
            }
        }
    }
}

/// How words become ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// `tokenizer.json`.
    Json,
    SentencePiece(PathBuf),
    Tiktoken(PathBuf),
}

/// How pictures become pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// Cut into tiles of one size, the whole picture small behind them.
    Tiles,
    /// The shorter side to one size, the middle cut out.
    Cropped,
    /// Laid on a square of the mean colour first.
    Padded,
    /// Pressed into a square of this side.
    Squashed(u32),
    /// In their own ratio, both sides multiples of so many pixels.
    Ratio(u32),
}

/// How a conversation becomes a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// By the checkpoint's own chat template.
    Template,
    Vicuna,
    MiniGpt4,
    QwenVl,
}

/// How pictures and words are made ready for a model.
#[derive(Clone, Debug)]
pub struct Manner {
    pub words: Words,
    pub pictures: Pictures,
    pub prompt: Prompt,
    /// What stands for a picture after the template.
    pub place: &'static str,
    /// Whether each tile has its marker.
    pub marked: bool,
    /// What stands before an answer behind its prompt, and what ends it.
    pub lead: &'static str,
    pub end: &'static str,
    /// Whether transparency is dropped, and not laid over white.
    pub drops_alpha: bool,
    /// Of the pictures; `preprocessor_config.json` beside the config where it is not said.
    pub preprocessor: PathBuf,
}

impl Default for Manner {
    /// That of Idefics3.
    fn default() -> Self {
        Self {
            words: Words::Json,
            pictures: Pictures::Tiles,
            prompt: Prompt::Template,
            place: "<image>",
            marked: true,
            lead: " ",
            end: "<end_of_utterance>",
            drops_alpha: false,
            preprocessor: PathBuf::new(),
        }
    }
}

/// What heads and reports need to know of a tower.
#[derive(Clone, Copy, Debug)]
pub struct Eyes {
    pub hidden_size: usize,
    /// Pixels a side, and patches; 0 where a picture's own ratio decides.
    pub image_size: usize,
    pub side: usize,
}

/// A model's config, whatever its family.
#[derive(Clone, Debug)]
pub struct Config {
    /// The published layout that it is in: the name of its family here.
    pub family: &'static str,
    pub model_type: String,
    pub slots: Slots,
    pub text_config: LlamaConfig,
    pub vision_config: Eyes,
    /// Whether the embeddings are the output matrix too.
    pub tied: bool,
    /// How the rows of one picture or tile lie, where that is the same for all.
    pub grid: Grid,
    pub positions: Positions,
    pub manner: Manner,
    /// Where the weights lie and what their names begin with, where they are not all in the model's own folder.
    pub weights: Vec<(String, PathBuf)>,
    /// The whole file, for the family's own use.
    pub json: Arc<Value>,
}
