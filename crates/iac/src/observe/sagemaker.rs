//! What SageMaker and Application Auto Scaling would answer.

use std::collections::BTreeSet;

use sagewarden_core::operations::Operation;

use super::{Recorder, Stack, described, later};
use crate::declared::Declared;
use crate::frame::pending_name;
use crate::kind::Kind;
use crate::value::Node;

/// The dimension of Application Auto Scaling that counts the instances of a variant.
const INSTANCES: &str = "sagemaker:variant:DesiredInstanceCount";

pub(super) fn observe(stack: &Stack, out: &mut Recorder<'_>) {
    for declared in &stack.declared {
        match declared.identity.kind {
            Kind::Notebook => notebook(declared, out),
            Kind::LifecycleConfig => named(
                declared,
                out,
                Operation::DescribeNotebookInstanceLifecycleConfig,
                "NotebookInstanceLifecycleConfigName",
            ),
            Kind::Domain => domain(stack, declared, out),
            Kind::UserProfile => user_profile(declared, out),
            Kind::Model => asset(
                declared,
                out,
                Operation::DescribeModel,
                ("ModelName", "ModelArn"),
                vec![],
            ),
            Kind::EndpointConfig => asset(
                declared,
                out,
                Operation::DescribeEndpointConfig,
                ("EndpointConfigName", "EndpointConfigArn"),
                vec![],
            ),
            Kind::Endpoint => endpoint(stack, declared, out),
            Kind::InferenceComponent => named(
                declared,
                out,
                Operation::DescribeInferenceComponent,
                "InferenceComponentName",
            ),
            Kind::MonitoringSchedule => schedule(declared, out),
            Kind::DataQualityDefinition => {
                definition(declared, out, Operation::DescribeDataQualityJobDefinition)
            }
            Kind::ModelQualityDefinition => {
                definition(declared, out, Operation::DescribeModelQualityJobDefinition)
            }
            Kind::ModelBiasDefinition => {
                definition(declared, out, Operation::DescribeModelBiasJobDefinition);
            }
            Kind::ModelExplainabilityDefinition => definition(
                declared,
                out,
                Operation::DescribeModelExplainabilityJobDefinition,
            ),
            Kind::TrainingJob => asset(
                declared,
                out,
                Operation::DescribeTrainingJob,
                ("TrainingJobName", "TrainingJobArn"),
                vec![("TrainingJobStatus", Node::text("InProgress"))],
            ),
            _ => {}
        }
    }
    scaling(stack, out);
    if out.whole {
        closed_listings(stack, out);
    }
}

/// The description of an asset, with the members that hold its name and ARN, and the time that the
/// service adds.
fn asset(
    declared: &Declared,
    out: &mut Recorder<'_>,
    operation: Operation,
    (name, arn): (&'static str, &'static str),
    mut added: Vec<(&'static str, Node)>,
) {
    let identity = &declared.identity;
    added.push((name, Node::text(&identity.name)));
    added.push((arn, Node::text(identity.arn(out.frame))));
    added.push(("CreationTime", later()));
    let body = described(declared, added);
    let key = [(name, identity.name.as_str())];
    let made_by = declared.made_by.as_deref();
    out.answer_of(operation, &identity.region, &key, &body, made_by);
}

fn named(declared: &Declared, out: &mut Recorder<'_>, operation: Operation, name: &str) {
    let identity = &declared.identity;
    let body = described(declared, vec![(name, Node::text(&identity.name))]);
    out.answer(
        operation,
        &identity.region,
        &[(name, &identity.name)],
        &body,
    );
}

fn definition(declared: &Declared, out: &mut Recorder<'_>, operation: Operation) {
    named(declared, out, operation, "JobDefinitionName");
}

fn notebook(declared: &Declared, out: &mut Recorder<'_>) {
    let added = vec![
        ("NotebookInstanceStatus", Node::text("InService")),
        ("LastModifiedTime", later()),
    ];
    let operation = Operation::DescribeNotebookInstance;
    asset(
        declared,
        out,
        operation,
        ("NotebookInstanceName", "NotebookInstanceArn"),
        added,
    );
}

fn domain(stack: &Stack, declared: &Declared, out: &mut Recorder<'_>) {
    let identity = &declared.identity;
    let id = identity.name.as_str();
    let body = described(
        declared,
        vec![
            ("DomainId", Node::text(id)),
            ("DomainArn", Node::text(identity.arn(out.frame))),
            ("Status", Node::text("InService")),
            ("CreationTime", later()),
        ],
    );
    let region = &identity.region;
    out.answer(
        Operation::DescribeDomain,
        region,
        &[("DomainId", id)],
        &body,
    );
    // A domain that the code creates has the users that the code gives it, as far as it was read.
    let complete = stack.unread_about(identity, out.frame).is_none();
    let profiles = members(stack, Kind::UserProfile, id).map(profile_summary);
    let page = ("UserProfiles", Node::list(profiles.collect()));
    let key = [("DomainIdEquals", id)];
    out.listing(
        Operation::ListUserProfiles,
        region,
        &key,
        vec![vec![page]],
        complete,
    );
    let spaces = members(stack, Kind::Space, id).map(|space| {
        let sharing = space.body.at_path(&["SpaceSharingSettings", "SharingType"]);
        Node::map(vec![
            ("SpaceName", Node::text(&space.identity.name)),
            (
                "SpaceSharingSettingsSummary",
                Node::map(vec![("SharingType", sharing.cloned().unwrap_or_default())]),
            ),
        ])
        .at(space.body.place.clone())
    });
    let page = ("Spaces", Node::list(spaces.collect()));
    let operation = Operation::ListSpaces;
    out.listing(operation, region, &key, vec![vec![page]], complete);
}

/// What belongs to a domain. A member whose domain nobody knows yet may belong to this one.
fn members<'s>(
    stack: &'s Stack,
    kind: Kind,
    domain: &'s str,
) -> impl Iterator<Item = &'s Declared> {
    stack.of(kind).filter(move |declared| {
        declared
            .body
            .member("DomainId")
            .is_none_or(|id| id.as_text().is_none_or(|id| id == domain))
    })
}

fn profile_summary(profile: &Declared) -> Node {
    let domain = profile.body.member("DomainId").and_then(Node::as_text);
    let status = match (&profile.conditional, domain) {
        (Some(condition), _) => Node::open(condition, false),
        (None, Some(_)) => Node::text("InService"),
        _ => Node::open("which domain the profile belongs to", false),
    };
    Node::map(vec![
        ("UserProfileName", Node::text(&profile.identity.name)),
        ("Status", status),
    ])
    .at(profile.body.place.clone())
}

fn user_profile(declared: &Declared, out: &mut Recorder<'_>) {
    let identity = &declared.identity;
    let Some(domain) = declared.body.member("DomainId").and_then(Node::as_text) else {
        return;
    };
    let added = vec![
        ("UserProfileName", Node::text(&identity.name)),
        ("Status", there(declared, "InService")),
    ];
    let key = [("DomainId", domain), ("UserProfileName", &identity.name)];
    let body = described(declared, added);
    out.answer(
        Operation::DescribeUserProfile,
        &identity.region,
        &key,
        &body,
    );
}

fn endpoint(stack: &Stack, declared: &Declared, out: &mut Recorder<'_>) {
    let mut added = vec![
        ("EndpointStatus", Node::text("InService")),
        ("LastModifiedTime", later()),
    ];
    let name = declared.body.member("EndpointConfigName");
    let configuration = name
        .and_then(Node::as_text)
        .and_then(|name| stack.named(Kind::EndpointConfig, name));
    // An endpoint repeats what its configuration says of capture and of its variants.
    match configuration {
        Some(configuration) => {
            let capture = configuration.body.member("DataCaptureConfig");
            added.push(("DataCaptureConfig", capture.cloned().unwrap_or_default()));
            let variants = configuration.body.member("ProductionVariants");
            let variants = variants.map(Node::items).unwrap_or_default();
            let named = variants.iter().map(|variant| {
                let name = variant.member("VariantName").cloned();
                Node::map(vec![("VariantName", name.unwrap_or_default())])
            });
            added.push(("ProductionVariants", Node::list(named.collect())));
        }
        None => {
            added.push(("DataCaptureConfig", later()));
            added.push(("ProductionVariants", later()));
        }
    }
    asset(
        declared,
        out,
        Operation::DescribeEndpoint,
        ("EndpointName", "EndpointArn"),
        added,
    );
}

fn schedule(declared: &Declared, out: &mut Recorder<'_>) {
    let identity = &declared.identity;
    let name = ("MonitoringScheduleName", identity.name.as_str());
    let added = vec![
        (name.0, Node::text(name.1)),
        ("MonitoringScheduleStatus", there(declared, "Scheduled")),
    ];
    let body = described(declared, added);
    let operation = Operation::DescribeMonitoringSchedule;
    out.answer(operation, &identity.region, &[name], &body);
}

/// The status of what is there, open where nobody knows whether it is.
fn there(declared: &Declared, status: &str) -> Node {
    match &declared.conditional {
        Some(condition) => Node::open(condition, false),
        None => Node::text(status),
    }
}

/// Targets of other services scale other things, and are left out.
fn scaling(stack: &Stack, out: &mut Recorder<'_>) {
    let of_sagemaker = |declared: &&Declared| {
        declared
            .body
            .member("ServiceNamespace")
            .is_none_or(|node| node.as_text().is_none_or(|name| name == "sagemaker"))
    };
    for region in regions(stack) {
        let (sure, unsure): (Vec<&Declared>, Vec<&Declared>) = stack
            .of(Kind::ScalableTarget)
            .filter(|declared| declared.identity.region == region)
            .filter(of_sagemaker)
            .partition(|declared| is_sure(declared));
        let page = |item: Node| vec![("ScalableTargets", Node::list(vec![item]))];
        let mut pages: Vec<_> = sure
            .iter()
            .map(|declared| page(described(declared, vec![])))
            .collect();
        let mut scaled: BTreeSet<String> = sure
            .iter()
            .filter_map(|declared| resource(declared))
            .collect();
        for declared in unsure {
            for subject in subjects(stack, declared, &region) {
                if scaled.insert(subject.clone()) {
                    pages.push(page(doubt(declared, &subject)));
                }
            }
        }
        for (what, subject) in unread_targets(stack, &region, out) {
            if scaled.insert(subject.clone()) {
                pages.push(page(doubt_of(what, &subject)));
            }
        }
        let operation = Operation::DescribeScalableTargets;
        let pages = if pages.is_empty() {
            vec![vec![("ScalableTargets", Node::list(vec![]))]]
        } else {
            pages
        };
        let complete = out.whole;
        out.listing(operation, &region, &[], pages, complete);
    }
}

/// Whether what a target scales is known, and that it will be there.
fn is_sure(target: &Declared) -> bool {
    let known = ["ResourceId", "ScalableDimension"].iter().all(|member| {
        let node = target.body.member(member);
        node.is_some_and(|node| node.as_text().is_some())
    });
    known && target.conditional.is_none()
}

fn resource(target: &Declared) -> Option<String> {
    let node = target.body.member("ResourceId")?;
    node.as_text().map(str::to_owned)
}

/// The variants that a target could be about: the one that it names, or else every variant of an
/// endpoint of the code, and those of an endpoint that the code does not show.
fn subjects(stack: &Stack, target: &Declared, region: &str) -> BTreeSet<String> {
    let dimension = target.body.member("ScalableDimension");
    if dimension
        .and_then(Node::as_text)
        .is_some_and(|dimension| dimension != INSTANCES)
    {
        return BTreeSet::new();
    }
    if let Some(resource) = resource(target) {
        return BTreeSet::from([resource]);
    }
    let all: BTreeSet<String> = stack
        .of(Kind::EndpointConfig)
        .filter(|declared| declared.identity.region == region)
        .flat_map(variants)
        .collect();
    let elsewhere = pending_name(&target.identity.address);
    let named = |endpoint: &str, variant: &str| format!("endpoint/{endpoint}/variant/{variant}");
    let mut subjects: BTreeSet<String> = all
        .iter()
        .map(|variant| named(&elsewhere, variant))
        .collect();
    for endpoint in stack.of(Kind::Endpoint) {
        let configuration = endpoint.body.member("EndpointConfigName");
        let own = match configuration.map(Node::as_text) {
            Some(Some(name)) => stack.named(Kind::EndpointConfig, name).map(variants),
            _ => Some(all.clone()),
        };
        let own = own.unwrap_or_default();
        let name = &endpoint.identity.name;
        subjects.extend(own.iter().map(|variant| named(name, variant)));
    }
    subjects
}

/// The variants of the endpoints that code which was not read may scale.
fn unread_targets<'s>(
    stack: &'s Stack,
    region: &str,
    out: &Recorder<'_>,
) -> Vec<(&'s str, String)> {
    let mut all = Vec::new();
    for endpoint in stack.of(Kind::Endpoint) {
        if endpoint.identity.region != region {
            continue;
        }
        let configuration = endpoint
            .body
            .member("EndpointConfigName")
            .and_then(Node::as_text);
        let configuration = configuration.and_then(|name| stack.named(Kind::EndpointConfig, name));
        let about = |declared: &Declared| stack.unread_about(&declared.identity, out.frame);
        let Some(what) = about(endpoint).or_else(|| about(configuration?)) else {
            continue;
        };
        let name = &endpoint.identity.name;
        for variant in configuration.map(variants).unwrap_or_default() {
            all.push((what, format!("endpoint/{name}/variant/{variant}")));
        }
    }
    all
}

/// The names of the variants of a configuration.
fn variants(configuration: &Declared) -> BTreeSet<String> {
    let variants = configuration.body.member("ProductionVariants");
    let variants = variants.map(Node::items).unwrap_or_default();
    let names = variants
        .iter()
        .filter_map(|variant| variant.member("VariantName")?.as_text());
    names.map(str::to_owned).collect()
}

/// A target that may be about a variant: the least capacity that it keeps there is not known.
fn doubt(target: &Declared, subject: &str) -> Node {
    let open = target.body.first_open().map(|open| open.expression.clone());
    let expression = target.conditional.clone().or(open);
    let expression = expression.unwrap_or_else(|| "what the target scales".to_owned());
    doubt_of(&expression, subject).at(target.body.place.clone())
}

fn doubt_of(expression: &str, subject: &str) -> Node {
    Node::map(vec![
        ("ServiceNamespace", Node::text("sagemaker")),
        ("ResourceId", Node::text(subject)),
        ("ScalableDimension", Node::text(INSTANCES)),
        ("MinCapacity", Node::open(expression, false)),
    ])
}

/// The Regions that SageMaker's resources are in.
fn regions(stack: &Stack) -> BTreeSet<String> {
    let assets = [
        Kind::Notebook,
        Kind::Domain,
        Kind::Model,
        Kind::EndpointConfig,
        Kind::Endpoint,
        Kind::TrainingJob,
    ];
    stack
        .declared
        .iter()
        .filter(|declared| assets.contains(&declared.identity.kind))
        .map(|declared| declared.identity.region.clone())
        .collect()
}

/// The listings of code that is the whole stack.
fn closed_listings(stack: &Stack, out: &mut Recorder<'_>) {
    let rows: [(Kind, Operation, &str, &str, &str); 5] = [
        (
            Kind::Endpoint,
            Operation::ListEndpoints,
            "Endpoints",
            "EndpointName",
            "EndpointStatus",
        ),
        (
            Kind::EndpointConfig,
            Operation::ListEndpointConfigs,
            "EndpointConfigs",
            "EndpointConfigName",
            "",
        ),
        (
            Kind::Model,
            Operation::ListModels,
            "Models",
            "ModelName",
            "",
        ),
        (
            Kind::MonitoringSchedule,
            Operation::ListMonitoringSchedules,
            "MonitoringScheduleSummaries",
            "MonitoringScheduleName",
            "MonitoringScheduleStatus",
        ),
        (
            Kind::InferenceComponent,
            Operation::ListInferenceComponents,
            "InferenceComponents",
            "InferenceComponentName",
            "",
        ),
    ];
    for region in regions(stack) {
        for (kind, operation, items, name, status) in rows {
            let listed = stack
                .of(kind)
                .filter(|declared| declared.identity.region == region)
                .map(|declared| {
                    let mut item = Node::map(vec![(name, Node::text(&declared.identity.name))]);
                    if kind == Kind::Endpoint {
                        item.set("EndpointArn", Node::text(declared.identity.arn(out.frame)));
                        item.set(status, Node::text("InService"));
                    } else if !status.is_empty() {
                        item.set(status, there(declared, "Scheduled"));
                    }
                    if kind == Kind::InferenceComponent {
                        for member in ["EndpointName", "VariantName"] {
                            let node = declared.body.member(member);
                            item.set(member, node.cloned().unwrap_or_default());
                        }
                    }
                    item.at(declared.body.place.clone())
                });
            let page = (items, Node::list(listed.collect()));
            out.listing(operation, &region, &[], vec![vec![page]], true);
        }
    }
}
