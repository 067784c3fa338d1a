//! Waivers from a mutelist of Prowler.
//!
//! Enters: the YAML of a mutelist (<https://docs.prowler.com/user-guide/cli/tutorials/mutelist>).
//! Leaves: drafts, and what was not taken over. Prowler searches its regular expressions anywhere
//! in a name; a waiver's pattern is anchored, so that what is imported covers at most what the
//! mutelist did. An expression that no pattern says is refused rather than guessed.

use std::collections::BTreeMap;

use sagewarden_iam::glob_matches;
use serde::Deserialize;

use super::{Imported, Terms, read};
use crate::waiver::{Draft, LEAST_REASON, Scope, WaiverError};

/// Prowler's checks and the controls that ask for the same.
const CHECKS: [(&str, &str); 11] = [
    (
        "sagemaker_endpoint_config_prod_variant_instances",
        "CTL.SAGEMAKER.ENDPOINT.REDUNDANCY.001",
    ),
    (
        "sagemaker_models_network_isolation_enabled",
        "CTL.SAGEMAKER.MODEL.ISOLATION.001",
    ),
    (
        "sagemaker_models_vpc_settings_configured",
        "CTL.SAGEMAKER.MODEL.VPC.001",
    ),
    (
        "sagemaker_notebook_instance_encryption_enabled",
        "CTL.SAGEMAKER.NOTEBOOK.ENCRYPT.001",
    ),
    (
        "sagemaker_notebook_instance_root_access_disabled",
        "CTL.SAGEMAKER.NOTEBOOK.ROOT.001",
    ),
    (
        "sagemaker_notebook_instance_vpc_settings_configured",
        "CTL.SAGEMAKER.NOTEBOOK.VPC.001",
    ),
    (
        "sagemaker_notebook_instance_without_direct_internet_access_configured",
        "CTL.SAGEMAKER.NOTEBOOK.INTERNET.001",
    ),
    (
        "sagemaker_training_jobs_intercontainer_encryption_enabled",
        "CTL.SAGEMAKER.TRAINING.ENCRYPT.INTERCONTAINER.001",
    ),
    (
        "sagemaker_training_jobs_network_isolation_enabled",
        "CTL.SAGEMAKER.TRAINING.ISOLATION.001",
    ),
    (
        "sagemaker_training_jobs_volume_and_output_encryption_enabled",
        "CTL.SAGEMAKER.TRAINING.ENCRYPT.VOLUME.001",
    ),
    (
        "sagemaker_training_jobs_vpc_settings_configured",
        "CTL.SAGEMAKER.TRAINING.VPC.001",
    ),
];

#[derive(Deserialize)]
struct File {
    #[serde(alias = "Mute List", alias = "Allowlist")]
    #[serde(rename = "Mutelist")]
    mutelist: Mutelist,
}

#[derive(Deserialize)]
struct Mutelist {
    #[serde(rename = "Accounts")]
    accounts: BTreeMap<String, Account>,
}

#[derive(Deserialize)]
struct Account {
    #[serde(rename = "Checks")]
    checks: BTreeMap<String, Check>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Check {
    regions: Vec<String>,
    resources: Vec<String>,
    tags: Vec<String>,
    exceptions: Option<Exceptions>,
    description: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Exceptions {
    accounts: Vec<String>,
    regions: Vec<String>,
    resources: Vec<String>,
    tags: Vec<String>,
}

/// Reads a mutelist.
///
/// # Errors
/// When it is not one.
pub(super) fn import(name: &str, text: &str, terms: &Terms) -> Result<Imported, WaiverError> {
    let file: File = read(name, text)?;
    let mut imported = Imported::default();
    for (account, checks) in &file.mutelist.accounts {
        for (check, entry) in &checks.checks {
            let controls = controls(check);
            if controls.is_empty() {
                // Lists speak of every service; only what could be ours is worth a word.
                if check.contains("sagemaker") {
                    imported.left_out.push(format!(
                        "account `{account}`, check `{check}`: no control asks for the same"
                    ));
                }
                continue;
            }
            match scopes(account, entry) {
                Ok((scope, except)) => {
                    let reason = entry
                        .description
                        .as_deref()
                        .map(str::trim)
                        .filter(|text| text.chars().count() >= LEAST_REASON)
                        .unwrap_or("imported from a Prowler mutelist, which gave no reason");
                    imported.drafts.push(Draft {
                        id: format!("PROWLER-{:03}", imported.drafts.len() + 1),
                        controls,
                        scope,
                        except,
                        kind: "accepted-risk".to_owned(),
                        reason: reason.to_owned(),
                        owner: terms.owner.clone(),
                        created: terms.created,
                        expires: terms.expires,
                        ..Draft::default()
                    });
                }
                Err(why) => imported
                    .left_out
                    .push(format!("account `{account}`, check `{check}`: {why}")),
            }
        }
    }
    Ok(imported)
}

fn controls(check: &str) -> Vec<String> {
    CHECKS
        .iter()
        .filter(|(name, _)| glob_matches(check, name))
        .map(|(_, control)| (*control).to_owned())
        .collect()
}

/// Scope and exception of an entry, or why they cannot be said.
fn scopes(account: &str, entry: &Check) -> Result<(Scope, Option<Scope>), String> {
    let scope = Scope {
        accounts: everything_is_none([account.to_owned()].to_vec()),
        regions: everything_is_none(globs(&entry.regions)?),
        assets: assets(&entry.resources)?,
        tags: tags(&entry.tags)?,
        named_in_code: false,
    };
    let except = match &entry.exceptions {
        None => None,
        Some(exceptions) => {
            let except = Scope {
                accounts: exceptions.accounts.clone(),
                regions: globs(&exceptions.regions)?,
                assets: assets(&exceptions.resources)?,
                tags: tags(&exceptions.tags)?,
                named_in_code: false,
            };
            (except != Scope::default()).then_some(except)
        }
    };
    Ok((scope, except))
}

fn everything_is_none(patterns: Vec<String>) -> Vec<String> {
    if patterns.iter().any(|pattern| pattern == "*") {
        Vec::new()
    } else {
        patterns
    }
}

fn globs(expressions: &[String]) -> Result<Vec<String>, String> {
    let mut patterns = Vec::new();
    for expression in expressions {
        patterns.extend(glob(expression)?);
    }
    Ok(patterns)
}

/// Resources are names there and ARNs here.
fn assets(expressions: &[String]) -> Result<Vec<String>, String> {
    let patterns = everything_is_none(globs(expressions)?);
    Ok(patterns
        .into_iter()
        .map(|pattern| {
            if pattern.starts_with("arn:") {
                pattern
            } else {
                format!("arn:*:sagemaker:*:*:*/{pattern}")
            }
        })
        .collect())
}

fn tags(expressions: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut tags = BTreeMap::new();
    for expression in expressions {
        let patterns = glob(expression)?;
        let pair = match patterns.as_slice() {
            [pattern] if pattern == "*" => continue,
            [pattern] => pattern.split_once('='),
            _ => None,
        };
        let Some((key, value)) = pair.filter(|(key, _)| !key.contains(['*', '?'])) else {
            return Err(format!(
                "the tag expression `{expression}` is not KEY=VALUE"
            ));
        };
        tags.insert(key.to_owned(), value.to_owned());
    }
    Ok(tags)
}

/// The patterns that say what a regular expression says, alternatives apart.
fn glob(expression: &str) -> Result<Vec<String>, String> {
    let mut patterns = vec![String::new()];
    let mut signs = expression.chars().peekable();
    let mut first = true;
    while let Some(sign) = signs.next() {
        let Some(pattern) = patterns.last_mut() else {
            break;
        };
        match sign {
            '^' if first => {}
            '$' if matches!(signs.peek(), None | Some('|')) => {}
            '|' => {
                patterns.push(String::new());
                first = true;
                continue;
            }
            '.' if signs.peek() == Some(&'*') => {
                signs.next();
                pattern.push('*');
            }
            '.' => pattern.push('?'),
            // Prowler itself takes a lone star for `.*`.
            '*' => pattern.push('*'),
            '\\' => match signs.next() {
                Some(escaped) if !escaped.is_alphanumeric() => pattern.push(escaped),
                _ => return Err(refused(expression)),
            },
            '[' | ']' | '(' | ')' | '{' | '}' | '+' | '?' | '^' | '$' => {
                return Err(refused(expression));
            }
            plain => pattern.push(plain),
        }
        first = false;
    }
    Ok(patterns)
}

fn refused(expression: &str) -> String {
    format!("no pattern of `*` and `?` says what the regular expression `{expression}` does")
}
