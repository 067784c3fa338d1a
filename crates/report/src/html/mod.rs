//! The report: one HTML file that needs nothing else.
//!
//! Enters: an assessment, and the counts of earlier ones. Leaves: a page with its style, its script
//! and its data inside, which opens from a disk, asks no network and stores nothing. The data is
//! columns and a table of texts, deflated, so that a hundred thousand findings stay a few megabytes;
//! the page draws only the rows that are in view. Everything from the estate travels as JSON and is set as
//! text, never as markup, and the content security policy names the one script that may run by its
//! digest. Deliberately absent: passes, which are counted in the map and not listed.

mod cause;
mod data;

use std::io::Write;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use sagewarden_core::assess::{Assessment, Pick, Show};
use sagewarden_core::verdict::Verdict;
use sha2::{Digest as _, Sha256};

use crate::run::{RenderError, Run};
use data::Data;

const PAGE: &str = include_str!("../../assets/report.html");
const STYLE: &str = include_str!("../../assets/report.css");
const SCRIPT: &str = include_str!("../../assets/report.js");

/// Writes the page; what was left out is returned.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    out: &mut dyn Write,
) -> Result<Vec<String>, RenderError> {
    let show = Show {
        verdicts: vec![Verdict::Fail, Verdict::Unknown],
        waived: true,
        details: true,
        families: None,
        pick: Pick::All,
    };
    let (data, left_out) = data::collect(assessment, run, &show)?;
    let policy = policy();
    let data = packed(&data)?;
    let mut rest = PAGE;
    for (mark, text) in [
        ("{{policy}}", policy.as_str()),
        ("{{style}}", STYLE),
        ("{{data}}", data.as_str()),
        ("{{script}}", SCRIPT),
    ] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        out.write_all(before.as_bytes())?;
        out.write_all(text.as_bytes())?;
        rest = after;
    }
    out.write_all(rest.as_bytes())?;
    Ok(left_out.into_iter().collect())
}

/// The content security policy of the page, for a server to say as well: a page cannot say of itself
/// who may frame it.
#[must_use]
pub fn policy() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        digest(SCRIPT),
        digest(STYLE)
    )
}

/// The digest of an inline element, as a content security policy names it (CSP 3, section 2.3.1).
fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!(
        "sha256-{}",
        base64::engine::general_purpose::STANDARD.encode(digest)
    )
}

/// JSON as the page takes it: deflated, for the texts of a hundred thousand findings repeat each
/// other, and in base 64, so that nothing in it can end the element that holds it.
fn packed(data: &Data) -> Result<String, RenderError> {
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut deflated, data)?;
    Ok(base64::engine::general_purpose::STANDARD.encode(deflated.finish()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_takes_its_parts_in_order_and_the_parts_do_not_end_it() {
        let places: Vec<usize> = ["{{policy}}", "{{style}}", "{{data}}", "{{script}}"]
            .iter()
            .map(|mark| PAGE.find(mark).unwrap())
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
        // Names come from strangers: nothing may be parsed as markup or code.
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
        ] {
            assert!(!SCRIPT.contains(way), "{way}");
        }
        for word in [
            "http://",
            "https://",
            "fetch(",
            "XMLHttpRequest",
            "localStorage",
            "@import",
        ] {
            let plain = format!("{SCRIPT}{STYLE}").replace("http://www.w3.org/2000/svg", "");
            assert!(!plain.contains(word), "{word}");
        }
    }
}
