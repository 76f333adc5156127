//! What a visit asks of evaluations: suites, tables, the stories behind them and their frames.

use std::sync::Arc;

use tokio::sync::mpsc::Sender;

use super::brought::{Brought, bring};
use crate::app::{Effect, Event};
use crate::studio::Studio;

/// Carries out what concerns evaluations; anything else is not for here.
pub fn evaluation_errand(studio: &Studio, back: &Sender<Brought>, effect: Effect) {
    let (studio, back) = (studio.clone(), back.clone());
    tokio::spawn(async move {
        let event = match effect {
            Effect::LoadSuites => Event::Suites(studio.suites().await),
            Effect::LoadEvaluations => Event::Evaluations(studio.evaluations().await),
            Effect::LoadEvaluation(id) => {
                let found = studio.evaluation(&id).await.map(|(_, found)| Box::new(found));
                Event::Evaluation(id, found)
            }
            Effect::LoadSpecimens { evaluation, model } => {
                let result = studio.specimens(&evaluation, Some(model.clone())).await.map(Arc::new);
                Event::Specimens { evaluation, model, result }
            }
            Effect::LoadFrames { sequence, source } => {
                let (frames, pictures) = match studio.frames_of(&sequence, &source).await {
                    Ok(opened) => (Ok(Arc::new(opened.sequence.clone())), Some(opened.pictures.clone())),
                    Err(notice) => (Err(notice), None),
                };
                return bring(&back, Event::Frames(sequence, frames), pictures).await;
            }
            _ => return,
        };
        bring(&back, event, None).await;
    });
}
