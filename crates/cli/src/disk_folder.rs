//! The folder of a snapshot on disk.
//!
//! Enters: a directory. Leaves: a `Folder`. A file is written beside its place, made durable and
//! then renamed, so it is visible only when whole; on unix only its owner can read it. A path that
//! climbs or leads through a symbolic link is refused, so that a snapshot from elsewhere cannot
//! reach outside its directory. Deliberately absent: locking; one writer at a time is the caller's duty.
#![deny(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use sagewarden_core::snapshot::{Folder, NewFile};

/// What a file is called until it is finished.
const UNFINISHED: &str = ".partial";

/// A directory that holds, or will hold, a snapshot.
#[derive(Clone, Debug)]
pub struct DiskFolder {
    root: PathBuf,
}

impl DiskFolder {
    /// The folder at `root`. It need not exist: the first file creates it.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        DiskFolder { root: root.into() }
    }

    /// The place of `path`, none of whose existing steps below the root is a symbolic link.
    fn locate(&self, path: &str) -> io::Result<PathBuf> {
        let relative = Path::new(path);
        let is_plain = relative
            .components()
            .all(|component| matches!(component, Component::Normal(_)));
        if path.is_empty() || !is_plain {
            return Err(refused(
                &self.root.join(relative),
                "is not a path inside the folder",
            ));
        }
        let mut place = self.root.clone();
        for component in relative.components() {
            place.push(component);
            match fs::symlink_metadata(&place) {
                Ok(metadata) if metadata.file_type().is_symlink() => {
                    return Err(refused(&place, "is a symbolic link"));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(named(&place, &error)),
            }
        }
        Ok(place)
    }

    fn list_below(&self, directory: &Path, paths: &mut Vec<String>) -> io::Result<()> {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound && directory == self.root => {
                return Ok(());
            }
            Err(error) => return Err(named(directory, &error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| named(directory, &error))?;
            let place = entry.path();
            let kind = entry.file_type().map_err(|error| named(&place, &error))?;
            if kind.is_dir() {
                self.list_below(&place, paths)?;
                continue;
            }
            let is_unfinished = place
                .to_str()
                .is_some_and(|name| name.ends_with(UNFINISHED));
            if kind.is_file() && !is_unfinished {
                let relative = place.strip_prefix(&self.root).unwrap_or(&place);
                let steps: Vec<_> = relative.iter().map(|step| step.to_string_lossy()).collect();
                paths.push(steps.join("/"));
            }
        }
        Ok(())
    }
}

impl Folder for DiskFolder {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        self.list_below(&self.root, &mut paths)?;
        paths.sort();
        Ok(paths)
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        let place = self.locate(path)?;
        let file = File::open(&place).map_err(|error| named(&place, &error))?;
        let metadata = file.metadata().map_err(|error| named(&place, &error))?;
        if !metadata.is_file() {
            return Err(refused(&place, "is not a file"));
        }
        Ok(Box::new(file))
    }

    fn create(&self, path: &str) -> io::Result<Box<dyn NewFile>> {
        let place = self.locate(path)?;
        let unfinished = self.locate(&format!("{path}{UNFINISHED}"))?;
        if let Some(parent) = place.parent() {
            create_directory(parent).map_err(|error| named(parent, &error))?;
        }
        // What a crash left behind goes first: `create_new` then cannot follow or share anything.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(named(&unfinished, &error));
            }
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .open(&unfinished)
            .map_err(|error| named(&unfinished, &error))?;
        Ok(Box::new(DiskFile {
            file,
            unfinished,
            place,
            finished: false,
        }))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let place = self.locate(path)?;
        fs::remove_file(&place).map_err(|error| named(&place, &error))
    }
}

struct DiskFile {
    file: File,
    unfinished: PathBuf,
    place: PathBuf,
    finished: bool,
}

impl Write for DiskFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file
            .write(bytes)
            .map_err(|error| named(&self.unfinished, &error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl NewFile for DiskFile {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.unfinished, &self.place))
            .map_err(|error| named(&self.place, &error))?;
        self.finished = true;
        sync_directory(&self.place)
    }
}

impl Drop for DiskFile {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing can be reported from here, and a leftover is never read.
            let _ = fs::remove_file(&self.unfinished);
        }
    }
}

/// A new name is durable only when its directory is.
#[cfg(unix)]
fn sync_directory(place: &Path) -> io::Result<()> {
    match place.parent() {
        Some(parent) => File::open(parent)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| named(parent, &error)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

fn refused(path: &Path, why: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!(
            "`{}` {why}; use a folder that a collection or an import wrote",
            path.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &DiskFolder, path: &str, text: &str) {
        let mut file = folder.create(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.finish().unwrap();
    }

    fn read(folder: &DiskFolder, path: &str) -> String {
        let mut text = String::new();
        let mut file = folder.open(path).unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_file_is_visible_only_when_finished_and_replaces_the_old_one() {
        let directory = tempfile::tempdir().unwrap();
        let folder = DiskFolder::new(directory.path().join("new"));
        assert!(folder.list().unwrap().is_empty());
        write(&folder, "a/b", "old");
        let mut file = folder.create("a/b").unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(folder.list().unwrap(), ["a/b"]);
        assert_eq!(read(&folder, "a/b"), "old");
        file.finish().unwrap();
        assert_eq!(read(&folder, "a/b"), "new");
        drop(folder.create("c").unwrap());
        assert_eq!(folder.list().unwrap(), ["a/b"]);
        assert!(!directory.path().join("new/c.partial").exists());
        folder.remove("a/b").unwrap();
        assert!(folder.list().unwrap().is_empty());
    }

    #[test]
    fn a_missing_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let folder = DiskFolder::new(directory.path());
        let error = folder.open("a/b").err().unwrap().to_string();
        let place = directory.path().join("a/b");
        assert!(error.contains(&place.display().to_string()), "{error}");
    }

    #[test]
    fn a_path_that_climbs_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let folder = DiskFolder::new(directory.path().join("inside"));
        for path in ["../x", "a/../../x", "/x", "", "."] {
            assert!(folder.create(path).is_err(), "{path}");
            assert!(folder.open(path).is_err(), "{path}");
            assert!(folder.remove(path).is_err(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let folder = DiskFolder::new(directory.path().join("snapshot"));
        write(&folder, "a/b", "x");
        let mode = |path: &str| {
            let metadata = fs::metadata(directory.path().join("snapshot").join(path)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!((mode("a/b"), mode("a")), (0o600, 0o700));
    }

    #[cfg(unix)]
    #[test]
    fn symbolic_links_are_refused() {
        use std::os::unix::fs::symlink;
        let directory = tempfile::tempdir().unwrap();
        let outside = directory.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "kept").unwrap();
        let root = directory.path().join("snapshot");
        fs::create_dir(&root).unwrap();
        symlink(outside.join("file"), root.join("link")).unwrap();
        symlink(&outside, root.join("directory")).unwrap();
        symlink(outside.join("file"), root.join("new.partial")).unwrap();
        let folder = DiskFolder::new(&root);
        assert!(folder.list().unwrap().is_empty());
        for path in ["link", "directory/file", "new"] {
            let error = folder.create(path).err().unwrap().to_string();
            assert!(error.contains("symbolic link"), "{error}");
        }
        assert!(folder.open("link").is_err());
        assert!(folder.open("directory/file").is_err());
        assert!(folder.remove("directory/file").is_err());
        assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "kept");
    }
}
