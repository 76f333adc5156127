//! Eight heads: ears, shape and snout of each species, told apart by outline alone.
//!
//! Coordinates: the head's centre is (0, 0) and its radius 1; it looks to the right.

use tiny_skia::Path;

use crate::world::face::Plan;
use crate::world::pen::{Colour, INK, Pen, WHITE, blob, curve, oval, poly, rgb, star, track};
use crate::world::words::Species;

/// Line weight of a character, in head radii.
pub const LINE: f32 = 0.068;

/// A lit ball: the shade below, the light above.
fn ball(pen: &mut Pen, path: &Path, colour: Colour, shine: (f32, f32, f32, f32)) {
    pen.bold(path, colour.darker(34), LINE);
    pen.fill(&oval(shine.0, shine.1, shine.2, shine.3), colour);
    pen.line(path, INK, LINE);
}

/// Draws ears and head around (0, 0), radius 1, and says where the face is.
pub fn draw(pen: &mut Pen, species: Species, fur: Colour, second: Colour) -> Plan {
    let usual = Plan { eye: (0.4, 0.02), wide: 1.0, mouth: 0.5, cheek: (0.66, 0.34) };
    match species {
        Species::Fox => {
            for side in [-1.0, 1.0] {
                let ear = |s: f32| {
                    poly(&[
                        (side * 0.22 * s + side * 0.3, -0.55),
                        (side * (0.58 + 0.34 * s), -0.72 - 0.82 * s),
                        (side * (0.62 + 0.34 * s), -0.3),
                    ])
                };
                pen.bold(&ear(1.0), fur, LINE);
                pen.fill(&poly(&[(side * 0.66, -1.12), (side * 0.92, -1.54), (side * 0.94, -1.02)]), rgb(0x4a2a20));
                pen.line(&ear(1.0), INK, LINE);
            }
            let shape = blob(&[
                (-0.55, -1.05),
                (-1.1, -0.5),
                (-1.2, 0.1),
                (-1.42, 0.58),
                (-0.75, 0.82),
                (0.0, 1.1),
                (0.75, 0.82),
                (1.42, 0.58),
                (1.2, 0.1),
                (1.1, -0.5),
                (0.55, -1.05),
                (0.0, -1.0),
            ]);
            pen.bold(&shape, fur, LINE);
            for side in [-1.0, 1.0] {
                let cheek = blob(&[
                    (side * 0.05, 0.3),
                    (side * 0.5, 0.2),
                    (side * 1.2, 0.3),
                    (side * 1.32, 0.56),
                    (side * 0.75, 0.78),
                    (side * 0.05, 0.98),
                ]);
                pen.fill(&cheek, second);
            }
            pen.line(&shape, INK, LINE);
            pen.fill(&oval(0.0, 0.28, 0.15, 0.1), INK);
            Plan { mouth: 0.56, cheek: (0.78, 0.4), eye: (0.44, -0.06), ..usual }
        }
        Species::Bear => {
            for side in [-1.0, 1.0] {
                pen.bold(&oval(side * 0.72, -0.74, 0.36, 0.35), fur, LINE);
                pen.fill(&oval(side * 0.72, -0.72, 0.18, 0.18), second);
            }
            ball(pen, &oval(0.0, 0.0, 1.06, 0.97), fur, (-0.05, -0.08, 0.96, 0.84));
            pen.fill(&oval(0.0, 0.48, 0.5, 0.4), second);
            pen.fill(&oval(0.0, 0.24, 0.21, 0.14), INK);
            pen.fill(&oval(-0.06, 0.2, 0.06, 0.035), WHITE);
            Plan { mouth: 0.54, eye: (0.45, -0.08), cheek: (0.74, 0.32), ..usual }
        }
        Species::Rabbit => {
            for (side, turn) in [(-1.0, -9.0), (1.0, 13.0)] {
                pen.placed(side * 0.36, -0.66, turn, (1.0, 1.0), |pen| {
                    pen.bold(&oval(0.0, -0.62, 0.27, 0.84), fur, LINE);
                    pen.fill(&oval(0.0, -0.58, 0.13, 0.6), second);
                });
            }
            ball(pen, &oval(0.0, 0.02, 0.98, 0.94), fur, (-0.04, -0.06, 0.9, 0.82));
            pen.fill(&poly(&[(-0.12, 0.22), (0.12, 0.22), (0.0, 0.36)]), rgb(0xff7a93));
            Plan { mouth: 0.54, ..usual }
        }
        Species::Cat => {
            for side in [-1.0, 1.0] {
                pen.bold(&poly(&[(side * 0.2, -0.78), (side * 0.86, -1.38), (side * 0.98, -0.3)]), fur, LINE);
                pen.fill(&poly(&[(side * 0.46, -0.82), (side * 0.8, -1.14), (side * 0.86, -0.6)]), rgb(0xffa9bb));
            }
            ball(pen, &oval(0.0, 0.02, 1.08, 0.9), fur, (-0.04, -0.06, 0.98, 0.77));
            for x in [-0.24, 0.0, 0.24] {
                pen.line(&track(&[(x, -0.82), (x * 0.8, -0.56)]), rgb(0x33406b), 0.1);
            }
            pen.fill(&oval(0.0, 0.48, 0.44, 0.33), second);
            for side in [-1.0, 1.0] {
                for (from, to) in [(0.28, 0.2), (0.42, 0.46)] {
                    pen.line(&track(&[(side * 0.72, from), (side * 1.36, to)]), INK, 0.055);
                }
            }
            pen.fill(&poly(&[(-0.12, 0.22), (0.12, 0.22), (0.0, 0.35)]), rgb(0xff7a93));
            Plan { mouth: 0.52, ..usual }
        }
        Species::Frog => {
            for side in [-1.0, 1.0] {
                pen.bold(&oval(side * 0.54, -0.64, 0.45, 0.45), fur, LINE);
            }
            ball(pen, &oval(0.0, 0.12, 1.2, 0.8), fur, (-0.04, 0.04, 1.1, 0.68));
            for side in [-1.0, 1.0] {
                pen.fill(&oval(side * 0.54, -0.6, 0.4, 0.38), fur);
                pen.shape(&oval(side * 0.54, -0.62, 0.32, 0.32), WHITE, LINE * 0.8);
            }
            for side in [-1.0, 1.0] {
                pen.fill(&oval(side * 0.1, 0.16, 0.045, 0.04), rgb(0x2f6b2a));
            }
            Plan { eye: (0.54, -0.62), wide: 1.05, mouth: 0.42, cheek: (0.84, 0.24) }
        }
        Species::Penguin => {
            ball(pen, &oval(0.0, 0.0, 1.0, 1.0), fur, (-0.04, -0.06, 0.92, 0.88));
            let mask = blob(&[
                (0.0, -0.2),
                (0.5, -0.72),
                (0.98, -0.2),
                (0.8, 0.62),
                (0.0, 0.98),
                (-0.8, 0.62),
                (-0.98, -0.2),
                (-0.5, -0.72),
            ]);
            pen.fill(&mask, second);
            pen.shape(&poly(&[(-0.24, 0.2), (0.24, 0.2), (0.0, 0.44)]), rgb(0xffa026), LINE * 0.8);
            Plan { mouth: 0.62, eye: (0.4, -0.04), cheek: (0.6, 0.32), wide: 0.95 }
        }
        Species::Mouse => {
            for side in [-1.0, 1.0] {
                pen.bold(&oval(side * 0.94, -0.68, 0.66, 0.64), fur, LINE);
                pen.fill(&oval(side * 0.94, -0.66, 0.45, 0.43), second);
            }
            let shape = blob(&[
                (-0.55, -1.02),
                (-1.14, -0.45),
                (-1.02, 0.5),
                (-0.4, 0.98),
                (0.4, 0.98),
                (1.02, 0.5),
                (1.14, -0.45),
                (0.55, -1.02),
            ]);
            ball(pen, &shape, fur, (-0.04, -0.08, 0.82, 0.78));
            for side in [-1.0, 1.0] {
                pen.line(&track(&[(side * 0.5, 0.36), (side * 1.08, 0.28)]), INK, 0.045);
            }
            pen.shape(&oval(0.0, 0.3, 0.14, 0.12), rgb(0xff6d8a), LINE * 0.7);
            Plan { mouth: 0.56, wide: 0.95, cheek: (0.6, 0.36), ..usual }
        }
        Species::Girl => {
            pen.bold(&oval(0.0, -0.1, 1.1, 1.04), second, LINE);
            for side in [-1.0, 1.0] {
                for (x, y) in [(1.02, 0.42), (1.14, 0.78), (1.18, 1.12)] {
                    pen.shape(&oval(side * x, y, 0.23, 0.25), second, LINE);
                }
                pen.shape(&star(side * 1.18, 1.34, 0.2, 0.1, 4), rgb(0xffd23d), LINE * 0.8);
            }
            ball(pen, &oval(0.0, 0.08, 0.92, 0.88), fur, (-0.03, 0.03, 0.85, 0.77));
            let fringe = blob(&[
                (-1.02, 0.1),
                (-1.0, -0.8),
                (0.0, -1.3),
                (1.0, -0.8),
                (1.02, 0.1),
                (0.8, -0.35),
                (0.35, -0.5),
                (-0.1, -0.42),
                (-0.7, -0.52),
            ]);
            pen.shape(&fringe, second, LINE * 0.8);
            pen.line(&curve(&[(-0.06, 0.3), (0.02, 0.38), (0.08, 0.3)]), rgb(0xc9805a), 0.06);
            Plan { eye: (0.4, 0.06), mouth: 0.54, cheek: (0.6, 0.4), wide: 1.0 }
        }
    }
}
