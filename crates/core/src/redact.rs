//! Secrets never reach the disk.
//!
//! Enters: the raw body of an answer. Leaves: the same bytes, in which each member that the
//! operations table calls secret is replaced by its length, its SHA-256 and the features that a
//! fact may need. Deliberately absent: guessing. What is secret stands in the table, by pointer;
//! where the table expects an object or array and finds text, the text is replaced as a whole.

mod scan;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::json::Node;
use crate::operations::Operation;

pub use scan::compact;
pub(crate) use scan::{top_member, unquote};

/// Feature of a script that holds nothing but whitespace and comments.
pub const BLANK: &str = "blank";
/// Feature of a script that stops the notebook instance, or its kernels, when idle.
pub const AUTOSTOP: &str = "autostop";
/// Feature of a script that fetches something from elsewhere.
pub const DOWNLOADS: &str = "downloads";
/// Prefix of the feature of a CloudTrail event that names the notebook instance it is about.
pub const NOTEBOOK: &str = "notebook=";

/// The hyperparameter that names the code of a job: the facts need it, and it is a location.
const SUBMIT_DIRECTORY: &str = "sagemaker_submit_directory";

/// Scripts come from people: some leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What is left of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redacted {
    /// Length of the secret in bytes; of a script, after decoding.
    pub length: u64,
    /// SHA-256 of the same bytes, hexadecimal.
    pub sha256: String,
    /// Detected features, sorted.
    pub features: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replacement {
    #[serde(rename = "$redacted")]
    redacted: Redacted,
}

impl Redacted {
    /// Reads a lifecycle script's `Content`, whether raw (base64) or already redacted.
    #[must_use]
    pub fn of_script(content: &Node<'_>) -> Option<Redacted> {
        match content {
            Node::Text(text) => Some(reduce(Kind::Script, text)),
            _ => Redacted::of_node(content),
        }
    }

    /// Reads a CloudTrail event's text, whether raw or already redacted.
    #[must_use]
    pub fn of_event(event: &Node<'_>) -> Option<Redacted> {
        match event {
            Node::Text(text) => Some(reduce(Kind::Event, text)),
            _ => Redacted::of_node(event),
        }
    }

    /// Whether the secret showed `feature`.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|found| found == feature)
    }

    fn of_node(node: &Node<'_>) -> Option<Redacted> {
        let inner = node.member("$redacted")?;
        Some(Redacted {
            length: inner.member("length")?.integer()?.try_into().ok()?,
            sha256: inner.member("sha256")?.text()?.to_owned(),
            features: inner
                .member("features")?
                .items()
                .iter()
                .filter_map(|feature| feature.text().map(str::to_owned))
                .collect(),
        })
    }

    /// Whether this module can have written it: a stranger's object must not carry text past it.
    fn is_ours(&self, kind: Kind) -> bool {
        self.sha256.len() == 64
            && self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit())
            && self.features.iter().all(|feature| match kind {
                Kind::Value => false,
                Kind::Script => [BLANK, AUTOSTOP, DOWNLOADS].contains(&feature.as_str()),
                Kind::Event => feature.strip_prefix(NOTEBOOK).is_some_and(is_notebook_name),
            })
    }
}

/// The features of a script's text, sorted: [`BLANK`], [`AUTOSTOP`], [`DOWNLOADS`]. Comments do not count.
#[must_use]
pub fn script_features(text: &str) -> Vec<&'static str> {
    let code: String = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect::<String>()
        .to_ascii_lowercase();
    if code.is_empty() {
        return vec![BLANK];
    }
    let shows = |marks: &[&str]| marks.iter().any(|mark| code.contains(mark));
    let mut features = Vec::new();
    if shows(&[
        "autostop",
        "auto-stop",
        "auto_stop",
        "stopnotebookinstance",
        "stop-notebook-instance",
        "stop_notebook_instance",
        "shutdown_no_activity_timeout",
        "cull_idle_timeout",
    ]) {
        features.push(AUTOSTOP);
    }
    if shows(&[
        "curl ",
        "wget ",
        "pip install",
        "pip3 install",
        "conda install",
        "mamba install",
        "yum install",
        "yum -y install",
        "dnf install",
        "apt-get install",
        "npm install",
        "git clone",
        "aws s3 cp",
        "aws s3 sync",
    ]) {
        features.push(DOWNLOADS);
    }
    features
}

/// `body` with the secret members of `operation` replaced; all other bytes are the same.
///
/// A text that is not JSON is replaced as a whole. Redacting twice changes nothing more.
#[must_use]
pub fn redact(operation: Operation, body: &str) -> Cow<'_, str> {
    let secret = operation.row().secret;
    if secret.is_empty() || !may_hold(secret, body) {
        return Cow::Borrowed(body);
    }
    let mut redaction = Redaction {
        kind: Kind::of(operation),
        text: body,
        scanner: scan::Scanner::new(body),
        splices: Vec::new(),
    };
    let pointers: Vec<Pointer> = secret
        .iter()
        .map(|full| Pointer { full, rest: full })
        .collect();
    if redaction.value(&pointers).is_none() || !redaction.scanner.is_done() {
        return Cow::Owned(replacement(&reduce(Kind::Value, body)));
    }
    let splices = redaction.splices;
    if splices.is_empty() {
        return Cow::Borrowed(body);
    }
    let mut out = String::with_capacity(body.len());
    let mut kept = 0;
    for (range, new) in splices {
        out.push_str(body.get(kept..range.start).unwrap_or_default());
        out.push_str(&new);
        kept = range.end;
    }
    out.push_str(body.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}

/// Whether some secret member's name occurs in the text. A name can also be spelled with `\u` escapes.
fn may_hold(secret: &[&str], body: &str) -> bool {
    let body = body.as_bytes();
    memmem::find(body, b"\\u").is_some()
        || secret.iter().any(|pointer| {
            pointer
                .rsplit('/')
                .find(|segment| *segment != "*")
                .is_none_or(|name| memmem::find(body, name.as_bytes()).is_some())
        })
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Value,
    Script,
    Event,
}

impl Kind {
    fn of(operation: Operation) -> Kind {
        match operation {
            Operation::DescribeNotebookInstanceLifecycleConfig => Kind::Script,
            Operation::LookupEvents => Kind::Event,
            _ => Kind::Value,
        }
    }
}

/// A secret's pointer, and what is left of it at the current depth.
#[derive(Clone, Copy)]
struct Pointer {
    full: &'static str,
    rest: &'static str,
}

struct Redaction<'a> {
    kind: Kind,
    text: &'a str,
    scanner: scan::Scanner<'a>,
    splices: Vec<(Range<usize>, String)>,
}

impl Redaction<'_> {
    /// Walks one value along `pointers`. The recursion is as deep as the longest pointer.
    fn value(&mut self, pointers: &[Pointer]) -> Option<()> {
        match self.scanner.peek()? {
            b'{' => {
                self.scanner.eat(b'{');
                if self.scanner.eat(b'}') {
                    return Some(());
                }
                loop {
                    let name = self.scanner.name()?;
                    self.child(pointers, &name)?;
                    if !self.scanner.eat(b',') {
                        return self.scanner.eat(b'}').then_some(());
                    }
                }
            }
            b'[' => {
                self.scanner.eat(b'[');
                if self.scanner.eat(b']') {
                    return Some(());
                }
                loop {
                    self.child(pointers, "*")?;
                    if !self.scanner.eat(b',') {
                        return self.scanner.eat(b']').then_some(());
                    }
                }
            }
            _ => {
                let range = self.scanner.skip()?;
                self.replace(range)
            }
        }
    }

    fn child(&mut self, pointers: &[Pointer], name: &str) -> Option<()> {
        let mut further: Vec<Pointer> = Vec::new();
        let (mut secret, mut location) = (false, false);
        for pointer in pointers {
            let rest = pointer.rest.strip_prefix('/')?;
            let (segment, rest) = match rest.find('/') {
                Some(at) => rest.split_at_checked(at)?,
                None => (rest, ""),
            };
            if segment != "*" && segment != name {
                continue;
            }
            if !rest.is_empty() {
                further.push(Pointer { rest, ..*pointer });
            } else if name == SUBMIT_DIRECTORY && pointer.full.ends_with("/HyperParameters/*") {
                location = true;
            } else {
                secret = true;
            }
        }
        if !secret && !location && !further.is_empty() {
            return self.value(&further);
        }
        let range = self.scanner.skip()?;
        // The location of the code is kept, but not when it carries its own permission.
        if secret || location && is_presigned(self.text.get(range.clone())?) {
            return self.replace(range);
        }
        Some(())
    }

    fn replace(&mut self, range: Range<usize>) -> Option<()> {
        let raw = self.text.get(range.clone())?;
        let done = raw.starts_with('{')
            && serde_json::from_str::<Replacement>(raw)
                .is_ok_and(|old| old.redacted.is_ours(self.kind));
        if done || matches!(raw, "null" | "true" | "false") {
            return Some(());
        }
        let redacted = match unquote(raw) {
            Some(text) => reduce(self.kind, &text),
            None => reduce(Kind::Value, raw),
        };
        self.splices.push((range, replacement(&redacted)));
        Some(())
    }
}

fn reduce(kind: Kind, text: &str) -> Redacted {
    let of = |bytes: &[u8], features: Vec<String>| Redacted {
        length: bytes.len() as u64,
        sha256: hex(&Sha256::digest(bytes)),
        features,
    };
    match kind {
        Kind::Value => of(text.as_bytes(), Vec::new()),
        Kind::Event => of(text.as_bytes(), event_features(text)),
        Kind::Script => {
            // Infrastructure code may hold the script before it is encoded.
            let bytes = BASE64
                .decode(text.trim())
                .unwrap_or_else(|_| text.as_bytes().to_vec());
            let script = String::from_utf8_lossy(&bytes);
            let features = script_features(&script);
            of(&bytes, features.into_iter().map(str::to_owned).collect())
        }
    }
}

/// The notebook instance that a CloudTrail event is about, as a feature.
fn event_features(text: &str) -> Vec<String> {
    Node::parse(text)
        .ok()
        .and_then(|event| {
            let name = event
                .pointer("/requestParameters/notebookInstanceName")?
                .text()?;
            is_notebook_name(name).then(|| format!("{NOTEBOOK}{name}"))
        })
        .into_iter()
        .collect()
}

fn is_presigned(quoted: &str) -> bool {
    unquote(quoted).is_none_or(|url| url.to_ascii_lowercase().contains("x-amz-"))
}

fn is_notebook_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn replacement(redacted: &Redacted) -> String {
    let mut out = format!(
        r#"{{"$redacted":{{"length":{},"sha256":"{}","features":["#,
        redacted.length, redacted.sha256
    );
    // Feature names need no escapes: see `is_ours`.
    for (index, feature) in redacted.features.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(out, r#"{comma}"{feature}""#);
    }
    out.push_str("]}}");
    out
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const JOB: Operation = Operation::DescribeTrainingJob;
    const LIFECYCLE: Operation = Operation::DescribeNotebookInstanceLifecycleConfig;

    fn sha(text: &str) -> String {
        hex(&Sha256::digest(text.as_bytes()))
    }

    #[test]
    fn a_secret_becomes_length_hash_and_features_and_the_rest_is_untouched() {
        let body = "{ \"A\" : 1.50 ,\n\"Environment\":{ \"K\" :\"v\\u00e9\" }, \"Z\":[ ] }";
        let expected = format!(
            "{{ \"A\" : 1.50 ,\n\"Environment\":{{ \"K\" :{{\"$redacted\":{{\"length\":3,\"sha256\":\"{}\",\"features\":[]}}}} }}, \"Z\":[ ] }}",
            sha("vé")
        );
        assert_eq!(redact(JOB, body), expected);
    }

    #[test]
    fn a_body_without_secret_members_is_borrowed() {
        let body = r#"{"TrainingJobName":"a","VpcConfig":{"Subnets":[]}}"#;
        assert!(matches!(redact(JOB, body), Cow::Borrowed(_)));
        assert!(matches!(
            redact(Operation::ListModels, r#"{"Environment":{"a":"b"}}"#),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn the_location_of_the_code_stays_unless_it_is_presigned() {
        let body = r#"{"HyperParameters":{"sagemaker_submit_directory":"\"s3://b/k\"","x":"1"}}"#;
        let redacted = redact(JOB, body);
        assert!(redacted.contains(r#""sagemaker_submit_directory":"\"s3://b/k\"""#));
        assert!(!redacted.contains(r#""x":"1""#));
        let body = r#"{"HyperParameters":{"sagemaker_submit_directory":"https://h/k?X-Amz-Signature=planted"}}"#;
        assert!(!redact(JOB, body).contains("planted"));
        // The exception is for hyperparameters alone.
        let body = r#"{"Environment":{"sagemaker_submit_directory":"planted"}}"#;
        assert!(!redact(JOB, body).contains("planted"));
    }

    #[test]
    fn spelling_and_shape_do_not_hide_a_secret() {
        for body in [
            r#"{"\u0045nvironment":{"K":"planted"}}"#,
            r#"{"Environment":{"K":"x"},"Environment":{"K":"planted"}}"#,
            r#"{"Environment":["planted"]}"#,
            r#"{"Environment":"planted"}"#,
            r#"{"Environment":{"K":{"deep":["planted"]}}}"#,
            r#"{"Environment":{"K":{"$redacted":{"length":1,"sha256":"planted","features":[]}}}}"#,
            r#"{"Environment":{"K":{"$redacted":"planted"}}}"#,
            r#"{"Environment":{"K":"planted"}"#,
        ] {
            let redacted = redact(JOB, body);
            assert!(!redacted.contains("planted"), "{redacted}");
        }
    }

    #[test]
    fn a_script_shows_its_features_raw_and_redacted() {
        use base64::prelude::{BASE64_STANDARD, Engine as _};
        for (script, features) in [
            ("", vec![BLANK]),
            ("#!/bin/bash\n  # later\n\n", vec![BLANK]),
            ("#!/bin/bash\n# autostop is off\necho\n", vec![]),
            (
                "curl -O https://h/AutoStop.py\npython autostop.py\n",
                vec![AUTOSTOP, DOWNLOADS],
            ),
            ("aws sagemaker stop-notebook-instance", vec![AUTOSTOP]),
        ] {
            assert_eq!(script_features(script), features, "{script}");
            let content = BASE64_STANDARD.encode(script);
            let body = serde_json::json!({ "OnStart": [{ "Content": content }] }).to_string();
            let redacted = redact(LIFECYCLE, &body);
            let read = |body: &str| {
                let tree = Node::parse(body).unwrap();
                Redacted::of_script(tree.pointer("/OnStart/0/Content").unwrap()).unwrap()
            };
            assert_eq!(read(&body), read(&redacted));
            assert_eq!(read(&body).features, features);
            assert_eq!(read(&body).sha256, sha(script));
        }
    }

    #[test]
    fn an_event_keeps_only_the_name_of_its_notebook() {
        let event = serde_json::json!({
            "userIdentity": { "userName": "planted" },
            "requestParameters": { "notebookInstanceName": "nb-1" },
        });
        let body = serde_json::json!({ "Events": [{ "CloudTrailEvent": event.to_string() }] });
        let redacted = redact(Operation::LookupEvents, &body.to_string()).into_owned();
        assert!(!redacted.contains("planted"));
        let tree = Node::parse(&redacted).unwrap();
        let event = Redacted::of_event(tree.pointer("/Events/0/CloudTrailEvent").unwrap());
        assert!(event.unwrap().has("notebook=nb-1"));
    }

    #[test]
    fn every_secret_pointer_of_the_table_is_redacted() {
        for operation in Operation::ALL {
            for pointer in operation.row().secret {
                let body = pointer
                    .rsplit('/')
                    .filter(|segment| !segment.is_empty())
                    .fold("\"planted\"".to_owned(), |inner, segment| match segment {
                        "*" => format!("[{inner}]"),
                        name => format!("{{\"{name}\":{inner}}}"),
                    });
                let redacted = redact(*operation, &body);
                assert!(
                    !redacted.contains("planted"),
                    "{operation} {pointer}: {redacted}"
                );
            }
        }
    }

    fn json(depth: u32) -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            ".{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(depth, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_planted_secret_survives(
            around in json(3),
            name in ".{0,6}",
            secret in "planted[a-z\"\\\\ é]{0,12}",
            pretty in any::<bool>(),
        ) {
            let body = serde_json::json!({
                "Around": around,
                "Environment": { name.clone(): secret.clone() },
                "HyperParameters": { format!("{name}x"): { "deep": secret } },
            });
            let text = if pretty { serde_json::to_string_pretty(&body) } else { serde_json::to_string(&body) }.unwrap();
            let redacted = redact(JOB, &text);
            prop_assert!(!redacted.contains("planted"));
            let value: serde_json::Value = serde_json::from_str(&redacted).unwrap();
            prop_assert_eq!(&value["Around"], &body["Around"]);
            prop_assert_eq!(&redact(JOB, &redacted), &redacted);
        }

        #[test]
        fn compaction_keeps_the_value(value in json(4)) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(compact(&pretty), serde_json::to_string(&value).unwrap());
        }

        #[test]
        fn any_text_is_handled(text in ".{0,40}") {
            let _ = redact(JOB, &format!("{{\"Environment\":{text}"));
            let _ = compact(&text);
            let _ = top_member(&text, "a");
        }
    }
}
