//! The YAML of a control, as written. Unknown keys are errors.

use std::collections::BTreeMap;

use sagewarden_core::asset::AssetKind;
use sagewarden_core::control::Change;
use sagewarden_core::verdict::Severity;
use serde::Deserialize;
use serde_saphyr::Spanned;

/// Declares what is written beside the members of a rule, which stand in this one list: a control
/// carries its first rule itself, and an unknown key must be refused where it stands, which
/// flattening one structure into another would not do.
macro_rules! with_rule {
    ($name:ident { $($before:tt)* } { $($after:tt)* }) => {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($before)*
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
            $($after)*
        }

        impl $name {
            /// The rule in it.
            pub(crate) fn rule(&mut self) -> RuleSource<'_> {
                RuleSource {
                    asset: self.asset,
                    subject_when: self.subject_when.as_ref(),
                    not_applicable: std::mem::take(&mut self.not_applicable),
                    unsafe_when: &self.unsafe_when,
                    reasons: std::mem::take(&mut self.reasons),
                    waived: std::mem::take(&mut self.waived),
                    notes: std::mem::take(&mut self.notes),
                    passes: self.passes.as_ref(),
                }
            }
        }
    };
}

with_rule! {
    ControlSource {
        pub(crate) id: Spanned<String>,
        pub(crate) title: String,
        pub(crate) severity: Severity,
        #[serde(rename = "type")]
        pub(crate) kind: String,
        pub(crate) domain: String,
        #[serde(default)]
        pub(crate) compliance: BTreeMap<String, Vec<String>>,
        pub(crate) rationale: String,
    } {
        #[serde(default)]
        pub(crate) also: Vec<AlsoSource>,
        pub(crate) remediation: RemediationSource,
        #[serde(default)]
        pub(crate) references: Vec<String>,
    }
}

with_rule! {
    AlsoSource {} {
        #[serde(default)]
        pub(crate) commands: Vec<Spanned<String>>,
    }
}

/// A control on one kind of asset.
#[derive(Debug)]
pub(crate) struct RuleSource<'s> {
    pub(crate) asset: AssetKind,
    pub(crate) subject_when: Option<&'s Spanned<String>>,
    pub(crate) not_applicable: Vec<CaseSource>,
    pub(crate) unsafe_when: &'s Spanned<String>,
    pub(crate) reasons: Vec<CaseSource>,
    pub(crate) waived: Vec<CaseSource>,
    pub(crate) notes: Vec<CaseSource>,
    pub(crate) passes: Option<&'s Spanned<String>>,
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
