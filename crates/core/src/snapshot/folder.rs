//! Where the files of a snapshot live.
//!
//! Enters and leaves: named streams of bytes. A path is relative, `/`-separated and never climbs.
//! Deliberately absent: the file system. [`MemoryFolder`] is the only implementation here; the
//! one on disk belongs to the binary.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A set of files by relative path. Its errors name the file as the user knows it.
pub trait Folder: Send + Sync {
    /// The paths of all finished files, sorted.
    ///
    /// # Errors
    /// When the folder cannot be listed. A folder that does not exist yet is empty.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file to read it from its start.
    ///
    /// # Errors
    /// When the file is missing or unreadable.
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>>;

    /// Starts a file, which becomes visible, whole, when it is finished; an existing one is replaced then.
    ///
    /// # Errors
    /// When the file cannot be created.
    fn create(&self, path: &str) -> io::Result<Box<dyn NewFile>>;

    /// Removes a file.
    ///
    /// # Errors
    /// When the file is missing or cannot be removed.
    fn remove(&self, path: &str) -> io::Result<()>;
}

/// A file that is being written. Dropped unfinished, it leaves nothing visible.
pub trait NewFile: Write + Send {
    /// Makes the file durable and visible.
    ///
    /// # Errors
    /// When the bytes cannot be made durable, or the file cannot be put in its place.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A folder in memory. Clones share their files.
#[derive(Clone, Debug, Default)]
pub struct MemoryFolder {
    files: Arc<Mutex<BTreeMap<String, Arc<[u8]>>>>,
}

impl MemoryFolder {
    /// An empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a whole file in place.
    pub fn put(&self, path: impl Into<String>, bytes: impl Into<Arc<[u8]>>) {
        self.lock().insert(path.into(), bytes.into());
    }

    /// The bytes of a file, if it is there.
    #[must_use]
    pub fn bytes(&self, path: &str) -> Option<Arc<[u8]>> {
        self.lock().get(path).cloned()
    }

    // A panic of another thread cannot leave the map half-changed: every change is one insert or remove.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<[u8]>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Folder for MemoryFolder {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().keys().cloned().collect())
    }

    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        let bytes = self.bytes(path).ok_or_else(|| not_found(path))?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn create(&self, path: &str) -> io::Result<Box<dyn NewFile>> {
        Ok(Box::new(MemoryFile {
            folder: self.clone(),
            path: path.to_owned(),
            bytes: Vec::new(),
        }))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        match self.lock().remove(path) {
            Some(_) => Ok(()),
            None => Err(not_found(path)),
        }
    }
}

fn not_found(path: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::NotFound,
        format!("`{path}` is not in the folder"),
    )
}

struct MemoryFile {
    folder: MemoryFolder,
    path: String,
    bytes: Vec<u8>,
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NewFile for MemoryFile {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.folder.put(self.path, self.bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_visible_only_when_finished() {
        let folder = MemoryFolder::new();
        let mut file = folder.create("a/b").unwrap();
        file.write_all(b"x").unwrap();
        assert!(folder.list().unwrap().is_empty());
        file.finish().unwrap();
        assert_eq!(folder.list().unwrap(), ["a/b"]);
        let mut text = String::new();
        folder
            .open("a/b")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "x");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = MemoryFolder::new().open("a/b").err().unwrap();
        assert!(error.to_string().contains("`a/b`"));
    }
}
