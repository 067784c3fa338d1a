//! Endpoints and everything that they serve.
//!
//! A configuration can be gone while its endpoint lives, and a model while its configuration does: the names that are used
//! are asked for as well as those that are listed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_core::asset::AssetKind;
use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::Outcome;

use super::{Site, members};
use crate::found::values;
use crate::since::{CONFIGURATIONS, MODELS};

/// What is asked of the metrics of one endpoint.
#[derive(Clone, Debug, Default)]
pub(super) struct Served {
    pub(super) variants: BTreeSet<String>,
    pub(super) components: BTreeSet<String>,
    pub(super) asynchronous: bool,
    configuration: Option<String>,
}

/// Reads endpoints, and gives what to ask of their metrics, by endpoint.
pub(super) async fn endpoints(site: &Site<'_, '_>) -> BTreeMap<String, Served> {
    let served: RefCell<BTreeMap<String, Served>> = RefCell::default();
    let (mut names, mut arns) = (BTreeSet::new(), BTreeSet::new());
    if site.wants(O::ListEndpoints) {
        site.pages(O::ListEndpoints, members([]), async |page: &Node<'_>| {
            names.extend(values(page, "EndpointName"));
            arns.extend(values(page, "EndpointArn"));
        })
        .await;
    }
    site.each(
        O::DescribeEndpoint,
        "EndpointName",
        names,
        |name, endpoint| {
            let mut served = served.borrow_mut();
            let entry = served.entry(name.to_owned()).or_default();
            entry.variants = values(endpoint, "VariantName");
            entry.asynchronous = endpoint.member("AsyncInferenceConfig").is_some();
            entry.configuration = endpoint
                .member("EndpointConfigName")
                .and_then(Node::text)
                .map(str::to_owned);
        },
    )
    .await;
    site.each(O::ListTags, "ResourceArn", arns, |_, _| {}).await;

    let used: BTreeSet<String> = served
        .borrow()
        .values()
        .filter_map(|endpoint| endpoint.configuration.clone())
        .collect();
    let models: RefCell<BTreeSet<String>> = RefCell::default();
    let shown = |name: &str, configuration: &Node<'_>| {
        if configuration.member("AsyncInferenceConfig").is_some() {
            for endpoint in served.borrow_mut().values_mut() {
                endpoint.asynchronous |= endpoint.configuration.as_deref() == Some(name);
            }
        }
        if used.contains(name) {
            let mut models = models.borrow_mut();
            models.extend(values(configuration, "ModelName"));
            models.extend(values(configuration, "ModelNameOverride"));
        }
    };
    let listed = site
        .list_made(O::ListEndpointConfigs, &CONFIGURATIONS, &shown)
        .await;
    let configurations = listed.new.union(&used);
    let configurations = configurations.filter(|name| !listed.kept.contains(*name));
    site.each(
        O::DescribeEndpointConfig,
        CONFIGURATIONS.name,
        configurations.cloned(),
        &shown,
    )
    .await;

    // The listing tells the endpoint as well: the metrics of a component are asked for even where its description is refused.
    let mut components = BTreeSet::new();
    if site.wants(O::ListInferenceComponents) {
        let (listing, nothing) = (O::ListInferenceComponents, members([]));
        site.pages(listing, nothing, async |page: &Node<'_>| {
            for component in page
                .member("InferenceComponents")
                .map_or(&[][..], Node::items)
            {
                let text = |name: &str| component.member(name).and_then(Node::text);
                let Some(name) = text("InferenceComponentName") else {
                    continue;
                };
                components.insert(name.to_owned());
                if let Some(endpoint) = text("EndpointName")
                    && let Some(endpoint) = served.borrow_mut().get_mut(endpoint)
                {
                    endpoint.components.insert(name.to_owned());
                }
            }
        })
        .await;
    }
    site.each(
        O::DescribeInferenceComponent,
        "InferenceComponentName",
        components,
        |_, component| {
            models.borrow_mut().extend(values(component, "ModelName"));
            note_artifacts(site, component);
        },
    )
    .await;
    self::models(site, models.into_inner()).await;
    site.list(O::DescribeScalableTargets, members([]), "ResourceId")
        .await;
    served.into_inner()
}

/// Describes the models that are used, and every model where a control judges models.
async fn models(site: &Site<'_, '_>, used: BTreeSet<String>) {
    if !site.wants(O::DescribeModel) {
        return;
    }
    let packages: RefCell<BTreeSet<String>> = RefCell::default();
    let shown = |name: &str, model: &Node<'_>| {
        if used.contains(name) {
            packages
                .borrow_mut()
                .extend(values(model, "ModelPackageName"));
            note_artifacts(site, model);
        }
    };
    let mut names = used.clone();
    if site.run.plan.judges(AssetKind::Model) {
        let listed = site.list_made(O::ListModels, &MODELS, &shown).await;
        names.extend(listed.new);
        names.retain(|name| !listed.kept.contains(name));
        // A page of a search costs as much as a description: not for a few.
        let pages = (names.len() + listed.kept.len()) / 100 + 1;
        if site.run.plan.searches && names.len() > pages.max(2) {
            for name in search(site, &shown).await {
                names.remove(&name);
            }
        }
    }
    site.each(O::DescribeModel, MODELS.name, names, &shown)
        .await;
    site.each(
        O::DescribeModelPackage,
        "ModelPackageName",
        packages.into_inner(),
        |_, package| note_artifacts(site, package),
    )
    .await;
}

fn note_artifacts(site: &Site<'_, '_>, answer: &Node<'_>) {
    for member in ["ModelDataUrl", "S3Uri", "ManifestS3Uri", "ArtifactUrl"] {
        for uri in values(answer, member) {
            site.note(|found| found.artifact(&uri));
        }
    }
}

/// Finds models by search, a hundred whole records a call; gives the names that were found. A model that is new, or that the
/// search does not show, is described.
async fn search(site: &Site<'_, '_>, shown: &dyn Fn(&str, &Node<'_>)) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut asked = site.whole(O::Search, members([("Resource", "Model")]));
    loop {
        let outcome = site.call(O::Search, &asked).await;
        let body = match outcome {
            Outcome::Ok { body } => body,
            other => {
                site.skip_search(&other);
                break;
            }
        };
        let Ok(page) = Node::parse(body.get()) else {
            break;
        };
        for record in page.member("Results").map_or(&[][..], Node::items) {
            let Some(model) = record.pointer("/Model/Model") else {
                continue;
            };
            let text = |name: &str| model.member(name).and_then(Node::text);
            if let (Some(name), Some(arn)) = (text("ModelName"), text("ModelArn")) {
                shown(name, model);
                site.record_search("Model", arn, model);
                found.insert(name.to_owned());
            }
        }
        match page.member("NextToken").and_then(Node::text) {
            Some(token) if !token.is_empty() => {
                asked.insert("NextToken".to_owned(), token.into());
            }
            _ => break,
        }
    }
    found
}
