//! Where bytes go: standard output or a file, in colour or not, at what width.

use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use anstream::{AutoStream, StripStream};
use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};

use crate::args::Colour;
use crate::command::Global;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 16;

pub(crate) const ERROR: Style = Style::new()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)))
    .bold();
pub(crate) const WARNING: Style = Style::new()
    .fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)))
    .bold();

/// Writes through `write` to standard output, or to `file` so that it appears whole or not at all.
pub(crate) fn to(
    file: Option<&Path>,
    global: Global,
    write: impl FnOnce(&mut dyn Write, Option<usize>) -> Result<()>,
) -> Result<()> {
    match file {
        None => {
            let stdout = io::stdout();
            let is_terminal = stdout.is_terminal();
            let width = global.width.or_else(|| is_terminal.then(terminal_width));
            match choice(global.color, is_terminal) {
                anstream::ColorChoice::Never => {
                    plain(stdout.lock(), |out| write(out, width))?;
                }
                choice => {
                    let stream = AutoStream::new(stdout.lock(), choice);
                    let mut out = BufWriter::with_capacity(BUFFER, stream);
                    write(&mut out, width)?;
                    out.flush()?;
                }
            }
            Ok(())
        }
        Some(path) => whole(path, |file| plain(file, |out| write(out, global.width))),
    }
}

/// Writes bytes as they are to `path`, whole or not at all.
pub(crate) fn raw(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    whole(path, |file| {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        write(&mut out)?;
        out.flush()?;
        Ok(())
    })
}

/// Lets `write` fill a file beside `path`, which then takes its place.
fn whole(path: &Path, write: impl FnOnce(fs::File) -> Result<()>) -> Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .with_context(|| format!("`{}` names no file", path.display()))?;
    let temporary = folder.join(format!(".{}.partial", name.to_string_lossy()));
    let file = fs::File::create(&temporary)
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    if let Err(error) = write(file) {
        let _ = fs::remove_file(&temporary);
        return Err(error.context(format!("cannot write `{}`", path.display())));
    }
    fs::rename(&temporary, path).map_err(|error| {
        let _ = fs::remove_file(&temporary);
        anyhow::Error::new(error).context(format!("cannot write `{}`", path.display()))
    })
}

/// Writes without styles. Buffered on both sides: stripping passes on the text between two styles,
/// a piece each, and standard output by itself would go out line by line.
fn plain(to: impl Write + 'static, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut to = BufWriter::with_capacity(BUFFER, to);
    let mut out = BufWriter::with_capacity(BUFFER, StripStream::new(&mut to as &mut dyn Write));
    write(&mut out)?;
    out.flush()?;
    Ok(())
}

fn choice(colour: Colour, terminal: bool) -> anstream::ColorChoice {
    let wanted =
        |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match colour {
        Colour::Always => anstream::ColorChoice::Always,
        Colour::Never => anstream::ColorChoice::Never,
        Colour::Auto if wanted("NO_COLOR") => anstream::ColorChoice::Never,
        Colour::Auto if wanted("CLICOLOR_FORCE") => anstream::ColorChoice::Always,
        Colour::Auto if terminal => anstream::ColorChoice::Always,
        Colour::Auto => anstream::ColorChoice::Never,
    }
}

/// Whether standard output is a terminal that takes hyperlinks, by what such terminals say of
/// themselves. One that does not know the sequence may show it.
pub(crate) fn takes_links(global: Global) -> bool {
    let said = |name: &str| std::env::var(name).unwrap_or_default();
    let colours = choice(global.color, true) != anstream::ColorChoice::Never;
    if !io::stdout().is_terminal() || !colours || said("TERM") == "dumb" {
        return false;
    }
    let programs = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"];
    let kinds = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot"];
    let vte = said("VTE_VERSION").parse().unwrap_or(0u32);
    programs.contains(&said("TERM_PROGRAM").as_str())
        || kinds.iter().any(|kind| said("TERM").starts_with(kind))
        || vte >= 5_000
        || !said("WT_SESSION").is_empty()
        || !said("KONSOLE_VERSION").is_empty()
}

fn terminal_width() -> usize {
    terminal_size::terminal_size()
        .map_or(80, |(terminal_size::Width(columns), _)| {
            usize::from(columns)
        })
        .max(40)
}

/// One warning on standard error.
pub(crate) fn warn(text: &str) {
    say(&format!(
        "{WARNING}warning:{WARNING:#} {}",
        sagewarden_report::text::printable(text)
    ));
}

/// One error on standard error.
pub(crate) fn error(text: &str) {
    say(&format!(
        "{ERROR}error:{ERROR:#} {}",
        sagewarden_report::text::printable(text)
    ));
}

/// A line on standard error. Where that is closed there is nobody to tell.
pub(crate) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Whether an error is a reader that went away, which is no error of ours.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|error| error.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}
