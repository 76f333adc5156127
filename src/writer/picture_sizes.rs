//! How large pictures become, in the references' own integer arithmetic.

/// Sides are never made longer than this.
const LONGEST: u32 = 4096;

/// The longer side becomes `longest`, the other follows the ratio, cut to an integer and made even; never above [`LONGEST`].
pub fn longest_side(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let ratio = f64::from(width) / f64::from(height);
    let even = |x: u32| x + x % 2;
    let (mut w, mut h) = if width >= height {
        (longest, even((f64::from(longest) / ratio) as u32))
    } else {
        (even((f64::from(longest) * ratio) as u32), longest)
    };
    (w, h) = (w.max(1), h.max(1));
    let ratio = f64::from(w) / f64::from(h);
    if w >= h && w > LONGEST {
        (w, h) = (LONGEST, (f64::from(LONGEST) / ratio) as u32);
    } else if h > w && h > LONGEST {
        (w, h) = ((f64::from(LONGEST) * ratio) as u32, LONGEST);
    }
    (w.max(1), h.max(1))
}

/// The longer side rounded up to whole tiles, the other following the ratio and rounded up too.
pub fn whole_tiles(width: u32, height: u32, tile: u32) -> (u32, u32) {
    let ratio = f64::from(width) / f64::from(height);
    let up = |x: u32| x.div_ceil(tile) * tile;
    if width >= height {
        let w = up(width);
        (w, up((f64::from(w) / ratio) as u32).max(tile))
    } else {
        let h = up(height);
        (up((f64::from(h) * ratio) as u32).max(tile), h)
    }
}

/// The shorter side becomes `shortest`, the other follows the ratio, cut to an integer.
pub fn shortest_side(width: u32, height: u32, shortest: u32) -> (u32, u32) {
    let long = |short: u32, long: u32| (u64::from(shortest) * u64::from(long) / u64::from(short.max(1))) as u32;
    if width <= height { (shortest, long(width, height)) } else { (long(height, width), shortest) }
}

/// Both sides become the nearest multiples of `unit` that keep the ratio and lie between so many pixels in all.
pub fn own_ratio(width: u32, height: u32, unit: u32, (least, most): (u64, u64)) -> (u32, u32) {
    let unit = f64::from(unit);
    let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
    // Halves go to the even neighbour, as the reference's language rounds.
    let (mut wide, mut high) = ((w / unit).round_ties_even() * unit, (h / unit).round_ties_even() * unit);
    if high * wide > most as f64 {
        let shrink = (h * w / most as f64).sqrt();
        high = ((h / shrink / unit).floor() * unit).max(unit);
        wide = ((w / shrink / unit).floor() * unit).max(unit);
    } else if high * wide < least as f64 {
        let grow = (least as f64 / (h * w)).sqrt();
        high = (h * grow / unit).ceil() * unit;
        wide = (w * grow / unit).ceil() * unit;
    }
    (wide as u32, high as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_reference_arithmetic() {
        assert_eq!(longest_side(640, 427, 100), (100, 66));
        assert_eq!(longest_side(427, 640, 100), (66, 100));
        assert_eq!(longest_side(1000, 1, 100), (100, 1));
        assert_eq!(whole_tiles(100, 66, 50), (100, 100));
        assert_eq!(whole_tiles(100, 1, 50), (100, 50));
        assert_eq!(shortest_side(300, 201, 56), (83, 56));
        assert_eq!(shortest_side(201, 300, 56), (56, 83));
    }

    #[test]
    fn a_ratio_is_kept_within_bounds() {
        let bounds = (3136, 12_845_056);
        assert_eq!(own_ratio(640, 427, 28, bounds), (644, 420));
        // 14 lies half way between 0 and 28, 42 between 28 and 56.
        assert_eq!(own_ratio(14, 4000, 28, bounds), (28, 952));
        assert_eq!(own_ratio(42, 420, 28, bounds), (56, 420));
        assert_eq!(own_ratio(8000, 6000, 28, bounds), (4116, 3080));
    }
}
