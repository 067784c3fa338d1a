//! Infrastructure code among the input.
//!
//! Enters: the files of the input, and how code is to be read. Leaves: which of them are code, and
//! the observations that they stand for. Deliberately absent: what code means, which is the
//! business of `sagewarden-iac`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use sagewarden_core::jobs::{is_always_streamed, is_streamed};
use sagewarden_core::operations::GLOBAL_REGION;
use sagewarden_core::snapshot::{Error, Observation, Snapshot};
use sagewarden_iac::{Language, Neighbours, Settings, is_terraform, recognise};

use crate::args;

/// How much of a file is looked at to tell what it is.
const HEAD: u64 = 64 * 1024;

/// Files of code that are larger than this are refused.
const LARGEST: u64 = 256 * 1024 * 1024;

/// How the code of this run is read.
pub(crate) fn settings(code: &args::Code) -> Result<Settings> {
    let mut settings = Settings {
        whole_stack: code.whole_stack,
        ..Settings::default()
    };
    if let Some(place) = &code.place {
        let (account, region) = place.split_once('/').unwrap_or((place, ""));
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            bail!(
                "`--in {place}` is not an account with a Region; for example 111122223333/eu-west-1"
            );
        }
        settings.account = Some(account.to_owned());
        settings.region = (!region.is_empty()).then(|| region.to_owned());
    }
    for given in &code.parameter {
        let (name, value) = given.split_once('=').ok_or_else(|| {
            anyhow!("`--parameter {given}` is not a name and a value; for example Environment=prod")
        })?;
        settings
            .parameters
            .insert(name.to_owned(), value.to_owned());
    }
    Ok(settings)
}

/// The folder of a file of Terraform's own language, if it is one.
pub(crate) fn module_folder(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    is_terraform(&name).then(|| path.parent().map(name_of).unwrap_or_default())
}

/// The folder of the code that the plan at `path` was made from, if it is told or lies beside it.
pub(crate) fn source_of(path: Option<&Path>, code: &args::Code) -> Option<String> {
    if let Some(source) = &code.source {
        return Some(name_of(source));
    }
    let folder = path?.parent().map(name_of).unwrap_or_default();
    let names = Disk.list(&folder);
    names
        .iter()
        .any(|name| is_terraform(name))
        .then_some(folder)
}

/// Whether a folder is another one or lies inside it.
pub(crate) fn is_inside(folder: &str, other: &str) -> bool {
    other.is_empty()
        || folder
            .strip_prefix(other)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The language of the file at `path`, if it is code.
///
/// # Errors
/// When it cannot be read, or is code in a form that no text tool reads.
pub(crate) fn language(path: &Path) -> Result<Option<Language>> {
    let name = path.to_string_lossy();
    let lower = name.to_ascii_lowercase();
    let may_be = [
        ".json",
        ".yaml",
        ".yml",
        ".template",
        ".tfplan",
        ".plan",
        ".out",
    ]
    .iter()
    .any(|suffix| lower.ends_with(suffix))
        || path.extension().is_none();
    if !may_be {
        return Ok(None);
    }
    let file = File::open(path).with_context(|| format!("cannot read `{name}`"))?;
    let mut head = Vec::new();
    file.take(HEAD)
        .read_to_end(&mut head)
        .with_context(|| format!("cannot read `{name}`"))?;
    language_of(&name, &head)
}

fn language_of(name: &str, head: &[u8]) -> Result<Option<Language>> {
    // A plan file is a zip archive whose first entry is the plan.
    if head.starts_with(b"PK\x03\x04") && head.windows(6).take(256).any(|text| text == b"tfplan") {
        bail!(
            "`{name}` is a plan in Terraform's own form; print it with `terraform show -json {name} > plan.json` and name that"
        );
    }
    Ok(recognise(name, head))
}

/// Standard input with what was read of it to tell what it is.
pub(crate) fn peeked(mut input: impl Read + 'static) -> Result<(Option<Language>, Box<dyn Read>)> {
    let mut head = Vec::new();
    (&mut input).take(HEAD).read_to_end(&mut head)?;
    let language = language_of("-", &head)?;
    Ok((language, Box::new(Cursor::new(head).chain(input))))
}

/// The bytes of a file of code. `name` is how messages call it.
pub(crate) fn bytes(name: &str, reader: &mut dyn Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read `{name}`"))?;
    if bytes.len() as u64 > LARGEST {
        bail!("`{name}` is larger than {LARGEST} bytes; split it");
    }
    Ok(bytes)
}

/// How a path is called in messages and findings.
pub(crate) fn name_of(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .filter(|part| !matches!(part, Component::CurDir))
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    match path.is_absolute() {
        true => path.to_string_lossy().into_owned(),
        false => parts.join("/"),
    }
}

/// The files beside a template.
pub(crate) struct Disk;

impl Neighbours for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let path = PathBuf::from(path);
        let metadata = fs::metadata(&path).ok()?;
        (metadata.is_file() && metadata.len() <= LARGEST)
            .then(|| fs::read(&path).ok())
            .flatten()
    }

    fn list(&self, path: &str) -> Vec<String> {
        let folder = if path.is_empty() { "." } else { path };
        fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }
}

/// The accounts and Regions of observations, for the scope of a run.
pub(crate) fn places(observations: &[Observation]) -> Vec<(String, String)> {
    let mut places: Vec<(String, String)> = observations
        .iter()
        .map(|observation| (observation.account.clone(), observation.region.clone()))
        .collect();
    places.sort();
    places.dedup();
    places
}

/// The ARNs of the assets that code declares.
pub(crate) fn assets(observations: &[Observation]) -> BTreeSet<String> {
    observations
        .iter()
        .filter_map(sagewarden_iac::asset)
        .collect()
}

/// Takes account and Region from a snapshot that holds one of each.
pub(crate) fn place_from(settings: &mut Settings, live: &Snapshot<'_>) {
    let only = |names: BTreeSet<&str>| match names.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    };
    let parts = live.parts();
    if settings.account.is_none() {
        let accounts = parts.iter().map(|part| part.account.as_str());
        settings.account = only(accounts.filter(|account| !account.is_empty()).collect());
    }
    if settings.region.is_none() {
        let regions = parts.iter().map(|part| part.region.as_str());
        let regions = regions.filter(|region| !region.is_empty() && *region != GLOBAL_REGION);
        settings.region = only(regions.collect());
    }
}

/// The observations of a snapshot but its training jobs, which no code changes.
pub(crate) fn observations(live: &Snapshot<'_>) -> Result<Vec<Observation>> {
    let mut observations = Vec::new();
    for part in live.parts() {
        if is_always_streamed(part.operation) {
            continue;
        }
        live.for_each_line::<Error>(part, |number, line| {
            if !is_streamed(part.operation, line) {
                observations.push(part.observation(number, line)?);
            }
            Ok(())
        })?;
    }
    Ok(observations)
}
