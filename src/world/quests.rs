//! Six plots about somebody who wants something: what was lost, a win, the way home, courage, a treasure, a skill.

use crate::world::beat::{ALL, ANY, Cast, DARK, FAIR, IN, OUT, Plot, Slot, TOYS, duo, solo};
use crate::world::words::{Action, Emotion, Thing, Weather};
use Action::*;
use Emotion::*;
use Thing::*;
use Weather::*;

#[rustfmt::skip]
pub const LOST: Plot = Plot {
    word: "lost", title: "{A} and the Lost {t}", places: [ANY, OUT, OUT], first: TOYS, second: TOYS,
    beats: [
        solo(Cast::A, &[Happy, Calm], Hold, Slot::First, 0, FAIR, false,
            &["{A} played with {t} {in}", "{A} held {t} {in}", "{A} had {t} to play with {in}", "{A} was proud of {t} and took it along {in}",
              "{A} would not let go of {t} {in}", "{in}, {A} was busy with {t}"],
            &["\"I will never lose it,\" said {A}", "\"Look what I have!\" called {A}", "\"There is no better one,\" said {A}"]),
        solo(Cast::A, &[Sad, Scared, Angry], Search, Slot::Nothing, 0, ALL, false,
            &["{A} had lost it and looked everywhere {in}", "it was gone, and {A} searched for it {in}", "{A} searched and searched {in}", "{A} had let go of it and now searched {in}",
              "{A} looked high and low for it {in}", "{A} looked behind everything {in} to find it"],
            &["\"Where can it be?\" asked {A}", "\"It was here a moment ago,\" said {A}", "\"Come back!\" called {A}"]),
        solo(Cast::B, &[Surprised, Happy], Find, Slot::First, 1, ALL, true,
            &["{B} found {t} {in}", "{B} came upon {t} {in}", "{B} saw {t} lying {in}", "{B} stopped because {t} lay {in}",
              "something lay {in}, and {B} found {t}", "{in}, {B} spotted {t}"],
            &["\"Who has lost this?\" asked {B}", "\"What have we here?\" asked {B}", "\"Somebody will miss this,\" said {B}"]),
        duo([&[Surprised, Happy], &[Happy, Calm]], [Stand, Give], Slot::First, 2, ALL, false,
            &["{B} gave {t} back to {A} {in}", "{in}, {B} brought {A} {t}", "{B} met {A} {in} and handed over {t}", "{B} held out {t} when {A} came by {in}",
              "{A} missed {t}, so {B} brought it back {in}", "{A} got {t} back from {B} {in}"],
            &["\"Is this yours?\" asked {B}", "\"Thank you so much!\" called {A}", "\"I looked for you all day,\" said {B}", "\"Take good care of it,\" said {B}"]),
        duo([&[Happy], &[Happy, Calm]], [Dance, Dance], Slot::First, 2, FAIR, true,
            &["{A} and {B} played with {t} {in}", "{A} danced with {B} and {t} {in}", "{A} shared {t} with {B} {in}", "{A} let {B} play with {t} {in}",
              "{A} and {B} were friends and had {t} to share {in}", "{in}, {A} and {B} took turns with {t}"],
            &["\"Now it is your turn,\" said {A}", "\"Let us be friends,\" said {B}", "\"One more time!\" called {B}"]),
    ],
};

#[rustfmt::skip]
pub const RACE: Plot = Plot {
    word: "race", title: "The Great Race of {A} and {B}", places: [OUT, OUT, OUT], first: &[Trophy], second: TOYS,
    beats: [
        duo([&[Calm, Happy], &[Calm, Happy, Angry]], [Stand, Stand], Slot::Nothing, 0, &[Sunny], true,
            &["{A} and {B} met for a race {in}", "{A} wanted to race {B} {in}", "{A} and {B} lined up for a race {in}", "{A} said that {B} could not win a race {in}",
              "{A} and {B} waited for the race to begin {in}", "{in}, {A} dared {B} to a race"],
            &["\"Ready, steady, go!\" called {A}", "\"I am faster than you,\" said {B}", "\"May the best one win,\" said {A}"]),
        solo(Cast::A, &[Happy, Calm], Run, Slot::Nothing, 0, ALL, false,
            &["{A} ran ahead in the race {in}", "{A} ran like the wind {in}", "{A} was first in the race {in}", "{A} ran so fast that nobody could follow {in}",
              "{A} looked back and kept running {in}", "{in}, {A} took the lead"],
            &["\"Catch me if you can!\" called {A}", "\"Faster, faster!\" called {A}", "\"I can win!\" called {A}"]),
        solo(Cast::B, &[Sad, Angry], Cry, Slot::Nothing, 1, ALL, false,
            &["{B} had tripped and fallen {in}", "{B} fell and hurt {pB} knee {in}", "{B} could run no more {in}", "{B} slipped and sat on the ground {in}",
              "there was a stone, and {B} fell {in}", "{in}, {B} stumbled and fell"],
            &["\"Ouch, my knee!\" called {B}", "\"I cannot go on,\" said {B}", "\"The race is over for me,\" said {B}"]),
        duo([&[Scared, Sad, Calm], &[Surprised]], [Hug, Hug], Slot::Nothing, 1, ALL, true,
            &["{A} turned back and helped {B} {in}", "{A} stopped to help {B} up {in}", "{A} put an arm round {B} {in}", "{A} heard {B} call and came back {in}",
              "{A} forgot the race and helped {B} {in}", "{in}, {A} came back for {B}"],
            &["\"A friend comes first,\" said {A}", "\"Hold on to me,\" said {A}", "\"You came back for me,\" said {B}", "\"Let me help you,\" said {A}"]),
        duo([&[Happy], &[Happy, Surprised]], [Hold, Dance], Slot::First, 2, FAIR, false,
            &["{A} and {B} won {t} together {in}", "{A} shared {t} with {B} {in}", "{A} and {B} showed off {t} {in}", "{A} and {B} won {t} side by side {in}",
              "{A} held up {t}, and {B} danced {in}", "{in}, {A} and {B} were given {t}"],
            &["\"We did it!\" called {A}", "\"It is for you too,\" said {A}", "\"We are a team,\" said {B}"]),
    ],
};

#[rustfmt::skip]
pub const HOME: Plot = Plot {
    word: "home", title: "{A} Finds the Way Home", places: [OUT, OUT, IN], first: &[Lantern], second: &[Apple, Cake, Book],
    beats: [
        solo(Cast::A, &[Sad, Scared], Search, Slot::Nothing, 0, &[Sunset, Rain], false,
            &["{A} had lost the way {in}", "{A} looked for the way home {in}", "{A} did not know where to go {in}", "{A} had gone too far and was lost {in}",
              "every path looked the same, and {A} was lost {in}", "{in}, {A} could find no path"],
            &["\"Which way is home?\" asked {A}", "\"I have been here before,\" said {A}", "\"How did I get here?\" asked {A}"]),
        solo(Cast::A, &[Scared, Calm], Walk, Slot::First, 0, DARK, true,
            &["{A} walked on with {t} {in}", "{A} lit {t} and walked {in}", "{A} found {pA} way with {t} {in}", "it was dark, so {A} lit {t} {in}",
              "{A} followed the light of {t} {in}", "{in}, {A} took up {t} and went on"],
            &["\"One step after the other,\" said {A}", "\"Now I can see the path,\" said {A}", "\"It cannot be far,\" said {A}"]),
        duo([&[Surprised, Scared], &[Calm, Surprised]], [Stand, Stand], Slot::First, 1, DARK, false,
            &["{A} met {B} beside {t} {in}", "{A} came upon {B} by {t} {in}", "{in}, {A} saw {B} in the light of {t}", "{B} saw {t} shine and came to {A} {in}",
              "the light of {t} led {B} to {A} {in}", "{B} stepped out in front of {A} and {t} {in}"],
            &["\"Are you lost?\" asked {B}", "\"I know the way,\" said {B}", "\"Who are you?\" asked {A}"]),
        duo([&[Calm, Happy], &[Happy, Calm]], [Walk, Walk], Slot::Nothing, 1, &[Night, Sunset], true,
            &["{B} showed {A} the way {in}", "{A} followed {B} {in}", "{B} went with {A} {in}", "{B} knew the way, so {A} followed {in}",
              "{A} and {B} walked side by side {in}", "{in}, {B} led {A} along"],
            &["\"It is not far,\" said {B}", "\"Do not worry,\" said {B}", "\"Just follow me,\" said {B}"]),
        solo(Cast::A, &[Calm], Sleep, Slot::Nothing, 2, DARK, false,
            &["{A} was home and fell asleep {in}", "{A} slept soundly {in}", "{A} curled up and slept {in}", "{A} was tired from the long way and slept {in}",
              "{A} was safe and shut {pA} eyes {in}", "{in}, {A} dozed off"],
            &[]),
    ],
};

#[rustfmt::skip]
pub const DARKNESS: Plot = Plot {
    word: "dark", title: "{A} and the Dark", places: [IN, OUT, IN], first: &[Lantern], second: &[Book, Ball],
    beats: [
        solo(Cast::A, &[Scared], Stand, Slot::Nothing, 0, &[Night, Storm], false,
            &["{A} could not sleep in the dark {in}", "{A} heard a noise in the dark {in}", "{A} saw shadows on the wall {in}", "the dark was full of noises, so {A} was wide awake {in}",
              "{A} thought that something moved {in}", "{in}, {A} did not dare to move"],
            &["\"Who is there?\" asked {A}", "\"It is so dark,\" said {A}", "\"What was that?\" asked {A}"]),
        solo(Cast::B, &[Calm, Surprised], Walk, Slot::First, 1, DARK, true,
            &["{B} came along with {t} {in}", "{B} lit {t} and set out {in}", "{B} walked with {t} {in}", "{B} heard a call and came with {t} {in}",
              "{B} carried {t} through the dark {in}", "{in}, {B} went about with {t}"],
            &["\"I am on my way,\" said {B}", "\"Somebody needs me,\" said {B}", "\"Who is still awake?\" asked {B}"]),
        duo([&[Surprised, Scared], &[Calm, Happy]], [Stand, Hold], Slot::First, 0, &[Night, Storm], false,
            &["{B} lit up the dark for {A} with {t} {in}", "{B} brought {A} {t} {in}", "{in}, {B} held up {t} for {A}", "{B} held {t}, so {A} could see {in}",
              "{B} came to {A} with {t} {in}", "{A} saw {B} come with {t} {in}"],
            &["\"Look, it was only a shadow,\" said {B}", "\"I am with you,\" said {B}", "\"You are not alone,\" said {B}"]),
        duo([&[Calm, Happy, Surprised], &[Calm, Happy]], [Walk, Walk], Slot::First, 1, DARK, true,
            &["{A} and {B} went out to see the stars with {t} {in}", "{A} and {B} looked at the night sky by {t} {in}", "{A} walked with {B} and {t} {in}",
              "{A} was brave now and walked with {B} and {t} {in}", "{A} carried {t}, and {B} counted the stars {in}", "{in}, {B} led {A} through the night with {t}"],
            &["\"How many stars there are,\" said {A}", "\"The night is my friend now,\" said {A}", "\"Look up,\" said {B}"]),
        solo(Cast::A, &[Calm], Sleep, Slot::First, 2, DARK, false,
            &["{A} fell asleep beside {t} {in}", "{A} slept near {t} {in}", "{A} dozed next to {t} {in}", "{A} had {t} and could sleep {in}",
              "{t} was there, so {A} slept well {in}", "{in}, {A} slept in the light of {t}"],
            &[]),
    ],
};

#[rustfmt::skip]
pub const TREASURE: Plot = Plot {
    word: "treasure", title: "The Treasure of {A} and {B}", places: [ANY, OUT, OUT], first: &[Key], second: &[Trophy, Lantern, Gift],
    beats: [
        solo(Cast::A, &[Surprised, Happy], Find, Slot::First, 0, ALL, false,
            &["{A} found {t} {in}", "{A} saw {t} lying {in}", "{A} came upon {t} {in}", "{A} stopped because {t} lay {in}",
              "something shone {in}, and {A} found {t}", "{in}, {A} stumbled over {t}"],
            &["\"What does it open?\" asked {A}", "\"There must be a treasure,\" said {A}", "\"How did it get here?\" asked {A}"]),
        solo(Cast::A, &[Calm, Happy, Sad], Walk, Slot::First, 1, ALL, true,
            &["{A} carried {t} far and wide {in}", "{A} went looking for a lock with {t} {in}", "{A} took {t} along {in}", "{A} walked for hours with {t} {in}",
              "{A} wanted to know what {t} could open {in}", "{in}, {A} walked on with {t}"],
            &["\"There must be a lock,\" said {A}", "\"It does not fit here,\" said {A}", "\"I will not give up,\" said {A}"]),
        duo([&[Scared, Surprised], &[Angry]], [Hold, Stand], Slot::First, 1, ALL, false,
            &["{B} stopped {A} and pointed at {t} {in}", "{B} stood in front of {A} and wanted {t} {in}", "{in}, {B} wanted {t} from {A}", "{A} had {t}, and {B} wanted it {in}",
              "{B} had lost {t} and saw it with {A} {in}", "{A} ran into {B}, who wanted {t}, {in}"],
            &["\"That is mine!\" shouted {B}", "\"Let us look together,\" said {A}", "\"I was looking for that!\" shouted {B}"]),
        duo([&[Surprised], &[Surprised, Happy]], [Find, Stand], Slot::Second, 2, ALL, false,
            &["{A} and {B} opened a chest and saw {t} {in}", "{A} and {B} dug up {t} {in}", "{A} showed {B} where {t} was hidden {in}", "the lid sprang open, so {A} and {B} saw {t} {in}",
              "{A} and {B} searched together and found {t} {in}", "{in}, {A} and {B} found {t} under a stone"],
            &["\"Look at that!\" called {A}", "\"We found it!\" called {B}", "\"So this was the secret,\" said {A}"]),
        duo([&[Happy], &[Happy, Calm]], [Dance, Dance], Slot::Second, 2, FAIR, true,
            &["{A} and {B} danced round {t} {in}", "{A} shared {t} with {B} {in}", "{A} and {B} cheered over {t} {in}", "{A} and {B} had found {t}, so they danced {in}",
              "{A} let {B} have {t} for a day {in}", "{in}, {A} and {B} sang about {t}"],
            &["\"We found it together,\" said {A}", "\"It belongs to us,\" said {B}", "\"What an adventure,\" said {B}"]),
    ],
};

#[rustfmt::skip]
pub const LESSON: Plot = Plot {
    word: "lesson", title: "{A} Learns Something New", places: [OUT, OUT, OUT], first: &[Kite, Ball, Boat, Balloon], second: &[Trophy],
    beats: [
        solo(Cast::A, &[Angry, Sad], Hold, Slot::First, 0, FAIR, false,
            &["{A} tried and tried with {t} {in}", "{A} had no luck with {t} {in}", "{t} would not obey {A} {in}", "{A} wanted to learn a trick with {t} {in}",
              "{A} did not know what to do with {t} {in}", "{in}, {A} could not master {t}"],
            &["\"It does not work,\" said {A}", "\"Why is it so hard?\" asked {A}", "\"I will never learn it,\" said {A}"]),
        solo(Cast::B, &[Surprised, Calm], Stand, Slot::Nothing, 0, ALL, true,
            &["{B} watched from afar {in}", "{B} came by {in}", "{B} stood and watched {in}", "{B} heard the noise and came to look {in}",
              "{B} knew just what to do and waited {in}", "{in}, {B} watched it all"],
            &["\"I could help,\" said {B}", "\"May I show you a trick?\" asked {B}", "\"I know that game,\" said {B}"]),
        duo([&[Angry, Surprised, Calm], &[Calm, Happy]], [Stand, Hold], Slot::First, 1, ALL, false,
            &["{B} showed {A} a trick with {t} {in}", "{B} took {t} and taught {A} a trick {in}", "{in}, {B} helped {A} with {t}", "{A} needed help, so {B} took {t} {in}",
              "{B} held {t}, and {A} watched {in}", "{A} watched how {B} handled {t} {in}"],
            &["\"Try it like this,\" said {B}", "\"Is it that easy?\" asked {A}", "\"Watch me,\" said {B}"]),
        solo(Cast::A, &[Surprised, Happy], Run, Slot::First, 2, ALL, true,
            &["{A} tried {t} again {in}", "{A} ran with {t} {in}", "{A} ran along, and {t} obeyed {in}", "{A} had learnt the trick and ran with {t} {in}",
              "{A} did as {sA} was told, and {t} obeyed {in}", "{in}, {A} raced about with {t}"],
            &["\"It works!\" called {A}", "\"Look at me!\" called {A}", "\"I can do it!\" called {A}"]),
        duo([&[Happy], &[Happy, Calm]], [Dance, Stand], Slot::Second, 2, FAIR, false,
            &["{A} won {t} while {B} cheered {in}", "{A} showed {B} {t} {in}", "{A} thanked {B} and danced with {t} {in}", "{A} won {t} because {B} had helped {in}",
              "{B} saw how {A} won {t} {in}", "{in}, {A} raised {t} beside {B}"],
            &["\"You are a good teacher,\" said {A}", "\"I knew it,\" said {B}", "\"Now you can teach me,\" said {B}"]),
    ],
};
