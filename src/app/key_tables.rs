//! The keys as they come: which mean what in which place, and which of them a footer shows.

use super::action::Action;
use super::place::Place;

const MOVES: &[(&str, Action)] = &[
    ("up k", Action::Up),
    ("down j", Action::Down),
    ("left h", Action::Left),
    ("right l", Action::Right),
    ("pageup ctrl-b", Action::PageUp),
    ("pagedown ctrl-f", Action::PageDown),
    ("home g", Action::First),
    ("end G", Action::Last),
];
pub(super) const EVERYWHERE: &[(&str, Action)] = &[
    (":", Action::Palette),
    ("M", Action::Models),
    ("C", Action::Campaigns),
    ("L", Action::Log),
    ("ctrl-p", Action::Shot),
    ("?", Action::Help),
    ("ctrl-z", Action::Suspend),
    ("ctrl-c", Action::Quit),
];
const GALLERY: &[(&str, Action)] = &[
    ("enter", Action::Open),
    ("/", Action::Filter),
    ("s", Action::Sort),
    ("f", Action::Group),
    ("o", Action::OpenPath),
    ("q", Action::Quit),
    ("esc", Action::Back),
];
const READER: &[(&str, Action)] = &[
    ("space enter", Action::Tell),
    ("s", Action::Stop),
    ("c", Action::Continue),
    ("t", Action::Task),
    ("i", Action::Inspect),
    ("z", Action::Zoom),
    ("S", Action::Sampling),
    ("e", Action::Prompt),
    ("E", Action::Edit),
    ("[", Action::Older),
    ("]", Action::Newer),
    ("H", Action::History),
    ("v", Action::Compare),
    ("x", Action::Export),
    ("a", Action::Annotate),
    ("n", Action::Next),
    ("p", Action::Previous),
    ("esc q", Action::Back),
];
const ZOOM: &[(&str, Action)] = &[
    ("left h up k", Action::Left),
    ("right l down j", Action::Right),
    ("space enter", Action::Tell),
    ("s", Action::Stop),
    ("z esc q", Action::Back),
];
const INSPECTOR: &[(&str, Action)] = &[
    ("b enter", Action::Branch),
    ("z", Action::Zoom),
    ("n tab", Action::Next),
    ("p", Action::Previous),
    ("esc q i", Action::Back),
];
const HISTORY: &[(&str, Action)] = &[("enter", Action::Open), ("r", Action::Again), ("esc q H", Action::Back)];
const SAMPLING: &[(&str, Action)] = &[
    ("left h", Action::Left),
    ("right l", Action::Right),
    ("x delete", Action::Reset),
    ("esc q S enter", Action::Back),
];
const WRITING: &[(&str, Action)] = &[("ctrl-s", Action::Keep), ("ctrl-o", Action::Reset), ("esc", Action::Back)];
const MODELS: &[(&str, Action)] =
    &[("enter", Action::Open), ("i", Action::About), ("u", Action::Unload), ("esc q M", Action::Back)];
const COMPARE: &[(&str, Action)] = &[
    ("space enter", Action::Tell),
    ("s", Action::Stop),
    ("m", Action::Another),
    ("S", Action::Sampling),
    ("+ a", Action::More),
    ("- d", Action::Fewer),
    ("c", Action::Send),
    ("esc q v", Action::Back),
];
const ANNOTATE: &[(&str, Action)] = &[
    ("enter e", Action::Open),
    ("g", Action::Suggest),
    ("u", Action::Undo),
    ("x delete", Action::Clear),
    ("left h", Action::Left),
    ("right l", Action::Right),
    ("up k", Action::Up),
    ("down j", Action::Down),
    ("home", Action::First),
    ("end", Action::Last),
    ("esc q a", Action::Back),
];
const RATE: &[(&str, Action)] = &[
    ("1", Action::MuchLeft),
    ("2", Action::MoreLeft),
    ("3", Action::BitLeft),
    ("4", Action::Tie),
    ("5", Action::BitRight),
    ("6", Action::MoreRight),
    ("7", Action::MuchRight),
    ("b", Action::BothBad),
    ("c", Action::CannotJudge),
    ("left h", Action::Left),
    ("space s", Action::Same),
    ("right l", Action::Right),
    ("backspace p", Action::Previous),
    ("n", Action::Next),
    ("enter", Action::Keep),
    ("u", Action::Undo),
    ("x", Action::Skip),
    ("f", Action::Flag),
    ("r", Action::Reason),
    ("m", Action::Mark),
    ("e", Action::Edit),
    ("z", Action::Zoom),
    ("tab", Action::Flip),
    ("up k", Action::Up),
    ("down j", Action::Down),
    ("esc", Action::Back),
    ("q", Action::Quit),
];
const CAMPAIGNS: &[(&str, Action)] = &[
    ("enter", Action::Open),
    ("tab", Action::Flip),
    ("s", Action::Simulated),
    ("p", Action::Pause),
    ("esc q C", Action::Back),
];
const LOG: &[(&str, Action)] = &[("esc q L", Action::Back)];
const HELP: &[(&str, Action)] = &[("esc q ?", Action::Back)];

/// Up and down a list.
const LIST: &[(&str, Action)] = &[
    ("up k", Action::Up),
    ("down j", Action::Down),
    ("pageup ctrl-b", Action::PageUp),
    ("pagedown ctrl-f", Action::PageDown),
    ("home g", Action::First),
    ("end G", Action::Last),
];

/// All tables of a place, in the order of the help.
pub(super) fn tables(place: Place) -> Vec<&'static [(&'static str, Action)]> {
    match place {
        Place::Gallery => vec![GALLERY, MOVES],
        Place::Reader => vec![READER, MOVES],
        Place::Zoom => vec![ZOOM],
        Place::Inspector => vec![INSPECTOR, MOVES],
        Place::History => vec![HISTORY, LIST],
        Place::Sampling => vec![SAMPLING, LIST],
        Place::Writing => vec![WRITING],
        Place::Models => vec![MODELS, LIST],
        Place::Compare => vec![COMPARE, MOVES],
        Place::Annotate => vec![ANNOTATE],
        Place::Campaigns => vec![CAMPAIGNS, LIST],
        Place::Log => vec![LOG, LIST],
        Place::Rate => vec![RATE],
        Place::Help => vec![HELP, LIST],
    }
}

/// What a footer shows, in this order; the rest is in the help.
pub(super) fn hints(place: Place) -> &'static [Action] {
    match place {
        Place::Gallery => &[
            Action::Open,
            Action::Filter,
            Action::OpenPath,
            Action::Sort,
            Action::Group,
            Action::Models,
            Action::Help,
            Action::Quit,
        ],
        Place::Reader => &[
            Action::Tell,
            Action::Stop,
            Action::Continue,
            Action::Task,
            Action::Inspect,
            Action::Zoom,
            Action::Sampling,
            Action::Prompt,
            Action::Compare,
            Action::Annotate,
            Action::History,
            Action::Next,
            Action::Back,
            Action::Help,
        ],
        Place::Zoom => &[Action::Left, Action::Right, Action::Tell, Action::Stop, Action::Back],
        Place::Inspector => &[
            Action::Left,
            Action::Right,
            Action::Up,
            Action::Down,
            Action::Branch,
            Action::Next,
            Action::Zoom,
            Action::Back,
            Action::Help,
        ],
        Place::History => &[Action::Open, Action::Again, Action::Up, Action::Down, Action::Back],
        Place::Sampling => &[Action::Up, Action::Down, Action::Left, Action::Right, Action::Reset, Action::Back],
        Place::Writing => &[Action::Keep, Action::Reset, Action::Back],
        Place::Models => &[Action::Open, Action::About, Action::Unload, Action::Up, Action::Down, Action::Back],
        Place::Compare => &[
            Action::Tell,
            Action::Stop,
            Action::Left,
            Action::Right,
            Action::Another,
            Action::Sampling,
            Action::More,
            Action::Fewer,
            Action::Send,
            Action::Back,
        ],
        Place::Annotate => &[
            Action::Open,
            Action::Suggest,
            Action::Undo,
            Action::Clear,
            Action::Left,
            Action::Right,
            Action::Up,
            Action::Down,
            Action::Back,
        ],
        Place::Rate => &[
            Action::Keep,
            Action::Undo,
            Action::BothBad,
            Action::CannotJudge,
            Action::Skip,
            Action::Zoom,
            Action::Flip,
            Action::Reason,
            Action::Mark,
            Action::Edit,
            Action::Flag,
            Action::Help,
            Action::Quit,
        ],
        Place::Campaigns => &[
            Action::Up,
            Action::Down,
            Action::Open,
            Action::Flip,
            Action::Simulated,
            Action::Pause,
            Action::Back,
            Action::Help,
        ],
        Place::Log => &[Action::Up, Action::Down, Action::Back],
        Place::Help => &[Action::Up, Action::Down, Action::Back],
    }
}
