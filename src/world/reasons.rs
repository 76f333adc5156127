//! Why somebody feels what the plot does not explain. A reason names nothing that could be seen and is not, no place, no
//! thing and no feeling, and it goes with what one is doing. The last of each list is kept out of training.
//!
//! `%` is her or his, `$` she or he, `@` her or him, `&` the other one's name (only where two are seen).

use crate::world::words::{Action, Emotion, Weather};
use Action::*;
use Emotion::*;

/// Reasons that always hold.
pub fn general(emotion: Emotion) -> &'static [&'static str] {
    match emotion {
        Happy => &["$ remembered a good joke", "it was % lucky day", "$ had heard good news", "$ thought of a song"],
        Sad => &["$ missed % mother", "% friends were far away", "$ thought of home", "$ thought of an old song"],
        Angry => &["% foot hurt", "$ had slept badly", "nobody had listened", "$ had hurt % toe"],
        Scared => {
            &["there was a strange noise", "a shadow had moved", "something had howled", "somebody had whispered"]
        }
        Surprised => {
            &["there was a loud bang", "$ had heard % own name", "something had tickled % ear", "somebody had whistled"]
        }
        Calm => &["there was no hurry", "all was well", "$ had slept well", "nothing could go wrong now"],
    }
}

/// Reasons that lie in the weather.
pub fn weather(emotion: Emotion, weather: Weather) -> &'static [&'static str] {
    match (emotion, weather) {
        (Happy, Weather::Rain) => &["$ liked the rain", "rain made such fine music", "rain was good for the garden"],
        (Happy, Weather::Sunny) => &["the sun was so warm", "it was such a fine day", "the sky was so blue"],
        (Sad, Weather::Rain) => &["it rained and rained", "the sky was so grey", "the rain would not stop"],
        (Angry, Weather::Rain | Weather::Storm) => &["$ was so wet", "water ran down % neck", "the weather was so bad"],
        (Scared, Weather::Storm) => &["the thunder was so loud", "lightning came so near", "the storm was so wild"],
        (Scared, Weather::Night) => &["it was so dark", "something rustled in the dark", "the night was so black"],
        (Surprised, Weather::Storm) => {
            &["lightning came so near", "the thunder came so suddenly", "the sky was so loud"]
        }
        (Surprised, Weather::Sunset) => &["the sky was so red", "the day was over so soon", "the sun was so big"],
        (Calm, Weather::Night) => &["the night was so still", "the moon shone so softly", "the stars were out"],
        (Calm, Weather::Sunset) => &["the evening was so mild", "the day had been long", "the light was so soft"],
        _ => &[],
    }
}

/// Reasons that lie in what one is doing.
pub fn doing(emotion: Emotion, action: Action) -> &'static [&'static str] {
    match (emotion, action) {
        (Happy, Search) => &["searching was a game", "it could not be far", "looking about was fun"],
        (Happy, Run) => &["running was fun", "nobody was as fast", "$ liked to run"],
        (Happy, Walk) => &["$ liked long walks", "the walk was fun", "$ was on % way"],
        (Happy, Cry) => &["it had only been a joke", "help was on the way", "it did not hurt at all"],
        (Happy, Quarrel) => &["it was only a game", "& looked so funny", "& could not shout for long"],
        (Happy, Stand) => &["& was there", "& had made a joke", "& was a good friend"],
        (Happy, Hold | Find) => &["$ had a good plan", "$ liked it so much", "$ could keep it for now"],
        (Happy, Hug) => &["& was safe", "hugs were the best thing of all", "& was a good friend"],
        (Sad, Walk) => &["the way was so long", "% feet hurt", "$ was tired of walking"],
        (Sad, Run) => &["$ was the slowest of all", "nobody waited for @", "nobody ran along"],
        (Sad, Dance) => &["the day would soon be over", "& had to go home soon", "$ did not know the steps"],
        (Sad, Hold) => &["it would not last for ever", "$ had to give it away soon", "$ wanted a different one"],
        (Sad, Stand) => &["& had to leave soon", "& had said something unkind", "& had not come before"],
        (Sad, Find) => &["its owner must miss it", "it came a day too late", "it was a little broken"],
        (Sad, Give) => &["it was hard to give it away", "$ wanted to keep it", "$ would miss it"],
        (Sad, Hug) => &["& had to leave soon", "it was time to say goodbye", "$ would miss &"],
        (Angry, Walk | Run) => &["a stone had hurt % toe", "the way was too long", "% feet were sore"],
        (Angry, Dance) => &["& had stepped on % foot", "the music was too fast", "& danced out of step"],
        (Angry, Hold) => &["it was too heavy", "it had a scratch", "it was not new any more"],
        (Angry, Stand) => &["& had come so late", "& had not said hello", "& had not said please"],
        (Angry, Find) => &["somebody had left it in the way", "$ had looked there before", "it was broken"],
        (Angry, Give) => &["& had not said thank you", "$ wanted to keep it", "it was not fair"],
        (Angry, Hug) => &["& had come so late", "& held on too hard", "& had no time for @ before"],
        (Angry, Cry) => &["nobody came to help", "it was not fair", "$ had been so silly"],
        (Scared, Walk | Run) => &["something rustled behind @", "$ heard steps behind @", "steps came nearer"],
        (Scared, Dance) => &["the ground was slippery", "$ could fall at any moment", "the music was too wild"],
        (Scared, Hold) => &["$ could drop it", "somebody could take it away", "it could break"],
        (Scared, Stand) => &["& had come so suddenly", "& told a ghost story", "& spoke of ghosts"],
        (Scared, Find) => &["something had moved beside it", "it could belong to a ghost", "it could be a trap"],
        (Scared, Give) => &["& had such a loud voice", "it could break", "& could say no"],
        (Scared, Cry) => &["$ did not know what to do", "nobody could hear @", "nobody was there to help"],
        (Scared, Quarrel) => &["& shouted so loudly", "& was so strong", "$ did not want to fight"],
        (Scared, Search) => &["it was getting late", "$ did not know the way back", "it was so still"],
        (Surprised, Walk | Run) => &["the way looked so different", "$ was there so soon", "the path had changed"],
        (Surprised, Dance) => &["& danced so well", "$ could dance so well", "& knew every step"],
        (Surprised, Hold) => &["it was so light", "it was just as in % dream", "it looked so new"],
        (Surprised, Stand) => &["& knew % name", "& looked so different", "& had come so early"],
        (Surprised, Search) => &["it had been there before", "there was no trace of it", "it was gone so soon"],
        (Surprised, Cry) => &["it had come so suddenly", "$ had not seen it coming", "it had been so quick"],
        (Surprised, Give) => &["it was so easy to share", "& thanked @ so much", "& liked it so much"],
        (Surprised, Hug) => &["& was so strong", "& had come at all", "& held on so long"],
        (Surprised, Quarrel) => &["& had never shouted before", "& was suddenly so loud", "& was so rude"],
        (Calm, Search) => &["lost things always turn up", "$ knew where to look", "$ had looked here before"],
        (Calm, Run | Walk) => &["there was plenty of time", "$ knew the way", "it was not far"],
        (Calm, Cry) => &["it was not so bad", "help would come", "a little rest would help"],
        (Calm, Quarrel) => &["shouting would not help", "$ knew that & was right", "it was not worth a fight"],
        (Calm, Dance) => &["$ knew every step", "the music was slow", "& danced so slowly"],
        (Calm, Stand) => &["& was there", "& knew what to do", "$ had known it all along"],
        (Calm, Find) => &["$ had known it would be there", "$ had seen it before", "$ had found things before"],
        (Calm, Give) => &["it was the right thing to do", "& could use it", "$ liked to share"],
        (Calm, Hug) => &["& was there", "all was forgotten", "& would stay now"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::lexicon::{Word, lexicon, words};

    #[test]
    fn no_reason_names_a_place_a_thing_or_a_feeling() {
        let lists = Emotion::ALL.into_iter().flat_map(|emotion| {
            let by_weather = Weather::ALL.into_iter().map(move |sky| weather(emotion, sky));
            let by_action = Action::ALL.into_iter().map(move |action| doing(emotion, action));
            by_weather.chain(by_action).chain([general(emotion)])
        });
        let mut seen = 0;
        for reason in lists.flatten() {
            let found = words(reason);
            seen += 1;
            for at in 0..found.len() {
                assert_eq!(lexicon(&found, at), Vec::<Word>::new(), "{reason}");
            }
        }
        assert!(seen > 200, "{seen}");
    }
}
