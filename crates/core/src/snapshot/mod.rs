//! Raw answers, not conclusions.
//!
//! Enters and leaves: observations, in memory or in the on-disk folder. A snapshot says what was
//! asked, what AWS answered, and what it refused. Deliberately absent: any derived value, any
//! secret, and the file system itself.

mod observation;

pub use observation::{Observation, Outcome, Parameters, Unresolved, key_of, plain};
