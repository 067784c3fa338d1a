//! `cargo xtask docs`: the documentation that is generated.
//!
//! Enters: the catalogue, the tables of the core, the built program's help. Leaves: the pages and
//! schemas under `docs/`, written or compared with what is there.
//! Deliberately absent: prose that is not already in the catalogue or the code.

mod command_line;
mod control;
mod deploy;
mod markdown;
mod readme;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, bail};
use sagewarden_core::snapshot;
use sagewarden_report::json;

use crate::process::root;

/// What may be typed after `docs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail when a page is not current.
    #[arg(long)]
    check: bool,
}

/// Writes the pages, or checks them.
///
/// # Errors
/// When a page cannot be made or written, or is not current.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.check {
        return are_current();
    }
    let pages = pages()?;
    for name in stale(&pages)? {
        let path = root().join(&name);
        match pages.get(&name) {
            Some(text) => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&path, text).with_context(|| format!("cannot write `{name}`"))?;
                println!("wrote {name}");
            }
            None => {
                fs::remove_file(&path).with_context(|| format!("cannot remove `{name}`"))?;
                println!("removed {name}");
            }
        }
    }
    Ok(())
}

/// Compares the committed pages with the generated ones.
///
/// # Errors
/// When one differs.
pub(crate) fn are_current() -> Result<()> {
    let stale = stale(&pages()?)?;
    if !stale.is_empty() {
        bail!(
            "not current: {}; run `cargo xtask docs` and commit what it writes",
            stale.into_iter().collect::<Vec<_>>().join(", ")
        );
    }
    Ok(())
}

/// The names of pages that differ from the disk, are missing there, or are left over there.
fn stale(pages: &BTreeMap<String, String>) -> Result<BTreeSet<String>> {
    let mut stale: BTreeSet<String> = pages
        .iter()
        .filter(|(name, text)| {
            fs::read_to_string(root().join(name)).ok().as_deref() != Some(text.as_str())
        })
        .map(|(name, _)| name.clone())
        .collect();
    // Folders of which every file is generated.
    for folder in ["docs/controls", "docs/deploy", "docs/schema"] {
        let path = root().join(folder);
        if !path.is_dir() {
            continue;
        }
        for entry in fs::read_dir(path)? {
            let name = format!("{folder}/{}", entry?.file_name().to_string_lossy());
            if !pages.contains_key(&name) {
                stale.insert(name);
            }
        }
    }
    Ok(stale)
}

/// Every generated file: its path below the root, and its text.
fn pages() -> Result<BTreeMap<String, String>> {
    command_line::build()?;
    let catalog = sagewarden_catalog::builtin()?;
    let mut pages = BTreeMap::new();
    for control in &catalog.controls {
        let name = format!("docs/controls/{}.md", control.id);
        pages.insert(name, control::page(control, &catalog));
    }
    for (name, text) in [
        ("docs/controls/README.md", control::index(&catalog)),
        ("docs/frameworks.md", control::frameworks(&catalog)),
        ("docs/tunables.md", tables::tunables()),
        ("docs/codes.md", tables::codes(&catalog)),
        ("docs/operations.md", tables::operations()),
        ("docs/facts.md", tables::facts()),
        (
            "docs/deploy/role.template.json",
            deploy::cloud_formation(&catalog),
        ),
        ("docs/deploy/role.tf", deploy::terraform(&catalog)),
        ("docs/cli.md", command_line::page()?),
        ("README.md", readme::page()?),
        (
            "docs/schema/snapshot.json",
            format!("{:#}\n", snapshot::schema()),
        ),
        (
            "docs/schema/assessment.json",
            format!("{:#}\n", json::v1::schema()),
        ),
        (
            "docs/schema/role.json",
            format!("{:#}\n", json::role::role_schema()),
        ),
        (
            "docs/schema/ask.json",
            format!("{:#}\n", json::role::ask_schema()),
        ),
        (
            "docs/schema/scope.json",
            format!("{:#}\n", json::role::scope_schema()),
        ),
    ] {
        pages.insert(name.to_owned(), text);
    }
    Ok(pages)
}
