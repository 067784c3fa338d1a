//! Every selected control against every asset.
//!
//! Enters: a context and a selection of controls. Leaves: outcomes, small enough to hold for a whole
//! organisation, in an order that does not depend on the number of threads. Findings are made from
//! them afterwards, and only for what is shown. Deliberately absent: texts and evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use crate::asset::{Asset, AssetKind};
use crate::cel::Input;
use crate::control::{Control, Rule};
use crate::cost::{Costs, gaps_of};
use crate::evaluate::{Outcome, decide};
use crate::facts::{Context, Facts, assets, derive};
use crate::verdict::Severity;
use crate::waiver::{Caps, Waivers};

/// The controls of a run, in catalogue order, and the waivers of their findings.
#[derive(Debug)]
pub struct Selection<'c> {
    controls: Vec<&'c Control>,
    waivers: &'c Waivers,
}

/// The waivers of a run that has none.
static NO_WAIVERS: Waivers = Waivers {
    all: Vec::new(),
    caps: Caps(BTreeMap::new()),
    claims: Vec::new(),
};

/// Which assets of the estate are judged; empty lists mean all.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Accounts.
    pub accounts: Vec<String>,
    /// Regions, `*` allowed at the end (`eu-*`).
    pub regions: Vec<String>,
    /// The assets of these ARNs alone.
    pub arns: Option<BTreeSet<String>>,
}

/// One asset with its outcomes, in selection order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedAsset {
    /// The asset.
    pub asset: Asset,
    /// What each control says of it.
    pub outcomes: Vec<Outcome>,
}

impl<'c> Selection<'c> {
    /// A selection. More controls than fit sixteen bits are not representable and are left out.
    #[must_use]
    pub fn new(controls: Vec<&'c Control>) -> Self {
        let mut controls = controls;
        controls.truncate(usize::from(u16::MAX));
        Selection {
            controls,
            waivers: &NO_WAIVERS,
        }
    }

    /// The same controls, with waivers. More than fit sixteen bits are not representable and are
    /// left out, so that what they would cover stays open.
    #[must_use]
    pub fn with_waivers(self, waivers: &'c Waivers) -> Self {
        Selection { waivers, ..self }
    }

    /// The waivers.
    #[must_use]
    pub fn waivers(&self) -> &'c Waivers {
        self.waivers
    }

    /// The controls.
    #[must_use]
    pub fn controls(&self) -> &[&'c Control] {
        &self.controls
    }

    /// The control of an outcome.
    #[must_use]
    pub fn control(&self, outcome: &Outcome) -> Option<&'c Control> {
        self.controls.get(usize::from(outcome.control)).copied()
    }

    /// The severity of an outcome's control.
    #[must_use]
    pub fn severity(&self, outcome: &Outcome) -> Severity {
        self.control(outcome)
            .map_or(Severity::Low, |control| control.severity)
    }

    /// The kinds of asset that any selected control speaks of, in display order.
    #[must_use]
    pub fn kinds(&self) -> Vec<AssetKind> {
        AssetKind::ALL
            .into_iter()
            .filter(|kind| self.rules(*kind).next().is_some())
            .collect()
    }

    /// The rules for a kind of asset, with the position of their control.
    pub fn rules(&self, kind: AssetKind) -> impl Iterator<Item = (u16, &'c Rule)> + '_ {
        (0u16..)
            .zip(&self.controls)
            .filter_map(move |(index, control)| Some((index, control.rule(kind)?)))
    }

    /// What the selected controls say of one asset.
    #[must_use]
    pub fn judge(&self, kind: AssetKind, facts: &dyn Facts, context: &Context<'_>) -> Vec<Outcome> {
        let input = Input {
            root: facts,
            tunables: context.tunables,
            as_of: context.instant(),
        };
        self.rules(kind)
            .filter_map(|(index, rule)| decide(index, rule, &input))
            .collect()
    }
}

impl Reach {
    /// Whether the asset of this ARN is judged, if its account and Region are.
    #[must_use]
    pub fn covers_arn(&self, arn: &str) -> bool {
        self.arns.as_ref().is_none_or(|wanted| wanted.contains(arn))
    }

    /// Whether every asset is judged.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.accounts.is_empty() && self.regions.is_empty() && self.arns.is_none()
    }

    /// Whether assets of an account and Region are judged.
    #[must_use]
    pub fn covers(&self, account: &str, region: &str) -> bool {
        let region_matches = |pattern: &String| match pattern.strip_suffix('*') {
            Some(prefix) => region.starts_with(prefix),
            None => pattern == region,
        };
        (self.accounts.is_empty() || self.accounts.iter().any(|wanted| wanted == account))
            && (self.regions.is_empty() || self.regions.iter().any(region_matches))
    }
}

/// The judged assets, and what was not read.
#[derive(Clone, Debug, Default)]
pub struct JudgedAssets {
    /// Sorted by account, Region, kind and name.
    pub assets: Vec<JudgedAsset>,
    /// What was not read, and the unknown verdicts it costs.
    pub costs: Costs,
}

/// Judges every asset but the streamed training jobs.
#[must_use]
pub fn judge_assets(
    context: &Context<'_>,
    selection: &Selection<'_>,
    reach: &Reach,
    threads: NonZeroUsize,
) -> JudgedAssets {
    let mut all: Vec<Asset> = selection
        .kinds()
        .into_iter()
        .flat_map(|kind| assets(context, kind))
        .filter(|asset| reach.covers(&asset.account, &asset.region) && reach.covers_arn(&asset.arn))
        .collect();
    all.sort();
    let share = all.len().div_ceil(threads.get()).max(1);
    let judge_share = |share: &[Asset]| {
        let mut judged = JudgedAssets::default();
        for asset in share {
            let Some(facts) = derive(context, asset) else {
                continue;
            };
            let outcomes = selection.judge(asset.kind, facts.as_facts(), context);
            let gaps = gaps_of(selection, asset.kind, &outcomes, facts.as_facts(), context);
            judged.costs.add(&gaps, 1);
            if !outcomes.is_empty() {
                judged.assets.push(JudgedAsset {
                    asset: asset.clone(),
                    outcomes,
                });
            }
        }
        judged
    };
    let mut judged = JudgedAssets::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = all
            .chunks(share)
            .map(|share| scope.spawn(move || judge_share(share)))
            .collect();
        for worker in workers {
            let of_worker = worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            judged.assets.extend(of_worker.assets);
            judged.costs.merge(&of_worker.costs);
        }
    });
    judged
}
