//! The program in a pseudo-terminal, as somebody meets it: the gallery, a story that streams and is stopped, and the
//! terminal as it was before. Every wait is for something on the screen; none is for a time.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use termlens::{Graphics, Key, Screen, Terminal, TerminalBuilder};

/// Far more than is needed: the machine may be busy.
const LONG: Duration = Duration::from_secs(120);

fn terminal(user: &Path) -> TerminalBuilder {
    Terminal::builder()
        .size(120, 40)
        .cell_size(10, 20)
        .env_clear()
        .env("HOME", user.to_str().unwrap())
        .env("TERM", "xterm-256color")
        .env("COLORTERM", "truecolor")
        .timeout(LONG)
}

fn storyloom(terminal: TerminalBuilder) -> Terminal {
    terminal.spawn(env!("CARGO_BIN_EXE_storyloom")).unwrap()
}

/// Leaves, and looks at what is left behind.
fn leave(mut terminal: Terminal, key: Key) {
    terminal.send(key).unwrap();
    let status = terminal.wait_exit().unwrap();
    assert!(status.success(), "{status:?}");
    let screen = terminal.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && screen.cursor_visible(), "{screen}");
    assert_eq!(screen.text().trim(), "", "nothing is left on the shell's screen");
}

/// What the gallery of a new home says of its first card.
fn first() -> String {
    format!("1/{}", tales().len())
}

/// The folders of the bundled tales.
fn tales() -> Vec<PathBuf> {
    let tales = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sequences")).unwrap();
    tales.map(|tale| tale.unwrap().path()).collect()
}

fn half_blocks(screen: &Screen) -> usize {
    screen.find_all("▀").len() + screen.find_all("▄").len()
}

#[test]
fn a_story_is_opened_told_to_its_end_and_left() {
    let user = tempfile::tempdir().unwrap();
    let mut terminal = storyloom(terminal(user.path()).graphics(Graphics::None));
    terminal.wait_until(|screen| screen.contains("A Birthday for Max") && screen.contains(&first())).unwrap();
    terminal.wait_until(|screen| half_blocks(screen) > 500).unwrap();
    assert!(terminal.screen().alternate_screen());
    terminal.send(Key::Enter).unwrap();
    terminal.wait_until(|screen| screen.contains("space tell") && half_blocks(screen) > 1000).unwrap();
    terminal.send(Key::Char(' ')).unwrap();
    terminal.wait_until(|screen| screen.contains("the end") && screen.contains("first token")).unwrap();
    // The last frame is the one that was told last: its caption is a bar, and so is the story's sign.
    assert!(terminal.screen().contains("▸ 5") && terminal.screen().contains("▸5"), "{}", terminal.screen());
    terminal.send(Key::Esc).unwrap();
    terminal.wait_until(|screen| screen.contains("q quit") && screen.contains("5 frames · 1 story")).unwrap();
    leave(terminal, Key::Char('q'));
}

#[test]
fn a_long_sequence_is_told_in_chapters_and_stopped_and_what_was_told_is_kept() {
    let user = tempfile::tempdir().unwrap();
    let folder = user.path().join("all-of-them");
    fs::create_dir(&folder).unwrap();
    for tale in tales().iter().take(12) {
        for number in 1..=5 {
            let name = format!("{}-{number}.png", tale.file_name().unwrap().to_str().unwrap());
            fs::copy(tale.join(format!("0{number}.png")), folder.join(name)).unwrap();
        }
    }
    let mut terminal = storyloom(terminal(user.path()).graphics(Graphics::None));
    terminal.wait_until(|screen| screen.contains(&first())).unwrap();
    terminal.send(Key::Char('o')).unwrap();
    terminal.wait_until(|screen| !screen.contains(&first())).unwrap();
    terminal.paste(folder.to_str().unwrap()).unwrap();
    terminal.wait_until(|screen| screen.contains("all-of-them")).unwrap();
    terminal.send(Key::Enter).unwrap();
    terminal.wait_until(|screen| screen.contains("All of them") && screen.contains("space tell")).unwrap();
    assert!(terminal.screen().contains("storyloom model add"), "{}", terminal.screen());
    terminal.send(Key::Char(' ')).unwrap();
    terminal.wait_until(|screen| screen.contains("chapter 1 of") && screen.contains("telling")).unwrap();
    terminal.wait_until(|screen| screen.contains("▸1")).unwrap();
    terminal.send(Key::Char('s')).unwrap();
    terminal.wait_until(|screen| screen.contains("stopped") && screen.contains("space tell")).unwrap();
    terminal.send(Key::Esc).unwrap();
    terminal.wait_until(|screen| screen.contains("q quit") && screen.contains("60 frames · 1 story")).unwrap();
    leave(terminal, Key::Char('q'));
}

#[test]
fn sixels_are_sent_where_the_terminal_knows_them_and_the_screen_survives_another_size() {
    let user = tempfile::tempdir().unwrap();
    let mut terminal = storyloom(terminal(user.path()).graphics(Graphics::Sixel));
    terminal.wait_until(|screen| screen.contains(&first()) && screen.graphics().sixel() >= 6).unwrap();
    terminal.resize(80, 24).unwrap();
    terminal.wait_until(|screen| screen.size() == (80, 24) && screen.contains(&first())).unwrap();
    assert_eq!(half_blocks(&terminal.screen()), 0);
    leave(terminal, Key::Char('q'));
}

/// Every picture that came is whole, of more than a few colours, and of a size for its cells.
fn pictures(screen: &Screen) -> usize {
    let seen = screen.graphics();
    let images: Vec<_> = seen.payloads().iter().filter(|payload| payload.action().carries_image()).collect();
    for payload in &images {
        let bitmap = payload.decode().unwrap();
        assert!(bitmap.width() >= 40 && bitmap.height() >= 40, "{} x {}", bitmap.width(), bitmap.height());
        assert!(bitmap.colours().len() > 8, "a picture of {} colours", bitmap.colours().len());
    }
    images.len()
}

#[test]
fn pictures_of_kitty_can_be_decoded_and_are_deleted_on_leaving() {
    let user = tempfile::tempdir().unwrap();
    // This terminal does not say that it is a kitty, so it is said for it.
    let terminal = terminal(user.path()).graphics(Graphics::Kitty).env("STORYLOOM_IMAGES", "kitty");
    let mut terminal = storyloom(terminal);
    terminal.wait_until(|screen| screen.contains(&first()) && screen.graphics().kitty() >= 6).unwrap();
    terminal.send(Key::Enter).unwrap();
    terminal.wait_until(|screen| screen.contains("space tell") && screen.graphics().kitty() >= 11).unwrap();
    let shown = pictures(&terminal.screen());
    assert!(shown >= 11, "{shown}");
    terminal.send(Key::Esc).unwrap();
    terminal.wait_until(|screen| screen.contains("q quit")).unwrap();
    terminal.send(Key::Char('q')).unwrap();
    assert!(terminal.wait_exit().unwrap().success());
    let deletes = terminal.screen().graphics().deletes();
    assert!(deletes as usize >= shown, "{deletes} of {shown} pictures are deleted");
}

#[test]
fn pictures_of_sixel_can_be_decoded() {
    let user = tempfile::tempdir().unwrap();
    let mut terminal = storyloom(terminal(user.path()).graphics(Graphics::Sixel));
    terminal.wait_until(|screen| screen.contains(&first()) && screen.graphics().sixel() >= 6).unwrap();
    assert!(pictures(&terminal.screen()) >= 6);
    leave(terminal, Key::Char('q'));
}

#[test]
fn a_story_is_looked_into_and_branched_and_two_are_compared() {
    let user = tempfile::tempdir().unwrap();
    let mut terminal = storyloom(terminal(user.path()).graphics(Graphics::None));
    terminal.wait_until(|screen| screen.contains(&first())).unwrap();
    terminal.send(Key::Enter).unwrap();
    terminal.wait_until(|screen| screen.contains("space tell")).unwrap();
    terminal.send(Key::Char(' ')).unwrap();
    terminal.wait_until(|screen| screen.contains("the end")).unwrap();
    terminal.send(Key::Char('i')).unwrap();
    terminal.wait_until(|screen| screen.contains("token 1 of") && screen.contains("attention on frames")).unwrap();
    terminal.send(Key::Char('n')).unwrap();
    terminal.send(Key::Char('j')).unwrap();
    terminal.wait_until(|screen| screen.contains("b branch")).unwrap();
    terminal.send(Key::Char('z')).unwrap();
    let zoomed = |screen: &Screen| (1..=5).any(|frame| screen.contains(&format!("frame {frame} of 5")));
    terminal.wait_until(zoomed).unwrap();
    terminal.send(Key::Char('z')).unwrap();
    terminal.send(Key::Char('b')).unwrap();
    terminal.wait_until(|screen| screen.contains("branched at token") && screen.contains("the end")).unwrap();
    terminal.send(Key::Char('v')).unwrap();
    terminal.wait_until(|screen| screen.contains("compare") && screen.contains("temperature 0.8")).unwrap();
    terminal.send(Key::Char(' ')).unwrap();
    terminal.wait_until(|screen| screen.find_all("the end").len() == 2).unwrap();
    terminal.send(Key::Esc).unwrap();
    terminal.wait_until(|screen| screen.contains("4 stories")).unwrap();
    leave(terminal, Key::Ctrl('c'));
}

#[test]
fn a_folder_of_sequences_is_opened_whole_and_shown_by_itself() {
    let user = tempfile::tempdir().unwrap();
    let shelf = user.path().join("a-shelf");
    for tale in tales().iter().take(3) {
        let folder = shelf.join(tale.file_name().unwrap());
        fs::create_dir_all(&folder).unwrap();
        fs::copy(tale.join("02.png"), folder.join("2.png")).unwrap();
    }
    let mut terminal = storyloom(terminal(user.path()).graphics(Graphics::None));
    terminal.wait_until(|screen| screen.contains(&first())).unwrap();
    terminal.paste(shelf.to_str().unwrap()).unwrap();
    terminal.wait_until(|screen| screen.contains("enter opens")).unwrap();
    terminal.send(Key::Enter).unwrap();
    terminal.wait_until(|screen| screen.contains("3 sequences from")).unwrap();
    terminal.send(Key::Right).unwrap();
    terminal.wait_until(|screen| screen.contains("a-shelf · 2/3")).unwrap();
    terminal.send(Key::Char('f')).unwrap();
    terminal.wait_until(|screen| screen.contains(&format!("/{}", tales().len() + 3))).unwrap();
    leave(terminal, Key::Char('q'));
}

#[test]
fn a_loop_is_begun_in_the_training_screen_and_goes_on_when_its_window_is_gone() {
    let user = tempfile::tempdir().unwrap();
    let to_loops = |words: &str| {
        let mut terminal = storyloom(terminal(user.path()).graphics(Graphics::None));
        terminal.wait_until(|screen| screen.contains(&first())).unwrap();
        terminal.send(Key::Char('T')).unwrap();
        terminal.wait_until(|screen| screen.contains("Nothing has been trained here yet")).unwrap();
        terminal.send(Key::Char('c')).unwrap();
        terminal.wait_until(|screen| screen.contains(words)).unwrap();
        terminal
    };
    let mut terminal = to_loops("There is no loop yet");
    terminal.send(Key::Char('n')).unwrap();
    terminal.wait_until(|screen| screen.contains("collect.votes") && screen.contains("400")).unwrap();
    // One tale is enough to begin with, and four votes.
    terminal.send(Key::Char('j')).unwrap();
    terminal.send(Key::Enter).unwrap();
    terminal.paste("mia-and-the-dark").unwrap();
    terminal.wait_until(|screen| screen.contains("mia-and-the-dark▏")).unwrap();
    terminal.send(Key::Enter).unwrap();
    terminal.send(Key::Char('j')).unwrap();
    terminal.send(Key::Enter).unwrap();
    terminal.wait_until(|screen| screen.contains("400▏")).unwrap();
    terminal.send(Key::Ctrl('u')).unwrap();
    terminal.send(Key::Char('4')).unwrap();
    terminal.send(Key::Enter).unwrap();
    terminal.wait_until(|screen| screen.contains("sequences") && !screen.contains("400")).unwrap();
    terminal.send(Key::Char('n')).unwrap();
    terminal.wait_until(|screen| screen.contains("has begun") && screen.contains("goes on")).unwrap();
    leave(terminal, Key::Ctrl('c'));

    // Whoever comes later sees it wait, for votes on what was told meanwhile.
    let mut terminal = to_loops("0 of 4 votes");
    let screen = terminal.screen();
    assert!(screen.contains("waits for votes in 'small-1'") && screen.contains("goes on"), "{screen}");
    assert!(screen.contains("▸votes → reward") && screen.contains("'small-1' has"), "{screen}");
    terminal.send(Key::Char('s')).unwrap();
    terminal.wait_until(|screen| screen.contains("nobody goes on with it")).unwrap();
    leave(terminal, Key::Ctrl('c'));
}
