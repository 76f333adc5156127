//! Two models of one line, mixed weight by weight: so much of the way from the first to the second (Wortsman et al., 2022; Ramé et
//! al., 2024). Between a storyteller and what rewards made of it lie models that have most of the gain and more of the variety.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device};

use super::checkpoint::save_model;
use super::descent::{LINEAGE, ancestor};
use super::error::{Result, TrainError};
use super::files::write;
use super::trainee::open_base;
use crate::story::Lineage;

/// Writes the model that lies `share` of the way from `first` (0) to `second` (1) into the folder `out`; around its weights stand
/// the second's files. Either may be `embedded`.
///
/// # Errors
/// Models whose weights have other names or sides, and a folder that is there already.
pub fn mix(first: &Path, second: &Path, share: f64, out: &Path) -> Result<()> {
    if !(0.0..=1.0).contains(&share) {
        return Err(TrainError::Recipe(format!("a share lies between 0 and 1, not at {share}")));
    }
    if out.exists() {
        return Err(TrainError::Data(format!("{} is there already", out.display())));
    }
    let work = out.with_extension("mixing");
    let mixed = into(first, second, share, &work, out);
    if work.exists() {
        std::fs::remove_dir_all(&work).map_err(|source| TrainError::File { path: work, source })?;
    }
    mixed
}

fn into(first: &Path, second: &Path, share: f64, work: &Path, out: &Path) -> Result<()> {
    let (theirs, around) = (work.join("first"), work.join("second"));
    let (a, b) = (open_base(first, &theirs)?, open_base(second, &around)?);
    let names = b.names();
    if a.names() != names {
        return Err(TrainError::Data(format!(
            "{} and {} do not have the same weights: only models of one line can be mixed",
            first.display(),
            second.display()
        )));
    }
    let mut tensors = Vec::with_capacity(names.len());
    for name in names {
        let (from, to) = (a.any(&name, &Device::Cpu)?, b.any(&name, &Device::Cpu)?);
        if from.dims() != to.dims() {
            let what = format!("'{name}' has the sides {:?} in one and {:?} in the other", from.dims(), to.dims());
            return Err(TrainError::Data(what));
        }
        let wide = |tensor: &candle_core::Tensor, weight: f64| tensor.to_dtype(DType::F32)? * weight;
        let mixed = (wide(&from, 1.0 - share)? + wide(&to, share)?)?.to_dtype(to.dtype())?;
        tensors.push((name, mixed));
    }
    let lineage = Lineage {
        kind: "mix".to_owned(),
        recipe: format!("{share} of the way from {} to {}", first.display(), second.display()),
        seed: 0,
        began_as: Some(ancestor(second)?),
        votes: None,
        rewarded_by: None,
    };
    let text = serde_json::to_vec_pretty(&lineage).map_err(|e| TrainError::Data(e.to_string()))?;
    write(&around.join(LINEAGE), &text)?;
    save_model(out, &around, &BTreeMap::new(), tensors, DType::F16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::weights::Weights;
    use crate::writer::embedded::EMBEDDED;

    #[test]
    fn a_mix_lies_between_and_says_what_it_came_of() {
        let home = tempfile::tempdir().unwrap();
        let [none, half, far] = ["none", "half", "far"].map(|name| home.path().join(name));
        let embedded = Path::new(EMBEDDED);
        mix(embedded, embedded, 0.5, &none).unwrap();
        let own = Weights::open(&none).unwrap();
        let name = "model.text_model.norm.weight";
        let numbers =
            |weights: &Weights| weights.any(name, &Device::Cpu).unwrap().to_dtype(DType::F32).unwrap().to_vec1::<f32>();
        let before = numbers(&own).unwrap();
        // The same model with one tensor twice as large.
        std::fs::create_dir(&far).unwrap();
        for entry in std::fs::read_dir(&none).unwrap().flatten() {
            std::fs::copy(entry.path(), far.join(entry.file_name())).unwrap();
        }
        let mut all = candle_core::safetensors::load(far.join("model.safetensors"), &Device::Cpu).unwrap();
        let twice = (&all[name] * 2.0).unwrap();
        all.insert(name.to_owned(), twice);
        candle_core::safetensors::save(&all, far.join("model.safetensors")).unwrap();
        mix(&none, &far, 0.5, &half).unwrap();
        let mixed = numbers(&Weights::open(&half).unwrap()).unwrap();
        assert!(before.iter().zip(&mixed).all(|(a, b)| (b - 1.5 * a).abs() < 2e-3 * a.abs()), "{before:?} {mixed:?}");
        let lineage = std::fs::read_to_string(half.join(LINEAGE)).unwrap();
        assert!(lineage.contains("0.5 of the way") && lineage.contains("identity"), "{lineage}");
        assert!(!home.path().join("half.mixing").exists());
        for (share, out, word) in [(1.5, "other", "between"), (0.5, "half", "already")] {
            let error = mix(&none, &far, share, &home.path().join(out)).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
