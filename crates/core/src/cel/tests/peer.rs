//! Agreement with the evaluator of the `cel` crate where all facts are known.

use std::collections::HashMap;
use std::sync::Arc;

use cel::objects::{Key, Map};
use proptest::prelude::*;

use super::laws::{Choices, Grammar, Part, facts, small_tunables};
use super::{Asset, Fact, Tunables, as_of, program};
use crate::cel::{Input, Record, Value};

/// A value as the peer holds it; what it has no value for is left out.
fn owned(value: Value<'_>) -> Option<cel::Value> {
    Some(match value {
        Value::Bool(value) => cel::Value::Bool(value),
        Value::Int(value) => cel::Value::Int(value),
        Value::Double(value) => cel::Value::Float(value),
        Value::String(value) => cel::Value::String(Arc::new(value.to_owned())),
        Value::List(list) => cel::Value::List(Arc::new(
            (0..list.len())
                .filter_map(|index| owned(list.item(index)))
                .collect(),
        )),
        Value::Record(record) => cel::Value::Map(Map {
            map: Arc::new(
                fields(record)
                    .map(|(name, value)| (Key::String(Arc::new(name.to_owned())), value))
                    .collect::<HashMap<_, _>>(),
            ),
        }),
        Value::Unknown(_) | Value::Absent | Value::Timestamp(_) | Value::Duration(_) => {
            return None;
        }
    })
}

fn fields(record: &dyn Record) -> impl Iterator<Item = (&'static str, cel::Value)> {
    let fields = record.schema().fields.iter().enumerate();
    fields.filter_map(|(index, field)| Some((field.name, owned(record.field(index))?)))
}

fn peer(source: &str, root: &Asset, tunables: &Tunables) -> Option<bool> {
    let mut context = cel::Context::default();
    for (name, value) in fields(root) {
        context.add_variable_from_value(name, value);
    }
    context.add_variable_from_value("tunables", owned(Value::Record(tunables)).unwrap());
    match cel::Program::compile(source).unwrap().execute(&context) {
        Ok(cel::Value::Bool(answer)) => Some(answer),
        Ok(other) => panic!("{source} is {other:?}"),
        Err(_) => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2048,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn answers_agree(
        expression in prop::collection::vec(any::<u8>(), 4..96),
        known in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut choices = Choices(&expression);
        let source = Grammar::new(&mut choices, Part::Shared).boolean(4);
        let mut choices = Choices(&known);
        let tunables = small_tunables(&mut choices);
        let root = facts(&mut choices, Part::Shared);
        let input = Input { root: &root, tunables: &tunables, as_of: as_of() };
        let ours = program(&source).decide(&input);
        // The peer gives up on an error that ours absorbs, never the other way round.
        if let Some(theirs) = peer(&source, &root, &tunables) {
            prop_assert_eq!(ours, Some(theirs), "{}", source);
        }
    }
}

#[test]
fn the_peer_is_asked_the_same_question() {
    let (mut root, tunables) = (super::asset(), super::tunables());
    root.names = vec![Fact::Known("b".to_owned())].into();
    assert_eq!(
        peer(
            "names.exists(n, n in tunables.allowed) && count == 3",
            &root,
            &tunables
        ),
        Some(true)
    );
    assert_eq!(
        peer("network.direct == false", &root, &tunables),
        Some(false)
    );
    assert_eq!(peer("count / 0 == 1", &root, &tunables), None);
}
