//! Calls as requests, and responses as answers.
//!
//! Enters: a call and its request members. Leaves: what goes over the wire, and of what comes back the service's own JSON
//! or its error. Deliberately absent: hosts, signatures, and retries.

mod request;
mod response;
mod shapes;
mod xml;

pub(crate) use request::{Request, request};
pub(crate) use response::{ServiceError, answer};
