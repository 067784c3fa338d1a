//! The reader of bodies and lines beside `serde_json`: both read a text, or neither does, and what
//! is skipped ends where it ends.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sagewarden_core::json::{Node, skim};
use serde::de::IgnoredAny;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let peer = serde_json::from_str::<Node<'_>>(text);
    let ours = skim::from_str::<Node<'_>>(text);
    assert_eq!(ours.is_ok(), peer.is_ok(), "{text:?}: {ours:?} {peer:?}");
    if ours.is_ok() {
        assert!(skim::from_str::<IgnoredAny>(text).is_ok());
        let wrapped = format!("{{\"skipped\":{text},\"wanted\":7}}");
        let wanted = skim::from_str::<Wanted>(&wrapped).map(|read| read.wanted);
        assert!(matches!(wanted, Ok(7)), "{text:?}");
    }
});

#[derive(serde::Deserialize)]
struct Wanted {
    wanted: u8,
}
