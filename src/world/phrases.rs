//! How feelings, places and weathers are said. The lists of different feelings share no word, so that a reader (and the
//! judge, which reads the same lists) can tell them apart. The last entry of each list is kept out of training.

use crate::world::words::{Emotion, Place, Weather};

/// Adjectives: "she was glad".
pub fn adjectives(emotion: Emotion) -> &'static [&'static str] {
    match emotion {
        Emotion::Happy => &["happy", "glad", "joyful", "cheerful", "delighted"],
        Emotion::Sad => &["sad", "gloomy", "heartbroken", "sorrowful", "tearful"],
        Emotion::Angry => &["angry", "cross", "furious", "mad", "annoyed"],
        Emotion::Scared => &["scared", "afraid", "frightened", "terrified", "fearful"],
        Emotion::Surprised => &["surprised", "amazed", "astonished", "startled", "stunned"],
        Emotion::Calm => &["calm", "peaceful", "relaxed", "content", "serene"],
    }
}

/// What the body does: "she trembled". `%` stands for her or his.
pub fn signs(emotion: Emotion) -> &'static [&'static str] {
    match emotion {
        Emotion::Happy => &["laughed", "beamed", "smiled from ear to ear", "grinned"],
        Emotion::Sad => &["wept", "sobbed", "had tears on % cheeks", "could not hold back the tears"],
        Emotion::Angry => &["growled", "clenched % teeth", "stamped % foot", "scowled"],
        Emotion::Scared => &["trembled", "shook with fear", "shivered all over", "shuddered"],
        Emotion::Surprised => &["gasped", "stared with wide eyes", "could hardly believe it", "blinked in wonder"],
        Emotion::Calm => &["breathed slowly", "felt at ease", "was at peace", "was quite at rest"],
    }
}

/// What stands before a sentence: "With tears on her cheeks, ". `%` stands for her or his.
pub fn leads(emotion: Emotion) -> &'static [&'static str] {
    match emotion {
        Emotion::Happy => &["With a big smile,", "Full of joy,", "With a merry song,", "Beaming,"],
        Emotion::Sad => &["With tears on % cheeks,", "With a sob,", "Sad and slow,", "Weeping,"],
        Emotion::Angry => &["With a growl,", "Full of anger,", "With an angry face,", "Scowling,"],
        Emotion::Scared => &["Full of fear,", "With trembling knees,", "With a frightened look,", "Trembling,"],
        Emotion::Surprised => &["With wide eyes,", "With a gasp,", "With an amazed look,", "Gasping,"],
        Emotion::Calm => &["With a peaceful heart,", "At ease,", "Calm and slow,", "At peace,"],
    }
}

/// What a feeling makes one do, where the plot explains it: "she was so glad that she hummed a tune". `$` she or he.
pub fn effects(emotion: Emotion) -> &'static [&'static str] {
    match emotion {
        Emotion::Happy => &["$ hummed a tune", "$ wanted to sing", "% heart jumped"],
        Emotion::Sad => &["$ could not say a word", "% heart felt heavy", "$ wanted to hide"],
        Emotion::Angry => &["$ wanted to shout", "% ears turned red", "$ saw red"],
        Emotion::Scared => &["% heart beat fast", "% knees were weak", "$ held % breath"],
        Emotion::Surprised => &["$ forgot to breathe", "$ did not say a word", "$ had to look again"],
        Emotion::Calm => &["$ forgot the time", "$ hummed softly", "% thoughts flew away"],
    }
}

/// How somebody is introduced: "a little fox called Mia". Nothing that a picture could gainsay.
pub const LITTLE: [&str; 5] = ["little ", "young ", "", "small ", "dear little "];

/// "in the forest".
pub fn places(place: Place) -> &'static [&'static str] {
    match place {
        Place::Forest => {
            &["in the forest", "among the trees", "in the deep forest", "under the tall trees", "in the woods"]
        }
        Place::Beach => &["on the beach", "by the sea", "on the sandy beach", "in the warm sand", "on the shore"],
        Place::Kitchen => {
            &["in the kitchen", "in the warm kitchen", "by the kitchen stove", "in the cosy kitchen", "near the stove"]
        }
        Place::Town => {
            &["in the town", "in a street of the town", "between the houses", "in the old town", "on the town square"]
        }
        Place::Snow => {
            &["in the snow", "in the deep snow", "on the snowy hill", "in the white snow", "on the snowy slope"]
        }
        Place::Meadow => &[
            "in the meadow",
            "among the flowers",
            "on the green meadow",
            "in the wide meadow",
            "in the flowery meadow",
        ],
        Place::Lake => {
            &["by the lake", "beside the lake", "at the edge of the lake", "near the lake", "by the quiet lake"]
        }
        Place::Bedroom => &[
            "in the bedroom",
            "next to the bed",
            "in the cosy bedroom",
            "in the quiet bedroom",
            "at the foot of the bed",
        ],
    }
}

/// Words that name a place, for the judge.
pub fn place_words(place: Place) -> &'static [&'static str] {
    match place {
        Place::Forest => &["forest", "forests", "woods", "wood", "trees"],
        Place::Beach => &["beach", "sea", "shore", "sandy", "sand", "seaside"],
        Place::Kitchen => &["kitchen", "stove"],
        Place::Town => &["town", "houses", "streets", "street", "village", "city"],
        Place::Snow => &["snow", "snowy"],
        Place::Meadow => &["meadow", "meadows", "flowers", "flowery"],
        Place::Lake => &["lake", "lakeside"],
        Place::Bedroom => &["bedroom", "bed"],
    }
}

/// How a first line begins: "One rainy day,".
pub fn first_openers(weather: Weather) -> &'static [&'static str] {
    match weather {
        Weather::Sunny => &["One sunny day,", "One bright morning,", "On a sunny morning,", "One fine sunny day,"],
        Weather::Rain => &["One rainy day,", "On a rainy morning,", "One wet and rainy day,", "As the rain fell,"],
        Weather::Storm => &["One stormy day,", "On a stormy evening,", "One wild and stormy day,", "As a storm raged,"],
        Weather::Night => &["One night,", "One starry night,", "Late one night,", "Late one moonlit night,"],
        Weather::Sunset => {
            &["One evening at sunset,", "As the sun went down,", "One golden evening,", "At dusk one day,"]
        }
    }
}

/// How a later line says a weather that has changed: "When it rained,".
pub fn turns(weather: Weather) -> &'static [&'static str] {
    match weather {
        Weather::Sunny => {
            &["When the sun came out,", "When the sun shone,", "The next morning,", "When the sky was blue,"]
        }
        Weather::Rain => &["When it rained,", "When rain fell,", "When the rain came,", "As it began to rain,"],
        Weather::Storm => {
            &["When a storm broke out,", "When thunder rolled,", "When the wind howled,", "As lightning flashed,"]
        }
        Weather::Night => &["That night,", "When night fell,", "When the moon rose,", "When it grew dark,"],
        Weather::Sunset => &["When the sun went down,", "That evening,", "When the sky turned red,", "At dusk,"],
    }
}

/// How a later line says a weather that has stayed: "In the rain,"; under a roof it is outside.
pub fn still(weather: Weather, indoors: bool) -> &'static [&'static str] {
    match (weather, indoors) {
        (Weather::Sunny, false) => {
            &["In the sunshine,", "Under the blue sky,", "In the warm sun,", "In the bright sun,"]
        }
        (Weather::Rain, false) => &["In the rain,", "While rain fell,", "In a rain shower,", "In the wet,"],
        (Weather::Storm, false) => {
            &["In the storm,", "While thunder rolled,", "In wind and rain,", "In the wild storm,"]
        }
        (Weather::Night, false) => &["Under the stars,", "By moonlight,", "Under the moon,", "Late at night,"],
        (Weather::Sunset, false) => &["At sunset,", "In the evening light,", "In the last light,", "In the red light,"],
        (Weather::Sunny, true) => &["While the sun shone outside,", "On this sunny day,", "With the sun outside,"],
        (Weather::Rain, true) => &["While it rained outside,", "On this rainy day,", "With the rain outside,"],
        (Weather::Storm, true) => &["While it stormed outside,", "While thunder rolled,", "With the storm outside,"],
        (Weather::Night, true) => &["That night,", "Late that night,", "With the moon outside,"],
        (Weather::Sunset, true) => &["That evening,", "At sunset,", "With the red sky outside,"],
    }
}

/// How a later line begins when the weather is not said.
pub const OPENERS: [&str; 16] = [
    "Then",
    "Soon",
    "After a while,",
    "A little later,",
    "Before long,",
    "A moment later,",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    "Some time later,",
    "Not much later,",
];

/// How the last line begins.
pub const LAST_OPENERS: [&str; 7] = ["At last", "In the end,", "Finally,", "At long last", "", "", "After all that,"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_feelings_share_an_adjective_or_a_sign() {
        let mut seen = std::collections::BTreeSet::new();
        for emotion in Emotion::ALL {
            for phrase in adjectives(emotion).iter().chain(signs(emotion)) {
                assert!(seen.insert(*phrase), "{phrase} twice");
            }
        }
    }
}
