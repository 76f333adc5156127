//! `storyloom tell --n N --best-by REWARD`: several stories are told, a reward model reads them, and the best is shown.

use std::io::Write;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::outcome::{Failure, Outcome, printable};
use crate::exchange::Opened;
use crate::story::{Notice, Story, Telling};
use crate::studio::{Studio, TellOrder};
use crate::writer::reward_model::best_of_n_kl;

/// Tells, reads and shows. All stories are on the shelf afterwards.
pub async fn tell(studio: &Studio, told_of: &Opened, order: TellOrder, reward: &Path, json: bool) -> Outcome {
    if order.request.stories < 2 {
        return Err(Notice::yours("--best-by chooses among several stories", "add --n 8").into());
    }
    let request = order.request.clone();
    let mut stop = signal(SignalKind::interrupt())
        .map_err(|error| Notice::outside(format!("signals cannot be heard: {error}"), "end other programs"))?;
    let bar = ProgressBar::new(request.stories as u64);
    if let Ok(style) = ProgressStyle::with_template("telling {bar:32} {pos}/{len}, {eta} left") {
        bar.set_style(style);
    }
    let mut said = studio.tell(order).await?;
    let mut stories: Vec<Story> = Vec::with_capacity(request.stories);
    loop {
        let telling = tokio::select! {
            telling = said.recv() => telling,
            _ = stop.recv() => {
                drop(said);
                studio.settle().await;
                return Err(Failure::Stopped("what was told until then is kept"));
            }
        };
        match telling {
            Some(Telling::Done { story, .. }) => {
                stories.push(*story);
                bar.inc(1);
            }
            Some(Telling::Failed { notice }) => return Err(notice.into()),
            Some(_) => {}
            None => break,
        }
    }
    bar.finish_and_clear();
    studio.settle().await;
    let texts: Vec<String> = stories.iter().map(|story| story.text.clone()).collect();
    let worth = studio.worth_of(told_of, request, texts, reward.to_owned()).await?;
    let best = (0..worth.len()).max_by(|a, b| worth[*a][0].total_cmp(&worth[*b][0]));
    let Some(best) = best else { return Err(Notice::ours("no story came of it").into()) };
    let mut out = std::io::stdout().lock();
    let moved = best_of_n_kl(stories.len());
    if json {
        let rewards: Vec<f64> = worth.iter().map(|worth| worth[0]).collect();
        let line = json!({
            "event": "best", "which": best, "story": stories[best], "rewards": rewards, "kl_at_most": moved,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    writeln!(out, "{}", printable(&stories[best].text))?;
    let mean = worth.iter().map(|worth| worth[0]).sum::<f64>() / worth.len() as f64;
    let count = stories.len();
    eprintln!(
        "(the best of {count}: worth {:.2}, their mean {mean:.2}; at most {moved:.2} nats from one story)",
        worth[best][0]
    );
    Ok(())
}
