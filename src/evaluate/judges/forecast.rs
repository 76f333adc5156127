//! What a judge will take, said before anybody pays for it; and what it took.

use super::judge::{Match, Scene, Told};
use super::wording::{ROLE, pair_question, score_question};
use crate::writer::remote::Remote;

/// Characters of a token, in English and as a rule of thumb.
const CHARACTERS: f64 = 4.0;
/// Pixels of a side that become one token, as Qwen2-VL and its kin count; others differ by a factor of two or so.
const PIXELS: u32 = 28;
/// Tokens of an answer that is one line of JSON.
const LINE: u64 = 30;

/// Requests and tokens that are to be expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    pub requests: u64,
    pub tokens_in: u64,
    pub tokens_out: u64,
}

/// What judging these will take, if nothing of it is known already.
pub fn forecast(remote: &Remote, single: &[(&Scene, &Told)], pairs: &[Match]) -> Forecast {
    let mut all = Forecast::default();
    let mut asked = |scene: &Scene, question: &str, times: u64| {
        let words = ((question.len() + ROLE.len()) as f64 / CHARACTERS).ceil() as u64;
        all.requests += times;
        all.tokens_in += times * (words + pictures(remote, scene));
        all.tokens_out += times * LINE;
    };
    for (scene, told) in single {
        asked(scene, &score_question(&told.text, scene.order.pictures.len()), 1);
    }
    for Match { scene, stories: [first, second], .. } in pairs {
        asked(scene, &pair_question(&first.text, &second.text, scene.order.pictures.len()), 2);
    }
    all
}

fn pictures(remote: &Remote, scene: &Scene) -> u64 {
    if !remote.vision {
        return 0;
    }
    let of = |width: u32, height: u32| {
        let longest = width.max(height).max(1);
        let side = |length: u32| (u64::from(length) * u64::from(remote.side.min(longest)) / u64::from(longest)) as u32;
        u64::from(side(width).div_ceil(PIXELS).max(1)) * u64::from(side(height).div_ceil(PIXELS).max(1))
    };
    scene.order.pictures.iter().map(|picture| of(picture.width(), picture.height())).sum()
}
