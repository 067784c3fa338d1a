//! What notebooks, models, endpoint configurations and inference components declare.

use super::Gathering;
use super::needs::{At, Grant, Needs, Tail, text};
use crate::arn::Arn;
use crate::asset::{Asset, AssetKind};
use crate::estate::{Place, Reply};
use crate::facts::endpoint_graph::{Region, Shadows, variant_models, variants};
use crate::facts::s3_uri::S3Uri;
use crate::facts::{Context, Part, assets};
use crate::operations::Operation;

impl Gathering {
    /// Takes in every asset of the estate.
    pub fn estate(&mut self, context: &Context<'_>) {
        for asset in assets(context, AssetKind::NotebookInstance) {
            self.notebook(context, &asset);
        }
        for asset in assets(context, AssetKind::Model) {
            let region = context.graph.region(&asset.account, &asset.region);
            let described = region.models.get(&asset.name);
            let part = described.and_then(|model| model.described.part());
            if let Some(part) = part
                && let Some(needs) = self.needs_of(&part, "/ExecutionRoleArn")
            {
                needs.count(AssetKind::Model);
                needs.model(
                    At {
                        context,
                        asset: &asset,
                    },
                    &part,
                );
            }
        }
        for asset in assets(context, AssetKind::EndpointConfiguration) {
            self.configuration(context, &asset);
        }
        for asset in assets(context, AssetKind::Domain) {
            self.domain(context, &asset);
        }
    }

    /// The needs of the role that a member names, if it is asked about.
    fn needs_of(&mut self, part: &Part<'_, '_>, pointer: &'static str) -> Option<&mut Needs> {
        let role = part.optional_text(pointer).value().cloned().flatten()?;
        self.needs(role.as_ref())
    }

    fn notebook(&mut self, context: &Context<'_>, asset: &Asset) {
        let reply = context.estate.reply(
            Operation::DescribeNotebookInstance,
            &asset.account,
            &asset.region,
            &asset.name,
        );
        let Reply::Answer(answer) = reply else { return };
        let part = answer.root();
        let Some(needs) = self.needs_of(&part, "/RoleArn") else {
            return;
        };
        let at = At { context, asset };
        needs.count(AssetKind::NotebookInstance);
        needs.logs(at, "NotebookInstances");
        let subnet = part.optional_text("/SubnetId");
        if subnet.value().is_some_and(Option::is_some) {
            needs.add(Grant::Network, "*");
        }
        needs.tags(at);
        needs.notebooks.push(asset.clone());
    }

    fn configuration(&mut self, context: &Context<'_>, asset: &Asset) {
        let region = context.graph.region(&asset.account, &asset.region);
        let part = region
            .configurations
            .get(&asset.name)
            .and_then(|configuration| configuration.described.part());
        let Some(part) = part else { return };
        let at = At { context, asset };
        for role in roles_of(&part, region) {
            if let Some(needs) = self.needs(&role) {
                needs.count(AssetKind::EndpointConfiguration);
                needs.served(at, &part);
            }
        }
        if let Some(needs) = self.needs_of(&part, "/ExecutionRoleArn") {
            needs.network(&part);
            let hosts = region.endpoints.iter().filter(|(_, endpoint)| {
                endpoint.configuration.value().map(AsRef::as_ref) == Some(asset.name.as_str())
            });
            for (endpoint, _) in hosts {
                for component in region.components.values().filter(|component| {
                    component.endpoint.value().map(AsRef::as_ref) == Some(endpoint.as_str())
                }) {
                    for specification in component.specifications().value().into_iter().flatten() {
                        needs.component(at, specification);
                    }
                }
            }
        }
    }

    fn domain(&mut self, context: &Context<'_>, asset: &Asset) {
        let reply = context.estate.reply(
            Operation::DescribeDomain,
            &asset.account,
            &asset.region,
            domain_id(&asset.arn),
        );
        let Reply::Answer(answer) = reply else { return };
        let part = answer.root();
        if let Some(needs) = self.needs_of(&part, "/DefaultUserSettings/ExecutionRole") {
            needs.count(AssetKind::Domain);
            needs.note(format!(
                "Studio domain `{}` hands this role to its users, and declares no data; what they use is not in the policy",
                asset.name
            ));
        }
    }
}

fn domain_id(arn: &str) -> &str {
    Arn::parse(arn).map_or("", |arn| arn.name())
}

/// The roles as which what a configuration serves runs, each once.
fn roles_of(configuration: &Part<'_, '_>, region: &Region<'_>) -> Vec<String> {
    let mut roles: Vec<String> = variants(configuration, Shadows::Included)
        .iter()
        .flatten()
        .flat_map(|variant| variant_models(variant).known)
        .filter_map(|model| {
            let part = region.models.get(model.as_ref())?.described.part()?;
            part.optional_text("/ExecutionRoleArn").value().cloned()?
        })
        .chain(
            configuration
                .optional_text("/ExecutionRoleArn")
                .value()
                .cloned()
                .flatten(),
        )
        .map(|role| role.into_owned())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

impl Needs {
    fn count(&mut self, kind: AssetKind) {
        *self.assets.entry(kind).or_default() += 1;
    }

    /// Buckets that the tags of a notebook name: an `s3://` location, or the name of a bucket of
    /// the account. A notebook declares its data nowhere else.
    fn tags(&mut self, at: At<'_, '_>) {
        let asset = at.asset;
        let own = at
            .context
            .buckets
            .own_names(&asset.account)
            .unwrap_or_default();
        let place = Place {
            account: asset.account.clone(),
            region: asset.region.clone(),
        };
        let listing = at.context.estate.listing(
            Operation::ListTags,
            &place.account,
            &place.region,
            &asset.arn,
        );
        let mut declares = false;
        for page in &listing.pages {
            for tag in page.root().parts("/Tags").value().into_iter().flatten() {
                let value = tag.text("/Value");
                let Some(value) = value.value() else { continue };
                if S3Uri::parse(value).is_some() {
                    declares = true;
                    self.read(at, value, Tail::Prefix);
                } else if own.binary_search(&value.as_ref()).is_ok() {
                    declares = true;
                    self.read(at, &format!("s3://{value}"), Tail::Prefix);
                }
            }
        }
        if !declares {
            self.note(format!(
                "notebook `{}` declares no bucket; tag it with the `s3://` locations it works on, and they are granted",
                asset.name
            ));
        }
    }

    fn model(&mut self, at: At<'_, '_>, model: &Part<'_, '_>) {
        let one = model.object("/PrimaryContainer").value().cloned().flatten();
        let many = model.parts("/Containers");
        for container in one.iter().chain(many.value().into_iter().flatten()) {
            self.container(at, container);
        }
        self.network(model);
        self.logs(at, "Endpoints");
        self.add(Grant::Metrics("/aws/sagemaker/Endpoints"), "*");
    }

    fn container(&mut self, at: At<'_, '_>, container: &Part<'_, '_>) {
        if let Some(uri) = text(container, "/ModelDataUrl") {
            let many = text(container, "/Mode").as_deref() == Some("MultiModel");
            self.read(at, &uri, if many { Tail::Prefix } else { Tail::Object });
        }
        let own = container
            .object("/ModelDataSource/S3DataSource")
            .value()
            .cloned()
            .flatten();
        let further: Vec<Part<'_, '_>> = container
            .parts("/AdditionalModelDataSources")
            .value()
            .into_iter()
            .flatten()
            .filter_map(|source| source.object("/S3DataSource").value().cloned().flatten())
            .collect();
        for source in own.iter().chain(&further) {
            if let Some(uri) = text(source, "/S3Uri") {
                let object = text(source, "/S3DataType").as_deref() == Some("S3Object");
                self.read(at, &uri, if object { Tail::Object } else { Tail::Prefix });
            }
        }
        if let Some(image) = text(container, "/Image") {
            self.image(at, &image);
        }
    }

    /// What an endpoint configuration writes on behalf of its models.
    fn served(&mut self, at: At<'_, '_>, configuration: &Part<'_, '_>) {
        for pointer in [
            "/DataCaptureConfig/DestinationS3Uri",
            "/AsyncInferenceConfig/OutputConfig/S3OutputPath",
            "/AsyncInferenceConfig/OutputConfig/S3FailurePath",
        ] {
            if let Some(uri) = text(configuration, pointer) {
                self.write(at, Grant::Write, &uri);
            }
        }
        for pointer in [
            "/DataCaptureConfig/KmsKeyId",
            "/AsyncInferenceConfig/OutputConfig/KmsKeyId",
        ] {
            if let Some(key) = text(configuration, pointer) {
                self.key(at, Grant::OutputKey, &key);
            }
        }
        for pointer in [
            "/AsyncInferenceConfig/OutputConfig/NotificationConfig/SuccessTopic",
            "/AsyncInferenceConfig/OutputConfig/NotificationConfig/ErrorTopic",
        ] {
            if let Some(topic) = text(configuration, pointer) {
                self.add(Grant::Notify, topic);
            }
        }
        let asynchronous = configuration.present("/AsyncInferenceConfig");
        if asynchronous.value() == Some(&true) {
            self.note(format!(
                "`{}` answers asynchronously; where its callers put their requests is not declared, and reading them is not in the policy",
                at.asset.name
            ));
        }
    }

    /// An inference component with a container of its own.
    fn component(&mut self, at: At<'_, '_>, specification: &Part<'_, '_>) {
        if let Some(uri) = text(specification, "/Container/ArtifactUrl") {
            self.read(at, &uri, Tail::Prefix);
        }
        if let Some(image) = text(specification, "/Container/Image") {
            self.image(at, &image);
        }
        self.logs(at, "InferenceComponents");
        self.logs(at, "Endpoints");
        self.add(Grant::Metrics("/aws/sagemaker/Endpoints"), "*");
    }
}
