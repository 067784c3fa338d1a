//! Any bytes as a part of a snapshot: reading ends; what is wrong is an error, or with keep-going a damage, and the two
//! agree. What reads as an observation reads again as the same, and redacting twice changes nothing more.
//!
//! The first byte chooses the call and, by its highest bit, whether the rest is the file itself or the lines in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sagewarden_core::operations::Operation;
use sagewarden_core::redact::redact;
use sagewarden_core::snapshot::{
    Counts, MANIFEST, Manifest, MemoryFolder, Observation, Part, ReadOptions, SCHEMA, Scope,
    Snapshot, Tool,
};
use sagewarden_core::time::Time;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const LINE_LIMIT: u64 = 1 << 14;

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let operation = Operation::ALL[usize::from(choice & 0x7f) % Operation::ALL.len()];
    let file = if choice & 0x80 == 0 {
        zstd::bulk::compress(rest, 1).expect("compresses")
    } else {
        rest.to_vec()
    };
    let folder = folder(operation, &file, rest);
    let read = |keep_going| {
        let options = ReadOptions {
            line_limit: LINE_LIMIT,
            keep_going,
        };
        let snapshot = Snapshot::open_with(&folder, options).expect("the manifest is right");
        snapshot.observations()
    };
    match (read(false), read(true)) {
        (Ok((all, _)), Ok((kept, damages))) => {
            assert!(damages.is_empty());
            assert_eq!(all.len(), kept.len());
            for observation in &all {
                again(observation);
            }
        }
        (Err(error), Ok((_, damages))) => {
            assert!(!damages.is_empty(), "{error}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
        (_, Err(error)) => panic!("keep-going stopped: {error}"),
    }
    if let Ok(text) = std::str::from_utf8(rest) {
        let once = redact(operation, text);
        assert_eq!(redact(operation, &once), once);
        if serde_json::from_str::<&RawValue>(text).is_ok() {
            serde_json::from_str::<&RawValue>(&once).expect("json stays json");
        }
    }
});

/// A snapshot of one part, whose manifest fits as far as it can be told.
fn folder(operation: Operation, file: &[u8], lines: &[u8]) -> MemoryFolder {
    let row = operation.row();
    let path = format!(
        "account={ACCOUNT}/region={REGION}/{}.{}.ndjson.zst",
        row.service, row.name
    );
    let part = Part {
        path: path.clone(),
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        operation,
        observations: lines.iter().filter(|byte| **byte == b'\n').count() as u64,
        bytes: lines.len() as u64,
        compressed_bytes: file.len() as u64,
        sha256: Sha256::digest(file)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        superseded: Vec::new(),
    };
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        tool: Tool {
            name: "fuzz".to_owned(),
            version: "0".to_owned(),
        },
        as_of: Time(0),
        scope: Scope::default(),
        counts: Counts::default(),
        coverage: Vec::new(),
        parts: vec![part],
        warnings: Vec::new(),
    };
    let folder = MemoryFolder::new();
    folder.put(MANIFEST, serde_json::to_vec(&manifest).expect("a manifest"));
    folder.put(path, file);
    folder
}

/// Whether an observation survives being written.
fn again(observation: &Observation) {
    let line = serde_json::to_string(observation).expect("a line");
    let back: Observation =
        serde_json::from_str(&line).unwrap_or_else(|error: serde_json::Error| {
            panic!("{line}: {error}");
        });
    assert_eq!(back.key(), observation.key());
    assert_eq!(back.body(), observation.body());
    let _ = (back.gap(), back.next_token(), back.page());
}
