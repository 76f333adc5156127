//! What becomes of transparency: models and screens take three colours.

/// What becomes of transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alpha {
    /// Laid over white: what people expect and the processors of Idefics3 do.
    OverWhite,
    /// Dropped as Pillow's `convert("RGB")` does: what lies under it shows.
    Dropped,
}

impl Alpha {
    /// Three bytes for every pixel of red, green, blue and alpha.
    pub fn rgb(self, pixels: impl Iterator<Item = [u8; 4]>) -> Vec<u8> {
        pixels.flat_map(|[r, g, b, a]| [self.lay(r, a), self.lay(g, a), self.lay(b, a)]).collect()
    }

    /// One channel; laid over white as Pillow composites: seven bits behind the point, then its division by 255.
    pub(super) fn lay(self, value: u8, alpha: u8) -> u8 {
        if self == Alpha::Dropped {
            return value;
        }
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        let sum = ((value * alpha + 255 * (255 - alpha)) << 7) + (0x80 << 7);
        ((((sum >> 8) + sum) >> 8) >> 7) as u8
    }
}
