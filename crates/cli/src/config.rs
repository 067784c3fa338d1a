//! `sagewarden.toml`, `--set` and `--profile`.
//!
//! Enters: a file found upwards from the working folder (or named), and flags. Leaves: tunables and
//! the name of the profile. An unknown key is an error with the nearest known one; a file that does
//! not fit is refused whole.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use sagewarden_core::tunables::{Tunables, nearest};
use serde_json::Value;

use crate::args::{FailOn, Settings};

/// The file that is looked for.
const NAME: &str = "sagewarden.toml";

/// Keys at the top of the file.
const KEYS: [&str; 3] = ["profile", "fail_on", "tunables"];

/// How controls are configured.
#[derive(Debug)]
pub(crate) struct Config {
    /// The profile's name.
    pub(crate) profile: String,
    /// The tunables.
    pub(crate) tunables: Tunables,
    /// The threshold of the exit code, if the file sets one.
    pub(crate) fail_on: Option<FailOn>,
}

/// Reads the configuration.
pub(crate) fn load(settings: &Settings) -> Result<Config> {
    let file = match &settings.config {
        Some(path) => Some(path.clone()),
        None => find_upwards(&env::current_dir().context("cannot tell the working folder")?),
    };
    let table = match &file {
        Some(path) => read(path)?,
        None => toml::Table::new(),
    };
    let place = file
        .as_deref()
        .unwrap_or_else(|| Path::new(NAME))
        .display()
        .to_string();
    if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        let hint = nearest(unknown, KEYS)
            .map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        bail!("{place}: unknown key `{unknown}`{hint}");
    }
    let in_file = match table.get("profile") {
        None => None,
        Some(toml::Value::String(name)) => Some(name.clone()),
        Some(_) => bail!("{place}: `profile` is a name in quotes"),
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
                let value = serde_json::to_value(value)
                    .with_context(|| format!("{place}: tunable `{name}`"))?;
                tunables.set(name, &value).with_context(|| place.clone())?;
            }
        }
        Some(_) => bail!("{place}: `tunables` is a table, `[tunables]`"),
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
                anyhow!("{place}: `fail_on` is one of `low`, `medium`, `high`, `critical`, `never`, not {value}")
            })?;
            Some(parsed)
        }
    };
    Ok(Config {
        profile,
        tunables,
        fail_on,
    })
}

/// A value as typed: JSON if it is JSON, else the text itself.
fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn read(path: &Path) -> Result<toml::Table> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration `{}`", path.display()))?;
    text.parse::<toml::Table>().map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        anyhow!(
            "{}:{line}: {}",
            path.display(),
            error.message().replace('\n', " ")
        )
    })
}

fn find_upwards(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .map(|folder| folder.join(NAME))
        .find(|candidate| candidate.is_file())
}
