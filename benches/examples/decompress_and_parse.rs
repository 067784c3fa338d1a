//! The limit of judging training jobs: decompress every part of a snapshot and parse every line,
//! and do nothing else. No hash is checked and no line is kept.
//!
//! Enters: a snapshot's folder, the name of a parser (`sonic-rs`, `simd-json`, `serde_json`) and a
//! number of threads. Leaves: the number of lines. Each thread takes the next part, as the engine
//! does. Every parser goes over the whole text, which must be valid UTF-8 and valid JSON.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde::de::IgnoredAny;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, parser, threads] = arguments.as_slice() else {
        eprintln!("usage: decompress_and_parse FOLDER sonic-rs|simd-json|serde_json THREADS");
        return ExitCode::FAILURE;
    };
    let parse: fn(&mut Vec<u8>) -> u64 = match parser.as_str() {
        "sonic-rs" => |text| each_line(text, &mut sonic),
        "simd-json" => |text| {
            let mut buffers = simd_json::Buffers::default();
            each_line(text, &mut |line| {
                simd_json::to_tape_with_buffers(line, &mut buffers)
                    .map(|_| ())
                    .is_ok()
            })
        },
        "serde_json" => |text| {
            each_line(text, &mut |line| {
                std::str::from_utf8(line)
                    .is_ok_and(|line| serde_json::from_str::<IgnoredAny>(line).is_ok())
            })
        },
        _ => {
            eprintln!("unknown parser `{parser}`");
            return ExitCode::FAILURE;
        }
    };
    let threads: usize = threads.parse().expect("a number of threads");
    let mut parts = Vec::new();
    collect(Path::new(folder), &mut parts);
    parts.sort();
    let (next, lines) = (AtomicUsize::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut text = Vec::new();
                while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    text.clear();
                    let file = std::fs::File::open(part).expect("a readable part");
                    zstd::stream::copy_decode(file, &mut text).expect("a whole part");
                    lines.fetch_add(parse(&mut text), Ordering::Relaxed);
                }
            });
        }
    });
    println!("{} lines", lines.into_inner());
    ExitCode::SUCCESS
}

fn sonic(line: &mut [u8]) -> bool {
    sonic_rs::from_slice::<sonic_rs::Value>(line).is_ok()
}

/// Parses every line and gives their number.
fn each_line(text: &mut [u8], parse: &mut dyn FnMut(&mut [u8]) -> bool) -> u64 {
    let mut lines = 0;
    let mut rest = text;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, after) = rest.split_at_mut(end);
        assert!(parse(line), "a line is not JSON");
        lines += 1;
        rest = &mut after[1..];
    }
    lines
}

fn collect(folder: &Path, parts: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("a readable folder")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, parts);
        } else if path.extension().is_some_and(|extension| extension == "zst") {
            parts.push(path);
        }
    }
}
