//! A veil over a picture: where it is thin the picture shines through, elsewhere it lies in the dark. For heat maps.

use crate::pixels::Rgb;

/// Light on a field of patches, row by row from the upper left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Veil {
    columns: usize,
    /// 0 is dark, 255 light.
    light: Vec<u8>,
}

/// What is left of a picture in the dark, of 1.
const DARK: f32 = 0.3;
/// The colour of the light (Okabe and Ito's orange), and how much of it lies on the brightest patch.
const GLOW: [f32; 3] = [242.0, 169.0, 59.0];
const SHARE: f32 = 0.35;

impl Veil {
    /// A veil from shares of any scale: the largest becomes full light. None where there are no whole rows, or nothing to see.
    pub fn new(columns: usize, shares: &[f32]) -> Option<Veil> {
        let most = shares.iter().copied().fold(0.0, f32::max);
        if columns == 0
            || shares.is_empty()
            || !shares.len().is_multiple_of(columns)
            || !(most > 0.0 && most.is_finite())
        {
            return None;
        }
        // Sixteen steps: veils that look the same are the same, and are made once.
        let step = |share: &f32| (share.max(0.0) / most * 15.0).round() as u8 * 17;
        Some(Veil { columns, light: shares.iter().map(step).collect() })
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn rows(&self) -> usize {
        self.light.len() / self.columns
    }

    /// Light on a patch, from 0 to 1.
    pub fn light(&self, column: usize, row: usize) -> f32 {
        self.light.get(row * self.columns + column).map_or(0.0, |light| f32::from(*light) / 255.0)
    }

    /// The picture under this veil.
    pub fn over(&self, picture: &Rgb) -> Rgb {
        let (width, height) = (picture.width as usize, picture.height as usize);
        let across: Vec<_> = (0..width).map(|x| between(x, width, self.columns)).collect();
        let mut data = Vec::with_capacity(picture.data.len());
        for y in 0..height {
            let (top, bottom, down) = between(y, height, self.rows());
            for (x, (left, right, along)) in across.iter().enumerate() {
                let upper = mix(self.light(*left, top), self.light(*right, top), *along);
                let lower = mix(self.light(*left, bottom), self.light(*right, bottom), *along);
                let light = mix(upper, lower, down);
                let at = (y * width + x) * 3;
                for (channel, glow) in picture.data[at..at + 3].iter().zip(GLOW) {
                    let lit = f32::from(*channel) * mix(DARK, 1.0, light);
                    data.push(mix(lit, glow, SHARE * light).round() as u8);
                }
            }
        }
        Rgb { width: picture.width, height: picture.height, data }
    }
}

/// The two patches whose middles a pixel lies between, and how far on the way.
fn between(pixel: usize, pixels: usize, patches: usize) -> (usize, usize, f32) {
    let at = (pixel as f32 + 0.5) / pixels as f32 * patches as f32 - 0.5;
    let first = at.floor().max(0.0) as usize;
    (first, (first + 1).min(patches - 1), (at - first as f32).clamp(0.0, 1.0))
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_seen_patch_is_light_and_the_rest_dark() {
        let grey = Rgb { width: 40, height: 20, data: vec![100; 40 * 20 * 3] };
        let veil = Veil::new(4, &[0.0, 0.0, 0.0, 0.02, 0.0, 0.0, 0.0, 0.0]).unwrap();
        let seen = veil.over(&grey);
        assert_eq!((seen.width, seen.height, seen.data.len()), (40, 20, 2400));
        assert_eq!(seen.data[0], 30);
        assert!(seen.data[39 * 3] > 140, "{}", seen.data[39 * 3]);
    }

    #[test]
    fn nothing_seen_is_no_veil() {
        assert_eq!(Veil::new(2, &[0.0; 4]), None);
        assert_eq!(Veil::new(3, &[1.0; 4]), None);
        assert_eq!(Veil::new(0, &[]), None);
        assert_eq!(Veil::new(1, &[f32::NAN]), None);
    }
}
