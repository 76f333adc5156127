//! Holds a story against the facts: who is named in which line, where, with what, feeling what.
//!
//! It reads words, not meaning: lists of words for places, things and feelings (`phrases`), the names of the cast, and
//! simple grammar (clauses, pronouns, negation). Naming more than is seen counts against a story, so that listing
//! everything does not pay: a character's feeling is right only if it is the only one said of them in that line.

use crate::world::facts::{Facts, FrameFacts, Member};
use crate::world::judgement::{Judgement, Share};
use crate::world::lexicon::{Word, lexicon, words};
use crate::world::words::{Emotion, NAMES, Place, Pronoun, Species, Thing};

/// What one line says, by index into the cast; a stranger is a character who is not of the cast.
#[derive(Default)]
struct Said {
    members: Vec<usize>,
    strangers: usize,
    places: Vec<Place>,
    things: Vec<Thing>,
    feelings: Vec<(usize, Emotion)>,
    names: Share,
}

/// Holds a story (one line a frame; empty lines are skipped) against the facts.
pub fn judge(story: &str, facts: &Facts) -> Judgement {
    let lines: Vec<&str> = story.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut found = Judgement { stories: 1, ..Judgement::default() };
    found.aligned.count(lines.len() == facts.frames.len());
    let mut before: Vec<Vec<String>> = Vec::new();
    for line in &lines {
        found.words += line.split_whitespace().count();
        for sentence in line.split(['.', '!', '?', ';']).map(words).filter(|words| words.len() > 2) {
            found.repeated.count(before.contains(&sentence));
            before.push(sentence);
        }
    }
    for (at, frame) in facts.frames.iter().enumerate() {
        let said = lines.get(at).map_or_else(Said::default, |line| read(line, &facts.cast, frame));
        hold(&said, frame, &mut found);
    }
    // Lines beyond the last frame tell of nothing that is seen.
    for line in lines.iter().skip(facts.frames.len()) {
        let said = read(line, &facts.cast, &facts.frames[0]);
        for _ in 0..said.members.len() + said.strangers {
            found.character_precision.count(false);
        }
        found.names.add(said.names);
    }
    found
}

/// Counts what a line says against its frame.
fn hold(said: &Said, frame: &FrameFacts, found: &mut Judgement) {
    let seen = |member: &usize| frame.seen.iter().any(|seen| seen.member == *member);
    for member in &said.members {
        found.character_precision.count(seen(member));
        found.hallucination.count(!seen(member));
    }
    for _ in 0..said.strangers {
        found.character_precision.count(false);
        found.hallucination.count(true);
    }
    found.place.count(said.places == [frame.place]);
    for place in &said.places {
        found.hallucination.count(*place != frame.place);
    }
    if let Some(thing) = frame.thing {
        found.thing_recall.count(said.things.contains(&thing));
    }
    for thing in &said.things {
        found.hallucinated_things.count(frame.thing != Some(*thing));
        found.hallucination.count(frame.thing != Some(*thing));
    }
    for seen in &frame.seen {
        found.character_recall.count(said.members.contains(&seen.member));
        let mut felt: Vec<Emotion> =
            said.feelings.iter().filter(|(member, _)| *member == seen.member).map(|(_, emotion)| *emotion).collect();
        felt.dedup();
        let right = felt == [seen.emotion];
        found.emotion.count(right);
        if frame.seen.len() == 1 {
            found.emotion_single.count(right);
        }
        if seen.twist {
            found.emotion_twist.count(right);
        }
    }
    found.names.add(said.names);
}

/// Who a word stands for.
enum Who {
    Members(Vec<usize>),
    Stranger,
}

/// Reads one line.
fn read(line: &str, cast: &[Member], frame: &FrameFacts) -> Said {
    let mut said = Said::default();
    let mut subject: Vec<usize> = Vec::new();
    // Feelings said before anybody is named wait for the first who is.
    let mut waiting: Vec<Emotion> = Vec::new();
    for clause in line.split([',', ';', '.', '!', '?', ':']) {
        let words = words(clause);
        let mut negated_until = 0;
        for (i, word) in words.iter().enumerate() {
            if matches!(word.as_str(), "not" | "never" | "no" | "without" | "hardly" | "nor" | "neither")
                || word.ends_with("n't")
            {
                negated_until = i + 4;
            }
            if let Some(who) = who(word, &words, i, cast, frame, &subject, &mut said) {
                match who {
                    Who::Members(members) => {
                        for member in &members {
                            push(&mut said.members, *member);
                        }
                        if let Some(first) = members.first() {
                            for emotion in waiting.drain(..) {
                                said.feelings.push((*first, emotion));
                            }
                        }
                        // "Mia and Bo were": both are meant.
                        let joined = i >= 2 && words[i - 1] == "and" || i >= 4 && words[i - 3] == "and";
                        if joined && members.len() == 1 && !subject.is_empty() && together(&words, i) {
                            push(&mut subject, members[0]);
                        } else {
                            subject = members;
                        }
                    }
                    Who::Stranger => {
                        said.strangers += 1;
                        subject.clear();
                    }
                }
            }
            for meaning in lexicon(&words, i) {
                match meaning {
                    Word::Place(place) => push(&mut said.places, place),
                    Word::Thing(thing) => push(&mut said.things, thing),
                    Word::Emotion(emotion) if i >= negated_until => {
                        if subject.is_empty() {
                            waiting.push(emotion);
                        }
                        for member in &subject {
                            push(&mut said.feelings, (*member, emotion));
                        }
                    }
                    Word::Emotion(_) => {}
                }
            }
        }
    }
    said
}

/// "were", "both", "felt" follow a pair: the verb tells that both are meant.
fn together(words: &[String], at: usize) -> bool {
    words.iter().skip(at + 1).take(3).any(|word| matches!(word.as_str(), "were" | "both" | "are"))
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Whom a word means: a name, a species, a pronoun, "both".
fn who(
    word: &str,
    words: &[String],
    at: usize,
    cast: &[Member],
    frame: &FrameFacts,
    subject: &[usize],
    said: &mut Said,
) -> Option<Who> {
    if let Some(member) = cast.iter().position(|member| member.name.eq_ignore_ascii_case(word)) {
        // "Mia the bear", when Mia is the fox, is a wrong name.
        let beside = words.get(at + 1).filter(|next| *next == "the").and_then(|_| species(words.get(at + 2)?));
        said.names.count(beside.is_none_or(|species| species == cast[member].species));
        return Some(Who::Members(vec![member]));
    }
    if NAMES.iter().any(|(name, _)| name.eq_ignore_ascii_case(word)) {
        said.names.count(false);
        return Some(Who::Stranger);
    }
    if let Some(species) = species(word) {
        // The species beside a name has been read with the name.
        let named = at >= 2 && words[at - 1] == "the" && is_name(&words[at - 2]);
        return match cast.iter().position(|member| member.species == species) {
            Some(member) => Some(Who::Members(vec![member])),
            None if named => None,
            None => Some(Who::Stranger),
        };
    }
    match word {
        "she" | "he" => {
            let pronoun = if word == "she" { Pronoun::She } else { Pronoun::He };
            let fits = |member: &usize| cast[*member].pronoun == pronoun;
            let last = subject.iter().rev().chain(said.members.iter().rev()).copied().find(|member| fits(member));
            last.map(|member| Who::Members(vec![member]))
        }
        "both" | "they" | "each" | "everyone" | "everybody" | "two" => {
            let all = if said.members.is_empty() {
                frame.seen.iter().map(|seen| seen.member).collect()
            } else {
                said.members.clone()
            };
            Some(Who::Members(all))
        }
        _ => None,
    }
}

fn is_name(word: &str) -> bool {
    NAMES.iter().any(|(name, _)| name.eq_ignore_ascii_case(word))
}

fn species(word: impl AsRef<str>) -> Option<Species> {
    let word = word.as_ref();
    let word = if word == "bunny" { "rabbit" } else { word };
    Species::ALL.into_iter().find(|species| species.word() == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Split, Tale};

    fn truth(split: Split, from: u64) -> Judgement {
        let mut all = Judgement::default();
        for seed in from..from + 200 {
            let facts = Tale::new(seed, split).facts;
            all.add(&judge(&facts.story.join("\n"), &facts));
        }
        all
    }

    #[test]
    fn the_truth_is_found_true() {
        for (split, from) in [(Split::Train, 0), (Split::HeldOut, 2_000_000_000)] {
            let all = truth(split, from);
            for (what, share) in [
                ("characters", all.character_precision),
                ("seen", all.character_recall),
                ("place", all.place),
                ("emotion", all.emotion),
                ("single", all.emotion_single),
                ("twist", all.emotion_twist),
                ("thing", all.thing_recall),
                ("lines", all.aligned),
                ("names", all.names),
            ] {
                assert!(share.value() >= 0.97, "{what}: {share:?}");
            }
            assert!(all.hallucination.value() <= 0.01 && all.hallucinated_things.value() <= 0.01, "{all:?}");
            assert!(all.repeated.value() <= 0.06, "{:?}", all.repeated);
        }
    }

    #[test]
    fn the_story_of_another_tale_is_found_false() {
        let mut all = Judgement::default();
        for seed in 0..100 {
            let facts = Tale::new(seed, Split::Train).facts;
            all.add(&judge(&Tale::new(seed + 1000, Split::Train).facts.story.join("\n"), &facts));
        }
        assert!(all.place.value() < 0.25 && all.emotion.value() < 0.2 && all.names.value() < 0.3, "{all:?}");
    }

    /// A frame of one happy fox called Mia in the forest with a kite; and Bo the bear, who is elsewhere.
    fn small() -> Facts {
        let mut seed = 0;
        loop {
            let mut facts = Tale::new(seed, Split::Train).facts;
            seed += 1;
            if facts.frames[0].seen.len() != 1 || facts.frames[0].seen[0].member != 0 {
                continue;
            }
            facts.frames.truncate(1);
            let cast = [("Mia", Species::Fox, Pronoun::She), ("Bo", Species::Bear, Pronoun::He)];
            for (member, (name, species, pronoun)) in facts.cast.iter_mut().zip(cast) {
                (member.name, member.species, member.pronoun) = (name.to_owned(), species, pronoun);
            }
            let frame = &mut facts.frames[0];
            (frame.place, frame.thing) = (Place::Forest, Some(Thing::Kite));
            (frame.seen[0].species, frame.seen[0].emotion) = (Species::Fox, Emotion::Happy);
            return facts;
        }
    }

    fn emotion(line: &str) -> usize {
        judge(line, &small()).emotion.right
    }

    #[test]
    fn a_plain_line_is_right_and_negation_is_heard() {
        assert_eq!(emotion("Mia the fox played with a kite in the forest, and she was happy."), 1);
        assert_eq!(emotion("Mia the fox was not happy in the forest."), 0);
        assert_eq!(emotion("Mia the fox was not sad, she was glad."), 1);
        assert_eq!(emotion("Mia was never angry; the fox laughed."), 1);
    }

    #[test]
    fn naming_every_feeling_and_place_does_not_pay() {
        let all = judge("Mia was happy, sad, angry, scared, surprised and calm in the forest, by the lake.", &small());
        assert_eq!((all.emotion.right, all.place.right), (0, 0));
        let things = judge("Mia had a kite, a ball, a cake and a key in the forest.", &small());
        assert_eq!((things.thing_recall.right, things.hallucinated_things.right), (1, 3));
    }

    #[test]
    fn strangers_wrong_names_and_repetition_are_counted() {
        let both = judge("Mia and Bo were happy in the forest.", &small());
        assert_eq!((both.character_precision.right, both.character_precision.of), (1, 2));
        assert_eq!(judge("Otto the fox was happy in the forest.", &small()).names.right, 0);
        assert_eq!(judge("Mia the bear was happy.", &small()).names.right, 0);
        let twice = judge("Mia was happy here. Mia was happy here. Mia was happy here.", &small());
        assert_eq!((twice.repeated.right, twice.repeated.of), (2, 3));
        assert_eq!(judge("One line.\nTwo lines.", &small()).aligned.right, 0);
    }

    #[test]
    fn the_feeling_of_another_is_not_ones_own() {
        assert_eq!(emotion("Mia saw Bo in the forest; Bo was happy, but Mia wept."), 0);
        assert_eq!(emotion("With a big smile, Mia walked in the forest."), 1);
    }
}
