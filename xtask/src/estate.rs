//! A synthetic estate, for measurements and for tests of scale.
//!
//! Enters: how many training jobs, or how many small assets, and a seed. Leaves: a snapshot, the
//! same bytes for the same arguments. Its answers have the members, the sizes and the repetition of
//! those of AWS: launchers start thousands of jobs of one configuration, and now and then somebody
//! starts one by hand. Deliberately absent: planted findings with known answers; those are the
//! example estate's.

mod answers;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use fastrand::Rng;
use sagewarden_core::operations::{GLOBAL_REGION, Operation, Scope as Answered};
use sagewarden_core::snapshot::{
    Folder, Manifest, Observation, Outcome, Scope, WriteOptions, Writer,
};
use sagewarden_core::time::{DAY_MS, Time};
use sagewarden_disk::DiskFolder;
use serde_json::{Value, json, value::to_raw_value};

use answers::{Family, Site};

/// The instant of every synthetic snapshot: 2026-11-24T06:00:00Z.
const AS_OF: Time = Time(1_795_500_000_000);

/// Jobs lie this many days before the instant at most, inside the default window.
const DAYS: u64 = 80;

/// Items on a page of a listing.
const PAGE: usize = 100;

/// Writes a synthetic snapshot.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many training jobs.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) jobs: u64,
    /// Instead of jobs, how many small assets of mixed kinds.
    #[arg(long, value_name = "M")]
    pub(crate) small_assets: Option<u64>,
    /// How many roles each account has.
    #[arg(long, default_value_t = 200)]
    pub(crate) roles: usize,
    /// What the random choices start from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// The folder, which must not hold a snapshot.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
}

/// Writes the snapshot to disk and says what it holds.
pub(crate) fn run(estate: &Arguments) -> Result<()> {
    let folder = DiskFolder::new(&estate.output);
    let options = WriteOptions::new("xtask estate", env!("CARGO_PKG_VERSION"));
    let manifest = write(estate, &folder, options)
        .with_context(|| format!("cannot write `{}`", estate.output.display()))?;
    println!(
        "{}: {} observations in {} parts, {} bytes, {} compressed",
        estate.output.display(),
        manifest.counts.observations,
        manifest.counts.parts,
        manifest.counts.bytes,
        manifest.counts.compressed_bytes
    );
    Ok(())
}

/// Writes the snapshot into any folder.
pub(crate) fn write(
    estate: &Arguments,
    folder: &dyn Folder,
    options: WriteOptions,
) -> Result<Manifest> {
    if estate.roles == 0 {
        bail!("`--roles 0` leaves nothing for assets to run as; name one at least");
    }
    let mut synthesis = Synthesis {
        writer: Writer::create(folder, options)?,
        random: Rng::with_seed(estate.seed),
    };
    for site in &answers::SITES {
        synthesis.account(site, estate.roles)?;
    }
    match estate.small_assets {
        Some(assets) => synthesis.small_assets(assets, estate.roles)?,
        None => {
            for site in &answers::SITES {
                synthesis.dozens(site, estate.roles)?;
            }
            synthesis.jobs(estate.jobs, estate.roles)?;
        }
    }
    Ok(synthesis.writer.finish(AS_OF, Scope::default())?)
}

struct Synthesis<'f> {
    writer: Writer<'f>,
    random: Rng,
}

impl Synthesis<'_> {
    /// Roles, policies, buckets and keys of an account.
    fn account(&mut self, site: &Site, roles: usize) -> Result<()> {
        let details: Vec<Value> = (0..roles)
            .map(|number| answers::role(site, number))
            .collect();
        let pages = details.chunks(PAGE);
        let last = pages.len() - 1;
        for (number, page) in pages.enumerate() {
            let mut body = json!({
                "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": page,
                "Policies": if number == 0 { answers::policies(site) } else { json!([]) },
                "IsTruncated": number < last,
            });
            if let (true, Some(body)) = (number < last, body.as_object_mut()) {
                body.insert("Marker".to_owned(), json!(format!("page-{}", number + 1)));
            }
            let parameters = match number {
                0 => json!({}),
                _ => json!({ "Marker": format!("page-{number}") }),
            };
            let operation = Operation::GetAccountAuthorizationDetails;
            self.answer(site, operation, &parameters, &body)?;
        }
        self.answer(
            site,
            Operation::ListBuckets,
            &json!({}),
            &answers::buckets(site),
        )?;
        for number in 0..answers::BUCKETS {
            let name = json!({ "Bucket": answers::bucket(site, number) });
            let encryption = answers::bucket_encryption(site, number);
            self.answer(site, Operation::GetBucketEncryption, &name, &encryption)?;
            match answers::bucket_policy(site, number) {
                Some(policy) => {
                    let body = json!({ "Policy": policy.to_string() });
                    self.answer(site, Operation::GetBucketPolicy, &name, &body)?;
                }
                None => {
                    let code = "NoSuchBucketPolicy".to_owned();
                    self.push(
                        site,
                        Operation::GetBucketPolicy,
                        &name,
                        Outcome::Absent { code },
                    )?;
                }
            }
        }
        for number in 0..answers::KEYS {
            let name = json!({ "KeyId": answers::key(site, number) });
            let body = answers::described_key(site, number);
            self.answer(site, Operation::DescribeKey, &name, &body)?;
        }
        Ok(())
    }

    /// What an account has beside its jobs: notebooks, models, endpoints and a domain.
    fn dozens(&mut self, site: &Site, roles: usize) -> Result<()> {
        for number in 0..16 {
            self.notebook(site, number, roles)?;
            self.model(site, number, roles)?;
            self.configuration(site, number)?;
            self.endpoint(site, number)?;
        }
        self.domain(site, roles)?;
        let mut profiles = Vec::new();
        for number in 0..24 {
            self.profile(site, number, roles)?;
            profiles.push(answers::profile_summary(number));
        }
        self.listings(site, [16; 4], &profiles)
    }

    /// Small assets in turn: of every ten, three notebooks, three models, two configurations with
    /// the endpoints that run one of them, and a user profile.
    fn small_assets(&mut self, assets: u64, roles: usize) -> Result<()> {
        for site in &answers::SITES {
            self.domain(site, roles)?;
        }
        let mut made = [[0_usize; 5]; answers::SITES.len()];
        for (number, turn) in (0..assets).zip((0..10).cycle()) {
            let at = usize::try_from(number / 10)? % answers::SITES.len();
            let (site, made) = (&answers::SITES[at], &mut made[at]);
            let kind = [0, 1, 2, 3, 0, 1, 2, 4, 0, 1][turn];
            let count = made[kind];
            made[kind] += 1;
            match kind {
                0 => self.notebook(site, count, roles)?,
                1 => self.model(site, count, roles)?,
                2 => self.configuration(site, count)?,
                3 => self.endpoint(site, count)?,
                _ => self.profile(site, count, roles)?,
            }
        }
        for (site, [notebooks, models, configurations, endpoints, profiles]) in
            answers::SITES.iter().zip(made)
        {
            let profiles: Vec<Value> = (0..profiles).map(answers::profile_summary).collect();
            self.listings(
                site,
                [notebooks, models, configurations, endpoints],
                &profiles,
            )?;
        }
        Ok(())
    }

    fn notebook(&mut self, site: &Site, number: usize, roles: usize) -> Result<()> {
        let body = answers::notebook(site, number, roles, &mut self.random);
        let name = json!({ "NotebookInstanceName": body["NotebookInstanceName"] });
        self.answer(site, Operation::DescribeNotebookInstance, &name, &body)
    }

    fn model(&mut self, site: &Site, number: usize, roles: usize) -> Result<()> {
        let body = answers::model(site, number, roles, &mut self.random);
        let name = json!({ "ModelName": body["ModelName"] });
        self.answer(site, Operation::DescribeModel, &name, &body)
    }

    fn configuration(&mut self, site: &Site, number: usize) -> Result<()> {
        let body = answers::configuration(site, number, &mut self.random);
        let name = json!({ "EndpointConfigName": body["EndpointConfigName"] });
        self.answer(site, Operation::DescribeEndpointConfig, &name, &body)
    }

    fn endpoint(&mut self, site: &Site, number: usize) -> Result<()> {
        let body = answers::endpoint(site, number);
        let name = json!({ "EndpointName": body["EndpointName"] });
        self.answer(site, Operation::DescribeEndpoint, &name, &body)
    }

    fn domain(&mut self, site: &Site, roles: usize) -> Result<()> {
        let body = answers::domain(site, roles);
        let id = json!({ "DomainId": answers::DOMAIN });
        self.answer(site, Operation::DescribeDomain, &id, &body)?;
        let page = json!({ "Domains": [{ "DomainId": answers::DOMAIN, "DomainArn": body["DomainArn"],
            "DomainName": body["DomainName"], "Status": "InService" }] });
        self.answer(site, Operation::ListDomains, &json!({}), &page)
    }

    fn profile(&mut self, site: &Site, number: usize, roles: usize) -> Result<()> {
        let body = answers::profile(site, number, roles, &mut self.random);
        let name =
            json!({ "DomainId": answers::DOMAIN, "UserProfileName": body["UserProfileName"] });
        self.answer(site, Operation::DescribeUserProfile, &name, &body)
    }

    /// The listings that a collector reads names from.
    fn listings(&mut self, site: &Site, counts: [usize; 4], profiles: &[Value]) -> Result<()> {
        let [notebooks, models, configurations, endpoints] = counts;
        let all = |count: usize, summary: fn(&Site, usize) -> Value| -> Vec<Value> {
            (0..count).map(|number| summary(site, number)).collect()
        };
        let lists = [
            (
                Operation::ListNotebookInstances,
                all(notebooks, answers::notebook_summary),
            ),
            (Operation::ListModels, all(models, answers::model_summary)),
            (
                Operation::ListEndpointConfigs,
                all(configurations, answers::configuration_summary),
            ),
            (
                Operation::ListEndpoints,
                all(endpoints, answers::endpoint_summary),
            ),
            (Operation::ListInferenceComponents, Vec::new()),
            (Operation::ListMonitoringSchedules, Vec::new()),
            (Operation::ListUserProfiles, profiles.to_vec()),
        ];
        for (operation, items) in lists {
            self.list(site, operation, &items)?;
        }
        Ok(())
    }

    fn list(&mut self, site: &Site, operation: Operation, items: &[Value]) -> Result<()> {
        let row = operation.row();
        let Some(paging) = row.paging else {
            bail!("{operation} does not page");
        };
        let pages = items.len().div_ceil(PAGE).max(1);
        for page in 0..pages {
            let items = items.chunks(PAGE).nth(page).unwrap_or_default();
            let mut body = json!({ paging.items: items });
            let mut parameters = json!({});
            for key in row.key {
                parameters[*key] = json!(answers::DOMAIN);
            }
            if page + 1 < pages {
                body[paging.output] = json!(format!("page-{}", page + 1));
            }
            if page > 0 {
                parameters[paging.input] = json!(format!("page-{page}"));
            }
            self.answer(site, operation, &parameters, &body)?;
        }
        Ok(())
    }

    /// Training jobs: most of them of families that launchers repeat, a few unlike any other.
    fn jobs(&mut self, jobs: u64, roles: usize) -> Result<()> {
        let mut families: Vec<Family> = (0..answers::FAMILIES)
            .map(|number| {
                let site = &answers::SITES[number % answers::SITES.len()];
                Family::new(site, number, roles, &mut self.random)
            })
            .collect();
        for number in 0..jobs {
            // The square makes the first families far more frequent than the last.
            let share = self.random.f64().powi(2);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share of a few hundred"
            )]
            let chosen = (share * families.len() as f64) as usize;
            let created =
                AS_OF.0 - i64::try_from(self.random.u64(60_000..DAYS * DAY_MS.unsigned_abs()))?;
            let body = if number % 9_973 == 4_999 {
                let site = &answers::SITES[chosen % answers::SITES.len()];
                let lone = answers::FAMILIES + usize::try_from(number)?;
                let mut family = Family::new(site, lone, roles, &mut self.random);
                family.make_unusual(&mut self.random);
                let body = family.job(number, created, &mut self.random);
                (family.site, body)
            } else {
                let family = &mut families[chosen];
                (family.site, family.job(number, created, &mut self.random))
            };
            let (site, body) = body;
            let name = json!({ "TrainingJobName": body["TrainingJobName"] });
            self.answer(site, Operation::DescribeTrainingJob, &name, &body)?;
        }
        Ok(())
    }

    fn answer(
        &mut self,
        site: &Site,
        operation: Operation,
        parameters: &Value,
        body: &Value,
    ) -> Result<()> {
        let body = to_raw_value(body)?;
        self.push(site, operation, parameters, Outcome::Ok { body })
    }

    fn push(
        &mut self,
        site: &Site,
        operation: Operation,
        parameters: &Value,
        outcome: Outcome,
    ) -> Result<()> {
        let region = match operation.row().scope {
            Answered::Region => site.region,
            Answered::Global => GLOBAL_REGION,
        };
        let parameters = parameters.as_object().into_iter().flatten();
        Ok(self.writer.push(Observation {
            operation,
            parameters: parameters
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            account: site.account.to_owned(),
            region: region.to_owned(),
            time: Some(AS_OF),
            source: None,
            unresolved: Vec::new(),
            located: Vec::new(),
            outcome,
        })?)
    }
}

#[cfg(test)]
mod tests;
