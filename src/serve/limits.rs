//! How many may be here at once, in all and from one address, and how often one address may fail to say who it is.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The limits of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub most: usize,
    /// From one address.
    pub most_each: usize,
    /// Failures to come in from one address within `window`, before it is turned away at the door.
    pub failures: usize,
    pub window: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { most: 600, most_each: 64, failures: 12, window: Duration::from_secs(60) }
    }
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    each: HashMap<IpAddr, usize>,
    failed: HashMap<IpAddr, Vec<Instant>>,
}

/// Counts who is here.
#[derive(Clone, Debug)]
pub struct Gate {
    limits: Limits,
    counts: Arc<Mutex<Counts>>,
}

/// A place that is taken for as long as this lives.
#[derive(Debug)]
pub struct Place {
    gate: Gate,
    address: IpAddr,
}

impl Gate {
    pub fn new(limits: Limits) -> Gate {
        Gate { limits, counts: Arc::default() }
    }

    /// A place for somebody from this address; or why there is none.
    pub fn enter(&self, address: IpAddr) -> Result<Place, &'static str> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let window = self.limits.window;
        if let Some(failed) = counts.failed.get_mut(&address) {
            failed.retain(|at| at.elapsed() < window);
            if failed.len() >= self.limits.failures {
                return Err("too many failures");
            }
        }
        // What nobody asks about any more must not pile up.
        counts.failed.retain(|_, failed| failed.last().is_some_and(|at| at.elapsed() < window));
        if counts.all >= self.limits.most {
            return Err("full");
        }
        let here = counts.each.entry(address).or_default();
        if *here >= self.limits.most_each {
            return Err("too many from one address");
        }
        *here += 1;
        counts.all += 1;
        Ok(Place { gate: self.clone(), address })
    }

    /// Somebody from this address could not say who they are.
    pub fn failed(&self, address: IpAddr) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.failed.entry(address).or_default().push(Instant::now());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.gate.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        if let Some(here) = counts.each.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.each.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 2));

    #[test]
    fn places_are_few_and_come_free_again() {
        let gate = Gate::new(Limits { most: 3, most_each: 2, ..Limits::default() });
        let (first, _second) = (gate.enter(HERE).unwrap(), gate.enter(HERE).unwrap());
        assert_eq!(gate.enter(HERE).unwrap_err(), "too many from one address");
        let _third = gate.enter(THERE).unwrap();
        assert_eq!(gate.enter(THERE).unwrap_err(), "full");
        drop(first);
        assert!(gate.enter(THERE).is_ok());
    }

    #[test]
    fn who_fails_too_often_is_turned_away_for_a_while() {
        let gate = Gate::new(Limits { failures: 2, window: Duration::from_millis(40), ..Limits::default() });
        gate.failed(HERE);
        assert!(gate.enter(HERE).is_ok());
        gate.failed(HERE);
        assert_eq!(gate.enter(HERE).unwrap_err(), "too many failures");
        assert!(gate.enter(THERE).is_ok());
        std::thread::sleep(Duration::from_millis(60));
        assert!(gate.enter(HERE).is_ok());
    }
}
