//! A program at the end of an SSH line: it comes in with a key of its own, agrees to the guideline, reads both stories off its
//! screen, and presses the keys that a person would.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use russh::keys::PrivateKey;
use russh::keys::ssh_key::LineEnding;

use super::sitting::Sitting;
use crate::evaluate::{Said, SimulatedRater};
use crate::serve::{CallError, Caller, Calling, PairOnScreen, Terminal, new_key, votes_on};
use crate::shelf::Entrance;
use crate::story::{Notice, Role};

/// A window in which both stories stand whole beside their frames.
const COLUMNS: NonZeroU16 = NonZeroU16::MIN.saturating_add(239);
const ROWS: NonZeroU16 = NonZeroU16::MIN.saturating_add(109);

/// The other end, and how what stands on its screen is known again.
pub struct Line {
    address: SocketAddr,
    /// Both stories of a pair, by their letters; what they are in full, and of which sequence.
    pairs: HashMap<(String, String), (String, String, String)>,
}

impl Line {
    /// Reads the pairs of the campaign, in whichever way they may stand.
    pub async fn new(sitting: &Sitting, address: SocketAddr) -> Result<Line, Notice> {
        let mut pairs = HashMap::new();
        for (sequence, first, second) in sitting.studio.shelf().texts_of_pairs(&sitting.campaign.id).await? {
            let key = |a: &str, b: &str| (letters(a), letters(b));
            pairs.insert(key(&second, &first), (second.clone(), first.clone(), sequence.clone()));
            pairs.insert(key(&first, &second), (first, second, sequence));
        }
        Ok(Line { address, pairs })
    }
}

/// What of a text certainly stands on the screen: a window breaks lines, and what is no sign to be shown is left out.
fn letters(text: &str) -> String {
    text.chars().filter(|sign| sign.is_alphanumeric()).collect()
}

/// One rater's votes, given over the line.
pub async fn sit_at_the_end(
    sitting: &Sitting,
    line: &Line,
    name: &str,
    mut mind: SimulatedRater,
) -> Result<u64, Notice> {
    let key = key_of(sitting, &format!("{name} over ssh")).await?;
    let calling = Calling {
        address: line.address,
        from: None,
        key,
        fingerprint: None,
        terminal: Terminal::Text,
        columns: COLUMNS,
        rows: ROWS,
    };
    let mut caller = Caller::come(calling).await.map_err(cut)?;
    let mut votes = 0;
    caller.until(|screen| screen.contains("enter agrees") || is_asked(screen)).await.map_err(cut)?;
    if caller.screen().contains("enter agrees") {
        caller.press("\r").await.map_err(cut)?;
        caller.until(is_asked).await.map_err(cut)?;
    }
    while let Some(pair) = PairOnScreen::read(&caller.screen()) {
        if !sitting.one_more() {
            break;
        }
        let unknown = || {
            let what = format!("the stories on the screen are none of the campaign '{}'", sitting.campaign.name);
            Notice::yours(what, "name a server of this home, which serves this campaign")
        };
        let (left, right, sequence) =
            line.pairs.get(&(letters(&pair.left), letters(&pair.right))).ok_or_else(unknown)?;
        let said = mind.prefer(left, right, sitting.facts_of(sequence)?, sitting.campaign.plan.criteria.len());
        tokio::time::sleep(sitting.pause).await;
        caller.press(&keys(&said)).await.map_err(cut)?;
        let next = |screen: &str| is_over(screen) || votes_on(screen).is_some_and(|done| done > pair.done);
        caller.until(|screen| next(screen) && is_asked(screen)).await.map_err(cut)?;
        votes += 1;
    }
    caller.press("q").await.map_err(cut)?;
    Ok(votes)
}

/// A pair stands there, or there is none left.
fn is_asked(screen: &str) -> bool {
    is_over(screen) || PairOnScreen::read(screen).is_some()
}

fn is_over(screen: &str) -> bool {
    screen.contains("nothing left")
}

/// The keys of a whole vote: 1 to 7 from the left to the right, a key for each criterion, enter.
fn keys(said: &Said) -> String {
    let preference = char::from(b'0' + (4 - said.strength).clamp(1, 7) as u8);
    let criteria = said.criteria.iter().map(|side| match side {
        1 => 'h',
        0 => ' ',
        _ => 'l',
    });
    [preference].into_iter().chain(criteria).chain(['\r']).collect()
}

/// The program's key, which is kept in the home folder so that it is the same rater again.
async fn key_of(sitting: &Sitting, name: &str) -> Result<PrivateKey, Notice> {
    let shelf = sitting.studio.shelf();
    let folder = shelf.home().join("programs");
    let file: PathBuf = folder.join(name.replace(' ', "-"));
    let cannot = |error: &dyn std::fmt::Display| {
        Notice::outside(format!("the key {} cannot be kept: {error}", file.display()), "make the folder writable")
    };
    if let Ok(text) = fs::read_to_string(&file) {
        return PrivateKey::from_openssh(&text).map_err(|error| cannot(&error));
    }
    let (key, public, fingerprint) = new_key().map_err(cut)?;
    let text = key.to_openssh(LineEnding::LF).map_err(|error| cannot(&error))?;
    fs::create_dir_all(&folder).map_err(|error| cannot(&error))?;
    let opened = fs::File::options().write(true).create_new(true).mode(0o600).open(&file);
    opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(|error| cannot(&error))?;
    shelf.add_rater(name, Role::Rater, &Entrance::Key { key: public, fingerprint }, true).await?;
    Ok(key)
}

fn cut(error: CallError) -> Notice {
    let try_this = match error {
        CallError::Unreachable(..) => "begin it with storyloom serve, and give the address that it prints",
        CallError::Refused => "name a server of this home",
        _ => "see that the server still runs; what was acknowledged is kept, and the same command goes on",
    };
    Notice::outside(error.to_string(), try_this)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_known_by_what_a_screen_can_show_of_it() {
        assert_eq!(letters("Mia the fox\nquarrelled\u{1d} now."), letters("Mia the  fox quarrelled now."));
        assert_ne!(letters("Mia ran."), letters("Bo ran."));
    }

    #[test]
    fn what_is_said_becomes_the_keys_of_the_screen() {
        let said = |strength, criteria: &[i8]| keys(&Said { strength, criteria: criteria.to_vec() });
        assert_eq!(said(3, &[1, 0, -1]), "1h l\r");
        assert_eq!(said(0, &[]), "4\r");
        assert_eq!(said(-3, &[-1]), "7l\r");
    }
}
