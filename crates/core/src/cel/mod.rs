//! The expression language of the controls (placeholder of the interface).
mod value;
pub use value::{Field, List, Record, Schema, Type, Value};
