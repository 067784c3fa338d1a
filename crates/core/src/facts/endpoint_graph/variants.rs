//! The variants of an endpoint configuration, and the models that they name.
//!
//! Enters: the description of a configuration. Leaves: its variants, and of each the models, or
//! that it hosts inference components. Deliberately absent: how many instances it runs on.

use crate::facts::answer::Part;
use crate::facts::endpoint_graph::join_gaps;
use crate::facts::fact::{Fact, State, Text};
use crate::missing::MissingSet;

/// The models that a variant names.
#[derive(Debug)]
pub struct VariantModels<'e> {
    /// The names that are known.
    pub known: Vec<Text<'e>>,
    /// What keeps them from being all known.
    pub gap: Option<MissingSet>,
}

/// `ModelName` and every `InstancePools[].ModelNameOverride`.
#[must_use]
pub fn variant_models<'e>(variant: &Part<'_, 'e>) -> VariantModels<'e> {
    let mut models = VariantModels {
        known: Vec::new(),
        gap: None,
    };
    let mut note = |name: Fact<'e, Option<Text<'e>>>| match name.state {
        State::Known(name) => models.known.extend(name),
        State::Unknown(missing) => models.gap = Some(join_gaps(models.gap.take(), &missing)),
    };
    note(variant.optional_text("/ModelName"));
    match variant.parts("/InstancePools").state {
        State::Known(pools) => {
            for pool in pools {
                note(pool.optional_text("/ModelNameOverride"));
            }
        }
        State::Unknown(missing) => note(Fact::unknown(missing)),
    }
    models
}

/// Whether a variant names no model, and so hosts inference components.
#[must_use]
pub fn hosts_components<'e>(variant: &Part<'_, 'e>) -> Fact<'e, bool> {
    let models = variant_models(variant);
    let origin = variant.origin("/ModelName");
    match models.gap {
        _ if !models.known.is_empty() => Fact::known(false, origin),
        Some(missing) => Fact::unknown(missing),
        None => Fact::known(true, origin),
    }
}

/// Whether shadow variants are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shadows {
    /// They are.
    Included,
    /// Production variants only.
    Excluded,
}

/// The variants of a configuration, or what is missing of them.
#[must_use]
pub fn variants<'r, 'e>(
    configuration: &Part<'r, 'e>,
    shadows: Shadows,
) -> Vec<Result<Part<'r, 'e>, MissingSet>> {
    let mut lists = vec![configuration.required_parts("/ProductionVariants")];
    if shadows == Shadows::Included {
        lists.push(configuration.parts("/ShadowProductionVariants"));
    }
    let mut all = Vec::new();
    for list in lists {
        match list.state {
            State::Known(parts) => all.extend(parts.into_iter().map(Ok)),
            State::Unknown(missing) => all.push(Err(missing)),
        }
    }
    all
}
