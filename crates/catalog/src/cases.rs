//! The cases of a control: minimal raw observations and the verdict they must give.
//!
//! Enters: `<ID>.cases.yaml`. Leaves: observations and expectations. Deliberately absent: running
//! them; that is [`laws`](crate::laws).

use std::collections::BTreeMap;

use sagewarden_core::arn::Arn;
use sagewarden_core::operations::{GLOBAL_REGION, Operation, Scope};
use sagewarden_core::snapshot::{Observation, Outcome, Parameters};
use sagewarden_core::time::Time;
use sagewarden_core::verdict::Verdict;
use serde::Deserialize;
use serde_json::Value;

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// The asset that is judged, unless a case names another.
    pub asset: String,
    /// The instant of evaluation, unless a case names another.
    pub as_of: Time,
    /// What every case starts from, by a name of the author's choice.
    #[serde(default)]
    pub base: BTreeMap<String, Answer>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows.
    pub name: String,
    /// The verdict it must give; without one, the asset must not be judged at all.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// The code it must give, of a fail or a not-applicable.
    #[serde(default)]
    pub reason: Option<String>,
    /// Notes that must hold.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Operations that must be named as missing.
    #[serde(default)]
    pub missing: Vec<Operation>,
    /// Whether an exception must cover it, by its code.
    #[serde(default)]
    pub waived: Option<String>,
    /// Another asset than the file's.
    #[serde(default)]
    pub asset: Option<String>,
    /// Another instant than the file's.
    #[serde(default)]
    pub as_of: Option<Time>,
    /// Tunables that differ from their default.
    #[serde(default)]
    pub tunables: BTreeMap<String, Value>,
    /// Members to set in the bodies of the base, by JSON pointer; null removes.
    #[serde(default)]
    pub set: BTreeMap<String, BTreeMap<String, Value>>,
    /// Answers to put in the place of the base's.
    #[serde(default)]
    pub replace: BTreeMap<String, Replacement>,
    /// Answers of the base to leave out.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Further answers.
    #[serde(default)]
    pub observations: Vec<Answer>,
}

/// An observation as a case writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    operation: Operation,
    #[serde(default)]
    parameters: Parameters,
    account: Option<String>,
    region: Option<String>,
    time: Option<Time>,
    body: Option<Value>,
    denied: Option<String>,
    not_found: Option<String>,
    absent: Option<String>,
    throttled: Option<String>,
    failed: Option<String>,
}

/// Another outcome for an answer of the base.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    body: Option<Value>,
    denied: Option<String>,
    not_found: Option<String>,
    absent: Option<String>,
    throttled: Option<String>,
    failed: Option<String>,
}

impl Cases {
    /// Reads a file of cases.
    ///
    /// # Errors
    /// The place and the cause, when it is not one.
    pub fn parse(file: &str, text: &str) -> Result<Cases, crate::LoadError> {
        crate::load::parse(file, text)
    }

    /// The observations of one case.
    ///
    /// # Errors
    /// What in the case cannot be, in one line.
    pub fn observations(&self, case: &Case) -> Result<Vec<Observation>, String> {
        let unknown = case
            .set
            .keys()
            .chain(case.replace.keys())
            .chain(&case.drop)
            .find(|name| !self.base.contains_key(*name));
        if let Some(name) = unknown {
            return Err(format!("`{name}` is not in `base`"));
        }
        let home = Arn::parse(case.asset.as_ref().unwrap_or(&self.asset));
        let (account, region) = home.map_or(("111122223333", "eu-west-1"), |arn| {
            (arn.account, arn.region)
        });
        let mut observations = Vec::new();
        for (name, answer) in &self.base {
            if case.drop.contains(name) {
                continue;
            }
            let mut answer = answer.clone();
            if let Some(replacement) = case.replace.get(name) {
                answer = answer.replaced(replacement);
            }
            for (pointer, value) in case.set.get(name).into_iter().flatten() {
                let body = answer
                    .body
                    .as_mut()
                    .ok_or_else(|| format!("`{name}` has no body to set `{pointer}` in"))?;
                set(body, pointer, value)
                    .ok_or_else(|| format!("`{pointer}` does not lead anywhere in `{name}`"))?;
            }
            observations.push(answer.observation(account, region)?);
        }
        for answer in &case.observations {
            observations.push(answer.clone().observation(account, region)?);
        }
        Ok(observations)
    }
}

impl Answer {
    fn replaced(self, replacement: &Replacement) -> Answer {
        let Replacement {
            body,
            denied,
            not_found,
            absent,
            throttled,
            failed,
        } = replacement.clone();
        Answer {
            body,
            denied,
            not_found,
            absent,
            throttled,
            failed,
            ..self
        }
    }

    fn observation(self, account: &str, region: &str) -> Result<Observation, String> {
        let outcomes = [
            self.denied.map(|code| Outcome::Denied {
                action: self.operation.row().action.to_owned(),
                code,
            }),
            self.not_found.map(|code| Outcome::NotFound { code }),
            self.absent.map(|code| Outcome::Absent { code }),
            self.throttled.map(|code| Outcome::Throttled { code }),
            self.failed.map(|code| Outcome::Failed { code }),
            match self.body {
                Some(body) => Some(Outcome::Ok {
                    body: serde_json::value::to_raw_value(&body)
                        .map_err(|error| error.to_string())?,
                }),
                None => None,
            },
        ];
        let mut given = outcomes.into_iter().flatten();
        let (Some(outcome), None) = (given.next(), given.next()) else {
            return Err(format!(
                "`{}` needs exactly one of body, denied, not_found, absent, throttled, failed",
                self.operation
            ));
        };
        let region = match self.operation.row().scope {
            Scope::Global => GLOBAL_REGION,
            Scope::Region => region,
        };
        Ok(Observation {
            operation: self.operation,
            parameters: self.parameters,
            account: self.account.unwrap_or_else(|| account.to_owned()),
            region: self.region.unwrap_or_else(|| region.to_owned()),
            time: self.time,
            source: None,
            unresolved: Vec::new(),
            located: Vec::new(),
            outcome,
        })
    }
}

/// Sets, or with null removes, the value at a JSON pointer; objects on the way are made as needed.
fn set(body: &mut Value, pointer: &str, value: &Value) -> Option<()> {
    let (parents, last) = pointer.rsplit_once('/')?;
    let mut at = body;
    for segment in parents.split('/').skip(1) {
        at = match at {
            Value::Array(items) => items.get_mut(segment.parse::<usize>().ok()?)?,
            Value::Object(members) => members
                .entry(unescape(segment))
                .or_insert_with(|| Value::Object(serde_json::Map::new())),
            _ => return None,
        };
    }
    match at {
        Value::Object(members) if value.is_null() => members.remove(&unescape(last)).map(drop),
        Value::Object(members) => {
            members.insert(unescape(last), value.clone());
            Some(())
        }
        // One past the end appends, as `-` does in JSON Patch (RFC 6902).
        Value::Array(items) if last == "-" || last.parse() == Ok(items.len()) => {
            items.push(value.clone());
            Some(())
        }
        Value::Array(items) => {
            let index = last
                .parse::<usize>()
                .ok()
                .filter(|index| *index < items.len())?;
            if value.is_null() {
                items.remove(index);
            } else {
                *items.get_mut(index)? = value.clone();
            }
            Some(())
        }
        _ => None,
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
