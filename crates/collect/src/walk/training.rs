//! Training jobs.
//!
//! An account can have hundreds of thousands, and none is ever deleted: they are read page by page, only the window and
//! what counts at any age, and nothing of a job stays in memory but a hash of its name. A search gives a hundred whole
//! records a call; what it does not show is described.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::{Observation, Outcome};
use sagewarden_core::time::{DAY_MS, Time};
use serde_json::json;
use serde_json::value::RawValue;

use super::{Site, at_once, members};
use crate::client::INTERRUPTED;
use crate::found::Found;
use crate::since::{JOBS, Name, has_ended};

pub(super) async fn training(site: &Site<'_, '_>) {
    if !site.wants(O::ListTrainingJobs) {
        return;
    }
    let midnight = Time(site.run.as_of.0 - site.run.as_of.0.rem_euclid(DAY_MS));
    let since = midnight.minus_days(site.run.plan.training_days);
    let known = RefCell::new(HashSet::new());
    let older = site.older(&JOBS);
    if site.run.plan.searches {
        // What is older than the last open job of an older snapshot is taken from there.
        let settled = older.as_ref().and_then(|older| older.settled_until);
        search(site, since.max(settled.unwrap_or(since)), &known).await;
    }
    let mut kept = HashMap::new();
    let since = since.to_string();
    let mut listings = vec![members([("CreationTimeAfter", since.as_str())])];
    // Jobs that still hold instances count at any age.
    listings.extend(["InProgress", "Stopping"].map(|status| members([("StatusEquals", status)])));
    listings.extend(["Available", "InUse"].map(|pool| members([("WarmPoolStatusEquals", pool)])));
    for asked in listings {
        site.pages(O::ListTrainingJobs, asked, async |page: &Node<'_>| {
            let items = page
                .member("TrainingJobSummaries")
                .map_or(&[][..], Node::items);
            let mut names = Vec::new();
            for job in items {
                let Some(name) = job.member(JOBS.name).and_then(Node::text) else {
                    continue;
                };
                if !known.borrow_mut().insert(Name::of(name)) {
                    continue;
                }
                let older = older.as_ref().filter(|_| has_ended(job));
                match older.and_then(|older| older.holds(name, job)) {
                    Some(made) => {
                        kept.insert(Name::of(name), made);
                    }
                    None => names.push(name.to_owned()),
                }
            }
            describe(site, names).await;
        })
        .await;
    }
    site.take_over(&JOBS, kept, &|_, job| site.note(|found| found.job(job)));
    // So does the job whose output a model serves. SageMaker writes it to <prefix>/<job>/output/model.tar.gz.
    let makers: BTreeSet<String> = site
        .found
        .borrow()
        .artifacts
        .iter()
        .filter_map(|(_, key)| key.strip_suffix("/output/model.tar.gz"))
        .filter_map(|prefix| prefix.rsplit('/').next())
        .map(str::to_owned)
        .collect();
    let makers: Vec<String> = makers
        .into_iter()
        .filter(|name| known.borrow_mut().insert(Name::of(name)))
        .collect();
    describe(site, makers).await;
}

async fn describe(site: &Site<'_, '_>, names: Vec<String>) {
    site.run.client.expect(names.len());
    at_once(names, |name| async move {
        let asked = members([("TrainingJobName", name.as_str())]);
        let (account, region) = (site.account.id.as_str(), site.region);
        // What a resumed run has read was noted when it was shown.
        if site
            .run
            .record
            .has(account, region, O::DescribeTrainingJob, &asked)
        {
            return;
        }
        if let Some(text) = site.ask(O::DescribeTrainingJob, asked).await
            && let Ok(job) = Node::parse(&text)
        {
            site.note(|found| found.job(&job));
        }
    })
    .await;
}

/// Notes what a job of the run that is resumed names.
pub(crate) fn recall_job(observation: &Observation, found: &mut Found) {
    if let Some(text) = observation.body()
        && let Ok(job) = Node::parse(text)
    {
        found.job(&job);
    }
}

/// Finds the jobs of the window by search.
async fn search(site: &Site<'_, '_>, since: Time, known: &RefCell<HashSet<Name>>) {
    let since = since.to_string();
    let since = since.trim_end_matches('Z');
    let mut asked = members([
        ("Resource", "TrainingJob"),
        ("SortBy", "CreationTime"),
        ("SortOrder", "Descending"),
    ]);
    asked.insert(
        "SearchExpression".to_owned(),
        json!({ "Filters": [{
            "Name": "CreationTime", "Operator": "GreaterThanOrEqualTo", "Value": since }] }),
    );
    let mut asked = site.whole(O::Search, asked);
    loop {
        let outcome = site.call(O::Search, &asked).await;
        let body = match outcome {
            Outcome::Ok { body } => body,
            // Every job that the search would have shown is described instead.
            other => {
                site.skip_search(&other);
                return;
            }
        };
        let Ok(page) = Node::parse(body.get()) else {
            return;
        };
        for record in page.member("Results").map_or(&[][..], Node::items) {
            let Some(job) = record.member("TrainingJob") else {
                continue;
            };
            let text = |name: &str| job.member(name).and_then(Node::text);
            if let (Some(name), Some(arn)) = (text("TrainingJobName"), text("TrainingJobArn")) {
                known.borrow_mut().insert(Name::of(name));
                site.note(|found| found.job(job));
                site.record_search("TrainingJob", arn, job);
            }
        }
        match page.member("NextToken").and_then(Node::text) {
            Some(token) if !token.is_empty() => {
                asked.insert("NextToken".to_owned(), token.into());
            }
            _ => return,
        }
    }
}

impl Site<'_, '_> {
    /// Records one record of a search as the answer about what it describes.
    pub(super) fn record_search(&self, resource: &str, arn: &str, record: &Node<'_>) {
        let text = serde_json::to_string(record);
        let Ok(body) = text.and_then(RawValue::from_string) else {
            return;
        };
        let parameters = members([("Resource", resource), ("Arn", arn)]);
        self.record(O::Search, parameters, Outcome::Ok { body });
    }

    /// Notes that a search was not answered, and what was done about it.
    pub(super) fn skip_search(&self, outcome: &Outcome) {
        let reason = match outcome {
            Outcome::Failed { code } if code == INTERRUPTED => return,
            Outcome::Denied { .. } => "refused; every record was described instead",
            _ => "failed; every record was described instead",
        };
        let (account, region) = (&self.account.id, self.region);
        self.run.record.skip(account, region, O::Search, reason);
    }
}
