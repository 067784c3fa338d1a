//! Controls, compiled.
//!
//! Enters: programs and templates that the catalogue's loader compiled against the fact schemas.
//! Leaves: the one form that is evaluated. Deliberately absent: YAML, files, and any knowledge of
//! a particular control.

use std::collections::BTreeMap;

use sagewarden_iam::glob_matches;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::asset::AssetKind;
use crate::cel::Program;
use crate::request::Correction;
use crate::template::Template;
use crate::verdict::Severity;

/// One requirement.
#[derive(Debug)]
pub struct Control {
    /// `CTL.SAGEMAKER.NOTEBOOK.ROOT.001`
    pub id: String,
    /// What must hold.
    pub title: String,
    /// How bad it is when it does not.
    pub severity: Severity,
    /// The source's own classification, `unsafe_state`.
    pub kind: String,
    /// `identity`, `exposure`, `encryption`, `governance`.
    pub domain: String,
    /// Framework → requirement ids.
    pub compliance: BTreeMap<String, Vec<String>>,
    /// Why it matters.
    pub rationale: String,
    /// The control on each kind of asset it speaks of; the first is its home.
    pub rules: Vec<Rule>,
    /// How to mend it.
    pub remediation: Remediation,
    /// Where to read on.
    pub references: Vec<String>,
}

/// A control on one kind of asset.
#[derive(Debug)]
pub struct Rule {
    /// The kind.
    pub asset: AssetKind,
    /// Where given and false, the asset is no subject of the control at all.
    pub subject_when: Option<Program>,
    /// When the control's subject does not exist on the asset; in order.
    pub not_applicable: Vec<Case>,
    /// The unsafe state.
    pub unsafe_when: Program,
    /// What to call the unsafe state; in order.
    pub reasons: Vec<Case>,
    /// Declared exceptions.
    pub waived: Vec<Case>,
    /// Annotations.
    pub notes: Vec<Case>,
    /// Why the asset passes, in one line.
    pub passes: Option<Template>,
}

/// A code with the condition under which it holds and what it says.
#[derive(Debug)]
pub struct Case {
    /// The code.
    pub code: String,
    /// When it holds; always, if not given.
    pub when: Option<Program>,
    /// One line for people.
    pub says: Option<Template>,
}

/// How a setting changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// At once, on the resource.
    InPlace,
    /// On the resource, which must be stopped and started.
    Restart,
    /// Only by making the resource anew.
    Recreate,
    /// Only by a new resource beside it, then switching over.
    Replace,
    /// The asset is history; the next run must differ.
    Rerun,
}

/// How to mend a finding.
#[derive(Debug)]
pub struct Remediation {
    /// How the setting changes.
    pub change: Change,
    /// What to do.
    pub summary: String,
    /// Commands per kind of asset, filled from the asset; what is in capitals is the user's to fill.
    pub commands: Vec<(AssetKind, Vec<Template>)>,
    /// How the request that makes the resource anew differs from what the resource is.
    pub request: Option<Correction>,
    /// The statement of a service control policy that keeps it from coming back.
    pub guardrail: Option<serde_json::Value>,
    /// What to write in Terraform.
    pub terraform: Option<String>,
    /// What to write in CloudFormation.
    pub cloudformation: Option<String>,
}

/// A framework and its requirements, from official titles.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// The id that controls use, `nist_800_53_r5`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Where it is published.
    pub source: String,
    /// Requirement id → title.
    pub requirements: BTreeMap<String, Requirement>,
}

/// One requirement of a framework.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The official title, or our label where there is none.
    pub title: String,
    /// What we would remark about the mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// The controls that speak of it, by id or glob, beside those that name it themselves: how a
    /// framework of one's own is laid over controls that do not know it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
}

/// All controls and frameworks of a run.
#[derive(Debug, Default)]
pub struct Catalog {
    /// The controls, by id.
    pub controls: Vec<Control>,
    /// The frameworks, by id.
    pub frameworks: Vec<Framework>,
}

impl Catalog {
    /// The control of that id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }
}

impl Control {
    /// The rule for a kind of asset, with its index.
    #[must_use]
    pub fn rule(&self, kind: AssetKind) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.asset == kind)
    }

    /// The kind of asset whose folder the control lives in.
    #[must_use]
    pub fn home(&self) -> Option<AssetKind> {
        self.rules.first().map(|rule| rule.asset)
    }
}

/// What all built-in ids begin with; wherever a control is named it may be left out.
pub const FAMILY: &str = "CTL.SAGEMAKER.";

/// Whether a pattern (`*` and `?`, anchored at both ends) names a control.
#[must_use]
pub fn is_named(id: &str, pattern: &str) -> bool {
    glob_matches(pattern, id)
        || id
            .strip_prefix(FAMILY)
            .is_some_and(|short| glob_matches(pattern, short))
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_pattern_is_anchored_and_may_leave_the_family_out() {
        let id = "CTL.SAGEMAKER.NOTEBOOK.ROOT.001";
        for pattern in ["CTL.*.ROOT.00?", "NOTEBOOK.*", "*", id] {
            assert!(is_named(id, pattern), "{pattern}");
        }
        for pattern in ["NOTEBOOK", "ROOT.001", "?", ""] {
            assert!(!is_named(id, pattern), "{pattern}");
        }
    }
}
