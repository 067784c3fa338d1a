//! `controls`: list, show, test.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use sagewarden_catalog::cases::Cases;
use sagewarden_catalog::laws;
use sagewarden_report::{explain, json};

use crate::args::{ListFormat, Selection};
use crate::command::{Global, select};
use crate::{Exit, output};

pub(crate) fn list(selection: &Selection, format: ListFormat, global: Global) -> Result<Exit> {
    let loaded = select::catalog(&selection.controls, &selection.frameworks)?;
    let controls = select::select(&loaded.catalog, selection)?;
    output::to(None, global, |out, _| {
        match format {
            ListFormat::Json => {
                let rows: Vec<json::v1::ControlRow<'_>> =
                    controls.iter().map(|control| (*control).into()).collect();
                serde_json::to_writer_pretty(&mut *out, &rows)?;
                writeln!(out)?;
            }
            ListFormat::Text => {
                let widest = controls
                    .iter()
                    .map(|control| control.id.len())
                    .max()
                    .unwrap_or_default();
                for control in controls {
                    writeln!(
                        out,
                        "{:<widest$}  {:<8}  {}",
                        control.id, control.severity, control.title
                    )?;
                }
            }
        }
        Ok(())
    })?;
    Ok(Exit::Clean)
}

pub(crate) fn show(id: &str, folders: &[PathBuf], global: Global) -> Result<Exit> {
    let loaded = select::catalog(folders, &[])?;
    let control = select::control(&loaded.catalog, id)?;
    output::to(None, global, |out, width| {
        Ok(explain::control(control, &loaded.catalog, width, out)?)
    })?;
    Ok(Exit::Clean)
}

pub(crate) fn test(folder: &Path, global: Global) -> Result<Exit> {
    let files = select::yaml_files(folder)?;
    let catalog = sagewarden_catalog::load(
        files
            .iter()
            .filter(|(name, _)| !name.contains("frameworks/"))
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )?;
    if catalog.controls.is_empty() {
        bail!("`{}` holds no control", folder.display());
    }
    let mut failed = 0usize;
    output::to(None, global, |out, _| {
        for control in &catalog.controls {
            let wanted = format!("{}.cases.yaml", control.id);
            let cases = files
                .iter()
                .find(|(name, _)| name.rsplit(['/', '\\']).next() == Some(wanted.as_str()));
            let broken = match cases {
                None => vec![format!("there is no `{wanted}`")],
                Some((name, text)) => match Cases::parse(name, text) {
                    Ok(cases) => laws::broken(control, &cases),
                    Err(error) => vec![error.to_string()],
                },
            };
            if broken.is_empty() {
                writeln!(out, "ok    {}", control.id)?;
            } else {
                failed += 1;
                writeln!(out, "fail  {}", control.id)?;
                for line in broken {
                    writeln!(out, "      {line}")?;
                }
            }
        }
        writeln!(
            out,
            "{} passed, {failed} failed",
            catalog.controls.len() - failed
        )?;
        Ok(())
    })?;
    Ok(if failed == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}
