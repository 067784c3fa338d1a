//! Typed, three-valued facts.
//!
//! Enters: the estate, the tunables, `as_of`. Leaves: one struct of facts per asset, with the place
//! each was read from. Deliberately absent: judgement; that is the controls'.

pub mod answer;
pub mod context;
pub mod domain;
pub mod fact;
pub mod notebook_instance;
pub mod role;
pub mod schema;

pub use answer::{Answer, Part};
pub use context::Context;
pub use fact::{Fact, Origin, Origins, State, StatementOrigin, Text};
pub use schema::{Described, Facts};
