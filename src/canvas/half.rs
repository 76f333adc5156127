//! Half blocks: each cell is an upper and a lower pixel. Works wherever there are colours; the nearest ones are taken once, when a
//! picture is made, and not again with each view.

use ratatui::style::Color;

use super::blocks::Block;
use super::depth::Depth;
use super::fit::Fit;
use super::shown::{CannotShow, Drawing, Shown};
use crate::pixels::{self, Rgb};

/// Encodes the picture, one pixel wide and two high a cell.
///
/// Its height is rounded to half cells: the half that is left over is not stretched over but stays empty.
pub(super) fn encode(picture: &Rgb, fit: Fit, cell_height: u16, depth: Depth) -> Result<Shown, CannotShow> {
    let half = f64::from(cell_height.max(2)) / 2.0;
    let halves = (f64::from(fit.height) / half).round().clamp(1.0, f64::from(fit.rows) * 2.0) as u32;
    let columns = usize::from(fit.columns);
    let pixels = pixels::resize_quick(picture, u32::from(fit.columns), halves);
    let colours: Vec<[u8; 3]> = pixels.data.chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]).collect();
    if columns == 0 || colours.len() != columns * halves as usize {
        return Err(CannotShow::Pixels);
    }
    let rows: Vec<&[[u8; 3]]> = colours.chunks_exact(columns).collect();
    let mut blocks = Vec::with_capacity(columns * rows.len().div_ceil(2));
    for pair in rows.chunks(2) {
        let at = |x: usize| match pair {
            [upper, lower] => block(upper[x], lower[x], depth),
            _ => Block { sign: UPPER, fore: depth.nearest(colour(pair[0][x])), back: Color::Reset },
        };
        blocks.extend((0..columns).map(at));
    }
    let rows = u16::try_from(rows.len().div_ceil(2)).map_err(|_| CannotShow::Pixels)?;
    let weight = blocks.len() * size_of::<Block>();
    Ok(Shown { drawing: Drawing::Blocks(blocks), columns: fit.columns, rows, id: None, weight })
}

const UPPER: &str = "▀";
const LOWER: &str = "▄";

/// The lighter half is the sign, as the library that encodes for the other protocols has it.
fn block(upper: [u8; 3], lower: [u8; 3], depth: Depth) -> Block {
    let [above, below] = [upper, lower].map(|rgb| depth.nearest(colour(rgb)));
    if above == below {
        Block { sign: " ", fore: above, back: above }
    } else if light(lower) > light(upper) {
        Block { sign: LOWER, fore: below, back: above }
    } else {
        Block { sign: UPPER, fore: above, back: below }
    }
}

fn colour([red, green, blue]: [u8; 3]) -> Color {
    Color::Rgb(red, green, blue)
}

/// Luminance, as far as an order needs it.
fn light([red, green, blue]: [u8; 3]) -> u32 {
    2126 * u32::from(red) + 7152 * u32::from(green) + 722 * u32::from(blue)
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;

    fn drawn(picture: &Rgb, fit: Fit, depth: Depth) -> (Shown, Buffer) {
        let shown = encode(picture, fit, 20, depth).unwrap();
        let area = Rect::new(0, 0, fit.columns, fit.rows);
        let mut buffer = Buffer::empty(area);
        shown.draw(area, &mut buffer);
        (shown, buffer)
    }

    #[test]
    fn an_odd_half_is_left_empty() {
        let red = Rgb { width: 4, height: 4, data: [255, 0, 0].repeat(16) };
        let fit = Fit { columns: 2, rows: 2, width: 20, height: 30 };
        let (shown, buffer) = drawn(&red, fit, Depth::Indexed);
        assert_eq!((shown.columns, shown.rows), (2, 2));
        assert_eq!((buffer[(0, 0)].symbol(), buffer[(0, 0)].bg), (" ", Color::Indexed(196)));
        let last = &buffer[(1, 1)];
        assert_eq!((last.symbol(), last.fg, last.bg), ("▀", Color::Indexed(196), Color::Reset));
    }

    #[test]
    fn the_lighter_half_is_the_sign_and_colours_that_come_out_the_same_are_one() {
        let [white, black, nearly] = [[255u8; 3], [0; 3], [253; 3]];
        let picture = |upper: [u8; 3], lower: [u8; 3]| {
            let data = [upper, lower].concat();
            drawn(
                &Rgb { width: 1, height: 2, data },
                Fit { columns: 1, rows: 1, width: 10, height: 20 },
                Depth::Indexed,
            )
            .1
        };
        let seen = |buffer: Buffer| (buffer[(0, 0)].symbol().to_owned(), buffer[(0, 0)].fg, buffer[(0, 0)].bg);
        let (light, dark) = (Color::Indexed(231), Color::Indexed(16));
        assert_eq!(seen(picture(white, black)), ("▀".to_owned(), light, dark));
        assert_eq!(seen(picture(black, white)), ("▄".to_owned(), light, dark));
        assert_eq!(seen(picture(white, nearly)), (" ".to_owned(), light, light));
    }
}
