//! What the keys of a recipe mean, in a few words each. A key that is not here is shown without any.

/// Keys; the tables before the last dot are left out.
const WORDS: &[(&str, &str)] = &[
    ("name", "what the run is called"),
    ("kind", "what is trained: sft, reward, preference, policy"),
    ("seed", "same seed, same run"),
    ("base", "the model folder to start from"),
    ("precision", "f32, or bf16 where the processor has a unit for it"),
    ("checkpointing", "less memory for more time"),
    ("save_every", "steps between two checkpoints"),
    ("evaluate_every", "steps between two looks at what is held out"),
    ("evaluate_on", "examples that are looked at"),
    ("samples", "of these, so many are answered in words"),
    ("r", "rank of the adapter"),
    ("alpha", "its scale: alpha / r"),
    ("targets", "modules that get an adapter"),
    ("parts", "parts that have such modules: vision, connector, text"),
    ("folder", "the folder of books"),
    ("file", "the file of examples"),
    ("weight", "its share among several sources"),
    ("held_out", "share that is never trained on"),
    ("first_seed", "of the picture world's tales"),
    ("side", "pixels of a drawn frame's side"),
    ("beta1", "decay of the mean of gradients"),
    ("beta2", "decay of the mean of their squares"),
    ("eps", "added to the root"),
    ("weight_decay", "share of a weight that is taken off"),
    ("clip", "largest norm of the gradient; 0: any"),
    ("steps", "how long"),
    ("batch", "sequences a step"),
    ("accumulate", "batches that are averaged before a step"),
    ("learning_rate", "the highest it gets"),
    ("warm_up", "steps in which it rises to that"),
    ("last_rate", "share of it at the end of the cosine"),
    ("rates", "what it is multiplied by in each part"),
    ("frames", "from how many to how many pictures"),
    ("tasks", "share of each task"),
    ("questions", "share of sequences with questions"),
    ("texts", "texts that are read about one look"),
    ("attributes", "weight of the heads over patches and frames"),
    ("recall", "weight of the heads over words"),
    ("emphasis", "how much words that pictures decide count"),
    ("anew", "parts that begin again from the seed"),
    ("beta", "how strongly it is held to where it began"),
    ("temperature", "of the stories that are told"),
    ("snapshot", "the votes it learns from, frozen"),
    ("most_pairs", "pairs it learns from at most; 0: all"),
    ("epochs", "times that each pair is seen"),
    ("meanings", "words that count by what they mean, and by how likely"),
    ("tales", "tales a step, each told twice"),
    ("most", "most mistakes in one telling"),
    ("so_far", "weight of the ranking at every line's end and wrong word"),
    ("alike", "share of tales told in the same words but for the mistakes"),
    ("head_rate", "what the rate of the head is multiplied by"),
    ("margin", "how far apart the strongest preference should be"),
    ("centring", "weight of what holds rewards near zero"),
    ("ties", "whether even votes teach that two are alike"),
    ("words", "weight of the words of the better story"),
    ("criteria", "weight of the criteria beside the whole"),
    ("loss", "by name: sigmoid, cdpo, robust, hinge, ipo_mean, ipo_sum, kto"),
    ("scenes", "sequences a step"),
    ("stories", "stories of each, compared with each other"),
    ("max_new_tokens", "where a story is cut"),
    ("truth", "weight of the picture world's own facts"),
    ("model", "a reward model's folder"),
    ("model_weight", "weight of its score"),
    ("repetition", "taken off by what was said before"),
    ("cut", "taken off a story that was cut"),
    ("advantage", "how much better than expected, by what rule"),
    ("credit", "to the whole story, to its lines or to its words"),
    ("kl_budget", "nats a story may move before the run ends"),
    ("kl", "how it is held to where it began"),
    ("[scenes]", "what stories are told about"),
    ("[rollouts]", "the stories that it tells itself"),
    ("[reward]", "what a story is worth"),
    ("[method]", "how it learns from that"),
    ("[votes]", "what it learns from, and how often"),
    ("[mistakes]", "tales told with mistakes, to learn from before there are votes"),
    ("[loss]", "how votes become a loss"),
    ("[fresh]", "sizes of a new model"),
    ("[lora]", "train an adapter"),
    ("[data]", "where examples come from"),
    ("[[data]]", "where examples come from; several are mixed"),
    ("[optimiser]", "AdamW"),
    ("[[stage]]", "stages follow each other"),
];

/// What a line of a recipe means.
pub fn meaning(line: &str) -> Option<&'static str> {
    let line = line.trim();
    let key = if line.starts_with('[') { line } else { line.split('=').next()?.trim() };
    WORDS.iter().find(|(word, _)| *word == key).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_shipped_recipes_is_explained_but_for_the_sizes_of_a_model() {
        for text in [
            include_str!("../../configs/recipes/books-lora.toml"),
            include_str!("../../configs/recipes/storyteller.toml"),
            include_str!("../../configs/recipes/policy-truth.toml"),
            include_str!("../../configs/recipes/reward.toml"),
            include_str!("../../configs/recipes/reward-start.toml"),
            include_str!("../../configs/recipes/policy.toml"),
            include_str!("../../configs/recipes/dpo.toml"),
        ] {
            let mut sizes = false;
            for line in
                text.lines().filter(|line| line.starts_with('[') || line.contains(" = ") && !line.starts_with('#'))
            {
                sizes = if line.starts_with('[') { line == "[fresh]" } else { sizes };
                let explained = meaning(line).is_some() || line.contains("kind = ");
                assert!(explained || sizes, "{line}");
            }
        }
        assert_eq!(meaning("# a remark"), None);
    }
}
