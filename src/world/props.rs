//! The twelve things, each around (0, 0) within a radius of 1.

use crate::world::outfit::paint;
use crate::world::pen::{INK, Pen, WHITE, blob, curve, oval, poly, rect, rgb, star, track};
use crate::world::words::{Hue, Thing};

const LINE: f32 = 0.11;

/// Draws a thing; `hue` colours those whose colour varies. An umbrella that is carried has a longer stick: it is held
/// over heads.
pub fn draw(pen: &mut Pen, thing: Thing, hue: Option<Hue>, carried: bool) {
    let colour = paint(hue.unwrap_or(Hue::Red));
    let pale = colour.lighter(130);
    match thing {
        Thing::Kite => {
            pen.line(&curve(&[(0.0, 0.8), (0.5, 1.1), (-0.2, 1.4), (0.2, 1.8)]), INK, 0.08);
            for (x, y) in [(0.22, 1.08), (0.0, 1.46)] {
                pen.shape(
                    &poly(&[(x - 0.26, y - 0.14), (x + 0.26, y + 0.14), (x + 0.26, y - 0.14), (x - 0.26, y + 0.14)]),
                    pale,
                    0.06,
                );
            }
            pen.bold(&poly(&[(0.0, -1.15), (0.82, -0.15), (0.0, 0.95), (-0.82, -0.15)]), colour, LINE);
            pen.fill(&poly(&[(0.0, -1.05), (0.74, -0.15), (0.0, -0.15)]), pale);
            pen.fill(&poly(&[(0.0, -0.15), (-0.74, -0.15), (0.0, 0.85)]), pale);
            pen.line(&track(&[(0.0, -1.1), (0.0, 0.9)]), INK, 0.07);
            pen.line(&track(&[(-0.78, -0.15), (0.78, -0.15)]), INK, 0.07);
        }
        Thing::Cake => {
            pen.shape(&oval(0.0, 0.82, 1.15, 0.2), WHITE, LINE);
            pen.bold(&rect(-0.9, 0.0, 1.8, 0.8), rgb(0xf7c98b), LINE);
            pen.fill(&rect(-0.86, 0.34, 1.72, 0.16), rgb(0xd9668a));
            pen.shape(
                &blob(&[
                    (-1.0, -0.2),
                    (1.0, -0.2),
                    (1.05, 0.3),
                    (0.66, 0.14),
                    (0.4, 0.46),
                    (0.1, 0.14),
                    (-0.2, 0.42),
                    (-0.5, 0.14),
                    (-0.8, 0.42),
                    (-1.05, 0.2),
                ]),
                rgb(0xff9fc0),
                LINE * 0.8,
            );
            for x in [-0.5, 0.0, 0.5] {
                pen.line(&track(&[(x, -0.16), (x, -0.62)]), INK, 0.24);
                pen.line(&track(&[(x, -0.16), (x, -0.6)]), rgb(0x7fd0ff), 0.13);
                pen.shape(&blob(&[(x, -1.2), (x + 0.16, -0.82), (x, -0.66), (x - 0.16, -0.82)]), rgb(0xffc928), 0.06);
            }
        }
        Thing::Umbrella => {
            let end = if carried { 2.6 } else { 1.15 };
            let stick = curve(&[(0.0, -0.2), (0.0, 0.4), (0.0, end), (0.36, end + 0.05), (0.4, end - 0.25)]);
            pen.line(&stick, INK, 0.2);
            pen.line(&stick, rgb(0xb07a45), 0.08);
            let top = blob(&[
                (-1.3, 0.1),
                (-1.15, -1.0),
                (0.0, -1.4),
                (1.15, -1.0),
                (1.3, 0.1),
                (0.75, -0.22),
                (0.4, 0.1),
                (0.0, -0.22),
                (-0.4, 0.1),
                (-0.75, -0.22),
            ]);
            pen.bold(&top, colour, LINE);
            pen.fill(
                &blob(&[(-0.42, -0.02), (-0.36, -1.0), (0.0, -1.15), (0.36, -1.0), (0.42, -0.02), (0.0, -0.25)]),
                pale,
            );
            pen.line(&track(&[(0.0, -1.14), (0.0, -1.32)]), INK, 0.14);
        }
        Thing::Key => {
            let gold = rgb(0xffc928);
            pen.placed(0.0, 0.0, -38.0, (1.0, 1.0), |pen| {
                let teeth = [
                    (0.1, -0.14),
                    (1.25, -0.14),
                    (1.25, 0.5),
                    (0.98, 0.5),
                    (0.98, 0.14),
                    (0.84, 0.14),
                    (0.84, 0.42),
                    (0.58, 0.42),
                    (0.58, 0.14),
                    (0.1, 0.14),
                ];
                pen.bold(&poly(&teeth), gold, LINE);
                pen.bold(&oval(-0.48, 0.0, 0.64, 0.6), gold, LINE);
                pen.shape(&oval(-0.54, 0.0, 0.27, 0.25), rgb(0xfff6d8), LINE * 0.8);
            });
        }
        Thing::Gift => {
            pen.bold(&rect(-0.84, -0.3, 1.68, 1.3), colour, LINE);
            pen.bold(&rect(-0.98, -0.52, 1.96, 0.46), colour.darker(26), LINE);
            let ribbon = if hue == Some(Hue::Yellow) { rgb(0xe63b3b) } else { rgb(0xffe27a) };
            pen.fill(&rect(-0.2, -0.5, 0.4, 1.46), ribbon);
            for side in [-1.0, 1.0] {
                pen.shape(
                    &blob(&[(0.0, -0.5), (side * 0.2, -1.05), (side * 0.85, -1.15), (side * 0.75, -0.6)]),
                    ribbon,
                    LINE * 0.8,
                );
            }
        }
        Thing::Boat => {
            pen.line(&track(&[(0.0, 0.4), (0.0, -1.2)]), INK, 0.15);
            pen.bold(&poly(&[(0.12, -1.15), (0.95, 0.16), (0.12, 0.16)]), colour, LINE);
            pen.bold(&poly(&[(-0.12, -0.9), (-0.12, 0.16), (-0.75, 0.16)]), WHITE, LINE);
            pen.bold(&poly(&[(-1.15, 0.36), (1.15, 0.36), (0.72, 0.98), (-0.72, 0.98)]), rgb(0xa9663a), LINE);
            pen.line(&track(&[(-0.92, 0.6), (0.92, 0.6)]), rgb(0xd9985f), 0.12);
        }
        Thing::Ball => {
            let round = oval(0.0, 0.0, 0.95, 0.95);
            pen.bold(&round, WHITE, LINE);
            pen.fill(&blob(&[(-0.25, -1.0), (-1.05, -0.6), (-1.05, 0.6), (-0.25, 1.0), (-0.5, 0.0)]), colour);
            pen.fill(&blob(&[(0.25, -1.0), (1.05, -0.6), (1.05, 0.6), (0.25, 1.0), (0.5, 0.0)]), colour);
            pen.line(&round, INK, LINE);
            pen.line(&curve(&[(-0.3, -0.86), (-0.52, 0.0), (-0.3, 0.86)]), INK, 0.07);
            pen.line(&curve(&[(0.3, -0.86), (0.52, 0.0), (0.3, 0.86)]), INK, 0.07);
        }
        Thing::Balloon => {
            pen.line(&curve(&[(0.0, 0.9), (0.25, 1.3), (-0.2, 1.7), (0.0, 2.2)]), INK, 0.08);
            pen.bold(&poly(&[(0.0, 0.72), (-0.2, 1.02), (0.2, 1.02)]), colour, LINE);
            pen.bold(&oval(0.0, -0.15, 0.88, 0.98), colour, LINE);
            pen.fill(&oval(-0.32, -0.52, 0.2, 0.28), WHITE.veil(215));
        }
        Thing::Lantern => {
            pen.fill(&oval(0.0, 0.1, 1.75, 1.75), rgb(0xffe98a).veil(70));
            pen.fill(&oval(0.0, 0.1, 1.3, 1.3), rgb(0xfff0a8).veil(100));
            pen.line(&curve(&[(-0.4, -0.8), (0.0, -1.6), (0.4, -0.8)]), INK, 0.12);
            pen.bold(&poly(&[(-0.62, -0.42), (-0.36, -0.92), (0.36, -0.92), (0.62, -0.42)]), rgb(0x7a4a2a), LINE);
            pen.bold(&rect(-0.55, -0.42, 1.1, 1.16), rgb(0xfff0a0), LINE);
            pen.shape(&blob(&[(0.0, -0.5), (0.36, 0.2), (0.0, 0.62), (-0.36, 0.2)]), rgb(0xff8a2a), 0.07);
            for x in [-0.28, 0.28] {
                pen.line(&track(&[(x, -0.42), (x, 0.74)]), INK, 0.06);
            }
            pen.bold(&rect(-0.72, 0.7, 1.44, 0.26), rgb(0x7a4a2a), LINE);
        }
        Thing::Book => {
            let cover = [(0.0, -0.62), (-1.32, -0.95), (-1.32, 0.74), (0.0, 1.02), (1.32, 0.74), (1.32, -0.95)];
            pen.bold(&poly(&cover), colour, LINE);
            for side in [-1.0, 1.0] {
                let page = [
                    (0.0, -0.5),
                    (side * 0.5, -0.78),
                    (side * 0.98, -0.66),
                    (side * 0.98, 0.38),
                    (side * 0.5, 0.34),
                    (0.0, 0.6),
                ];
                pen.shape(&poly(&page), rgb(0xfffaf0), LINE * 0.8);
                for y in [-0.34, -0.06, 0.2] {
                    pen.line(&track(&[(side * 0.24, y), (side * 0.78, y - 0.1)]), rgb(0x9a90a8), 0.08);
                }
            }
            pen.fill(&poly(&[(0.42, -0.74), (0.66, -0.78), (0.66, 0.0), (0.54, -0.14), (0.42, 0.02)]), colour);
        }
        Thing::Apple => {
            let round = blob(&[
                (0.0, -0.42),
                (0.55, -0.85),
                (1.12, -0.3),
                (0.85, 0.75),
                (0.3, 1.08),
                (0.0, 0.92),
                (-0.3, 1.08),
                (-0.85, 0.75),
                (-1.12, -0.3),
                (-0.55, -0.85),
            ]);
            pen.bold(&round, rgb(0xdc2f2f), LINE);
            pen.fill(&oval(-0.42, -0.12, 0.17, 0.26), WHITE.veil(200));
            pen.line(&curve(&[(0.0, -0.46), (0.04, -0.8), (0.2, -1.05)]), INK, 0.15);
            pen.shape(&blob(&[(0.1, -0.72), (0.4, -1.2), (0.98, -1.08), (0.7, -0.66)]), rgb(0x58b947), LINE * 0.8);
        }
        Thing::Trophy => {
            let gold = rgb(0xffc928);
            for side in [-1.0, 1.0] {
                pen.line(
                    &curve(&[(side * 0.55, -0.7), (side * 1.25, -0.85), (side * 1.15, 0.1), (side * 0.4, 0.12)]),
                    INK,
                    0.3,
                );
                pen.line(
                    &curve(&[(side * 0.55, -0.7), (side * 1.25, -0.85), (side * 1.15, 0.1), (side * 0.4, 0.12)]),
                    gold,
                    0.12,
                );
            }
            pen.bold(&rect(-0.14, 0.2, 0.28, 0.55), gold.darker(40), LINE);
            pen.bold(
                &poly(&[(-0.74, -1.0), (0.74, -1.0), (0.56, 0.0), (0.2, 0.38), (-0.2, 0.38), (-0.56, 0.0)]),
                gold,
                LINE,
            );
            pen.bold(&rect(-0.6, 0.66, 1.2, 0.36), rgb(0x8a4a2a), LINE);
            pen.shape(&star(0.0, -0.42, 0.4, 0.17, 5), WHITE, 0.06);
        }
    }
}
