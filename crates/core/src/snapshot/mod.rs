//! Raw answers, not conclusions.
//!
//! Enters and leaves: observations, in memory or in the on-disk folder. A snapshot says what was
//! asked, what AWS answered, and what it refused. Deliberately absent: any derived value, any
//! secret, and the file system itself.
//!
//! A folder holds `manifest.json` and parts: zstd-compressed lines, each one observation, at
//! `account=…/region=…/<service>.<Operation>[-NNNN].ndjson.zst`. `zstdcat | jq` reads a part.

mod coverage;
mod error;
mod folder;
mod manifest;
mod merge;
mod observation;
mod reader;
mod refusal;
mod schema;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod writer;

pub use coverage::{Coverage, Status, coverage};
pub use error::{Damage, Error, Extent};
pub use folder::{Folder, MemoryFolder, NewFile};
pub use manifest::{Counts, MANIFEST, Manifest, Part, SCHEMA, Scope, Tool, Warning};
pub use merge::merge;
pub use observation::{Observation, Outcome, Parameters, Unresolved, key_of, plain};
pub use reader::{LINE_LIMIT, Lines, ReadOptions, Snapshot};
pub use refusal::denied_action;
pub use schema::schema;
pub use writer::{WriteOptions, Writer};
