//! What grows: firs, palms, grass, ferns, reeds and flowers, each where it is told to stand.

use crate::world::pen::{Colour, INK, Pen, WHITE, blob, curve, oval, poly, rect, rgb, track};

/// A fir of three tiers.
pub fn fir(pen: &mut Pen, x: f32, foot: f32, tall: f32, colour: Colour, inked: bool) {
    let wide = tall * 0.3;
    if inked {
        pen.shape(&rect(x - tall * 0.04, foot - tall * 0.16, tall * 0.08, tall * 0.16), rgb(0x6d4630), 0.5);
    }
    for (low, high, share) in [(0.12, 0.55, 1.0), (0.36, 0.78, 0.8), (0.58, 1.0, 0.58)] {
        let tier = poly(&[
            (x - wide * share, foot - tall * low),
            (x, foot - tall * high),
            (x + wide * share, foot - tall * low),
        ]);
        pen.fill(&tier, colour);
        if inked {
            let shade = [
                (x, foot - tall * high),
                (x + wide * share, foot - tall * low),
                (x + wide * share * 0.15, foot - tall * low),
            ];
            pen.fill(&poly(&shade), colour.darker(52));
            pen.line(&tier, INK, 0.6);
        }
    }
}

/// Snow on the tiers of a fir of the same place and height.
pub fn snowcap(pen: &mut Pen, x: f32, foot: f32, tall: f32) {
    let wide = tall * 0.3;
    for (low, high, share) in [(0.36, 0.55, 1.0), (0.6, 0.78, 0.8), (0.8, 1.0, 0.58)] {
        let reach = wide * share * 0.5;
        pen.fill(
            &poly(&[
                (x - reach, foot - tall * low),
                (x, foot - tall * high),
                (x + reach, foot - tall * low),
                (x, foot - tall * (low + 0.05)),
            ]),
            WHITE,
        );
    }
}

/// Three blades of grass.
pub fn tuft(pen: &mut Pen, x: f32, y: f32, colour: Colour) {
    for dx in [-1.6, 0.0, 1.6] {
        pen.line(&track(&[(x, y), (x + dx, y - 2.6)]), colour, 0.7);
    }
}

/// A fern, dark before the light behind it.
pub fn fern(pen: &mut Pen, x: f32, y: f32, colour: Colour) {
    for (dx, dy) in [(-16.0, -12.0), (-8.0, -19.0), (1.0, -21.0), (9.0, -18.0), (16.0, -11.0)] {
        let leaf =
            blob(&[(x, y), (x + dx * 0.25, y + dy * 0.9), (x + dx * 1.1, y + dy * 1.1), (x + dx * 0.7, y + dy * 0.4)]);
        pen.shape(&leaf, colour, 0.8);
    }
}

/// A red mushroom.
pub fn mushroom(pen: &mut Pen, x: f32, y: f32) {
    pen.shape(&rect(x - 1.3, y - 4.5, 2.6, 5.0), rgb(0xfff3df), 0.6);
    pen.shape(
        &blob(&[(x - 5.0, y - 3.6), (x - 4.5, y - 10.0), (x + 4.5, y - 10.0), (x + 5.0, y - 3.6)]),
        rgb(0xd8433f),
        0.7,
    );
    pen.fill(&oval(x - 1.4, y - 6.8, 0.9, 0.8), WHITE);
    pen.fill(&oval(x + 1.6, y - 5.6, 0.8, 0.7), WHITE);
}

/// A reed with its cob; `turn` (1 or -1) is where it bends.
pub fn reed(pen: &mut Pen, x: f32, foot: f32, tall: f32, turn: f32) {
    pen.line(&curve(&[(x, foot), (x + turn * 2.0, foot - tall * 0.6), (x + turn, foot - tall)]), rgb(0x3c7a3c), 1.1);
    pen.line(
        &curve(&[(x, foot), (x - turn * 4.0, foot - tall * 0.4), (x - turn * 6.0, foot - tall * 0.55)]),
        rgb(0x4d9448),
        1.2,
    );
    pen.line(&track(&[(x + turn, foot - tall), (x + turn, foot - tall + 5.0)]), INK, 3.2);
    pen.line(&track(&[(x + turn, foot - tall), (x + turn, foot - tall + 5.0)]), rgb(0x8a5a33), 2.1);
}

/// A flower on a stalk, outlined: it stands in the foreground.
pub fn flower(pen: &mut Pen, x: f32, foot: f32, tall: f32, size: f32, hue: Colour) {
    pen.line(&track(&[(x, foot), (x + 0.6, foot - tall)]), rgb(0x2f7d38), 1.1);
    pen.fill(&oval(x, foot - tall, size * 1.6, size * 1.5), INK);
    blossom(pen, x, foot - tall, size, hue);
}

/// Four petals.
pub fn blossom(pen: &mut Pen, x: f32, y: f32, size: f32, hue: Colour) {
    for (dx, dy) in [(-0.75, 0.0), (0.75, 0.0), (0.0, -0.75), (0.0, 0.75)] {
        pen.fill(&oval(x + dx * size, y + dy * size, size * 0.66, size * 0.62), hue);
    }
    pen.fill(&oval(x, y, size * 0.5, size * 0.5), if hue == rgb(0xffe14a) { rgb(0xe88a2d) } else { rgb(0xffc93d) });
}

/// A palm tree whose foot stands at (x, foot).
pub fn palm(pen: &mut Pen, x: f32, foot: f32) {
    let lean = if x < 50.0 { 5.0 } else { -5.0 };
    let top = (x + lean, foot - 52.0);
    pen.limb(&curve(&[(x, foot), (x - lean * 0.8, foot - 26.0), top]), rgb(0xa9713f), 4.6, 0.8);
    for i in 0..6 {
        let y = foot - 6.0 - 8.0 * i as f32;
        let at = x - lean * 0.5;
        pen.line(&track(&[(at - 1.5, y), (at + 1.8, y - 0.8)]), rgb(0x7d4f2b), 0.6);
    }
    for (dx, dy, bend) in
        [(-20.0, 4.0, -9.0), (20.0, 4.0, -9.0), (-14.0, 15.0, -4.0), (14.0, 15.0, -4.0), (4.0, -9.0, -7.0)]
    {
        let leaf = blob(&[
            top,
            (top.0 + dx * 0.5, top.1 + dy * 0.3 + bend * 1.5),
            (top.0 + dx * 1.15, top.1 + dy * 1.2),
            (top.0 + dx * 0.5, top.1 + dy * 0.5 + bend * 0.3),
        ]);
        pen.shape(&leaf, rgb(0x37a35a), 0.8);
    }
    pen.shape(&oval(top.0 - 1.6, top.1 + 2.4, 2.2, 2.2), rgb(0x7a4a2a), 0.6);
    pen.shape(&oval(top.0 + 2.0, top.1 + 2.6, 2.2, 2.2), rgb(0x7a4a2a), 0.6);
}

/// A box of flowers as they stand before houses.
pub fn planter(pen: &mut Pen, x: f32, foot: f32) {
    for (dx, tall) in [(-5.0, 14.0), (0.0, 16.5), (5.0, 13.5)] {
        flower(pen, x + dx, foot - 2.0, tall, 2.6, rgb(0xff5f7a));
    }
    pen.bold(
        &poly(&[(x - 8.5, foot - 8.5), (x + 8.5, foot - 8.5), (x + 7.0, foot), (x - 7.0, foot)]),
        rgb(0xa9663a),
        0.9,
    );
    pen.line(&track(&[(x - 7.6, foot - 5.6), (x + 7.6, foot - 5.6)]), rgb(0x7d4a2b), 0.8);
}
