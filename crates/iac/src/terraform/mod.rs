//! Terraform and OpenTofu.
//!
//! Enters: a plan or a state as `terraform show -json` prints it. Leaves: a stack. Deliberately
//! absent: the provider's schemas; what the tables here do not name is not read.

mod attributes;
mod convert;
mod plan;
mod references;

pub(crate) use plan::{is_plan, read};
