//! Typed, three-valued facts.
//!
//! Enters: the estate, the tunables, `as_of`. Leaves: one struct of facts per asset, with the place
//! each was read from. Deliberately absent: judgement; that is the controls'.

pub mod answer;
pub mod bucket;
pub mod cohort;
pub mod context;
pub mod fact;
pub mod role;
pub mod s3_uri;
pub mod schema;
pub mod training_job;

pub use answer::{Answer, Part};
pub use context::Context;
pub use fact::{Fact, Origin, Origins, State, StatementOrigin, Text};
pub use schema::{Described, Facts};
