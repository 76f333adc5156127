//! Other people's formats, in: a folder, a list of files, a comic archive, an animation, a book, a single picture; and out:
//! Markdown, HTML, EPUB, and results as plots and a page.
//!
//! Each becomes a `Sequence` with its `Picture`s. What could not be read is named beside it and never stops the rest.
//! Training data (`dataset`) becomes rows, whose pictures are read when they are needed; so do the judged pairs of other
//! people's tools (`judged`).
//! It leaves out keeping (`shelf`) and telling (`writer`), and writes nothing to disk: archives are read where they are.

mod animation;
mod animation_length;
mod archive;
mod argilla;
mod battles;
mod book;
mod bounded_read;
mod chapters;
mod choose;
mod clean;
mod collection;
mod comic_info;
mod csv;
mod dataset;
mod draft;
mod find_image;
mod folder;
mod human_edits;
mod judged;
mod judged_row;
mod label_studio;
mod lesson;
mod library;
mod llava;
mod names;
mod no_picture;
mod notices;
mod open;
mod openai;
mod opened;
mod preferences;
mod preferences_parquet;
mod publish;
mod publish_time;
mod records;
mod report;
mod row;
mod snapshot;
mod storystream;
mod talk;
mod told_elsewhere;
mod vist;
mod votes_table;
mod vwp;

#[cfg(test)]
mod bad_input_tests;
#[cfg(test)]
mod dataset_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod format_tests;
#[cfg(test)]
mod judged_tests;
#[cfg(test)]
mod publish_tests;

pub use chapters::chapters;
pub use choose::Choose;
pub use clean::{clean_line, clean_text};
pub use collection::{Members, members, open_row};
pub use dataset::{Dataset, Format, open_library, open_rows};
pub use draft::sequence_id;
pub use judged::{JudgedFile, JudgedFormat, open_judged};
pub use judged_row::{JudgedRow, JudgedText, Shown};
pub use lesson::lesson;
pub use no_picture::without_pictures;
pub use notices::picture_notice;
pub use open::{open, open_bundled, open_files};
pub use opened::Opened;
pub use preferences::{Judged, PreferenceFormat, preferences};
pub use preferences_parquet::preferences_parquet;
pub use publish::{Edition, Publication, picture_kind, slug};
pub use report::{
    CARD_MARKS, PlotFile, SampleStories, evaluation_card, evaluation_csv, evaluation_latex, evaluation_markdown,
    evaluation_page, plots, report,
};
pub use row::{LeftOut, Lines, Part, Row, Speaker, Turn, Words};
pub use snapshot::{Snapshot, SnapshotCard, SnapshotPair, SnapshotStory, open_snapshot, snapshot_files};
pub use told_elsewhere::{ToldElsewhere, open_told};
