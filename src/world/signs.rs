//! The comic signs beside a head and around an action: what letters would say in a speech balloon, without letters.

use crate::world::face::tear;
use crate::world::outfit::paint;
use crate::world::pen::{INK, Pen, WHITE, blob, curve, oval, poly, rgb, star, track};
use crate::world::words::{Action, Emotion, Hue};

/// The sign of a feeling, beside a head around (0, 0) of radius 1, on the `side` (-1 or 1) where there is room.
pub fn feeling(pen: &mut Pen, emotion: Emotion, side: f32) {
    match emotion {
        Emotion::Happy => {
            for (x, y, size) in [(1.36, -0.62, 0.3), (1.62, -0.14, 0.2)] {
                let path = star(side * x, y, size, size * 0.36, 4);
                pen.shape(&path, rgb(0xffe04a), 0.06);
            }
        }
        Emotion::Sad => {
            let gloom = [
                (0.62, -1.3),
                (0.9, -1.75),
                (1.3, -1.2),
                (1.0, -0.95),
                (1.1, -1.6),
                (1.6, -1.65),
                (1.5, -1.0),
                (1.28, -1.1),
                (1.5, -1.5),
                (1.95, -1.35),
                (1.85, -1.0),
            ];
            let path = curve(&gloom.map(|(x, y)| (side * x, y)));
            pen.line(&path, WHITE.veil(170), 0.2);
            pen.line(&path, rgb(0x32447f), 0.1);
        }
        Emotion::Angry => {
            pen.placed(side * 1.16, -0.86, 12.0, (1.0, 1.0), |pen| {
                for (sx, sy) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
                    let bend = curve(&[(sx * 0.38, sy * 0.1), (sx * 0.08, sy * 0.08), (sx * 0.1, sy * 0.38)]);
                    pen.line(&bend, WHITE, 0.24);
                }
                for (sx, sy) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
                    let bend = curve(&[(sx * 0.38, sy * 0.1), (sx * 0.08, sy * 0.08), (sx * 0.1, sy * 0.38)]);
                    pen.line(&bend, rgb(0xd91f2b), 0.14);
                }
            });
        }
        Emotion::Scared => {
            for (x, y, size) in [(1.2, -0.72, 0.2), (1.5, -0.36, 0.16)] {
                tear(pen, side * x, y, size);
            }
            for x in [1.18, 1.36] {
                let shiver =
                    [(-side * x, -0.5), (-side * (x + 0.1), -0.28), (-side * x, -0.06), (-side * (x + 0.1), 0.16)];
                pen.line(&track(&shiver), WHITE, 0.15);
                pen.line(&track(&shiver), rgb(0x3d5fae), 0.08);
            }
        }
        Emotion::Surprised => {
            pen.placed(side * 1.36, -0.7, side * 14.0, (1.0, 1.0), |pen| {
                pen.bold(&poly(&[(-0.2, -0.68), (0.2, -0.68), (0.09, 0.1), (-0.09, 0.1)]), rgb(0xff7a1f), 0.07);
                pen.bold(&oval(0.0, 0.36, 0.14, 0.14), rgb(0xff7a1f), 0.07);
            });
        }
        Emotion::Calm => {}
    }
}

/// The sign of an action, for a head at (0, 0) of radius 1.
pub fn action(pen: &mut Pen, action: Action, side: f32) {
    match action {
        Action::Sleep => {
            for (x, y, size) in [(1.1, -0.8, 0.22), (1.5, -1.25, 0.3), (2.0, -1.8, 0.38)] {
                let x = side * x;
                let z = [(x - size, y - size), (x + size, y - size), (x - size, y + size), (x + size, y + size)];
                pen.line(&track(&z), INK, 0.2);
                pen.line(&track(&z), WHITE, 0.1);
            }
        }
        Action::Search => {
            let x = -side * 1.3;
            let hook = curve(&[
                (x - 0.25, -1.25),
                (x - 0.2, -1.66),
                (x + 0.45, -1.62),
                (x + 0.3, -1.15),
                (x, -1.05),
                (x, -0.8),
            ]);
            pen.line(&hook, INK, 0.3);
            pen.line(&hook, WHITE, 0.16);
            pen.shape(&oval(x, -0.5, 0.13, 0.13), WHITE, 0.07);
        }
        Action::Dance => {
            let x = -side * 1.62;
            let note = |pen: &mut Pen, x: f32, y: f32| {
                pen.line(&track(&[(x + 0.14, y), (x + 0.14, y - 0.6), (x + 0.42, y - 0.45)]), INK, 0.09);
                pen.fill(&oval(x, y, 0.18, 0.14), INK);
            };
            note(pen, x, -0.35);
        }
        _ => {}
    }
}

/// Lines behind a runner whose feet stand at (0, 0) and who looks to the right.
pub fn speed(pen: &mut Pen) {
    for (y, from, to) in [(-0.3, -2.3, -1.3), (-0.85, -2.6, -1.35), (-1.5, -2.4, -1.5)] {
        pen.line(&track(&[(from, y), (to, y)]), WHITE.veil(220), 0.13);
        pen.line(&track(&[(from + 0.2, y + 0.13), (to, y + 0.13)]), INK.veil(150), 0.06);
    }
    for (x, size) in [(-1.35, 0.22), (-1.75, 0.16)] {
        pen.shape(&oval(x, -0.08, size, size * 0.7), WHITE, 0.05);
    }
}

/// What a walker leaves behind: a puff of dust and two short lines.
pub fn step(pen: &mut Pen) {
    pen.shape(&oval(-1.12, -0.1, 0.2, 0.14), WHITE, 0.05);
    for (y, from) in [(-0.42, -1.42), (-0.72, -1.3)] {
        pen.line(&track(&[(from, y), (from + 0.36, y)]), WHITE.veil(230), 0.12);
        pen.line(&track(&[(from, y + 0.1), (from + 0.36, y + 0.1)]), INK.veil(150), 0.05);
    }
}

/// A heart of this size around (x, y), in units.
pub fn heart(pen: &mut Pen, x: f32, y: f32, size: f32) {
    let s = size;
    let path = blob(&[
        (x, y + s * 1.25),
        (x - s * 0.9, y + s * 0.35),
        (x - s * 1.25, y - s * 0.75),
        (x - s * 0.35, y - s * 1.05),
        (x, y - s * 0.1),
        (x + s * 0.35, y - s * 1.05),
        (x + s * 1.25, y - s * 0.75),
        (x + s * 0.9, y + s * 0.35),
    ]);
    pen.bold(&path, paint(Hue::Red).lighter(20), s * 0.2);
    pen.fill(&oval(x - s * 0.4, y - s * 0.42, s * 0.2, s * 0.16), WHITE);
}

/// The jagged star between two who quarrel.
pub fn spat(pen: &mut Pen, x: f32, y: f32, size: f32) {
    pen.bold(&star(x, y, size, size * 0.5, 8), rgb(0xffd23d), size * 0.1);
    pen.fill(&star(x, y, size * 0.62, size * 0.32, 8), rgb(0xe63b3b));
}

/// Short rays around something just found.
pub fn sparkle(pen: &mut Pen, x: f32, y: f32, size: f32) {
    for (dx, dy) in [(-1.35, -0.5), (1.35, -0.6), (-0.8, -1.35), (0.85, -1.35)] {
        let path = star(x + dx * size, y + dy * size, size * 0.32, size * 0.11, 4);
        pen.line(&path, INK, size * 0.1);
        pen.fill(&path, rgb(0xfff3a0));
    }
}
