//! What the README shows of the program's output.
//!
//! Enters: the README, and the program's output for the example estate. Leaves: the README with an
//! excerpt of that output between its two markers.

use std::fs;

use anyhow::{Context as _, Result};

use super::command_line::sagewarden;
use super::markdown::block;
use crate::process::{printed, root};

const BEGIN: &str = "<!-- What follows is written by `cargo xtask docs`. -->\n";
const END: &str = "<!-- Until here. -->\n";

/// Assets that show a fail and an unknown.
const SHOWN: [&str; 2] = ["  credit-limit endpoint", "  demand-forecast endpoint"];

/// The README with a current excerpt.
pub(super) fn page() -> Result<String> {
    let text = fs::read_to_string(root().join("README.md"))?;
    let (before, rest) = text
        .split_once(BEGIN)
        .with_context(|| format!("`README.md` has no line `{}`", BEGIN.trim_end()))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("`README.md` has no line `{}`", END.trim_end()))?;
    // Findings are no failure of the program here.
    let output = printed(sagewarden(["check", "--exit-zero", "examples/acme"]))?;
    let mut shown = String::new();
    block(&mut shown, "text", &excerpt(&output));
    Ok(format!("{before}{BEGIN}\n{shown}{END}{after}"))
}

/// The place, the assets of [`SHOWN`], and the totals.
fn excerpt(output: &str) -> String {
    let mut lines = output.lines();
    let mut out: Vec<&str> = lines.by_ref().take(1).collect();
    let mut within = false;
    let mut elided = false;
    for line in lines.by_ref().take_while(|line| !line.is_empty()) {
        if !line.starts_with("    ") {
            within = SHOWN.contains(&line);
        }
        if within {
            out.push(line);
            elided = false;
        } else if !elided {
            out.push("  …");
            elided = true;
        }
    }
    out.push("");
    out.extend(
        lines
            .skip_while(|line| !line.contains(" fail, "))
            .take_while(|line| !line.starts_with("next")),
    );
    out.join("\n")
}
