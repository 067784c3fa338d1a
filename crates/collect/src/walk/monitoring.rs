//! Monitoring schedules, and the job definitions that say which endpoint they watch.

use std::cell::RefCell;
use std::collections::BTreeMap;

use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;

use super::{Site, members};

pub(super) async fn monitoring(site: &Site<'_, '_>) {
    let schedules = site
        .list(
            O::ListMonitoringSchedules,
            members([]),
            "MonitoringScheduleName",
        )
        .await;
    // A schedule names its endpoint in itself or in the job definition that it points at.
    let definitions: RefCell<BTreeMap<O, Vec<String>>> = RefCell::default();
    site.each(
        O::DescribeMonitoringSchedule,
        "MonitoringScheduleName",
        schedules,
        |_, schedule| {
            let text = |pointer: &str| schedule.pointer(pointer).and_then(Node::text);
            let kind = text("/MonitoringScheduleConfig/MonitoringType").or(text("/MonitoringType"));
            let name = text("/MonitoringScheduleConfig/MonitoringJobDefinitionName");
            if let (Some(operation), Some(name)) = (kind.and_then(definition_of), name) {
                definitions
                    .borrow_mut()
                    .entry(operation)
                    .or_default()
                    .push(name.to_owned());
            }
        },
    )
    .await;
    for (operation, names) in definitions.into_inner() {
        site.each(operation, "JobDefinitionName", names, |_, _| {})
            .await;
    }
}

fn definition_of(kind: &str) -> Option<O> {
    Some(match kind {
        "DataQuality" => O::DescribeDataQualityJobDefinition,
        "ModelQuality" => O::DescribeModelQualityJobDefinition,
        "ModelBias" => O::DescribeModelBiasJobDefinition,
        "ModelExplainability" => O::DescribeModelExplainabilityJobDefinition,
        _ => return None,
    })
}
