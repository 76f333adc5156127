//! Votes that were given elsewhere, from their file to the results and out again.

use std::fs;
use std::path::Path;

use super::{ImportOrder, NewCampaign, Studio, System};
use crate::config::{Config, Flags};
use crate::exchange::PreferenceFormat;
use crate::pixels::{Picture, Rgb};
use crate::shelf::Entrance;
use crate::story::{Asked, CampaignState, Plan, Preference, Results, Role, SamplingPatch, Verdict};

async fn studio(home: &Path) -> Studio {
    Studio::at_rest(&Config::load(Flags { home: Some(home.to_owned()), ..Flags::default() }).unwrap()).await.unwrap()
}

fn picture(folder: &Path, name: &str, shade: u8) {
    let picture = Picture::from_rgb(&Rgb { width: 8, height: 8, data: vec![shade; 192] }).unwrap();
    fs::write(folder.join(name), picture.bytes()).unwrap();
}

fn order(name: &str, file: &Path) -> ImportOrder {
    ImportOrder { name: name.to_owned(), file: file.to_owned(), images: None, format: None, rehearse: false }
}

/// Three raters over two sequences and three systems, with criteria, gold, a repeat, sides that are not known, a program, and
/// a row the other way round.
const VOTES: &str = "\
images,first_system,second_system,first,second,first_is_left,strength,verdict,criterion:coherence,criterion:relevance,rater,\
simulated,kind,answer,active_ms,chance,reason
a.png;b.png,one,two,A fox ran far.,A bear.,true,3,,first,same,ada,,,,9000,0.5,Warm
a.png;b.png,two,one,A bear.,A fox ran far.,true,1,,first,same,bo,,,,8000,0.5,
a.png;b.png,one,two,A fox ran far.,A bear.,false,2,,first,first,ada,,repeat,,7000,0.5,
a.png;b.png,one,three,A fox ran far.,An owl.,,-2,,second,same,ada,,,,0,1,
a.png;b.png,two,three,A bear.,An owl.,,-1,,second,second,bo,,,,0,1,
b.png,one,three,A grey wall.,An owl at night.,,1,,first,second,bo,,,,0,1,
b.png,one,two,A grey wall.,Fog.,,,both_bad,,,cy,,,,5000,1,
b.png,one,two,A grey wall.,Fog.,false,3,,first,first,robot,true,,,0,1,
b.png,one,two,A grey wall.,\"Sun, sun\",true,2,,first,first,ada,,gold,1,6000,1,
";

#[tokio::test(flavor = "multi_thread")]
async fn imported_votes_count_are_marked_and_come_back_from_their_own_export() {
    let home = tempfile::tempdir().unwrap();
    let here = studio(&home.path().join("here")).await;
    picture(home.path(), "a.png", 10);
    picture(home.path(), "b.png", 200);
    let file = home.path().join("votes.csv");
    fs::write(&file, VOTES).unwrap();

    // A rehearsal keeps nothing.
    let rehearsed = here.import_campaign(&ImportOrder { rehearse: true, ..order("theirs", &file) }).await.unwrap();
    assert_eq!((rehearsed.votes, rehearsed.campaign.is_none(), here.campaigns().await.unwrap().len()), (9, true, 0));
    assert!(here.shelf().health().await.unwrap().sequences == 0);

    let imported = here.import_campaign(&order("theirs", &file)).await.unwrap();
    assert_eq!((imported.votes, imported.raters, imported.systems, imported.sequences), (9, 4, 3, 2));
    assert_eq!((imported.side_unknown, imported.without_pictures, imported.left_out.len()), (4, 0, 0));
    let campaign = imported.campaign.unwrap();
    assert_eq!((campaign.state, campaign.pairs, campaign.plan.overlap), (CampaignState::Paused, 5, 2));
    let criteria: Vec<&str> = campaign.plan.criteria.iter().map(|criterion| criterion.name.as_str()).collect();
    assert_eq!(criteria, ["coherence", "relevance"]);
    let raters = here.shelf().raters().await.unwrap();
    assert!(raters.iter().all(|rater| rater.revoked && rater.fingerprint.is_none()), "{raters:?}");
    assert!(raters.iter().any(|rater| rater.name.as_deref() == Some("ada (votes.csv)")));
    assert_eq!(here.shelf().verify_votes().await.unwrap().broken, None);

    // The row the other way round is a vote on the same pair, for the other story, on the other side.
    let votes = here.shelf().votes(&campaign.id).await.unwrap();
    assert_eq!(votes[0].pair, votes[1].pair);
    let said = |n: usize| (votes[n].preference.verdict.won().unwrap(), votes[n].first_is_left);
    assert_eq!((said(0), said(1), said(3).1), ((1.0, Some(true)), (0.0, Some(false)), None));
    let from = votes[3].preference.imported.as_ref().unwrap();
    assert_eq!((from.file.as_str(), from.row, from.side_known), ("votes.csv", 5, false));
    let results = here.results(&campaign, false).await.unwrap();
    assert_eq!((results.votes, results.both_bad, results.simulated_left_out), (6, 1, 1));
    let ada = results.raters.iter().find(|rater| rater.gold.is_some()).unwrap();
    assert_eq!((ada.gold, ada.consistent, ada.seconds, ada.hasty), (Some(1.0), Some(1.0), 7.0, false));
    assert_eq!(ada.left, Some(2.0 / 3.0), "of the three votes whose side is known");
    let bo = results.raters.iter().find(|rater| rater.votes == 3).unwrap();
    assert_eq!((bo.left, bo.seconds), (Some(1.0), 8.0), "of the one vote whose side and time are known");

    // The same file again is nothing new.
    let notice = here.import_campaign(&order("again", &file)).await.unwrap_err();
    assert!(notice.what.contains("imported before") && notice.what.contains("'theirs'"), "{notice:?}");
    assert!(here.import_campaign(&order("theirs", &file)).await.unwrap_err().what.contains("already a campaign"));
    assert_eq!(here.campaigns().await.unwrap().len(), 1);
    here.set_campaign(&campaign, CampaignState::Open).await.unwrap();

    // Out, and in again at another place without the first files.
    let out = home.path().join("out");
    here.export_preferences(&campaign, PreferenceFormat::Trl, &out, false).await.unwrap();
    let text = fs::read_to_string(out.join("preferences.jsonl")).unwrap();
    assert!(text.contains("Tell a story about these pictures") && text.contains("images/"), "{text}");
    here.export_votes(&campaign, &out, true).await.unwrap();
    fs::remove_file(home.path().join("a.png")).unwrap();
    let there = studio(&home.path().join("there")).await;
    let moved = there.import_campaign(&order("moved", &out.join("votes.csv"))).await.unwrap();
    assert_eq!((moved.votes, moved.raters, moved.left_out.len()), (9, 4, 0), "{:?}", moved.left_out);
    let again = there.results(&moved.campaign.unwrap(), false).await.unwrap();
    let account = |mut results: Results| {
        // Pseudonyms and the ids of pairs are drawn anew, and with them the order in which resampling meets the pairs.
        results.raters.iter_mut().for_each(|rater| rater.rater.clear());
        results.raters.sort_by(|a, b| a.votes.cmp(&b.votes).then(a.seconds.total_cmp(&b.seconds)));
        let Results { boards, votes, steps, side, length, matrix, raters, .. } = results;
        serde_json::to_value((boards, votes, steps, side, length, matrix, raters)).unwrap()
    };
    assert_eq!(account(again), account(results));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_came_in_before_are_left_out_and_the_new_ones_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let here = studio(&home.path().join("here")).await;
    picture(home.path(), "b.png", 200);
    let file = home.path().join("votes.csv");
    fs::write(&file, VOTES).unwrap();
    let first = here.import_campaign(&order("first", &file)).await.unwrap();
    assert_eq!((first.votes, first.left_out.len()), (4, 5), "a.png is not there yet");
    assert!(first.left_out[0].reason.contains("a.png") && first.left_out[0].row == 2);
    picture(home.path(), "a.png", 10);
    let rest = here.import_campaign(&order("rest", &file)).await.unwrap();
    assert_eq!((rest.votes, rest.left_out.len()), (5, 4));
    assert!(rest.left_out.iter().all(|left| left.reason.contains("'first'")), "{:?}", rest.left_out);
    assert_eq!(here.shelf().verify_votes().await.unwrap().events, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_which_nothing_can_be_used_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let here = studio(&home.path().join("here")).await;
    let file = home.path().join("votes.csv");
    fs::write(&file, VOTES).unwrap();
    let notice = here.import_campaign(&order("theirs", &file)).await.unwrap_err();
    assert!(notice.what.contains("none of the 9 rows") && notice.try_this.contains("--images"), "{notice:?}");
    assert!(here.shelf().raters().await.unwrap().is_empty() && here.campaigns().await.unwrap().is_empty());
    // A second vote of the same rater on the same pair is no repetition unless the file says so.
    picture(home.path(), "b.png", 200);
    let twice = "images,first_system,second_system,first,second,verdict,rater\n\
                 b.png,one,two,A.,B.,first,ada\nb.png,two,one,B.,A.,first,ada\n";
    fs::write(&file, twice).unwrap();
    let imported = here.import_campaign(&order("theirs", &file)).await.unwrap();
    assert_eq!((imported.votes, imported.left_out.len()), (1, 1));
    assert!(imported.left_out[0].reason.contains("row 2"), "{:?}", imported.left_out);
    let results = here.results(&imported.campaign.unwrap(), false).await.unwrap();
    assert!(results.side.is_none() && results.raters[0].left.is_none(), "no side is known: {:?}", results.side);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_without_pictures_are_rated_and_no_export_claims_a_picture() {
    let home = tempfile::tempdir().unwrap();
    let here = studio(&home.path().join("here")).await;
    let talk = |answer: &str| serde_json::json!([{ "role": "user", "content": "Hello?" }, { "role": "assistant", "content": answer }]);
    let battle = serde_json::json!({ "model_a": "one", "model_b": "two", "winner": "model_b", "judge": "arena_user_1",
        "conversation_a": talk("Yes."), "conversation_b": talk("Hello.") });
    let file = home.path().join("battles.jsonl");
    fs::write(&file, battle.to_string()).unwrap();
    let imported = here.import_campaign(&order("arena", &file)).await.unwrap();
    assert_eq!((imported.votes, imported.without_pictures), (1, 1));
    let campaign = imported.campaign.unwrap();
    let notice = here.set_campaign(&campaign, CampaignState::Open).await.unwrap_err();
    assert!(notice.what.contains("without pictures"), "{notice:?}");
    let out = home.path().join("out");
    for format in PreferenceFormat::ALL {
        assert_eq!(here.export_preferences(&campaign, format, &out, false).await.unwrap().rows, 1, "{format:?}");
        let text = fs::read_to_string(out.join("preferences.jsonl")).unwrap();
        assert!(!text.contains("<image>") && !text.contains("\"image\"") && text.contains("Hello?"), "{text}");
    }
    here.export_votes(&campaign, &out, false).await.unwrap();
    assert_eq!(fs::read_dir(out.join("images")).unwrap().count(), 0);
    let there = studio(&home.path().join("there")).await;
    let moved = there.import_campaign(&order("moved", &out.join("votes.csv"))).await.unwrap();
    assert_eq!((moved.votes, moved.without_pictures, moved.side_unknown), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn stories_of_a_system_that_is_not_here_compete_where_it_has_one() {
    let home = tempfile::tempdir().unwrap();
    let here = studio(&home.path().join("here")).await;
    let (one, two) = (home.path().join("one.csv"), home.path().join("two.jsonl"));
    fs::write(
        &one,
        "sequence,text\na-gift-for-ben,Ben had a gift.\nmia-and-the-dark,Mia lit a lamp.\nnowhere,Nothing.\n",
    )
    .unwrap();
    fs::write(&two, "{\"sequence\": \"a-gift-for-ben\", \"text\": \"A gift, for Ben.\"}\n").unwrap();
    let mut systems = Vec::new();
    for (label, file) in [("one", &one), ("two", &two)] {
        let elsewhere = Some(here.elsewhere(file).await.unwrap());
        systems.push(System { label: label.into(), model: None, sampling: SamplingPatch::default(), elsewhere });
    }
    let read = systems[0].elsewhere.as_ref().unwrap();
    assert_eq!((read.stories.len(), read.left_out.len(), read.left_out[0].row), (2, 1, 4));
    let order = NewCampaign {
        name: "mixed".into(),
        plan: Plan::default(),
        sequences: read.stories.keys().cloned().collect(),
        systems,
        most_pairs: None,
        gold: 1,
        practice: 0,
        seed: 0,
        live: false,
    };
    let campaign = here.begin_campaign(&order, &mut |_, _| ()).await.unwrap();
    assert_eq!(campaign.pairs, 1, "only one sequence has a story of both");
    let told =
        here.stories(&crate::studio::BUNDLED.iter().find(|b| b.slug == "a-gift-for-ben").unwrap().id()).await.unwrap();
    let from: Vec<Option<&str>> = told.iter().map(|story| story.origin.imported.as_deref()).collect();
    assert!(from.contains(&Some("one.csv")) && from.contains(&Some("two.jsonl")), "{from:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_ask_in_words_and_not_in_the_template_of_a_model() {
    let home = tempfile::tempdir().unwrap();
    let here = studio(&home.path().join("here")).await;
    let sequence = crate::studio::BUNDLED[0].id();
    let system = |label: &str, temperature: f64| System {
        label: label.into(),
        model: None,
        sampling: SamplingPatch { temperature: Some(temperature), ..SamplingPatch::default() },
        elsewhere: None,
    };
    let order = NewCampaign {
        name: "told".into(),
        plan: Plan { overlap: 1, ..Plan::default() },
        sequences: vec![sequence],
        systems: vec![system("plain", 0.0), system("warm", 1.2)],
        most_pairs: None,
        gold: 0,
        practice: 0,
        seed: 0,
        live: false,
    };
    let campaign = here.begin_campaign(&order, &mut |_, _| ()).await.unwrap();
    let rater = here.shelf().add_rater("Ada", Role::Rater, &Entrance::Here, false).await.unwrap();
    here.agree(&campaign, &rater, 1).await.unwrap();
    let Asked::Pairing(pairing) = here.asked(&campaign, &rater, "off").await.unwrap() else { panic!("no pair") };
    let preference = Preference {
        verdict: Verdict::Prefer(2),
        criteria: Vec::new(),
        reason: String::new(),
        marks: Vec::new(),
        better: None,
        flagged: false,
        active_ms: 5_000,
        wall_ms: 5_000,
        screen: String::new(),
        guideline: 1,
        so_far: None,
        imported: None,
    };
    here.keep_vote(&campaign, &rater, (&pairing.id, &pairing.event), &preference).await.unwrap();
    let out = home.path().join("out");
    for format in [PreferenceFormat::Swift, PreferenceFormat::Trl, PreferenceFormat::OpenRlhf] {
        here.export_preferences(&campaign, format, &out, false).await.unwrap();
        let text = fs::read_to_string(out.join("preferences.jsonl")).unwrap();
        let marks = if format == PreferenceFormat::Swift { 5 } else { 0 };
        assert_eq!(text.matches("<image>").count(), marks, "{text}");
        assert!(text.contains("Tell a story about these pictures") && !text.contains("<|"), "{text}");
    }
}
