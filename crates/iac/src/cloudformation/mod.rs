//! CloudFormation, and what the CDK synthesises.
//!
//! Enters: a template as JSON or YAML, values of its parameters, the templates that it nests.
//! Leaves: a stack in which parameters, mappings and conditions are resolved as far as anybody can;
//! the rest is open. Deliberately absent: macros, of which only CloudFormation knows what they make.

mod document;
mod intrinsic;
mod repeat;
mod settle;
mod table;
mod template;

pub(crate) use document::parse as parse_tree;
pub(crate) use template::{launcher, read};
