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
        Emotion::Happy => &["With a big smile,", "Full of joy,", "Beaming,"],
        Emotion::Sad => &["With tears on % cheeks,", "With a sob,", "Weeping,"],
        Emotion::Angry => &["With a growl,", "Full of anger,", "Scowling,"],
        Emotion::Scared => &["Full of fear,", "With trembling knees,", "Trembling,"],
        Emotion::Surprised => &["With wide eyes,", "With a gasp,", "Gasping,"],
        Emotion::Calm => &["With a peaceful heart,", "At ease,", "At peace,"],
    }
}

/// Why somebody feels what the plot does not explain. `%` is her or his, `$` she or he.
pub fn reasons(emotion: Emotion) -> &'static [&'static str] {
    match emotion {
        Emotion::Happy => &["for $ knew a funny song", "for it was % lucky day", "for $ had good news"],
        Emotion::Sad => &["for $ missed % mother", "for % friends were far away", "for $ felt all alone"],
        Emotion::Angry => &["for a stone had hurt % toe", "for a bee had stung % nose", "for nobody had listened"],
        Emotion::Scared => &["for there was a strange noise", "for a shadow had moved", "for something had howled"],
        Emotion::Surprised => &["for a star fell from the sky", "for there was a loud bang", "for a bird said hello"],
        Emotion::Calm => &["for there was no hurry", "for all was well", "for $ had slept well"],
    }
}

/// "in the forest".
pub fn places(place: Place) -> &'static [&'static str] {
    match place {
        Place::Forest => &["in the forest", "among the trees", "in the deep forest", "in the woods"],
        Place::Beach => &["on the beach", "by the sea", "on the sandy beach", "on the shore"],
        Place::Kitchen => &["in the kitchen", "in the warm kitchen", "by the kitchen stove", "near the stove"],
        Place::Town => &["in the town", "in the streets of the town", "between the houses", "on the town square"],
        Place::Snow => &["in the snow", "in the deep snow", "on the snowy hill", "on the snowy slope"],
        Place::Meadow => &["in the meadow", "among the flowers", "on the green meadow", "in the flowery meadow"],
        Place::Lake => &["by the lake", "at the lake", "on the bank of the lake", "near the quiet lake"],
        Place::Bedroom => &["in the bedroom", "next to the bed", "in the cosy bedroom", "at the foot of the bed"],
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
        Weather::Rain => &["One rainy day,", "On a rainy morning,", "One wet day in the rain,", "As the rain fell,"],
        Weather::Storm => &["One stormy day,", "On a stormy evening,", "In a wild storm,", "As a storm raged,"],
        Weather::Night => &["One night,", "One starry night,", "Late one night,", "Under the moon one night,"],
        Weather::Sunset => {
            &["One evening at sunset,", "As the sun went down,", "One golden evening,", "At dusk one day,"]
        }
    }
}

/// How a later line says a weather that has changed: "Then rain began to fall, and".
pub fn turns(weather: Weather) -> &'static [&'static str] {
    match weather {
        Weather::Sunny => &["In the sunshine,", "Under a blue sky,", "The sun came out, and", "When the sun shone,"],
        Weather::Rain => &["In the rain,", "Then it rained, and", "While rain fell,", "In a rain shower,"],
        Weather::Storm => {
            &["In the storm,", "Then a storm broke out, and", "Thunder rolled, and", "As lightning flashed,"]
        }
        Weather::Night => &["That night,", "Under the stars,", "By moonlight,", "When night fell,"],
        Weather::Sunset => {
            &["At sunset,", "In the evening light,", "When the sun went down,", "As the sky turned red,"]
        }
    }
}

/// How a later line begins when the weather is not said.
pub const OPENERS: [&str; 9] =
    ["Then", "Soon", "After a while,", "A little later,", "Before long,", "", "", "", "Not much later,"];

/// How the last line begins.
pub const LAST_OPENERS: [&str; 5] = ["At last", "In the end,", "Finally,", "", "After all that,"];

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
