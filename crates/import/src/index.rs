//! The index of calls, `calls.jsonl`.
//!
//! Enters: its lines. Leaves: for a file, what was asked. Deliberately absent: answers.

use std::collections::HashMap;

use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::Parameters;
use sagewarden_core::time::Time;
use serde::Deserialize;

use crate::name::uncompressed;

/// What an index says about one saved answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) operation: Option<Operation>,
    /// Whether the line names a call that is not read.
    pub(crate) other: bool,
    pub(crate) parameters: Parameters,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) time: Option<Time>,
}

/// All index lines, by file.
#[derive(Debug, Default)]
pub(crate) struct Index {
    calls: HashMap<String, Vec<Call>>,
}

#[derive(Deserialize)]
struct Line {
    file: String,
    #[serde(default)]
    operation: Option<String>,
    #[serde(default)]
    parameters: Option<Parameters>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    time: Option<String>,
}

impl Index {
    /// Adds one line of the index at `path`; answers the time of the call, or what is wrong with the line.
    pub(crate) fn add(&mut self, path: &str, text: &str) -> Result<Option<Time>, String> {
        let line: Line =
            serde_json::from_str(text).map_err(|error| format!("not an index line: {error}"))?;
        let time = match &line.time {
            Some(text) => {
                Some(Time::parse(text).ok_or_else(|| format!("`{text}` is not an ISO 8601 time"))?)
            }
            None => None,
        };
        let operation = line.operation.as_deref().and_then(operation);
        self.calls
            .entry(normal(&beside(path, &line.file)))
            .or_default()
            .push(Call {
                operation,
                other: operation.is_none() && line.operation.is_some(),
                parameters: line.parameters.unwrap_or_default(),
                account: line.account.filter(|account| !account.is_empty()),
                region: line.region.filter(|region| !region.is_empty()),
                time,
            });
        Ok(time)
    }

    /// What is said about the document `ordinal` (from 0) of the file at `path`. One line speaks
    /// for every document of its file; of several lines each speaks for one document, in order.
    pub(crate) fn call(&self, path: &str, ordinal: usize) -> Option<&Call> {
        match self.calls.get(&normal(path))?.as_slice() {
            [only] => Some(only),
            several => several.get(ordinal),
        }
    }
}

/// An operation by its id, or by a name that only one service has.
fn operation(text: &str) -> Option<Operation> {
    if let Some(operation) = Operation::parse(text) {
        return Some(operation);
    }
    let mut named = Operation::ALL
        .iter()
        .filter(|operation| operation.row().name == text);
    match (named.next(), named.next()) {
        (Some(operation), None) => Some(*operation),
        _ => None,
    }
}

fn beside(index: &str, file: &str) -> String {
    let index = index.replace('\\', "/");
    match index.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{file}"),
        None => file.to_owned(),
    }
}

/// A path without `.`, `..`, back slashes and the ending that tells compression.
fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in uncompressed(&path).split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_relative_to_the_index_and_found_compressed() {
        let mut index = Index::default();
        index
            .add(
                "dump/calls.jsonl",
                r#"{"file":"./a/list-models.json","operation":"sagemaker:ListModels","time":"2026-11-24T06:00:00Z"}"#,
            )
            .unwrap();
        let call = index.call("dump/a/list-models.json.gz", 3).unwrap();
        assert_eq!(call.operation, Some(Operation::ListModels));
        assert!(index.call("a/list-models.json", 0).is_none());
    }

    #[test]
    fn a_bad_line_says_what_is_wrong() {
        let mut index = Index::default();
        assert!(index.add("calls.jsonl", "{}").unwrap_err().contains("file"));
        assert!(
            index
                .add("calls.jsonl", r#"{"file":"x","time":"noon"}"#)
                .unwrap_err()
                .contains("`noon`")
        );
    }
}
