//! Carries out what the app asks of the studio, each errand as a task of its own, and brings back what came of it as events.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use super::brought::{Brought, bring};
use super::evaluate_errands::evaluation_errand;
use super::paste_path::path_from;
use super::seat::{Seat, Sitter};
use crate::app::text::clean_line;
use crate::app::{Ask, Card, Effect, Event, Opened, Rating, Template};
use crate::canvas::Pic;
use crate::pixels::Picture;
use crate::story::{Campaign, CampaignState, Notes, Notice, Rater, SequenceId, Story, Task};
use crate::studio::{SequenceCard, Studio, TellOrder, Wording};

/// Runs errands for one visit.
pub struct Errands {
    studio: Studio,
    back: Sender<Brought>,
    /// The tellings that are listened to, by their numbers.
    tellings: HashMap<u64, JoinHandle<()>>,
    /// The last change of notes that is being kept.
    noting: Option<JoinHandle<()>>,
    home: Option<PathBuf>,
    /// Where a rater sits.
    seat: Option<Seat>,
}

impl Errands {
    pub fn new(studio: Studio, back: Sender<Brought>) -> Errands {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        Errands { studio, back, tellings: HashMap::new(), noting: None, home, seat: None }
    }

    /// From now on this is what is rated, and who rates.
    pub fn take_seat(&mut self, campaign: Campaign, rater: Rater, screen: &'static str) {
        self.seat = Some(Seat::take(self.studio.clone(), self.back.clone(), Sitter { campaign, rater, screen }));
    }

    /// Carries out what a rater does; nothing where nobody rates.
    pub fn rate(&self, asked: Rating) {
        if let Some(seat) = &self.seat {
            seat.ask(asked);
        }
    }

    /// Lists the gallery.
    pub fn gallery(&self) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let listed = studio.gallery().await;
            let event = Event::Gallery(listed.map(|cards| cards.iter().map(gallery_card).collect()));
            bring(&back, event, None).await;
        });
    }

    /// Loads a sequence and its stories.
    pub fn open(&self, id: SequenceId) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let loaded = load(&studio, &id).await;
            let (result, pictures) = match loaded {
                Ok((opened, pictures)) => (Ok(opened), Some(pictures)),
                Err(notice) => (Err(notice), None),
            };
            bring(&back, Event::Opened { id, result }, pictures).await;
        });
    }

    /// Opens what was typed or pasted.
    pub fn open_path(&self, typed: &str) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        let (path, typed) = (path_from(typed, self.home.clone()), typed.to_owned());
        tokio::spawn(async move {
            // How far it is may be missed where much else is under way.
            let watch = |done, of| {
                drop(back.try_send(Brought { event: Event::Gathering { done, of }, pictures: None }));
            };
            match studio.gather(&path, watch).await {
                Ok(Some(all)) => {
                    let group = all.one.as_ref().map_or_else(|| clean_line(&typed), |card| gallery_card(card).group);
                    // The sequences first: whoever hears that they are there must find them.
                    let listed = studio.gallery().await;
                    let listed = listed.map(|cards| cards.iter().map(gallery_card).collect());
                    bring(&back, Event::Gallery(listed), None).await;
                    let event = Event::Gathered { count: all.count, group, problems: all.problems };
                    return bring(&back, event, None).await;
                }
                Ok(None) => {}
                Err(notice) => return bring(&back, Event::Added(Err(notice)), None).await,
            }
            let added = studio.open_path(&path, &Default::default()).await;
            let event = Event::Added(added.map(|(added, problems)| (gallery_card(&added), problems)));
            bring(&back, event, None).await;
        });
    }

    /// Has a story told.
    pub fn tell(&mut self, number: u64, ask: Ask) {
        self.tellings.retain(|_, relay| !relay.is_finished());
        let (studio, back) = (self.studio.clone(), self.back.clone());
        let Ask { sequence, request, window, keep, parent, again: _, beside, best } = ask;
        let order = TellOrder { sequence, request, window, keep, parent, beside };
        let relay = async move {
            if best {
                let told = studio.tell_best(order).await.map(|best| (best.words(), best.story));
                let told = told.map(|(words, story)| (Box::new(story), words));
                return bring(&back, Event::Best(number, told), None).await;
            }
            match studio.tell(order).await {
                Ok(mut tellings) => {
                    while let Some(telling) = tellings.recv().await {
                        bring(&back, Event::Telling { number, telling }, None).await;
                    }
                }
                Err(notice) => {
                    let telling = crate::story::Telling::Failed { notice };
                    bring(&back, Event::Telling { number, telling }, None).await;
                }
            }
            bring(&back, Event::TellingOver(number), None).await;
        };
        self.tellings.insert(number, tokio::spawn(relay));
    }

    /// Puts a story that was changed by hand on the shelf.
    pub fn keep_story(&self, story: Story) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let kept = studio.keep_by_hand(story).await;
            bring(&back, Event::Kept(kept.map(Box::new)), None).await;
        });
    }

    /// Writes a story with its frames as a page, into the studio's own folder.
    pub fn export(&self, story: Story) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let written = studio.page(&story).await;
            let event = Event::Exported(written.map(|path| path.display().to_string()));
            bring(&back, event, None).await;
        });
    }

    /// Says if the visitor comes for the first time.
    pub fn first_time(&self) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            match studio.first_time().await {
                Ok(true) => bring(&back, Event::FirstTime, None).await,
                Ok(false) => {}
                Err(notice) => tracing::warn!(%notice, "whether this is the first visit cannot be read"),
            }
        });
    }

    /// Brings the notes of a sequence.
    pub fn notes(&self, id: SequenceId) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let notes = studio.notes(&id).await;
            bring(&back, Event::Notes(id, notes), None).await;
        });
    }

    /// Keeps the notes of a sequence, one change after the other.
    pub fn keep_notes(&mut self, id: SequenceId, notes: Notes) {
        let (studio, back, earlier) = (self.studio.clone(), self.back.clone(), self.noting.take());
        self.noting = Some(tokio::spawn(async move {
            if let Some(earlier) = earlier {
                let _ = earlier.await;
            }
            if let Err(notice) = studio.put_notes(&id, &notes).await {
                bring(&back, Event::NotesLost(notice), None).await;
            }
        }));
    }

    /// Until the last change of notes is kept, and the last word of a rater: to be awaited before the visit ends.
    pub async fn settle(&mut self) {
        if let Some(seat) = self.seat.take() {
            seat.leave().await;
        }
        if let Some(noting) = self.noting.take() {
            let _ = noting.await;
        }
    }

    /// Writes a drawing of the screen, into the studio's own folder.
    pub fn keep_shot(&self, drawing: String) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let written = studio.write_export("screen.svg", drawing.into_bytes()).await;
            let event = Event::Exported(written.map(|path| path.display().to_string()));
            bring(&back, event, None).await;
        });
    }

    /// Lists the models, after one of them was chosen to tell.
    pub fn models(&self, choose: Option<String>) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            if let Some(name) = choose
                && let Err(notice) = studio.use_model(&name).await
            {
                bring(&back, Event::Models(Err(notice)), None).await;
            }
            bring(&back, Event::Models(studio.models().await), None).await;
        });
    }

    /// Brings what a model's folder says of it.
    pub fn about(&self, name: String) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let about = studio.about_model(&name).await;
            bring(&back, Event::About(name, about), None).await;
        });
    }

    /// Lets the model leave the memory.
    pub fn unload(&self) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            if let Err(notice) = studio.rest_model().await {
                bring(&back, Event::Models(Err(notice)), None).await;
            }
        });
    }

    /// Says how each task is asked, after one of them was put in other words.
    pub fn templates(&self, change: Option<(Task, Option<String>)>) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            if let Some((task, own)) = change
                && let Err(notice) = studio.word(task, own.as_deref()).await
            {
                bring(&back, Event::Kept(Err(notice)), None).await;
            }
            match studio.wordings().await {
                Ok(wordings) => {
                    let template = |Wording { task, standard, own }| Template { task, standard: standard.into(), own };
                    bring(&back, Event::Templates(wordings.into_iter().map(template).collect()), None).await;
                }
                Err(notice) => tracing::warn!(%notice, "how tasks are asked cannot be read"),
            }
        });
    }

    /// Nobody listens to this telling any more: it stops at the next token.
    pub fn stop_telling(&mut self, number: u64) {
        if let Some(relay) = self.tellings.remove(&number) {
            relay.abort();
        }
    }

    /// Lists the campaigns, after one of them was paused or let go on.
    pub fn campaigns(&self, change: Option<(String, CampaignState)>) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            if let Some((campaign, state)) = change
                && let Err(notice) =
                    async { studio.set_campaign(&studio.campaign(Some(&campaign)).await?, state).await }.await
            {
                return bring(&back, Event::Campaigns(Err(notice)), None).await;
            }
            bring(&back, Event::Campaigns(studio.campaigns().await), None).await;
        });
    }

    /// Counts what the votes of a campaign say.
    pub fn results(&self, campaign: String, simulated: bool) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let counted = async { studio.results(&studio.campaign(Some(&campaign)).await?, simulated).await };
            let results = counted.await.map(Box::new);
            bring(&back, Event::Results(results), None).await;
        });
    }

    /// Brings what is asked of evaluations.
    pub fn evaluations(&self, effect: Effect) {
        evaluation_errand(&self.studio, &self.back, effect);
    }

    /// Puts stories into the newest campaign.
    pub fn send_pairs(&self, stories: Vec<(String, String)>) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        tokio::spawn(async move {
            let sent = studio.send_pairs(&stories).await;
            bring(&back, Event::Sent(sent), None).await;
        });
    }

    /// The comparison is over.
    pub fn clear_beside(&self) {
        self.studio.clear_beside();
    }
}

impl Drop for Errands {
    fn drop(&mut self) {
        self.tellings.values().for_each(JoinHandle::abort);
    }
}

async fn load(studio: &Studio, id: &SequenceId) -> Result<(Opened, Vec<Picture>), Notice> {
    let opened = studio.sequence(id).await?;
    let stories = studio.stories(id).await?;
    let sequence = std::sync::Arc::new(opened.sequence.clone());
    Ok((Opened { sequence, problems: opened.problems.clone(), stories }, opened.pictures.clone()))
}

/// The folder that a sequence's own lies in; for what comes with the program, that it does.
fn group_of(source: &str) -> String {
    let folder = Path::new(source).parent().map(|folder| folder.display().to_string());
    folder.filter(|folder| !folder.is_empty()).unwrap_or_else(|| source.to_owned())
}

/// The studio's card as the gallery shows it.
pub fn gallery_card(card: &SequenceCard) -> Card {
    Card {
        id: card.id.clone(),
        title: clean_line(&card.title),
        frames: card.frames,
        stories: card.stories,
        ratings: card.ratings,
        in_world: card.in_world,
        source: clean_line(&card.source),
        group: clean_line(&group_of(&card.source)),
        credits: card.credits.as_deref().map(clean_line),
        cover: Pic { hash: card.cover.hash.clone(), width: card.cover.width, height: card.cover.height, veil: None },
    }
}
