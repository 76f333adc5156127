//! The terminal as it was: taken over on entering, given back on every way out, a panic included, with no picture left on it.

use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};

use crate::canvas::Canvas;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static>;

/// Holds the terminal; dropping it gives the terminal back.
pub struct Restore {
    canvas: Option<Arc<Canvas>>,
    /// What panics said meanwhile: printed where it can be read, once the screen is the shell's again.
    said: Arc<Mutex<Vec<String>>>,
    hook: Option<Hook>,
}

impl Restore {
    /// Takes the keys over: raw mode. The screen follows with `take`, once the terminal has been asked what it can show:
    /// tmux passes nothing on to the terminal behind it in the moment after a change of screens.
    ///
    /// # Errors
    /// Where there is no terminal.
    pub fn enter() -> io::Result<Restore> {
        let said = Arc::new(Mutex::new(Vec::new()));
        let hears = said.clone();
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            hears.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
        }));
        let restore = Restore { canvas: None, said, hook: Some(hook) };
        enable_raw_mode()?;
        Ok(restore)
    }

    /// The canvas whose pictures are to be forgotten on the way out.
    pub fn watch(&mut self, canvas: Arc<Canvas>) {
        self.canvas = Some(canvas);
    }
}

/// Buttons and the wheel, in SGR's form; no movement, which would be a flood.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// Takes the terminal over (again, after a stop): raw mode, the alternate screen, no cursor, pasted text marked as such, and
/// the mouse if it is wanted.
///
/// # Errors
/// Where standard output is no terminal.
pub fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        io::stdout().write_all(MOUSE_ON)?;
        io::stdout().flush()?;
    }
    Ok(())
}

/// Gives the terminal back. Errors are no help here: the terminal may be gone.
pub fn give_back() {
    // A synchronized update that was cut short would hide everything that follows.
    let _ = io::stdout().write_all(b"\x1b[?2026l\x1b[m");
    let _ = io::stdout().write_all(MOUSE_OFF);
    let _ = execute!(io::stdout(), DisableBracketedPaste, cursor::Show, LeaveAlternateScreen);
    let _ = disable_raw_mode();
}

impl Drop for Restore {
    fn drop(&mut self) {
        if let Some(canvas) = &self.canvas {
            canvas.forget();
            let _ = io::stdout().write_all(canvas.take_bytes().as_bytes());
        }
        give_back();
        // While a panic unwinds the hook cannot be changed; the process ends anyway.
        if !std::thread::panicking()
            && let Some(hook) = self.hook.take()
        {
            std::panic::set_hook(hook);
        }
        for words in self.said.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = writeln!(io::stderr(), "{words}");
        }
    }
}
