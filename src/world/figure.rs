//! A character from tail to head: one silhouette for each species, one pose for each action.
//!
//! Coordinates: the feet stand at (0, 0), the head's radius is 1 and its centre at (0, -2); it looks to the right.

use crate::world::face;
use crate::world::head::{self, LINE};
use crate::world::outfit;
use crate::world::pen::{Colour, INK, Pen, WHITE, blob, curve, oval, rgb, track};
use crate::world::words::{Accessory, Action, Emotion, Hue, Species};

/// What is needed to draw somebody.
#[derive(Clone, Copy)]
pub struct Look {
    pub species: Species,
    pub emotion: Emotion,
    pub action: Action,
    pub accessory: Accessory,
    pub hue: Hue,
    /// Shift of the fur's colour.
    pub shade: [i32; 3],
}

/// How the limbs are held.
pub struct Pose {
    /// Degrees, clockwise.
    pub lean: f32,
    /// How far the feet are above the ground.
    pub lift: f32,
    /// How far the body sinks: sitting.
    pub sink: f32,
    pub tilt: f32,
    pub feet: [(f32, f32); 2],
    /// The far hand and the near one, which carries.
    pub hands: [(f32, f32); 2],
}

/// The pose of an action.
pub fn pose(action: Action) -> Pose {
    let usual = Pose {
        lean: 0.0,
        lift: 0.0,
        sink: 0.0,
        tilt: 0.0,
        feet: [(-0.32, 0.0), (0.32, 0.0)],
        hands: [(-0.78, -0.5), (0.78, -0.5)],
    };
    match action {
        Action::Walk => {
            Pose { lean: 5.0, feet: [(-0.66, -0.2), (0.62, -0.02)], hands: [(-0.94, -0.72), (0.9, -0.78)], ..usual }
        }
        Action::Run => Pose {
            lean: 15.0,
            lift: 0.18,
            feet: [(-1.02, -0.42), (0.78, -0.06)],
            hands: [(-0.98, -0.75), (0.98, -0.95)],
            ..usual
        },
        Action::Dance => Pose {
            lean: -7.0,
            lift: 0.16,
            tilt: 6.0,
            feet: [(-0.3, 0.06), (0.64, -0.26)],
            hands: [(-1.16, -1.5), (1.18, -1.42)],
            ..usual
        },
        Action::Hold => Pose { hands: [(-0.76, -0.55), (0.98, -0.85)], ..usual },
        Action::Stand => usual,
        Action::Cry => Pose {
            sink: 0.42,
            tilt: 7.0,
            feet: [(-0.58, 0.0), (0.6, 0.02)],
            hands: [(-0.8, -1.5), (0.82, -1.46)],
            ..usual
        },
        Action::Sleep => Pose {
            sink: 0.46,
            tilt: 15.0,
            feet: [(-0.6, 0.0), (0.62, 0.02)],
            hands: [(-0.5, -0.55), (0.5, -0.5)],
            ..usual
        },
        Action::Search => {
            Pose { lean: 9.0, feet: [(-0.5, 0.0), (0.4, 0.0)], hands: [(-0.8, -0.6), (0.98, -2.22)], ..usual }
        }
        Action::Find => {
            Pose { lean: 5.0, feet: [(-0.45, 0.0), (0.42, 0.0)], hands: [(-0.95, -1.25), (1.05, -0.72)], ..usual }
        }
        Action::Give => Pose { lean: 6.0, hands: [(0.72, -0.55), (1.05, -0.85)], ..usual },
        Action::Hug => Pose { lean: 5.0, hands: [(0.9, -0.6), (1.05, -0.95)], ..usual },
        Action::Quarrel => {
            Pose { lean: 8.0, feet: [(-0.45, 0.0), (0.42, 0.0)], hands: [(-0.82, -0.75), (1.16, -1.0)], ..usual }
        }
    }
}

/// Main and second colour of the fur.
fn furs(species: Species) -> (Colour, Colour) {
    match species {
        Species::Fox => (rgb(0xf47b20), rgb(0xfff1df)),
        Species::Bear => (rgb(0x9a5c33), rgb(0xe3b98a)),
        Species::Rabbit => (rgb(0xf9f1ea), rgb(0xffb3c1)),
        Species::Cat => (rgb(0x64759c), rgb(0xe9eef8)),
        Species::Frog => (rgb(0x58b947), rgb(0xd9f0a3)),
        Species::Penguin => (rgb(0x2b3c66), rgb(0xfdfdfd)),
        Species::Mouse => (rgb(0xb9aba6), rgb(0xffa9bb)),
        Species::Girl => (rgb(0xffd3b0), rgb(0x7a4524)),
    }
}

/// Draws somebody standing at the origin.
pub fn draw(pen: &mut Pen, look: Look) {
    let (fur, second) = furs(look.species);
    let (fur, second) =
        (fur.shifted(look.shade), if look.species == Species::Girl { second.shifted(look.shade) } else { second });
    let pose = pose(look.action);
    pen.placed(0.0, -pose.lift, pose.lean, (1.0, 1.0), |pen| {
        tail(pen, look.species, fur, second, pose.sink);
        legs(pen, look.species, fur, &pose);
        pen.placed(0.0, pose.sink, 0.0, (1.0, 1.0), |pen| {
            body(pen, look.species, fur, second);
            let behind = matches!(look.action, Action::Dance | Action::Cry);
            if !behind {
                arm(pen, look.species, fur, -1.0, pose.hands[0]);
            }
            pen.placed(0.0, -2.0, pose.tilt, (1.0, 1.0), |pen| {
                let plan = head::draw(pen, look.species, fur, second);
                face::draw(pen, plan, look.emotion, look.action == Action::Sleep);
                outfit::head(pen, look.species, look.accessory, look.hue);
            });
            outfit::neck(pen, look.accessory, look.hue);
            if behind {
                arm(pen, look.species, fur, -1.0, pose.hands[0]);
            }
            arm(pen, look.species, fur, 1.0, pose.hands[1]);
        });
    });
}

fn tail(pen: &mut Pen, species: Species, fur: Colour, second: Colour, sink: f32) {
    let y = sink;
    match species {
        Species::Fox => {
            let brush = blob(&[
                (-0.1, -0.2 + y),
                (-0.75, 0.05 + y),
                (-1.45, -0.35 + y),
                (-1.7, -1.3 + y),
                (-1.35, -1.55 + y),
                (-0.95, -0.95 + y),
                (-0.4, -0.7 + y),
            ]);
            pen.bold(&brush, fur, LINE);
            let tip =
                blob(&[(-1.52, -0.85 + y), (-1.66, -1.36 + y), (-1.4, -1.46 + y), (-1.1, -1.0 + y), (-1.3, -0.8 + y)]);
            pen.fill(&tip, second);
            pen.line(&brush, INK, LINE);
        }
        Species::Cat => {
            let line =
                curve(&[(-0.3, -0.3 + y), (-1.1, -0.1 + y), (-1.3, -0.9 + y), (-1.05, -1.25 + y), (-1.35, -1.5 + y)]);
            pen.limb(&line, fur, 0.24, LINE);
        }
        Species::Mouse => {
            let line = curve(&[(-0.3, -0.2 + y), (-0.9, 0.1), (-1.4, -0.3 + y), (-1.25, -0.8 + y), (-1.6, -0.95 + y)]);
            pen.limb(&line, second, 0.09, LINE * 0.9);
        }
        Species::Rabbit => pen.bold(&oval(-0.62, -0.3 + y, 0.28, 0.27), WHITE, LINE),
        Species::Bear => pen.bold(&oval(-0.66, -0.36 + y, 0.2, 0.2), fur, LINE),
        _ => {}
    }
}

fn legs(pen: &mut Pen, species: Species, fur: Colour, pose: &Pose) {
    let (leg, foot) = match species {
        Species::Penguin => (fur, rgb(0xffa026)),
        Species::Girl => (fur, rgb(0xc8374a)),
        Species::Cat => (fur, rgb(0xe9eef8)),
        Species::Fox => (rgb(0x5a3326), rgb(0x5a3326)),
        _ => (fur, fur),
    };
    for (side, (x, y)) in [(-1.0, pose.feet[0]), (1.0, pose.feet[1])] {
        let hip = (side * 0.26, -0.42 + pose.sink);
        pen.limb(&curve(&[hip, ((hip.0 + x) / 2.0 + 0.06, (hip.1 + y) / 2.0 - 0.04), (x, y - 0.14)]), leg, 0.26, LINE);
        let size = if matches!(species, Species::Rabbit | Species::Frog | Species::Penguin) { 0.34 } else { 0.27 };
        pen.bold(&oval(x + 0.07, y - 0.1, size, 0.15), foot, LINE);
    }
}

fn body(pen: &mut Pen, species: Species, fur: Colour, second: Colour) {
    match species {
        Species::Girl => {
            let dress = blob(&[
                (-0.3, -1.35),
                (-0.42, -0.95),
                (-0.92, -0.12),
                (-0.5, -0.12),
                (0.5, -0.12),
                (0.92, -0.12),
                (0.42, -0.95),
                (0.3, -1.35),
            ]);
            pen.bold(&dress, rgb(0xe8458f), LINE);
            pen.line(&curve(&[(-0.62, -0.28), (0.0, -0.2), (0.62, -0.28)]), WHITE, 0.09);
        }
        Species::Penguin => {
            pen.bold(
                &blob(&[(-0.62, -1.5), (-1.0, -0.5), (-0.66, 0.1), (0.66, 0.1), (1.0, -0.5), (0.62, -1.5)]),
                fur,
                LINE,
            );
            pen.fill(&oval(0.06, -0.55, 0.5, 0.52), second);
        }
        _ => {
            let wide = match species {
                Species::Bear => 1.06,
                Species::Mouse => 0.76,
                Species::Frog => 0.92,
                _ => 0.84,
            };
            let torso = blob(&[
                (-wide * 0.5, -1.4),
                (-wide, -0.55),
                (-wide * 0.75, 0.0),
                (wide * 0.75, 0.0),
                (wide, -0.55),
                (wide * 0.5, -1.4),
            ]);
            pen.bold(&torso, fur, LINE);
            let belly = match species {
                Species::Rabbit => WHITE,
                Species::Mouse => rgb(0xe9dfda),
                _ => second,
            };
            pen.fill(&oval(0.07, -0.52, wide * 0.44, 0.4), belly);
        }
    }
}

fn arm(pen: &mut Pen, species: Species, fur: Colour, side: f32, hand: (f32, f32)) {
    let shoulder = (side * 0.44, -0.98);
    let elbow = ((shoulder.0 + hand.0) / 2.0 + side * 0.1, (shoulder.1 + hand.1) / 2.0 + 0.1);
    if species == Species::Penguin {
        pen.limb(&curve(&[shoulder, elbow, hand]), fur, 0.3, LINE);
        return;
    }
    if species == Species::Girl {
        pen.limb(&curve(&[shoulder, elbow, hand]), fur, 0.2, LINE);
        let half = ((shoulder.0 + elbow.0) / 2.0, (shoulder.1 + elbow.1) / 2.0);
        pen.limb(&track(&[shoulder, half]), rgb(0xe8458f), 0.27, LINE);
    } else {
        pen.limb(&curve(&[shoulder, elbow, hand]), fur, 0.25, LINE);
    }
    let paw = match species {
        Species::Fox => rgb(0x5a3326),
        Species::Cat => rgb(0xe9eef8),
        _ => fur,
    };
    pen.shape(&oval(hand.0, hand.1, 0.18, 0.18), paw, LINE);
}
