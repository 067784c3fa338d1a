//! Any bytes under any name: the importer ends, keeps its limits, and accounts for what it read.
//!
//! An input is a run of files, parted by a line `%%`; the first line of each is its name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sagewarden_import::{Importer, Limits, SourceFile};

const LIMITS: Limits = Limits {
    document: 1 << 16,
    waiting: 1 << 18,
};
const BETWEEN: &[u8] = b"\n%%\n";

fuzz_target!(|input: &[u8]| {
    let mut importer = Importer::new(LIMITS);
    let mut handed_out = 0_u64;
    let mut rest = input;
    while !rest.is_empty() {
        let end = rest
            .windows(BETWEEN.len())
            .position(|window| window == BETWEEN);
        let (file, after) = match end {
            Some(end) => (&rest[..end], &rest[end + BETWEEN.len()..]),
            None => (rest, &[][..]),
        };
        rest = after;
        let mut parts = file.splitn(2, |byte| *byte == b'\n');
        let name = String::from_utf8_lossy(parts.next().unwrap_or_default());
        let mut reader = parts.next().unwrap_or_default();
        importer
            .file(
                SourceFile {
                    name: &name,
                    reader: &mut reader,
                },
                &mut |observation| {
                    handed_out += 1;
                    let line = serde_json::to_string(&observation).expect("a line");
                    assert!(!line.contains('\n'), "one observation a line");
                },
            )
            .expect("a slice does not fail");
    }
    let report = importer.finish(&mut |_| handed_out += 1);
    assert_eq!(report.observations, handed_out);
});
