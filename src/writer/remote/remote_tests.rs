//! Every fault that a line and an engine can have, played by an engine of our own. The table in docs/remote.md is of these.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::Client;
use super::description::Remote;
use super::fault::{Fault, Trouble};
use super::loopback::{Answer, END, Loopback, Step, piece_event};
use super::reply::Reply;
use super::request::Asking;
use super::telling::RemoteTeller;
use crate::pixels::{Picture, Rgb};
use crate::story::{Finish, Frame, Notice, Request, Sampling, SamplingPatch, Sequence, SequenceId, Telling};
use crate::writer::Order;

fn ask(engine: &Loopback) -> Result<Reply, Fault> {
    let remote = engine.remote();
    let asking = Asking::new(&remote, None, &[], "Tell.").sampled(&Sampling::default(), 0);
    Client::new(&remote)?.ask(asking, |_| true)
}

fn trouble(answers: Vec<Answer>) -> (Trouble, usize) {
    let engine = Loopback::start(answers);
    let fault = ask(&engine).unwrap_err();
    assert!(!Notice::from(fault.clone()).try_this.is_empty());
    (fault.trouble, engine.asked().len())
}

fn say(text: &str) -> Step {
    Step::Say(text.to_owned())
}

fn order(frames: usize, request: Request) -> Order {
    let picture = |at: usize| Picture::from_rgb(&Rgb { width: 4, height: 4, data: vec![at as u8 * 40; 48] }).unwrap();
    let pictures: Vec<Picture> = (0..frames).map(picture).collect();
    let frame = |(place, picture): (usize, &Picture)| Frame {
        place,
        name: "f".into(),
        hash: picture.hash().into(),
        width: 4,
        height: 4,
        text: None,
    };
    let frames = pictures.iter().enumerate().map(frame).collect();
    let id = SequenceId("s".into());
    let sequence =
        Sequence { id, title: "T".into(), source: "x".into(), credits: None, cast: vec![], frames, in_world: false };
    Order { sequence: Arc::new(sequence), pictures: Arc::new(pictures), request, window: 0 }
}

fn tell(engine: &Loopback, order: &Order) -> (Vec<Telling>, Result<(), crate::writer::WriterError>) {
    let mut all = Vec::new();
    let result = RemoteTeller::open("far", &engine.remote()).unwrap().tell(order, &|| true, &mut |telling| {
        all.push(telling);
        ControlFlow::Continue(())
    });
    (all, result)
}

#[test]
fn a_story_comes_in_pieces_with_its_counts_and_its_pictures_went_in_order() {
    let engine = Loopback::start(vec![Answer::told(&["A fox", " ran\x1b[2J.", "\nHome."])]);
    let (all, result) = tell(&engine, &order(2, Request::default()));
    result.unwrap();
    let pieces: String = all
        .iter()
        .filter_map(|one| if let Telling::Piece { piece, .. } = one { Some(&piece.text[..]) } else { None })
        .collect();
    let Some(Telling::Done { story, .. }) = all.last() else { panic!("no story") };
    assert_eq!((story.text.as_str(), pieces.as_str()), ("A fox ran[2J.\nHome.", "A fox ran[2J.\nHome."));
    assert_eq!((story.finish, story.timing.prompt_tokens, story.timing.new_tokens), (Finish::End, 40, 7));
    assert!(story.timing.first_token_ms > 0.0 && story.writer.model_hash == engine.remote().hash());
    assert!(story.prompt.starts_with("Image 1: <image>\nImage 2: <image>\nTell a story"), "{}", story.prompt);
    let body: serde_json::Value = serde_json::from_str(&engine.asked()[0].body).unwrap();
    let parts = body["messages"][0]["content"].as_array().unwrap();
    let sent = |at: usize| parts[at]["image_url"]["url"].as_str().unwrap().to_owned();
    assert!(sent(1) != sent(3) && sent(1).starts_with("data:image/jpeg;base64,"));
    assert_eq!((body["stream"].as_bool(), parts[2]["text"].as_str()), (Some(true), Some("Image 2:")));
}

#[test]
fn several_stories_and_chapters_go_on_with_their_own() {
    let engine = Loopback::start(vec![Answer::told(&["One."])]);
    let mut remote = engine.remote();
    (remote.frames, remote.parallel) = (2, 3);
    let order = order(4, Request { stories: 3, ..Request::default() });
    let mut stories = Vec::new();
    let mut sink = |telling| {
        if let Telling::Done { story, .. } = telling {
            stories.push(story);
        }
        ControlFlow::Continue(())
    };
    RemoteTeller::open("far", &remote).unwrap().tell(&order, &|| true, &mut sink).unwrap();
    assert_eq!(stories.iter().map(|story| story.text.as_str()).collect::<Vec<_>>(), ["One.\nOne."; 3]);
    let asked = engine.asked();
    let seeds: std::collections::BTreeSet<u64> = asked
        .iter()
        .map(|asked| serde_json::from_str::<serde_json::Value>(&asked.body).unwrap()["seed"].as_u64().unwrap())
        .collect();
    assert_eq!((asked.len(), seeds.len()), (6, 6), "each story and chapter has its own chance");
    assert_eq!(asked.iter().filter(|asked| asked.body.contains("The story so far:\\nOne.")).count(), 3);
}

#[test]
fn too_many_requests_and_a_busy_engine_are_tried_again_after_the_pause_they_ask_for() {
    let busy = Answer::new(429, "retry-after: 1\r\n", r#"{"error":{"message":"slow down"}}"#);
    let engine = Loopback::start(vec![busy, Answer::new(503, "", "loading"), Answer::told(&["At last."])]);
    let reply = ask(&engine).unwrap();
    let asked = engine.asked();
    assert_eq!((reply.text.as_str(), reply.tries), ("At last.", 3));
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(1), "Retry-After is kept");
    assert!(asked[2].at - asked[1].at >= Duration::from_millis(700), "and a pause of our own without one");
    let (found, tries) = trouble(vec![Answer::new(429, "retry-after: 3600\r\n", "")]);
    assert!(matches!(found, Trouble::Busy { status: 429, after: Some(after), .. } if after.as_secs() == 3600));
    assert_eq!(tries, 1, "nobody waits an hour for it");
}

#[test]
fn half_a_stream_is_no_story_and_is_had_anew_only_if_nobody_heard_of_it() {
    let half = || Answer::stream(vec![say(&piece_event("Once there"))]);
    let (found, tries) = trouble(vec![half()]);
    assert!(matches!(found, Trouble::Broken { told: 10, .. }), "{found:?}");
    assert_eq!(tries, 1);
    let engine = Loopback::start(vec![Answer::stream(vec![]), Answer::told(&["Whole."])]);
    assert_eq!(ask(&engine).unwrap().tries, 2);
    let (all, result) = tell(&Loopback::start(vec![half()]), &order(1, Request::default()));
    assert!(result.is_err() && !all.iter().any(|one| matches!(one, Telling::Done { .. })));
    assert!(matches!(trouble(vec![Answer::cut_chunk()]).0, Trouble::Broken { told: 0, .. }));
}

#[test]
fn wrong_json_a_web_page_and_other_services_are_no_answers() {
    let (found, tries) = trouble(vec![Answer::stream(vec![say("data: {\"choices\": oops\n\n")])]);
    assert!(matches!(&found, Trouble::Garbled { why } if why.contains("oops")), "{found:?}");
    assert_eq!(tries, 1);
    let page = Answer::new(200, "content-type: text/html\r\n", "<!doctype html><title>Log in</title>");
    assert!(matches!(trouble(vec![page]).0, Trouble::Garbled { why } if why == "a web page came"));
    assert!(matches!(trouble(vec![Answer::json("{\"hello\":1}")]).0, Trouble::Garbled { .. }));
    let noise = Loopback::start(vec![Answer::stream(vec![Step::Say("x".repeat(5 << 20))])]);
    assert!(matches!(ask(&noise).unwrap_err().trouble, Trouble::Garbled { .. }));
}

#[test]
fn a_line_on_which_nothing_comes_and_one_that_drips_for_ever_are_given_up() {
    let began = Instant::now();
    let engine =
        Loopback::start(vec![Answer::stream(vec![say(&piece_event("Once")), Step::Wait(Duration::from_secs(9))])]);
    assert!(matches!(ask(&engine).unwrap_err().trouble, Trouble::Slow { seconds: 1, what: "said nothing" }));
    assert!(began.elapsed() < Duration::from_secs(4));
    let drip = Step::Drip(": keep-alive\n\n".repeat(200), Duration::from_millis(100));
    let engine = Loopback::start(vec![Answer::stream(vec![drip])]);
    let mut remote = engine.remote();
    (remote.whole_seconds, remote.retries) = (2, 0);
    let asking = Asking::new(&remote, None, &[], "Tell.");
    let fault = Client::new(&remote).unwrap().ask(asking, |_| true).unwrap_err();
    assert!(matches!(fault.trouble, Trouble::Slow { seconds: 2, what: "did not finish" }), "{fault:?}");
    let slow = Step::Drip(piece_event("Slow.") + END, Duration::from_millis(2));
    assert_eq!(ask(&Loopback::start(vec![Answer::stream(vec![slow])])).unwrap().text, "Slow.", "slow is no fault");
}

#[test]
fn nobody_there_and_a_certificate_that_nobody_trusts() {
    let mut gone = Loopback::start(vec![Answer::json("{}")]).remote();
    (gone.url, gone.retries) = ("http://127.0.0.1:9/v1".into(), 0);
    let asking = Asking::new(&gone, None, &[], "Tell.");
    let fault = Client::new(&gone).unwrap().ask(asking.clone(), |_| true).unwrap_err();
    assert!(matches!(fault.trouble, Trouble::Unreachable { .. }), "{fault:?}");
    let engine = Loopback::untrusted(vec![Answer::told(&["Not heard."])]);
    let fault = ask(&engine).unwrap_err();
    assert!(matches!(&fault.trouble, Trouble::Tls { why } if why.contains("certificate")), "{fault:?}");
    assert!(engine.asked().is_empty(), "nothing was said to it");
    let mut plain = Loopback::start(vec![Answer::json("{}")]).remote();
    (plain.url, plain.retries) = (plain.url.replace("http:", "https:"), 0);
    let fault = Client::new(&plain).unwrap().ask(asking, |_| true).unwrap_err();
    assert!(matches!(fault.trouble, Trouble::Tls { .. } | Trouble::Broken { told: 0, .. }), "{fault:?}");
}

#[test]
fn a_wrong_key_is_said_without_the_key() {
    let nowhere = Remote::new("http://127.0.0.1:9/v1", "m", Some("STORYLOOM_TEST_KEY_THAT_IS_NOT_SET")).unwrap();
    let fault = nowhere.key().unwrap_err();
    assert!(matches!(&fault.trouble, Trouble::Key { missing: true, .. }) && fault.to_string().contains("NOT_SET"));
    // A variable that is set wherever tests run: setting one is not safe beside other threads.
    let path = std::env::var("PATH").unwrap();
    let said = format!("{{\"error\":{{\"message\":\"Incorrect API key provided: {path}\\u001b[31m.\"}}}}");
    let engine = Loopback::start(vec![Answer::new(401, "", &said)]);
    let remote = Remote { key_env: Some("PATH".into()), ..engine.remote() };
    let fault = Client::new(&remote).unwrap().ask(Asking::new(&remote, None, &[], "Tell."), |_| true).unwrap_err();
    let said = format!("{fault} {fault:?} {}", Notice::from(fault.clone()));
    assert!(!said.contains(&path) && said.contains("[key]") && !said.contains('\x1b'), "{said}");
    assert!(engine.asked()[0].head.contains(&format!("Bearer {path}")));
    assert!(matches!(fault.trouble, Trouble::Refused { status: 401, .. }) && engine.asked().len() == 1);
}

#[test]
fn refusals_say_what_to_do_and_are_not_repeated() {
    for (status, word) in [(404, "name"), (413, "smaller"), (400, "complains"), (302, "moved")] {
        let engine = Loopback::start(vec![Answer::new(status, "location: http://elsewhere/\r\n", "no")]);
        let notice = Notice::from(ask(&engine).unwrap_err());
        assert!(notice.try_this.contains(word) || notice.what.contains(word), "{status}: {notice}");
        assert_eq!(engine.asked().len(), 1, "{status}");
    }
    let (found, tries) = trouble(vec![Answer::new(500, "", "oh")]);
    assert!(matches!(found, Trouble::Refused { status: 500, .. }) && tries == 3);
}

#[test]
fn an_error_in_mid_stream_a_filter_and_silence_are_told_apart() {
    let error = "data: {\"error\":{\"message\":\"CUDA out of memory\",\"code\":500}}\n\n";
    assert!(
        matches!(trouble(vec![Answer::stream(vec![say(&piece_event("Once")), say(error)])]).0, Trouble::Said { said } if said.contains("CUDA"))
    );
    let filter = "data: {\"choices\":[{\"delta\":{\"content\":\"Onc\"},\"finish_reason\":\"content_filter\"}]}\n\n";
    assert!(matches!(trouble(vec![Answer::stream(vec![say(filter)])]).0, Trouble::Filtered));
    assert!(matches!(trouble(vec![Answer::told(&[])]).0, Trouble::Empty { reasoned: false }));
    let thinks = "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hmm\"},\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n";
    assert!(matches!(trouble(vec![Answer::stream(vec![say(thinks)])]).0, Trouble::Empty { reasoned: true }));
}

#[test]
fn a_cancel_in_mid_stream_closes_the_line_and_keeps_what_was_told() {
    let engine = Loopback::start(vec![Answer::stream(vec![say(&piece_event("Once there was")), Step::Hold])]);
    let order = order(1, Request::default());
    let began = Instant::now();
    let mut story = None;
    let mut remote = engine.remote();
    (remote.wait_seconds, remote.whole_seconds) = (60, 60);
    // Nothing comes after the first piece: only `wanted` can tell that the listener has gone.
    let wanted = || began.elapsed() < Duration::from_millis(400);
    let mut sink = |telling| {
        if let Telling::Done { story: told, .. } = telling {
            story = Some(told);
        }
        ControlFlow::Continue(())
    };
    RemoteTeller::open("far", &remote).unwrap().tell(&order, &wanted, &mut sink).unwrap();
    assert!(began.elapsed() < Duration::from_secs(3));
    let story = story.unwrap();
    assert_eq!((story.text.as_str(), story.finish), ("Once there was", Finish::Cancelled));
    assert!(engine.left(1), "the engine hears of it, and need not tell on for nobody");
}

#[test]
fn what_an_engine_does_not_know_is_left_out_and_the_story_says_so() {
    let unknown = Answer::new(400, "", r#"{"error":{"message":"Unrecognized request argument supplied: top_k"}}"#);
    let engine = Loopback::start(vec![unknown, Answer::told(&["Well."])]);
    let sampling = SamplingPatch { top_k: Some(7), temperature: Some(0.5), ..SamplingPatch::default() };
    let (all, result) = tell(&engine, &order(1, Request { sampling, ..Request::default() }));
    result.unwrap();
    let Some(Telling::Done { story, .. }) = all.last() else { panic!("no story") };
    assert_eq!((story.sampling.top_k, story.sampling.temperature), (0, 0.5));
    let opened = order(1, Request { opening: vec![1], ..Request::default() });
    assert!(tell(&engine, &opened).1.unwrap_err().to_string().contains("given tokens"));
}
