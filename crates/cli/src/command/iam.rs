//! `iam`: questions about what policies grant.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::command::Global;
use crate::{Exit, output};

/// Answers one case a line, in input order.
pub(crate) fn solve(cases: &Path, global: Global) -> Result<Exit> {
    let name = if cases.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        cases.display().to_string()
    };
    let reader: Box<dyn Read> = if cases.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(fs::File::open(cases).with_context(|| format!("cannot read `{name}`"))?)
    };
    output::to(None, global, |out, _| {
        for (number, line) in (1usize..).zip(BufReader::new(reader).lines()) {
            let line = line.with_context(|| format!("{name}:{number}: cannot read the line"))?;
            if line.trim().is_empty() {
                continue;
            }
            match sagewarden_iam::answer_case(number, line.as_bytes()) {
                Ok(answer) => writeln!(out, "{answer}")?,
                Err(error) => bail!("{name}:{}:{}: {}", error.line, error.column, error.kind),
            }
        }
        Ok(())
    })?;
    Ok(Exit::Clean)
}
