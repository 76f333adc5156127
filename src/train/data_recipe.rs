//! The `[[data]]` of a recipe: where examples come from, each source with its weight and its held-out share.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::exchange::Format;

/// One source. `kind = "file"` is recognised by what is in the file; the other kinds name it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum DataRecipe {
    World(WorldRecipe),
    Books(BooksRecipe),
    File(FileRecipe),
    Vist(FileRecipe),
    Llava(FileRecipe),
    Sharegpt(FileRecipe),
    Openai(FileRecipe),
    Storystream(FileRecipe),
    Vwp(FileRecipe),
}

/// Tales of the picture world, drawn as they are needed; `first_seed` onwards. `side` is what they are drawn at. Held out
/// are tales of its own held-out split.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldRecipe {
    pub first_seed: u64,
    pub side: u32,
    #[serde(default = "one")]
    pub weight: f64,
}

/// Folders with pictures and page texts (book.json), as `storyloom show` opens them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BooksRecipe {
    pub folder: PathBuf,
    #[serde(default = "one")]
    pub weight: f64,
    /// Share of the books that is never trained on.
    #[serde(default)]
    pub held_out: f64,
    /// Most pages together, if fewer than the stage's `frames`.
    #[serde(default)]
    pub window: Option<usize>,
}

/// A file of rows, whose pictures are named from the folder `images`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecipe {
    pub file: PathBuf,
    pub images: PathBuf,
    #[serde(default = "one")]
    pub weight: f64,
    /// Share of the albums, episodes, scenes or pictures that is never trained on.
    #[serde(default)]
    pub held_out: f64,
}

fn one() -> f64 {
    1.0
}

impl DataRecipe {
    /// The file's recipe and its format, if it is named.
    pub fn file(&self) -> Option<(&FileRecipe, Option<Format>)> {
        match self {
            Self::World(_) | Self::Books(_) => None,
            Self::File(file) => Some((file, None)),
            Self::Vist(file) => Some((file, Some(Format::Vist))),
            Self::Llava(file) => Some((file, Some(Format::Llava))),
            Self::Sharegpt(file) => Some((file, Some(Format::Sharegpt))),
            Self::Openai(file) => Some((file, Some(Format::Openai))),
            Self::Storystream(file) => Some((file, Some(Format::Storystream))),
            Self::Vwp(file) => Some((file, Some(Format::Vwp))),
        }
    }

    pub fn is_world(&self) -> bool {
        matches!(self, Self::World(_))
    }

    /// How often it is drawn from, beside the others.
    pub fn weight(&self) -> f64 {
        match self {
            Self::World(world) => world.weight,
            Self::Books(books) => books.weight,
            other => other.file().map_or(0.0, |(file, _)| file.weight),
        }
    }

    /// Share that is never trained on.
    pub fn held_out(&self) -> f64 {
        match self {
            Self::World(_) => 0.0,
            Self::Books(books) => books.held_out,
            other => other.file().map_or(0.0, |(file, _)| file.held_out),
        }
    }

    /// As it is called in messages.
    pub fn name(&self) -> String {
        match self {
            Self::World(_) => "the picture world".to_owned(),
            Self::Books(books) => books.folder.display().to_string(),
            other => other.file().map_or(String::new(), |(file, _)| file.file.display().to_string()),
        }
    }

    /// Takes another folder of books, or another file; false for the picture world, which has neither.
    pub fn point_at(&mut self, path: &Path) -> bool {
        match self {
            Self::World(_) => return false,
            Self::Books(books) => path.clone_into(&mut books.folder),
            Self::File(file)
            | Self::Vist(file)
            | Self::Llava(file)
            | Self::Sharegpt(file)
            | Self::Openai(file)
            | Self::Storystream(file)
            | Self::Vwp(file) => path.clone_into(&mut file.file),
        }
        true
    }
}

/// One source as a table, `[data]`, or several as `[[data]]`.
pub fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<DataRecipe>, D::Error> {
    struct Either;
    impl<'de> Visitor<'de> for Either {
        type Value = Vec<DataRecipe>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table [data] or several [[data]]")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            DataRecipe::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(seq))
        }
    }
    from.deserialize_any(Either)
}
