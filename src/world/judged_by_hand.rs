//! Forty stories that try to fool the judge, each judged by hand; the judge has to agree.
//!
//! The pictures: 1. Mia the fox, happy, in the forest, with a kite. 2. Bo the bear, sad, by the lake. 3. Mia, surprised,
//! and Bo, calm, in the town, with a cake.

use crate::world::facts::{Facts, FrameFacts, Member, Seen};
use crate::world::judge::judge;
use crate::world::words::{Accessory, Action, Emotion, Hue, Place, Pronoun, Species, Thing, Weather};

fn facts() -> Facts {
    let member = |name: &str, species, pronoun| Member {
        name: name.to_owned(),
        species,
        pronoun,
        accessory: Accessory::None,
        hue: Hue::Red,
    };
    let seen = |member, species, emotion| Seen {
        member,
        species,
        emotion,
        twist: false,
        action: Action::Stand,
        accessory: Accessory::None,
        hue: Hue::Red,
    };
    let mia = |emotion| seen(0, Species::Fox, emotion);
    let bo = |emotion| seen(1, Species::Bear, emotion);
    let frame = |seen, place, thing| FrameFacts { seen, place, weather: Weather::Sunny, thing, hue: None };
    Facts {
        seed: 0,
        title: String::new(),
        plot: String::new(),
        cast: vec![member("Mia", Species::Fox, Pronoun::She), member("Bo", Species::Bear, Pronoun::He)],
        frames: vec![
            frame(vec![mia(Emotion::Happy)], Place::Forest, Some(Thing::Kite)),
            frame(vec![bo(Emotion::Sad)], Place::Lake, None),
            frame(vec![mia(Emotion::Surprised), bo(Emotion::Calm)], Place::Town, Some(Thing::Cake)),
        ],
        story: Vec::new(),
        captions: Vec::new(),
        emotions: Vec::new(),
        consistency: Vec::new(),
    }
}

/// A hand's judgement: of 3 places, 4 characters, 4 feelings and 2 things how many are right; how many characters and
/// things are named that are not there; whether each picture has its line, and names are right.
type Hand = [usize; 8];

#[rustfmt::skip]
const CASES: [(&str, &str, Hand); 40] = [
    //                                                                            places who feel things | who things not there | lines names
    ("true", "Mia the fox flew a kite in the forest and was happy.\nBo the bear wept by the lake.\nIn the town, Mia gasped at a cake, but Bo was calm.", [3, 4, 4, 2, 0, 0, 1, 1]),
    ("true, in other words", "Full of joy, a fox called Mia ran among the trees with her kite.\nWith tears on his cheeks, Bo the bear sat by the lake.\nMia and Bo saw a cake between the houses; she was amazed, while he felt at ease.", [3, 4, 4, 2, 0, 0, 1, 1]),
    ("negation", "Mia was not happy in the forest with a kite.\nBo was never sad by the lake.\nMia was not surprised and Bo was not calm in the town with a cake.", [3, 4, 0, 2, 0, 0, 1, 1]),
    ("negation of the wrong", "Mia was not sad but happy in the forest with a kite.\nBo was not glad, he was sad, by the lake.\nMia wasn't angry, she was surprised, and Bo was calm in the town near the cake.", [3, 4, 4, 2, 0, 0, 1, 1]),
    ("negated things", "Mia was happy in the forest without a kite.\nBo was sad by the lake.\nMia was amazed and Bo was calm in the town, but there was no cake.", [3, 4, 4, 0, 0, 0, 1, 1]),
    ("negated places", "Mia was happy with a kite, but not in the forest.\nBo was sad, but not by the lake.\nMia was amazed and Bo was calm, with a cake, not in the town.", [0, 4, 4, 2, 0, 0, 1, 1]),
    ("every feeling", "Mia was happy, sad, angry, scared, surprised and calm in the forest with a kite.\nBo was happy, sad, angry, scared, surprised and calm by the lake.\nMia and Bo were happy, sad, angry, scared, surprised and calm in the town with a cake.", [3, 4, 0, 2, 0, 0, 1, 1]),
    ("two feelings", "Mia was happy and sad in the forest with a kite.\nBo was sad, then glad, by the lake.\nMia was surprised, but also angry, and Bo was calm in the town with a cake.", [3, 4, 1, 2, 0, 0, 1, 1]),
    ("every place", "Mia was happy with a kite in the forest, by the lake, in the town and on the beach.\nBo was sad in the forest, by the lake, in the town and on the beach.\nMia was amazed and Bo was calm with a cake in the forest, by the lake and in the town.", [0, 4, 4, 2, 0, 0, 1, 1]),
    ("every thing", "Mia was happy in the forest with a kite, a cake, a ball, a boat, a book and a key.\nBo was sad by the lake with a kite and a cake.\nMia was amazed and Bo was calm in the town with a kite, a cake and a ball.", [3, 4, 4, 2, 0, 9, 1, 1]),
    ("everybody in each", "Mia was happy with a kite in the forest, and Bo was there too.\nBo was sad by the lake, and Mia was there too.\nMia was amazed and Bo was calm in the town with a cake.", [3, 4, 4, 2, 2, 0, 1, 1]),
    ("one line for all", "Mia was happy in the forest with a kite, Bo was sad by the lake, and in the town Mia was amazed at a cake while Bo was calm.", [0, 1, 0, 1, 1, 1, 0, 1]),
    ("the same line thrice", "Mia was happy in the forest with a kite.\nMia was happy in the forest with a kite.\nMia was happy in the forest with a kite.", [1, 2, 1, 1, 1, 2, 1, 1]),
    ("wrong order", "In the town, Mia gasped at a cake, but Bo was calm.\nMia the fox flew a kite in the forest and was happy.\nBo the bear wept by the lake.", [0, 2, 0, 0, 2, 2, 1, 1]),
    ("too many lines", "Mia was happy in the forest with a kite.\nBo was sad by the lake.\nMia was amazed and Bo was calm in the town with a cake.\nMia went home.\nBo went home.", [3, 4, 4, 2, 2, 0, 0, 1]),
    ("nothing", "", [0, 0, 0, 0, 0, 0, 0, 0]),
    ("names only", "Mia.\nBo.\nMia and Bo.", [0, 4, 0, 0, 0, 0, 1, 1]),
    ("swapped names", "Bo the fox was happy in the forest with a kite.\nMia the bear was sad by the lake.\nMia was amazed and Bo was calm in the town with a cake.", [3, 2, 2, 2, 2, 0, 1, 0]),
    ("called by another's name", "A fox called Bo was happy in the forest with a kite.\nA bear called Mia was sad by the lake.\nThe fox was amazed and the bear was calm in the town with a cake.", [3, 4, 2, 2, 2, 0, 1, 0]),
    ("a name from nowhere", "Otto was happy in the forest with a kite.\nOtto was sad by the lake.\nOtto was amazed and Bo was calm in the town with a cake.", [3, 1, 1, 2, 3, 0, 1, 0]),
    ("a wrong species", "The rabbit was happy in the forest with a kite.\nThe frog was sad by the lake.\nThe rabbit was amazed and the frog was calm in the town with a cake.", [3, 0, 0, 2, 4, 0, 1, 0]),
    ("no names", "The fox was happy in the forest with a kite.\nThe bear was sad by the lake.\nThe fox was amazed and the bear was calm in the town with a cake.", [3, 4, 4, 2, 0, 0, 1, 0]),
    ("copied captions", "A happy fox holds a kite in the forest on a sunny day.\nA sad bear stands by the lake.\nA surprised fox and a calm bear stand in the town, next to a cake.", [3, 4, 4, 2, 0, 0, 1, 0]),
    ("captions with all names", "Mia and Bo: a happy fox in the forest with a kite.\nMia and Bo: a sad bear by the lake.\nMia and Bo: a surprised fox and a calm bear in the town with a cake.", [3, 4, 4, 2, 2, 0, 1, 1]),
    ("pronouns for nobody", "She was happy in the forest with a kite.\nHe was sad by the lake.\nShe was amazed and he was calm in the town with a cake.", [3, 0, 0, 2, 0, 0, 1, 0]),
    ("they for nobody", "They were happy in the forest with a kite.\nThey were sad by the lake.\nBoth were calm in the town with a cake.", [3, 0, 0, 2, 0, 0, 1, 0]),
    ("the wrong pronoun", "Mia was in the forest with a kite, and he was happy.\nBo was by the lake, and she was sad.\nMia and Bo were in the town with a cake; she was amazed, and he was calm.", [3, 4, 2, 2, 0, 0, 1, 1]),
    ("both for two", "Mia was happy in the forest with a kite.\nBo was sad by the lake.\nMia and Bo had a cake in the town, and both were calm.", [3, 4, 3, 2, 0, 0, 1, 1]),
    ("feelings crossed", "Mia was happy in the forest with a kite.\nBo was sad by the lake.\nMia was calm and Bo was amazed in the town with a cake.", [3, 4, 2, 2, 0, 0, 1, 1]),
    ("if", "If Mia had a kite in the forest, she would be happy.\nIf Bo were by the lake, he would be sad.\nMia might be amazed and Bo might be calm, if there were a cake in the town.", [0, 4, 0, 0, 0, 0, 1, 1]),
    ("wishes and dreams", "In the forest, Mia dreamt of a kite and of being happy.\nBy the lake, Bo pretended to be sad.\nIn the town, Mia wished for a cake, and Bo wanted to be calm.", [3, 4, 0, 0, 0, 0, 1, 1]),
    ("questions", "Was Mia happy in the forest? There was a kite.\nWas Bo sad by the lake?\nWas Mia amazed, and was Bo calm in the town? There was a cake.", [0, 4, 0, 2, 0, 0, 1, 1]),
    ("the past", "Mia had been sad, but now she was happy in the forest with a kite.\nBo had been happy, but now he was sad by the lake.\nMia was no longer calm but surprised, and Bo was calm in the town with a cake.", [3, 4, 4, 2, 0, 0, 1, 1]),
    ("tears of joy", "Mia had tears of joy in the forest with her kite.\nBo had tears on his cheeks by the lake.\nMia was amazed and Bo was calm in the town with a cake.", [3, 4, 4, 2, 0, 0, 1, 1]),
    ("feelings of nobody", "Mia was in the forest with a kite; everything was happy there.\nBo was by the lake, and the sky looked sad.\nMia and Bo were in the town with a cake.", [3, 4, 0, 2, 0, 0, 1, 1]),
    ("a feeling aloud", "\"I am so happy,\" said Mia in the forest with her kite.\n\"I am sad,\" said Bo by the lake.\n\"I am amazed,\" said Mia in the town, and Bo ate cake and was calm.", [3, 4, 4, 2, 0, 0, 1, 1]),
    ("what belongs to whom", "Mia's kite flew in the forest, and Mia laughed.\nBo's tears fell by the lake.\nMia stared at Bo's cake with wide eyes in the town, but Bo was calm.", [3, 4, 4, 2, 0, 0, 1, 1]),
    ("to another", "Mia held up a kite in the forest and was happy.\nBo was by the lake and was sad.\nMia gave Bo a cake in the town and was surprised.", [3, 4, 3, 2, 0, 0, 1, 1]),
    ("neither", "Neither Mia nor Bo was happy in the forest with a kite.\nNobody was sad by the lake.\nMia was hardly surprised, and Bo was without calm, in the town with a cake.", [3, 3, 0, 2, 1, 0, 1, 1]),
    ("another tale", "Luna the cat was angry in the kitchen with a ball.\nLuna walked on the beach and was calm.\nLuna and Otto the frog were scared in the bedroom with a book.", [0, 0, 0, 0, 4, 2, 1, 0]),
];

#[test]
fn the_judge_agrees_with_the_hand() {
    let facts = facts();
    let disagreements: Vec<String> = CASES
        .iter()
        .filter_map(|(name, story, hand)| {
            let found = judge(story, &facts);
            let wrong = found.character_precision.of - found.character_precision.right;
            let judged: Hand = [
                found.place.right,
                found.character_recall.right,
                found.emotion.right,
                found.thing_recall.right,
                wrong,
                found.hallucinated_things.right,
                found.aligned.right,
                found.consistent.right,
            ];
            (judged != *hand).then(|| format!("{name}: judged {judged:?}, by hand {hand:?}"))
        })
        .collect();
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}
