//! LLaVA-1.5 (Liu et al., 2024) in both layouts it is published in: a CLIP tower read before its last block and without its
//! class token, a projector of two layers, Llama.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::model::clip::{ClipConfig, ClipTower};
use crate::model::config::{Config, Eyes, Manner, Pictures, Positions, Prompt, Slots, Words};
use crate::model::encoder::{Activation, Mlp};
use crate::model::error::{ModelError, Result};
use crate::model::llama::{Llama, LlamaConfig, LlamaNames};
use crate::model::look::{Grid, Look, Pixels};
use crate::model::params::Params;
use crate::model::vision_language::{Family, Vision, VisionLanguage};

/// As llava-hf publishes it: one folder of safetensors.
pub static LLAVA: Family = Family { name: "llava", types: &["llava"], read: read_hf, load };
/// As its authors publish it: pickled weights, a sentencepiece tokenizer, and the tower in a folder of its own.
pub static LLAVA_ORIGINAL: Family =
    Family { name: "llava-original", types: &["llava", "llava_llama"], read: read_original, load };

/// The tower of LLaVA-1.5, where a config leaves it out.
const TOWER: &str = r#"{"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16,
    "image_size": 336, "patch_size": 14}"#;

fn parsed<T: serde::de::DeserializeOwned>(value: Value) -> std::result::Result<T, String> {
    serde_json::from_value(value).map_err(|e| e.to_string())
}

fn text(json: &Value, name: &str, default: &str) -> String {
    json[name].as_str().unwrap_or(default).to_owned()
}

/// What both layouts come to.
struct Parts {
    tower: ClipConfig,
    layer: i64,
    class_token: bool,
    bend: String,
}

fn read_hf(json: Value, _: &Path) -> std::result::Result<Option<Config>, String> {
    if json.get("mm_vision_tower").is_some() {
        return Ok(None);
    }
    let slot = json["image_token_index"].as_u64().or(json["image_token_id"].as_u64()).unwrap_or(32_000);
    let text_config: LlamaConfig = parsed(json.get("text_config").cloned().unwrap_or_else(|| serde_json::json!({})))?;
    let parts = parts_hf(&json)?;
    let manner = Manner {
        words: Words::Json,
        pictures: Pictures::Cropped,
        marked: false,
        lead: "",
        end: "</s>",
        ..Manner::default()
    };
    let tied = json["tie_word_embeddings"].as_bool().unwrap_or(false);
    config(&LLAVA, json, slot as u32, text_config, parts, manner).map(|config| Some(Config { tied, ..config }))
}

fn parts_hf(json: &Value) -> std::result::Result<Parts, String> {
    let tower = match json.get("vision_config") {
        Some(own) => parsed(own.clone())?,
        None => serde_json::from_str(TOWER).map_err(|e| e.to_string())?,
    };
    let layer = match &json["vision_feature_layer"] {
        Value::Null => -2,
        one => one.as_i64().ok_or("takes what several layers of the tower see, which is not supported")?,
    };
    let class_token = text(json, "vision_feature_select_strategy", "default") == "full";
    Ok(Parts { tower, layer, class_token, bend: text(json, "projector_hidden_act", "gelu") })
}

fn read_original(json: Value, folder: &Path) -> std::result::Result<Option<Config>, String> {
    let Some(name) = json["mm_vision_tower"].as_str() else { return Ok(None) };
    // What a training has saved lies together, and says itself what its tower is.
    let whole = json.get("vision_config").is_some();
    let tower = if whole { folder.to_owned() } else { tower_folder(folder, name) };
    let mut json = json.clone();
    if !whole {
        let own = std::fs::read(tower.join("config.json")).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some(Value::Object(mut own)) = own else {
            return Err(format!(
                "its vision tower '{name}' is missing: put the tower's folder beside or into the model's, as {}",
                tower.display()
            ));
        };
        json["vision_config"] = own.remove("vision_config").unwrap_or(Value::Object(own));
    }
    let text_config: LlamaConfig = parsed(json.clone())?;
    let projector = text(&json, "mm_projector_type", "linear");
    if projector != "mlp2x_gelu" {
        return Err(format!("has a projector of kind '{projector}'; mlp2x_gelu is what LLaVA-1.5 has"));
    }
    for key in ["mm_use_im_start_end", "mm_use_im_patch_token"] {
        if json[key].as_bool() == Some(true) {
            return Err(format!("sets {key}, which is not supported"));
        }
    }
    let parts = parts_original(&json)?;
    let padded = text(&json, "image_aspect_ratio", "square") == "pad";
    let manner = Manner {
        words: Words::SentencePiece(folder.join("tokenizer.model")),
        pictures: if padded { Pictures::Padded } else { Pictures::Cropped },
        preprocessor: tower.join("preprocessor_config.json"),
        prompt: Prompt::Vicuna,
        drops_alpha: true,
        marked: false,
        lead: " ",
        end: "</s>",
        ..Manner::default()
    };
    // No word of the vocabulary stands for a picture.
    let slot = text_config.vocab_size as u32;
    let tower = ("vision_tower.".to_owned(), tower);
    let mut config = config(&LLAVA_ORIGINAL, json, slot, text_config, parts, manner)?;
    config.weights = if whole { Vec::new() } else { Vec::from([(String::new(), folder.to_owned()), tower]) };
    Ok(Some(config))
}

fn parts_original(json: &Value) -> std::result::Result<Parts, String> {
    let layer = json["mm_vision_select_layer"].as_i64().unwrap_or(-2);
    let class_token = text(json, "mm_vision_select_feature", "patch") == "cls_patch";
    Ok(Parts { tower: parsed(json["vision_config"].clone())?, layer, class_token, bend: "gelu".to_owned() })
}

/// The tower's folder: within the model's or beside it, by the last part of its published name.
fn tower_folder(folder: &Path, name: &str) -> PathBuf {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let beside = folder.canonicalize().ok().and_then(|whole| whole.parent().map(|parent| parent.join(last)));
    let places = [Some(folder.join(last)), beside];
    let found = places.iter().flatten().find(|place| place.join("config.json").exists());
    found.cloned().unwrap_or_else(|| folder.join(last))
}

fn config(
    family: &Family,
    json: Value,
    slot: u32,
    text_config: LlamaConfig,
    parts: Parts,
    manner: Manner,
) -> std::result::Result<Config, String> {
    if let Some(flaw) = parts.tower.flaw() {
        return Err(flaw);
    }
    if parts.tower.blocks(parts.layer).is_none() {
        let layers = parts.tower.num_hidden_layers;
        return Err(format!("reads layer {} of a tower of {layers}", parts.layer));
    }
    let side = parts.tower.side();
    let grid = if parts.class_token { Grid { high: 1, wide: 1 + side * side } } else { Grid::square(side) };
    Ok(Config {
        family: family.name,
        model_type: if family.name == LLAVA.name { "llava".to_owned() } else { "llava (original)".to_owned() },
        slots: Slots::Token(slot),
        text_config,
        vision_config: Eyes { hidden_size: parts.tower.hidden_size, image_size: parts.tower.image_size, side },
        tied: false,
        grid,
        positions: Positions::Line,
        manner,
        weights: Vec::new(),
        json: Arc::new(json),
    })
}

/// The names of one way to write a checkpoint: tower, projector's layers, text model, head.
type Names = (&'static str, [&'static str; 2], &'static str, &'static str);

const HF: Names = (
    "vision_tower.vision_model",
    ["multi_modal_projector.linear_1", "multi_modal_projector.linear_2"],
    "language_model.model",
    "language_model.lm_head",
);
/// As newer versions of the reference save it.
const HF_NEW: Names = (
    "model.vision_tower.vision_model",
    ["model.multi_modal_projector.linear_1", "model.multi_modal_projector.linear_2"],
    "model.language_model",
    "lm_head",
);
const ORIGINAL: Names =
    ("vision_tower.vision_model", ["model.mm_projector.0", "model.mm_projector.2"], "model", "lm_head");
/// Where the tower is stored with the rest.
const ORIGINAL_WHOLE: Names = (
    "model.vision_tower.vision_tower.vision_model",
    ["model.mm_projector.0", "model.mm_projector.2"],
    "model",
    "lm_head",
);

fn load(params: &Params, config: &Config) -> Result<VisionLanguage> {
    let original = config.family == LLAVA_ORIGINAL.name;
    let parts = if original { parts_original(&config.json) } else { parts_hf(&config.json) };
    let parts = parts.map_err(ModelError::Unsupported)?;
    let ways = if original { [ORIGINAL, ORIGINAL_WHOLE] } else { [HF, HF_NEW] };
    let there = |names: &&Names| params.has(&format!("{}.embeddings.class_embedding", names.0));
    let (tower, projector, text, head) = ways.iter().find(there).unwrap_or(&ways[0]);
    let bend = Activation::named(&parts.bend)
        .ok_or_else(|| ModelError::Unsupported(format!("projector activation '{}' is not supported", parts.bend)))?;
    let (d, wide) = (config.text_config.hidden_size, parts.tower.hidden_size);
    let bias = config.json["multimodal_projector_bias"].as_bool().unwrap_or(true);
    let blocks = parts.tower.blocks(parts.layer).unwrap_or(parts.tower.num_hidden_layers);
    let text = Llama::load_named(params, text, &config.text_config, &LlamaNames::LLAMA)?;
    let eyes = Llava {
        tower: ClipTower::load(params, tower, &parts.tower, blocks)?,
        projector: Mlp::Plain {
            up: params.linear(projector[0], d, wide, bias)?,
            bend,
            down: params.linear(projector[1], d, d, bias)?,
        },
        class_token: parts.class_token,
        grid: config.grid,
    };
    VisionLanguage::new(config, Box::new(eyes), text, params, head)
}

struct Llava {
    tower: ClipTower,
    projector: Mlp,
    class_token: bool,
    grid: Grid,
}

impl Vision for Llava {
    fn patches(&self, pixels: &Pixels) -> Result<Look> {
        let x = self.tower.forward(&pixels.of_one_size()?)?;
        let x = if self.class_token { x } else { x.narrow(1, 1, x.dim(1)? - 1)?.contiguous()? };
        Ok(Look::uniform(&x, self.grid)?)
    }

    fn connect(&self, patches: &Look) -> Result<Look> {
        let rows = self.projector.forward(patches.level()?)?;
        Ok(Look { levels: Vec::from([rows]), grids: patches.grids.clone() })
    }
}
