//! Whatever tells: a model in this process or one at the other end of a line. The desk and evaluations need not know which.

use std::ops::ControlFlow;

use super::error::Result;
use super::order::Order;
use super::remote::RemoteTeller;
use super::storyteller::{ModelSource, Storyteller};
use super::tell::tell;
use crate::model::format::Format;
use crate::story::Telling;

/// Who is given an order. Local models are asked through this too, where it does not matter that they are.
pub trait Tells {
    fn name(&self) -> &str;

    /// Tells an order; `sink` hears everything and breaks to cancel.
    ///
    /// # Errors
    /// What keeps a story from being told.
    fn tells(&mut self, order: &Order, sink: &mut dyn FnMut(Telling) -> ControlFlow<()>) -> Result<()>;
}

/// A model of either kind.
pub enum Teller {
    Here(Box<Storyteller>),
    Remote(RemoteTeller),
}

impl Teller {
    /// Opens a model, its weights kept in `format`; `None`: as they are stored. `watch` hears how much of it is loaded, in
    /// percent.
    ///
    /// # Errors
    /// A model that cannot be opened; a remote one's key that is not there.
    pub fn open(source: &ModelSource, format: Option<Format>, watch: Box<dyn Fn(u8) + Send + Sync>) -> Result<Self> {
        Ok(match source {
            ModelSource::Remote { name, remote } => Self::Remote(RemoteTeller::open(name, remote)?),
            here => Self::Here(Box::new(Storyteller::open_watched(here, format, watch)?)),
        })
    }

    /// As `tells`; `wanted` is asked now and then while a remote model is waited for.
    ///
    /// # Errors
    /// What keeps a story from being told.
    pub fn tell(
        &mut self,
        order: &Order,
        wanted: &dyn Fn() -> bool,
        sink: &mut dyn FnMut(Telling) -> ControlFlow<()>,
    ) -> Result<()> {
        match self {
            Self::Here(teller) => tell(teller, order, sink),
            Self::Remote(teller) => teller.tell(order, wanted, sink),
        }
    }
}

impl Tells for Teller {
    fn name(&self) -> &str {
        match self {
            Self::Here(teller) => &teller.name,
            Self::Remote(teller) => &teller.name,
        }
    }

    fn tells(&mut self, order: &Order, sink: &mut dyn FnMut(Telling) -> ControlFlow<()>) -> Result<()> {
        self.tell(order, &|| true, sink)
    }
}

impl Tells for Storyteller {
    fn name(&self) -> &str {
        &self.name
    }

    fn tells(&mut self, order: &Order, sink: &mut dyn FnMut(Telling) -> ControlFlow<()>) -> Result<()> {
        tell(self, order, sink)
    }
}
