//! What a parameter is before any training, from a seed and its published name.
//!
//! Small models need larger first weights than the 0.02 that those of thousands of channels begin with: signals keep
//! their size from layer to layer when a matrix has variance one over its inputs (LeCun et al., 1998). What a tower's layers
//! add to the residual stream begins at half of that; what a text model's layers add begins at nothing, so that a word is
//! still itself at the top and can be copied from there. Positions in a picture begin as waves along both of its sides: a
//! tower knows from the first step what lies beside what (Beyer et al., 2022).

use candle_core::{DType, Device, Tensor};
use half::bf16;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::error::Result;

/// Of the connector and of heads.
const SMALL: f32 = 0.02;

/// Norms are one, biases zero, positions of patches waves, matrices normal.
pub fn first_weights(seed: u64, name: &str, shape: &[usize], device: &Device) -> Result<Tensor> {
    if name.ends_with(".bias") {
        return Ok(Tensor::zeros(shape, DType::F32, device)?);
    }
    if name.contains("norm") {
        return Ok(Tensor::ones(shape, DType::F32, device)?);
    }
    let count: usize = shape.iter().product();
    let values = match shape {
        &[places, width] if name.ends_with("position_embedding.weight") => match waves(places, width) {
            Some(waves) => waves,
            None => normal(seed, name, count, SMALL),
        },
        _ => normal(seed, name, count, deviation(name, shape)),
    };
    Ok(Tensor::from_vec(values, shape, device)?)
}

/// Standard deviation of a matrix (outputs, inputs...).
fn deviation(name: &str, shape: &[usize]) -> f32 {
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    // An adapter's matrices lie within layers, and begin as what is asked of a new one, whatever they stand beside.
    if has(&[".lora_"]) || shape.len() < 2 || !has(&[".layers.", "patch_embedding.", "embed_tokens."]) {
        return SMALL;
    }
    let inputs: usize = shape[1..].iter().product();
    let adds = match name {
        _ if has(&["out_proj", "fc2"]) => 0.5,
        _ if has(&["o_proj", "down_proj"]) => 0.0,
        _ => 1.0,
    };
    (1.0 / inputs as f32).sqrt() * adds
}

/// Sine and cosine of a place's column and row at falling frequencies, (places, width); `None` where the places are no square
/// or the width no multiple of four.
fn waves(places: usize, width: usize) -> Option<Vec<f32>> {
    let side = places.isqrt();
    if side * side != places || !width.is_multiple_of(4) {
        return None;
    }
    let steps = width / 4;
    let mut values = Vec::with_capacity(places * width);
    for place in 0..places {
        for along in [place % side, place / side] {
            // Wavelengths from a few patches to a few times the picture.
            let angle = |i: usize| along as f32 * 100f32.powf(-(i as f32) / steps as f32);
            values.extend((0..steps).map(|i| angle(i).sin()));
            values.extend((0..steps).map(|i| angle(i).cos()));
        }
    }
    Some(values)
}

/// Box-Muller, two values a draw.
fn normal(seed: u64, name: &str, count: usize, deviation: f32) -> Vec<f32> {
    let mut key = [0u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    for (i, byte) in name.bytes().enumerate() {
        key[8 + i % 24] = key[8 + i % 24].rotate_left(3) ^ byte;
    }
    let mut rng = ChaCha8Rng::from_seed(key);
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let (u, v): (f32, f32) = (rng.random(), rng.random());
        let radius = deviation * (-2.0 * (1.0 - u).ln()).sqrt();
        let angle = std::f32::consts::TAU * v;
        values.push(radius * angle.cos());
        values.push(radius * angle.sin());
    }
    values.truncate(count);
    values
}

/// Numbers between 1/64 and 1/32 of either sign, bf16, cheap to make: they stand for weights where only their number counts.
pub fn noise(seed: u64, name: &str, shape: &[usize], device: &Device) -> Result<Tensor> {
    /// Numbers that one stream gives.
    const RUN: usize = 1 << 16;
    let mut numbers = vec![bf16::ZERO; shape.iter().product()];
    let start = name.bytes().fold(seed, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
    numbers.par_chunks_mut(RUN).enumerate().for_each(|(run, numbers)| {
        let mut state = (start ^ (run as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1;
        for number in numbers {
            // Marsaglia's xorshift.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let (sign, mantissa) = ((state >> 48) as u16 & 0x8000, (state >> 32) as u16 & 0x7f);
            *number = bf16::from_bits(sign | (127 - 6) << 7 | mantissa);
        }
    });
    Ok(Tensor::from_vec(numbers, shape, device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(name: &str, shape: &[usize]) -> Vec<f32> {
        first_weights(7, name, shape, &Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }

    fn spread(values: &[f32]) -> f32 {
        (values.iter().map(|x| x * x).sum::<f32>() / values.len() as f32).sqrt()
    }

    #[test]
    fn a_layer_keeps_the_size_of_what_goes_through_it() {
        let inner = get("model.vision_model.encoder.layers.0.self_attn.q_proj.weight", &[192, 192]);
        let added = get("model.vision_model.encoder.layers.0.self_attn.out_proj.weight", &[192, 192]);
        assert!(
            (spread(&inner) * 192f32.sqrt() - 1.0).abs() < 0.05 && (spread(&added) / spread(&inner) - 0.5).abs() < 0.05
        );
        assert!((spread(&get("model.text_model.embed_tokens.weight", &[300, 64])) - 0.125).abs() < 0.005);
        assert_eq!(spread(&get("model.text_model.layers.0.mlp.down_proj.weight", &[64, 64])), 0.0);
        let adapter = get("base_model.model.model.text_model.layers.0.mlp.down_proj.lora_A.weight", &[64, 64]);
        assert!((spread(&adapter) - SMALL).abs() < 0.001);
    }

    #[test]
    fn places_beside_each_other_are_alike_and_names_decide() {
        let waves = get("model.vision_model.embeddings.position_embedding.weight", &[144, 64]);
        let likeness = |a: usize, b: usize| -> f32 { (0..64).map(|i| waves[a * 64 + i] * waves[b * 64 + i]).sum() };
        assert!(
            likeness(0, 1) > likeness(0, 5) && likeness(0, 12) > likeness(0, 60) && likeness(0, 0) > likeness(0, 1)
        );
        assert_ne!(get("a.layers.0.x.weight", &[4, 4]), get("a.layers.1.x.weight", &[4, 4]));
        assert_eq!(get("a.layers.0.x.weight", &[4, 4]), get("a.layers.0.x.weight", &[4, 4]));
    }
}
