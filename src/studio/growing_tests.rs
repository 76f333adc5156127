//! Stories that are told while they are rated, by the embedded storyteller.

use super::{BUNDLED, NewCampaign, Studio, System};
use crate::config::{Config, Flags};
use crate::shelf::Entrance;
use crate::story::{Asked, Campaign, Finish, Growth, Pairing, Plan, Role, SamplingPatch};

async fn studio(home: &tempfile::TempDir) -> Studio {
    let config = Config::load(Flags { home: Some(home.path().to_owned()), ..Flags::default() }).unwrap();
    Studio::at_rest(&config).await.unwrap()
}

/// A campaign of one pair that is still to be told.
async fn begin(studio: &Studio, name: &str, sampling: [SamplingPatch; 2]) -> Campaign {
    let [plain, warm] = sampling;
    let system = |label: &str, sampling| System { label: label.into(), model: None, sampling, elsewhere: None };
    let order = NewCampaign {
        name: name.into(),
        plan: Plan { overlap: 2, gold: 0.0, repeats: 0.0, ..Plan::default() },
        sequences: vec![BUNDLED[0].id()],
        systems: vec![system("plain", plain), system("warm", warm)],
        most_pairs: None,
        gold: 4,
        practice: 2,
        seed: 0,
        live: true,
    };
    studio.begin_campaign(&order, &mut |_, _| ()).await.unwrap()
}

fn tempered(temperature: f64, words: usize) -> SamplingPatch {
    SamplingPatch { temperature: Some(temperature), max_new_tokens: Some(words), ..SamplingPatch::default() }
}

async fn pair(studio: &Studio, campaign: &Campaign, name: &str) -> Option<Pairing> {
    let rater = studio.shelf().add_rater(name, Role::Rater, &Entrance::Here, false).await.unwrap();
    studio.agree(campaign, &rater, 1).await.unwrap();
    match studio.asked(campaign, &rater, "off").await.unwrap() {
        Asked::Pairing(pairing) => Some(*pairing),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_is_told_once_for_all_who_look_and_to_its_end_when_they_have_gone() {
    let home = tempfile::tempdir().unwrap();
    let studio = studio(&home).await;
    let campaign = begin(&studio, "live", [tempered(0.0, 400), tempered(1.2, 400)]).await;
    assert_eq!(campaign.pairs, 1, "nothing was told, and no answer is known");
    assert!(studio.stories(&BUNDLED[0].id()).await.unwrap().is_empty());
    let pairing = pair(&studio, &campaign, "Ada").await.unwrap();
    assert_eq!((pairing.first.finish, pairing.second.finish), (Finish::Awaited, Finish::Awaited));
    let mut ada = studio.grow(&pairing.first.id);
    // Until there is something to read.
    ada.wait_for(|growth| !matches!(growth, Growth::Telling(text) if text.is_empty())).await.unwrap();
    let mut late = studio.grow(&pairing.first.id);
    assert!(ada.same_channel(&late), "one telling");
    let seen = late.borrow_and_update().clone();
    assert!(!matches!(&seen, Growth::Telling(text) if text.is_empty()), "who comes late sees what was told: {seen:?}");
    drop((ada, late));
    let told = studio.grown(&pairing.first).await.unwrap();
    assert_ne!(told.finish, Finish::Awaited);
    assert_eq!(told.id, pairing.first.id);
    assert_eq!(studio.stories(&BUNDLED[0].id()).await.unwrap(), std::slice::from_ref(&told));
    if let Growth::Telling(text) = seen {
        assert!(told.text.starts_with(text.trim()), "{text:?} is how it began");
    }
    let again = pair(&studio, &campaign, "Bo").await.unwrap();
    assert_eq!(again.first, told, "whoever comes later finds it told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stop_broke_off_is_told_again_the_same_and_a_cut_story_closes_its_pair() {
    let home = tempfile::tempdir().unwrap();
    let first = studio(&home).await;
    let campaign = begin(&first, "live", [tempered(1.0, 400), tempered(1.2, 5)]).await;
    let pairing = pair(&first, &campaign, "Ada").await.unwrap();
    let how = first.shelf().awaited(&pairing.first.id).await.unwrap().unwrap();
    assert!(how.sampling.seed.is_some(), "drawn when the campaign began");
    // Another program on the same home, as after a restart in the middle of the telling, and beside one that goes on.
    let second = studio(&home).await;
    let (one, other) = tokio::join!(first.grown(&pairing.first), second.grown(&pairing.first));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one, other, "it is on the shelf once");
    let again = tempfile::tempdir().unwrap();
    let third = studio(&again).await;
    let its = begin(&third, "live", [tempered(1.0, 400), tempered(1.2, 5)]).await;
    let same = pair(&third, &its, "Ada").await.unwrap();
    assert_eq!(third.grown(&same.first).await.unwrap().text, one.text, "the same seed tells the same");
    let cut = second.grown(&pairing.second).await.unwrap();
    assert_eq!(cut.finish, Finish::Length);
    assert!(pair(&second, &campaign, "Bo").await.is_none(), "the pair is closed");
    assert_eq!(second.campaign(None).await.unwrap().pairs, 0);
}
