//! A new model's folder in the published layout: config, tokenizer trained on the picture world's own texts, processors,
//! chat template. Stock Idefics3 code loads it as it is.

use std::path::Path;

use serde_json::json;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer, TokenizerBuilder};

use super::error::{Result, TrainError};
use super::files::write;
use super::recipe::Fresh;
use crate::story::Task;
use crate::world::{NAMES, Quiz, Split, Tale};
use crate::writer::prompts::template;

/// The chat template: Idefics3's, with a marker token before each picture, so that a story can point at a frame.
const CHAT: &str = "<|im_start|>{% for message in messages %}{{ message['role'] | capitalize }}{{ ':' if message['content'][0]['type'] == 'image' else ': ' }}{% set at = namespace(frame=0) %}{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}{% elif part['type'] == 'image' %}{% set at.frame = at.frame + 1 %}{% set mark = '<|frame_' ~ at.frame ~ '|>' %}{{ mark ~ '<image>' ~ mark ~ ' ' ~ at.frame }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}";

/// Tales whose texts the tokenizer is trained on.
const TALES: u64 = 4000;

/// Writes every file but the weights.
pub fn lay_out(folder: &Path, fresh: &Fresh, first_seed: u64) -> Result<()> {
    let tokenizer = tokenizer(fresh, first_seed)?;
    let id = |token: &str| tokenizer.token_to_id(token).unwrap_or_default();
    let vocabulary = tokenizer.get_vocab_size(true);
    let tokens = (fresh.image / fresh.patch / fresh.shuffle).pow(2);
    let config = json!({
        "architectures": ["Idefics3ForConditionalGeneration"],
        "model_type": "idefics3",
        "image_token_id": id("<image>"),
        "pad_token_id": id("<|im_end|>"),
        "scale_factor": fresh.shuffle,
        "tie_word_embeddings": true,
        "torch_dtype": "float16",
        "vocab_size": vocabulary,
        "text_config": {
            "model_type": "llama", "vocab_size": vocabulary, "hidden_size": fresh.hidden,
            "intermediate_size": fresh.mlp, "num_hidden_layers": fresh.layers,
            "num_attention_heads": fresh.heads, "num_key_value_heads": fresh.kv_heads,
            "head_dim": fresh.hidden / fresh.heads, "hidden_act": "silu", "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0, "max_position_embeddings": fresh.context, "attention_bias": false,
            "mlp_bias": false, "tie_word_embeddings": true, "bos_token_id": id("<|im_start|>"),
            "eos_token_id": id("<end_of_utterance>"), "pad_token_id": id("<|im_end|>"),
        },
        "vision_config": {
            "model_type": "idefics3_vision", "hidden_size": fresh.vision_hidden,
            "intermediate_size": fresh.vision_mlp, "num_hidden_layers": fresh.vision_layers,
            "num_attention_heads": fresh.vision_heads, "num_channels": 3, "image_size": fresh.image,
            "patch_size": fresh.patch, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6,
        },
    });
    let side = json!({"longest_edge": fresh.image});
    let preprocessor = json!({
        "image_processor_type": "Idefics3ImageProcessor", "processor_class": "Idefics3Processor",
        "do_convert_rgb": true, "do_image_splitting": false, "do_normalize": true, "do_pad": true,
        "do_rescale": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "max_image_size": side, "size": side, "resample": 1, "rescale_factor": 1.0 / 255.0,
    });
    let generation = json!({
        "bos_token_id": id("<|im_start|>"), "eos_token_id": id("<end_of_utterance>"),
        "pad_token_id": id("<|im_end|>"), "max_new_tokens": 320,
        // None of these can stand in a story; an unlucky draw of <image> would break stock code.
        "suppress_tokens": [id("<image>"), id("<fake_token_around_image>"), id("<global-img>"), id("<|im_start|>"), id("<|im_end|>")],
    });
    let tokenizer_config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|im_start|>",
        "eos_token": "<end_of_utterance>", "pad_token": "<|im_end|>", "model_max_length": fresh.context,
        "clean_up_tokenization_spaces": false,
    });
    write(&folder.join("config.json"), &pretty(&config))?;
    write(&folder.join("preprocessor_config.json"), &pretty(&preprocessor))?;
    write(
        &folder.join("processor_config.json"),
        &pretty(&json!({"image_seq_len": tokens, "processor_class": "Idefics3Processor"})),
    )?;
    write(&folder.join("generation_config.json"), &pretty(&generation))?;
    write(&folder.join("tokenizer_config.json"), &pretty(&tokenizer_config))?;
    write(&folder.join("storyloom.json"), &pretty(&json!({"world_only": true, "window": fresh.frames})))?;
    write(&folder.join("chat_template.jinja"), CHAT.as_bytes())?;
    let tokenizer = tokenizer.to_string(false).map_err(|e| TrainError::Data(e.to_string()))?;
    write(&folder.join("tokenizer.json"), tokenizer.as_bytes())
}

fn pretty(value: &serde_json::Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

/// A byte-level BPE over the world's texts and our prompts; common words and all names become single tokens.
fn tokenizer(fresh: &Fresh, first_seed: u64) -> Result<Tokenizer> {
    let mut specials: Vec<String> = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<end_of_utterance>"]
        .into_iter()
        .chain(["<image>", "<fake_token_around_image>", "<global-img>"])
        .map(str::to_owned)
        .collect();
    specials.extend((1..=fresh.frames.max(6)).map(|i| format!("<|frame_{i}|>")));
    let specials: Vec<AddedToken> = specials.into_iter().map(|s| AddedToken::from(s, true)).collect();
    let texts = (0..TALES).flat_map(|i| {
        let facts = Tale::new(first_seed + i, Split::Train).facts;
        let cast = crate::writer::prompts::cast_phrase(&super::tales::cast(&facts));
        let lines = [facts.story, facts.captions, facts.emotions, facts.consistency].concat();
        let asked = Quiz::jumble(first_seed + i, Split::Train, 2).questions;
        lines.into_iter().chain([cast]).chain(asked.into_iter().flat_map(|q| [q.text, q.answer]))
    });
    let prompts =
        Task::ALL.into_iter().map(|task| template(task).to_owned()).chain(["User: Assistant: System:".to_owned()]);
    let failed = |e: tokenizers::Error| TrainError::Data(format!("the tokenizer could not be trained: {e}"));
    let mut trainer = BpeTrainerBuilder::new()
        .vocab_size(fresh.vocabulary)
        .min_frequency(2)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(specials.clone())
        .build();
    let byte_level = || ByteLevel::new(false, false, true);
    let mut tokenizer: tokenizers::TokenizerImpl<BPE, tokenizers::NormalizerWrapper, ByteLevel, ByteLevel, ByteLevel> =
        TokenizerBuilder::new()
            .with_model(BPE::default())
            .with_pre_tokenizer(Some(byte_level()))
            .with_decoder(Some(byte_level()))
            .with_normalizer(None)
            .with_post_processor(None)
            .build()
            .map_err(failed)?;
    tokenizer.train(&mut trainer, texts.chain(prompts)).map_err(failed)?;
    tokenizer.add_special_tokens(specials).map_err(failed)?;
    // A name is the same token wherever it stands, at the start of a line or within: it need only be copied.
    let names = NAMES.map(|(name, _)| AddedToken::from(name, false).single_word(true));
    tokenizer.add_tokens(names).map_err(failed)?;
    let text = tokenizer.to_string(false).map_err(failed)?;
    Tokenizer::from_bytes(text.as_bytes()).map_err(failed)
}
