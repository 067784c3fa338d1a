//! Digests of what was read.
//!
//! Enters: paths as typed. Leaves: name, size and SHA-256 of every file below them, sorted by name.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sagewarden_report::InputFile;
use sha2::{Digest as _, Sha256};

/// The deepest folder that is walked into; a link may lead back.
const DEEPEST: usize = 32;

/// The digests of every file below `paths`. Standard input leaves nothing to come back to.
pub(crate) fn of<'p>(paths: impl Iterator<Item = &'p PathBuf>) -> Result<Vec<InputFile>> {
    let mut files = Vec::new();
    for path in paths.filter(|path| path.as_os_str() != "-") {
        walk(path, 0, &mut files)?;
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn walk(path: &Path, depth: usize, files: &mut Vec<InputFile>) -> Result<()> {
    if depth > DEEPEST {
        bail!(
            "`{}` lies too deep; is there a link that leads back?",
            path.display()
        );
    }
    if path.is_dir() {
        let entries =
            fs::read_dir(path).with_context(|| format!("cannot list `{}`", path.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot list `{}`", path.display()))?;
            walk(&entry.path(), depth + 1, files)?;
        }
        return Ok(());
    }
    files.push(file(path).with_context(|| format!("cannot read `{}`", path.display()))?);
    Ok(())
}

fn file(path: &Path) -> io::Result<InputFile> {
    let mut source = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let read = source.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        bytes += read as u64;
        hasher.update(piece);
    }
    let mut sha256 = String::with_capacity(64);
    for byte in hasher.finalize() {
        let _ = write!(sha256, "{byte:02x}");
    }
    Ok(InputFile {
        path: path.display().to_string(),
        bytes,
        sha256,
    })
}
