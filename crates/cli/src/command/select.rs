//! The catalogue and the selection of controls.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sagewarden_core::control::{Catalog, Control, FAMILY, is_named};
use sagewarden_core::tunables::nearest;
use sagewarden_core::verdict::Severity;
use sha2::{Digest as _, Sha256};

use crate::args::{Selection, SeverityName};

/// A loaded catalogue, and a digest of the texts it was loaded from.
pub(crate) struct Loaded {
    pub(crate) catalog: Catalog,
    pub(crate) digest: String,
}

/// The built-in catalogue with the controls of `folders` and the files of `frameworks` beside it.
pub(crate) fn catalog(folders: &[PathBuf], frameworks: &[PathBuf]) -> Result<Loaded> {
    let mut texts: Vec<(String, String)> = sagewarden_catalog::FILES
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    for folder in folders {
        texts.extend(yaml_files(folder)?);
    }
    let mut own = Vec::new();
    for path in frameworks {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the framework `{}`", path.display()))?;
        own.push((path.display().to_string(), text));
    }
    let mut hasher = Sha256::new();
    for (name, text) in texts.iter().chain(&own) {
        hasher.update(name);
        hasher.update([0]);
        hasher.update(text);
        hasher.update([0]);
    }
    let digest = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut catalog = sagewarden_catalog::load(
        texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )?;
    sagewarden_catalog::add_frameworks(
        &mut catalog,
        own.iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )?;
    Ok(Loaded { catalog, digest })
}

/// The YAML files below a folder, with their paths and texts.
pub(crate) fn yaml_files(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    collect(folder, &mut files, 0)?;
    if files.is_empty() {
        bail!(
            "`{}` holds no .yaml files; a control is <ID>.yaml with <ID>.cases.yaml beside it",
            folder.display()
        );
    }
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>, depth: usize) -> Result<()> {
    const DEEPEST: usize = 16;
    if depth > DEEPEST {
        bail!(
            "`{}` lies too deep; is there a link that leads back?",
            folder.display()
        );
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot list `{}`", folder.display()))?
            .path();
        if path.is_dir() {
            collect(&path, files, depth + 1)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            files.push((path.display().to_string(), text));
        }
    }
    Ok(())
}

/// The chosen controls, in catalogue order.
pub(crate) fn select<'c>(catalog: &'c Catalog, selection: &Selection) -> Result<Vec<&'c Control>> {
    let wanted = patterns(catalog, &selection.control, "--control")?;
    let unwanted = patterns(catalog, &selection.exclude, "--exclude")?;
    // Those that a control asks for without a file of their own count too.
    let frameworks: BTreeSet<&str> = catalog
        .frameworks
        .iter()
        .map(|known| known.id.as_str())
        .chain(
            catalog
                .controls
                .iter()
                .flat_map(|control| control.compliance.keys().map(String::as_str)),
        )
        .collect();
    for framework in &selection.compliance {
        if !frameworks.contains(framework.as_str()) {
            let known: Vec<&str> = frameworks.into_iter().collect();
            bail!(
                "no framework is called `{framework}`; there are {}",
                known.join(", ")
            );
        }
    }
    let chosen: Vec<&Control> = catalog
        .controls
        .iter()
        .filter(|control| {
            wanted.is_empty() || wanted.iter().any(|pattern| is_named(&control.id, pattern))
        })
        .filter(|control| {
            !unwanted
                .iter()
                .any(|pattern| is_named(&control.id, pattern))
        })
        .filter(|control| {
            selection
                .severity
                .is_none_or(|least| control.severity >= severity(least))
        })
        .filter(|control| {
            selection.compliance.is_empty()
                || selection
                    .compliance
                    .iter()
                    .any(|framework| control.compliance.contains_key(framework))
        })
        .collect();
    if chosen.is_empty() {
        bail!("no control is left by the selection; `sagewarden controls list` shows them all");
    }
    Ok(chosen)
}

fn patterns<'p>(catalog: &Catalog, patterns: &'p [String], flag: &str) -> Result<Vec<&'p str>> {
    for pattern in patterns {
        if !catalog
            .controls
            .iter()
            .any(|control| is_named(&control.id, pattern))
        {
            bail!("{flag}: {}", no_such(catalog, pattern));
        }
    }
    Ok(patterns.iter().map(String::as_str).collect())
}

/// The control of an id, whole or without its family.
pub(crate) fn control<'c>(catalog: &'c Catalog, id: &str) -> Result<&'c Control> {
    match catalog
        .controls
        .iter()
        .find(|control| control.id == id || control.id.strip_prefix(FAMILY) == Some(id))
    {
        Some(control) => Ok(control),
        None => bail!("{}", no_such(catalog, id)),
    }
}

fn no_such(catalog: &Catalog, id: &str) -> String {
    let ids = catalog.controls.iter().flat_map(|control| {
        [Some(control.id.as_str()), control.id.strip_prefix(FAMILY)]
            .into_iter()
            .flatten()
    });
    let hint = nearest(id, ids).map_or_else(
        || "`sagewarden controls list` shows them all".to_owned(),
        |name| format!("did you mean `{name}`?"),
    );
    format!("no control is called `{id}`; {hint}")
}

pub(crate) fn severity(name: SeverityName) -> Severity {
    match name {
        SeverityName::Low => Severity::Low,
        SeverityName::Medium => Severity::Medium,
        SeverityName::High => Severity::High,
        SeverityName::Critical => Severity::Critical,
    }
}
