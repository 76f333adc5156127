//! Pictures on their way through a model: pixels as a tower takes them, and what is seen of them, row by row.
//!
//! Pictures need not be of one size: a family that keeps their ratio sees more rows of the larger ones.

use candle_core::{DType, Device, Result, Tensor, bail};

/// How the rows of one picture (or tile) lie in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    pub high: usize,
    pub wide: usize,
}

impl Grid {
    pub fn square(side: usize) -> Self {
        Self { high: side, wide: side }
    }

    /// Number of rows.
    pub fn rows(self) -> usize {
        self.high * self.wide
    }
}

/// Pictures, normalised: runs of pictures of one size, in order, (pictures, 3, height, width) each.
#[derive(Clone, Debug, Default)]
pub struct Pixels {
    pub runs: Vec<Tensor>,
}

impl From<Tensor> for Pixels {
    fn from(run: Tensor) -> Self {
        Self { runs: Vec::from([run]) }
    }
}

impl Pixels {
    /// Pictures that all have one size, (pictures, 3, height, width); what a tower with fixed positions needs.
    pub fn of_one_size(&self) -> Result<Tensor> {
        match self.runs.as_slice() {
            [run] => Ok(run.clone()),
            [] => bail!("there are no pictures to look at"),
            runs => bail!("pictures of {} sizes reached a tower that takes one", runs.len()),
        }
    }

    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|run| run.dims().first().copied().unwrap_or(0)).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What is seen of pictures: rows of numbers, picture after picture.
#[derive(Clone, Debug)]
pub struct Look {
    /// (rows, width) each. The first is what a text model reads in place of words; the others are added to the same rows
    /// behind its first layers, one a layer.
    pub levels: Vec<Tensor>,
    /// How each picture's rows lie.
    pub grids: Vec<Grid>,
}

impl Look {
    /// Of pictures that are all seen alike: (pictures, rows, width).
    pub fn uniform(pictures: &Tensor, grid: Grid) -> Result<Self> {
        let grids = vec![grid; pictures.dim(0)?];
        Ok(Self { levels: Vec::from([pictures.flatten_to(1)?]), grids })
    }

    /// Rows of all pictures.
    pub fn rows(&self) -> usize {
        self.grids.iter().map(|grid| grid.rows()).sum()
    }

    /// Numbers kept.
    pub fn numbers(&self) -> usize {
        self.levels.iter().map(Tensor::elem_count).sum()
    }

    /// The first level picture by picture, (pictures, rows, width), where all have as many rows.
    pub fn by_picture(&self) -> Result<Tensor> {
        let rows = self.grids.first().map_or(0, |grid| grid.rows());
        if self.grids.iter().any(|grid| grid.rows() != rows) {
            bail!("pictures with different numbers of rows cannot be laid over each other");
        }
        let level = self.level()?;
        level.reshape((self.grids.len(), rows, level.dim(1)?))
    }

    /// The first level.
    pub fn level(&self) -> Result<&Tensor> {
        self.levels.first().map_or_else(|| bail!("nothing was looked at"), Ok)
    }

    /// The same without a way back for gradients.
    pub fn detach(&self) -> Self {
        Self { levels: self.levels.iter().map(Tensor::detach).collect(), grids: self.grids.clone() }
    }

    /// As if nothing could be seen.
    pub fn blank(&self) -> Result<Self> {
        let levels = self.levels.iter().map(Tensor::zeros_like).collect::<Result<_>>()?;
        Ok(Self { levels, grids: self.grids.clone() })
    }

    /// Several looks behind each other; `None` of none.
    pub fn cat(looks: &[&Look]) -> Result<Option<Look>> {
        let Some(first) = looks.first() else { return Ok(None) };
        let level = |at: usize| -> Result<Tensor> {
            let parts: Vec<&Tensor> = looks.iter().filter_map(|look| look.levels.get(at)).collect();
            if parts.len() < looks.len() {
                bail!("looks of different models cannot be read together");
            }
            Tensor::cat(&parts, 0)
        };
        let levels = (0..first.levels.len()).map(level).collect::<Result<_>>()?;
        Ok(Some(Look { levels, grids: looks.iter().flat_map(|look| look.grids.iter().copied()).collect() }))
    }

    /// These pictures, in this order, some perhaps more than once; gradients of a picture add up.
    pub fn pick(&self, pictures: &[u32]) -> Result<Self> {
        if (0..self.grids.len() as u32).eq(pictures.iter().copied()) {
            return Ok(self.clone());
        }
        let mut starts = Vec::with_capacity(self.grids.len());
        let mut next = 0u32;
        for grid in &self.grids {
            starts.push(next);
            next += grid.rows() as u32;
        }
        let mut rows = Vec::new();
        let mut grids = Vec::with_capacity(pictures.len());
        for picture in pictures {
            let (Some(start), Some(grid)) = (starts.get(*picture as usize), self.grids.get(*picture as usize)) else {
                bail!("there is no picture {picture} among {}", self.grids.len());
            };
            rows.extend(*start..*start + grid.rows() as u32);
            grids.push(*grid);
        }
        let device = self.levels.first().map_or(&Device::Cpu, Tensor::device);
        let rows = Tensor::new(rows.as_slice(), device)?.to_dtype(DType::U32)?;
        let levels = self.levels.iter().map(|level| level.index_select(&rows, 0)).collect::<Result<_>>()?;
        Ok(Self { levels, grids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_different_sizes_are_picked_whole() {
        let rows = Tensor::arange(0f32, 10.0, &Device::Cpu).unwrap().reshape((10, 1)).unwrap();
        let grids = vec![Grid { high: 2, wide: 2 }, Grid { high: 1, wide: 1 }, Grid { high: 1, wide: 5 }];
        let look = Look { levels: vec![rows.clone(), rows], grids };
        let picked = look.pick(&[1, 0, 1]).unwrap();
        for level in &picked.levels {
            assert_eq!(level.flatten_all().unwrap().to_vec1::<f32>().unwrap(), [4.0, 0.0, 1.0, 2.0, 3.0, 4.0]);
        }
        assert_eq!(picked.rows(), 6);
        assert!(look.pick(&[3]).is_err() && look.by_picture().is_err());
        let twice = Look::cat(&[&picked, &look]).unwrap().unwrap();
        assert_eq!((twice.rows(), twice.grids.len()), (16, 6));
    }
}
