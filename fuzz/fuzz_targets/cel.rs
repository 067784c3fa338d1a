//! Any text as an expression: compile it, run it over known and partly unknown facts, and hold it to the law that
//! taking facts away never turns true into false or back.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use sagewarden_core::cel::{Datum, Environment, Input, Scratch, Type, Value, compile};
use sagewarden_core::record;

/// A fact that may be unknown.
enum Fact<T> {
    Known(T),
    Unknown,
}

impl<T: Datum> Datum for Fact<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = T::OPTIONAL;

    fn value(&self) -> Value<'_> {
        match self {
            Self::Known(value) => value.value(),
            Self::Unknown => Value::missing(&[]),
        }
    }
}

record! {
    /// A nested record.
    struct Network as "network" {
        /// A boolean.
        direct: Fact<bool>,
        /// An optional string.
        subnet: Fact<Option<String>>,
    }
}

record! {
    /// An element.
    struct Variant as "variant" {
        /// A string.
        name: Fact<String>,
        /// An integer.
        floor: Fact<i64>,
    }
}

record! {
    /// The root.
    struct Asset as "asset" {
        /// A string.
        kind: Fact<String>,
        /// A boolean.
        flag: Fact<bool>,
        /// An integer.
        count: Fact<i64>,
        /// A double.
        ratio: Fact<f64>,
        /// An instant.
        since: Fact<Timestamp>,
        /// An optional string.
        note: Fact<Option<String>>,
        /// A record.
        network: Fact<Network>,
        /// Strings.
        names: Fact<Vec<Fact<String>>>,
        /// Records.
        variants: Fact<Vec<Fact<Variant>>>,
    }
}

record! {
    /// The tunables.
    struct Tunables as "tunables" {
        /// An integer.
        limit: i64,
    }
}

/// Facts, of which those whose bit is set in `erased` are unknown.
fn asset(erased: u16) -> Asset {
    fn fact<T>(erased: u16, bit: u16, value: T) -> Fact<T> {
        if erased >> bit & 1 == 1 {
            Fact::Unknown
        } else {
            Fact::Known(value)
        }
    }
    let variant = |bit, name: &str, floor| {
        let variant = Variant {
            name: fact(erased, bit, name.to_owned()),
            floor: fact(erased, bit + 1, floor),
        };
        fact(erased, bit + 2, variant)
    };
    Asset {
        kind: fact(erased, 0, "sagemaker_notebook".to_owned()),
        flag: fact(erased, 1, true),
        count: fact(erased, 2, i64::MAX),
        ratio: fact(erased, 3, 0.0),
        since: fact(erased, 4, Timestamp::UNIX_EPOCH),
        note: fact(erased, 5, None),
        network: fact(
            erased,
            6,
            Network {
                direct: fact(erased, 7, true),
                subnet: fact(erased, 8, Some("é".to_owned())),
            },
        ),
        names: fact(
            erased,
            9,
            vec![
                fact(erased, 10, "a".to_owned()),
                Fact::Known("b".to_owned()),
            ],
        ),
        variants: fact(erased, 11, vec![variant(12, "a", 1), variant(13, "b", 0)]),
    }
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    // Which facts are unknown follows from the text, so that a seed is an expression and nothing else.
    let erased = data.iter().fold(0_u16, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u16::from(*byte))
    });
    let environment = Environment {
        root: Asset::SCHEMA,
        tunables: Tunables::SCHEMA,
    };
    let (known, erased) = (asset(0), asset(erased));
    let tunables = Tunables { limit: 1 };
    for expected in [
        Type::Bool,
        Type::Int,
        Type::Double,
        Type::String,
        Type::Timestamp,
        Type::Duration,
        Type::List(&Type::String),
    ] {
        let program = match compile(&text, &environment, expected) {
            Ok(program) => program,
            Err(error) => {
                assert!(error.line > 0 && error.column > 0);
                assert!(!error.to_string().contains('\n'), "{error}");
                continue;
            }
        };
        let input = |root| Input {
            root,
            tunables: &tunables,
            as_of: Timestamp::UNIX_EPOCH,
        };
        let before = program.decide(&input(&known));
        let after = program.decide(&input(&erased));
        assert!(
            after.is_none() || before == after,
            "{text}: {before:?} {after:?}"
        );
        for root in [&known, &erased] {
            let (quick, thorough) = (Scratch::default(), Scratch::default());
            let value = program.eval(&input(root), &quick);
            let trace = program.trace(&input(root), &thorough);
            assert_eq!(value.to_string(), trace.value.to_string());
            for read in &trace.reads {
                let tunable = read.fact.strip_prefix("tunables.");
                assert!(match tunable {
                    Some(name) => program.reads().tunables.iter().any(|it| it == name),
                    None => program.reads().facts.iter().any(|it| {
                        read.fact == it || it.starts_with(&format!("{}.", read.fact))
                    }),
                });
            }
        }
    }
});
