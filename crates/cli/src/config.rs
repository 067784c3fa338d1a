//! `sagewarden.toml`, `--set` and `--profile`.
//!
//! Enters: a file found upwards from the working folder (or named), and flags. Leaves: tunables and
//! the name of the profile. An unknown key is an error with the nearest known one; a file that does
//! not fit is refused whole.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use sagewarden_core::baseline::Deadlines;
use sagewarden_core::tunables::{Tunables, nearest};
use sagewarden_core::verdict::Severity;
use sagewarden_core::waiver::Caps;
use serde_json::Value;

use crate::args::{FailOn, Settings};

/// The file that is looked for.
const NAME: &str = "sagewarden.toml";

/// Keys at the top of the file.
const KEYS: [&str; 6] = [
    "profile",
    "fail_on",
    "tunables",
    "waivers",
    "waiver_days",
    "deadline_days",
];

/// How controls are configured.
#[derive(Debug)]
pub(crate) struct Config {
    /// The profile's name.
    pub(crate) profile: String,
    /// The tunables.
    pub(crate) tunables: Tunables,
    /// The threshold of the exit code, if the file sets one.
    pub(crate) fail_on: Option<FailOn>,
    /// Waiver files, relative to the configuration.
    pub(crate) waivers: Vec<PathBuf>,
    /// How long waivers may hold.
    pub(crate) caps: Caps,
    /// How soon findings are to be mended.
    pub(crate) deadlines: Deadlines,
}

/// Reads the configuration.
pub(crate) fn load(settings: &Settings) -> Result<Config> {
    let file = match &settings.config {
        Some(path) => Some(path.clone()),
        None => find_upwards(&env::current_dir().context("cannot tell the working folder")?),
    };
    let source = match &file {
        Some(path) => Source::read(path)?,
        None => Source::default(),
    };
    let table = &source.table;
    if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let hint = nearest(unknown, KEYS)
            .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        bail!(
            "{}: unknown key `{unknown}`{hint}",
            source.place(&[unknown])
        );
    }
    let in_file = match table.get("profile") {
        None => None,
        Some(toml::Value::String(name)) => Some(name.clone()),
        Some(_) => bail!(
            "{}: `profile` is a name in quotes",
            source.place(&["profile"])
        ),
    };
    let profile = settings
        .profile
        .clone()
        .or(in_file)
        .unwrap_or_else(|| "default".to_owned());
    let mut tunables = Tunables::profile(&profile)
        .ok_or_else(|| anyhow!("unknown profile `{profile}`; there are `default` and `literal`"))?;
    match table.get("tunables") {
        None => {}
        Some(toml::Value::Table(values)) => {
            for (name, value) in values {
                let place = || source.place(&["tunables", name]);
                let value = serde_json::to_value(value)
                    .with_context(|| format!("{}: tunable `{name}`", place()))?;
                tunables.set(name, &value).with_context(place)?;
            }
        }
        Some(_) => bail!(
            "{}: `tunables` is a table, `[tunables]`",
            source.place(&["tunables"])
        ),
    }
    for pair in &settings.set {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            anyhow!("`--set {pair}` is not KEY=VALUE; for example `--set idle_days=14`")
        })?;
        tunables
            .set(name.trim(), &value_of(value.trim()))
            .with_context(|| format!("--set {pair}"))?;
    }
    let fail_on = match table.get("fail_on") {
        None => None,
        Some(value) => {
            let word = value.as_str().unwrap_or_default();
            let parsed = <FailOn as clap::ValueEnum>::from_str(word, false).map_err(|_| {
                anyhow!("{}: `fail_on` is one of `low`, `medium`, `high`, `critical`, `never`, not {value}", source.place(&["fail_on"]))
            })?;
            Some(parsed)
        }
    };
    let mut caps = Caps::default();
    days(&source, "waiver_days", &mut caps.0)?;
    let mut deadlines = Deadlines::default();
    days(&source, "deadline_days", &mut deadlines.0)?;
    Ok(Config {
        profile,
        tunables,
        fail_on,
        waivers: waiver_files(&source, file.as_deref())?,
        caps,
        deadlines,
    })
}

/// The files that `waivers` names, from the folder of the configuration.
fn waiver_files(source: &Source, file: Option<&Path>) -> Result<Vec<PathBuf>> {
    let Some(value) = source.table.get("waivers") else {
        return Ok(Vec::new());
    };
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    let paths: Option<Vec<PathBuf>> = value.as_array().and_then(|names| {
        names
            .iter()
            .map(|name| Some(folder.join(name.as_str()?)))
            .collect()
    });
    paths.ok_or_else(|| {
        anyhow!(
            "{}: `waivers` is a list of files, `[\"waivers.yaml\"]`",
            source.place(&["waivers"])
        )
    })
}

/// Days by severity, over the defaults.
fn days(source: &Source, key: &str, days: &mut BTreeMap<Severity, i64>) -> Result<()> {
    match source.table.get(key) {
        None => {}
        Some(toml::Value::Table(values)) => {
            for (name, value) in values {
                let place = || source.place(&[key, name]);
                let Some(severity) = Severity::ALL
                    .into_iter()
                    .find(|severity| severity.word() == name)
                else {
                    bail!("{}: `{name}` is no severity", place());
                };
                match value.as_integer() {
                    Some(number @ 1..=36_500) => days.insert(severity, number),
                    _ => bail!("{}: `{key}.{name}` is a number of days, from 1 on", place()),
                };
            }
        }
        Some(_) => bail!(
            "{}: `{key}` is a table of days by severity, `[{key}]`",
            source.place(&[key])
        ),
    }
    Ok(())
}

/// A value as typed: JSON if it is JSON, else the text itself.
fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// A configuration file; empty where there is none.
#[derive(Default)]
struct Source {
    name: String,
    text: String,
    table: toml::Table,
}

impl Source {
    fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration `{name}`"))?;
        let table = text.parse::<toml::Table>().map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            anyhow!(
                "{name}:{}: {}",
                line_at(&text, at),
                error.message().replace('\n', " ")
            )
        })?;
        Ok(Source { name, text, table })
    }

    /// `file:line` of a key.
    fn place(&self, path: &[&str]) -> String {
        let line = toml::de::DeTable::parse(&self.text)
            .ok()
            .and_then(|table| key_start(table.get_ref(), path))
            .map_or(1, |at| line_at(&self.text, at));
        format!("{}:{line}", self.name)
    }
}

/// Where the last key of `path` stands.
fn key_start(table: &toml::de::DeTable<'_>, path: &[&str]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let (key, value) = table
        .iter()
        .find(|(key, _)| key.get_ref().as_ref() == *first)?;
    if rest.is_empty() {
        return Some(key.span().start);
    }
    match value.get_ref() {
        toml::de::DeValue::Table(table) => key_start(table, rest),
        _ => None,
    }
}

fn line_at(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

fn find_upwards(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .map(|folder| folder.join(NAME))
        .find(|candidate| candidate.is_file())
}
