//! What is refused, where, and with what advice.

use super::{ENVIRONMENT, refused};
use crate::cel::{Type, compile};

#[test]
fn errors_point_and_advise() {
    let refusals = [
        (
            "knd == \"x\"",
            1,
            "unknown fact `knd`; did you mean `kind`?",
        ),
        (
            "flag &&\n  idle_days > 3",
            10,
            "unknown fact `idle_days`; did you mean `tunables.idle_days`?",
        ),
        ("true && zzz", 9, "unknown fact `zzz`"),
        (
            "network.drect",
            9,
            "`network` has no field `drect`; did you mean `direct`?",
        ),
        ("kind.size", 6, "`kind` is string and has no field `size`"),
        (
            "variants.floor > 1",
            10,
            "`variants` is list of record `variant` and has no field `floor`; ask its elements with `exists` or `all`",
        ),
        ("kind == 3", 6, "`==` does not apply to string and int"),
        (
            "since < \"2026\"",
            7,
            "`<` does not apply to timestamp and string; write `timestamp(\"…\")`",
        ),
        (
            "span > 30",
            6,
            "`>` does not apply to duration and int; write `days(…)` for a number of days",
        ),
        ("flag < true", 6, "`<` does not apply to bool and bool"),
        (
            "ratio + 1 > 0.5",
            7,
            "`+` does not apply to double and int; convert the int with `double(…)`",
        ),
        (
            "network == network",
            9,
            "`==` does not apply to record `network` and record `network`",
        ),
        ("flag && kind", 9, "`&&` needs bool, but `kind` is string"),
        ("!count", 2, "`!` needs bool, but `count` is int"),
        ("-kind == \"x\"", 1, "`-` does not apply to string"),
        ("flag ? 1 : \"x\"", 6, "`?` chooses between int and string"),
        ("count", 1, "the expression is int, but must be bool"),
        (
            "kind in kind",
            9,
            "`in` looks in a list, but `kind` is string",
        ),
        ("[1, \"x\"] == [1]", 5, "a list of int cannot hold string"),
        (
            "names == []",
            10,
            "an empty list has no type; compare `size(…)` with 0",
        ),
        (
            "kind.startswith(\"x\")",
            6,
            "unknown function `startswith`; did you mean `startsWith`?",
        ),
        ("upper(kind) == \"X\"", 1, "unknown function `upper`"),
        (
            "size(kind, kind) == 1",
            1,
            "`size` takes 1 argument, but 2 were given",
        ),
        (
            "size(count) == 1",
            1,
            "`size` takes a string or a list, but `count` is int",
        ),
        (
            "names.contains(\"a\")",
            7,
            "`contains` asks a string, but `names` is list of string; write `element in list`",
        ),
        (
            "kind.contains(3)",
            15,
            "`contains` takes string, but the operand is int",
        ),
        (
            "kind.exists(k, true)",
            6,
            "`exists` goes through a list, but `kind` is string",
        ),
        (
            "names.exists(kind, true)",
            14,
            "`kind` already has a meaning here; choose another name",
        ),
        (
            "names.exists(n, n)",
            17,
            "`exists` needs bool, but `names` is string",
        ),
        (
            "names.exists(1, true)",
            14,
            "the first argument of `exists` must be a new name",
        ),
        (
            "names.exists(true)",
            7,
            "`exists` takes a variable and an expression, but 1 were given",
        ),
        (
            "has(kind + kind)",
            10,
            "`has` asks for a fact, such as `has(kms_key_id)`",
        ),
        (
            "has(as_of)",
            5,
            "`has` asks for a fact, such as `has(kms_key_id)`",
        ),
        (
            "timestamp(\"soon\") < as_of",
            11,
            "`soon` is no timestamp; write it as in \"2026-01-31T00:00:00Z\"",
        ),
        (
            "duration(\"30 days of rain\") < span",
            10,
            "`30 days of rain` is no duration; write it as in \"720h\" or \"1h30m\"",
        ),
        (
            "timestamp(kind) < as_of",
            11,
            "`timestamp` takes a string written in the expression",
        ),
        (
            "kind == null",
            9,
            "null values are not supported; ask for an optional fact with `has(…)`",
        ),
        (
            "count == 1u",
            10,
            "unsigned numbers are not supported; write it without the `u`",
        ),
        ("kind == b\"x\"", 9, "bytes are not supported; use a string"),
        (
            "size({1: 2}) == 1",
            6,
            "maps are not supported; compare facts one by one",
        ),
        (
            "tunables == 3",
            10,
            "`==` does not apply to record `tunables` and int",
        ),
        (
            "tunables.idel_days == 3",
            10,
            "`tunables` has no field `idel_days`; did you mean `idle_days`?",
        ),
    ];
    for (source, column, text) in refusals {
        let error = refused(source);
        assert_eq!(error.to_string(), text, "{source}");
        let line = if source.contains('\n') { 2 } else { 1 };
        let column = if line == 2 { 3 } else { column };
        assert_eq!((error.line, error.column), (line, column), "{source}");
    }
}

#[test]
fn errors_of_syntax_are_in_plain_words() {
    let refusals = [
        ("", 1, "the expression is empty"),
        ("flag &&", 8, "the expression ends too early"),
        ("(flag", 6, "the expression ends too early"),
        ("flag other", 6, "unexpected `other`"),
        ("flag )", 6, "unexpected `)`"),
        ("kind == \"x", 9, "the string does not end"),
        (
            "kind == \"a\\.b\"",
            11,
            "unknown escape in a string; write `\\\\` for a backslash, or prefix the string with `r`",
        ),
        ("flag & other", 6, "unexpected `&`"),
        ("é == kind", 1, "unexpected `é`"),
        ("\"é\" == ü", 8, "unexpected `ü`"),
        ("flag == for", 9, "reserved word `for`"),
        (
            "count == 99999999999999999999",
            10,
            "invalid int literal: it is out of range",
        ),
        ("kind == in\"x\"", 11, "unexpected string after `in`"),
    ];
    for (source, column, text) in refusals {
        let error = refused(source);
        assert_eq!(error.to_string(), text, "{source}");
        assert_eq!((error.line, error.column), (1, column), "{source}");
    }
}

#[test]
fn a_pattern_is_checked_and_bounded() {
    assert!(
        refused("kind.matches(\"(\")")
            .message
            .starts_with("the pattern does not compile: ")
    );
    assert!(
        refused("kind.matches(\"((a{1000}){1000}){1000}\")")
            .message
            .contains("pattern")
    );
}

#[test]
fn hostile_sources_are_refused_within_a_small_stack() {
    let nested = [
        "(",
        "[",
        "{",
        "!",
        "-",
        "!-",
        "f(",
        "a.",
        "a<",
        "a==",
        "a+",
        "a?",
        "a?b:",
        "a ? b : c ? ",
        "a in ",
        "[a][",
        "a[0].",
        "a.f(",
        "has(",
        "\"\"+",
        "a&&(",
        "(a)",
        "{a:",
        "T{",
        "a,(",
    ];
    let sources: Vec<String> = nested
        .iter()
        .flat_map(|part| [part.repeat(8000 / part.len()), part.repeat(300) + "a"])
        .chain([
            format!("a{}", ".f()".repeat(2000)),
            format!("a{}", "[0]".repeat(2000)),
            format!("a{}", " < a".repeat(2000)),
            format!("{}a{}", "(".repeat(4000), ")".repeat(4000)),
            format!("'\\\"'{}", "<a".repeat(2000)),
            "a || ".repeat(1600) + "a",
            " ".repeat(9000),
        ])
        .collect();
    let compiled = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(move || {
            for source in sources {
                assert!(
                    compile(&source, &ENVIRONMENT, Type::Bool).is_err(),
                    "{source}"
                );
            }
        })
        .unwrap()
        .join();
    assert!(compiled.is_ok());
}

#[test]
fn long_lists_and_chains_of_terms_do_not_nest() {
    let list = (0..500)
        .map(|n| format!("\"n{n}\""))
        .collect::<Vec<_>>()
        .join(", ");
    compile(&format!("kind in [{list}]"), &ENVIRONMENT, Type::Bool).unwrap();
    let terms = vec!["kind == \"x\""; 400].join(" || ");
    compile(&terms, &ENVIRONMENT, Type::Bool).unwrap();
}
