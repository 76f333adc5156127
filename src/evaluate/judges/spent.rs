//! What judging took: requests, tokens and money, counted as the engines counted.

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub requests: u64,
    /// Answers that were known already.
    pub remembered: u64,
    /// Answers that could not be read.
    pub unreadable: u64,
    /// Requests whose engine did not count tokens.
    pub uncounted: u64,
    pub tokens_in: u64,
    pub tokens_out: u64,
}

impl Spent {
    pub fn add(&mut self, other: Spent) {
        self.requests += other.requests;
        self.remembered += other.remembered;
        self.unreadable += other.unreadable;
        self.uncounted += other.uncounted;
        self.tokens_in += other.tokens_in;
        self.tokens_out += other.tokens_out;
    }
}

/// For a million tokens in and out, in whatever money it is paid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    pub tokens_in: f64,
    pub tokens_out: f64,
}

impl Price {
    pub fn of(self, tokens_in: u64, tokens_out: u64) -> f64 {
        (self.tokens_in * tokens_in as f64 + self.tokens_out * tokens_out as f64) / 1e6
    }
}
