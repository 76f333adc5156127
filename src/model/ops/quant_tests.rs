//! Quantised weights: how near they are, products with them, and what goes back through them.

use candle_core::{DType, Device, Tensor};

use super::few_rows::few_rows;
use super::kernels::Threads;
use super::quant::{plain, quantise};
use super::quant_rows::{GROUP, Quant};
use super::slices::with_weight;
use super::{FEW_ROWS, Precision, linear};

fn numbers(count: usize, pace: f32) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * pace).sin() * (1.0 + (i % 7) as f32)).collect()
}

fn both(n: usize, k: usize, quant: Quant) -> (Tensor, Tensor) {
    let weight = Tensor::from_vec(numbers(n * k, 0.113), (n, k), &Device::Cpu).unwrap();
    let small = quantise(&weight, quant).unwrap();
    (small.clone(), plain(&small).unwrap())
}

#[test]
fn every_value_is_the_nearest_of_its_steps() {
    for quant in [Quant::Q8, Quant::Q4] {
        let (n, k) = (5, 96);
        let exact = numbers(n * k, 0.113);
        let (_, widened) = both(n, k, quant);
        let widened = widened.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (exact, widened) in exact.chunks_exact(GROUP).zip(widened.chunks_exact(GROUP)) {
            let most = exact.iter().fold(0f32, |most, x| most.max(x.abs()));
            // Half a step; with four bits the end of one side may be cut by up to one step and a tenth.
            let step = if quant == Quant::Q8 { most / 127.0 * 0.501 } else { most / 7.0 * 1.2 };
            assert!(exact.iter().zip(widened).all(|(x, y)| (x - y).abs() <= step), "{quant:?}");
        }
        let error: f32 = exact.iter().zip(&widened).map(|(x, y)| (x - y).powi(2)).sum();
        let share = (error / exact.iter().map(|x| x * x).sum::<f32>()).sqrt();
        assert!(share < if quant == Quant::Q8 { 0.01 } else { 0.12 }, "{quant:?}: {share}");
    }
    let zeros = Tensor::zeros((2, 32), DType::BF16, &Device::Cpu).unwrap();
    let zeros = plain(&quantise(&zeros, Quant::Q4).unwrap()).unwrap();
    assert!(zeros.flatten_all().unwrap().to_vec1::<f32>().unwrap().iter().all(|x| *x == 0.0));
    let odd = Tensor::zeros((2, 33), DType::F32, &Device::Cpu).unwrap();
    assert!(quantise(&odd, Quant::Q8).unwrap_err().to_string().contains("33"));
}

#[test]
fn products_are_those_of_the_widened_weight_and_the_same_to_the_last_bit_for_each_row_alone() {
    for quant in [Quant::Q8, Quant::Q4] {
        for (rows, k, n) in [(1, 32, 5), (2, 96, 64), (3, 576, 7), (8, 160, 2), (40, 64, 33)] {
            let (small, widened) = both(n, k, quant);
            let data = numbers(rows * k, 0.37);
            let x = Tensor::from_vec(data.clone(), (rows, k), &Device::Cpu).unwrap();
            let bias = Tensor::from_vec(numbers(n, 0.9), n, &Device::Cpu).unwrap();
            let flat = |y: Tensor| y.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let out = flat(linear(&x, &small, Some(&bias), Precision::F32).unwrap());
            let exact = flat(linear(&x, &widened, Some(&bias), Precision::F32).unwrap());
            let most = exact.iter().fold(1f32, |most, x| most.max(x.abs()));
            assert!(out.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 2e-6 * most), "{quant:?} {rows}x{k}x{n}");
            if rows <= FEW_ROWS {
                with_weight(&small, |weight| {
                    for row in 0..rows {
                        let alone = few_rows(&data[row * k..(row + 1) * k], (1, k), weight, n, None, Threads::One);
                        let all = few_rows(&data, (rows, k), weight, n, None, Threads::All);
                        assert_eq!(alone, all[row * n..(row + 1) * n], "{quant:?} row {row}");
                    }
                    Ok(())
                })
                .unwrap();
            }
        }
    }
}

#[test]
fn the_gradient_goes_through_to_the_input_as_through_the_widened_weight() {
    for quant in [Quant::Q8, Quant::Q4] {
        let (small, widened) = both(48, 64, quant);
        let x = candle_core::Var::from_vec(numbers(20 * 64, 0.31), (20, 64), &Device::Cpu).unwrap();
        let [a, b] = [small, widened].map(|weight| {
            let y = linear(&x, &weight, None, Precision::F32).unwrap();
            let grads = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            grads.get(&x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
        });
        let most = b.iter().fold(0f32, |most, x| most.max(x.abs()));
        assert!(most > 0.0 && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5 * most), "{quant:?}");
    }
}
