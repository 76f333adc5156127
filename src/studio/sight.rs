//! What a rater can see: three pictures of the picture world, each with one animal in it, in the size in which they will rate.
//! What they saw is an event in the log, so that a vote can be read beside it.

use super::gallery::blocking;
use super::handle::Studio;
use crate::pixels::Picture;
use crate::story::{Campaign, Frame, Notice, Rater, Sight, SightQuestion};
use crate::world::{Species, Split, Tale};

/// Pictures that are asked about.
pub const SIGHT_QUESTIONS: usize = 3;
/// Answers to choose from.
const CHOICES: usize = 4;
/// In pixels, as the bundled tales are drawn.
const SIDE: u32 = 384;

impl Studio {
    /// The questions, unless the rater has seen enough on a terminal that shows pictures like this.
    pub(super) async fn sight(
        &self,
        campaign: &Campaign,
        rater: &Rater,
        screen: &str,
    ) -> Result<Option<Sight>, Notice> {
        if rater.simulated {
            return Ok(None);
        }
        // More than there are nobody could see.
        let needed = campaign.plan.sight.min(SIGHT_QUESTIONS as u32);
        if screen == "off" && needed == 0 {
            // Nothing can be seen, and nothing has to be.
            return Ok(None);
        }
        let before = self.inner.shelf.sight_of(&campaign.id, &rater.id, screen).await?;
        if before.is_some_and(|right| right >= needed) {
            return Ok(None);
        }
        let first = rand::random::<u32>();
        let questions = blocking(move || {
            let seeds = (0..SIGHT_QUESTIONS as u64).map(|n| u64::from(first) * 8 + n);
            seeds.map(|seed| question(seed).map(|(question, _)| question)).collect::<Result<Vec<_>, Notice>>()
        });
        Ok(Some(Sight { questions: questions.await??, before, needed }))
    }

    /// The pictures of questions, drawn once more.
    pub async fn sight_pictures(&self, sight: &Sight) -> Result<Vec<Picture>, Notice> {
        let seeds: Vec<u64> = sight.questions.iter().map(|question| question.seed).collect();
        blocking(move || seeds.into_iter().map(|seed| question(seed).map(|(_, picture)| picture)).collect()).await?
    }

    /// Writes down how many of these answers are right; each is a question's seed and a choice.
    pub async fn saw(
        &self,
        campaign: &Campaign,
        rater: &Rater,
        screen: &str,
        answers: &[(u64, String)],
    ) -> Result<(), Notice> {
        let right = answers.iter().filter(|(seed, answer)| subject(*seed).1.word() == answer).count();
        let of = SIGHT_QUESTIONS.max(answers.len());
        Ok(self.inner.shelf.keep_sight(&campaign.id, &rater.id, screen, (right as u32, of as u32)).await?)
    }
}

/// The tale of a seed, and the frame of it with one animal in it; the next tale where there is none.
fn subject(seed: u64) -> ((Tale, usize), Species) {
    // Far from the seeds of training and of evaluations.
    let mut at = 1_500_000_000 + seed;
    loop {
        let tale = Tale::new(at, Split::Train);
        let alone = tale.facts.frames.iter().position(|frame| frame.seen.len() == 1);
        if let Some(frame) = alone {
            let species = tale.facts.frames[frame].seen[0].species;
            return ((tale, frame), species);
        }
        at = at.wrapping_add(1 << 40);
    }
}

fn question(seed: u64) -> Result<(SightQuestion, Picture), Notice> {
    let ((tale, frame), species) = subject(seed);
    let picture = Picture::from_rgb(&tale.draw(frame, SIDE)).map_err(|error| Notice::ours(error.to_string()))?;
    // The right answer stands anywhere among others, but every time at the same place for the same seed.
    let turn = seed as usize % CHOICES;
    let others = (1..Species::ALL.len()).map(|step| Species::ALL[(species.index() + step * 3) % Species::ALL.len()]);
    let mut choices: Vec<Species> = others.filter(|other| *other != species).take(CHOICES - 1).collect();
    choices.insert(turn, species);
    let frame = Frame {
        place: 0,
        name: "what is it?".to_owned(),
        hash: picture.hash().to_owned(),
        width: picture.width(),
        height: picture.height(),
        text: None,
    };
    let choices = choices.into_iter().map(|choice| choice.word().to_owned()).collect();
    Ok((SightQuestion { seed, frame, choices }, picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_four_answers_one_of_them_right_and_is_the_same_again() {
        let mut places = std::collections::BTreeSet::new();
        for seed in 0..12 {
            let (asked, picture) = question(seed).unwrap();
            let mut different = asked.choices.clone();
            different.sort();
            different.dedup();
            assert_eq!(different.len(), CHOICES, "{:?}", asked.choices);
            let right = subject(seed).1.word();
            places.insert(asked.choices.iter().position(|choice| choice == right).expect("the right one"));
            assert_eq!(question(seed).unwrap().1, picture);
            assert_eq!(asked.frame.hash, picture.hash());
        }
        assert_eq!(places.len(), CHOICES, "it stands everywhere");
    }
}
