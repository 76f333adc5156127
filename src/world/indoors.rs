//! The two rooms: kitchen and bedroom, with the weather in the window.

use crate::world::chance::Chance;
use crate::world::pen::{INK, Pen, WHITE, blob, curve, oval, poly, rect, rgb, track};
use crate::world::sky;
use crate::world::words::{Place, Weather};

/// Where the wall meets the floor.
pub const FLOOR: f32 = 66.0;

/// The whole room behind the characters. The window's glass is drawn without the room's light.
pub fn room(
    pen: &mut Pen,
    place: Place,
    weather: Weather,
    light: (crate::world::pen::Colour, i32),
    chance: &mut Chance,
) {
    // Rooms are lit by lamps: half of the weather's light reaches them.
    pen.light(light.0, light.1 / 2);
    if place == Place::Kitchen { kitchen(pen, weather, light, chance) } else { bedroom(pen, weather, light, chance) }
}

fn framed_window(
    pen: &mut Pen,
    weather: Weather,
    light: (crate::world::pen::Colour, i32),
    at: (f32, f32),
    size: (f32, f32),
) {
    let ((x, y), (width, height)) = (at, size);
    pen.light(WHITE, 0);
    sky::window(pen, weather, at, size);
    pen.light(light.0, light.1 / 2);
    // The wall around the glass covers what stands out of it.
    let frame = rgb(0xfff8ea);
    for (a, b) in [
        ((x, y), (x + width, y)),
        ((x, y + height), (x + width, y + height)),
        ((x, y), (x, y + height)),
        ((x + width, y), (x + width, y + height)),
    ] {
        pen.line(&track(&[a, b]), INK, 3.6);
    }
    for (a, b) in [
        ((x, y), (x + width, y)),
        ((x, y + height), (x + width, y + height)),
        ((x, y), (x, y + height)),
        ((x + width, y), (x + width, y + height)),
        ((x + width / 2.0, y), (x + width / 2.0, y + height)),
    ] {
        pen.line(&track(&[a, b]), frame, 2.2);
    }
    pen.shape(&rect(x - 3.0, y + height + 1.2, width + 6.0, 2.6), frame, 0.7);
}

fn kitchen(pen: &mut Pen, weather: Weather, light: (crate::world::pen::Colour, i32), chance: &mut Chance) {
    let mirrored = chance.percent(50);
    let flip = |x: f32, width: f32| if mirrored { 100.0 - x - width } else { x };
    pen.fill(&rect(-20.0, -20.0, 140.0, 100.0), rgb(0xffe3a3));
    for row in 0..4 {
        let y = 36.0 + 8.0 * row as f32;
        for column in 0..14 {
            let x = 8.0 * column as f32 - 2.0 + 4.0 * (row % 2) as f32;
            pen.fill(&rect(x, y, 7.3, 7.3), if (row + column) % 3 == 0 { rgb(0xa9dcd0) } else { rgb(0xd7f0e6) });
        }
    }
    // A chequered floor.
    pen.fill(&rect(-20.0, FLOOR, 140.0, 60.0), rgb(0xf3e6d3));
    for row in 0..4 {
        let (top, low) = (FLOOR + [0.0, 6.0, 14.0, 24.0][row], FLOOR + [6.0, 14.0, 24.0, 38.0][row]);
        for i in -4i32..8 {
            if (i + row as i32) % 2 == 0 {
                let at = |column: i32, y: f32| 50.0 + (column as f32 * 14.0 - 28.0) * (0.8 + (y - FLOOR) / 40.0);
                pen.fill(
                    &poly(&[(at(i, top), top), (at(i + 1, top), top), (at(i + 1, low), low), (at(i, low), low)]),
                    rgb(0xc98a6b),
                );
            }
        }
    }
    let window = flip(chance.between(36.0, 42.0), 28.0);
    framed_window(pen, weather, light, (window, 8.0), (28.0, 24.0));
    // The stove with its hood and a steaming pot.
    let stove = flip(-2.0, 29.0);
    pen.shape(
        &poly(&[
            (stove + 3.0, 24.0),
            (stove + 8.0, 10.0),
            (stove + 8.0, -4.0),
            (stove + 21.0, -4.0),
            (stove + 21.0, 10.0),
            (stove + 26.0, 24.0),
        ]),
        rgb(0x9fb0bb),
        0.9,
    );
    pen.bold(&rect(stove, 46.0, 29.0, 26.0), rgb(0xf4f0ea), 1.0);
    pen.shape(&rect(stove + 5.0, 54.0, 19.0, 13.0), rgb(0x4a3f4f), 0.8);
    pen.fill(&rect(stove + 6.5, 55.5, 16.0, 10.0), rgb(0xff9d42));
    for i in 0..4 {
        pen.shape(&oval(stove + 6.0 + 5.6 * i as f32, 50.0, 1.2, 1.2), rgb(0xd9483b), 0.5);
    }
    let pot = stove + 14.5;
    pen.bold(
        &blob(&[(pot - 9.0, 34.0), (pot - 8.0, 47.0), (pot + 8.0, 47.0), (pot + 9.0, 34.0), (pot, 35.0)]),
        rgb(0xd9483b),
        0.9,
    );
    pen.line(&track(&[(pot - 9.0, 37.0), (pot + 9.0, 37.0)]), INK, 1.4);
    for dx in [-4.0, 1.0, 5.0] {
        pen.line(
            &curve(&[(pot + dx, 33.0), (pot + dx + 2.0, 30.0), (pot + dx - 2.0, 28.0), (pot + dx + 1.0, 24.0)]),
            WHITE.veil(200),
            1.3,
        );
    }
    // Shelf with jars on the other side, and pans above the counter.
    let shelf = flip(73.0, 30.0);
    pen.bold(&rect(shelf, 27.0, 30.0, 2.6), rgb(0xa5683a), 0.8);
    for (i, hue) in [rgb(0x7bb661), rgb(0xe9a03b), rgb(0x8f7bd0)].into_iter().enumerate() {
        let x = shelf + 4.0 + 8.0 * i as f32;
        pen.shape(&rect(x, 18.5, 6.0, 8.5), hue, 0.7);
        pen.shape(&rect(x - 0.5, 16.5, 7.0, 2.4), rgb(0xfff4dd), 0.6);
    }
    for i in 0..3 {
        let x = shelf + 6.0 + 9.0 * i as f32;
        pen.line(&track(&[(x, 29.6), (x, 35.0)]), INK, 1.0);
        pen.shape(&oval(x, 38.0, 3.4, 3.4), rgb(0xc77b3e), 0.8);
    }
    let counter = flip(75.0, 30.0);
    pen.bold(&rect(counter, 51.0, 30.0, 20.0), rgb(0x5aa6a0), 1.0);
    pen.shape(&rect(counter - 1.5, 48.5, 33.0, 3.4), rgb(0xc98f57), 0.8);
    for dx in [7.0, 21.0] {
        pen.shape(&rect(counter + dx - 5.0, 55.0, 11.0, 13.0), rgb(0x6fbcb4), 0.6);
        pen.fill(&oval(counter + dx + 3.0, 61.0, 0.9, 0.9), INK);
    }
}

fn bedroom(pen: &mut Pen, weather: Weather, light: (crate::world::pen::Colour, i32), chance: &mut Chance) {
    let mirrored = chance.percent(50);
    let flip = |x: f32, width: f32| if mirrored { 100.0 - x - width } else { x };
    let (wall, stripe) =
        chance.pick(&[(rgb(0xc9b6ee), rgb(0xbba5e6)), (rgb(0xb7c4f2), rgb(0xa8b6ea)), (rgb(0xeebad2), rgb(0xe6a9c6))]);
    pen.fill(&rect(-20.0, -20.0, 140.0, 100.0), wall);
    for i in 0..9 {
        pen.fill(&rect(12.0 * i as f32, -2.0, 5.0, FLOOR + 2.0), stripe);
    }
    pen.fill(&rect(-20.0, FLOOR, 140.0, 60.0), rgb(0xc58a5c));
    for i in 0..4 {
        let y = FLOOR + 2.0 + 9.0 * i as f32;
        pen.line(&track(&[(-5.0, y + 6.0), (105.0, y + 6.0)]), rgb(0x96613c), 0.7);
    }
    pen.shape(&rect(-20.0, FLOOR - 3.0, 140.0, 3.0), rgb(0xfff4e3), 0.6);
    let window = flip(chance.between(9.0, 15.0), 26.0);
    framed_window(pen, weather, light, (window, 8.0), (26.0, 26.0));
    // Curtains.
    let curtain = rgb(0xf07f6a);
    for (near, far) in [(window - 4.0, window + 5.0), (window + 30.0, window + 21.0)] {
        let cloth = blob(&[(near, 3.0), (near, 40.0), ((near * 2.0 + far) / 3.0, 40.0), (far, 18.0), (far, 3.0)]);
        pen.shape(&cloth, curtain, 0.8);
    }
    pen.line(&track(&[(window - 7.0, 4.5), (window + 33.0, 4.5)]), INK, 1.8);
    // The bed: headboard, pillow, quilt.
    let bed = flip(56.0, 50.0);
    let head = if mirrored { bed } else { bed + 44.0 };
    pen.bold(
        &blob(&[(head - 3.0, 80.0), (head - 2.5, 34.0), (head + 9.0, 34.0), (head + 9.0, 80.0)]),
        rgb(0x8a5433),
        1.0,
    );
    pen.bold(&rect(bed, 60.0, 50.0, 16.0), rgb(0x9c6139), 1.0);
    pen.bold(
        &blob(&[(bed - 3.0, 72.0), (bed - 2.0, 52.0), (bed + 25.0, 50.0), (bed + 52.0, 52.0), (bed + 53.0, 72.0)]),
        rgb(0x4f9fd8),
        1.0,
    );
    for i in 0..5 {
        let x = bed + 6.0 + 9.5 * i as f32;
        pen.fill(&oval(x, 58.0 + 5.0 * (i % 2) as f32, 2.2, 2.0), rgb(0xffe58a));
    }
    let pillow = if mirrored { bed + 8.0 } else { bed + 42.0 };
    pen.shape(
        &blob(&[
            (pillow - 11.0, 46.0),
            (pillow - 10.0, 56.0),
            (pillow + 10.0, 56.0),
            (pillow + 11.0, 46.0),
            (pillow, 44.0),
        ]),
        rgb(0xfffaf0),
        0.8,
    );
    // A picture on the wall and a rug.
    let picture = flip(64.0, 17.0);
    pen.bold(&rect(picture, 13.0, 17.0, 14.0), rgb(0xd9a441), 0.8);
    pen.fill(&rect(picture + 2.0, 15.0, 13.0, 10.0), rgb(0xcfe8dd));
    pen.fill(
        &poly(&[
            (picture + 2.0, 25.0),
            (picture + 6.5, 18.0),
            (picture + 9.5, 22.0),
            (picture + 11.5, 20.0),
            (picture + 15.0, 25.0),
        ]),
        rgb(0x6da37e),
    );
    let rug = oval(50.0 + chance.between(-6.0, 6.0), 89.0, 40.0, 9.0);
    pen.shape(&rug, rgb(0xe9738a), 0.8);
    pen.fill(&oval(50.0, 89.0, 29.0, 5.8), rgb(0xf6b3be));
}
