//! JSON, as a versioned contract.

pub mod role;
pub mod v1;
