//! The pen: filled and inked shapes on a square sheet of 100 x 100 units, y down, with a light that tints all colours.
//!
//! Every curve is a quadratic and every angle goes through our own sine, so that the bytes are the same on every
//! platform: tiny-skia's integer pipeline and IEEE arithmetic do the rest. No gradients, no text, no images.

use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

use crate::pixels::Rgb;

/// A colour before the light falls on it; the last number is opacity, 255 opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8, pub u8);

/// Opaque colour from `0xRRGGBB`.
pub const fn rgb(hex: u32) -> Colour {
    Colour((hex >> 16) as u8, (hex >> 8) as u8, hex as u8, 255)
}

/// The ink of all outlines.
pub const INK: Colour = rgb(0x2a1f33);
pub const WHITE: Colour = rgb(0xffffff);

impl Colour {
    /// Towards another colour by `share` of 256; opacity stays.
    pub fn towards(self, other: Colour, share: i32) -> Colour {
        let mix = |from: u8, to: u8| (i32::from(from) + (i32::from(to) - i32::from(from)) * share / 256) as u8;
        Colour(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2), self.3)
    }

    pub fn darker(self, share: i32) -> Colour {
        self.towards(rgb(0x241a3c), share)
    }

    pub fn lighter(self, share: i32) -> Colour {
        self.towards(WHITE, share)
    }

    /// The same colour, as opaque as this (255 is fully).
    pub fn veil(self, opacity: u8) -> Colour {
        Colour(self.0, self.1, self.2, opacity)
    }

    /// Shifted by up to `by` steps in each channel: no two foxes have quite the same fur.
    pub fn shifted(self, by: [i32; 3]) -> Colour {
        let add = |from: u8, by: i32| (i32::from(from) + by).clamp(0, 255) as u8;
        Colour(add(self.0, by[0]), add(self.1, by[1]), add(self.2, by[2]), self.3)
    }
}

/// A sheet being drawn on.
pub struct Pen {
    sheet: Pixmap,
    at: Transform,
    light: Colour,
    share: i32,
}

impl Pen {
    /// An empty sheet of `side` x `side` pixels.
    pub fn new(side: u32) -> Pen {
        let side = side.max(16);
        let sheet = Pixmap::new(side, side).expect("a square of at least 16 pixels is a valid size");
        let scale = side as f32 / 100.0;
        Pen { sheet, at: Transform::from_scale(scale, scale), light: WHITE, share: 0 }
    }

    /// From now on every colour goes `share` of 256 towards this light.
    pub fn light(&mut self, light: Colour, share: i32) {
        (self.light, self.share) = (light, share);
    }

    /// Draws with the origin at (x, y), turned by `degrees` clockwise and scaled.
    pub fn placed(&mut self, x: f32, y: f32, degrees: f32, (sx, sy): (f32, f32), draw: impl FnOnce(&mut Pen)) {
        let before = self.at;
        let (sin, cos) = (sine(degrees), sine(degrees + 90.0));
        let own = Transform::from_row(cos * sx, sin * sx, -sin * sy, cos * sy, x, y);
        self.at = before.pre_concat(own);
        draw(self);
        self.at = before;
    }

    /// Fills a shape without an outline.
    pub fn fill(&mut self, path: &Path, colour: Colour) {
        let paint = self.paint(colour);
        self.sheet.fill_path(path, &paint, FillRule::Winding, self.at, None);
    }

    /// Inks a line of this width, in units, with round ends.
    pub fn line(&mut self, path: &Path, colour: Colour, width: f32) {
        let paint = self.paint(colour);
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.sheet.stroke_path(path, &paint, &stroke, self.at, None);
    }

    /// A filled shape with an inked outline.
    pub fn shape(&mut self, path: &Path, colour: Colour, ink: f32) {
        self.fill(path, colour);
        self.line(path, INK, ink);
    }

    /// A filled shape whose outline is heavier below and to the right, as a brush would do it.
    pub fn bold(&mut self, path: &Path, colour: Colour, ink: f32) {
        let before = self.at;
        self.at = before.pre_translate(ink * 0.3, ink * 0.42);
        self.line(path, INK, ink * 1.15);
        self.at = before;
        self.shape(path, colour, ink);
    }

    /// A thick limb with an outline.
    pub fn limb(&mut self, path: &Path, colour: Colour, width: f32, ink: f32) {
        self.line(path, INK, width + 2.0 * ink);
        self.line(path, colour, width);
    }

    /// Bands of colour from `top` to `bottom`: a smooth sky without floating gradients.
    pub fn sky(&mut self, top: f32, bottom: f32, from: Colour, to: Colour) {
        let bands = 24;
        for band in 0..bands {
            let colour = from.towards(to, band * 256 / (bands - 1));
            let y = top + (bottom - top) * band as f32 / bands as f32;
            let next = top + (bottom - top) * (band + 1) as f32 / bands as f32;
            self.fill(&rect(-20.0, y, 140.0, next - y + 1.0), colour);
        }
    }

    /// The finished picture.
    pub fn finish(self) -> Rgb {
        let (width, height) = (self.sheet.width(), self.sheet.height());
        let data = self.sheet.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Rgb { width, height, data }
    }

    fn paint(&self, colour: Colour) -> Paint<'static> {
        let lit = colour.towards(self.light, self.share);
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color_rgba8(lit.0, lit.1, lit.2, lit.3);
        paint
    }
}

/// Sine of an angle in degrees, by Bhaskara's formula corrected once: the platform's own differs in the last bits.
pub fn sine(degrees: f32) -> f32 {
    let turn = degrees.rem_euclid(360.0);
    let (half, sign) = if turn >= 180.0 { (turn - 180.0, -1.0) } else { (turn, 1.0) };
    let from_quarter = if half > 90.0 { 180.0 - half } else { half };
    let x = from_quarter * (std::f32::consts::PI / 180.0);
    let square = x * x;
    sign * x * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0 * (1.0 - square / 72.0))))
}

/// A point at a distance and angle (degrees, clockwise from the right).
pub fn around(x: f32, y: f32, distance: f32, degrees: f32) -> (f32, f32) {
    (x + distance * sine(degrees + 90.0), y + distance * sine(degrees))
}

fn finish(builder: PathBuilder) -> Path {
    builder.finish().expect("every shape has at least two points")
}

/// An ellipse.
pub fn oval(x: f32, y: f32, rx: f32, ry: f32) -> Path {
    let mut builder = PathBuilder::new();
    builder.push_oval(Rect::from_ltrb(x - rx, y - ry, x + rx, y + ry).expect("radii are positive"));
    finish(builder)
}

/// An axis-parallel rectangle.
pub fn rect(x: f32, y: f32, width: f32, height: f32) -> Path {
    poly(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)])
}

/// A closed polygon.
pub fn poly(points: &[(f32, f32)]) -> Path {
    let mut builder = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    builder.close();
    finish(builder)
}

/// An open polyline.
pub fn track(points: &[(f32, f32)]) -> Path {
    let mut builder = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 { builder.move_to(x, y) } else { builder.line_to(x, y) }
    }
    finish(builder)
}

/// A closed smooth shape that the points pull outwards (a quadratic B-spline).
pub fn blob(points: &[(f32, f32)]) -> Path {
    let middle = |a: (f32, f32), b: (f32, f32)| ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let mut builder = PathBuilder::new();
    let count = points.len();
    let start = middle(points[count - 1], points[0]);
    builder.move_to(start.0, start.1);
    for i in 0..count {
        let to = middle(points[i], points[(i + 1) % count]);
        builder.quad_to(points[i].0, points[i].1, to.0, to.1);
    }
    builder.close();
    finish(builder)
}

/// An open smooth line from the first point to the last, pulled by those between.
pub fn curve(points: &[(f32, f32)]) -> Path {
    let mut builder = PathBuilder::new();
    let last = points.len() - 1;
    builder.move_to(points[0].0, points[0].1);
    for i in 1..last {
        let end = i + 1 == last;
        let to = if end {
            points[last]
        } else {
            ((points[i].0 + points[i + 1].0) / 2.0, (points[i].1 + points[i + 1].1) / 2.0)
        };
        builder.quad_to(points[i].0, points[i].1, to.0, to.1);
    }
    if last == 1 {
        builder.line_to(points[1].0, points[1].1);
    }
    finish(builder)
}

/// A star of `count` points.
pub fn star(x: f32, y: f32, outer: f32, inner: f32, count: usize) -> Path {
    let step = 180.0 / count as f32;
    let points: Vec<_> =
        (0..count * 2).map(|i| around(x, y, if i % 2 == 0 { outer } else { inner }, i as f32 * step - 90.0)).collect();
    poly(&points)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_sine_is_a_sine() {
        for degrees in -720..720 {
            let exact = (f64::from(degrees)).to_radians().sin();
            assert!((f64::from(sine(degrees as f32)) - exact).abs() < 2e-4, "{degrees}");
        }
    }
}
