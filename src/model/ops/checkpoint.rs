//! Any part of a model as one operation that keeps nothing but its input, and computes the rest anew for the gradient (Chen
//! et al., 2016): a step takes a third longer and holds one part's intermediate results instead of all.

use candle_core::{CpuStorage, CustomOp2, Device, Layout, Result, Shape, Tensor, Var};

use super::slices::f32s;

/// What is computed: from an input and parameters, in order, an output.
pub type Part = Box<dyn Fn(&Tensor, &[Tensor]) -> Result<Tensor> + Send + Sync>;

/// `part(x, params)`; gradients go to `x` and `params`, and to nothing else that the part uses. All f32 on the CPU.
pub fn checkpoint(x: &Tensor, params: &[&Tensor], part: Part) -> Result<Tensor> {
    let flat = params.iter().map(|p| p.flatten_all()).collect::<Result<Vec<_>>>()?;
    let shapes = params.iter().map(|p| p.shape().clone()).collect();
    x.contiguous()?.apply_op2(&Tensor::cat(&flat, 0)?, Checkpoint { part, shapes })
}

struct Checkpoint {
    part: Part,
    shapes: Vec<Shape>,
}

impl Checkpoint {
    /// The parameters as they were, from all of them one after the other.
    fn unpack(&self, packed: &Tensor) -> Result<Vec<Tensor>> {
        let mut at = 0;
        let one = |shape: &Shape| {
            let part = packed.narrow(0, at, shape.elem_count())?.reshape(shape);
            at += shape.elem_count();
            part
        };
        self.shapes.iter().map(one).collect()
    }
}

impl CustomOp2 for Checkpoint {
    fn name(&self) -> &'static str {
        "checkpoint"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = Tensor::from_slice(f32s(s1, l1)?, l1.shape(), &Device::Cpu)?;
        let packed = Tensor::from_slice(f32s(s2, l2)?, l2.shape(), &Device::Cpu)?;
        let y = (self.part)(&x, &self.unpack(&packed)?)?;
        Ok((CpuStorage::F32(y.flatten_all()?.to_vec1()?), y.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, packed: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (x, packed) = (Var::from_tensor(x)?, Var::from_tensor(packed)?);
        let y = (self.part)(&x, &self.unpack(&packed)?)?;
        let mut store = (y * grad)?.sum_all()?.backward()?;
        Ok((store.remove(&x), store.remove(&packed)))
    }
}
