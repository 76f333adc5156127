//! Models that an evaluation lets tell: which, how many at once, and until when.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::runtime::runtime;
use crate::config::Config;
use crate::shelf::Shelf;
use crate::story::{Notice, Quant};
use crate::studio::models::Registry;
use crate::writer::remote::Remote;
use crate::writer::{ModelSource, Storyteller, Teller, WriterError, format};

/// A model of at most so many bytes is loaded once for each core; a larger one would crowd the memory.
const SMALL: u64 = 64 << 20;

/// The model of this name, a folder or one of the list; without one that in use.
pub fn source(config: &Config, name: Option<&str>) -> Result<ModelSource, Notice> {
    if let Some(path) = name.map(PathBuf::from).filter(|path| path.is_dir()) {
        if let Some(remote) = Remote::open(&path)? {
            return Ok(ModelSource::Remote { name: path.display().to_string(), remote: Box::new(remote) });
        }
        return Ok(ModelSource::Folder { name: path.display().to_string(), path, adapter: None, hash: None });
    }
    runtime()?.block_on(async {
        let registry = Registry::new(Shelf::open(&config.home, config.database.as_deref()).await?);
        Ok(registry.current(name).await?.1)
    })
}

/// One teller a core where the model is small: a single story leaves the other cores idle. Weights are kept as `quant` says.
pub fn open(source: &ModelSource, quant: Option<Quant>, count: u64) -> Result<Vec<Storyteller>, WriterError> {
    let first = Storyteller::open(source, quant.and_then(format))?;
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let more = if first.bytes <= SMALL && on_processor() { cores.min(count).saturating_sub(1) } else { 0 };
    let mut tellers = vec![first];
    for _ in 0..more {
        tellers.push(Storyteller::open(source, quant.and_then(format))?);
    }
    let alone = tellers.len() > 1;
    tellers.iter_mut().for_each(|teller| teller.alone = alone);
    Ok(tellers)
}

/// The same of any model: of a remote one as many as it is asked at once.
pub fn open_any(source: &ModelSource, quant: Option<Quant>, count: u64) -> Result<Vec<Teller>, WriterError> {
    let ModelSource::Remote { remote, .. } = source else {
        return Ok(open(source, quant, count)?.into_iter().map(|teller| Teller::Here(Box::new(teller))).collect());
    };
    let lines = (remote.parallel.clamp(1, 64) as u64).min(count.max(1));
    (0..lines).map(|_| Teller::open(source, None, Box::new(|_| ()))).collect()
}

/// On a GPU the tellers would only wait for each other.
fn on_processor() -> bool {
    !cfg!(any(feature = "cuda", feature = "metal"))
}

/// Set by the first Ctrl-C.
pub fn stop_on_interrupt() -> Result<Arc<AtomicBool>, Notice> {
    let stop = Arc::new(AtomicBool::new(false));
    let heard = stop.clone();
    let runtime = runtime()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                heard.store(true, Ordering::Relaxed);
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
    });
    Ok(stop)
}
