//! What characters wear: a scarf at the neck, a pointed hat or a bow on the head; big enough to tell its colour at 96 pixels.

use crate::world::pen::{Colour, Pen, WHITE, blob, oval, poly, rgb, track};
use crate::world::words::{Accessory, Hue, Species};

const LINE: f32 = 0.07;

/// The colour of a hue.
pub fn paint(hue: Hue) -> Colour {
    match hue {
        Hue::Red => rgb(0xe63b3b),
        Hue::Blue => rgb(0x2f6fe0),
        Hue::Green => rgb(0x1f9d55),
        Hue::Yellow => rgb(0xffc928),
        Hue::Purple => rgb(0x9a45d6),
    }
}

/// A hat or a bow on a head around (0, 0), radius 1.
pub fn head(pen: &mut Pen, species: Species, accessory: Accessory, hue: Hue) {
    let colour = paint(hue);
    // Ears and eyes leave room at different heights.
    let top = match species {
        Species::Frog => -1.0,
        Species::Rabbit => -0.72,
        _ => -0.78,
    };
    match accessory {
        Accessory::Hat => {
            pen.bold(&poly(&[(-0.52, top), (0.02, top - 1.15), (0.52, top)]), colour, LINE);
            pen.line(&track(&[(-0.26, top - 0.36), (0.32, top - 0.5)]), colour.lighter(140), 0.13);
            pen.bold(
                &blob(&[
                    (-0.72, top - 0.1),
                    (0.0, top - 0.16),
                    (0.72, top - 0.1),
                    (0.72, top + 0.16),
                    (0.0, top + 0.12),
                    (-0.72, top + 0.16),
                ]),
                colour.darker(60),
                LINE,
            );
            pen.shape(&oval(0.02, top - 1.16, 0.19, 0.19), WHITE, LINE);
        }
        Accessory::Bow => {
            let (x, y) = match species {
                Species::Mouse => (0.42, -0.92),
                Species::Frog => (0.0, 0.98),
                _ => (0.56, -0.78),
            };
            // A frog's eyes are where others wear a bow: it wears one at the chin.
            pen.placed(x, y, if species == Species::Frog { 0.0 } else { 16.0 }, (1.0, 1.0), |pen| {
                for side in [-1.0, 1.0] {
                    let wing = blob(&[
                        (0.0, 0.0),
                        (side * 0.3, -0.44),
                        (side * 0.82, -0.42),
                        (side * 0.68, 0.0),
                        (side * 0.82, 0.42),
                        (side * 0.3, 0.44),
                    ]);
                    pen.bold(&wing, colour, LINE);
                    pen.line(&track(&[(side * 0.18, 0.0), (side * 0.42, -0.08)]), colour.darker(110), 0.06);
                }
                pen.shape(&oval(0.0, 0.0, 0.18, 0.2), colour.lighter(70), LINE);
            });
        }
        Accessory::Scarf | Accessory::None => {}
    }
}

/// A scarf at the neck of a body whose feet stand at (0, 0).
pub fn neck(pen: &mut Pen, accessory: Accessory, hue: Hue) {
    if accessory != Accessory::Scarf {
        return;
    }
    let colour = paint(hue);
    let end = poly(&[(-0.5, -0.98), (-0.12, -0.98), (-0.16, -0.2), (-0.62, -0.24)]);
    pen.bold(&end, colour, LINE);
    pen.line(&track(&[(-0.53, -0.46), (-0.18, -0.44)]), colour.lighter(130), 0.11);
    pen.bold(
        &blob(&[(-0.86, -1.3), (-0.84, -0.84), (0.0, -0.76), (0.84, -0.84), (0.86, -1.3), (0.0, -1.06)]),
        colour,
        LINE,
    );
    for x in [-0.32, 0.1, 0.46] {
        pen.line(&track(&[(x, -1.06), (x + 0.04, -0.9)]), colour.lighter(130), 0.1);
    }
}
