//! The errors of the crate's edge. Each says what is wrong, where, and in whose words.

use serde::Serialize;

/// A policy document that cannot be used, with the place that makes it so.
///
/// Positions count in the decoded document: after percent-decoding, and inside the JSON string if
/// the document came as one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{kind}{} (line {line}, column {column})", at_path(path))]
pub struct DocumentError {
    /// What is wrong.
    pub kind: DocumentErrorKind,
    /// Where, as a path such as `Statement[2].Effect`; empty when no element was entered.
    pub path: String,
    /// Byte offset in the decoded document.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

fn at_path(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" in {path}")
    }
}

/// What somebody wrote, for a message of one line: control characters are escaped.
pub(crate) struct OneLine<'t>(pub(crate) &'t str);

impl std::fmt::Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            if character.is_control() {
                write!(formatter, "{}", character.escape_default())?;
            } else {
                write!(formatter, "{character}")?;
            }
        }
        Ok(())
    }
}

/// The ways in which a policy document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentErrorKind {
    /// The text is not JSON.
    #[error("not json: {0}")]
    Json(String),
    /// The text is longer than [`crate::Document::MAX_BYTES`].
    #[error("document has {0} bytes, more than any policy may have")]
    TooLong(usize),
    /// Nested deeper than any policy.
    #[error("nested more than {0} levels deep")]
    TooDeep(usize),
    /// A key occurs twice in one object: readers disagree about which counts.
    #[error("key `{}` occurs twice", OneLine(.0))]
    DuplicateKey(String),
    /// An element that the policy grammar does not have.
    #[error("unknown element `{}`", OneLine(.0))]
    UnknownElement(String),
    /// A required element is absent.
    #[error("element `{0}` is missing")]
    MissingElement(&'static str),
    /// Two elements that exclude each other.
    #[error("both `{0}` and `{1}` are given")]
    Both(&'static str, &'static str),
    /// An element has the wrong JSON type.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What the grammar asks for.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// `Effect` is compared with case.
    #[error("effect must be `Allow` or `Deny`, found `{}`", OneLine(.0))]
    Effect(String),
    /// Neither of the two language versions.
    #[error("version must be `2012-10-17` or `2008-10-17`, found `{}`", OneLine(.0))]
    Version(String),
    /// Percent-encoding or text encoding is broken.
    #[error("not utf-8 after percent-decoding")]
    Encoding,
}

impl DocumentError {
    pub(crate) fn at(text: &str, offset: usize, kind: DocumentErrorKind) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |tail| tail.chars().count())
            + 1;
        Self {
            kind,
            path: String::new(),
            offset,
            line,
            column,
        }
    }

    pub(crate) fn in_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }
}
