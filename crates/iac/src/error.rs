//! Why code cannot be read.

/// Code that cannot be read at all. What can be read in part is read in part.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}{}: {what}", at(.line))]
pub struct CodeError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1, where there is one.
    pub line: Option<u32>,
    /// What is wrong, and what to do.
    pub what: String,
}

fn at(line: &Option<u32>) -> String {
    line.map_or_else(String::new, |line| format!(":{line}"))
}

impl CodeError {
    pub(crate) fn new(file: &str, line: Option<u32>, what: impl Into<String>) -> Self {
        CodeError {
            file: file.to_owned(),
            line,
            what: what.into(),
        }
    }
}
