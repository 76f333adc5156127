//! Six plots about what passes between two: shelter, a gift, a quarrel, a birthday, a stranger, a picnic.

use crate::world::beat::{ALL, ANY, Cast, FAIR, IN, OUT, Plot, Slot, TOYS, WET, duo, solo};
use crate::world::words::{Action, Emotion, Place, Thing, Weather};
use Action::*;
use Emotion::*;
use Place::*;
use Thing::*;
use Weather::*;

#[rustfmt::skip]
pub const STORM: Plot = Plot {
    word: "storm", title: "{A} and {B} in the Storm", places: [OUT, OUT, IN], first: &[Umbrella], second: &[Cake, Book, Lantern, Apple],
    beats: [
        solo(Cast::A, &[Happy, Calm], Walk, Slot::Nothing, 0, &[Sunny], true,
            &["{A} went for a walk {in}", "{A} walked along {in}", "{A} strolled about {in}", "{A} had nothing to do and took a walk {in}",
              "{A} walked and looked at the clouds {in}", "{in}, {A} took a long walk"],
            &["\"How far can I go today?\" asked {A}", "\"What a day for a walk,\" said {A}", "\"I like the fresh air,\" said {A}"]),
        solo(Cast::A, &[Scared, Sad, Angry], Run, Slot::Nothing, 0, WET, false,
            &["{A} ran as fast as {sA} could {in}", "{A} ran for shelter {in}", "{A} got wet and ran {in}", "the clouds burst, so {A} ran {in}",
              "{A} was soaked and kept running {in}", "{in}, {A} dashed off to keep dry"],
            &["\"I must find a roof!\" called {A}", "\"I am getting wet!\" called {A}", "\"Oh dear, oh dear,\" said {A}"]),
        duo([&[Surprised, Happy], &[Calm, Happy]], [Stand, Hold], Slot::First, 1, WET, false,
            &["{B} held {t} over {A} {in}", "{in}, {B} shared {t} with {A}", "{B} kept {A} dry with {t} {in}", "{A} was wet, so {B} opened {t} {in}",
              "{B} made room for {A} under {t} {in}", "{A} found room under {t} with {B} {in}"],
            &["\"Come under here,\" said {B}", "\"There is room for you too,\" said {B}", "\"You came just in time,\" said {A}", "\"Stay close to me,\" said {B}"]),
        duo([&[Calm, Happy], &[Calm]], [Hold, Stand], Slot::Second, 2, WET, false,
            &["{A} and {B} waited with {t} {in}", "{B} let {A} in and showed where {t} was {in}", "{A} stayed with {B} and {t} {in}", "{A} and {B} were dry and had {t} {in}",
              "it was dry {in}, and {A} showed {B} {t}", "{in}, {A} and {B} kept dry with {t}"],
            &["\"Let it pour,\" said {B}", "\"Here we are dry,\" said {A}", "\"Soon it will be over,\" said {B}"]),
        duo([&[Happy], &[Happy, Surprised]], [Dance, Dance], Slot::Nothing, 1, FAIR, true,
            &["{A} and {B} jumped through the puddles {in}", "{A} danced with {B} {in}", "{A} and {B} splashed about {in}", "the rain was over, so {A} and {B} played {in}",
              "{A} taught {B} a puddle dance {in}", "{in}, {A} and {B} danced in a ring"],
            &["\"Jump with me!\" called {A}", "\"The storm is over!\" called {B}", "\"Now the world is clean,\" said {A}"]),
    ],
};

#[rustfmt::skip]
pub const GIFT: Plot = Plot {
    word: "gift", title: "A Gift for {B}", places: [IN, OUT, ANY], first: &[Gift], second: &[Kite, Boat, Ball, Balloon, Lantern, Book, Umbrella],
    beats: [
        solo(Cast::A, &[Happy, Calm], Hold, Slot::First, 0, ALL, false,
            &["{A} wrapped {t} {in}", "{A} made {t} ready {in}", "{A} tied a ribbon round {t} {in}", "{A} thought of a friend and wrapped {t} {in}",
              "{A} worked all day on {t} {in}", "{in}, {A} put a ribbon on {t}"],
            &["\"I know who will like this,\" said {A}", "\"Now it is ready,\" said {A}", "\"Nobody must see it yet,\" said {A}"]),
        solo(Cast::A, &[Calm, Happy, Scared], Walk, Slot::First, 1, ALL, true,
            &["{A} carried {t} a long way {in}", "{A} walked on with {t} {in}", "{A} set out with {t} {in}", "{A} held {t} with care and walked {in}",
              "the way was long, but {A} carried {t} {in}", "{in}, {A} kept {t} safe on the way"],
            &["\"It is not far now,\" said {A}", "\"I must not drop it,\" said {A}", "\"Step by step,\" said {A}"]),
        duo([&[Happy, Calm], &[Surprised]], [Give, Stand], Slot::First, 2, FAIR, false,
            &["{A} gave {t} to {B} {in}", "{in}, {A} handed {t} to {B}", "{A} held out {t} to {B} {in}", "{A} had brought {t} for {B} {in}",
              "{A} asked {B} to take {t} {in}", "{B} was given {t} by {A} {in}"],
            &["\"This is for you,\" said {A}", "\"For me?\" asked {B}", "\"Open it,\" said {A}", "\"What can be inside?\" asked {B}"]),
        solo(Cast::B, &[Happy, Surprised], Find, Slot::Second, 2, ALL, false,
            &["{B} opened it and found {t} {in}", "{B} pulled the ribbon, and there was {t} {in}", "{B} looked inside and saw {t} {in}",
              "{B} lifted the lid, and out came {t} {in}", "{B} tore the paper, and there lay {t} {in}", "{in}, {B} unpacked {t}"],
            &["\"Just what I wanted,\" said {B}", "\"How did you know?\" asked {B}", "\"I have dreamt of it,\" said {B}"]),
        duo([&[Happy], &[Happy]], [Hug, Hug], Slot::Second, 2, ALL, true,
            &["{B} gave {A} a big hug beside {t} {in}", "{A} and {B} hugged next to {t} {in}", "{B} thanked {A} for {t} with a hug {in}",
              "{B} liked {t} so much that {A} got a hug {in}", "{A} and {B} stood arm in arm beside {t} {in}", "{in}, {B} hugged {A} because of {t}"],
            &["\"You are my best friend,\" said {B}", "\"Thank you, my friend,\" said {B}", "\"I will keep it for ever,\" said {B}"]),
    ],
};

#[rustfmt::skip]
pub const QUARREL: Plot = Plot {
    word: "quarrel", title: "{A}, {B} and the {t}", places: [ANY, OUT, ANY], first: &[Kite, Ball, Boat, Balloon, Book, Apple, Cake], second: TOYS,
    beats: [
        duo([&[Happy, Calm], &[Happy]], [Stand, Hold], Slot::First, 0, FAIR, true,
            &["{A} and {B} had {t} to share {in}", "{A} came to see {B} and {t} {in}", "{B} had {t}, and {A} came by {in}", "{B} showed {A} {t} {in}",
              "{A} found {B} with {t} {in}", "{in}, {A} and {B} were busy with {t}"],
            &["\"May I have it?\" asked {A}", "\"Look what I have,\" said {B}", "\"I was first,\" said {B}"]),
        duo([&[Angry], &[Angry, Sad]], [Quarrel, Quarrel], Slot::First, 0, ALL, false,
            &["{A} and {B} quarrelled over {t} {in}", "{in}, {A} wanted {t}, and so did {B}", "{A} shouted at {B} about {t} {in}", "{B} would not share {t}, so {A} shouted {in}",
              "{A} pulled at {t}, and {B} pulled back {in}", "{in}, {A} and {B} fought over {t}"],
            &["\"It is mine!\" shouted {A}", "\"No, it is mine!\" shouted {B}", "\"You never share!\" shouted {A}", "\"Give it back!\" shouted {B}"]),
        solo(Cast::A, &[Sad, Angry], Cry, Slot::Nothing, 1, WET, false,
            &["{A} went off alone {in}", "{A} sat alone {in}", "{A} hid {pA} face {in}", "{A} had run away and sat down {in}",
              "{A} ran from the quarrel and was alone {in}", "{in}, {A} wanted to see nobody"],
            &["\"Why did I shout?\" asked {A}", "\"Now I have no friend,\" said {A}", "\"I want to go home,\" said {A}"]),
        solo(Cast::B, &[Sad, Calm], Hold, Slot::First, 2, ALL, true,
            &["{B} stood alone with {t} {in}", "{B} had {t} but nobody to share it with {in}", "{B} looked at {t} and thought of a plan {in}",
              "{B} wanted to give {t} back and made a plan {in}", "{B} had won {t} but lost a friend {in}", "{in}, {B} had {t} all alone"],
            &["\"I should say sorry,\" said {B}", "\"It is no fun alone,\" said {B}", "\"What have I done?\" asked {B}"]),
        duo([&[Happy, Surprised, Calm], &[Happy, Calm]], [Hug, Hug], Slot::First, 1, FAIR, false,
            &["{A} and {B} made up beside {t} {in}", "{B} said sorry and hugged {A} by {t} {in}", "{A} forgave {B} next to {t} {in}",
              "{A} and {B} hugged, and {t} was there to share {in}", "{B} brought {t} and made up with {A} {in}", "{in}, {A} and {B} were friends again, with {t}"],
            &["\"I am sorry,\" said {B}", "\"Let us share it,\" said {A}", "\"Friends again?\" asked {B}"]),
    ],
};

#[rustfmt::skip]
pub const BIRTHDAY: Plot = Plot {
    word: "birthday", title: "A Birthday for {A}", places: [&[Bedroom, Forest, Town, Meadow, Lake, Beach], &[Kitchen], ANY], first: &[Cake], second: &[Gift, Balloon, Kite, Book, Boat],
    beats: [
        solo(Cast::A, &[Sad, Angry, Calm], Stand, Slot::Nothing, 0, ALL, false,
            &["nobody had come to the birthday of {A} {in}", "{A} waited for birthday guests {in}", "{A} was alone on {pA} birthday {in}", "{A} counted the hours of {pA} birthday {in}",
              "{A} thought that {pA} birthday was forgotten {in}", "{in}, {A} had no birthday guests"],
            &["\"Has my birthday been forgotten?\" asked {A}", "\"Will nobody come?\" asked {A}", "\"Today I am a year older,\" said {A}"]),
        solo(Cast::B, &[Happy, Calm], Hold, Slot::First, 1, ALL, true,
            &["{B} made {t} {in}", "{B} put candles on {t} {in}", "{B} had {t} ready {in}", "{B} knew what day it was and baked {t} {in}",
              "{B} tried {t} and added sugar {in}", "{in}, {B} finished {t}"],
            &["\"One more candle,\" said {B}", "\"This will be a party,\" said {B}", "\"Now it is perfect,\" said {B}"]),
        duo([&[Surprised], &[Happy]], [Stand, Give], Slot::First, 2, ALL, false,
            &["{B} brought {A} {t} {in}", "{B} came to {A} with {t} {in}", "{in}, {B} held out {t} to {A}", "{B} had not forgotten and brought {A} {t} {in}",
              "{B} sang for {A} and held out {t} {in}", "{A} was handed {t} by {B} {in}"],
            &["\"Make a wish,\" said {B}", "\"All the best to you!\" called {B}", "\"Did you think I forgot?\" asked {B}"]),
        duo([&[Surprised, Happy], &[Calm, Happy]], [Hold, Stand], Slot::Second, 2, ALL, true,
            &["{A} got {t} from {B} {in}", "{B} had also brought {A} {t} {in}", "{in}, {B} had {t} for {A} too", "{B} had one more thing, and {A} unwrapped {t} {in}",
              "{B} had chosen {t} for {A} {in}", "{A} unwrapped {t} in front of {B} {in}"],
            &["\"Just what I wished for,\" said {A}", "\"You choose well,\" said {A}", "\"Do you like it?\" asked {B}"]),
        duo([&[Happy], &[Happy, Calm]], [Dance, Dance], Slot::First, 2, &[Night, Sunset, Sunny], true,
            &["{A} and {B} danced round {t} {in}", "{A} danced with {B} and {t} {in}", "{A} and {B} ate {t} and sang {in}", "{A} cut {t}, and {B} danced {in}",
              "{A} and {B} had a party with {t} {in}", "{in}, {A} and {B} feasted on {t}"],
            &["\"One piece for you, one for me,\" said {A}", "\"Dance with me!\" called {B}", "\"Best birthday ever,\" said {A}"]),
    ],
};

#[rustfmt::skip]
pub const STRANGER: Plot = Plot {
    word: "stranger", title: "{A} Helps a Stranger", places: [OUT, OUT, ANY], first: &[Apple, Cake, Ball, Balloon, Book, Umbrella], second: &[Gift, Kite, Boat, Lantern],
    beats: [
        solo(Cast::A, &[Happy, Calm], Walk, Slot::First, 0, &[Sunny, Rain], false,
            &["{A} walked along with {t} {in}", "{A} carried {t} {in}", "{A} went out with {t} {in}", "{A} was on the way home with {t} {in}",
              "{A} took {t} along on a walk {in}", "{in}, {A} was on the way with {t}"],
            &["\"Where shall I go today?\" asked {A}", "\"I have all day,\" said {A}", "\"Whom will I meet today?\" asked {A}"]),
        solo(Cast::B, &[Sad, Scared], Cry, Slot::Nothing, 1, ALL, true,
            &["{B} sat all alone {in}", "{B} had nobody to turn to {in}", "{B} hid {pB} face {in}", "{B} was new here and knew nobody {in}",
              "{B} had lost the way and sat down {in}", "{in}, {B} needed a friend"],
            &["\"Is anybody there?\" asked {B}", "\"Nobody knows me here,\" said {B}", "\"What shall I do?\" asked {B}"]),
        duo([&[Surprised, Sad, Calm], &[Sad]], [Stand, Cry], Slot::Nothing, 1, ALL, true,
            &["{A} met {B}, a stranger, {in}", "{A} stopped beside {B} {in}", "{A} asked {B} what was wrong {in}", "{A} saw that {B} needed help {in}",
              "{A} stayed with {B} and listened {in}", "{in}, {A} came near and spoke to {B}"],
            &["\"What is wrong?\" asked {A}", "\"Can I help you?\" asked {A}", "\"I have lost my way,\" said {B}", "\"Tell me about it,\" said {A}"]),
        duo([&[Calm, Happy], &[Surprised, Happy]], [Give, Stand], Slot::First, 1, ALL, false,
            &["{A} gave {t} to {B} {in}", "{in}, {A} let {B} have {t}", "{A} held out {t} to {B} {in}", "{A} wanted to help {B} and gave away {t} {in}",
              "{B} liked {t}, so {A} gave it away {in}", "{B} was offered {t} by {A} {in}"],
            &["\"Take it, it is yours,\" said {A}", "\"You are very kind,\" said {B}", "\"Is it really for me?\" asked {B}"]),
        duo([&[Surprised, Happy], &[Happy]], [Stand, Give], Slot::Second, 2, FAIR, false,
            &["{B} came back with {t} for {A} {in}", "{B} thanked {A} with {t} {in}", "{in}, {B} gave {A} {t}", "{B} had not forgotten and brought {A} {t} {in}",
              "{A} had been kind, so {B} brought {t} {in}", "{A} was thanked with {t} by {B} {in}"],
            &["\"This is for your help,\" said {B}", "\"Now we are friends,\" said {B}", "\"I owe you so much,\" said {B}"]),
    ],
};

#[rustfmt::skip]
pub const PICNIC: Plot = Plot {
    word: "picnic", title: "The Picnic of {A} and {B}", places: [&[Kitchen], OUT, IN], first: &[Cake, Apple], second: &[Umbrella],
    beats: [
        solo(Cast::A, &[Happy, Calm], Hold, Slot::First, 0, &[Sunny, Sunset, Rain], false,
            &["{A} packed {t} for a picnic {in}", "{A} got {t} ready {in}", "{A} wanted to go on a picnic and got {t} {in}", "{A} planned a picnic and packed {t} {in}",
              "{A} was hungry and took {t} for a picnic {in}", "{in}, {A} prepared {t} for an outing"],
            &["\"Today we eat outside,\" said {A}", "\"This will taste good,\" said {A}", "\"Nothing must be missing,\" said {A}"]),
        duo([&[Happy, Calm], &[Happy, Surprised]], [Walk, Walk], Slot::First, 1, FAIR, false,
            &["{A} and {B} went on a picnic with {t} {in}", "{A} met {B} and shared {t} {in}", "{A} and {B} carried {t} {in}", "{A} had asked {B} to come and share {t} {in}",
              "{A} and {B} looked for a good spot for {t} {in}", "{in}, {A} invited {B} to have {t}"],
            &["\"I am so hungry,\" said {B}", "\"Here is a good spot,\" said {A}", "\"Let us eat,\" said {B}"]),
        solo(Cast::B, &[Scared, Angry, Sad], Run, Slot::Nothing, 1, WET, false,
            &["{B} ran from the black clouds {in}", "{B} got wet to the bone {in}", "{B} ran off to stay dry {in}", "the picnic was over, and {B} ran {in}",
              "{B} felt big drops and ran {in}", "{in}, {B} fled from the clouds"],
            &["\"Our picnic is getting wet!\" called {B}", "\"Run!\" called {B}", "\"Not now!\" called {B}"]),
        duo([&[Calm, Happy], &[Surprised, Calm]], [Hold, Stand], Slot::Second, 1, WET, true,
            &["{A} opened {t} for {B} {in}", "{A} held {t} over {B} {in}", "{in}, {A} sheltered {B} under {t}", "{A} had thought of {t}, so {B} stayed dry {in}",
              "{A} called {B} back under {t} {in}", "{B} crept under {t} with {A} {in}"],
            &["\"Good that I packed it,\" said {A}", "\"Come here, you are wet,\" said {A}", "\"You think of everything,\" said {B}"]),
        duo([&[Happy, Calm], &[Happy, Calm]], [Hug, Hug], Slot::Nothing, 2, ALL, false,
            &["{A} and {B} warmed each other {in}", "{A} gave {B} a warm hug {in}", "{A} and {B} cuddled up {in}", "it was warm {in}, and {A} hugged {B}",
              "{A} and {B} ended the picnic with a hug {in}", "{in}, {A} and {B} dried off together"],
            &["\"Next time we stay inside,\" said {B}", "\"It was still a good day,\" said {A}", "\"Here it is warm,\" said {B}"]),
    ],
};
