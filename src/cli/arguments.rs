//! What can be typed: the verbs, and the flags that every verb takes.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use clap::{Args, Parser, Subcommand};

use super::{
    adopt, backup, bench, campaign, completions, doctor, eval, export, lineage, looping, man, model, rate, rater,
    results, reward, runs, serve, show, tell, train, world,
};
use crate::config::{Flags, ImagesChoice};
use crate::story::Quant;

const AFTER_HELP: &str = "\
Examples:
  storyloom                            open the studio
  storyloom tell a-gift-for-ben        tell a story about a bundled sequence
  storyloom tell holiday/ --show       about pictures of your own, with the pictures
  storyloom model list                 the models there are
  storyloom doctor                     what this terminal and this machine can do
  storyloom --images off --home /tmp/try

Exit codes:
  0   done
  1   the input or the request: you can mend it
  2   the command line is not understood
  3   the machine, the network or another program
  70  a defect of storyloom
  130 stopped by Ctrl-C

Colours are left out where NO_COLOR is set or the output is no terminal.
The configuration is ~/.config/storyloom/config.toml; storyloom --print-config shows all of it.
The keys are ~/.config/storyloom/keys.toml; storyloom --print-keymap shows all of them.
The log is storyloom.log in the home folder; STORYLOOM_LOG=debug makes it longer.";

/// A terminal studio for visual storytelling: pictures in, stories out, told by a model on this machine.
///
/// Without a command it opens the studio; without a terminal it tells the first bundled sequence as plain text.
#[derive(Debug, Parser)]
#[command(name = "storyloom", version, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub everywhere: Everywhere,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// The flags that every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Everywhere {
    /// Keep sequences, stories and models in this folder
    #[arg(long, global = true, value_name = "FOLDER")]
    home: Option<PathBuf>,
    /// Keep them in this PostgreSQL database, which several servers may share; pictures and models stay in the folder
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Read this configuration instead of the one in the config folder
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Show pictures this way
    #[arg(long, global = true, value_name = "HOW", value_parser = images())]
    images: Option<ImagesChoice>,
    /// Tell with this model
    #[arg(long, global = true, value_name = "NAME")]
    model: Option<String>,
    /// Keep the model's weights in eight bits (q8), in four (q4) or as they are stored (off)
    #[arg(long, global = true, value_name = "BITS", value_parser = quant())]
    quant: Option<Quant>,
    /// Draw no signs but ASCII
    #[arg(long, global = true)]
    ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long, global = true)]
    no_mouse: bool,
    /// Use this many threads; 0: all cores
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// Show the whole configuration and who said what, then end
    #[arg(long)]
    pub print_config: bool,
    /// Show all keys of the studio as a keys.toml, then end
    #[arg(long)]
    pub print_keymap: bool,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Tell a story about a sequence of pictures
    Tell(Box<tell::TellArgs>),
    /// Add, list, choose and remove models
    Model(model::Model),
    /// Say what this terminal can show and what this machine offers
    Doctor(doctor::Doctor),
    /// Print the frames of a sequence
    Show(show::ShowArgs),
    /// Write stories with their frames, to be read elsewhere
    Export(export::Export),
    /// Begin and manage campaigns of blind side-by-side ratings
    Campaign(campaign::Campaign),
    /// Let people rate, list them, let them go
    Rater(rater::Rater),
    /// Rate pairs of stories in this terminal
    Rate(rate::RateArgs),
    /// Let raters in over SSH
    Serve(serve::ServeArgs),
    /// What raters' votes say
    Results(results::ResultsArgs),
    /// Serve a reward model to trainers elsewhere
    Reward(reward::RewardArgs),
    /// Copy the home folder while it is in use
    Backup(backup::BackupArgs),
    /// Make a home folder of such a copy
    Restore(backup::RestoreArgs),
    /// Draw tales of the picture world
    World(world::WorldArgs),
    /// Train a model by a recipe
    Train(train::TrainArgs),
    /// Train in the background: start, watch, stop and resume runs
    Runs(runs::RunsArgs),
    /// Close the loop: tell, collect votes, train a reward model, improve the policy, try it blind
    Loop(looping::Loop),
    /// Let what a run made tell from now on, or choose as the reward model
    Adopt(adopt::Adopt),
    /// Where a model comes from, and what came of it
    Lineage(lineage::LineageArgs),
    /// Hold a model's stories against what is true
    Eval(eval::EvalArgs),
    /// Measure how fast this machine is
    Bench(bench::BenchArgs),
    /// Write completions for a shell to stdout
    Completions(completions::Completions),
    /// Write the manual page to stdout
    Man(man::ManPage),
}

impl Everywhere {
    /// The command line's layer of the configuration.
    pub fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            home: self.home.clone(),
            database: self.database.clone(),
            images: self.images,
            model: self.model.clone(),
            quant: self.quant,
            threads: self.threads,
            ascii: self.ascii.then_some(true),
            mouse: self.no_mouse.then_some(false),
            ..Flags::default()
        }
    }
}

fn images() -> impl TypedValueParser<Value = ImagesChoice> {
    PossibleValuesParser::new(ImagesChoice::ALL.map(ImagesChoice::word)).try_map(|word| word.parse::<ImagesChoice>())
}

fn quant() -> impl TypedValueParser<Value = Quant> {
    PossibleValuesParser::new(Quant::ALL.map(Quant::word)).try_map(|word| word.parse::<Quant>())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_stand_before_or_after_the_verb() {
        let cli = Cli::try_parse_from(["storyloom", "doctor", "--images", "sixel", "--home", "/h"]).unwrap();
        let flags = cli.everywhere.flags();
        assert_eq!((flags.images, flags.home), (Some(ImagesChoice::Sixel), Some("/h".into())));
        assert_eq!(Cli::try_parse_from(["storyloom", "--images", "ascii"]).unwrap_err().exit_code(), 2);
    }

    /// All verbs, whole, with what stands below their help.
    fn verbs(command: &clap::Command, names: &str, into: &mut Vec<(String, String)>) {
        let name = format!("{names}{} ", command.get_name());
        into.push((name.clone(), command.get_after_help().map(ToString::to_string).unwrap_or_default()));
        command.get_subcommands().for_each(|below| verbs(below, &name, into));
    }

    /// The words of a line, as a shell that knows quotes would cut it.
    fn cut(line: &str) -> Vec<String> {
        let parts = line.split(['"', '\'']).enumerate();
        let words = parts.flat_map(|(n, part)| if n % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
        words.take_while(|word| !["|", ">", "&&", "#"].contains(word)).map(str::to_owned).collect()
    }

    #[test]
    fn every_example_in_the_help_is_understood() {
        let mut all = Vec::new();
        verbs(&Cli::command(), "", &mut all);
        let mut read = 0;
        for (verb, help) in all {
            for line in help.lines().flat_map(|line| line.split("Example:")).map(str::trim) {
                // Some say behind three spaces what they do.
                let line = line.split("   ").next().unwrap_or_default();
                if let Some(rest) = line.strip_prefix("storyloom ") {
                    let words = cut(&format!("storyloom {rest}"));
                    let parsed = std::panic::catch_unwind(|| Cli::try_parse_from(&words).map(|_| ()));
                    let parsed = parsed.unwrap_or_else(|_| panic!("{verb}: '{line}' cannot even be read"));
                    let shows = |error: &clap::Error| error.exit_code() == 0;
                    assert!(parsed.as_ref().err().is_none_or(shows), "{verb}: '{line}': {parsed:?}");
                    read += 1;
                }
            }
        }
        assert!(read > 100, "{read} examples");
    }
}
