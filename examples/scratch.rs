//! scratch
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use storyloom::pixels::Picture;
use storyloom::story::*;
use storyloom::world::{NAMES, Split, Tale};
use storyloom::writer::{ModelSource, Order, Storyteller, tell};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let source = ModelSource::Folder { name: "x".into(), path: path.into(), adapter: None, hash: Some(String::new()) };
    let mut teller = Storyteller::open(&source, Some(candle_core::DType::F32)).unwrap();
    let tok = teller.processor.tokenizer.clone();
    let names: HashMap<u32, &str> = NAMES.iter().filter_map(|(n, _)| Some((tok.token_to_id(n)?, *n))).collect();
    let mut stat: HashMap<String, (usize, usize, f64)> = HashMap::new();
    for seed in 9001..9041u64 {
        let tale = Tale::new(seed, Split::HeldOut);
        let f = &tale.facts;
        let pictures: Vec<Picture> =
            (0..f.frames.len()).map(|i| Picture::from_rgb(&tale.draw(i, 512)).unwrap()).collect();
        let frames = pictures
            .iter()
            .enumerate()
            .map(|(place, p)| Frame {
                place,
                name: String::new(),
                hash: p.hash().into(),
                width: 512,
                height: 512,
                text: None,
            })
            .collect();
        let cast: Vec<CastMember> =
            f.cast.iter().map(|m| CastMember { name: m.name.clone(), species: m.species.word().into() }).collect();
        let seq = Sequence {
            id: SequenceId("s".into()),
            title: f.title.clone(),
            source: String::new(),
            credits: None,
            cast: cast.clone(),
            frames,
            in_world: true,
        };
        for (task, lines) in [(Task::Story, &f.story), (Task::Consistency, &f.consistency)] {
            let text: String = lines
                .iter()
                .enumerate()
                .map(|(i, l)| format!("{}<|frame_{}|>{l}", if i == 0 { "" } else { "\n" }, i + 1))
                .collect();
            let ids = teller.processor.encode(&text).unwrap();
            let n = ids.len();
            let request = Request {
                task,
                opening: ids,
                alternatives: 1,
                sampling: SamplingPatch { max_new_tokens: Some(n), ..Default::default() },
                ..Default::default()
            };
            let order =
                Order { sequence: Arc::new(seq.clone()), pictures: Arc::new(pictures.clone()), request, window: 0 };
            let (mut frame, mut nth) = (0, 0);
            tell(&mut teller, &order, |t| {
                if let Telling::Piece { piece, .. } = t {
                    if let Some(x) = piece.frame {
                        frame = x;
                        nth = 0;
                    }
                    if names.contains_key(&piece.token) {
                        let right = piece.alternatives[0].token == piece.token;
                        let key = format!(
                            "{task} cast{} seen{} mention{}",
                            cast.len(),
                            f.frames[frame].seen.len(),
                            nth.min(2)
                        );
                        let s = stat.entry(key).or_default();
                        s.0 += 1;
                        s.1 += usize::from(right);
                        s.2 += f64::from(piece.log_prob.unwrap().exp());
                        nth += 1;
                    }
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        }
    }
    let mut keys: Vec<_> = stat.into_iter().collect();
    keys.sort_by(|a, b| a.0.cmp(&b.0));
    for (k, (n, r, p)) in keys {
        println!("{k:40} n {n:4} top {:.3} p {:.3}", r as f64 / n as f64, p / n as f64);
    }
}
