//! Terraform and OpenTofu.
//!
//! Enters: a plan or a state as `terraform show -json` prints it, or the language itself. Leaves: a
//! stack. Deliberately absent: the provider's schemas; what the tables here do not name is not read.

mod attributes;
mod behind;
mod convert;
pub(crate) mod hcl;
mod merge;
mod plan;
mod providers;
mod references;

pub(crate) use plan::{is_plan, read};

/// Whether a resource stands for others that are written in another language or for another provider.
fn adds_others(of_type: &str) -> bool {
    of_type.starts_with("awscc_")
        || [
            "aws_cloudformation_stack",
            "aws_cloudcontrolapi_resource",
            "aws_serverlessapplicationrepository_cloudformation_stack",
        ]
        .contains(&of_type)
}

/// Whether an attribute of a resource of that type identifies it, or another one: it is set, and one
/// thing.
fn identifies(of_type: &str, attribute: &str) -> bool {
    let identity = [
        "id", "arn", "name", "bucket", "key_id", "hex", "dec", "b64_url",
    ];
    identity.contains(&attribute)
        || ["_id", "_arn", "_name"]
            .iter()
            .any(|suffix| attribute.ends_with(suffix))
        || of_type.starts_with("random_") && attribute == "result"
}

/// Whether what a data source found has that attribute in every case.
fn is_found(attribute: &str) -> bool {
    [
        "id",
        "ids",
        "arn",
        "arns",
        "name",
        "names",
        "key_id",
        "target_key_arn",
        "target_key_id",
        "value",
        "outputs",
    ]
    .contains(&attribute)
}
