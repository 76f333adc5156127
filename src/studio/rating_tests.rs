//! Rating as a session meets it: campaigns end, and say so.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::campaigning::Elsewhere;
use super::rating::deadline;
use super::{BUNDLED, NewCampaign, Studio, System};
use crate::config::{Config, Flags};
use crate::shelf::Entrance;
use crate::story::{
    Asked, Better, Campaign, Pairing, Plan, Preference, Rater, Role, SamplingPatch, SequenceId, Verdict,
};

/// A system whose stories say which it is.
fn system(label: &str, sequences: &[SequenceId]) -> System {
    let told = |(n, id): (usize, &SequenceId)| (id.clone(), format!("System {label} told number {n}."));
    let stories: BTreeMap<SequenceId, String> = sequences.iter().enumerate().map(told).collect();
    let elsewhere = Some(Elsewhere { file: format!("{label}.jsonl"), stories, left_out: Vec::new() });
    System { label: label.into(), model: None, sampling: SamplingPatch::default(), elsewhere }
}

async fn studio(home: &tempfile::TempDir) -> Studio {
    let config = Config::load(Flags { home: Some(home.path().to_owned()), ..Flags::default() }).unwrap();
    Studio::at_rest(&config).await.unwrap()
}

async fn begin(studio: &Studio, name: &str, plan: Plan, labels: &[&str]) -> Campaign {
    let sequences: Vec<SequenceId> = BUNDLED[..3].iter().map(|bundled| bundled.id()).collect();
    let systems = labels.iter().map(|label| system(label, &sequences)).collect();
    let (name, most_pairs) = (name.to_owned(), None);
    let order = NewCampaign { name, plan, sequences, systems, most_pairs, gold: 0, practice: 0, seed: 0, live: false };
    studio.begin_campaign(&order, &mut |_, _| ()).await.unwrap()
}

async fn rater(studio: &Studio, name: &str) -> Rater {
    studio.shelf().add_rater(name, Role::Rater, &Entrance::Here, false).await.unwrap()
}

/// What the rater is asked; nothing once nothing is left.
async fn pair(studio: &Studio, campaign: &Campaign, rater: &Rater) -> Option<Pairing> {
    loop {
        match studio.asked(campaign, rater, "off").await.unwrap() {
            Asked::Consent { version, .. } => studio.agree(campaign, rater, version).await.unwrap(),
            Asked::Pairing(pairing) => return Some(*pairing),
            Asked::Nothing { .. } => return None,
            Asked::Sight(sight) => panic!("nobody can see anything on this terminal: {sight:?}"),
        }
    }
}

fn preference(strength: i8) -> Preference {
    Preference {
        verdict: Verdict::Prefer(strength),
        criteria: vec![Better::Same; 3],
        reason: String::new(),
        marks: Vec::new(),
        better: None,
        flagged: false,
        active_ms: 4_000,
        wall_ms: 9_000,
        screen: "off 10x20 80x24".into(),
        guideline: 1,
        so_far: None,
        imported: None,
    }
}

#[test]
fn a_deadline_is_the_end_of_its_day_or_a_moment() {
    let at = |seconds| Some(OffsetDateTime::from_unix_timestamp(seconds).unwrap());
    assert_eq!(deadline("2026-12-24"), at(1_798_156_799));
    assert_eq!(deadline("2026-12-24T18:00:00+01:00"), at(1_798_131_600));
    for neither in ["", "soon", "24.12.2026", "2026-02-30", "2026-12-24 18:00"] {
        assert_eq!(deadline(neither), None, "{neither}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_has_ended_says_so_and_keeps_what_was_being_said() {
    let home = tempfile::tempdir().unwrap();
    let studio = studio(&home).await;
    let plan = |deadline: &str| Plan { deadline: deadline.into(), gold: 0.0, repeats: 0.0, ..Plan::default() };
    let ada = rater(&studio, "Ada").await;
    let lasting = begin(&studio, "lasting", plan("2126-12-24"), &["a", "b"]).await;
    let pairing = pair(&studio, &lasting, &ada).await.unwrap();
    // It ends while she is at a pair: her vote counts, and nothing more is asked.
    let ended = Campaign { plan: plan("2020-01-01"), ..lasting.clone() };
    let turn = (pairing.id.as_str(), pairing.event.as_str());
    let kept = studio.keep_vote(&ended, &ada, turn, &preference(1)).await.unwrap();
    assert!(kept.said.is_none() && kept.ahead.is_none(), "{kept:?}");
    assert_eq!(studio.shelf().votes(&lasting.id).await.unwrap().len(), 1);
    let over = begin(&studio, "over", plan("2020-01-01T12:00:00Z"), &["a", "b"]).await;
    let refused = studio.asked(&over, &ada, "off").await.unwrap_err();
    assert!(refused.what.contains("ended on 2020-01-01"), "{refused:?}");
    let unreadable = Plan { deadline: "soon".into(), ..Plan::default() };
    let sequences = vec![BUNDLED[0].id()];
    let systems = ["a", "b"].map(|label| system(label, &sequences)).to_vec();
    let (name, most_pairs) = ("never".into(), None);
    let order = NewCampaign {
        name,
        plan: unreadable,
        sequences,
        systems,
        most_pairs,
        gold: 0,
        practice: 0,
        seed: 0,
        live: false,
    };
    let refused = studio.begin_campaign(&order, &mut |_, _| ()).await.unwrap_err();
    assert!(refused.what.contains("'soon' is no day"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guideline_that_changes_is_agreed_to_anew_before_the_next_pair() {
    let home = tempfile::tempdir().unwrap();
    let studio = studio(&home).await;
    let plan = Plan { gold: 0.0, repeats: 0.0, ..Plan::default() };
    let campaign = begin(&studio, "first", plan, &["a", "b"]).await;
    let ada = rater(&studio, "Ada").await;
    assert!(pair(&studio, &campaign, &ada).await.is_some());
    assert!(studio.change_guideline(&campaign, " \n").await.unwrap_err().what.contains("without a word"));
    assert_eq!(studio.change_guideline(&campaign, "Be kind.\n").await.unwrap(), 2);
    match studio.asked(&campaign, &ada, "off").await.unwrap() {
        Asked::Consent { guideline, version: 2 } => assert_eq!(guideline, "Be kind."),
        other => panic!("she agreed to the first one only: {other:?}"),
    }
    let pairing = pair(&studio, &campaign, &ada).await.unwrap();
    assert_eq!((pairing.guideline.as_str(), pairing.guideline_version), ("Be kind.", 2));
    let now = studio.campaign(Some("first")).await.unwrap();
    assert!(studio.change_guideline(&now, "Be kind.").await.unwrap_err().what.contains("already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn as_votes_come_in_pairs_of_systems_in_a_clear_order_are_less_unsure() {
    let home = tempfile::tempdir().unwrap();
    let studio = studio(&home).await;
    let plan = Plan { gold: 0.0, repeats: 0.0, uncertain: 0.5, overlap: 6, ..Plan::default() };
    let campaign = begin(&studio, "first", plan, &["a", "b", "c"]).await;
    let systems = |first: &str, second: &str| {
        let of = |text: &str| text.split(' ').nth(1).unwrap_or_default().to_owned();
        (of(first), of(second))
    };
    for name in ["Ada", "Bo", "Cy", "Di"] {
        let rater = rater(&studio, name).await;
        while let Some(pairing) = pair(&studio, &campaign, &rater).await {
            let (first, second) = systems(&pairing.first.text, &pairing.second.text);
            // Everybody finds a better than b, and c like either.
            let strength = i8::from(second == "b" && first == "a") * 3 - i8::from(first == "b" && second == "a") * 3;
            let turn = (pairing.id.as_str(), pairing.event.as_str());
            studio.keep_vote(&campaign, &rater, turn, &preference(strength)).await.unwrap();
        }
    }
    // Counting goes on by itself: nobody waits for it but this test.
    for tried in 0.. {
        let (mut clear, mut open) = (Vec::new(), Vec::new());
        for pair in studio.shelf().plain_pairs(&campaign.id).await.unwrap() {
            let first = studio.shelf().story(&pair.first_id).await.unwrap().unwrap().text;
            let second = studio.shelf().story(&pair.second_id).await.unwrap().unwrap().text;
            let both = systems(&first, &second);
            let side = if both.0 != "c" && both.1 != "c" { &mut clear } else { &mut open };
            side.push(pair.unsure);
        }
        assert_eq!((clear.len(), open.len()), (3, 6));
        let most = clear.iter().copied().fold(0.0, f64::max);
        if open.iter().all(|unsure| *unsure > most) {
            return;
        }
        assert!(tried < 400, "a before b is as unsure as the rest: {clear:?} {open:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
