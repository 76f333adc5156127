//! Every operation here against finite differences and against the slow composition, on sizes that do not divide evenly.

use std::sync::Arc;

use candle_core::{DType, Device, Result, Tensor, Var};

use super::Precision::{Bf16, F32};
use super::{
    Branches, attention, checkpoint, decoder_layer, encoder_layer, gelu, layer_norm, linear, nll, rms_norm, rope,
    swiglu,
};

type Op<'a> = &'a dyn Fn(&[Tensor]) -> Result<Tensor>;

fn noise(shape: &[usize], seed: u64) -> Tensor {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let data: Vec<f32> = (0..shape.iter().product())
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1u64 << 24) as f32) * 2.0 - 1.0
        })
        .collect();
    Tensor::from_vec(data, shape, &Device::Cpu).unwrap()
}

/// A scalar that weighs every output differently, so that no gradient can hide behind symmetry.
fn weighed(y: &Tensor) -> Result<Tensor> {
    (y * noise(y.dims(), 99))?.sum_all()
}

fn gradients(op: Op<'_>, shapes: &[&[usize]]) -> (f32, Vec<Vec<f32>>) {
    let vars: Vec<Var> =
        shapes.iter().enumerate().map(|(i, s)| Var::from_tensor(&noise(s, i as u64 + 1)).unwrap()).collect();
    let inputs: Vec<Tensor> = vars.iter().map(|v| v.as_tensor().clone()).collect();
    let loss = weighed(&op(&inputs).unwrap()).unwrap();
    let store = loss.backward().unwrap();
    let gradient = |v: &Var| store.get(v).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    (loss.to_scalar().unwrap(), vars.iter().map(gradient).collect())
}

/// Holds `fast` to `slow` (value and all gradients) and some of its gradients to central differences.
fn check(fast: Op<'_>, slow: Op<'_>, shapes: &[&[usize]]) {
    let (fast_value, fast_gradients) = gradients(fast, shapes);
    let (slow_value, slow_gradients) = gradients(slow, shapes);
    assert!((fast_value - slow_value).abs() < 1e-4 * (1.0 + slow_value.abs()), "{fast_value} is not {slow_value}");
    for (which, (a, b)) in fast_gradients.iter().zip(&slow_gradients).enumerate() {
        let norm = b.iter().map(|x| x * x).sum::<f32>().sqrt();
        let off = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt();
        assert!(off <= 1e-4 * (norm + 1e-3), "gradient {which} is off by {off} of {norm}");
    }
    const STEP: f32 = 1e-2;
    for (which, shape) in shapes.iter().enumerate() {
        let size: usize = shape.iter().product();
        for at in [0, size / 3, size / 2, size - 1] {
            let value = |change: f32| -> f32 {
                let inputs: Vec<Tensor> = shapes.iter().enumerate().map(|(i, s)| noise(s, i as u64 + 1)).collect();
                let mut data = inputs[which].flatten_all().unwrap().to_vec1::<f32>().unwrap();
                data[at] += change;
                let mut inputs = inputs;
                inputs[which] = Tensor::from_vec(data, *shape, &Device::Cpu).unwrap();
                weighed(&fast(&inputs).unwrap()).unwrap().to_scalar().unwrap()
            };
            let measured = (value(STEP) - value(-STEP)) / (2.0 * STEP);
            let given = fast_gradients[which][at];
            assert!(
                (measured - given).abs() < 2e-2 * (1.0 + given.abs()),
                "input {which}[{at}]: {given}, measured {measured}"
            );
        }
    }
}

#[test]
fn a_checkpointed_part_has_the_gradients_of_the_part() {
    let part = |x: &Tensor, p: &[Tensor]| -> Result<Tensor> {
        linear::slow(&rms_norm::slow(x, &p[0], 1e-5)?, &p[1], None)?.tanh()
    };
    let fast = |t: &[Tensor]| checkpoint::checkpoint(&t[0], &[&t[1], &t[2]], Box::new(part));
    check(&fast, &|t| part(&t[0], &t[1..]), &[&[2, 3, 5], &[5], &[4, 5]]);
}

#[test]
fn linear_with_many_and_few_rows_and_bias() {
    for rows in [1, 3, 17] {
        let shapes: &[&[usize]] = &[&[rows, 37], &[23, 37], &[23]];
        check(
            &|x| linear::linear(&x[0], &x[1], Some(&x[2]), F32),
            &|x| linear::slow(&x[0], &x[1], Some(&x[2])),
            shapes,
        );
        check(&|x| linear::linear(&x[0], &x[1], None, F32), &|x| linear::slow(&x[0], &x[1], None), &shapes[..2]);
    }
}

/// Rounded factors change a product of k terms by about 2^-9 a factor; that and no more may be seen in any gradient.
#[test]
fn bf16_products_stay_within_their_rounding_forward_and_backward() {
    let shapes: &[&[usize]] = &[&[70, 90], &[50, 90], &[50]];
    let (value, gradients_bf16) = gradients(&|x| linear::linear(&x[0], &x[1], Some(&x[2]), Bf16), shapes);
    let (exact, gradients_f32) = gradients(&|x| linear::linear(&x[0], &x[1], Some(&x[2]), F32), shapes);
    assert!((value - exact).abs() < 2e-2 * exact.abs().max(10.0), "{value} for {exact}");
    for (a, b) in gradients_bf16.iter().zip(&gradients_f32) {
        let norm = b.iter().map(|x| x * x).sum::<f32>().sqrt();
        let off = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt();
        assert!(off < 4e-3 * norm, "off by {off} of {norm}");
    }
}

#[test]
fn a_frozen_weight_gets_no_gradient_and_its_input_still_does() {
    for dtype in [DType::F32, DType::BF16, DType::F16] {
        let x = Var::from_tensor(&noise(&[9, 300], 1)).unwrap();
        let w = noise(&[270, 300], 2).to_dtype(dtype).unwrap();
        let grads = weighed(&linear::linear(&x, &w, None, F32).unwrap()).unwrap().backward().unwrap();
        let slow = weighed(&linear::slow(&x, &w, None).unwrap()).unwrap().backward().unwrap();
        assert!(grads.get(&w).is_none());
        let off = (grads.get(&x).unwrap() - slow.get(&x).unwrap()).unwrap().abs().unwrap().max_all().unwrap();
        assert!(off.to_scalar::<f32>().unwrap() < 1e-3, "{dtype:?}");
    }
}

#[test]
fn half_precision_weights_give_what_their_f32_copies_give() {
    for dtype in [DType::BF16, DType::F16] {
        let w = noise(&[301, 70], 2).to_dtype(dtype).unwrap();
        for rows in [1, 2, 11] {
            let x = noise(&[rows, 70], 1);
            let off = (linear::linear(&x, &w, None, F32).unwrap() - linear::slow(&x, &w, None).unwrap()).unwrap();
            assert!(off.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap() < 1e-4);
        }
    }
}

#[test]
fn norms() {
    check(&|x| rms_norm::rms_norm(&x[0], &x[1], 1e-5), &|x| rms_norm::slow(&x[0], &x[1], 1e-5), &[&[3, 5, 19], &[19]]);
    let shapes: &[&[usize]] = &[&[3, 70, 19], &[19], &[19]];
    check(
        &|x| layer_norm::layer_norm(&x[0], &x[1], &x[2], 1e-6),
        &|x| layer_norm::slow(&x[0], &x[1], &x[2], 1e-6),
        shapes,
    );
}

#[test]
fn activations() {
    check(&|x| swiglu::swiglu(&x[0], &x[1]), &|x| swiglu::slow(&x[0], &x[1]), &[&[7, 31], &[7, 31]]);
    check(&|x| gelu::gelu_tanh(&x[0]), &|x| gelu::slow(&x[0]), &[&[7, 31]]);
}

#[test]
fn rope_turns_and_turns_back() {
    let table = rope::RopeTable::new(50, 8, 10_000.0);
    for positions in [vec![3, 4, 5, 49, 0], (10..20).collect::<Vec<u32>>()] {
        let positions = Arc::new(positions);
        check(&|x| rope::rope(&x[0], &table, &positions), &|x| rope::slow(&x[0], &table, &positions), &[&[2, 5, 3, 8]]);
    }
    assert!(rope::rope(&noise(&[1, 1, 1, 8], 0), &table, &Arc::new(vec![50])).is_err());
}

#[test]
fn attention_with_groups_masks_and_a_longer_cache() {
    let padding = Arc::new((0..2 * 70).map(|i| i % 70 == 0 || (i > 70 && i % 7 == 3)).collect::<Vec<bool>>());
    for (s, causal, padding) in [
        (70, true, None),
        (70, false, None),
        (70, true, Some(padding.clone())),
        (1, true, Some(padding)),
        (9, true, None),
    ] {
        let spec = attention::AttentionSpec { scale: 0.4, causal, keys: 70, padding, ..Default::default() };
        // The first query of the padded causal case sees only padding: slow gives NaN there, fast gives zeros.
        let from = usize::from(spec.padding.is_some() && s == 70);
        let cut = |y: Tensor| y.narrow(1, from, s - from);
        let fast = |x: &[Tensor]| cut(attention::attention(&x[0], &x[1], &x[2], spec.clone())?);
        let slow = |x: &[Tensor]| {
            let q = if from == 1 { x[0].narrow(1, 1, s - 1)? } else { x[0].clone() };
            attention::slow(&q, &x[1], &x[2], &spec)
        };
        check(&fast, &slow, &[&[2, s, 6, 5], &[2, 80, 3, 5], &[2, 80, 3, 5]]);
    }
}

#[test]
fn attention_over_stories_behind_one_beginning() {
    let rows = [Branches { beginning: 5, ends: vec![75, 78, 90] }, Branches { beginning: 0, ends: vec![90] }];
    let branches = Some(Arc::new(rows.to_vec()));
    let spec = attention::AttentionSpec { scale: 0.4, causal: true, keys: 90, branches, ..Default::default() };
    let shapes: &[&[usize]] = &[&[2, 90, 4, 5], &[2, 90, 2, 5], &[2, 90, 2, 5]];
    let fast = |x: &[Tensor]| attention::attention(&x[0], &x[1], &x[2], spec.clone());
    check(&fast, &|x| attention::slow(&x[0], &x[1], &x[2], &spec), shapes);
    let few = attention::AttentionSpec { branches: Some(Arc::new(rows[..1].to_vec())), ..spec.clone() };
    let x = noise(&[2, 90, 2, 5], 0);
    assert!(attention::attention(&x, &x, &x, few).is_err());
}

#[test]
fn the_probe_sees_the_same_on_both_paths_and_sums_to_one() {
    let (q, k) = (noise(&[1, 1, 4, 8], 1), noise(&[1, 30, 2, 8], 2));
    let rows: Vec<Vec<f32>> = [true, false]
        .into_iter()
        .map(|fast| {
            let probe = attention::AttentionProbe::default();
            let spec = attention::AttentionSpec {
                scale: 1.0,
                causal: true,
                keys: 30,
                probe: Some(probe.clone()),
                ..Default::default()
            };
            let _ =
                if fast { attention::attention(&q, &k, &k, spec) } else { attention::slow(&q, &k, &k, &spec) }.unwrap();
            let (sums, count) = probe.lock().unwrap().clone();
            assert_eq!(count, 4);
            sums.iter().map(|x| x / count as f32).collect()
        })
        .collect();
    assert!((rows[0].iter().sum::<f32>() - 1.0).abs() < 1e-5);
    assert!(rows[0].iter().zip(&rows[1]).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn likelihood_of_tokens_with_some_left_out() {
    let labels = Arc::new(vec![3, nll::IGNORE, 0, 12, 7]);
    check(&|x| nll::token_nll(&x[0], &x[1], &labels, F32), &|x| nll::slow(&x[0], &x[1], &labels), &[&[5, 9], &[13, 9]]);
    assert!(nll::token_nll(&noise(&[1, 9], 0), &noise(&[13, 9], 0), &Arc::new(vec![13]), F32).is_err());
}

/// Takes the parameters of a layer from `packed`, one after the other.
fn parts_of(packed: &Tensor) -> impl FnMut(&[usize]) -> Tensor {
    let mut at = 0;
    move |shape| {
        let size: usize = shape.iter().product();
        at += size;
        packed.narrow(0, at - size, size).unwrap().reshape(shape).unwrap()
    }
}

#[test]
fn a_fused_encoder_layer_is_its_single_operations() {
    let (n, s, d, heads, m) = (3, 70, 24, 3, 40);
    let spec = encoder_layer::EncoderSpec { heads, mlp: m, eps: 1e-6, precision: F32 };
    let single = |x: &[Tensor]| {
        let mut part = parts_of(&x[1]);
        let norm1 = (part(&[d]), part(&[d]));
        let [q, k, v, o] = [(); 4].map(|()| (part(&[d, d]), part(&[d])));
        let norm2 = (part(&[d]), part(&[d]));
        let (f1, f2) = ((part(&[m, d]), part(&[m])), (part(&[d, m]), part(&[d])));
        let apply = |h: &Tensor, w: &(Tensor, Tensor)| linear::slow(h, &w.0, Some(&w.1)).unwrap();
        let h = layer_norm::slow(&x[0], &norm1.0, &norm1.1, 1e-6)?;
        let split = |w: &(Tensor, Tensor)| apply(&h, w).reshape((n, s, heads, d / heads)).unwrap();
        let scale = 1.0 / ((d / heads) as f32).sqrt();
        let attention = attention::AttentionSpec { scale, keys: s, ..Default::default() };
        let middle = (&x[0] + apply(&attention::slow(&split(&q), &split(&k), &split(&v), &attention)?, &o))?;
        let h = layer_norm::slow(&middle, &norm2.0, &norm2.1, 1e-6)?;
        middle + apply(&gelu::slow(&apply(&h, &f1))?, &f2)
    };
    let parameters = 4 * d + 4 * (d * d + d) + 2 * m * d + m + d;
    check_layer(&|x| encoder_layer::encoder_layer(&x[0], &x[1], spec), &single, [n, s, d], parameters);
}

#[test]
fn a_fused_decoder_layer_is_its_single_operations() {
    let (n, s, d, heads, kv_heads, head, m) = (9, 70, 24, 4, 2, 8, 40);
    let rope = rope::RopeTable::new(80, head, 10_000.0);
    let padding: Vec<bool> = (0..n * s).map(|i| i % s + i / s > s).collect();
    let forked: Vec<Branches> = (0..n).map(|row| Branches { beginning: 8, ends: vec![20 + row, 66, s] }).collect();
    for (positions, padding, branches) in [
        ((0..s as u32).collect::<Vec<_>>(), None, None),
        ((0..(n * s) as u32).map(|i| i % s as u32 + i / s as u32).collect(), Some(Arc::new(padding)), None),
        (forked.iter().flat_map(|row| row.positions(s)).collect(), None, Some(Arc::new(forked))),
    ] {
        let positions = Arc::new(positions);
        let spec = decoder_layer::DecoderSpec {
            heads,
            kv_heads,
            head_dim: head,
            mlp: m,
            eps: 1e-5,
            precision: F32,
            rope: rope.clone(),
            positions: positions.clone(),
            padding: padding.clone(),
            branches: branches.clone(),
        };
        let single = |x: &[Tensor]| {
            let mut part = parts_of(&x[1]);
            let (wide, kv) = (heads * head, kv_heads * head);
            let n1 = part(&[d]);
            let (q, k, v, o) = (part(&[wide, d]), part(&[kv, d]), part(&[kv, d]), part(&[d, wide]));
            let n2 = part(&[d]);
            let (gate, up, down) = (part(&[m, d]), part(&[m, d]), part(&[d, m]));
            let apply = |h: &Tensor, w: &Tensor| linear::slow(h, w, None).unwrap();
            let h = rms_norm::slow(&x[0], &n1, 1e-5)?;
            let q = rope::slow(&apply(&h, &q).reshape((n, s, heads, head))?, &rope, &positions)?;
            let k = rope::slow(&apply(&h, &k).reshape((n, s, kv_heads, head))?, &rope, &positions)?;
            let v = apply(&h, &v).reshape((n, s, kv_heads, head))?;
            let scale = 1.0 / (head as f32).sqrt();
            let (padding, branches) = (padding.clone(), branches.clone());
            let attention =
                attention::AttentionSpec { scale, causal: true, keys: s, padding, branches, ..Default::default() };
            let middle = (&x[0] + apply(&attention::slow(&q, &k, &v, &attention)?, &o))?;
            let h = rms_norm::slow(&middle, &n2, 1e-5)?;
            middle + apply(&swiglu::slow(&apply(&h, &gate), &apply(&h, &up))?, &down)
        };
        let parameters = 2 * d + (heads + 2 * kv_heads + heads) * head * d + 3 * m * d;
        let fused = |x: &[Tensor]| decoder_layer::decoder_layer(&x[0], &x[1], spec.clone());
        check_layer(&fused, &single, [n, s, d], parameters);
    }
}

/// Value and gradients of a fused layer against its single operations, whose own gradients are held to finite differences.
fn check_layer(fused: Op<'_>, single: Op<'_>, x: [usize; 3], parameters: usize) {
    let shapes: &[&[usize]] = &[&x, &[parameters]];
    let (value, ours) = gradients(fused, shapes);
    let (expected, theirs) = gradients(single, shapes);
    assert!((value - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{value} is not {expected}");
    for (which, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        let norm = b.iter().map(|x| x * x).sum::<f32>().sqrt();
        let off = a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt();
        assert!(norm > 0.0 && off <= 2e-4 * norm, "gradient {which} is off by {off} of {norm}");
    }
}
