//! Follows one run for whoever looks at it: what its files gained since the last look is read, and nothing twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::event_file::measures;
use super::folder;
use super::standing::{Memory, Standing};
use super::tail::{News, Tail};
use crate::story::{Curve, RunSeen, RunText};

/// Texts of each kind and lines of the log that are kept.
const TEXTS: usize = 2000;
const LINES: usize = 500;
/// Of a run's words these come first.
const FIRST: [&str; 5] = ["asked", "said", "wanted", "text", "reward"];

/// What is known of one run, brought up to date by `look`.
pub struct Follower {
    folder: PathBuf,
    steps: Tail,
    samples: Tail,
    rollouts: Tail,
    log: Tail,
    seen: Option<Arc<RunSeen>>,
    memory: Memory,
}

impl Follower {
    pub fn new(folder: &Path) -> Follower {
        let tail = |name: &str| Tail::new(&folder.join(name));
        Follower {
            steps: tail(folder::STEPS),
            samples: tail("samples.jsonl"),
            rollouts: tail("rollouts.jsonl"),
            log: tail(folder::LOG),
            seen: None,
            memory: Memory::default(),
            folder: folder.to_owned(),
        }
    }

    /// What there is now; `None` where there is no run and never was one. Where nothing changed, the same value again.
    pub fn look(&mut self) -> Option<Arc<RunSeen>> {
        let Some(standing) = Standing::read(&self.folder) else {
            let seen = self.seen.as_mut()?;
            if !seen.gone {
                Arc::make_mut(seen).gone = true;
            }
            return Some(seen.clone());
        };
        let card = standing.card_from(&mut self.memory);
        let mut seen = self.seen.take().unwrap_or_else(|| {
            let recipe = fs::read_to_string(self.folder.join(folder::RECIPE)).unwrap_or_default();
            let (curves, samples, rollouts, log) = Default::default();
            Arc::new(RunSeen { card: card.clone(), curves, samples, rollouts, log, recipe, gone: false })
        });
        if seen.card != card || seen.gone {
            let seen = Arc::make_mut(&mut seen);
            (seen.card, seen.gone) = (card, false);
        }
        // A file that cannot be read now is read at the next look.
        each(&mut self.steps, |news| steps(news, &mut Arc::make_mut(&mut seen).curves));
        each(&mut self.samples, |news| texts(news, &mut Arc::make_mut(&mut seen).samples));
        each(&mut self.rollouts, |news| texts(news, &mut Arc::make_mut(&mut seen).rollouts));
        each(&mut self.log, |news| {
            let log = &mut Arc::make_mut(&mut seen).log;
            if news.anew {
                log.clear();
            }
            log.extend(news.lines);
            log.drain(..log.len().saturating_sub(LINES));
        });
        self.seen = Some(seen.clone());
        Some(seen)
    }
}

/// Everything that a file gained, a piece at a time.
fn each(tail: &mut Tail, mut take: impl FnMut(News)) {
    while let Ok(news) = tail.read() {
        let more = news.more;
        if news.anew || !news.lines.is_empty() {
            take(news);
        }
        if !more {
            break;
        }
    }
}

fn steps(news: News, curves: &mut Vec<Curve>) {
    if news.anew {
        curves.clear();
    }
    for line in news.lines {
        let Ok(line) = serde_json::from_str::<Value>(&line) else { continue };
        let Some(step) = line.get("step").and_then(Value::as_u64) else { continue };
        let mut found = measures(&line);
        let number = |name: &str| line.get(name).and_then(Value::as_f64);
        if let (Some(tokens), Some(seconds)) = (number("tokens"), number("seconds").filter(|seconds| *seconds > 0.0)) {
            found.push(("tokens a second".to_owned(), tokens / seconds));
        }
        for (name, value) in found {
            match curves.iter_mut().find(|curve| curve.name == name) {
                Some(curve) => curve.points.push((step, value)),
                None => curves.push(Curve { name, points: vec![(step, value)] }),
            }
        }
    }
}

fn texts(news: News, texts: &mut Vec<RunText>) {
    if news.anew {
        texts.clear();
    }
    for line in news.lines {
        let Ok(Value::Object(line)) = serde_json::from_str(&line) else { continue };
        let Some(step) = line.get("step").and_then(Value::as_u64) else { continue };
        let sequence = line.get("sequence").and_then(Value::as_str).map(str::to_owned);
        let place = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
        let mut fields: Vec<(String, String)> =
            line.iter().filter(|(name, _)| *name != "step").map(|(name, value)| (name.clone(), said(value))).collect();
        fields.sort_by_key(|(name, _)| place(name));
        texts.push(RunText { step, sequence, fields });
    }
    texts.drain(..texts.len().saturating_sub(TEXTS));
}

/// A value as people read it: numbers to four digits, parts with their names.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            let value = number.as_f64().unwrap_or(f64::NAN);
            if value != 0.0 && value.abs() < 1e-4 {
                return format!("{value:.2e}");
            }
            let whole = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
            let digits = (3 - whole).clamp(0, 8) as usize;
            let text = format!("{value:.digits$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
        Value::Object(parts) => {
            parts.iter().map(|(name, value)| format!("{name} {}", said(value))).collect::<Vec<_>>().join(" · ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_said_as_people_read_them() {
        let line = serde_json::json!({
            "a": 0.995_535_714_285, "b": 0.008_928_571, "c": 0.0, "d": 12_345.678, "e": 3, "f": -1.5e-9, "g": "0.50",
            "h": { "cut": 0.0, "truth": 1.0 },
        });
        let read: Vec<String> = line.as_object().unwrap().values().map(said).collect();
        assert_eq!(read, ["0.9955", "0.008929", "0", "12346", "3", "-1.50e-9", "0.50", "cut 0 · truth 1"]);
    }

    #[test]
    fn whatever_a_run_writes_is_followed_and_what_it_took_back_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let mut follower = Follower::new(folder.path());
        assert!(follower.look().is_none());
        put(folder::ORDER, r#"{"name":"small","kind":"policy","folder":"/","ordered":0}"#);
        put(
            folder::STEPS,
            "{\"step\":1,\"of\":9,\"loss\":2,\"tokens\":8,\"seconds\":2}\n{\"step\":2,\"of\":9,\"kl\":0.5}\nnonsense\n{\"st",
        );
        put("rollouts.jsonl", "{\"step\":2,\"text\":\"A fox.\",\"sequence\":\"abc\",\"advantage\":0.5}\n");
        let seen = follower.look().unwrap();
        assert_eq!(seen.curve("loss").unwrap().points, [(1, 2.0)]);
        assert_eq!(seen.curve("kl").unwrap().points, [(2, 0.5)]);
        assert_eq!(seen.curve("tokens a second").unwrap().points, [(1, 4.0)]);
        assert_eq!((seen.card.step, seen.card.of), (2, 9));
        assert_eq!(seen.rollouts[0].sequence.as_deref(), Some("abc"));
        assert_eq!(seen.rollouts[0].fields[0], ("text".into(), "A fox.".into()));
        assert!(Arc::ptr_eq(&seen, &follower.look().unwrap()), "nothing has changed");
        put(folder::STEPS, "{\"step\":1,\"of\":9,\"loss\":3}\n");
        let seen = follower.look().unwrap();
        assert_eq!((seen.curve("loss").unwrap().points[0], seen.curves.len()), ((1, 3.0), 1));
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(follower.look().unwrap().gone, "the folder was deleted while it was watched");
    }
}
