//! What happens while a story is told, in order: `Looking`, then `Chapter` and `Piece`s, then one `Done` for each story, or `Failed`.

use serde::{Deserialize, Serialize};

use super::{Notice, Piece, Story};

/// One event of a telling. `which` counts the stories of the order from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Telling {
    /// The model is being loaded or the frames are being looked at; `done` of `total` frames.
    Looking {
        done: usize,
        total: usize,
    },
    /// A window of a long sequence begins: frames `first..=last`, counted from 0.
    Chapter {
        number: usize,
        of: usize,
        first: usize,
        last: usize,
    },
    Piece {
        which: usize,
        piece: Piece,
    },
    Done {
        which: usize,
        story: Box<Story>,
    },
    Failed {
        notice: Notice,
    },
}

/// A story that a campaign has told while it is rated, as it stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Growth {
    /// So far.
    Telling(String),
    Told(Box<Story>),
    Failed(Notice),
}
