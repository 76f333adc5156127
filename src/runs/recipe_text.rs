//! Recipes as text: where they are, what they are called, single values changed, and what their keys mean.
//!
//! What a recipe may say is for the training that reads it; here only `name` and `kind` are known.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use crate::story::{Notice, RecipeCard};

const SHIPPED: [(&str, &str); 2] = [
    ("books-lora", include_str!("../../configs/recipes/books-lora.toml")),
    ("storyteller", include_str!("../../configs/recipes/storyteller.toml")),
];
/// Where somebody keeps recipes: here, and in the home folder.
const FOLDERS: [&str; 2] = ["configs/recipes", "recipes"];

/// What keys of a recipe mean; the tables before the last dot are left out.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("name", "what the run is called"),
    ("kind", "what is trained: sft, reward, preference, policy"),
    ("seed", "same seed, same run"),
    ("base", "the model folder to start from"),
    ("fresh", "sizes of a new model"),
    ("precision", "in what products are computed: f32, or bf16 where the processor has a unit for it"),
    ("checkpointing", "keep only the input of layers with an adapter: less memory, more time"),
    ("save_every", "steps between two checkpoints"),
    ("evaluate_every", "steps between two looks at what is held out"),
    ("evaluate_on", "examples that are looked at"),
    ("samples", "of these, so many are answered in words"),
    ("lora", "train an adapter"),
    ("r", "rank of the adapter"),
    ("alpha", "its scale: alpha / r"),
    ("targets", "modules that get an adapter"),
    ("parts", "parts of the model that have such modules: vision, connector, text"),
    ("data", "where examples come from"),
    ("folder", "the folder of books"),
    ("file", "the file of examples"),
    ("weight", "its share among several sources"),
    ("held_out", "share that is never trained on"),
    ("first_seed", "of the picture world's tales"),
    ("side", "pixels of a drawn frame's side"),
    ("beta1", "AdamW: decay of the mean of gradients"),
    ("beta2", "AdamW: decay of the mean of their squares"),
    ("eps", "AdamW: added to the root"),
    ("weight_decay", "AdamW: share of a weight that is taken off"),
    ("clip", "largest norm of the gradient; 0: any"),
    ("stage", "steps with their own rate and mix; stages follow each other"),
    ("steps", "how long"),
    ("batch", "sequences a step"),
    ("accumulate", "batches whose gradients are averaged before a step"),
    ("learning_rate", "the highest it gets"),
    ("warm_up", "steps in which it rises to that"),
    ("last_rate", "share of it at the end of the cosine"),
    ("rates", "what it is multiplied by in vision, connector and text"),
    ("frames", "from how many to how many pictures"),
    ("tasks", "share of each task"),
    ("questions", "share of sequences with questions"),
    ("texts", "texts that are read about one look at the pictures"),
    ("attributes", "weight of the heads over patches and frames"),
    ("recall", "weight of the heads over words"),
    ("emphasis", "how much words that pictures decide count beside others"),
    ("anew", "parts that begin again from the seed"),
];

/// Recipes there are: those of the folders, then those that come with the program.
pub fn recipes(home: &Path) -> Vec<RecipeCard> {
    let mut found: Vec<RecipeCard> = Vec::new();
    for folder in [Path::new(FOLDERS[0]).to_owned(), home.join(FOLDERS[1])] {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        paths.sort();
        for path in paths {
            let card = fs::read_to_string(&path).ok().and_then(|text| card(&path.display().to_string(), text).ok());
            found.extend(card);
        }
    }
    for (name, text) in SHIPPED {
        if !found.iter().any(|card| card.name == name) {
            found.extend(card(name, text.to_owned()).ok());
        }
    }
    found
}

/// A recipe by its path, or by the name of one that comes with the program.
pub fn open(source: &str) -> Result<RecipeCard, Notice> {
    let shipped = SHIPPED.iter().find(|(name, _)| *name == source && !Path::new(source).exists());
    let text = match shipped {
        Some((_, text)) => (*text).to_owned(),
        None => fs::read_to_string(source).map_err(|error| {
            let names = SHIPPED.map(|(name, _)| name).join(", ");
            Notice::yours(
                format!("the recipe '{source}' cannot be read: {error}"),
                format!("a path, or one of {names}"),
            )
        })?,
    };
    card(source, text)
}

/// What a recipe is called, and what it trains.
pub fn card(source: &str, text: String) -> Result<RecipeCard, Notice> {
    let wrong = |what: String| Notice::yours(format!("{source}: {what}"), "compare it with those in configs/recipes");
    let table: Table = text.parse().map_err(|error: toml::de::Error| wrong(format!("no TOML: {}", error.message())))?;
    let word = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = word("name").ok_or_else(|| wrong("it has no name".to_owned()))?;
    let kind = word("kind").unwrap_or_else(|| "sft".to_owned());
    if !["sft", "reward", "preference", "policy"].contains(&kind.as_str()) {
        return Err(wrong(format!("there is no kind '{kind}'")));
    }
    Ok(RecipeCard { source: source.to_owned(), name, kind, text })
}

/// The recipe with one value changed: `optimiser.clip=0.5`, `stage.1.steps=40` (stages and sources are counted from 1).
pub fn set(text: &str, change: &str) -> Result<String, Notice> {
    let wrong = |what: String| Notice::yours(what, "--set stage.1.learning_rate=1e-4");
    let (path, value) = change.split_once('=').ok_or_else(|| wrong(format!("'{change}' has no =")))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
    let said = format!("value = {}", value.trim()).parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    let value = said.unwrap_or_else(|| Value::String(value.trim().to_owned()));
    let mut whole = Value::Table(table);
    let mut at = &mut whole;
    let mut steps = path.trim().split('.').peekable();
    while let Some(step) = steps.next() {
        let place = match at {
            Value::Array(list) => step.parse::<usize>().ok().and_then(|n| list.get_mut(n.checked_sub(1)?)),
            Value::Table(table) if steps.peek().is_none() => {
                table.insert(step.to_owned(), value);
                return toml::to_string_pretty(&whole).map_err(|error| Notice::ours(error.to_string()));
            }
            Value::Table(table) => table.get_mut(step),
            _ => None,
        };
        at = place.ok_or_else(|| wrong(format!("the recipe has no '{path}'")))?;
    }
    Err(wrong(format!("'{path}' is not one value")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_changed_by_their_path() {
        let text = "name = \"a\"\n[optimiser]\nclip = 1.0\n[[stage]]\nsteps = 4\n[[stage]]\nsteps = 9\n";
        let changed = set(&set(text, "stage.2.steps=40").unwrap(), "optimiser.clip = 0.5").unwrap();
        assert!(changed.contains("steps = 40") && changed.contains("steps = 4\n") && changed.contains("clip = 0.5"));
        assert!(set(text, "name=b c").unwrap().contains("\"b c\""));
        for wrong in ["stage.3.steps=1", "nothing", "stage.0.steps=1", "name.x=1"] {
            assert!(set(text, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shipped_recipes_have_names_and_kinds() {
        for (name, text) in SHIPPED {
            let card = card(name, text.to_owned()).unwrap();
            assert_eq!((card.name.as_str(), card.kind.as_str()), (name, "sft"));
        }
        assert!(card("x", "name = 'x'\nkind = 'magic'".into()).unwrap_err().what.contains("magic"));
        assert!(open("nowhere.toml").unwrap_err().try_this.contains("storyteller"));
    }
}
