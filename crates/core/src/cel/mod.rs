//! The expression language of controls: CEL over typed facts, in three-valued logic.
//!
//! In: the source of an expression, the schema of the facts it may read, and the facts of one asset. Out: a value that
//! is unknown when a missing fact could change it, with the calls that are missing. Absent on purpose: anything that
//! reads, waits or fails; and the parts of CEL that facts have no use for (maps, messages, bytes, unsigned numbers,
//! null, dynamic types).
//!
//! ```
//! use sagewarden_core::{cel::{Environment, Input, Type, compile}, record};
//!
//! record! {
//!     /// A notebook instance.
//!     struct Notebook as "notebook" {
//!         /// `Enabled` or `Disabled`.
//!         root_access: String,
//!         /// Days since anything ran.
//!         idle_days: Option<i64>,
//!     }
//! }
//!
//! record! {
//!     /// What an operator may set.
//!     struct Tunables as "tunables" {
//!         /// Idle for longer than this is a finding.
//!         idle_days: i64,
//!     }
//! }
//!
//! let environment = Environment { root: Notebook::SCHEMA, tunables: Tunables::SCHEMA };
//! let unsafe_when = compile(
//!     r#"root_access != "Disabled" || (has(idle_days) && idle_days > tunables.idle_days)"#,
//!     &environment,
//!     Type::Bool,
//! )?;
//! let notebook = Notebook { root_access: "Disabled".into(), idle_days: Some(45) };
//! let input = Input {
//!     root: &notebook,
//!     tunables: &Tunables { idle_days: 30 },
//!     as_of: "2026-01-31T00:00:00Z".parse()?,
//! };
//! assert_eq!(unsafe_when.decide(&input), Some(true));
//!
//! let typo = compile(r#"rootaccess == "Enabled""#, &environment, Type::Bool).unwrap_err();
//! assert_eq!(typo.to_string(), "unknown fact `rootaccess`; did you mean `root_access`?");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is supported
//!
//! | | |
//! | --- | --- |
//! | names | the facts of the asset; `tunables.name`; `as_of` |
//! | logic | `&&` `||` `!` `c ? a : b` |
//! | comparison | `==` `!=` of scalars and lists; `<` `<=` `>` `>=` of numbers, strings, timestamps, durations |
//! | arithmetic | `+` `-` `*` `/` of numbers, `%` of ints; `+` of strings and of lists; `+` `-` of timestamps and durations |
//! | presence | `has(fact)`, `has(record.fact)` |
//! | lists | `x in list`, `list[0]`, `size(list)`, `list.exists(x, …)`, `all`, `exists_one`, `filter`, `map` |
//! | strings | `size`, `startsWith`, `endsWith`, `contains`, `matches` (a pattern written out; linear time) |
//! | time | `timestamp("2026-01-31T00:00:00Z")`, `duration("720h")`, `days(30)` |
//! | conversion | `double(int)` |
//!
//! # Unknown
//!
//! `&&`, `||`, `c ? a : b`, `in`, `exists`, `all` and `exists_one` are decided when their known parts decide; a
//! conditional whose condition is unknown has the value that both its branches have. Any other operation on an unknown
//! operand is unknown. What CEL calls an error (overflow, division by zero, an index out of bounds, a result that is
//! not a number) is one more way to be unknown, and names itself.
//!
//! # Absent
//!
//! An optional fact that is known to be absent answers:
//!
//! - `has(fact)`: false, also when a record on the way to it is absent;
//! - `fact == c` and `fact in [c, …]`: false, and `fact != c`: true, where the other side is written out or a tunable;
//! - anything else: an error that names the fact, so unknown. That covers order, arithmetic, string functions, its
//!   members (`vpc.subnets` when `vpc` is absent), use as a condition (`flag && …`), and equality with another fact:
//!   two facts that are both absent are not said to be equal. Guard with `has(fact) && …`.
//!
//! Only `all` over a list that exists is true of nothing; over an absent list it is unknown.

mod check;
mod error;
mod eval;
mod parse;
mod program;
mod reads;
mod schema;
mod tree;
mod value;

pub use error::CelError;
pub use program::{Environment, Input, Program, Read, Reads, Scratch, Trace, compile, compile_any};
pub use schema::{Datum, Field, Record, Schema, Type};
pub use value::{ErrorKind, EvalError, List, Site, Unknown, Value};

#[cfg(test)]
mod tests;
