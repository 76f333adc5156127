//! What is asked of a desk.

use std::sync::Arc;

use crate::pixels::Picture;
use crate::story::{Request, Sequence};

/// An order for stories about a sequence.
#[derive(Clone, Debug)]
pub struct Order {
    pub sequence: Arc<Sequence>,
    /// `pictures[i]` belongs to `sequence.frames[i]`.
    pub pictures: Arc<Vec<Picture>>,
    pub request: Request,
    /// Frames a chapter; 0 for what suits the model.
    pub window: usize,
}
