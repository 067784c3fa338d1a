use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::*;
use crate::json::Node;

/// What the peer reads.
fn peer(text: &str) -> Option<Node<'_>> {
    serde_json::from_str(text).ok().map(rounded)
}

/// What is read here.
fn ours(text: &str) -> Option<Node<'_>> {
    from_str(text).ok().map(rounded)
}

/// The peer is not exact in the last digit of a number with many.
fn rounded(node: Node<'_>) -> Node<'_> {
    match node {
        Node::Float(value) => Node::Text(format!("{value:.12e}").into()),
        Node::Array(items) => Node::Array(items.into_iter().map(rounded).collect()),
        Node::Object(members) => {
            let members = members
                .into_iter()
                .map(|(name, node)| (name, rounded(node)));
            Node::Object(members.collect())
        }
        other => other,
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        // Lengths around a block, and what must be escaped.
        proptest::collection::vec(
            prop::sample::select(vec![
                "a",
                "\"",
                "\\",
                "/",
                "\n",
                "é",
                "{",
                "]",
                ",",
                "bcdefghij"
            ]),
            0..20
        )
        .prop_map(|parts| Value::from(parts.concat())),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec(("[a-z\"\\\\{}]{0,70}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_reads_what_the_peer_reads(value in json_value(), pretty in any::<bool>()) {
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        prop_assert_eq!(ours(&text), peer(&text));
        prop_assert!(from_str::<IgnoredAny>(&text).is_ok());
    }

    /// A text that was damaged in one place is refused by both, or read alike by both.
    #[test]
    fn it_refuses_what_the_peer_refuses(
        value in json_value(),
        at in any::<prop::sample::Index>(),
        put in prop::sample::select(vec!["", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "t", " ", "\u{1}", "\\u12"]),
    ) {
        let text = value.to_string();
        let starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
        let start = *at.get(&starts);
        let length = text[start..].chars().next().map_or(0, char::len_utf8);
        for text in [
            format!("{}{put}{}", &text[..start], &text[start..]),
            format!("{}{put}{}", &text[..start], &text[start + length..]),
        ] {
            prop_assert_eq!(ours(&text), peer(&text), "{}", text);
        }
    }

    /// What follows a member that nobody reads is found, whatever that member is.
    #[test]
    fn it_goes_past_any_value(value in json_value()) {
        #[derive(serde::Deserialize)]
        struct Wanted<'a> {
            #[serde(borrow)]
            skipped: Raw<'a>,
            wanted: u8,
        }
        let text = json!({ "ignored": value, "skipped": value, "wanted": 7 }).to_string();
        let read: Wanted<'_> = from_str(&text).unwrap();
        prop_assert_eq!(read.wanted, 7);
        prop_assert_eq!(read.skipped.0, value.to_string());
    }
}

#[test]
fn numbers_are_read_as_the_peer_reads_them() {
    let texts = [
        "0",
        "-0",
        "01",
        "-",
        "1.",
        ".5",
        "1.5",
        "1e5",
        "1E+5",
        "1e",
        "1e400",
        "-1e-400",
        "+1",
        "0x1",
        "1_0",
        "NaN",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551616",
    ];
    for text in texts {
        assert_eq!(ours(text), peer(text), "{text}");
    }
}

#[test]
fn values_may_nest_as_deep_as_the_peer_allows() {
    for depth in [1, 126, 127, 128, 129, 100_000] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(
            from_str::<Node<'_>>(&text).is_ok(),
            peer(&text).is_some(),
            "{depth}"
        );
    }
}

#[test]
fn nothing_may_follow_the_value() {
    for text in ["", " ", "{} {}", "1 2", "{}x", "nul", "nulll", "truefalse"] {
        assert!(from_str::<Node<'_>>(text).is_err(), "{text}");
        assert!(from_str::<IgnoredAny>(text).is_err(), "{text}");
    }
    assert!(from_str::<IgnoredAny>(" \t\r\n{} \n").is_ok());
    for unfinished in ["{", "[", "{\"a\":[1,2", "[\"]", "\"", "\"a\\"] {
        assert!(from_str::<IgnoredAny>(unfinished).is_err(), "{unfinished}");
    }
}
