//! The six places out of doors: far, middle and near layers, and what stands in the foreground. The town's houses are
//! in `town`, rooms in `indoors`.

use crate::world::chance::Chance;
use crate::world::pen::{INK, Pen, WHITE, blob, curve, oval, poly, rect, rgb, star, track};
use crate::world::plants::{blossom, fern, fir, flower, mushroom, palm, planter, reed, snowcap, tuft};
use crate::world::town;
use crate::world::words::Place;

/// Where the ground of a place begins, in units from the top.
pub fn horizon(place: Place, chance: &mut Chance) -> f32 {
    let middle = match place {
        Place::Town => 63.0,
        Place::Lake => 47.0,
        Place::Beach => 45.0,
        _ => 59.0,
    };
    middle + chance.between(-3.0, 3.0)
}

/// Everything behind the characters, below the sky.
pub fn behind(pen: &mut Pen, place: Place, horizon: f32, chance: &mut Chance) {
    match place {
        Place::Forest => forest(pen, horizon, chance),
        Place::Beach => beach(pen, horizon, chance),
        Place::Town => town::draw(pen, horizon, chance),
        Place::Snow => snow(pen, horizon, chance),
        Place::Lake => lake(pen, horizon, chance),
        _ => meadow(pen, horizon, chance),
    }
}

/// What grows or lies before the characters, at the lower corners.
pub fn before(pen: &mut Pen, place: Place, chance: &mut Chance) {
    let left = chance.between(-3.0, 6.0);
    let right = chance.between(94.0, 103.0);
    match place {
        Place::Forest => {
            for x in [left, right] {
                fern(pen, x, 101.0, rgb(0x1d5a35));
            }
            mushroom(pen, if chance.percent(50) { left + 10.0 } else { right - 10.0 }, 97.0);
        }
        Place::Beach => {
            pen.shape(&star(left + 7.0, 95.0, 4.6, 2.1, 5), rgb(0xff7b5a), 0.8);
            pen.shape(
                &blob(&[(right - 12.0, 97.0), (right - 9.0, 90.0), (right - 3.0, 90.0), (right, 97.0)]),
                rgb(0xffd9cf),
                0.8,
            );
            for dx in [-8.0, -6.0, -4.0] {
                pen.line(&track(&[(right - 6.0, 96.0), (right + dx, 91.8)]), rgb(0xd98b86), 0.6);
            }
        }
        Place::Town => {
            let x = if chance.percent(50) { left + 5.0 } else { right - 5.0 };
            planter(pen, x, 101.0);
        }
        Place::Snow => {
            pen.fill(&blob(&[(-12.0, 104.0), (-8.0, 88.0), (12.0, 91.0), (26.0, 104.0)]), WHITE);
            pen.fill(&blob(&[(72.0, 104.0), (88.0, 92.0), (108.0, 86.0), (112.0, 104.0)]), WHITE);
        }
        Place::Lake => {
            for (x, turn) in [(left, 1.0), (left + 4.0, 1.0), (right, -1.0), (right - 5.0, -1.0)] {
                reed(pen, x, 100.0, chance.between(17.0, 26.0), turn);
            }
        }
        _ => {
            for x in [left, left + 6.0, left + 12.0, right, right - 6.0, right - 13.0] {
                let hue = chance.pick(&[rgb(0xff5f7a), rgb(0xffd23d), rgb(0xb46bff), WHITE]);
                flower(pen, x, 100.0, chance.between(6.0, 13.0), 2.9, hue);
            }
        }
    }
}

fn forest(pen: &mut Pen, horizon: f32, chance: &mut Chance) {
    // Far trees are pale and blue, near ones dark: the air between them.
    for i in 0..11 {
        let x = 10.0 * i as f32 + chance.between(-3.0, 3.0);
        fir(pen, x, horizon + 2.0, chance.between(24.0, 34.0), rgb(0x86b8a0), false);
    }
    for i in 0..7 {
        let x = 17.0 * i as f32 + chance.between(-4.0, 4.0);
        fir(pen, x, horizon + 4.0, chance.between(36.0, 48.0), rgb(0x3f8f5c), true);
    }
    pen.shape(
        &blob(&[(-20.0, 130.0), (-20.0, horizon), (50.0, horizon - 3.0), (120.0, horizon), (120.0, 130.0)]),
        rgb(0x5ea354),
        0.6,
    );
    pen.fill(&blob(&[(35.0, 130.0), (44.0, 84.0), (50.0, horizon + 1.0), (56.0, 84.0), (82.0, 130.0)]), rgb(0xc9a06b));
    for _ in 0..7 {
        let (x, y) = (chance.between(0.0, 100.0), chance.between(horizon + 6.0, 92.0));
        tuft(pen, x, y, rgb(0x2f7a42));
    }
    // Two great trunks frame the picture.
    for (x, width) in [(chance.between(-3.0, 2.0), 11.0), (chance.between(98.0, 104.0), 10.0)] {
        let trunk = [
            (x - width, 110.0),
            (x - width * 0.5, 76.0),
            (x - width * 0.45, -12.0),
            (x + width * 0.45, -12.0),
            (x + width * 0.5, 76.0),
            (x + width, 110.0),
        ];
        pen.bold(&poly(&trunk), rgb(0x6d4630), 1.0);
        pen.line(&curve(&[(x, 20.0), (x + 1.0, 40.0), (x - 1.0, 60.0)]), rgb(0x4b2e22), 0.8);
        for (dx, dy) in [(-9.0, 1.0), (9.0, 0.0), (0.0, 6.0)] {
            pen.fill(&oval(x + dx, dy, 12.0, 8.5), INK);
            pen.fill(&oval(x + dx, dy - 0.9, 12.0, 8.5), rgb(0x2f7d47));
        }
    }
}

fn beach(pen: &mut Pen, horizon: f32, chance: &mut Chance) {
    let isle = chance.between(20.0, 75.0);
    pen.fill(
        &blob(&[
            (isle - 18.0, horizon + 3.0),
            (isle - 8.0, horizon - 7.0),
            (isle + 6.0, horizon - 5.0),
            (isle + 18.0, horizon + 3.0),
        ]),
        rgb(0x8fb7b2),
    );
    pen.fill(&rect(-20.0, horizon, 140.0, 40.0), rgb(0x2d9ad6));
    pen.line(&track(&[(-20.0, horizon), (120.0, horizon)]), INK, 0.5);
    for i in 0..4 {
        let y = horizon + 3.5 + 4.0 * i as f32;
        for j in 0..4 {
            let x = 30.0 * j as f32 + chance.between(-8.0, 8.0);
            let wave = curve(&[(x - 7.0, y), (x - 3.0, y - 2.2), (x, y), (x + 3.0, y - 2.2), (x + 7.0, y)]);
            pen.line(&wave, rgb(0xbfeaff), 0.9);
        }
    }
    let shore = horizon + 20.0;
    let waves = |dy: f32| -> Vec<(f32, f32)> {
        let mut points = vec![(-25.0, 130.0)];
        points.extend((0..9).map(|i| (-20.0 + 18.0 * i as f32, shore + dy + if i % 2 == 0 { 2.0 } else { -2.0 })));
        points.push((125.0, 130.0));
        points
    };
    pen.fill(&blob(&waves(-2.4)), WHITE);
    pen.fill(&blob(&waves(0.2)), rgb(0xf4d58f));
    pen.fill(&blob(&waves(9.0)), rgb(0xf9e2a6));
    for _ in 0..14 {
        let (x, y) = (chance.between(0.0, 100.0), chance.between(shore + 6.0, 98.0));
        pen.fill(&oval(x, y, 0.8, 0.5), rgb(0xd0a45e));
    }
    palm(pen, if chance.percent(50) { 6.0 } else { 94.0 }, shore + 13.0);
}

fn snow(pen: &mut Pen, horizon: f32, chance: &mut Chance) {
    for (x, tall, wide) in [
        (chance.between(8.0, 22.0), 40.0, 30.0),
        (chance.between(76.0, 92.0), 44.0, 32.0),
        (chance.between(40.0, 60.0), 30.0, 26.0),
    ] {
        let top = horizon - tall;
        pen.shape(&poly(&[(x - wide, horizon + 3.0), (x, top), (x + wide, horizon + 3.0)]), rgb(0x8ea3cc), 0.7);
        pen.fill(&poly(&[(x, top), (x + wide, horizon + 3.0), (x + wide * 0.1, horizon + 3.0)]), rgb(0x7388b8));
        let cap = [
            (x, top),
            (x + wide * 0.4, top + tall * 0.4),
            (x + wide * 0.2, top + tall * 0.33),
            (x + wide * 0.06, top + tall * 0.48),
            (x - wide * 0.14, top + tall * 0.32),
            (x - wide * 0.38, top + tall * 0.4),
        ];
        pen.shape(&poly(&cap), WHITE, 0.6);
    }
    for i in 0..6 {
        let x = 19.0 * i as f32 + chance.between(-5.0, 5.0);
        let tall = chance.between(15.0, 24.0);
        fir(pen, x, horizon + 4.0, tall, rgb(0x4f7f8a), true);
        snowcap(pen, x, horizon + 4.0, tall);
    }
    pen.shape(
        &blob(&[
            (-20.0, 130.0),
            (-20.0, horizon),
            (20.0, horizon - 2.0),
            (60.0, horizon + 5.0),
            (120.0, horizon - 2.0),
            (120.0, 130.0),
        ]),
        rgb(0xf2f7ff),
        0.6,
    );
    for _ in 0..4 {
        let (x, y) = (chance.between(5.0, 95.0), chance.between(horizon + 8.0, 90.0));
        pen.fill(&oval(x, y, chance.between(7.0, 13.0), 1.5), rgb(0xcfdcf2));
    }
    for x in [chance.between(-2.0, 5.0), chance.between(95.0, 102.0)] {
        fir(pen, x, horizon + 16.0, 50.0, rgb(0x2f6f66), true);
        snowcap(pen, x, horizon + 16.0, 50.0);
    }
}

fn meadow(pen: &mut Pen, horizon: f32, chance: &mut Chance) {
    pen.shape(
        &blob(&[(-30.0, 90.0), (-10.0, horizon - 16.0), (35.0, horizon - 6.0), (60.0, 90.0)]),
        rgb(0xa9d98a),
        0.5,
    );
    pen.shape(
        &blob(&[(30.0, 90.0), (70.0, horizon - 20.0), (120.0, horizon - 10.0), (130.0, 90.0)]),
        rgb(0x93cf7c),
        0.5,
    );
    mill(pen, if chance.percent(50) { 20.0 } else { 80.0 }, horizon - 4.0, chance);
    pen.shape(
        &blob(&[(-25.0, 130.0), (-25.0, horizon + 2.0), (40.0, horizon - 4.0), (125.0, horizon + 3.0), (125.0, 130.0)]),
        rgb(0x7ed04f),
        0.6,
    );
    for i in 0..9 {
        let x = 12.5 * i as f32 + 1.0;
        pen.shape(&rect(x - 1.0, horizon - 2.0, 2.2, 8.0), rgb(0xf7efdc), 0.5);
    }
    pen.line(&track(&[(-5.0, horizon + 1.6), (105.0, horizon + 1.6)]), INK, 2.0);
    pen.line(&track(&[(-5.0, horizon + 1.6), (105.0, horizon + 1.6)]), rgb(0xf7efdc), 1.1);
    for _ in 0..26 {
        let (x, y) = (chance.between(0.0, 100.0), chance.between(horizon + 9.0, 97.0));
        let hue = chance.pick(&[rgb(0xff5f7a), rgb(0xffe14a), rgb(0xc07bff), WHITE, rgb(0xff9a3d)]);
        let size = 0.9 + (y - horizon) / 38.0;
        tuft(pen, x, y + 1.6, rgb(0x4fa335));
        blossom(pen, x, y - size, size, hue);
    }
}

fn mill(pen: &mut Pen, x: f32, foot: f32, chance: &mut Chance) {
    let top = foot - 19.0;
    pen.shape(&poly(&[(x - 5.0, foot), (x - 3.0, top), (x + 3.0, top), (x + 5.0, foot)]), rgb(0xf6e6d0), 0.6);
    pen.shape(&poly(&[(x - 4.2, top), (x, top - 5.0), (x + 4.2, top)]), rgb(0xc65343), 0.6);
    let turn = chance.between(0.0, 90.0);
    for quarter in 0..4 {
        pen.placed(x, top, turn + 90.0 * quarter as f32, (1.0, 1.0), |pen| {
            pen.shape(&rect(1.0, -0.6, 11.0, 3.2), rgb(0xfffaf0), 0.5);
        });
    }
    pen.fill(&oval(x, top, 1.1, 1.1), INK);
}

fn lake(pen: &mut Pen, horizon: f32, chance: &mut Chance) {
    for (x, tall, colour) in [(12.0, 15.0, rgb(0x86b894)), (48.0, 10.0, rgb(0x97c69d)), (88.0, 18.0, rgb(0x7bb08d))] {
        let x = x + chance.between(-6.0, 6.0);
        pen.shape(
            &blob(&[
                (x - 38.0, horizon + 14.0),
                (x - 12.0, horizon - tall),
                (x + 12.0, horizon - tall),
                (x + 38.0, horizon + 14.0),
            ]),
            colour,
            0.5,
        );
    }
    pen.fill(&rect(-20.0, horizon + 2.0, 140.0, 80.0), rgb(0x8fc75f));
    pen.shape(&oval(50.0, horizon + 14.0, 62.0, 14.5), rgb(0x3f9fd0), 0.7);
    pen.fill(&oval(50.0, horizon + 12.5, 57.0, 11.0), rgb(0x62bbe4));
    for _ in 0..8 {
        let (x, y) = (chance.between(4.0, 96.0), horizon + chance.between(6.0, 21.0));
        pen.line(&track(&[(x - 4.0, y), (x + 4.0, y)]), rgb(0xd4f2ff), 0.8);
    }
    for _ in 0..4 {
        let (x, y) = (chance.between(8.0, 92.0), horizon + chance.between(12.0, 22.0));
        pen.shape(&oval(x, y, 4.2, 1.6), rgb(0x4aa356), 0.5);
        if chance.percent(60) {
            blossom(pen, x, y - 1.6, 1.3, rgb(0xffa8cf));
        }
    }
    pen.shape(
        &blob(&[
            (-25.0, 130.0),
            (-25.0, horizon + 22.0),
            (30.0, horizon + 28.0),
            (75.0, horizon + 27.0),
            (125.0, horizon + 21.0),
            (125.0, 130.0),
        ]),
        rgb(0x79bd52),
        0.6,
    );
    for _ in 0..8 {
        let (x, y) = (chance.between(0.0, 100.0), chance.between(horizon + 32.0, 96.0));
        tuft(pen, x, y, rgb(0x4a8f37));
    }
    for x in [chance.between(1.0, 6.0), chance.between(94.0, 99.0)] {
        reed(pen, x, horizon + 30.0, 24.0, 1.0);
        reed(pen, x + 4.0, horizon + 31.0, 18.0, -1.0);
    }
}
