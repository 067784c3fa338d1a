//! The laws of the folder.
