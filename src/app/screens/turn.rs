//! What a screen answers to an action: effects for the session, and where to go, which only the app decides.

use crate::app::card::Card;
use crate::app::effect::{Ask, Effect};
use crate::story::{SamplingPatch, Story};

/// A screen's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    Stay,
    Do(Effect),
    /// Several, in this order.
    DoAll(Vec<Effect>),
    /// Open this sequence.
    Read(Box<Card>),
    /// To the next sequence (1) or the one before (-1).
    Neighbour(isize),
    /// Have this told in the reader.
    Tell(Box<Ask>),
    /// Show this story in the reader.
    Story(Box<Story>),
    /// Draw tokens like this from now on.
    Sample(Box<SamplingPatch>),
    /// Back to where the visitor came from.
    Leave,
    /// Back, and do this.
    LeaveAnd(Vec<Effect>),
}
