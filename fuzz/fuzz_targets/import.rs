//! Any bytes under any name: the importer ends, keeps its limits, and accounts for what it read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sagewarden_import::{Importer, Limits, SourceFile};

const LIMITS: Limits = Limits {
    document: 1 << 16,
    waiting: 1 << 18,
};

fuzz_target!(|input: (&str, &str, &[u8], &[u8])| {
    let (first_name, second_name, first, second) = input;
    let mut importer = Importer::new(LIMITS);
    let mut handed_out = 0_u64;
    for (name, bytes) in [(first_name, first), (second_name, second)] {
        let mut reader = bytes;
        importer
            .file(
                SourceFile {
                    name,
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
