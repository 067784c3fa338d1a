//! What a file's path tells: the operation, request parameters, account and Region.
//!
//! Enters: a path relative to the input, `/`-separated:
//! `111122223333/eu-west-1/get-bucket-policy--Bucket=acme-train.json`. Leaves: a hint. The content
//! decides what a file is; the name supplies what the answer does not repeat.
//! Deliberately absent: the file system.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sagewarden_core::operations::{GLOBAL_REGION, Operation};

use crate::arn::{is_account, is_region};

/// Every byte but `A-Z a-z 0-9 . _ -`.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

/// What the operation part of a name says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Hint {
    /// It names no call.
    #[default]
    None,
    /// It names this call.
    Is(Operation),
    /// It names `DescribeFileSystems`, which Elastic File System and FSx both have.
    FileSystems,
    /// It names a call that is not read.
    Other,
}

/// What a path tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PathFacts {
    pub(crate) hint: Hint,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    /// The number in the name, with what stands before and after it: how pages are told apart.
    pub(crate) number: Option<(String, u64)>,
    /// A parameter whose value is not percent-encoded UTF-8.
    pub(crate) undecodable: Option<String>,
}

/// Splits a path into what it tells.
pub(crate) fn read(path: &str) -> PathFacts {
    let path: Cow<'_, str> = if path.contains('\\') {
        Cow::Owned(path.replace('\\', "/"))
    } else {
        Cow::Borrowed(path)
    };
    let (folders, base) = path.rsplit_once('/').unwrap_or(("", &path));
    let mut facts = PathFacts::default();
    for folder in folders.split('/') {
        let account = folder.strip_prefix("account=").unwrap_or(folder);
        let region = folder.strip_prefix("region=").unwrap_or(folder);
        if is_account(account) {
            facts.account = Some(account.to_owned());
        } else if is_region(region) || region == GLOBAL_REGION {
            facts.region = Some(region.to_owned());
        }
    }
    let stem = stem(base);
    let mut parts = split_parameters(stem).into_iter();
    facts.hint = hint(parts.next().unwrap_or_default());
    for part in parts {
        let Some((name, value)) = part.split_once('=') else {
            continue;
        };
        match percent_decode_str(value).decode_utf8() {
            Ok(value) => {
                let name = spelled(facts.hint, name);
                facts.parameters.push((name, value.into_owned()));
            }
            Err(_) => facts.undecodable = Some(name.to_owned()),
        }
    }
    facts.number = number(&path);
    facts
}

/// The name under which an answer is saved: the operation and `parameters`, values percent-encoded.
///
/// ```
/// use sagewarden_core::operations::Operation;
/// let name = sagewarden_import::file_name(Operation::GetBucketPolicy, &[("Bucket", "acme-train")]);
/// assert_eq!(name, "get-bucket-policy--Bucket=acme-train.json");
/// ```
#[must_use]
pub fn file_name(operation: Operation, parameters: &[(&str, &str)]) -> String {
    let mut name = kebab(operation.row().name);
    for (parameter, value) in parameters {
        name.push_str("--");
        name.push_str(parameter);
        name.push('=');
        name.push_str(&encode_value(value));
    }
    name.push_str(".json");
    name
}

/// `value` as it stands in a file name: every byte outside `[A-Za-z0-9._-]` as `%XX`.
#[must_use]
pub fn encode_value(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

/// Whether the names of a folder's files are those of a saved snapshot, which is opened as it is
/// and not imported: a `manifest.json` and Zstandard parts under `account=…/region=…`.
pub fn looks_like_snapshot<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    let (mut manifest, mut part) = (false, false);
    for name in names {
        manifest |= name == "manifest.json";
        part |= name.starts_with("account=")
            && name.contains("/region=")
            && name.ends_with(".ndjson.zst");
    }
    manifest && part
}

/// Whether the file is prose, a script or configuration, skipped without being read.
pub(crate) fn is_ignored(path: &str) -> bool {
    let base = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let lower = base.to_ascii_lowercase();
    lower.starts_with("readme")
        || lower.starts_with('.')
        || [".md", ".toml", ".sh", ".ps1", ".html"]
            .iter()
            .any(|end| lower.ends_with(end))
}

/// Whether the file is an index of calls.
pub(crate) fn is_index(path: &str) -> bool {
    let base = path.rsplit(['/', '\\']).next().unwrap_or(path);
    uncompressed(base) == "calls.jsonl"
}

/// `path` without the ending that tells its compression.
pub(crate) fn uncompressed(path: &str) -> &str {
    [".gz", ".zst"]
        .iter()
        .find_map(|end| path.strip_suffix(end))
        .unwrap_or(path)
}

/// Whether the name says that the file is error text.
pub(crate) fn is_error_text(path: &str) -> bool {
    uncompressed(path).ends_with(".err")
}

/// `DescribeNotebookInstance` as `describe-notebook-instance`.
pub(crate) fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 6);
    for (index, c) in name.char_indices() {
        if c.is_ascii_uppercase() && index > 0 {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn stem(base: &str) -> &str {
    let base = uncompressed(base);
    [".json", ".jsonl", ".ndjson", ".err", ".txt"]
        .iter()
        .find_map(|end| base.strip_suffix(end))
        .unwrap_or(base)
}

/// Splits at every `--` that `Name=` follows. Encoded values hold no `=`, so no value is split.
fn split_parameters(stem: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    // Overlapping matches count: a value may end in a hyphen.
    let hyphens = stem.as_bytes().windows(2).enumerate();
    for (at, _) in hyphens.filter(|(_, pair)| *pair == b"--") {
        let rest = stem.get(at + 2..).unwrap_or_default();
        let name = rest.split('=').next().unwrap_or_default();
        let named = name.len() < rest.len()
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if named && at >= start {
            parts.push(stem.get(start..at).unwrap_or_default());
            start = at + 2;
        }
    }
    parts.push(stem.get(start..).unwrap_or_default());
    parts
}

fn hint(text: &str) -> Hint {
    let text =
        text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '.'));
    let mut best: Option<(usize, Operation)> = None;
    for operation in Operation::ALL {
        let name = kebab(operation.row().name);
        let matches = text
            .strip_prefix(name.as_str())
            .is_some_and(is_end_of_operation);
        if matches && best.is_none_or(|(length, _)| name.len() > length) {
            best = Some((name.len(), *operation));
        }
    }
    match best {
        Some((_, Operation::DescribeElasticFileSystems | Operation::DescribeFsxFileSystems)) => {
            Hint::FileSystems
        }
        Some((_, operation)) => Hint::Is(operation),
        None if names_a_call(text) => Hint::Other,
        None => Hint::None,
    }
}

/// After the operation come nothing, `--anything`, or a page's number or word.
fn is_end_of_operation(rest: &str) -> bool {
    rest.is_empty()
        || rest.starts_with("--")
        || rest.starts_with(['.', '_', ' ', '('])
        || rest.starts_with(|c: char| c.is_ascii_digit())
        || rest.strip_prefix('-').is_some_and(|tail| {
            tail.starts_with(|c: char| c.is_ascii_digit()) || tail.starts_with("page")
        })
}

fn names_a_call(text: &str) -> bool {
    let Some((verb, noun)) = text.split_once('-') else {
        return false;
    };
    [
        "describe", "list", "get", "head", "lookup", "search", "batch", "scan", "query",
    ]
    .contains(&verb)
        && !noun.is_empty()
}

/// The parameter as the operation spells it, whatever the case of its first letter.
fn spelled(hint: Hint, name: &str) -> String {
    let Hint::Is(operation) = hint else {
        return name.to_owned();
    };
    let row = operation.row();
    row.key
        .iter()
        .chain(row.filters)
        .find(|key| key.eq_ignore_ascii_case(name))
        .map_or_else(|| name.to_owned(), |key| (*key).to_owned())
}

fn number(path: &str) -> Option<(String, u64)> {
    let path = uncompressed(path);
    let base_starts = path.rfind('/').map_or(0, |at| at + 1);
    let (end, _) = path
        .char_indices()
        .rfind(|(at, c)| *at >= base_starts && c.is_ascii_digit())?;
    let start = path
        .get(..=end)?
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + 1)
        .max(base_starts);
    let value = path.get(start..=end)?.parse().ok()?;
    let around = format!(
        "{}#{}",
        path.get(..start).unwrap_or_default(),
        path.get(end + 1..).unwrap_or_default()
    );
    Some((around, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn operations_and_parameters_are_read() {
        let facts = read(
            "111122223333/eu-west-1/list-objects-v2--Bucket=acme-models--Prefix=fraud%2Fmodel.tar.gz.json.zst",
        );
        assert_eq!(facts.hint, Hint::Is(Operation::ListObjectsV2));
        assert_eq!(
            facts.parameters,
            [
                ("Bucket".to_owned(), "acme-models".to_owned()),
                ("Prefix".to_owned(), "fraud/model.tar.gz".to_owned())
            ]
        );
        assert_eq!(facts.account.as_deref(), Some("111122223333"));
        assert_eq!(facts.region.as_deref(), Some("eu-west-1"));
        let facts = read("account=111122223333/region=aws-global/get-metric-data--page1.json");
        assert_eq!(facts.hint, Hint::Is(Operation::GetMetricData));
        assert!(facts.parameters.is_empty());
        assert_eq!(facts.region.as_deref(), Some("aws-global"));
    }

    #[test]
    fn longer_names_and_foreign_calls_are_told_apart() {
        let hint = |name: &str| read(name).hint;
        assert_eq!(
            hint("describe-notebook-instance-lifecycle-config--X=1.json"),
            Hint::Is(Operation::DescribeNotebookInstanceLifecycleConfig)
        );
        assert_eq!(hint("list-tags-for-resource.json"), Hint::Other);
        assert_eq!(hint("list-models-2.json"), Hint::Is(Operation::ListModels));
        assert_eq!(
            hint("list-models.page2.json"),
            Hint::Is(Operation::ListModels)
        );
        assert_eq!(hint("list-user-policies--UserName=u.json"), Hint::Other);
        assert_eq!(hint("describe-file-systems.json"), Hint::FileSystems);
        assert_eq!(hint("estate.json"), Hint::None);
    }

    #[test]
    fn parameters_are_spelled_as_the_operation_spells_them() {
        assert_eq!(
            read("describe-log-streams--LogGroupName=%2Faws%2Fsagemaker%2FNotebookInstances.json")
                .parameters,
            [(
                "logGroupName".to_owned(),
                "/aws/sagemaker/NotebookInstances".to_owned()
            )]
        );
    }

    #[test]
    fn snapshots_are_told_from_saved_answers() {
        assert!(looks_like_snapshot([
            "manifest.json",
            "account=111122223333/region=eu-west-1/sagemaker.ListModels.ndjson.zst"
        ]));
        assert!(!looks_like_snapshot([
            "manifest.json",
            "account=111122223333/region=eu-west-1/list-models.json"
        ]));
    }

    proptest! {
        #[test]
        fn a_percent_encoded_name_reads_back(bucket in ".*", key in ".*") {
            let name = file_name(Operation::HeadObject, &[("Bucket", &bucket), ("Key", &key)]);
            let facts = read(&name);
            prop_assert_eq!(facts.hint, Hint::Is(Operation::HeadObject));
            prop_assert_eq!(
                facts.parameters,
                [("Bucket".to_owned(), bucket), ("Key".to_owned(), key)]
            );
        }

        #[test]
        fn any_path_is_read(path in ".*") {
            read(&path);
            is_ignored(&path);
        }
    }
}
