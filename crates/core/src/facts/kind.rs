//! From a kind of asset to its facts.

use crate::asset::{Asset, AssetKind};
use crate::cel::{Environment, Schema};
use crate::facts::context::Context;
use crate::facts::domain::{self, Domain};
use crate::facts::endpoint::{self, Endpoint};
use crate::facts::endpoint_configuration::{self, EndpointConfiguration};
use crate::facts::model::{self, Model};
use crate::facts::notebook_instance::{self, NotebookInstance};
use crate::facts::schema::{Described, Facts};
use crate::facts::training_job::TrainingJob;
use crate::tunables::Tunables;

/// The facts of one asset of the estate.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one lives at a time, on the stack, and is never collected"
)]
pub enum AssetFacts<'e> {
    /// Of a domain.
    Domain(Domain<'e>),
    /// Of an endpoint configuration.
    EndpointConfiguration(EndpointConfiguration<'e>),
    /// Of an endpoint.
    Endpoint(Endpoint<'e>),
    /// Of a model.
    Model(Model<'e>),
    /// Of a notebook instance.
    NotebookInstance(NotebookInstance<'e>),
}

impl AssetFacts<'_> {
    /// The facts, whatever the kind.
    #[must_use]
    pub fn as_facts(&self) -> &dyn Facts {
        match self {
            AssetFacts::Domain(facts) => facts,
            AssetFacts::EndpointConfiguration(facts) => facts,
            AssetFacts::Endpoint(facts) => facts,
            AssetFacts::Model(facts) => facts,
            AssetFacts::NotebookInstance(facts) => facts,
        }
    }
}

/// What expressions may name about an asset of a kind.
#[must_use]
pub fn schema(kind: AssetKind) -> &'static Schema {
    match kind {
        AssetKind::Domain => Domain::SCHEMA,
        AssetKind::EndpointConfiguration => EndpointConfiguration::SCHEMA,
        AssetKind::Endpoint => Endpoint::SCHEMA,
        AssetKind::Model => Model::SCHEMA,
        AssetKind::NotebookInstance => NotebookInstance::SCHEMA,
        AssetKind::TrainingJob => TrainingJob::SCHEMA,
    }
}

/// The names an expression about an asset of a kind may use.
#[must_use]
pub fn environment(kind: AssetKind) -> Environment {
    Environment {
        root: schema(kind),
        tunables: Tunables::SCHEMA,
    }
}

/// Every asset of a kind that the estate shows. Training jobs are streamed and not in the estate.
#[must_use]
pub fn assets(context: &Context<'_>, kind: AssetKind) -> Vec<Asset> {
    let estate = context.estate;
    match kind {
        AssetKind::Domain => domain::assets(estate),
        AssetKind::EndpointConfiguration => endpoint_configuration::assets(context),
        AssetKind::Endpoint => endpoint::assets(context),
        AssetKind::Model => model::assets(context),
        AssetKind::NotebookInstance => notebook_instance::assets(estate),
        AssetKind::TrainingJob => Vec::new(),
    }
}

/// The facts of an asset of the estate.
///
/// Training jobs have none here: see [`training_job`](crate::facts::training_job).
#[must_use]
pub fn derive<'e>(context: &Context<'e>, asset: &Asset) -> Option<AssetFacts<'e>> {
    Some(match asset.kind {
        AssetKind::Domain => AssetFacts::Domain(domain::derive(context, asset)),
        AssetKind::EndpointConfiguration => {
            AssetFacts::EndpointConfiguration(endpoint_configuration::derive(context, asset))
        }
        AssetKind::Endpoint => AssetFacts::Endpoint(endpoint::derive(context, asset)),
        AssetKind::Model => AssetFacts::Model(model::derive(context, asset)),
        AssetKind::NotebookInstance => {
            AssetFacts::NotebookInstance(notebook_instance::derive(context, asset))
        }
        AssetKind::TrainingJob => return None,
    })
}
