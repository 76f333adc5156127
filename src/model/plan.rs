//! How much memory telling takes, from a config alone: every tensor that a model would ask for, its cache, the pictures it looks
//! at and the prompt it reads. Nothing is loaded and nothing measured; the tests hold it to what is.

use std::fmt;

use serde::Serialize;

use super::config::Config;
use super::format::Format;
use super::params::Asked;

/// Bytes of an f32.
const WORD: u64 = 4;

/// The sizes of a family's model that decide over memory beside its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub layers: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub hidden: usize,
    pub mlp: usize,
    pub vocabulary: usize,
    /// Tokens that the text model reads at most.
    pub limit: usize,
    /// Of one picture, or one tile of a picture that is cut: numbers, patches, the tower's widths, rows for the text model.
    pub values: usize,
    pub patches: usize,
    pub tower: usize,
    pub tower_mlp: usize,
    pub rows: usize,
}

impl From<&Config> for Sizes {
    fn from(config: &Config) -> Self {
        let (text, eyes) = (&config.text_config, &config.vision_config);
        let vision = config.json.get("vision_config");
        let said = |field: &str| {
            let number = vision.and_then(|vision| vision.get(field)).and_then(|number| number.as_u64());
            number.and_then(|number| usize::try_from(number).ok())
        };
        Self {
            layers: text.num_hidden_layers,
            kv_heads: text.kv_heads(),
            head_dim: text.head_dim(),
            hidden: text.hidden_size,
            mlp: text.intermediate_size,
            vocabulary: text.vocab_size,
            limit: text.max_position_embeddings,
            values: 3usize.saturating_mul(eyes.image_size).saturating_mul(eyes.image_size),
            patches: eyes.side.saturating_mul(eyes.side),
            tower: eyes.hidden_size,
            // Four times its width is what most towers have, where the config does not say.
            tower_mlp: said("intermediate_size").unwrap_or(eyes.hidden_size.saturating_mul(4)).min(1 << 22),
            rows: config.grid.rows(),
        }
    }
}

/// What is told about: so many frames, each cut into so many tiles, in so many tokens with the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Occasion {
    pub frames: usize,
    pub tiles: usize,
    pub tokens: usize,
}

/// Bytes of memory, by what takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub format: Format,
    pub occasion: Occasion,
    pub weights: u64,
    /// Keys and values of all tokens.
    pub cache: u64,
    /// One picture being looked at, and what all of them came to.
    pub pictures: u64,
    /// The prompt going through a layer, and the chances of the next token.
    pub reading: u64,
}

impl Plan {
    pub fn new(asked: &[Asked], sizes: &Sizes, occasion: Occasion, format: Format) -> Self {
        let product = |sides: &[usize]| sides.iter().fold(1u64, |all, side| all.saturating_mul(*side as u64));
        let one = |asked: &Asked| match asked.matrix {
            true => format.bytes(&asked.shape),
            false => product(&asked.shape).saturating_mul(WORD),
        };
        let Sizes { layers, kv_heads, head_dim, hidden, mlp, vocabulary, .. } = *sizes;
        let Sizes { values, patches, tower, tower_mlp, rows, .. } = *sizes;
        let Occasion { frames, tiles, tokens } = occasion;
        // A layer of either model holds its input, the norm, three projections, what was attended to and two sums; the MLP's
        // wide ones come on top: two in the tower, three in the text model.
        let looking =
            product(&[tiles, 2 * values]).saturating_add(product(&[tiles, patches, 8 * tower + 2 * tower_mlp]));
        let seen = product(&[frames, tiles, rows, hidden]);
        Self {
            format,
            occasion,
            weights: asked.iter().map(one).fold(0, u64::saturating_add),
            cache: product(&[layers, 2, kv_heads, head_dim, tokens]).saturating_mul(WORD),
            pictures: looking.saturating_add(seen.saturating_mul(2)).saturating_mul(WORD),
            reading: product(&[tokens, 8 * hidden + 3 * mlp])
                .saturating_add(4 * vocabulary as u64)
                .saturating_mul(WORD),
        }
    }

    pub fn total(&self) -> u64 {
        [self.cache, self.pictures, self.reading].into_iter().fold(self.weights, u64::saturating_add)
    }
}

/// Bytes as people read them.
pub fn gigabytes(bytes: u64) -> String {
    match bytes {
        0..100_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [weights, cache, pictures, reading, total] =
            [self.weights, self.cache, self.pictures, self.reading, self.total()].map(gigabytes);
        write!(
            to,
            "weights {weights} ({}) + cache {cache} ({} tokens) + pictures {pictures} ({} x {} tiles) + reading {reading} = {total}",
            self.format, self.occasion.tokens, self.occasion.frames, self.occasion.tiles
        )
    }
}
