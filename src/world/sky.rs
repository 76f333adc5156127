//! The sky and the light: what weather and hour do to a frame, before and after everything else is drawn.

use crate::world::chance::Chance;
use crate::world::pen::{Colour, INK, Pen, WHITE, blob, oval, poly, rect, rgb, star, track};
use crate::world::words::Weather;

/// The light on things far away (`backdrop`) and on the characters: a colour and its share of 256.
pub fn light(weather: Weather, backdrop: bool) -> (Colour, i32) {
    let (colour, far, near) = match weather {
        Weather::Sunny => (rgb(0xfff3c4), 8, 0),
        Weather::Rain => (rgb(0x7d93ad), 72, 28),
        Weather::Storm => (rgb(0x3a3f66), 118, 46),
        Weather::Night => (rgb(0x1b2563), 138, 48),
        Weather::Sunset => (rgb(0xff8a4a), 70, 26),
    };
    (colour, if backdrop { far } else { near })
}

/// The sky down to `horizon`, with what stands or hangs in it. Colours are final: no light is laid on it.
pub fn draw(pen: &mut Pen, weather: Weather, horizon: f32, chance: &mut Chance) {
    let (top, low) = match weather {
        Weather::Sunny => (rgb(0x5fbff2), rgb(0xdff4fb)),
        Weather::Rain => (rgb(0x7d8fa6), rgb(0xb9c6d1)),
        Weather::Storm => (rgb(0x2f3358), rgb(0x6e7191)),
        Weather::Night => (rgb(0x0d1440), rgb(0x33418c)),
        Weather::Sunset => (rgb(0xf0694f), rgb(0xffdc8a)),
    };
    pen.sky(-2.0, horizon + 4.0, top, low);
    let side = if chance.percent(50) { chance.between(17.0, 27.0) } else { chance.between(73.0, 83.0) };
    match weather {
        Weather::Sunny => {
            sun(pen, side, 22.0);
            for i in 0..3 {
                // Clouds drift on the other half of the sky.
                let (x, y) =
                    (100.0 - side + 22.0 * (i as f32 - 1.0) + chance.between(-6.0, 6.0), chance.between(15.0, 36.0));
                cloud(pen, x, y, chance.between(6.0, 9.0), WHITE, true);
            }
        }
        Weather::Rain => {
            for i in 0..4 {
                let (x, y) = (chance.between(-2.0, 14.0) + 28.0 * i as f32, chance.between(4.0, 15.0));
                cloud(pen, x, y, chance.between(10.0, 13.0), rgb(0x8d99aa), true);
            }
        }
        Weather::Storm => {
            for i in 0..5 {
                let (x, y) = (chance.between(-4.0, 10.0) + 23.0 * i as f32, chance.between(1.0, 12.0));
                cloud(pen, x, y, chance.between(11.0, 14.0), rgb(0x4a4c6b), true);
            }
            bolt(pen, side, 16.0, 1.0);
        }
        Weather::Night => {
            for _ in 0..16 {
                let (x, y) = (chance.between(2.0, 98.0), chance.between(2.0, horizon - 8.0));
                let size = chance.between(0.6, 1.5);
                pen.fill(&star(x, y, size, size * 0.35, 4), rgb(0xfff3b8));
            }
            moon(pen, side, 21.0, 8.5);
        }
        Weather::Sunset => {
            let low = horizon - 5.0;
            pen.fill(&oval(side, low, 21.0, 21.0), rgb(0xffc168).veil(120));
            pen.fill(&oval(side, low, 15.0, 15.0), rgb(0xffe08a).veil(170));
            pen.shape(&oval(side, low, 10.0, 10.0), rgb(0xff5a3c), 0.5);
            for _ in 0..3 {
                let (x, y) = (chance.between(5.0, 95.0), chance.between(8.0, 32.0));
                let width = chance.between(10.0, 17.0);
                pen.fill(&oval(x, y, width, 1.9), rgb(0xa8467f));
                pen.fill(&oval(x + 4.0, y + 2.4, width * 0.6, 1.4), rgb(0xff9f7a));
            }
        }
    }
}

/// Rain, lightning's flash, falling snow: what is between the reader and the characters.
pub fn veil(pen: &mut Pen, weather: Weather, snow: bool, chance: &mut Chance) {
    let wet = matches!(weather, Weather::Rain | Weather::Storm);
    if snow && !wet {
        for _ in 0..22 {
            let (x, y) = (chance.between(2.0, 98.0), chance.between(2.0, 96.0));
            let size = chance.between(0.5, 1.15);
            pen.fill(&oval(x, y, size, size), WHITE.veil(225));
        }
    }
    if wet {
        let slant = if weather == Weather::Storm { 5.0 } else { 2.2 };
        let drops = if weather == Weather::Storm { 44 } else { 34 };
        for _ in 0..drops {
            let (x, y) = (chance.between(0.0, 104.0), chance.between(-2.0, 96.0));
            let long = chance.between(0.8, 1.5);
            pen.line(&track(&[(x, y), (x - slant * long, y + 5.5 * long)]), rgb(0xd3e8ff).veil(190), 0.75);
        }
    }
}

/// The weather as seen in a window from (x, y), `width` x `height`.
pub fn window(pen: &mut Pen, weather: Weather, (x, y): (f32, f32), (width, height): (f32, f32)) {
    let (cx, cy) = (x + width / 2.0, y + height / 2.0);
    let glass = match weather {
        Weather::Sunny => rgb(0x8fd6f7),
        Weather::Rain => rgb(0x9caec0),
        Weather::Storm => rgb(0x3d4068),
        Weather::Night => rgb(0x141c55),
        Weather::Sunset => rgb(0xff9d5c),
    };
    pen.fill(&rect(x, y, width, height), glass);
    match weather {
        Weather::Sunny => {
            pen.shape(&oval(cx + width * 0.2, cy - height * 0.18, 4.2, 4.2), rgb(0xffd83d), 0.6);
            cloud(pen, cx - width * 0.2, cy + height * 0.15, 3.2, WHITE, false);
        }
        Weather::Rain => {
            cloud(pen, cx, y + 4.0, 5.0, rgb(0x77859a), false);
            for i in 0..6 {
                let at = x + width * (0.12 + 0.16 * i as f32);
                let low = y + height * (0.4 + 0.13 * (i % 3) as f32);
                pen.line(&track(&[(at, low), (at - 1.0, low + 4.0)]), rgb(0xe3f1ff), 0.9);
            }
        }
        Weather::Storm => bolt(pen, cx, y + 1.0, 0.68),
        Weather::Night => {
            moon(pen, cx + width * 0.15, cy - height * 0.1, 4.6);
            for (dx, dy) in [(-0.34, -0.3), (-0.2, 0.22), (0.36, 0.32)] {
                pen.fill(&star(cx + width * dx, cy + height * dy, 1.5, 0.5, 4), rgb(0xfff3b8));
            }
        }
        Weather::Sunset => {
            pen.fill(&rect(x, cy, width, height / 2.0), rgb(0xffcf73));
            pen.fill(&oval(cx, cy + height * 0.2, 5.2, 5.2), rgb(0xff5a3c));
        }
    }
}

fn sun(pen: &mut Pen, x: f32, y: f32) {
    pen.shape(&star(x, y, 12.5, 9.2, 12), rgb(0xffb52e), 0.5);
    pen.shape(&oval(x, y, 8.0, 8.0), rgb(0xffdd45), 0.7);
    pen.fill(&oval(x - 2.2, y - 2.4, 3.2, 2.6), rgb(0xfff3a6));
}

fn moon(pen: &mut Pen, x: f32, y: f32, size: f32) {
    pen.fill(&oval(x, y, size * 1.5, size * 1.5), rgb(0x6b7cc9).veil(80));
    let s = size;
    let crescent = blob(&[
        (x + s * 0.5, y - s * 1.05),
        (x - s * 0.7, y - s * 1.1),
        (x - s * 1.15, y),
        (x - s * 0.7, y + s * 1.1),
        (x + s * 0.5, y + s * 1.05),
        (x + s * 0.9, y + s * 0.55),
        (x - s * 0.05, y + s * 0.6),
        (x - s * 0.05, y - s * 0.6),
        (x + s * 0.9, y - s * 0.55),
    ]);
    pen.shape(&crescent, rgb(0xfff0a8), 0.7);
}

fn cloud(pen: &mut Pen, x: f32, y: f32, size: f32, colour: Colour, inked: bool) {
    let s = size;
    let puffs = [(-0.9, 0.15, 0.5), (-0.35, -0.2, 0.65), (0.35, -0.1, 0.6), (0.9, 0.2, 0.45), (0.0, 0.25, 0.75)];
    if inked {
        for (dx, dy, r) in puffs {
            pen.fill(&oval(x + dx * s, y + dy * s, r * s + 0.55, r * s * 0.8 + 0.55), colour.darker(96));
        }
    }
    for (dx, dy, r) in puffs {
        pen.fill(&oval(x + dx * s, y + dy * s, r * s, r * s * 0.8), colour.darker(22));
    }
    for (dx, dy, r) in puffs {
        pen.fill(&oval(x + dx * s - s * 0.06, y + dy * s - s * 0.12, r * s * 0.88, r * s * 0.66), colour);
    }
}

fn bolt(pen: &mut Pen, x: f32, y: f32, size: f32) {
    let points = [(3.0, 0.0), (-6.0, 15.0), (-0.5, 15.0), (-5.0, 29.0), (8.5, 11.0), (2.5, 11.0), (8.0, 0.0)];
    let path = poly(&points.map(|(dx, dy)| (x + dx * size, y + dy * size)));
    pen.line(&path, rgb(0xfff6b0).veil(110), 3.4 * size);
    pen.fill(&path, rgb(0xffe23d));
    pen.line(&path, INK, 0.8 * size);
}
