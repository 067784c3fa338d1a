//! JSON, as a versioned contract.

pub mod v1;
