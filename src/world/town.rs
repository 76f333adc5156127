//! A town: gabled houses in two rows, a church tower far off, a street lamp, cobbles.

use crate::world::chance::Chance;
use crate::world::pen::{Colour, INK, Pen, oval, poly, rect, rgb, track};

/// The town down to its pavement at `horizon`.
pub fn draw(pen: &mut Pen, horizon: f32, chance: &mut Chance) {
    let tower = chance.between(25.0, 70.0);
    let far = rgb(0xb6abc9);
    pen.fill(&rect(tower - 4.5, horizon - 48.0, 9.0, 48.0), far);
    pen.fill(
        &poly(&[(tower - 6.0, horizon - 48.0), (tower, horizon - 62.0), (tower + 6.0, horizon - 48.0)]),
        far.darker(50),
    );
    for i in 0..8 {
        let x = 14.0 * i as f32 - 5.0;
        pen.fill(&rect(x, horizon - chance.between(24.0, 36.0), 13.0, 40.0), far);
    }
    let walls = [rgb(0xf3b562), rgb(0xe87a6a), rgb(0x8fc7c0), rgb(0xf4e0b0), rgb(0xc79bd6), rgb(0x8fb0e6)];
    let roofs = [rgb(0xb5443c), rgb(0x6d4a7d), rgb(0x8c4f34), rgb(0x49618f)];
    let mut x = chance.between(-12.0, -4.0);
    let mut wall = chance.below(6);
    while x < 104.0 {
        let width = chance.between(17.0, 23.0);
        let tall = chance.between(21.0, 33.0);
        wall = (wall + 1 + chance.below(4)) % 6;
        house(pen, (x, horizon), (width, tall), walls[wall], chance.pick(&roofs), chance);
        x += width;
    }
    pen.fill(&rect(-20.0, horizon, 140.0, 60.0), rgb(0x8d8799));
    pen.shape(&rect(-20.0, horizon, 140.0, 6.0), rgb(0xd3c9c0), 0.7);
    for i in 0..9 {
        let at = 12.5 * i as f32;
        pen.line(&track(&[(at + 2.0, horizon), (at, horizon + 6.0)]), rgb(0x8b8088), 0.5);
    }
    for row in 0..4 {
        let y = horizon + 11.0 + 8.0 * row as f32;
        for i in 0..7 {
            let at = 16.0 * i as f32 + 8.0 * (row % 2) as f32 + chance.between(-2.0, 2.0);
            pen.fill(&oval(at, y, 3.8, 1.2), rgb(0xa19bab));
        }
    }
    lamp(pen, if chance.percent(50) { 7.0 } else { 93.0 }, horizon + 12.0);
}

fn house(
    pen: &mut Pen,
    (x, foot): (f32, f32),
    (width, tall): (f32, f32),
    wall: Colour,
    roof: Colour,
    chance: &mut Chance,
) {
    let top = foot - tall;
    pen.shape(&rect(x, top, width, tall), wall, 0.7);
    let gable = [(x - 1.5, top), (x + width / 2.0, top - width * 0.52), (x + width + 1.5, top)];
    pen.bold(&poly(&gable), roof, 0.8);
    pen.shape(&oval(x + width / 2.0, top - width * 0.17, 1.9, 1.9), rgb(0xffe9a0), 0.6);
    for (dx, dy) in [(0.24, 0.18), (0.76, 0.18), (0.24, 0.55)] {
        let (wx, wy) = (x + width * dx - 2.1, top + tall * dy);
        pen.shape(&rect(wx, wy, 4.2, 5.4), if chance.percent(70) { rgb(0xffe27a) } else { rgb(0x7aa7c7) }, 0.6);
        pen.line(&track(&[(wx + 2.1, wy), (wx + 2.1, wy + 5.4)]), INK, 0.4);
    }
    pen.shape(&rect(x + width * 0.62, foot - 10.0, 5.4, 10.0), roof.darker(60), 0.6);
}

fn lamp(pen: &mut Pen, x: f32, foot: f32) {
    pen.line(&track(&[(x, foot), (x, foot - 40.0)]), INK, 2.4);
    pen.line(&track(&[(x - 2.5, foot), (x + 2.5, foot)]), INK, 2.4);
    pen.fill(&oval(x, foot - 44.0, 7.5, 7.5), rgb(0xfff2a8).veil(90));
    pen.shape(
        &poly(&[(x - 2.6, foot - 40.0), (x - 3.8, foot - 48.0), (x + 3.8, foot - 48.0), (x + 2.6, foot - 40.0)]),
        rgb(0xfff0a0),
        0.8,
    );
    pen.fill(&poly(&[(x - 4.8, foot - 48.0), (x, foot - 52.0), (x + 4.8, foot - 48.0)]), INK);
}
