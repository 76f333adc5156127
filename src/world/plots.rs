//! Twelve plots of cause and effect. A plot is five beats; each says who is in it, what they may feel and do, with which
//! thing, at which of three places, in which weather, and several ways to say it. The last way is kept out of training.
//!
//! In the sentences: `{A}` `{B}` the characters, `{sA}` she/he, `{oA}` her/him, `{pA}` her/his, `{t}` the thing (with its
//! article), `{in}` the place. No sentence names what its frame does not show.

use crate::world::words::{Action, Emotion, Place, Thing, Weather};
use Action::*;
use Emotion::*;
use Place::*;
use Thing::*;
use Weather::*;

/// Who is in a beat.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    A,
    B,
    Both,
}

/// Which of the plot's two things is seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Nothing,
    First,
    Second,
}

/// One step of a plot.
pub struct Beat {
    pub cast: Cast,
    /// What the first (or only) character may feel, and the second.
    pub feels: [&'static [Emotion]; 2],
    pub acts: [Action; 2],
    pub thing: Slot,
    /// Which of the plot's places, 0..3.
    pub place: usize,
    pub sky: &'static [Weather],
    /// The plot is still understood without it.
    pub optional: bool,
    pub says: &'static [&'static str],
}

/// A plot.
pub struct Plot {
    pub word: &'static str,
    /// `{A}`, `{B}` and `{t}` (without article) are filled in.
    pub title: &'static str,
    pub places: [&'static [Place]; 3],
    pub first: &'static [Thing],
    pub second: &'static [Thing],
    pub beats: [Beat; 5],
}

const OUT: &[Place] = &[Forest, Beach, Town, Snow, Meadow, Lake];
const IN: &[Place] = &[Kitchen, Bedroom];
const ANY: &[Place] = &[Forest, Beach, Kitchen, Town, Snow, Meadow, Lake, Bedroom];
const FAIR: &[Weather] = &[Sunny, Sunset];
const DARK: &[Weather] = &[Night];
const WET: &[Weather] = &[Rain, Storm];
const ALL: &[Weather] = &[Sunny, Rain, Storm, Night, Sunset];
const TOYS: &[Thing] = &[Kite, Ball, Boat, Balloon, Book];
const NO: &[Emotion] = &[];

#[expect(clippy::too_many_arguments, reason = "a row of a table: the plots are read, not called")]
const fn solo(
    cast: Cast,
    feels: &'static [Emotion],
    act: Action,
    thing: Slot,
    place: usize,
    sky: &'static [Weather],
    optional: bool,
    says: &'static [&'static str],
) -> Beat {
    Beat { cast, feels: [feels, NO], acts: [act, act], thing, place, sky, optional, says }
}

const fn duo(
    feels: [&'static [Emotion]; 2],
    acts: [Action; 2],
    thing: Slot,
    place: usize,
    sky: &'static [Weather],
    optional: bool,
    says: &'static [&'static str],
) -> Beat {
    Beat { cast: Cast::Both, feels, acts, thing, place, sky, optional, says }
}

/// Every plot.
#[rustfmt::skip]
pub const PLOTS: [Plot; 12] = [
    Plot {
        word: "lost", title: "{A} and the Lost {t}", places: [ANY, OUT, OUT], first: TOYS, second: TOYS,
        beats: [
            solo(Cast::A, &[Happy, Calm], Hold, Slot::First, 0, FAIR, false,
                &["{A} played with {t} {in}", "{A} held {t} {in}", "{A} had {t} to play with {in}", "{in}, {A} was busy with {t}"]),
            solo(Cast::A, &[Sad, Scared, Angry], Search, Slot::Nothing, 0, ALL, false,
                &["{A} had lost it and looked everywhere {in}", "it was gone, and {A} searched for it {in}", "{A} searched and searched {in}", "{A} turned over every stone {in} to find it"]),
            solo(Cast::B, &[Surprised, Happy], Find, Slot::First, 1, ALL, true,
                &["{B} found {t} {in}", "{B} came upon {t} {in}", "{B} saw {t} lying {in}", "{in}, {B} spotted {t}"]),
            duo([&[Surprised, Happy], &[Happy, Calm]], [Stand, Give], Slot::First, 2, ALL, false,
                &["{B} gave {t} back to {A} {in}", "{in}, {B} brought {A} {t}", "{B} met {A} {in} and handed over {t}", "{A} got {t} back from {B} {in}"]),
            duo([&[Happy], &[Happy, Calm]], [Dance, Dance], Slot::First, 2, FAIR, true,
                &["{A} and {B} played with {t} {in}", "{A} danced with {B} and {t} {in}", "{A} shared {t} with {B} {in}", "{in}, {A} and {B} took turns with {t}"]),
        ],
    },
    Plot {
        word: "storm", title: "{A} and {B} in the Storm", places: [OUT, OUT, IN], first: &[Umbrella], second: &[Cake, Book, Lantern, Apple],
        beats: [
            solo(Cast::A, &[Happy, Calm], Walk, Slot::Nothing, 0, &[Sunny], true,
                &["{A} went for a walk {in}", "{A} walked along {in}", "{A} strolled about {in}", "{in}, {A} took a long walk"]),
            solo(Cast::A, &[Scared, Sad, Angry], Run, Slot::Nothing, 0, WET, false,
                &["{A} ran as fast as {sA} could {in}", "{A} ran for shelter {in}", "{A} got wet and ran {in}", "{in}, {A} dashed off to keep dry"]),
            duo([&[Surprised, Happy], &[Calm, Happy]], [Stand, Hold], Slot::First, 1, WET, false,
                &["{B} held {t} over {A} {in}", "{in}, {B} shared {t} with {A}", "{B} kept {A} dry with {t} {in}", "{A} found room under {t} with {B} {in}"]),
            duo([&[Calm, Happy], &[Calm]], [Hold, Stand], Slot::Second, 2, WET, false,
                &["{A} and {B} waited with {t} {in}", "{B} let {A} in and they shared {t} {in}", "{A} sat with {B} and {t} {in}", "{in}, {A} and {B} kept dry with {t}"]),
            duo([&[Happy], &[Happy, Surprised]], [Dance, Dance], Slot::Nothing, 1, FAIR, true,
                &["{A} and {B} jumped through the puddles {in}", "{A} danced with {B} {in}", "{A} and {B} splashed about {in}", "{in}, {A} and {B} danced in a ring"]),
        ],
    },
    Plot {
        word: "gift", title: "A Gift for {B}", places: [IN, OUT, ANY], first: &[Gift], second: &[Kite, Boat, Ball, Balloon, Lantern, Book, Umbrella],
        beats: [
            solo(Cast::A, &[Happy, Calm], Hold, Slot::First, 0, ALL, false,
                &["{A} wrapped {t} {in}", "{A} made {t} ready {in}", "{A} tied a ribbon round {t} {in}", "{in}, {A} put a ribbon on {t}"]),
            solo(Cast::A, &[Calm, Happy, Scared], Walk, Slot::First, 1, ALL, true,
                &["{A} carried {t} a long way {in}", "{A} walked on with {t} {in}", "{A} set out with {t} {in}", "{in}, {A} kept {t} safe on the way"]),
            duo([&[Happy, Calm], &[Surprised]], [Give, Stand], Slot::First, 2, FAIR, false,
                &["{A} gave {t} to {B} {in}", "{in}, {A} handed {t} to {B}", "{A} held out {t} to {B} {in}", "{B} was given {t} by {A} {in}"]),
            solo(Cast::B, &[Happy, Surprised], Find, Slot::Second, 2, ALL, false,
                &["{B} opened it and found {t} {in}", "{B} pulled the ribbon and there was {t} {in}", "{B} looked inside and saw {t} {in}", "{in}, {B} unpacked {t}"]),
            duo([&[Happy], &[Happy]], [Hug, Hug], Slot::Second, 2, ALL, true,
                &["{B} gave {A} a big hug beside {t} {in}", "{A} and {B} hugged next to {t} {in}", "{B} thanked {A} for {t} with a hug {in}", "{in}, {B} hugged {A} because of {t}"]),
        ],
    },
    Plot {
        word: "quarrel", title: "{A}, {B} and the {t}", places: [ANY, OUT, ANY], first: &[Kite, Ball, Boat, Balloon, Book, Apple, Cake], second: TOYS,
        beats: [
            duo([&[Happy, Calm], &[Happy]], [Stand, Hold], Slot::First, 0, FAIR, true,
                &["{A} and {B} played with {t} {in}", "{A} and {B} had {t} to share {in}", "{A} met {B} and {t} {in}", "{in}, {A} and {B} were busy with {t}"]),
            duo([&[Angry], &[Angry, Sad]], [Quarrel, Quarrel], Slot::First, 0, ALL, false,
                &["{A} and {B} quarrelled over {t} {in}", "{A} wanted {t}, and {B} wanted it too, {in}", "{A} shouted at {B} about {t} {in}", "{in}, {A} and {B} fought over {t}"]),
            solo(Cast::A, &[Sad, Angry], Cry, Slot::Nothing, 1, WET, false,
                &["{A} went off alone {in}", "{A} sat alone {in}", "{A} hid {pA} face {in}", "{in}, {A} wanted to see nobody"]),
            solo(Cast::B, &[Sad, Calm], Hold, Slot::First, 2, ALL, true,
                &["{B} stood alone with {t} {in}", "{B} had {t} but nobody to play with {in}", "{B} looked at {t} and thought of a plan {in}", "{in}, {B} had {t} all alone"]),
            duo([&[Happy, Surprised, Calm], &[Happy, Calm]], [Hug, Hug], Slot::First, 1, FAIR, false,
                &["{A} and {B} made up beside {t} {in}", "{B} said sorry and hugged {A} by {t} {in}", "{A} forgave {B} next to {t} {in}", "{in}, {A} and {B} were friends again, with {t}"]),
        ],
    },
    Plot {
        word: "birthday", title: "A Birthday for {A}", places: [IN, IN, ANY], first: &[Cake], second: &[Gift, Balloon, Kite, Book, Boat],
        beats: [
            solo(Cast::A, &[Sad, Angry, Calm], Stand, Slot::Nothing, 0, ALL, false,
                &["nobody had come to the birthday of {A} {in}", "{A} waited for birthday guests {in}", "{A} was alone on {pA} birthday {in}", "{in}, {A} had no birthday guests"]),
            solo(Cast::B, &[Happy, Calm], Hold, Slot::First, 1, ALL, true,
                &["{B} made {t} {in}", "{B} put candles on {t} {in}", "{B} had {t} ready {in}", "{in}, {B} finished {t}"]),
            duo([&[Surprised], &[Happy]], [Stand, Give], Slot::First, 2, ALL, false,
                &["{B} brought {A} {t} {in}", "{B} came to {A} with {t} {in}", "{in}, {B} held out {t} to {A}", "{A} was handed {t} by {B} {in}"]),
            duo([&[Surprised, Happy], &[Calm, Happy]], [Hold, Stand], Slot::Second, 2, ALL, true,
                &["{A} got {t} from {B} {in}", "{B} had also brought {A} {t} {in}", "{in}, {A} got {t} from {B}", "{A} unwrapped {t} in front of {B} {in}"]),
            duo([&[Happy], &[Happy, Calm]], [Dance, Dance], Slot::First, 2, &[Night, Sunset, Sunny], true,
                &["{A} and {B} danced round {t} {in}", "{A} danced with {B} and {t} {in}", "{A} and {B} ate {t} and sang {in}", "{in}, {A} and {B} feasted on {t}"]),
        ],
    },
    Plot {
        word: "race", title: "The Great Race of {A} and {B}", places: [OUT, OUT, OUT], first: &[Trophy], second: TOYS,
        beats: [
            duo([&[Calm, Happy], &[Calm, Happy, Angry]], [Stand, Stand], Slot::Nothing, 0, &[Sunny], true,
                &["{A} and {B} met for a race {in}", "{A} wanted to race {B} {in}", "{A} and {B} lined up for a race {in}", "{in}, {A} dared {B} to a race"]),
            solo(Cast::A, &[Happy, Calm], Run, Slot::Nothing, 0, ALL, false,
                &["{A} ran ahead in the race {in}", "{A} ran like the wind {in}", "{A} was first in the race {in}", "{in}, {A} took the lead"]),
            solo(Cast::B, &[Sad, Angry], Cry, Slot::Nothing, 1, ALL, false,
                &["{B} had tripped and fallen {in}", "{B} fell and hurt {pB} knee {in}", "{B} could run no more {in}", "{in}, {B} stumbled and fell"]),
            duo([&[Scared, Sad, Calm], &[Surprised]], [Hug, Hug], Slot::Nothing, 1, ALL, true,
                &["{A} turned back and helped {B} {in}", "{A} stopped to help {B} up {in}", "{A} put an arm round {B} {in}", "{in}, {A} came back for {B}"]),
            duo([&[Happy], &[Happy, Surprised]], [Hold, Dance], Slot::First, 2, FAIR, false,
                &["{A} and {B} won {t} together {in}", "{A} shared {t} with {B} {in}", "{A} and {B} lifted {t} {in}", "{in}, {A} and {B} were given {t}"]),
        ],
    },
    Plot {
        word: "home", title: "{A} Finds the Way Home", places: [OUT, OUT, IN], first: &[Lantern], second: &[Apple, Cake, Book],
        beats: [
            solo(Cast::A, &[Sad, Scared], Search, Slot::Nothing, 0, &[Sunset, Rain], false,
                &["{A} had lost the way {in}", "{A} looked for the way home {in}", "{A} did not know where to go {in}", "{in}, {A} could find no path"]),
            solo(Cast::A, &[Scared, Calm], Walk, Slot::First, 0, DARK, true,
                &["{A} walked on with {t} {in}", "{A} lit {t} and walked {in}", "{A} found {pA} way with {t} {in}", "{in}, {A} held up {t} and went on"]),
            duo([&[Surprised, Scared], &[Calm, Surprised]], [Stand, Stand], Slot::First, 1, DARK, false,
                &["{A} met {B} beside {t} {in}", "{A} came upon {B} by {t} {in}", "{in}, {A} saw {B} in the light of {t}", "{B} stepped out in front of {A} and {t} {in}"]),
            duo([&[Calm, Happy], &[Happy, Calm]], [Walk, Walk], Slot::Nothing, 1, &[Night, Sunset], true,
                &["{B} showed {A} the way {in}", "{A} followed {B} {in}", "{B} went with {A} {in}", "{in}, {B} led {A} along"]),
            solo(Cast::A, &[Calm], Sleep, Slot::Nothing, 2, DARK, false,
                &["{A} was home and fell asleep {in}", "{A} slept soundly {in}", "{A} curled up and slept {in}", "{in}, {A} dozed off"]),
        ],
    },
    Plot {
        word: "stranger", title: "{A} Helps a Stranger", places: [OUT, OUT, ANY], first: &[Apple, Cake, Ball, Balloon, Book, Umbrella], second: &[Gift, Kite, Boat, Lantern],
        beats: [
            solo(Cast::A, &[Happy, Calm], Walk, Slot::First, 0, &[Sunny, Rain], false,
                &["{A} walked along with {t} {in}", "{A} carried {t} {in}", "{A} went out with {t} {in}", "{in}, {A} was on the way with {t}"]),
            solo(Cast::B, &[Sad, Scared], Cry, Slot::Nothing, 1, ALL, true,
                &["{B} sat all alone {in}", "{B} had nobody to turn to {in}", "{B} hid {pB} face {in}", "{in}, {B} needed a friend"]),
            duo([&[Surprised, Sad, Calm], &[Sad]], [Stand, Cry], Slot::Nothing, 1, ALL, true,
                &["{A} met {B}, a stranger, {in}", "{A} stopped beside {B} {in}", "{A} asked {B} what was wrong {in}", "{in}, {A} sat down near {B}"]),
            duo([&[Calm, Happy], &[Surprised, Happy]], [Give, Stand], Slot::First, 1, ALL, false,
                &["{A} gave {t} to {B} {in}", "{in}, {A} let {B} have {t}", "{A} held out {t} to {B} {in}", "{B} was offered {t} by {A} {in}"]),
            duo([&[Surprised, Happy], &[Happy]], [Stand, Give], Slot::Second, 2, FAIR, false,
                &["{B} came back with {t} for {A} {in}", "{B} thanked {A} with {t} {in}", "{in}, {B} gave {A} {t}", "{A} was thanked with {t} by {B} {in}"]),
        ],
    },
    Plot {
        word: "dark", title: "{A} and the Dark", places: [IN, OUT, IN], first: &[Lantern], second: &[Book, Ball],
        beats: [
            solo(Cast::A, &[Scared], Stand, Slot::Nothing, 0, &[Night, Storm], false,
                &["{A} could not sleep in the dark {in}", "{A} heard a noise in the dark {in}", "{A} saw shadows on the wall {in}", "{in}, {A} did not dare to move"]),
            solo(Cast::B, &[Calm, Surprised], Walk, Slot::First, 1, DARK, true,
                &["{B} came along with {t} {in}", "{B} lit {t} {in}", "{B} walked with {t} {in}", "{in}, {B} went about with {t}"]),
            duo([&[Surprised, Scared], &[Calm, Happy]], [Stand, Hold], Slot::First, 0, &[Night, Storm], false,
                &["{B} lit up the dark for {A} with {t} {in}", "{B} brought {A} {t} {in}", "{in}, {B} held up {t} for {A}", "{A} saw {B} come with {t} {in}"]),
            duo([&[Calm, Happy, Surprised], &[Calm, Happy]], [Walk, Walk], Slot::First, 1, DARK, true,
                &["{A} and {B} went out to see the stars with {t} {in}", "{A} and {B} looked at the night sky by {t} {in}", "{A} walked with {B} and {t} {in}", "{in}, {B} led {A} through the night with {t}"]),
            solo(Cast::A, &[Calm], Sleep, Slot::First, 2, DARK, false,
                &["{A} fell asleep beside {t} {in}", "{A} slept near {t} {in}", "{A} dozed next to {t} {in}", "{in}, {A} slept in the light of {t}"]),
        ],
    },
    Plot {
        word: "treasure", title: "The Treasure of {A} and {B}", places: [ANY, OUT, OUT], first: &[Key], second: &[Trophy, Lantern, Gift],
        beats: [
            solo(Cast::A, &[Surprised, Happy], Find, Slot::First, 0, ALL, false,
                &["{A} found {t} {in}", "{A} saw {t} lying {in}", "{A} came upon {t} {in}", "{in}, {A} dug up {t}"]),
            solo(Cast::A, &[Calm, Happy, Sad], Walk, Slot::First, 1, ALL, true,
                &["{A} carried {t} far and wide {in}", "{A} tried {t} in every door {in}", "{A} took {t} along {in}", "{in}, {A} walked on with {t}"]),
            duo([&[Scared, Surprised], &[Angry]], [Hold, Stand], Slot::First, 1, ALL, false,
                &["{B} stopped {A} and pointed at {t} {in}", "{B} blocked the way of {A} and {t} {in}", "{in}, {B} wanted {t} from {A}", "{A} ran into {B}, who wanted {t}, {in}"]),
            duo([&[Surprised], &[Surprised, Happy]], [Find, Stand], Slot::Second, 2, ALL, false,
                &["{A} and {B} opened a chest and saw {t} {in}", "{A} and {B} dug up {t} {in}", "{A} showed {B} where {t} was hidden {in}", "{in}, {A} and {B} found {t} under a stone"]),
            duo([&[Happy], &[Happy, Calm]], [Dance, Dance], Slot::Second, 2, FAIR, true,
                &["{A} and {B} danced round {t} {in}", "{A} shared {t} with {B} {in}", "{A} and {B} cheered over {t} {in}", "{in}, {A} and {B} sang about {t}"]),
        ],
    },
    Plot {
        word: "lesson", title: "{A} Learns Something New", places: [OUT, OUT, OUT], first: &[Kite, Ball, Boat, Balloon], second: &[Trophy],
        beats: [
            solo(Cast::A, &[Angry, Sad], Hold, Slot::First, 0, FAIR, false,
                &["{A} tried and tried with {t}, but it did not work, {in}", "{A} had no luck with {t} {in}", "{t} would not obey {A} {in}", "{in}, {A} could not master {t}"]),
            solo(Cast::B, &[Surprised, Calm], Stand, Slot::Nothing, 0, ALL, true,
                &["{B} watched from afar {in}", "{B} passed by {in}", "{B} stood and watched {in}", "{in}, {B} watched it all"]),
            duo([&[Angry, Surprised, Calm], &[Calm, Happy]], [Stand, Hold], Slot::First, 1, ALL, false,
                &["{B} showed {A} how to use {t} {in}", "{B} took {t} and taught {A} a trick {in}", "{in}, {B} helped {A} with {t}", "{A} watched how {B} handled {t} {in}"]),
            solo(Cast::A, &[Surprised, Happy], Run, Slot::First, 2, ALL, true,
                &["{A} tried {t} again {in}", "{A} ran with {t} {in}", "{A} ran along and {t} obeyed {in}", "{in}, {A} raced about with {t}"]),
            duo([&[Happy], &[Happy, Calm]], [Dance, Stand], Slot::Second, 2, FAIR, false,
                &["{A} won {t}, and {B} cheered, {in}", "{A} showed {B} {t} {in}", "{A} thanked {B} and danced with {t} {in}", "{in}, {A} raised {t} beside {B}"]),
        ],
    },
    Plot {
        word: "picnic", title: "The Picnic of {A} and {B}", places: [&[Kitchen], OUT, IN], first: &[Cake, Apple], second: &[Umbrella],
        beats: [
            solo(Cast::A, &[Happy, Calm], Hold, Slot::First, 0, &[Sunny, Sunset, Rain], false,
                &["{A} packed {t} for a picnic {in}", "{A} got {t} ready {in}", "{A} put {t} in a basket {in}", "{in}, {A} prepared {t} for an outing"]),
            duo([&[Happy, Calm], &[Happy, Surprised]], [Walk, Walk], Slot::First, 1, FAIR, false,
                &["{A} and {B} went on a picnic with {t} {in}", "{A} met {B} and they had {t} {in}", "{A} and {B} carried {t} {in}", "{in}, {A} invited {B} to have {t}"]),
            solo(Cast::B, &[Scared, Angry, Sad], Run, Slot::Nothing, 1, WET, false,
                &["{B} ran from the thunder {in}", "{B} got wet to the bone {in}", "{B} ran off to stay dry {in}", "{in}, {B} fled from the clouds"]),
            duo([&[Calm, Happy], &[Surprised, Calm]], [Hold, Stand], Slot::Second, 1, WET, true,
                &["{A} opened {t} for {B} {in}", "{A} held {t} over {B} {in}", "{in}, {A} sheltered {B} under {t}", "{B} crept under {t} with {A} {in}"]),
            duo([&[Happy, Calm], &[Happy, Calm]], [Hug, Hug], Slot::Nothing, 2, ALL, false,
                &["{A} and {B} warmed each other {in}", "{A} gave {B} a warm hug {in}", "{A} and {B} cuddled up {in}", "{in}, {A} and {B} dried off together"]),
        ],
    },
];

/// A beat that fits between any two: somebody on the way. Used where a tale has six frames.
pub const WAY: Beat = solo(
    Cast::A,
    &[Calm, Happy, Sad],
    Walk,
    Slot::Nothing,
    1,
    ALL,
    true,
    &["{A} strolled about {in}", "{A} went on {pA} way {in}", "{A} wandered about {in}", "{in}, {A} kept on walking"],
);
