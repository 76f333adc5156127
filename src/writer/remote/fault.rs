//! What can go wrong between here and an engine, and what a person can do about it. No fault holds a key.

use std::fmt;
use std::time::Duration;

use crate::story::Notice;

/// Something that went wrong with one engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Host and port.
    pub at: String,
    pub trouble: Trouble,
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The variable with the key is not set, or holds what no header can.
    Key {
        name: String,
        missing: bool,
    },
    Unreachable {
        why: String,
    },
    Tls {
        why: String,
    },
    /// Nothing came for so long, or not all of it in so long.
    Slow {
        what: &'static str,
        seconds: u64,
    },
    /// Too many requests, or too busy.
    Busy {
        status: u16,
        said: String,
        after: Option<Duration>,
    },
    /// Another status that is no success.
    Refused {
        status: u16,
        said: String,
    },
    /// The line ended before the answer did.
    Broken {
        told: usize,
        why: String,
    },
    /// What came is no answer.
    Garbled {
        why: String,
    },
    /// An error in place of the next piece.
    Said {
        said: String,
    },
    /// The other end's filter took the answer away.
    Filtered,
    /// An answer without a word in it.
    Empty {
        reasoned: bool,
    },
    /// It was asked for what only a model in this process can do.
    Inside {
        what: &'static str,
    },
    /// It was stopped from here.
    Stopped,
}

impl Fault {
    pub fn new(at: &str, trouble: Trouble) -> Fault {
        Fault { at: at.to_owned(), trouble }
    }

    /// Whether the same request may succeed a little later.
    pub fn passes(&self) -> bool {
        match &self.trouble {
            Trouble::Unreachable { .. } | Trouble::Slow { .. } | Trouble::Busy { .. } | Trouble::Broken { .. } => true,
            Trouble::Refused { status, .. } => matches!(status, 408 | 425 | 500 | 502 | 504),
            _ => false,
        }
    }

    /// How long the other end asked to be left alone.
    pub fn after(&self) -> Option<Duration> {
        match &self.trouble {
            Trouble::Busy { after, .. } => *after,
            _ => None,
        }
    }

    fn advice(&self) -> String {
        match &self.trouble {
            Trouble::Key { name, .. } => format!("export {name}=..., in the shell that starts storyloom"),
            Trouble::Unreachable { .. } => {
                "start the engine, or check the address and the proxy (HTTPS_PROXY, NO_PROXY)".to_owned()
            }
            Trouble::Tls { .. } => {
                "check the address; for a certificate of your own point SSL_CERT_FILE at its authority".to_owned()
            }
            Trouble::Slow { .. } => {
                "look what the engine does; wait_seconds and whole_seconds in the model's remote.json say how long to wait"
                    .to_owned()
            }
            Trouble::Busy { after: Some(after), .. } => format!("try again in {} s", after.as_secs().max(1)),
            Trouble::Busy { .. } => "try again later, or with fewer requests at once (parallel in remote.json)".to_owned(),
            Trouble::Refused { status: 401 | 403, .. } => {
                "check the key: storyloom reads it from the variable that --key-env named".to_owned()
            }
            Trouble::Refused { status: 404, .. } => {
                "check the address (most end in /v1) and the model's name over there".to_owned()
            }
            Trouble::Refused { status: 413, .. } => {
                "send less: a smaller side or fewer frames in the model's remote.json".to_owned()
            }
            Trouble::Refused { status: 300..=399, .. } => "add the model anew under the address it has moved to".to_owned(),
            Trouble::Refused { status: 500.., .. } | Trouble::Broken { .. } | Trouble::Said { .. } => {
                "look into the engine's own log, then try again".to_owned()
            }
            Trouble::Refused { .. } => "change what it complains of, or choose another model".to_owned(),
            Trouble::Garbled { .. } => {
                "check that the address is that of an engine that speaks OpenAI's chat completions".to_owned()
            }
            Trouble::Filtered => "ask in other words (--prompt), or choose another model".to_owned(),
            Trouble::Empty { reasoned: true } => "give it more tokens: --max-new-tokens 4096".to_owned(),
            Trouble::Empty { .. } => "try another model or template: the engine found nothing to say".to_owned(),
            Trouble::Inside { .. } => "choose a model that runs in this program: storyloom model list".to_owned(),
            Trouble::Stopped => "start it again".to_owned(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = &self.at;
        let colon = |said: &str| if said.is_empty() { String::new() } else { format!(": {said}") };
        match &self.trouble {
            Trouble::Key { name, missing: true } => write!(f, "the key for {at} is not there: {name} is not set"),
            Trouble::Key { name, .. } => {
                write!(f, "the key for {at} does not do: {name} holds blanks or strange signs")
            }
            Trouble::Unreachable { why } => write!(f, "{at} cannot be reached: {why}"),
            Trouble::Tls { why } => write!(f, "no safe connection to {at}: {why}"),
            Trouble::Slow { what, seconds } => write!(f, "{at} {what} within {seconds} s"),
            Trouble::Busy { status, said, .. } => write!(f, "{at} is busy (status {status}){}", colon(said)),
            Trouble::Refused { status, said } => write!(f, "{at} refused (status {status}){}", colon(said)),
            Trouble::Broken { told, why } => {
                write!(f, "the answer of {at} broke off after {told} characters{}", colon(why))
            }
            Trouble::Garbled { why } => write!(f, "{at} does not answer as an engine does: {why}"),
            Trouble::Said { said } => write!(f, "{at} gave up{}", colon(said)),
            Trouble::Filtered => write!(f, "the filter of {at} took the answer away"),
            Trouble::Empty { reasoned: true } => write!(f, "{at} thought until its tokens were spent and said nothing"),
            Trouble::Empty { .. } => write!(f, "{at} said nothing"),
            Trouble::Inside { what } => write!(f, "a model at {at} cannot {what}"),
            Trouble::Stopped => write!(f, "the request to {at} was stopped"),
        }
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for Notice {
    fn from(fault: Fault) -> Self {
        let (what, advice) = (fault.to_string(), fault.advice());
        match fault.trouble {
            Trouble::Key { .. } | Trouble::Inside { .. } | Trouble::Filtered => Notice::yours(what, advice),
            Trouble::Refused { status: 300..=499, .. } => Notice::yours(what, advice),
            _ => Notice::outside(what, advice),
        }
    }
}
