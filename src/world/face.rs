//! A face: eyes, brows, mouth, cheeks and tears. A feeling is said several times over, so that it survives 96 pixels.
//!
//! Coordinates: the head's centre is (0, 0) and its radius 1.

use crate::world::pen::{Colour, INK, Pen, WHITE, blob, curve, oval, poly, rgb, track};
use crate::world::words::Emotion;

/// Where the parts of a face lie.
#[derive(Clone, Copy)]
pub struct Plan {
    pub eye: (f32, f32),
    /// Size of the eyes, 1 is usual.
    pub wide: f32,
    pub mouth: f32,
    pub cheek: (f32, f32),
}

const LINE: f32 = 0.1;

/// Draws the face; a sleeper's eyes are shut.
pub fn draw(pen: &mut Pen, plan: Plan, emotion: Emotion, asleep: bool) {
    let Plan { eye: (ex, ey), wide, mouth, cheek } = plan;
    let blush = match emotion {
        Emotion::Angry => rgb(0xe8412f).veil(190),
        Emotion::Happy => rgb(0xff7d8e).veil(190),
        Emotion::Calm => rgb(0xff9aa0).veil(110),
        _ => rgb(0xff9aa0).veil(60),
    };
    for side in [-1.0, 1.0] {
        pen.fill(&oval(side * cheek.0, cheek.1, 0.2, 0.14), blush);
    }
    for side in [-1.0, 1.0] {
        let x = side * ex;
        if asleep {
            pen.line(&curve(&[(x - 0.2, ey), (x, ey + 0.24), (x + 0.2, ey)]), INK, LINE);
        } else {
            one_eye(pen, emotion, (x, ey), side, wide);
        }
    }
    the_mouth(pen, if asleep { Emotion::Calm } else { emotion }, mouth);
    if emotion == Emotion::Sad {
        for side in [-1.0, 1.0] {
            tear(pen, side * (ex + 0.08), ey + 0.24, 0.2);
            tear(pen, side * (ex + 0.2), ey + 0.66, 0.24);
        }
    }
    if emotion == Emotion::Scared {
        for i in 0..4 {
            let x = -0.3 + 0.2 * i as f32;
            pen.line(&track(&[(x, -0.82), (x, -0.6)]), rgb(0x3f5fc4), 0.07);
        }
    }
}

fn one_eye(pen: &mut Pen, emotion: Emotion, (x, y): (f32, f32), side: f32, wide: f32) {
    let size = wide;
    match emotion {
        Emotion::Happy => pen.line(&curve(&[(x - 0.21, y + 0.12), (x, y - 0.34), (x + 0.21, y + 0.12)]), INK, 0.125),
        Emotion::Calm => {
            pen.fill(&oval(x, y, 0.145 * size, 0.2 * size), INK);
            pen.fill(&oval(x + 0.05, y - 0.07, 0.055, 0.065), WHITE);
        }
        Emotion::Sad => {
            pen.fill(&oval(x, y + 0.02, 0.16 * size, 0.19 * size), INK);
            pen.fill(&oval(x + 0.04, y - 0.05, 0.065, 0.07), WHITE);
            pen.fill(&oval(x - 0.05, y + 0.1, 0.05, 0.04), rgb(0x9fd8ff));
            brow(pen, (x + side * 0.24, y - 0.2), (x - side * 0.14, y - 0.42), 0.1);
        }
        Emotion::Angry => {
            pen.shape(&oval(x, y + 0.02, 0.19 * size, 0.18 * size), WHITE, 0.05);
            pen.fill(&oval(x - side * 0.04, y + 0.05, 0.1, 0.12), INK);
            brow(pen, (x + side * 0.27, y - 0.36), (x - side * 0.2, y - 0.08), 0.17);
        }
        Emotion::Scared => {
            pen.shape(&oval(x, y, 0.27 * size, 0.31 * size), WHITE, 0.065);
            pen.fill(&oval(x, y + 0.02, 0.065, 0.075), INK);
            brow(pen, (x + side * 0.24, y - 0.4), (x - side * 0.1, y - 0.54), 0.085);
        }
        Emotion::Surprised => {
            pen.shape(&oval(x, y, 0.28 * size, 0.28 * size), WHITE, 0.065);
            pen.fill(&oval(x, y, 0.155, 0.165), INK);
            pen.fill(&oval(x + 0.06, y - 0.07, 0.055, 0.055), WHITE);
            pen.line(&curve(&[(x - 0.18, y - 0.46), (x, y - 0.62), (x + 0.18, y - 0.46)]), INK, 0.085);
        }
    }
}

fn brow(pen: &mut Pen, outer: (f32, f32), inner: (f32, f32), width: f32) {
    pen.line(&track(&[outer, inner]), INK, width);
}

fn the_mouth(pen: &mut Pen, emotion: Emotion, y: f32) {
    let red = rgb(0x9c2436);
    match emotion {
        Emotion::Happy => {
            let open = blob(&[
                (-0.4, y - 0.18),
                (0.0, y - 0.04),
                (0.4, y - 0.18),
                (0.3, y + 0.34),
                (0.0, y + 0.44),
                (-0.3, y + 0.34),
            ]);
            pen.shape(&open, red, 0.065);
            pen.fill(&oval(0.0, y + 0.2, 0.14, 0.085), rgb(0xff7d86));
        }
        Emotion::Sad => pen.line(&curve(&[(-0.2, y + 0.18), (0.0, y - 0.14), (0.2, y + 0.18)]), INK, LINE),
        Emotion::Angry => {
            pen.shape(&poly(&[(-0.28, y - 0.06), (0.28, y - 0.06), (0.32, y + 0.2), (-0.32, y + 0.2)]), WHITE, 0.07);
            pen.line(&track(&[(-0.29, y + 0.07), (0.29, y + 0.07)]), INK, 0.05);
            for x in [-0.14, 0.0, 0.14] {
                pen.line(&track(&[(x, y - 0.05), (x, y + 0.19)]), INK, 0.05);
            }
        }
        Emotion::Scared => {
            let wave =
                [(-0.32, y + 0.08), (-0.2, y - 0.06), (-0.07, y + 0.14), (0.07, y - 0.06), (0.2, y + 0.14), (0.32, y)];
            pen.line(&track(&wave), INK, 0.1);
        }
        Emotion::Surprised => {
            pen.shape(&oval(0.0, y + 0.1, 0.16, 0.24), red, 0.065);
            pen.fill(&oval(0.0, y + 0.2, 0.09, 0.08), rgb(0xff7d86));
        }
        Emotion::Calm => pen.line(&curve(&[(-0.18, y - 0.02), (0.0, y + 0.17), (0.18, y - 0.02)]), INK, 0.085),
    }
}

/// A drop hanging from (x, y).
pub fn tear(pen: &mut Pen, x: f32, y: f32, size: f32) {
    let drop = blob(&[
        (x, y - size * 0.9),
        (x + size * 0.5, y),
        (x + size * 0.75, y + size),
        (x, y + size * 1.5),
        (x - size * 0.75, y + size),
        (x - size * 0.5, y),
    ]);
    let blue: Colour = rgb(0x55b8ff);
    pen.shape(&drop, blue, 0.05);
    pen.fill(&oval(x - size * 0.18, y + size * 0.6, size * 0.16, size * 0.24), WHITE);
}
