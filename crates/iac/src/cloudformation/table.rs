//! The resources of a template, and what they are known by.
//!
//! Enters: the section `Resources`. Leaves: its entries, and what `Ref` and `Fn::GetAtt` of each give:
//! names and ARNs that are known already, or that stand for those to come. Deliberately absent: what
//! their properties mean.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::intrinsic::{Evaluator, Resources, Scope};
use super::template::is_nested;
use crate::declared::Identity;
use crate::frame::{asset_arn, pending_name};
use crate::kind::Kind;
use crate::value::{Node, Place};

/// A resource of a template.
pub(super) struct Entry<'n> {
    pub(super) of_type: String,
    pub(super) properties: Option<&'n Node>,
    pub(super) condition: Option<&'n str>,
    pub(super) construct: Option<String>,
    /// The waivers that its metadata names.
    pub(super) waivers: Vec<String>,
    /// The file that the CDK wrote for it.
    pub(super) asset: Option<&'n str>,
    pub(super) place: Option<Place>,
}

pub(super) fn entries(resources: &Node) -> BTreeMap<String, Entry<'_>> {
    let mut entries = BTreeMap::new();
    for (id, resource) in resources.members() {
        let Some(of_type) = resource.member("Type").and_then(Node::as_text) else {
            continue;
        };
        let construct = resource.at_path(&["Metadata", "aws:cdk:path"]);
        entries.insert(
            id.clone(),
            Entry {
                of_type: of_type.to_owned(),
                properties: resource.member("Properties"),
                condition: resource.member("Condition").and_then(Node::as_text),
                construct: construct.and_then(Node::as_text).map(str::to_owned),
                waivers: resource
                    .at_path(&["Metadata", "sagewarden", "waive"])
                    .map(named_waivers)
                    .unwrap_or_default(),
                asset: resource
                    .at_path(&["Metadata", "aws:asset:path"])
                    .and_then(Node::as_text)
                    .filter(|_| is_nested(of_type)),
                place: resource.place.clone(),
            },
        );
    }
    entries
}

/// One id, or a list of them.
fn named_waivers(node: &Node) -> Vec<String> {
    let one = node.as_text().map(str::to_owned);
    let all = node.items().iter().filter_map(Node::as_text);
    one.into_iter().chain(all.map(str::to_owned)).collect()
}

/// What the resources of a template are known by.
pub(super) struct Table<'t> {
    pub(super) scope: &'t Scope<'t>,
    pub(super) prefix: &'t str,
    pub(super) entries: BTreeMap<String, Entry<'t>>,
    pub(super) identities: RefCell<HashMap<String, Option<Identity>>>,
    pub(super) outputs: RefCell<HashMap<String, Option<BTreeMap<String, Node>>>>,
}

impl<'t> Table<'t> {
    pub(super) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator {
            scope: self.scope,
            resources: self,
        }
    }

    pub(super) fn exists(&self, entry: &Entry<'_>) -> bool {
        entry
            .condition
            .is_none_or(|name| self.evaluator().condition(name) != Some(false))
    }

    /// The condition of a resource, where nobody can decide it yet.
    pub(super) fn undecided(&self, entry: &Entry<'_>) -> Option<String> {
        let name = entry.condition?;
        let decided = self.evaluator().condition(name).is_some();
        (!decided).then(|| format!("the condition {name}"))
    }

    pub(super) fn address(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }

    /// Who a resource of a known kind is. Names that lead back to themselves are pending.
    pub(super) fn identity(&self, id: &str) -> Option<Identity> {
        if let Some(known) = self.identities.borrow().get(id) {
            return known.clone();
        }
        let entry = self.entries.get(id)?;
        let kind = Kind::of_cloudformation(&entry.of_type)?;
        let address = self.address(id);
        let region = &self.scope.frame.region;
        let pending = Identity::new(kind, &address, None, region);
        self.identities
            .borrow_mut()
            .insert(id.to_owned(), Some(pending));
        let text = |name: &str| {
            let node = self.evaluator().node(entry.properties?.member(name)?);
            node.as_text().map(str::to_owned)
        };
        let name = name_property(kind).and_then(text);
        let mut identity = Identity::new(kind, &address, name, region);
        if let Some(path) = text("Path") {
            identity.path = path;
        }
        self.identities
            .borrow_mut()
            .insert(id.to_owned(), Some(identity.clone()));
        Some(identity)
    }
}

impl Resources for Table<'_> {
    fn reference(&self, id: &str) -> Option<Node> {
        let entry = self.entries.get(id)?;
        Some(match self.identity(id) {
            Some(identity) if identity.kind == Kind::ManagedPolicy => {
                Node::text(identity.arn(self.scope.frame))
            }
            // The references of SageMaker's resources are ARNs, and are taken where a name is meant.
            Some(identity) => Node::text(identity.name),
            None if is_own(&entry.of_type) => Node::text(pending_name(&self.address(id))),
            None => Node::open(self.address(id), false),
        })
    }

    fn attribute(&self, id: &str, attribute: &str) -> Option<Node> {
        let entry = self.entries.get(id)?;
        let expression = format!("{}.{attribute}", self.address(id));
        let frame = self.scope.frame;
        Some(match self.identity(id) {
            Some(identity) => match (identity.kind, attribute) {
                (_, "Arn" | "PolicyArn") => Node::text(identity.arn(frame)),
                (Kind::Bucket | Kind::Role | Kind::ManagedPolicy, _) => {
                    Node::open(expression, true)
                }
                (_, name) if name.ends_with("Arn") => Node::text(asset_arn(&identity.address)),
                (_, name) if name.ends_with("Name") || name.ends_with("Id") => {
                    Node::text(identity.name)
                }
                _ => Node::open(expression, true),
            },
            None if is_nested(&entry.of_type) => {
                let outputs = self.outputs.borrow();
                let known = outputs.get(id).and_then(Option::as_ref);
                attribute
                    .strip_prefix("Outputs.")
                    .and_then(|name| known?.get(name).cloned())
                    .unwrap_or_else(|| Node::open(expression, true))
            }
            // What a resource of AWS's own is known by is one thing, and no pattern.
            None if is_own(&entry.of_type) && identifies(attribute) => {
                Node::text(pending_name(&expression))
            }
            None => Node::open(expression, is_own(&entry.of_type)),
        })
    }
}

/// Whether AWS itself makes the resource, and not code of somebody's.
fn is_own(of_type: &str) -> bool {
    of_type.starts_with("AWS::") && of_type != "AWS::CloudFormation::CustomResource"
}

/// Whether an attribute identifies a resource.
fn identifies(attribute: &str) -> bool {
    ["Arn", "Id", "ID", "Name"]
        .iter()
        .any(|suffix| attribute.ends_with(suffix))
}

/// The property that names a resource of that kind.
fn name_property(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Notebook => "NotebookInstanceName",
        Kind::LifecycleConfig => "NotebookInstanceLifecycleConfigName",
        Kind::UserProfile => "UserProfileName",
        Kind::Space => "SpaceName",
        Kind::Model => "ModelName",
        Kind::EndpointConfig => "EndpointConfigName",
        Kind::Endpoint => "EndpointName",
        Kind::InferenceComponent => "InferenceComponentName",
        Kind::MonitoringSchedule => "MonitoringScheduleName",
        Kind::DataQualityDefinition
        | Kind::ModelQualityDefinition
        | Kind::ModelBiasDefinition
        | Kind::ModelExplainabilityDefinition => "JobDefinitionName",
        Kind::Bucket => "BucketName",
        Kind::Role => "RoleName",
        Kind::RolePolicy => "PolicyName",
        Kind::ManagedPolicy => "ManagedPolicyName",
        Kind::KeyAlias => "AliasName",
        Kind::Pipeline => "PipelineName",
        Kind::StateMachine => "StateMachineName",
        Kind::Domain
        | Kind::ScalableTarget
        | Kind::TrainingJob
        | Kind::TuningJob
        | Kind::BucketPolicy
        | Kind::BucketEncryption
        | Kind::Object
        | Kind::Key
        | Kind::Attachment => return None,
    })
}
