//! A frame: the camera, the light, who stands where, and the order in which everything is drawn.

use crate::pixels::Rgb;
use crate::world::backdrop;
use crate::world::chance::Chance;
use crate::world::facts::{Facts, FrameFacts, Seen};
use crate::world::figure::{self, Look};
use crate::world::indoors;
use crate::world::pen::{INK, Pen, oval, rect, sine};
use crate::world::props;
use crate::world::signs;
use crate::world::sky;
use crate::world::words::{Action, Place, Thing};

/// Streams of chance: a place looks the same whenever a tale comes back to it.
const PLACES: u64 = 100;
const FRAMES: u64 = 200;
const FURS: u64 = 300;

/// Where somebody stands.
struct Spot {
    x: f32,
    feet: f32,
    /// Radius of the head, in units.
    size: f32,
    /// 1 looks to the right, -1 to the left.
    side: f32,
}

/// Where something is in a drawn frame: a circle, in hundredths of the frame's side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
    pub what: Drawn,
}

/// What a region shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// The head of the one at this place of `FrameFacts::seen`.
    Head(usize),
    Thing,
}

/// Draws frame `at` as a square of `side` pixels, and tells where the heads and the thing are.
pub fn draw(facts: &Facts, at: usize, side: u32) -> (Rgb, Vec<Region>) {
    let frame = &facts.frames[at];
    let mut pen = Pen::new(side);
    let mut chance = Chance::new(facts.seed, FRAMES + at as u64);
    let mut nature = Chance::new(facts.seed, PLACES + frame.place.index() as u64);
    // Framing: 0 wide, 1 usual, 2 close.
    let near = [0, 1, 1, 1, 2][chance.below(5)];
    let zoom = [0.96, 1.06, 1.2][near];
    let shift = chance.between(-3.5, 3.5);
    let light = sky::light(frame.weather, true);
    let indoors = frame.place.indoors();
    pen.placed(50.0 + shift - 50.0 * zoom, 62.0 - 62.0 * zoom, 0.0, (zoom, zoom), |pen| {
        if indoors {
            indoors::room(pen, frame.place, frame.weather, light, &mut nature);
        } else {
            let horizon = backdrop::horizon(frame.place, &mut nature);
            sky::draw(pen, frame.weather, horizon, &mut chance);
            pen.light(light.0, light.1);
            backdrop::behind(pen, frame.place, horizon, &mut nature);
        }
    });
    let near_light = sky::light(frame.weather, false);
    pen.light(near_light.0, if indoors { near_light.1 / 2 } else { near_light.1 });
    let spots = spots(frame, near, &mut chance);
    for spot in &spots {
        pen.fill(&oval(spot.x, spot.feet.min(98.0), spot.size * 1.15, spot.size * 0.2), INK.veil(80));
    }
    let held = frame.thing.map(|thing| (thing, thing_spot(frame, thing, &spots, &mut chance)));
    let on_ground = frame.thing.is_some() && !frame.seen.iter().any(|seen| seen.action.carries());
    if let Some((thing, (x, y, size))) = held
        && on_ground
    {
        pen.fill(&oval(x, y + size, size * 1.1, size * 0.22), INK.veil(80));
        put(&mut pen, frame, thing, (x, y, size), false);
    }
    for (seen, spot) in frame.seen.iter().zip(&spots) {
        let shade = shade(facts.seed, seen);
        person(&mut pen, seen, spot, shade);
    }
    if let Some((thing, spot)) = held
        && !on_ground
    {
        put(&mut pen, frame, thing, spot, true);
    }
    between(&mut pen, frame, &spots, held.map(|(_, spot)| spot));
    pen.light(light.0, light.1);
    if !indoors {
        backdrop::before(&mut pen, frame.place, &mut nature);
        pen.light(light.0, 0);
        sky::veil(&mut pen, frame.weather, frame.place == Place::Snow, &mut chance);
    }
    pen.light(light.0, 0);
    pen.line(&rect(0.0, 0.0, 100.0, 100.0), INK, 2.2);
    let heads = frame.seen.iter().zip(&spots).enumerate().map(|(i, (seen, spot))| {
        let (x, y) = head(seen, spot);
        Region { x, y, radius: spot.size, what: Drawn::Head(i) }
    });
    let thing = held.map(|(_, (x, y, radius))| Region { x, y, radius, what: Drawn::Thing });
    let regions = heads.chain(thing).collect();
    (pen.finish(), regions)
}

/// The centre of a head, in units.
fn head(seen: &Seen, spot: &Spot) -> (f32, f32) {
    let pose = figure::pose(seen.action);
    let lean = sine(pose.lean) * 2.0 * spot.size * spot.side;
    (spot.x + lean, spot.feet + (pose.sink - pose.lift - 2.0) * spot.size)
}

/// Each member's fur differs a little from tale to tale, never within one.
fn shade(seed: u64, seen: &Seen) -> [i32; 3] {
    let mut chance = Chance::new(seed, FURS + seen.member as u64);
    let common = chance.below(21) as i32 - 10;
    [0, 1, 2].map(|_| common + chance.below(13) as i32 - 6)
}

fn spots(frame: &FrameFacts, near: usize, chance: &mut Chance) -> Vec<Spot> {
    let close = frame.seen.iter().any(|seen| matches!(seen.action, Action::Hug));
    if frame.seen.len() == 1 {
        let size = [15.8, 17.4, 18.8][near] + chance.between(-0.4, 0.4);
        let feet = [90.0, 95.5, 104.0][near];
        let side = if chance.percent(50) { 1.0 } else { -1.0 };
        let x = 50.0 - side * chance.between(1.0, 11.0);
        return vec![Spot { x, feet, size, side }];
    }
    let size = [13.8, 14.9, 16.0][near];
    let feet = [91.0, 95.0, 100.0][near];
    let gap = if close { 17.0 } else { chance.between(22.5, 24.5) } + [0.0, 0.6, 1.4][near];
    let middle = 50.0 + chance.between(-2.5, 2.5);
    let swapped = chance.percent(50);
    let mut spots: Vec<Spot> = [-1.0, 1.0]
        .into_iter()
        .map(|place: f32| {
            let own = size + chance.between(-0.4, 0.4);
            Spot { x: middle + place * gap, feet: feet + chance.between(-1.2, 1.2), size: own, side: -place }
        })
        .collect();
    if swapped {
        spots.reverse();
    }
    spots
}

/// Where the thing is: in the near hand of whoever carries it, or on the ground.
fn thing_spot(frame: &FrameFacts, thing: Thing, spots: &[Spot], chance: &mut Chance) -> (f32, f32, f32) {
    let pair = spots.len() == 2;
    let size = if pair { 8.8 } else { 9.9 };
    // Thin things are drawn larger.
    let size = match thing {
        Thing::Umbrella => size * 1.2,
        Thing::Kite => size * 1.15,
        _ => size,
    };
    let acting = |wanted: &dyn Fn(Action) -> bool| frame.seen.iter().position(|seen| wanted(seen.action));
    let carrier = acting(&|action| matches!(action, Action::Give | Action::Hold)).or_else(|| acting(&Action::carries));
    if let Some(carrier) = carrier {
        let spot = &spots[carrier];
        let pose = figure::pose(frame.seen[carrier].action);
        let lean = sine(pose.lean) * -pose.hands[1].1;
        let hand_x = spot.x + spot.side * (pose.hands[1].0 + lean) * spot.size;
        let hand_y = spot.feet + (pose.hands[1].1 - pose.lift) * spot.size;
        let (dx, dy) = match thing {
            Thing::Kite => (0.4, -1.75),
            Thing::Balloon => (0.3, -2.1),
            Thing::Umbrella => (0.0, -2.3),
            Thing::Lantern => (0.4, 0.8),
            _ => (0.6, -0.2),
        };
        let x = (hand_x + spot.side * dx * size).clamp(size + 1.0, 99.0 - size);
        return (x, (hand_y + dy * size).clamp(size * 1.45 + 1.0, 96.5 - size), size);
    }
    let lifted = if matches!(thing, Thing::Kite | Thing::Balloon) { 8.0 } else { 0.0 };
    if pair {
        let x = match frame.seen[0].action {
            // Two who hug leave no room between them.
            Action::Hug if chance.percent(50) => 12.0,
            Action::Hug => 88.0,
            _ => (spots[0].x + spots[1].x) / 2.0,
        };
        return (x, 86.0 - lifted, size);
    }
    let spot = &spots[0];
    let x = (spot.x + spot.side * spot.size * 2.05).clamp(size * 1.2 + 2.0, 98.0 - size * 1.2);
    (x, 85.0 - lifted, size)
}

fn put(pen: &mut Pen, frame: &FrameFacts, thing: Thing, (x, y, size): (f32, f32, f32), carried: bool) {
    pen.placed(x, y, 0.0, (size, size), |pen| props::draw(pen, thing, frame.hue, carried));
}

fn person(pen: &mut Pen, seen: &Seen, spot: &Spot, shade: [i32; 3]) {
    let look = Look {
        species: seen.species,
        emotion: seen.emotion,
        action: seen.action,
        accessory: seen.accessory,
        hue: seen.hue,
        shade,
    };
    pen.placed(spot.x, spot.feet, 0.0, (spot.size * spot.side, spot.size), |pen| {
        match seen.action {
            Action::Run => signs::speed(pen),
            Action::Walk => signs::step(pen),
            _ => {}
        }
        figure::draw(pen, look);
    });
    let head = head(seen, spot);
    // Signs stand behind the head, where there is room: never mirrored, as they are read.
    let outer = if spot.side > 0.0 { -1.0 } else { 1.0 };
    pen.placed(head.0, head.1, 0.0, (spot.size, spot.size), |pen| {
        if seen.action != Action::Sleep {
            signs::feeling(pen, seen.emotion, outer);
        }
        signs::action(pen, seen.action, outer);
    });
}

/// What passes between the characters, or between one and the thing.
fn between(pen: &mut Pen, frame: &FrameFacts, spots: &[Spot], thing: Option<(f32, f32, f32)>) {
    let [first, second] = spots else {
        if let (Some((x, y, size)), Action::Find) = (thing, frame.seen[0].action) {
            signs::sparkle(pen, x, y, size);
        }
        return;
    };
    let x = (first.x + second.x) / 2.0;
    let top = first.feet - 3.1 * first.size;
    match frame.seen[0].action {
        Action::Hug => signs::heart(pen, x, top - 1.0, 4.6),
        Action::Quarrel => signs::spat(pen, x, top + 16.0, 8.0),
        Action::Find => {
            if let Some((x, y, size)) = thing {
                signs::sparkle(pen, x, y, size);
            }
        }
        _ => {}
    }
}
