//! What stands around a model: tokenizer, image processor, chat template and drawing defaults of one checkpoint.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tokenizers::Tokenizer;

use super::chat::{Chat, Layout, Message, expand};
use super::dialects;
use super::embedded;
use super::error::{Result, WriterError};
use super::generation_config::GenerationConfig;
use super::image_processor::ImageProcessor;
use super::{sentencepiece, tiktoken};
use crate::model::config::{Config, Manner, Pictures, Prompt, Slots, Words};
use crate::model::error::ModelError;
use crate::model::families;
use crate::model::look::Grid;
use crate::pixels::{Alpha, Picture, Rgb};

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
        let tokenizer = Self::tokenizer(path, &config.manner.words)?;
        Ok(Self {
            tokens_per_tile: processor.and_then(|p| p.image_seq_len).unwrap_or(config.grid.rows()),
            chat: match config.manner.prompt {
                Prompt::Template => Chat::open(path)?,
                _ => Chat::new(String::new()),
            },
            images: Self::images(path, &config)?,
            generation: Self::drawing(path, &config, &tokenizer)?,
            notes: optional(&path.join("storyloom.json"))?.unwrap_or_default(),
            tokenizer,
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
            images: ImageProcessor::parse(Some(embedded::PREPROCESSOR), &config).map_err(json)?,
            generation: serde_json::from_slice(embedded::GENERATION).map_err(json)?,
            notes: serde_json::from_slice(embedded::NOTES).map_err(json)?,
            config,
        })
    }

    /// The tokenizer of a model folder, whatever it is published as.
    pub fn tokenizer(folder: &Path, words: &Words) -> Result<Tokenizer> {
        match words {
            Words::Json => {
                let path = folder.join("tokenizer.json");
                Tokenizer::from_file(&path).map_err(|e| WriterError::Layout(format!("{}: {e}", path.display())))
            }
            Words::SentencePiece(path) => sentencepiece::open(path),
            Words::Tiktoken(path) => tiktoken::open(path),
        }
    }

    /// How stories are drawn, and what ends one.
    fn drawing(folder: &Path, config: &Config, tokenizer: &Tokenizer) -> Result<GenerationConfig> {
        let Manner { words, prompt, end, .. } = &config.manner;
        let beside = match words {
            Words::SentencePiece(path) | Words::Tiktoken(path) => path.parent().unwrap_or(folder),
            Words::Json => folder,
        };
        let mut drawing: GenerationConfig = optional(&beside.join("generation_config.json"))?.unwrap_or_default();
        if *prompt == Prompt::MiniGpt4 {
            drawing.draw_as_minigpt4();
        }
        match tokenizer.token_to_id(end) {
            Some(id) if *prompt != Prompt::Template => drawing.end_with(id),
            Some(_) => {}
            None => drawing.stop_at(end),
        }
        Ok(drawing)
    }

    fn images(folder: &Path, config: &Config) -> Result<ImageProcessor> {
        let own = folder.join("preprocessor_config.json");
        let beside = &config.manner.preprocessor;
        let path = if beside.as_os_str().is_empty() || own.exists() { &own } else { beside };
        // What has no chat template has its pictures' sizes in code.
        let bytes = match config.manner.prompt {
            Prompt::Template => Some(ModelError::reading(path)?),
            _ if path.exists() => Some(ModelError::reading(path)?),
            _ => None,
        };
        ImageProcessor::parse(bytes.as_deref(), config)
            .map_err(|source| WriterError::Model(ModelError::Json { path: path.clone(), source }))
    }

    /// Text to ids, special tokens recognised.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode(text, true).map_err(|e| WriterError::Tokenizer(e.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Messages as text after the chat template, and as ids with the pictures' tokens in place.
    pub fn prompt(&self, messages: &[Message], layouts: &[Layout]) -> Result<(String, Vec<u32>)> {
        let names: Vec<String> = (1..=layouts.len()).map(|number| format!("{number}.png")).collect();
        self.named_prompt(messages, layouts, &names)
    }

    /// The same where the pictures have names, which one family reads.
    pub fn named_prompt(
        &self,
        messages: &[Message],
        layouts: &[Layout],
        names: &[String],
    ) -> Result<(String, Vec<u32>)> {
        let prompt = self.text(messages, names)?;
        let ids = self.filled(&prompt, layouts, true)?;
        Ok((prompt, ids))
    }

    /// Messages as text that ends where the assistant speaks.
    pub fn text(&self, messages: &[Message], names: &[String]) -> Result<String> {
        match self.config.manner.prompt {
            Prompt::Template => self.chat.render(messages, true),
            Prompt::Vicuna => Ok(dialects::vicuna(messages)),
            Prompt::MiniGpt4 => Ok(dialects::minigpt4(messages)),
            Prompt::QwenVl => Ok(dialects::qwen_vl(messages, names)),
        }
    }

    /// Text after the chat template as ids, with the pictures' tokens in place; `first` where it begins the prompt.
    pub fn filled(&self, text: &str, layouts: &[Layout], first: bool) -> Result<Vec<u32>> {
        let Slots::Token(slot) = self.config.slots else { return dialects::tagged(&self.tokenizer, text) };
        let place = self.config.manner.place;
        match self.config.manner.prompt {
            Prompt::Template if self.config.manner.marked => self.encode(&expand(text, layouts, self.tokens_per_tile)?),
            Prompt::Template => {
                let rows: Vec<usize> = layouts.iter().map(|layout| self.rows(*layout)).collect();
                let text = repeat(text, place, &rows)?;
                let encoded = self.tokenizer.encode(text, first).map_err(|e| WriterError::Tokenizer(e.to_string()))?;
                Ok(encoded.get_ids().to_vec())
            }
            _ => {
                let rows: Vec<usize> = layouts.iter().map(|layout| self.rows(*layout)).collect();
                dialects::in_pieces(&self.tokenizer, text, place, (slot, &rows), first)
            }
        }
    }

    /// Rows of a picture that was not cut.
    fn rows(&self, layout: Layout) -> usize {
        match layout.grid.rows() {
            0 => self.tokens_per_tile,
            rows => rows,
        }
    }

    /// Pictures that a text after the chat template speaks of.
    pub fn places(&self, text: &str) -> usize {
        text.matches(self.config.manner.place).count()
    }

    /// An answer as the family writes it behind a prompt, its end with it, as ids.
    pub fn answer(&self, text: &str) -> Result<Vec<u32>> {
        let Manner { lead, end, prompt, .. } = self.config.manner;
        // Sentencepiece puts the space before a first word itself.
        let lead = if matches!(self.config.manner.words, Words::SentencePiece(_)) { "" } else { lead };
        let failed = |e: tokenizers::Error| WriterError::Tokenizer(e.to_string());
        let mut ids = match prompt {
            Prompt::QwenVl => dialects::content_of(&self.tokenizer, &format!("{lead}{text}"))?,
            _ => self.tokenizer.encode(format!("{lead}{text}"), false).map_err(failed)?.get_ids().to_vec(),
        };
        match self.tokenizer.token_to_id(end) {
            Some(end) => ids.push(end),
            None => ids.extend(self.tokenizer.encode(end, false).map_err(failed)?.get_ids()),
        }
        Ok(ids)
    }

    /// How what is seen of tiles of this size lies in each.
    pub fn grid(&self, tiles: &[Rgb]) -> Grid {
        match (self.config.manner.pictures, tiles.first()) {
            (Pictures::Ratio(unit), Some(tile)) => {
                Grid { high: (tile.height / unit) as usize, wide: (tile.width / unit) as usize }
            }
            _ => self.config.grid,
        }
    }

    /// Layouts of pictures that were not cut, a tile each.
    pub fn layouts(&self, tiles: &[Rgb]) -> Vec<Layout> {
        tiles.chunks(1).map(|tile| Layout::whole(self.grid(tile))).collect()
    }

    /// The token that fills a batch's shorter rows; it is never looked at.
    pub fn pad(&self) -> u32 {
        self.tokenizer.token_to_id("<|im_end|>").unwrap_or(0)
    }

    /// A picture's colours as the family's own code takes them.
    pub fn rgb(&self, picture: &Picture) -> Result<Rgb> {
        let alpha = if self.config.manner.drops_alpha { Alpha::Dropped } else { Alpha::OverWhite };
        picture.rgb_with(alpha).map_err(|e| WriterError::Picture(e.to_string()))
    }

    /// Cut pictures into tiles, as the checkpoint's processor does by default?
    pub fn splits(&self) -> bool {
        self.images.splits()
    }

    /// Tokens that `frames` of pictures of these sizes take at most, wrapped and split or not.
    pub fn tokens_for(&self, frames: usize, sizes: &[(u32, u32)], split: bool) -> usize {
        let side = self.images.tiles_along();
        let tiles = if split { side * side + 1 } else { 1 };
        let own = |(width, height): &(u32, u32)| match self.config.manner.pictures {
            Pictures::Ratio(unit) => {
                let (wide, high) = self.images.size(*width, *height);
                (wide / unit) as usize * (high / unit) as usize + 2
            }
            Pictures::Tiles => tiles * (self.tokens_per_tile + 3) + side + 2,
            // Room for what is written around a picture.
            _ => self.tokens_per_tile + 16,
        };
        frames * sizes.iter().map(own).max().unwrap_or(0)
    }
}

/// Puts for each place of a prompt, in order, as many as its picture has rows.
fn repeat(prompt: &str, place: &str, rows: &[usize]) -> Result<String> {
    let found = prompt.matches(place).count();
    if found != rows.len() {
        return Err(WriterError::Prompt(format!("the prompt has {found} places for {} pictures", rows.len())));
    }
    let mut pieces = prompt.split(place);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for (rows, piece) in rows.iter().zip(pieces) {
        out.push_str(&place.repeat(*rows));
        out.push_str(piece);
    }
    Ok(out)
}
