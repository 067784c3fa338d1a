//! Terraform and OpenTofu.
//!
//! Enters: a plan or a state as `terraform show -json` prints it, or the language itself. Leaves: a
//! stack. Deliberately
//! absent: the provider's schemas; what the tables here do not name is not read.

mod attributes;
mod convert;
pub(crate) mod hcl;
mod plan;
mod references;

pub(crate) use plan::{is_plan, read};
