//! The program, and its help texts as a page.
//!
//! Enters: the program, built here. Leaves: what it prints for `--help`, command by command.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::markdown::{GENERATED, block};
use crate::process::{built, cargo, printed, program, run};

/// Builds the program.
pub(super) fn build() -> Result<()> {
    run(cargo([
        "build",
        "--package=sagewarden",
        "--locked",
        "--quiet",
    ]))
}

/// The program, as it prints for a page: in plain text, at a width that does not depend on a terminal.
pub(super) fn sagewarden<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Command {
    let mut command = program(built("sagewarden"), arguments);
    command.env("COLUMNS", "100").env("NO_COLOR", "1");
    command
}

/// Every command's help.
pub(super) fn page() -> Result<String> {
    let mut out = String::from(GENERATED);
    out.push_str("# Command line\n\n");
    let mut commands: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(words) = commands.pop() {
        let help = help(&words)?;
        let name = [vec!["sagewarden".to_owned()], words.clone()]
            .concat()
            .join(" ");
        let _ = writeln!(out, "## `{name}`\n");
        block(&mut out, "text", &help);
        // The stack gives the last one back first.
        let below = subcommands(&help).map(|command| [words.clone(), vec![command]].concat());
        commands.extend(below.collect::<Vec<_>>().into_iter().rev());
    }
    Ok(out)
}

fn help(words: &[String]) -> Result<String> {
    let mut command = sagewarden(words);
    command.arg("--help");
    let text = printed(command).with_context(|| format!("the help of `{}`", words.join(" ")))?;
    Ok(text
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n"))
}

/// The names under `Commands:` of a help text.
fn subcommands(help: &str) -> impl Iterator<Item = String> + '_ {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
}
