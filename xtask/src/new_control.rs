//! `cargo xtask new-control`: the two files of a control, to be filled.
//!
//! Enters: an id and a kind of asset. Leaves: the files, which load, and fail the laws until they
//! are filled.

use std::fs;

use anyhow::{Context as _, Result, bail};
use sagewarden_core::asset::AssetKind;

use crate::process::root;

/// What may be typed after `new-control`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The id, such as `CTL.SAGEMAKER.NOTEBOOK.TAGS.001`. Ids are never used again.
    id: String,
    /// The kind of asset that it judges.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(AssetKind::ALL.map(AssetKind::word)))]
    asset: String,
}

/// Writes the files.
///
/// # Errors
/// When the id is malformed or taken, or a file cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let id = &arguments.id;
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    if !id.split('.').all(word) {
        bail!("`{id}` is not capital words and digits joined by `.`");
    }
    if sagewarden_catalog::builtin()?.control(id).is_some() {
        bail!("control `{id}` exists already");
    }
    let asset = arguments.asset.as_str();
    let folder = format!("catalog/controls/{asset}");
    fs::create_dir_all(root().join(&folder))?;
    for (name, text) in [
        (format!("{folder}/{id}.yaml"), control(id, asset)),
        (format!("{folder}/{id}.cases.yaml"), cases(asset)),
    ] {
        let path = root().join(&name);
        if path.exists() {
            bail!("`{name}` exists already");
        }
        fs::write(path, text).with_context(|| format!("cannot write `{name}`"))?;
        println!("wrote {name}");
    }
    println!(
        "fill them; `docs/facts.md` lists what `unsafe_when` may read, `CONTRIBUTING.md` explains the cases, and\n\
         `cargo test -p sagewarden-catalog --test controls {id}` tells what is missing"
    );
    Ok(())
}

fn control(id: &str, asset: &str) -> String {
    format!(
        "id: {id}
title: SageMaker … Must …
asset: {asset}
severity: medium
type: unsafe_state
domain: governance
compliance: {{}}
rationale: |
  What somebody can do when it does not hold, and who would want that.
not_applicable: []
unsafe_when: name == \"\"
reasons:
  - code: a_code_for_the_unsafe_state
    says: \"what is unsafe, with `${{name}}` in it\"
passes: \"what was found instead\"
remediation:
  change: in_place
  summary: |
    What to do.
  commands: []
references: []
"
    )
}

fn cases(asset: &str) -> String {
    let arn = match asset {
        "endpoint_configuration" => "endpoint-config/a",
        "notebook_instance" => "notebook-instance/a",
        "training_job" => "training-job/a",
        "domain" => "domain/d-a",
        other => &format!("{other}/a"),
    };
    format!(
        "asset: arn:aws:sagemaker:eu-west-1:111122223333:{arn}
as_of: 2026-11-24T06:00:00Z
base: {{}}
cases: []
"
    )
}
