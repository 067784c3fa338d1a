//! The YAML of a control, as written. Unknown keys are errors.

use std::collections::BTreeMap;

use sagewarden_core::asset::AssetKind;
use sagewarden_core::control::Change;
use sagewarden_core::verdict::Severity;
use serde::Deserialize;
use serde_saphyr::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ControlSource {
    pub(crate) id: Spanned<String>,
    pub(crate) title: String,
    pub(crate) asset: AssetKind,
    pub(crate) severity: Severity,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) domain: String,
    #[serde(default)]
    pub(crate) compliance: BTreeMap<String, Vec<String>>,
    pub(crate) rationale: String,
    pub(crate) subject_when: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) not_applicable: Vec<CaseSource>,
    pub(crate) unsafe_when: Spanned<String>,
    pub(crate) reasons: Vec<CaseSource>,
    #[serde(default)]
    pub(crate) waived: Vec<CaseSource>,
    #[serde(default)]
    pub(crate) notes: Vec<CaseSource>,
    pub(crate) passes: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) also: Vec<AlsoSource>,
    pub(crate) remediation: RemediationSource,
    #[serde(default)]
    pub(crate) references: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlsoSource {
    pub(crate) asset: AssetKind,
    pub(crate) subject_when: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) not_applicable: Vec<CaseSource>,
    pub(crate) unsafe_when: Spanned<String>,
    pub(crate) reasons: Vec<CaseSource>,
    #[serde(default)]
    pub(crate) waived: Vec<CaseSource>,
    #[serde(default)]
    pub(crate) notes: Vec<CaseSource>,
    pub(crate) passes: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) commands: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseSource {
    pub(crate) code: Spanned<String>,
    pub(crate) when: Option<Spanned<String>>,
    pub(crate) says: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemediationSource {
    pub(crate) change: Change,
    pub(crate) summary: String,
    #[serde(default)]
    pub(crate) commands: Vec<Spanned<String>>,
    pub(crate) request: Option<RequestSource>,
    pub(crate) guardrail: Option<serde_json::Value>,
    pub(crate) terraform: Option<String>,
    pub(crate) cloudformation: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestSource {
    #[serde(default)]
    pub(crate) set: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    pub(crate) fill: BTreeMap<String, serde_json::Value>,
}
