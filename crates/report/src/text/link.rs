//! Hyperlinks in a terminal, by the escape sequence OSC 8.
//!
//! Enters: an address and a label. Leaves: the label, which leads there. Addresses are of controls
//! alone and come from the catalogue: nothing that a stranger named becomes a link.

use sagewarden_core::control::Control;

use super::printable;

/// Where a control is explained: the first of its references.
pub(super) fn of(control: &Control) -> String {
    control.references.first().cloned().unwrap_or_default()
}

/// A label that leads to an address.
pub(super) fn link(address: &str, label: &str) -> String {
    let label = printable(label);
    let plain = |c: char| c.is_ascii_graphic();
    if address.is_empty() || !address.chars().all(plain) {
        return label;
    }
    format!("\u{1b}]8;;{address}\u{1b}\\{label}\u{1b}]8;;\u{1b}\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_end_its_sequence() {
        assert_eq!(
            link("https://a.example/b", "x"),
            "\u{1b}]8;;https://a.example/b\u{1b}\\x\u{1b}]8;;\u{1b}\\"
        );
        for address in ["", "https://a.example/\u{1b}\\", "https://a.example/ b"] {
            assert_eq!(link(address, "x\u{1b}"), "x\u{fffd}", "{address:?}");
        }
    }
}
