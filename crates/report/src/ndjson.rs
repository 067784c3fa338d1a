//! JSON lines: the run first, then a finding a line.
//!
//! The members are those of [`crate::json::v1`], with `record` before them: `run` or `finding`.

use std::io::Write;

use sagewarden_core::assess::{Assessment, Show};
use serde::Serialize;

use crate::json::v1;
use crate::projection::each;
use crate::run::{RenderError, Run};

#[derive(Serialize)]
struct Line<T> {
    record: &'static str,
    #[serde(flatten)]
    members: T,
}

/// Writes the lines.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    line(out, "run", v1::head(run, assessment.selection))?;
    each(assessment, show, &mut |finding, control| {
        line(out, "finding", v1::wire(finding, control))
    })
}

fn line(
    out: &mut dyn Write,
    record: &'static str,
    members: impl Serialize,
) -> Result<(), RenderError> {
    serde_json::to_writer(&mut *out, &Line { record, members })?;
    out.write_all(b"\n")?;
    Ok(())
}
