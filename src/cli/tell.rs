//! `storyloom tell`: a story on stdout, token by token; JSON lines for other programs. Stories told are kept on the shelf.

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, RangedU64ValueParser, TypedValueParser};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::best_of;
use super::frames::FrameArgs;
use super::outcome::{Failure, Outcome, printable, tell as say};
use super::show;
use crate::config::{Config, Key, number};
use crate::exchange::Choose;
use crate::model::plan::gigabytes;
use crate::shelf::Shelf;
use crate::story::{Finish, Gaze, Notice, Request, SamplingPatch, SequenceId, Story, Task, Telling};
use crate::studio::models::Registry;
use crate::studio::{BUNDLED, Studio, TellOrder};
use crate::writer::format;

const AFTER_HELP: &str = "\
Examples:
  storyloom tell a-gift-for-ben
  storyloom tell holiday/ --frames 5 --show
  storyloom tell book.cbz --task caption --json
  storyloom tell holiday/ --model smolvlm --quant q8
  storyloom tell mia-and-the-dark --n 4 --temperature 0.8 --seed 11
  storyloom tell mia-and-the-dark --n 8 --temperature 0.8 --best-by runs/reward/best
  storyloom tell pages/ --prompt 'Tell {{ title }} in {{ frames }} sentences{{ cast }}.'
  echo 'Once there was a fox.' | storyloom tell pages/ --task continuation --so-far -

A prompt template may name {{ title }}, {{ frames }} (their number), {{ cast }} (\", with Mia the fox\") and {{ so_far }}.
With --json each piece is a line {\"event\":\"piece\",..}; the last line of each story is {\"event\":\"done\",..} with the
whole story, what wrote it and the timings. Ctrl-C ends the telling and keeps what was told.";

/// Tell a story about a sequence of pictures
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct TellArgs {
    /// A folder, book.json, CBZ, ZIP, animation or images; or the name of a bundled sequence
    #[arg(required = true, num_args = 1..)]
    sequence: Vec<String>,
    #[command(flatten)]
    frames: FrameArgs,
    /// What to write
    #[arg(long, default_value_t, value_parser = PossibleValuesParser::new(Task::ALL.map(Task::word)).try_map(|w| w.parse::<Task>()))]
    task: Task,
    /// So many stories at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    n: u16,
    /// Show only the best of them, by this reward model's folder, or by the one in use
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, conflicts_with_all = ["alternatives", "attention"])]
    best_by: Option<Option<PathBuf>>,
    /// A template in place of the task's own wording
    #[arg(long, value_name = "TEMPLATE", value_parser = NonEmptyStringValueParser::new())]
    prompt: Option<String>,
    /// The story so far, for a continuation; - reads it from stdin
    #[arg(long, value_name = "TEXT")]
    so_far: Option<String>,
    /// Write JSON lines
    #[arg(long)]
    json: bool,
    /// Print the frames above the story
    #[arg(long)]
    show: bool,
    /// With --json: so many alternatives for each token, with log-probabilities
    #[arg(long, value_name = "K", default_value_t = 0, requires = "json")]
    alternatives: usize,
    /// With --json: how much each token attended to each frame
    #[arg(long, requires = "json")]
    attention: bool,
    #[command(flatten)]
    sampling: SamplingArgs,
}

/// How tokens are drawn; what is left out follows the model's own generation_config.json and the configuration.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sampling")]
struct SamplingArgs {
    /// 0: always the likeliest token
    #[arg(long, value_name = "T", value_parser = within("temperature"))]
    temperature: Option<f64>,
    #[arg(long, value_name = "K", help = "Only the K likeliest tokens; 0: all")]
    top_k: Option<usize>,
    #[arg(long, value_name = "P", value_parser = within("top_p"), help = "Only the likeliest tokens that together reach P")]
    top_p: Option<f64>,
    #[arg(long, value_name = "P", value_parser = within("min_p"), help = "Only tokens at least P times as likely as the likeliest")]
    min_p: Option<f64>,
    #[arg(long, value_name = "X", value_parser = within("repetition_penalty"), help = "Make tokens seen before less likely; 1: off")]
    repetition_penalty: Option<f64>,
    /// The same seed tells the same story
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..), help = "End a story after so many tokens")]
    max_new_tokens: Option<usize>,
    /// End a story before this text; may be given several times
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    stop: Vec<String>,
}

/// A number in the range that the configuration holds this key of the sampling to.
fn within(key: &'static str) -> impl Fn(&str) -> Result<f64, String> + Clone {
    move |typed| {
        let key = Key::find(&format!("sampling.{key}")).ok_or("there is no such key")?;
        let value = key.read(typed).ok_or("no number")?;
        key.check(&value).map_err(|fits| format!("give {fits}"))?;
        number(&value).ok_or_else(|| "no number".to_owned())
    }
}

impl SamplingArgs {
    /// The flags' layer over the configuration's.
    fn patch(self, below: SamplingPatch) -> SamplingPatch {
        let said = SamplingPatch {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
            seed: self.seed,
            max_new_tokens: self.max_new_tokens,
            stop: Some(self.stop).filter(|stop| !stop.is_empty()),
        };
        said.or(below)
    }
}

/// Runs the verb.
pub async fn run(args: TellArgs, config: &Config) -> Outcome {
    if !args.json {
        announce(config).await?;
    }
    let studio = Studio::open(config).await?;
    let id = open(&studio, &args.sequence, &args.frames.choose()).await?;
    let opened = studio.sequence(&id).await?;
    if args.show && !args.json {
        show::print_frames(&opened, config.images, None)?;
    }
    let so_far = match args.so_far.as_deref() {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|e| {
                Notice::yours(format!("the story so far cannot be read: {e}"), "give UTF-8 text on stdin")
            })?;
            Some(text)
        }
        given => given.map(str::to_owned),
    };
    let world_only = studio.model().borrow().world_only;
    if world_only && !opened.sequence.in_world {
        say(&stranger());
    }
    let request = Request {
        task: args.task,
        template: args.prompt,
        so_far,
        sampling: args.sampling.patch(config.sampling.clone()),
        stories: usize::from(args.n),
        alternatives: args.alternatives,
        gaze: if args.attention { Gaze::Frames } else { Gaze::Off },
        ..Request::default()
    };
    let order = TellOrder::new(id, request);
    match &args.best_by {
        Some(reward) => {
            let reward = match reward {
                Some(folder) => folder.clone(),
                None => in_use(&studio).await?,
            };
            best_of::tell(&studio, &opened, order, &reward, args.json).await
        }
        None => listen(&studio, order, args.json).await,
    }
}

/// The folder of the reward model that was adopted.
async fn in_use(studio: &Studio) -> Result<PathBuf, Notice> {
    let found = studio.reward_model().await?.map(|(_, folder)| folder);
    found.ok_or_else(|| {
        Notice::yours("there is no reward model in use", "name its folder, or adopt one: storyloom adopt RUN")
    })
}

/// What an added model will take of the memory, said before it is loaded.
async fn announce(config: &Config) -> Result<(), Notice> {
    let registry = Registry::new(Shelf::open(&config.home, config.database.as_deref()).await?);
    let (card, source) = registry.current(config.model.as_deref()).await?;
    let kept = registry.quant(&card.name, config.quant).await?.and_then(format);
    // What is wrong with the model is said by who loads it.
    let planned = tokio::task::spawn_blocking(move || source.plan(kept)).await;
    if let Ok(Ok(Some((plan, free)))) = planned {
        let free = free.map_or(String::new(), |free| format!(" of {} free", gigabytes(free)));
        eprintln!("({}: {plan}{free})", printable(&card.name));
    }
    Ok(())
}

/// What is said before the small storyteller talks about pictures it was never taught.
fn stranger() -> Notice {
    Notice::yours(
        "the embedded storyteller was taught storyloom's own drawn world only: what it says about these pictures means little",
        "add a larger model: storyloom model add HuggingFaceTB/SmolVLM-256M-Instruct",
    )
}

/// Opens one sequence by path or bundled name, or several files as one.
async fn open(studio: &Studio, named: &[String], choose: &Choose) -> Result<SequenceId, Notice> {
    let (card, problems) = match named {
        [one] => studio.open_named(one, choose).await?,
        several => {
            let paths: Vec<PathBuf> = several.iter().map(PathBuf::from).collect();
            studio.open_files(paths, choose).await?
        }
    };
    problems.iter().for_each(say);
    Ok(card.id)
}

/// Streams what the desk says to stdout. Whatever ends it, what was told is on the shelf when it has ended.
async fn listen(studio: &Studio, order: TellOrder, json: bool) -> Outcome {
    // One listener for as long as it takes: a signal that comes between two waits must not be lost.
    let mut stop = signal(SignalKind::interrupt())
        .map_err(|error| Notice::outside(format!("signals cannot be heard: {error}"), "end other programs"))?;
    let outcome = stream(studio, order, json, &mut stop).await;
    if !matches!(outcome, Err(Failure::Stopped(_))) {
        studio.settle().await;
        return outcome;
    }
    // Who presses Ctrl-C twice means it.
    tokio::select! {
        () = studio.settle() => outcome,
        _ = stop.recv() => Err(Failure::Stopped("what was told last may not have been kept")),
    }
}

/// Ctrl-C and a closed pipe drop the receiver, which ends the telling at the next token.
async fn stream(studio: &Studio, order: TellOrder, json: bool, stop: &mut Signal) -> Outcome {
    let several = order.request.stories > 1;
    let mut said = studio.tell(order).await?;
    let mut out = std::io::stdout();
    let mut told: Vec<Box<Story>> = Vec::new();
    loop {
        let telling = tokio::select! {
            telling = said.recv() => telling,
            _ = stop.recv() => {
                writeln!(out)?;
                return Err(Failure::Stopped(KEPT));
            }
        };
        let Some(telling) = telling else {
            if let Some(notice) = alike(&told) {
                say(&notice);
            }
            return Ok(());
        };
        if let Telling::Failed { notice } = &telling {
            return Err(notice.clone().into());
        }
        if json {
            let line = serde_json::to_string(&telling).map_err(|e| Notice::ours(e.to_string()))?;
            writeln!(out, "{line}")?;
            if let Telling::Done { story, .. } = telling {
                told.push(story);
            }
            continue;
        }
        match telling {
            // Several stories come interleaved: they are printed whole, one after the other.
            Telling::Piece { piece, .. } if !several => {
                write!(out, "{}", printable(&piece.text))?;
                out.flush()?;
            }
            Telling::Done { which, story } => {
                finish(&mut out, which, &story, several)?;
                told.push(story);
            }
            _ => {}
        }
    }
}

/// What is said after Ctrl-C.
const KEPT: &str = "what was told until then is kept";

/// Several stories asked for and one got: a model that draws greedily tells the same again and again.
fn alike(told: &[Box<Story>]) -> Option<Notice> {
    let [first, others @ ..] = told else { return None };
    let alike = first.sampling.temperature == 0.0 && others.iter().all(|story| story.text == first.text);
    (alike && !others.is_empty()).then(|| {
        let what = format!("the likeliest token is always taken, so all {} stories are the same", told.len());
        Notice::yours(what, "let chance in: --temperature 0.8")
    })
}

fn finish(out: &mut impl Write, which: usize, story: &Story, several: bool) -> std::io::Result<()> {
    if several {
        let gap = if which == 0 { "" } else { "\n" };
        writeln!(out, "{gap}— {} —\n{}", which + 1, printable(&story.text))?;
    } else {
        writeln!(out)?;
    }
    if std::io::stderr().is_terminal() {
        let cut = if story.finish == Finish::Length { ", cut by the token limit" } else { "" };
        eprintln!(
            "({} · seed {} · first token {:.0} ms · {:.0} tokens/s{cut})",
            story.writer.model,
            story.sampling.seed,
            story.timing.first_token_ms,
            story.timing.tokens_per_second()
        );
    }
    Ok(())
}

/// What storyloom does without a command and without a terminal: the first bundled sequence as plain text.
pub async fn first_bundled(config: &Config) -> Outcome {
    let studio = Studio::open(config).await?;
    let first = &BUNDLED[0];
    let request = Request { sampling: config.sampling.clone(), ..Request::default() };
    listen(&studio, TellOrder::new(first.id(), request), false).await
}
