//! What was not read, and which call would have read it.

/// A datum that is missing, named by the API call that would supply it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Missing {
    /// The API operation, such as `DescribeNotebookInstance`.
    pub operation: String,
    /// Why it is missing, in one line.
    pub detail: String,
}
