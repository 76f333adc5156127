//! Campaigns in the studio: the list, what votes say, and stories that go from a comparison to raters.

use super::effect::Effect;
use super::event::Event;
use super::sitting::{Sitting, campaigns, story};
use crate::story::{CampaignState, Telling, sample_results};

#[test]
fn campaigns_are_listed_paused_and_counted() {
    let mut sitting = Sitting::new(100, 30).gallery(4).keys("C");
    assert_eq!(sitting.take().pop(), Some(Effect::LoadCampaigns));
    sitting.hear(Event::Campaigns(Ok(campaigns())));
    assert!(sitting.shows("42 of 60 votes on 30 pairs") && sitting.shows("paused"), "{}", sitting.screen());
    let mut sitting = sitting.keys("jp<enter>");
    let go_on = Effect::SetCampaign("c-first".into(), CampaignState::Open);
    let count = |simulated| Effect::LoadResults { campaign: "c-first".into(), simulated };
    assert_eq!(sitting.take(), [go_on, count(false)]);
    sitting.hear(Event::Results(Ok(Box::new(sample_results()))));
    assert!(sitting.shows("votes of programs are left out") && sitting.shows("Elo"), "{}", sitting.screen());
    let sitting = sitting.keys("<tab>");
    assert!(sitting.shows("steps apart"), "{}", sitting.screen());
    let mut sitting = sitting.keys("<tab>s");
    assert_eq!(sitting.take(), [count(true)]);
    // What comes when the account was left is not shown.
    let mut sitting = sitting.keys("<esc>");
    sitting.hear(Event::Results(Ok(Box::new(sample_results()))));
    assert!(sitting.shows("42 of 60"), "{}", sitting.screen());
    // Somebody who only looks pauses nothing.
    let mut sitting = Sitting::new(100, 30).gallery(4);
    sitting.app = sitting.app.looking_only();
    let mut sitting = sitting.keys("C");
    sitting.hear(Event::Campaigns(Ok(campaigns())));
    let mut sitting = sitting.keys("p");
    assert_eq!(sitting.take(), [Effect::LoadCampaigns]);
}

#[test]
fn what_was_compared_goes_to_a_campaign() {
    let mut sitting = Sitting::new(120, 40).reads(5).compares();
    sitting.take();
    let mut sitting = sitting.keys("c");
    assert!(sitting.take().is_empty(), "nothing is told yet");
    for (number, seed) in [(1, 7), (2, 8)] {
        let telling = Telling::Done { which: 0, story: Box::new(story(0, seed)) };
        sitting.hear(Event::Telling { number, telling });
        sitting.hear(Event::TellingOver(number));
    }
    let mut sitting = sitting.keys("c");
    let Some(Effect::SendPairs(sent)) = sitting.take().pop() else { panic!("nothing was sent") };
    let ids: Vec<&str> = sent.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["story7", "story8"]);
    assert_ne!(sent[0].1, sent[1].1, "each stands for its own settings");
    sitting.hear(Event::Sent(Ok("1 pair more in the campaign 'first'".into())));
    assert!(sitting.shows("1 pair more"), "{}", sitting.screen());
}
