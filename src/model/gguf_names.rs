//! What llama.cpp calls the tensors of a SmolVLM, split into a text model and a projector (mmproj), by their published names.

/// The name in a GGUF file of a tensor's published name; `None` where the layout has no such tensor.
pub fn gguf_name(published: &str) -> Option<String> {
    if let Some(rest) = published.strip_prefix("model.text_model.") {
        return text(rest);
    }
    if let Some(rest) = published.strip_prefix("model.vision_model.") {
        return vision(rest);
    }
    match published {
        "lm_head.weight" => Some("output.weight".to_owned()),
        "model.connector.modality_projection.proj.weight" => Some("mm.model.fc.weight".to_owned()),
        _ => None,
    }
}

/// A layer's number and what follows it.
fn layer<'a>(rest: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    rest.strip_prefix(prefix)?.split_once('.')
}

fn text(rest: &str) -> Option<String> {
    let Some((number, part)) = layer(rest, "layers.") else {
        return match rest {
            "embed_tokens.weight" => Some("token_embd.weight".to_owned()),
            "norm.weight" => Some("output_norm.weight".to_owned()),
            _ => None,
        };
    };
    let (module, end) = part.rsplit_once('.')?;
    let called = match module {
        "input_layernorm" => "attn_norm",
        "post_attention_layernorm" => "ffn_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.o_proj" => "attn_output",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        _ => return None,
    };
    Some(format!("blk.{number}.{called}.{end}"))
}

fn vision(rest: &str) -> Option<String> {
    if let Some((number, part)) = layer(rest, "encoder.layers.") {
        let (module, end) = part.rsplit_once('.')?;
        let called = match module {
            "layer_norm1" => "ln1",
            "layer_norm2" => "ln2",
            "self_attn.q_proj" => "attn_q",
            "self_attn.k_proj" => "attn_k",
            "self_attn.v_proj" => "attn_v",
            "self_attn.out_proj" => "attn_out",
            "mlp.fc1" => "ffn_up",
            "mlp.fc2" => "ffn_down",
            _ => return None,
        };
        return Some(format!("v.blk.{number}.{called}.{end}"));
    }
    let (module, end) = rest.rsplit_once('.')?;
    let called = match module {
        "embeddings.patch_embedding" => "v.patch_embd",
        "embeddings.position_embedding" => "v.position_embd",
        "post_layernorm" => "v.post_ln",
        _ => return None,
    };
    Some(format!("{called}.{end}"))
}

/// Where row `row` of a query's or key's weight lies in the file: llama.cpp turns neighbours against each other where the published
/// layout turns halves of a head, and its converter moves the rows accordingly.
pub fn turned_row(row: usize, head_dim: usize) -> usize {
    let (head, at, half) = (row / head_dim, row % head_dim, head_dim / 2);
    head * head_dim + at % half * 2 + at / half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_to_where_the_converter_took_them_from() {
        // The converter: (heads, 2, half, k) with the middle two swapped.
        let (heads, d) = (3, 8);
        for head in 0..heads {
            for side in 0..2 {
                for i in 0..d / 2 {
                    let published = head * d + side * d / 2 + i;
                    assert_eq!(turned_row(published, d), head * d + i * 2 + side);
                }
            }
        }
    }

    #[test]
    fn names_are_llama_cpps() {
        for (published, called) in [
            ("model.text_model.layers.12.self_attn.o_proj.weight", "blk.12.attn_output.weight"),
            ("model.vision_model.encoder.layers.3.mlp.fc1.bias", "v.blk.3.ffn_up.bias"),
            ("model.vision_model.embeddings.patch_embedding.weight", "v.patch_embd.weight"),
            ("model.text_model.embed_tokens.weight", "token_embd.weight"),
        ] {
            assert_eq!(gguf_name(published).as_deref(), Some(called));
        }
        assert_eq!(gguf_name("model.text_model.layers.1.unheard.weight"), None);
    }
}
