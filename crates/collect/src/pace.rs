//! How fast each service is asked.
//!
//! Enters: refusals for asking too fast, and answers. Leaves: when the next request may go. AWS publishes no rates for
//! most reading calls, so each (account, Region, service) finds its own: the rate doubles every second until the first
//! refusal. That one guesses the limit, the second measures it, and from then on the rate follows just below it and probes
//! above it slowly. What refused for a while may have been somebody else's load: after a calm half minute it doubles again.
//! Deliberately absent: the network. Time is a parameter.

use std::time::{Duration, Instant};

/// Never slower than this, in requests a second: the least that AWS documents for any of the calls.
const SLOWEST: f64 = 2.0;
/// What is left of the rate after a refusal.
const AFTER_REFUSAL: f64 = 0.8;
/// How closely the rate at which a refusal came is approached before probing.
const NEAR: f64 = 0.96;
/// Seconds without a refusal after which a limit is not believed any more.
const CALM: f64 = 25.0;
/// Seconds in which the rate then doubles. Faster would be refused more often than a fiftieth of the time by a service that
/// does give no more.
const DOUBLES: f64 = 5.0;
/// A service saves up about a second of its rate, and a rate that doubles every second has spent that when it is this many
/// times what the service gives, by which the first refusal is read.
const OVERSHOT: f64 = 2.7;
/// How fast the rate grows between the first refusal and the second, in parts of the limit a second.
const SETTLING: f64 = 0.15;
/// Answers that are too few to tell a rate.
const FEW: f64 = 5.0;
/// How many requests may go at once after a pause, in seconds of the rate.
const BURST: f64 = 0.5;

/// The first and the highest rate of a service, in requests a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    pub(crate) first: f64,
    pub(crate) most: f64,
}

impl Limits {
    /// What is known of a service, by its endpoint prefix.
    pub(crate) fn of(service: &str) -> Limits {
        let (first, most) = match service {
            // Two requests a second are documented for `LookupEvents`.
            "cloudtrail" => (1.9, 1.9),
            "iam" | "organizations" | "sts" => (5.0, 20.0),
            "s3" => (50.0, 500.0),
            _ => (8.0, 200.0),
        };
        Limits { first, most }
    }
}

impl From<u32> for Limits {
    /// A first rate that the operator chose, which is not exceeded much either.
    fn from(rate: u32) -> Limits {
        let first = f64::from(rate).max(1.0);
        Limits {
            first,
            most: first * 4.0,
        }
    }
}

/// The rate of one (account, Region, service).
#[derive(Debug)]
pub(crate) struct Pace {
    rate: f64,
    most: f64,
    /// What the service gave, in requests a second, when it last refused.
    refused_at: Option<f64>,
    /// Refusals, but those of requests that were on their way at the last.
    refusals: u32,
    last_refusal: Option<Instant>,
    /// Answers since then, or since the start.
    answers: f64,
    since: Instant,
    /// When the next request is due.
    next: Instant,
    last_growth: Instant,
}

impl Pace {
    pub(crate) fn new(limits: Limits, now: Instant) -> Pace {
        Pace {
            rate: limits.first,
            most: limits.most,
            refused_at: None,
            refusals: 0,
            last_refusal: None,
            answers: 0.0,
            since: now,
            next: now,
            last_growth: now,
        }
    }

    /// How often turns that were taken have become void: the rate that they were taken by is not given.
    pub(crate) fn refusals(&self) -> u32 {
        self.refusals
    }

    /// Takes the next turn: how long to wait for it.
    pub(crate) fn turn(&mut self, now: Instant) -> Duration {
        let interval = Duration::from_secs_f64(1.0 / self.rate);
        // Turns that nobody took are lost, but for a short burst.
        let oldest = now
            .checked_sub(Duration::from_secs_f64(BURST).max(interval))
            .unwrap_or(now);
        let due = self.next.max(oldest);
        self.next = due + interval;
        due.saturating_duration_since(now)
    }

    /// Notes that a request was not refused for its pace.
    pub(crate) fn answered(&mut self, now: Instant) {
        // An idle lane learns nothing: it grows by at most a quarter of a second's worth.
        let seconds = now
            .saturating_duration_since(self.last_growth)
            .as_secs_f64()
            .min(0.25);
        self.last_growth = now;
        self.answers += 1.0;
        self.rate = match self.refused_at {
            None => self.rate * 2.0_f64.powf(seconds),
            Some(limit) if self.rate < limit * NEAR => {
                (self.rate + limit * 0.2 * seconds).min(limit * NEAR)
            }
            Some(limit) if self.refusals == 1 => self.rate + limit * SETTLING * seconds,
            // The longer nothing is refused, the more likely the limit was misjudged.
            Some(limit) => match now.saturating_duration_since(self.since).as_secs_f64() {
                calm if calm < CALM => self.rate + limit * (0.001 + 0.0005 * calm) * seconds,
                _ => self.rate * 2.0_f64.powf(seconds / DOUBLES),
            },
        }
        .min(self.most);
    }

    /// Notes a refusal for asking too fast. Refusals of requests that were already on their way count once.
    pub(crate) fn refused(&mut self, now: Instant) {
        let is_echo = self
            .last_refusal
            .is_some_and(|last| now.saturating_duration_since(last) < Duration::from_millis(500));
        if is_echo {
            return;
        }
        self.last_refusal = Some(now);
        // What was asked may be far above what was given, but only some time of asking tells.
        let elapsed = now.saturating_duration_since(self.since).as_secs_f64();
        let given = match self.refused_at {
            // What was saved up was answered as well.
            None => (self.answers / (elapsed + 1.0)).max(self.rate / OVERSHOT),
            // Few answers may also mean that little was asked: a refusal at most halves the rate.
            Some(_) if elapsed >= 0.5 && self.answers >= FEW => {
                (self.answers / elapsed).max(self.rate * 0.5)
            }
            Some(_) => self.rate,
        }
        .min(self.rate);
        self.answers = 0.0;
        self.since = now;
        self.refused_at = Some(given);
        self.refusals += 1;
        self.rate = (given * AFTER_REFUSAL).max(SLOWEST).min(self.most);
        self.last_growth = now;
        self.next = now + Duration::from_secs_f64(1.0 / self.rate);
    }

    /// Requests a second, for display.
    #[cfg(test)]
    fn rate(&self) -> f64 {
        self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service that refills `limit` tokens a second and holds as many, for `seconds`. Returns how many were answered and refused, after the first two seconds.
    fn against(limit: f64, seconds: f64) -> (f64, f64) {
        let start = Instant::now();
        let mut pace = Pace::new(
            Limits {
                first: 8.0,
                most: 200.0,
            },
            start,
        );
        let (mut now, mut tokens, mut filled) = (start, limit, start);
        let (mut answered, mut refused) = (0.0, 0.0);
        while now.duration_since(start).as_secs_f64() < seconds {
            now += pace.turn(now);
            tokens = (tokens + now.duration_since(filled).as_secs_f64() * limit).min(limit);
            filled = now;
            let counts = now.duration_since(start).as_secs_f64() > 2.0;
            if tokens >= 1.0 {
                tokens -= 1.0;
                pace.answered(now);
                answered += f64::from(u8::from(counts));
            } else {
                pace.refused(now);
                refused += f64::from(u8::from(counts));
            }
        }
        (answered, refused)
    }

    #[test]
    fn a_limit_is_used_and_seldom_hit() {
        for limit in [5.0, 20.0] {
            let seconds = 120.0;
            let (answered, refused) = against(limit, seconds);
            assert!(
                answered >= 0.95 * limit * (seconds - 2.0),
                "{limit}: {answered} answered"
            );
            assert!(refused <= 0.02 * answered, "{limit}: {refused} refused");
        }
    }

    #[test]
    fn a_storm_of_refusals_is_forgotten() {
        let start = Instant::now();
        let mut pace = Pace::new(
            Limits {
                first: 8.0,
                most: 200.0,
            },
            start,
        );
        let mut now = start;
        while now.duration_since(start).as_secs_f64() < 10.0 {
            now += pace.turn(now);
            pace.refused(now);
        }
        assert!(pace.rate() < 3.0, "{}", pace.rate());
        let passed = now;
        while pace.rate() < 8.0 {
            now += pace.turn(now);
            pace.answered(now);
        }
        assert!(now.duration_since(passed).as_secs_f64() < 60.0);
    }

    #[test]
    fn without_refusals_the_rate_grows_to_its_bound() {
        let start = Instant::now();
        let mut pace = Pace::new(
            Limits {
                first: 8.0,
                most: 50.0,
            },
            start,
        );
        let mut now = start;
        for _ in 0..500 {
            now += pace.turn(now);
            pace.answered(now);
        }
        assert!((pace.rate() - 50.0).abs() < 1e-9);
    }

    #[test]
    fn refusals_on_their_way_count_once() {
        let start = Instant::now();
        let limits = Limits {
            first: 10.0,
            most: 50.0,
        };
        let after = |refusals: u32| {
            let mut pace = Pace::new(limits, start);
            for _ in 0..refusals {
                pace.refused(start);
            }
            pace.rate()
        };
        assert!(after(1) < 5.0);
        assert!((after(1) - after(5)).abs() < 1e-9);
    }
}
