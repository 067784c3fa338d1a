//! What is judged.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kinds of asset that controls speak of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A Studio domain.
    Domain,
    /// An endpoint configuration.
    EndpointConfiguration,
    /// An endpoint.
    Endpoint,
    /// A model.
    Model,
    /// A notebook instance.
    NotebookInstance,
    /// A training job.
    TrainingJob,
}

impl AssetKind {
    /// Every kind, in the order assets are shown.
    pub const ALL: [AssetKind; 6] = [
        AssetKind::Domain,
        AssetKind::NotebookInstance,
        AssetKind::TrainingJob,
        AssetKind::Model,
        AssetKind::EndpointConfiguration,
        AssetKind::Endpoint,
    ];

    /// The word, as in the catalogue's folders.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            AssetKind::Domain => "domain",
            AssetKind::EndpointConfiguration => "endpoint_configuration",
            AssetKind::Endpoint => "endpoint",
            AssetKind::Model => "model",
            AssetKind::NotebookInstance => "notebook_instance",
            AssetKind::TrainingJob => "training_job",
        }
    }
}

impl fmt::Display for AssetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Which asset: its identity, as every finding shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Asset {
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The kind.
    pub kind: AssetKind,
    /// The name, as AWS's own commands take it.
    pub name: String,
    /// The ARN, as received or, when only a listing named the asset, as AWS would write it.
    pub arn: String,
}
