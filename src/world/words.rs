//! The words of the picture world: who, how they feel, where, what weather, with what, doing what, wearing what.
//!
//! Pure lists with a fixed order (a model's heads are trained on `index`). How they look and how they are said lives elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($variant),+ }

        impl $name {
            /// Every value, in the order of `index`.
            pub const ALL: [$name; [$($word),+].len()] = [$($name::$variant),+];

            /// Place in `ALL`, from 0.
            pub fn index(self) -> usize {
                self as usize
            }

            /// The word in files and sentences.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// What a character is.
    Species {
        Fox = "fox", Bear = "bear", Rabbit = "rabbit", Cat = "cat",
        Frog = "frog", Penguin = "penguin", Mouse = "mouse", Girl = "girl",
    }
}

words! {
    /// What a character feels.
    Emotion {
        Happy = "happy", Sad = "sad", Angry = "angry", Scared = "scared", Surprised = "surprised", Calm = "calm",
    }
}

words! {
    /// Where a frame takes place.
    Place {
        Forest = "forest", Beach = "beach", Kitchen = "kitchen", Town = "town",
        Snow = "snow", Meadow = "meadow", Lake = "lake", Bedroom = "bedroom",
    }
}

words! {
    /// Weather and time of day.
    Weather { Sunny = "sunny", Rain = "rain", Storm = "storm", Night = "night", Sunset = "sunset" }
}

words! {
    /// What the story is about.
    Thing {
        Kite = "kite", Cake = "cake", Umbrella = "umbrella", Key = "key", Gift = "gift", Boat = "boat",
        Ball = "ball", Balloon = "balloon", Lantern = "lantern", Book = "book", Apple = "apple", Trophy = "trophy",
    }
}

words! {
    /// What a character does.
    Action {
        Walk = "walk", Run = "run", Dance = "dance", Hold = "hold", Stand = "stand", Cry = "cry", Sleep = "sleep",
        Search = "search", Find = "find", Give = "give", Hug = "hug", Quarrel = "quarrel",
    }
}

words! {
    /// What a character wears through the whole story.
    Accessory { None = "none", Scarf = "scarf", Hat = "hat", Bow = "bow" }
}

words! {
    /// Colours of accessories and things.
    Hue { Red = "red", Blue = "blue", Green = "green", Yellow = "yellow", Purple = "purple" }
}

words! {
    /// How a character is referred to; fixed by the name.
    Pronoun { She = "she", He = "he" }
}

impl Place {
    /// Inside a house: weather is seen through the window.
    pub fn indoors(self) -> bool {
        matches!(self, Place::Kitchen | Place::Bedroom)
    }
}

impl Thing {
    /// Whether its colour is one of `Hue`; the others always look the same.
    pub fn coloured(self) -> bool {
        use Thing::*;
        matches!(self, Kite | Umbrella | Gift | Boat | Ball | Balloon | Book)
    }
}

impl Action {
    /// Whether somebody doing this carries the thing; otherwise it stands on the ground.
    pub fn carries(self) -> bool {
        use Action::*;
        matches!(self, Walk | Run | Dance | Hold | Give)
    }
}

impl Pronoun {
    /// "her" or "him".
    pub fn object(self) -> &'static str {
        match self {
            Pronoun::She => "her",
            Pronoun::He => "him",
        }
    }

    /// "her" or "his".
    pub fn possessive(self) -> &'static str {
        match self {
            Pronoun::She => "her",
            Pronoun::He => "his",
        }
    }
}

/// Names and their pronouns: single words that mean nothing else in the texts.
pub const NAMES: [(&str, Pronoun); 20] = [
    ("Mia", Pronoun::She),
    ("Bo", Pronoun::He),
    ("Luna", Pronoun::She),
    ("Max", Pronoun::He),
    ("Lily", Pronoun::She),
    ("Leo", Pronoun::He),
    ("Ada", Pronoun::She),
    ("Finn", Pronoun::He),
    ("Zoe", Pronoun::She),
    ("Otto", Pronoun::He),
    ("Ruby", Pronoun::She),
    ("Tom", Pronoun::He),
    ("Ivy", Pronoun::She),
    ("Hugo", Pronoun::He),
    ("Nora", Pronoun::She),
    ("Sam", Pronoun::He),
    ("Emma", Pronoun::She),
    ("Ben", Pronoun::He),
    ("Rosa", Pronoun::She),
    ("Theo", Pronoun::He),
];

/// The place each species is never seen at in training: 8 combinations kept back, so that a model can be asked about
/// pictures whose parts it knows and whose whole it does not.
pub fn held_out_place(species: Species) -> Place {
    Place::ALL[(species.index() * 3 + 1) % Place::ALL.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_and_words_agree_with_the_lists() {
        for (index, species) in Species::ALL.into_iter().enumerate() {
            assert_eq!(species.index(), index);
            assert_eq!(serde_json::to_string(&species).unwrap(), format!("\"{}\"", species.word()));
        }
        assert_eq!((Action::ALL.len(), Thing::ALL.len(), Weather::ALL.len()), (12, 12, 5));
    }

    #[test]
    fn the_pairs_kept_back_are_eight_different_places() {
        let places: std::collections::BTreeSet<_> = Species::ALL.into_iter().map(held_out_place).collect();
        assert_eq!(places.len(), 8);
    }
}
