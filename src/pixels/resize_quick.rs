//! Resizing for screens: a few milliseconds for a photograph. Not equal to any other library's pixels; models use `resize_exact`.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::rgb::Rgb;

/// `src` resized to `width` x `height` with a filter that suits shrinking. Sides of 0 give black.
pub fn resize_quick(src: &Rgb, width: u32, height: u32) -> Rgb {
    let black = || Rgb { width, height, data: vec![0; width as usize * height as usize * 3] };
    if src.width == width && src.height == height {
        return src.clone();
    }
    let Ok(from) = ImageRef::new(src.width, src.height, &src.data, PixelType::U8x3) else { return black() };
    let mut to = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Hamming));
    match Resizer::new().resize(&from, &mut to, &options) {
        Ok(()) => Rgb { width, height, data: to.into_vec() },
        Err(_) => black(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_keep_their_colours_and_empty_sizes_are_harmless() {
        let data = (0..16 * 8).flat_map(|i| if i % 16 < 8 { [200, 0, 0] } else { [0, 0, 200] }).collect();
        let small = resize_quick(&Rgb { width: 16, height: 8, data }, 4, 2);
        assert_eq!((small.width, small.height, small.data.len()), (4, 2, 24));
        assert!(small.data[0] > 190 && small.data[11] > 190 && small.data[9] < 10);
        let none = Rgb { width: 0, height: 0, data: vec![] };
        assert_eq!(resize_quick(&none, 2, 1).data, vec![0; 6]);
        assert!(resize_quick(&small, 0, 3).data.is_empty());
    }
}
