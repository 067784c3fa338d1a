//! What every derivation is given.

use std::sync::OnceLock;

use crate::estate::Estate;
use crate::facts::bucket::Buckets;
use crate::facts::endpoint_graph::Graph;
use crate::facts::notebook_instance::Notebooks;
use crate::facts::role::Roles;
use crate::facts::written::Written;
use crate::time::Time;
use crate::tunables::Tunables;

/// The estate, the tunables and the instant, with what is derived from them once for all assets.
#[derive(Debug)]
pub struct Context<'e> {
    /// The observations.
    pub estate: &'e Estate,
    /// The operator's settings.
    pub tunables: &'e Tunables,
    /// The instant of evaluation.
    pub as_of: Time,
    /// Whose buckets are.
    pub buckets: Buckets<'e>,
    /// The roles that assets name.
    pub roles: Roles<'e>,
    /// What notebooks share.
    pub notebooks: Notebooks<'e>,
    /// Endpoints, their configurations, and the models those serve.
    pub graph: Graph<'e>,
    /// The policies that infrastructure code writes, once somebody asked.
    pub written: OnceLock<Written>,
}

impl<'e> Context<'e> {
    /// Derives what assets share.
    #[must_use]
    pub fn new(estate: &'e Estate, tunables: &'e Tunables, as_of: Time) -> Self {
        Context {
            estate,
            tunables,
            as_of,
            buckets: Buckets::of(estate),
            roles: Roles::new(estate, tunables),
            notebooks: Notebooks::new(estate),
            graph: Graph::new(estate),
            written: OnceLock::new(),
        }
    }

    /// The policies that infrastructure code writes.
    #[must_use]
    pub fn written(&self) -> &Written {
        self.written.get_or_init(|| Written::of(self.estate))
    }

    /// The instant of evaluation, as expressions see it.
    #[must_use]
    pub fn instant(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.as_of.0).unwrap_or_default()
    }
}
