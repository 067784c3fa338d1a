//! Why an expression was refused.

use super::value::Site;

/// An expression that does not parse or does not fit its environment.
///
/// The text is one line, without the position: the caller knows in which file and line the expression begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", suggestion.as_ref().map(|it| format!("; {it}")).unwrap_or_default())]
pub struct CelError {
    /// Line in the source of the expression, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do, when that can be told: "did you mean `root_access`?".
    pub suggestion: Option<String>,
}

impl CelError {
    pub(super) fn new(source: &str, at: usize, message: impl Into<String>) -> Self {
        let Site { line, column, .. } = locate(source, at);
        Self {
            line,
            column,
            message: message.into(),
            suggestion: None,
        }
    }

    /// An error at a byte offset of a text that holds expressions.
    pub(crate) fn at(text: &str, offset: usize, message: impl Into<String>) -> Self {
        Self::new(text, offset, message)
    }

    /// The same error, placed in the text that holds the expression from byte `offset` on.
    #[must_use]
    pub(crate) fn within(mut self, text: &str, offset: usize) -> Self {
        let start = locate(text, offset);
        if self.line == 1 {
            self.column += start.column - 1;
        }
        self.line += start.line - 1;
        self
    }

    pub(super) fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }
}

/// The line and column of a byte offset. An offset beyond the end, or inside a character, counts as the nearest
/// place before it.
pub(super) fn locate(source: &str, at: usize) -> Site {
    let before = source
        .get(..source.floor_char_boundary(at))
        .unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let columns = before.get(line_start..).unwrap_or_default().chars().count();
    Site {
        line: u32::try_from(lines + 1).unwrap_or(u32::MAX),
        column: u32::try_from(columns + 1).unwrap_or(u32::MAX),
        fact: None,
    }
}
