//! Typed, three-valued facts.
//!
//! Enters: the estate, the tunables, `as_of`. Leaves: one struct of facts per asset, with the place
//! each was read from. Deliberately absent: judgement; that is the controls'.

pub mod answer;
pub mod artifact;
pub mod bucket;
pub mod capacity;
pub mod cohort;
pub mod context;
pub mod domain;
pub mod endpoint;
pub mod endpoint_configuration;
pub mod endpoint_graph;
pub mod fact;
pub mod kind;
pub mod model;
pub mod monitoring;
mod named;
pub mod network;
pub mod notebook_instance;
pub mod precomputed;
pub mod review;
pub mod role;
pub mod s3_uri;
pub mod schema;
pub mod traffic;
pub mod training_job;
pub mod written;

pub use answer::{Answer, Part};
pub use context::Context;
pub use fact::{Fact, Origin, Origins, State, StatementOrigin, Text};
pub use kind::{AssetFacts, assets, derive, environment, schema};
pub use schema::{Described, Facts};
