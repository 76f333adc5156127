//! A model ready to tell: weights, tokenizer, image processor and chat template of one checkpoint, and what it saw last.

use std::ops::Range;
use std::path::{Path, PathBuf};

use candle_core::Device;

use super::chat::{Layout, Message};
use super::embedded;
use super::error::{Result, WriterError};
use super::feature_cache::FeatureCache;
use super::generation::Reading;
use super::identity::{embedded_identity, identity};
use super::memory::{Surveyed, check_memory, memory_free};
use super::processor::Processor;
use super::published::weight_files;
use super::remote::{Fault, Remote, Trouble};
use crate::model::adapter::Adapter;
use crate::model::config::Config;
use crate::model::error::ModelError;
use crate::model::families;
use crate::model::format::Format;
use crate::model::look::Look;
use crate::model::params::{Params, Watch};
use crate::model::plan::Plan;
use crate::model::vision_language::VisionLanguage;
use crate::model::weights::Weights;
use crate::pixels::Picture;

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// The one compiled into the program.
    Embedded,
    Folder {
        name: String,
        path: PathBuf,
        adapter: Option<PathBuf>,
        /// Its identity where that is known; `None`: to be read from all its bytes.
        hash: Option<String>,
    },
    /// One that somebody else serves.
    Remote { name: String, remote: Box<Remote> },
}

impl ModelSource {
    /// How much memory its weights, kept in `format`, would take with five frames and a story, and what is free here; `None` for
    /// the embedded one. Reads headers only.
    pub fn plan(&self, format: Option<Format>) -> Result<Option<(Plan, Option<u64>)>> {
        let Self::Folder { path, .. } = self else { return Ok(None) };
        let processor = Processor::open(path)?;
        let weights = families::weights(path, &processor.config)?;
        let format = format.unwrap_or(weights.format());
        let surveyed = Surveyed::new(&processor.config, &processor.images, Some(weights.clone()))?;
        Ok(Some((surveyed.plan(format), memory_free())))
    }
}

/// A loaded model with everything around it.
pub struct Storyteller {
    pub name: String,
    pub model: VisionLanguage,
    pub processor: Processor,
    /// What the model is, by all its bytes: see `identity`.
    pub hash: String,
    /// Name of the adapter, if one is laid over the model.
    pub adapter: Option<String>,
    pub parameters: u64,
    /// Of the files, and of the weights in memory.
    pub bytes: u64,
    pub memory: u64,
    /// How its matrices are kept in memory.
    pub format: Format,
    /// Whether it tells on the calling thread alone, after the prompt: where several of them tell side by side.
    pub alone: bool,
    device: Device,
    features: FeatureCache,
}

/// The device that candle was built for: the first GPU with the `cuda` or `metal` feature, else the CPU.
pub fn device() -> Result<Device> {
    if cfg!(feature = "cuda") {
        return Ok(Device::new_cuda(0)?);
    }
    if cfg!(feature = "metal") {
        return Ok(Device::new_metal(0)?);
    }
    Ok(Device::Cpu)
}

impl Storyteller {
    /// Loads a model, its weights kept in `format`; `None`: as they are stored.
    pub fn open(source: &ModelSource, format: Option<Format>) -> Result<Self> {
        Self::open_watched(source, format, Box::new(|_| ()))
    }

    /// As `open`; `watch` hears how much of it is loaded, in percent.
    pub fn open_watched(
        source: &ModelSource,
        format: Option<Format>,
        watch: Box<dyn Fn(u8) + Send + Sync>,
    ) -> Result<Self> {
        match source {
            ModelSource::Embedded => Self::embedded(format.unwrap_or(Format::F32)),
            ModelSource::Folder { name, path, adapter, hash } => {
                Self::folder(name, path, adapter.as_deref(), hash.clone(), format, watch)
            }
            ModelSource::Remote { remote, .. } => {
                let what = "be taken apart: its weights are elsewhere";
                Err(Fault::new(&remote.at(), Trouble::Inside { what }).into())
            }
        }
    }

    fn embedded(format: Format) -> Result<Self> {
        let device = device()?;
        let processor = Processor::embedded()?;
        // f16 in the file halves the program; f32 in memory is faster here, as the whole model fits into the cache.
        let params = Params::in_format(Weights::embedded(embedded::WEIGHTS)?, format, device.clone());
        Ok(Self {
            name: "embedded".to_owned(),
            parameters: embedded::parameters(),
            bytes: embedded::WEIGHTS.len() as u64,
            format,
            model: families::load(&params, &processor.config)?,
            memory: params.held(),
            processor,
            hash: embedded_identity(),
            adapter: None,
            alone: false,
            device,
            features: FeatureCache::default(),
        })
    }

    fn folder(
        name: &str,
        path: &Path,
        adapter: Option<&Path>,
        hash: Option<String>,
        format: Option<Format>,
        watch: Box<dyn Fn(u8) + Send + Sync>,
    ) -> Result<Self> {
        let device = device()?;
        let processor = Processor::open(path)?;
        let weights = families::weights(path, &processor.config)?;
        let format = format.unwrap_or(weights.format());
        let surveyed = Surveyed::new(&processor.config, &processor.images, Some(weights.clone()))?;
        check_memory(&surveyed, format, &device)?;
        let (parameters, bytes) = (weights.elements()?, weigh(path, &processor.config));
        let percent: Watch = Box::new(move |numbers| watch((100 * numbers / parameters.max(1)).min(100) as u8));
        let mut params = Params::in_format(weights, format, device.clone()).with_watch(percent);
        let mut adapter_name = None;
        if let Some(folder) = adapter {
            params = params.with_adapter(Adapter::open(folder)?);
            adapter_name = Some(folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned());
        }
        let model = families::load(&params, &processor.config)?;
        if let Some(stray) = params.unplaced().first() {
            return Err(WriterError::Layout(format!(
                "the adapter has a tensor '{stray}' that this model has no place for"
            )));
        }
        let read = |source| WriterError::Model(ModelError::Read { path: path.to_owned(), source });
        let hash = hash.map_or_else(|| identity(path, &mut |_| ()).map_err(read), Ok)?;
        // What tells is another model when its weights have other values.
        let hash = format.quant().map_or(hash.clone(), |_| format!("{hash}+{format}"));
        Ok(Self {
            name: name.to_owned(),
            model,
            processor,
            hash,
            adapter: adapter_name,
            parameters,
            bytes,
            memory: params.held(),
            format,
            alone: false,
            device,
            features: FeatureCache::default(),
        })
    }

    /// A model that is already in memory, as one that trains.
    pub fn of(name: &str, model: VisionLanguage, processor: Processor) -> Self {
        let (name, hash) = (name.to_owned(), String::new());
        let (parameters, bytes, memory) = (0, 0, 0);
        let (format, device, features) = (Format::F32, Device::Cpu, FeatureCache::default());
        Self {
            name,
            model,
            processor,
            hash,
            adapter: None,
            parameters,
            bytes,
            memory,
            format,
            alone: false,
            device,
            features,
        }
    }

    /// What is seen of one picture, and how its tiles lie; from the cache if it was seen before.
    fn look(&mut self, picture: &Picture, split: bool) -> Result<(Look, Layout)> {
        if let Some(seen) = self.features.get(picture.hash(), split) {
            return Ok(seen);
        }
        let rgb = self.processor.rgb(picture)?;
        let cut = self.processor.images.tiles(&rgb, split);
        let pixels = self.processor.images.pixels(&cut.tiles, &self.device)?;
        let features = self.model.image_features(&pixels)?;
        let layout = Layout { rows: cut.rows, cols: cut.cols, grid: self.processor.grid(&cut.tiles) };
        self.features.put(picture.hash(), split, features.clone(), layout);
        Ok((features, layout))
    }

    /// The prompt of `messages` as the model reads it, and as text after the chat template. `seen` hears of each frame.
    pub fn read(
        &mut self,
        messages: &[Message],
        pictures: &[Picture],
        split: bool,
        mut seen: impl FnMut(usize),
    ) -> Result<(Reading, String)> {
        let mut layouts = Vec::new();
        let mut features = Vec::new();
        for (i, picture) in pictures.iter().enumerate() {
            let (rows, layout) = self.look(picture, split)?;
            features.push(rows);
            layouts.push(layout);
            seen(i + 1);
        }
        let (prompt, ids) = self.processor.prompt(messages, &layouts)?;
        let counts: Vec<usize> = features.iter().map(Look::rows).collect();
        let features = Look::cat(&features.iter().collect::<Vec<_>>())?;
        let frames = frame_ranges(&self.model.config.slots.of(&ids), &counts);
        Ok((Reading { ids, features, frames, layouts }, prompt))
    }
}

/// Where each picture's tokens lie, given how many image tokens each has.
fn frame_ranges(slots: &[bool], counts: &[usize]) -> Vec<Vec<Range<usize>>> {
    let mut places = slots.iter().enumerate().filter(|(_, slot)| **slot).map(|(i, _)| i);
    let mut ranges = |count: usize| {
        let mut out: Vec<Range<usize>> = Vec::new();
        for at in places.by_ref().take(count) {
            match out.last_mut() {
                Some(range) if range.end == at => range.end += 1,
                _ => out.push(at..at + 1),
            }
        }
        out
    };
    counts.iter().map(|count| ranges(*count)).collect()
}

/// Bytes of a model's weights, wherever they lie.
fn weigh(folder: &Path, config: &Config) -> u64 {
    weight_files(folder, config).iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum()
}
