//! `storyloom eval judge`: a judge reads stories, alone or two at a time; on a campaign it is held against the people who voted.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::judge_report::{Report, report_pairs, report_scores};
use super::left_out;
use super::outcome::Outcome;
use super::runtime::runtime;
use super::simulate::facts;
use super::tellers::{source, stop_on_interrupt};
use crate::config::Config;
use crate::evaluate::judges::{
    Cache, FactsJudge, Judge, Match, Price, RemoteJudge, RewardJudge, Ruling, Scene, Scores, Spent, Told, forecast,
};
use crate::evaluate::side_by_side;
use crate::exchange::Opened;
use crate::shelf::VoteRow;
use crate::story::{Notice, Request, SequenceId, TurnKind};
use crate::studio::Studio;
use crate::world::Facts;
use crate::writer::remote::Remote;
use crate::writer::reward_model::RewardModel;
use crate::writer::{ModelSource, Order};

#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// Who judges: a remote model of the list, reward:FOLDER, or facts (of the picture world)
    #[arg(long, value_name = "JUDGE")]
    by: String,
    /// The pairs of this campaign, which people have voted on
    #[arg(long, value_name = "NAME", conflicts_with = "stories", required_unless_present = "stories")]
    campaign: Option<String>,
    /// Stories of a system: a file of text with sequence or images, as campaigns take them; may be given several times
    #[arg(long, value_name = "LABEL=FILE")]
    stories: Vec<String>,
    /// Judge stories of the same sequence two at a time, in both orders
    #[arg(long, requires = "stories")]
    pairs: bool,
    /// Folders that `storyloom world` wrote: what is true of their tales is known too
    #[arg(long, value_name = "FOLDER")]
    world: Option<PathBuf>,
    /// Count the votes of programs as people's
    #[arg(long)]
    simulated: bool,
    /// What a million tokens in and out cost: the forecast is then in money too
    #[arg(long, value_name = "IN,OUT", value_parser = price)]
    price: Option<Price>,
    /// Only say what it would take
    #[arg(long)]
    forecast: bool,
    /// Keep answers here; without it in the home folder
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,
    /// Write everything as JSON
    #[arg(long)]
    json: bool,
}

fn price(text: &str) -> Result<Price, String> {
    let parts: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match parts.as_deref() {
        Some([tokens_in, tokens_out]) if *tokens_in >= 0.0 && *tokens_out >= 0.0 => {
            Ok(Price { tokens_in: *tokens_in, tokens_out: *tokens_out })
        }
        _ => Err("give two numbers, for a million tokens in and out: 0.15,0.60".to_owned()),
    }
}

/// What is to be judged.
struct Docket {
    single: Vec<(Arc<Scene>, Told)>,
    pairs: Vec<Match>,
}

/// Runs the verb. Ctrl-C ends it with what is judged by then; answers that came are kept, so that the next time goes on.
pub fn run(args: &JudgeArgs, config: &Config) -> Outcome {
    let docket = runtime()?.block_on(gather(args, config))?;
    let remote = remote(args, config)?;
    let mut out = io::stdout();
    if let Some((_, remote)) = &remote {
        let single: Vec<(&Scene, &Told)> = docket.single.iter().map(|(scene, told)| (&**scene, told)).collect();
        let said = forecast(remote, &single, &docket.pairs);
        let money = args.price.map(|price| format!(", {:.2} in money", price.of(said.tokens_in, said.tokens_out)));
        let sentence = format!(
            "at most {} requests, about {} tokens in and {} out{}",
            said.requests,
            said.tokens_in,
            said.tokens_out,
            money.unwrap_or_default()
        );
        if args.forecast {
            return Ok(writeln!(out, "{sentence}")?);
        }
        if io::stderr().is_terminal() {
            eprintln!("{sentence}; what is known already is not asked again");
        }
    } else if args.forecast {
        return Ok(writeln!(out, "nothing is asked of anybody else")?);
    }
    let cache = args.cache.clone().unwrap_or_else(|| config.home.join("judges").join("answers.jsonl"));
    let mut judges = judges(args, remote.as_ref(), cache, docket.single.len() + docket.pairs.len())?;
    let (name, model) = (judges[0].name(), judges[0].model());
    let count = (docket.single.len() + docket.pairs.len()) as u64;
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} judged  {eta} left") {
        bar.set_style(style);
    }
    let stop = stop_on_interrupt()?;
    let report = judge(&mut judges, &docket, &stop, &bar);
    bar.finish_and_clear();
    let (scores, rulings) = report?;
    let done = (scores.len() + rulings.len()) as u64;
    let mut spent = Spent::default();
    scores.iter().flatten().for_each(|scores: &Scores| spent.add(scores.spent));
    rulings.iter().for_each(|ruling: &Ruling| spent.add(ruling.spent));
    let report = Report { judge: name, model, spent, price: args.price, left: count - done, json: args.json };
    match docket.pairs.is_empty() {
        true => {
            report_scores(&mut out, &report, docket.single.iter().map(|(scene, told)| (&**scene, told)).zip(&scores))
        }
        false => report_pairs(&mut out, &report, &docket.pairs.iter().zip(&rulings).collect::<Vec<_>>()),
    }
}

type Judged = (Vec<Option<Scores>>, Vec<Ruling>);

fn judge(
    judges: &mut [Box<dyn Judge>],
    docket: &Docket,
    stop: &AtomicBool,
    bar: &ProgressBar,
) -> Result<Judged, Notice> {
    let scores = side_by_side(judges, docket.single.len() as u64, stop, |judge, at| {
        let (scene, told) = &docket.single[at as usize];
        let scores = judge.score(scene, told);
        bar.inc(1);
        scores
    })
    .map_err(Notice::from)?;
    let rulings = side_by_side(judges, docket.pairs.len() as u64, stop, |judge, at| {
        let pair = &docket.pairs[at as usize];
        let ruling = judge.compare(&pair.scene, &pair.stories);
        bar.inc(1);
        ruling
    })
    .map_err(Notice::from)?;
    Ok((scores, rulings))
}

/// The remote model that is meant, with its name, if it is one.
fn remote(args: &JudgeArgs, config: &Config) -> Result<Option<(String, Remote)>, Notice> {
    if args.by == "facts" || args.by.starts_with("reward:") {
        return Ok(None);
    }
    match source(config, Some(&args.by))? {
        ModelSource::Remote { name, remote } => Ok(Some((name, *remote))),
        _ => {
            let what = format!("'{}' is no judge: only remote models are asked to judge in words", args.by);
            Err(Notice::yours(what, "name a remote model (storyloom model add openai:URL), reward:FOLDER, or facts"))
        }
    }
}

fn judges(
    args: &JudgeArgs,
    remote: Option<&(String, Remote)>,
    cache: PathBuf,
    count: usize,
) -> Result<Vec<Box<dyn Judge>>, Notice> {
    if let Some((name, remote)) = remote {
        let unread = |error: io::Error| {
            Notice::outside(format!("{} cannot be used: {error}", cache.display()), "name another file with --cache")
        };
        let cache = Arc::new(Cache::open(&cache).map_err(unread)?);
        let lines = remote.parallel.clamp(1, 64).min(count.max(1));
        let open = |_| RemoteJudge::open(name, remote, cache.clone()).map(|judge| Box::new(judge) as Box<dyn Judge>);
        return (0..lines).map(open).collect::<Result<_, _>>().map_err(Notice::from);
    }
    match args.by.strip_prefix("reward:") {
        Some(folder) => {
            let model = RewardModel::open(folder.as_ref(), None).map_err(Notice::from)?;
            Ok(vec![Box::new(RewardJudge::new(folder, model))])
        }
        None => Ok(vec![Box::new(FactsJudge)]),
    }
}

async fn gather(args: &JudgeArgs, config: &Config) -> Result<Docket, Notice> {
    let studio = Studio::at_rest(config).await?;
    let known = facts(&studio, args.world.as_deref()).await?;
    let mut scenes = Scenes { studio: &studio, known: &known, open: BTreeMap::new() };
    match &args.campaign {
        Some(campaign) => voted(&mut scenes, campaign, args.simulated).await,
        None => told(&mut scenes, args).await,
    }
}

/// Scenes that were opened.
struct Scenes<'a> {
    studio: &'a Studio,
    known: &'a HashMap<String, Facts>,
    open: BTreeMap<String, Arc<Scene>>,
}

impl Scenes<'_> {
    async fn get(&mut self, sequence: &str) -> Result<Arc<Scene>, Notice> {
        if let Some(scene) = self.open.get(sequence) {
            return Ok(scene.clone());
        }
        let opened = self.studio.sequence(&SequenceId(sequence.to_owned())).await?;
        let Opened { sequence: about, pictures, .. } = &*opened;
        // A card that stands for words is no picture to judge by.
        let pictures = if about.has_pictures() { pictures.clone() } else { Vec::new() };
        let order = Order {
            sequence: Arc::new(about.clone()),
            pictures: Arc::new(pictures),
            request: Request::default(),
            window: 0,
        };
        let scene = Arc::new(Scene { order, facts: self.known.get(sequence).cloned() });
        self.open.insert(sequence.to_owned(), scene.clone());
        Ok(scene)
    }
}

/// The pairs of a campaign with what people said of them.
async fn voted(scenes: &mut Scenes<'_>, campaign: &str, simulated: bool) -> Result<Docket, Notice> {
    let campaign = scenes.studio.campaign(Some(campaign)).await?;
    let votes = scenes.studio.shelf().votes(&campaign.id).await?;
    let mut pairs: BTreeMap<String, Vec<VoteRow>> = BTreeMap::new();
    for vote in votes.into_iter().filter(|vote| vote.kind == TurnKind::Plain && (simulated || !vote.simulated)) {
        pairs.entry(vote.pair.clone()).or_default().push(vote);
    }
    if pairs.is_empty() {
        let try_this = "have it rated first; --simulated counts the votes of programs";
        return Err(Notice::yours(format!("nobody has voted in '{}'", campaign.name), try_this));
    }
    let mut found = Vec::with_capacity(pairs.len());
    for (pair, votes) in pairs {
        let shares: Vec<f64> = votes.iter().filter_map(|vote| vote.preference.verdict.won()).collect();
        let people = (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64);
        let scene = scenes.get(&votes[0].sequence).await?;
        let story = |(system, text): &(String, String)| Told { system: system.clone(), text: text.clone() };
        found.push(Match { pair, scene, stories: [story(&votes[0].first), story(&votes[0].second)], people });
    }
    Ok(Docket { single: Vec::new(), pairs: found })
}

/// Stories of files, each alone or every two about the same sequence.
async fn told(scenes: &mut Scenes<'_>, args: &JudgeArgs) -> Result<Docket, Notice> {
    let mut of_sequence: BTreeMap<SequenceId, Vec<Told>> = BTreeMap::new();
    for said in &args.stories {
        let Some((label, file)) = said.split_once('=').filter(|(label, _)| !label.trim().is_empty()) else {
            return Err(Notice::yours(format!("'{said}' has no label"), "write --stories LABEL=FILE"));
        };
        let elsewhere = scenes.studio.elsewhere(file.as_ref()).await?;
        left_out::say(&elsewhere.left_out);
        for (sequence, text) in elsewhere.stories {
            of_sequence.entry(sequence).or_default().push(Told { system: label.trim().to_owned(), text });
        }
    }
    let mut docket = Docket { single: Vec::new(), pairs: Vec::new() };
    for (sequence, stories) in of_sequence {
        let scene = scenes.get(&sequence.0).await?;
        if !args.pairs {
            docket.single.extend(stories.into_iter().map(|told| (scene.clone(), told)));
            continue;
        }
        for (at, first) in stories.iter().enumerate() {
            for second in stories.iter().skip(at + 1).filter(|second| second.text != first.text) {
                let pair = format!("{sequence}:{}:{}", first.system, second.system);
                let stories = [first.clone(), second.clone()];
                docket.pairs.push(Match { pair, scene: scene.clone(), stories, people: None });
            }
        }
    }
    match docket.single.is_empty() && docket.pairs.is_empty() {
        true => Err(Notice::yours("there are no two stories about one sequence", "name files that share sequences")),
        false => Ok(docket),
    }
}
