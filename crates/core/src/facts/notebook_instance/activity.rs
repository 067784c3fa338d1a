//! Traces of a notebook in use.
//!
//! Enters: log streams of the group that notebook instances write to, and trail events of presigned
//! URLs being made, without which nobody opens a notebook. Leaves: for each notebook, the last
//! time that either shows it in use. Deliberately absent: when its role was last used, since a role
//! can serve other assets too and would clear an idle notebook falsely.
//! Sources: CloudWatch Logs API Reference, `LogStream.lastEventTimestamp` (epoch milliseconds);
//! CloudTrail API Reference, `Event`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::arn::Arn;
use crate::asset::Asset;
use crate::estate::{Estate, Place};
use crate::facts::answer::{Answer, Part};
use crate::facts::fact::{Fact, Origin, Origins};
use crate::json::Node;
use crate::operations::Operation;
use crate::redact::{NOTEBOOK, Redacted};
use crate::time::Time;

use crate::facts::named::{objects, place_of};

const LOG_GROUP: &str = "/aws/sagemaker/NotebookInstances";
const LOG_STREAM: &str = "/jupyter.log";
const OPENED: &str = "CreatePresignedNotebookInstanceUrl";

/// The traces of every notebook.
#[derive(Debug, Default)]
pub(super) struct Activity {
    traces: HashMap<(Place, String), Trace>,
    /// Places whose trail was read for the opening of notebooks.
    trails: HashMap<Place, String>,
}

/// The last trace of one notebook, and the call that showed it.
#[derive(Debug)]
struct Trace {
    time: Time,
    operation: Operation,
    subject: String,
}

/// What is known of one notebook's use.
pub(super) struct Known<'e> {
    /// The last trace; absent when nothing shows one.
    pub(super) last: Fact<'e, Option<Time>>,
    /// Whether anything that would show one was read.
    pub(super) read: Fact<'e, bool>,
}

impl Activity {
    pub(super) fn new(estate: &Estate) -> Self {
        let mut all = Activity::default();
        for observation in estate.every(Operation::DescribeLogStreams) {
            let group = observation.parameters.get("logGroupName");
            if group.and_then(serde_json::Value::as_str) != Some(LOG_GROUP) {
                continue;
            }
            if let Ok(page) = Answer::of(observation) {
                for stream in objects(&page.root(), "/logStreams") {
                    all.add_stream(&stream);
                }
            }
        }
        for observation in estate.every(Operation::LookupEvents) {
            if let Ok(page) = Answer::of(observation) {
                all.trails
                    .insert(place_of(observation), observation.subject());
                for event in objects(&page.root(), "/Events") {
                    all.add_event(&event);
                }
            }
        }
        all
    }

    fn add_stream(&mut self, stream: &Part<'_, '_>) {
        let node = stream.node();
        let name = node
            .pointer("/logStreamName")
            .and_then(Node::text)
            .and_then(|name| name.strip_suffix(LOG_STREAM));
        let time = node.pointer("/lastEventTimestamp").and_then(Node::integer);
        if let (Some(name), Some(time)) = (name, time) {
            self.add(stream, name, Time(time));
        }
    }

    fn add_event(&mut self, event: &Part<'_, '_>) {
        let node = event.node();
        let opened = node.pointer("/EventName").and_then(Node::text) == Some(OPENED);
        let time = node.pointer("/EventTime").and_then(Time::from_node);
        let (true, Some(time)) = (opened, time) else {
            return;
        };
        let resources = node.pointer("/Resources").map_or(&[][..], Node::items);
        for resource in resources {
            if let Some(name) = resource.pointer("/ResourceName").and_then(Node::text) {
                let name = Arn::parse(name).map_or(name, |arn| arn.name());
                self.add(event, name, time);
            }
        }
        if let Some(trail) = node
            .pointer("/CloudTrailEvent")
            .and_then(Redacted::of_event)
        {
            for name in trail
                .features
                .iter()
                .filter_map(|feature| feature.strip_prefix(NOTEBOOK))
            {
                self.add(event, name, time);
            }
        }
    }

    fn add(&mut self, part: &Part<'_, '_>, name: &str, time: Time) {
        let observation = part.observation();
        let trace = Trace {
            time,
            operation: observation.operation,
            subject: observation.subject(),
        };
        match self.traces.entry((place_of(observation), name.to_owned())) {
            Entry::Vacant(entry) => {
                entry.insert(trace);
            }
            Entry::Occupied(mut entry) => {
                if entry.get().time < trace.time {
                    entry.insert(trace);
                }
            }
        }
    }

    /// What is known of the use of `asset`.
    pub(super) fn of<'e>(&self, asset: &Asset) -> Known<'e> {
        let place = Place {
            account: asset.account.clone(),
            region: asset.region.clone(),
        };
        let trail = self
            .trails
            .get(&place)
            .map(|subject| (Operation::LookupEvents, subject));
        let trace = self.traces.get(&(place, asset.name.clone()));
        let shown = trace.map(|trace| (trace.operation, &trace.subject));
        let origins: Origins<'e> = shown
            .or(trail)
            .into_iter()
            .map(|(operation, subject)| Origin::Call {
                operation,
                account: asset.account.clone(),
                subject: subject.clone(),
            })
            .collect();
        Known {
            read: Fact::known(trace.is_some() || trail.is_some(), origins.clone()),
            last: Fact::known(trace.map(|trace| trace.time), origins),
        }
    }
}
