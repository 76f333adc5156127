//! A stream in each engine's dialect, as the client hears it. Where they come from: tests/remote/streams/README.md.

use super::client::Client;
use super::loopback::{Answer, Loopback, Step};
use super::reply::{Reply, Usage};
use super::request::Asking;
use crate::story::{Finish, Piece, Sampling};

fn hear(stream: &str) -> (Reply, Vec<Piece>) {
    let engine = Loopback::start(vec![Answer::stream(vec![Step::Say(stream.to_owned())])]);
    let remote = engine.remote();
    let asking = Asking::new(&remote, None, &[], "Tell.").sampled(&Sampling::default(), 2);
    let mut pieces = Vec::new();
    let reply = Client::new(&remote).unwrap().ask(asking, |piece| {
        pieces.push(piece);
        true
    });
    (reply.unwrap(), pieces)
}

#[test]
fn every_dialect_tells_the_same_story() {
    let streams = [
        ("vllm", include_str!("../../../tests/remote/streams/vllm.sse"), Finish::Stop, (1312, 3)),
        ("sglang", include_str!("../../../tests/remote/streams/sglang.sse"), Finish::End, (96, 11)),
        ("llamacpp", include_str!("../../../tests/remote/streams/llamacpp.sse"), Finish::Length, (21, 3)),
        ("ollama", include_str!("../../../tests/remote/streams/ollama.sse"), Finish::End, (600, 4)),
        ("mistralrs", include_str!("../../../tests/remote/streams/mistralrs.sse"), Finish::End, (300, 4)),
        ("hosted", include_str!("../../../tests/remote/streams/hosted.sse"), Finish::End, (500, 9)),
    ];
    for (name, stream, finish, (prompt_tokens, completion_tokens)) in streams {
        let (reply, pieces) = hear(stream);
        assert_eq!((reply.text.as_str(), reply.finish), ("A fox waits.", finish), "{name}");
        assert_eq!(reply.usage, Some(Usage { prompt_tokens, completion_tokens }), "{name}");
        assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), "A fox waits.", "{name}");
    }
}

#[test]
fn probabilities_come_token_by_token_where_they_are_given() {
    let (_, pieces) = hear(include_str!("../../../tests/remote/streams/vllm.sse"));
    let read: Vec<(&str, Option<f32>, usize)> =
        pieces.iter().map(|piece| (piece.text.as_str(), piece.log_prob, piece.alternatives.len())).collect();
    assert_eq!(read, [("A", Some(-0.25), 2), (" fox", Some(-0.5), 1), (" waits.", Some(-1.0), 0)]);
    assert_eq!(pieces[0].alternatives[1].text, "The");
}

#[test]
fn an_engine_without_streams_is_heard_too() {
    let whole = r#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"A fox waits."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let engine = Loopback::start(vec![Answer::json(whole)]);
    let remote = engine.remote();
    let reply = Client::new(&remote).unwrap().ask(Asking::new(&remote, None, &[], "Tell."), |_| true).unwrap();
    assert_eq!((reply.text.as_str(), reply.finish, reply.pieces), ("A fox waits.", Finish::End, 1));
}
