//! Notebook instances, their lifecycle configurations, and traces of their use.

use std::cell::RefCell;
use std::collections::BTreeSet;

use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;

use super::{Site, at_once, members};
use crate::found::values;

/// Where notebook instances log, by "Log groups and streams that Amazon SageMaker AI sends to Amazon CloudWatch Logs".
const LOG_GROUP: &str = "/aws/sagemaker/NotebookInstances";
/// For how many days CloudTrail keeps events.
const EVENT_DAYS: i64 = 90;

pub(super) async fn notebooks(site: &Site<'_, '_>) {
    if !site.wants(O::ListNotebookInstances) {
        return;
    }
    let (mut names, mut running, mut configurations) =
        (BTreeSet::new(), false, BTreeSet::<String>::new());
    site.pages(
        O::ListNotebookInstances,
        members([]),
        async |page: &Node<'_>| {
            names.extend(values(page, "NotebookInstanceName"));
            configurations.extend(values(page, "NotebookInstanceLifecycleConfigName"));
            running |= values(page, "NotebookInstanceStatus").contains("InService");
        },
    )
    .await;
    let configurations = RefCell::new(configurations);
    site.each(
        O::DescribeNotebookInstance,
        "NotebookInstanceName",
        names.iter().cloned(),
        |_, notebook| {
            configurations
                .borrow_mut()
                .extend(values(notebook, "NotebookInstanceLifecycleConfigName"));
            site.note(|found| {
                found.keys.extend(values(notebook, "KmsKeyId"));
                found.roles.extend(values(notebook, "RoleArn"));
            });
        },
    )
    .await;
    site.each(
        O::DescribeNotebookInstanceLifecycleConfig,
        "NotebookInstanceLifecycleConfigName",
        configurations.into_inner(),
        |_, _| {},
    )
    .await;
    if site.wants(O::DescribeLogStreams) {
        at_once(names, |name| async move {
            let prefix = format!("{name}/");
            let asked = members([
                ("logGroupName", LOG_GROUP),
                ("logStreamNamePrefix", &prefix),
            ]);
            site.pages(O::DescribeLogStreams, asked, async |_: &Node<'_>| {})
                .await;
        })
        .await;
    }
    // Two requests a second are all that CloudTrail allows: only where a running notebook may be idle.
    if running && site.wants(O::LookupEvents) {
        let start = site.run.as_of.minus_days(EVENT_DAYS).to_string();
        let asked = members([("StartTime", &start)]);
        site.pages(O::LookupEvents, asked, async |_: &Node<'_>| {})
            .await;
    }
}
