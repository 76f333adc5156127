//! What a screen answers to an action: effects for the session, and where to go, which only the app decides.

use crate::app::card::Card;
use crate::app::effect::Effect;

/// A screen's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    Stay,
    Do(Effect),
    /// Open this sequence.
    Read(Box<Card>),
    /// To the next sequence (1) or the one before (-1).
    Neighbour(isize),
    /// Back to where the visitor came from.
    Leave,
}
