//! Resizing held to Pillow: every row of the reference equal byte for byte.

#![allow(clippy::print_stderr)]

use safetensors::SafeTensors;
use serde::Deserialize;
use storyloom::pixels::{Filter, Picture, resize_exact};

#[derive(Deserialize)]
struct Case {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    input: String,
    filter: String,
    width: u32,
    height: u32,
    tensor: String,
}

#[test]
fn resize_is_pillows() {
    let Some(folder) = crate::reference::folder("resize_pil") else { return };
    let case: Case = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
    let bytes = std::fs::read(folder.join("tensors.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    assert!(!case.rows.is_empty());
    for row in case.rows {
        let filter = match row.filter.as_str() {
            "bilinear" => Filter::Bilinear,
            "bicubic" => Filter::Bicubic,
            "lanczos" => Filter::Lanczos,
            other => unreachable!("the reference has no filter {other}"),
        };
        let picture = Picture::from_bytes(&row.input, std::fs::read(folder.join(&row.input)).unwrap()).unwrap();
        let got =
            resize_exact(&picture.rgb_with(storyloom::pixels::Alpha::Dropped).unwrap(), row.width, row.height, filter);
        let want = tensors.tensor(&row.tensor).unwrap();
        assert_eq!(want.shape(), [row.height as usize, row.width as usize, 3]);
        assert!(got.data == want.data(), "{} {} to {}x{}", row.input, row.filter, row.width, row.height);
    }
}
