//! From typed facts to what an expression sees.
//!
//! [`facts!`](crate::facts!) declares a struct of facts once; its schema, its access by index and
//! its provenance by path follow from that one list, so a fact cannot be named in one place and
//! forgotten in another.

use crate::cel::{List, Record, Schema, Type, Value};
use crate::facts::fact::{Fact, Origin, State, Text};
use crate::time::Time;

/// A value an expression can use.
pub trait Known: Send + Sync {
    /// Its type in expressions.
    const TYPE: Type;
    /// Whether it may be absent.
    const OPTIONAL: bool = false;
    /// Itself.
    fn value(&self) -> Value<'_>;
    /// The places behind the fact at `path` below this value.
    fn origins_below<'s>(&'s self, _path: &str, _out: &mut Vec<Origin<'s>>) {}
}

/// A field of a record: a fact, or a plain value that follows from the asset's identity.
pub trait FieldValue: Send + Sync {
    /// How the field is declared.
    const TYPE: Type;
    /// Whether it may be absent.
    const OPTIONAL: bool;
    /// Its value.
    fn value(&self) -> Value<'_>;
    /// The places it was read from, and those behind `path` below it.
    fn origins<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>);
}

impl<T: Known> FieldValue for Fact<'_, T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = T::OPTIONAL;

    fn value(&self) -> Value<'_> {
        match &self.state {
            State::Known(value) => value.value(),
            State::Unknown(missing) => Value::Unknown(missing),
        }
    }

    fn origins<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
        out.extend(self.origins.as_slice().iter().cloned());
        if let State::Known(value) = &self.state {
            value.origins_below(path, out);
        }
    }
}

impl Known for bool {
    const TYPE: Type = Type::Bool;
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl Known for i64 {
    const TYPE: Type = Type::Int;
    fn value(&self) -> Value<'_> {
        Value::Int(*self)
    }
}

impl Known for f64 {
    const TYPE: Type = Type::Double;
    fn value(&self) -> Value<'_> {
        Value::Double(*self)
    }
}

impl Known for Text<'_> {
    const TYPE: Type = Type::String;
    fn value(&self) -> Value<'_> {
        Value::String(self)
    }
}

impl Known for &'static str {
    const TYPE: Type = Type::String;
    fn value(&self) -> Value<'_> {
        Value::String(self)
    }
}

impl Known for String {
    const TYPE: Type = Type::String;
    fn value(&self) -> Value<'_> {
        Value::String(self)
    }
}

impl Known for Time {
    const TYPE: Type = Type::Timestamp;
    fn value(&self) -> Value<'_> {
        Value::Timestamp(*self)
    }
}

impl<T: Known> Known for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Absent, Known::value)
    }
    fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
        if let Some(value) = self {
            value.origins_below(path, out);
        }
    }
}

impl<T: Known> Known for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
    fn value(&self) -> Value<'_> {
        Value::List(self)
    }
    fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
        for item in self {
            item.origins_below(path, out);
        }
    }
}

impl<T: Known> List for Vec<T> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }
    fn item(&self, index: usize) -> Value<'_> {
        self.get(index).map_or(Value::Absent, Known::value)
    }
}

impl<T: Known> Known for std::sync::Arc<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = T::OPTIONAL;
    fn value(&self) -> Value<'_> {
        T::value(self)
    }
    fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
        T::origins_below(self, path, out);
    }
}

/// Plain values may stand as fields where nothing about them can be unknown.
macro_rules! plain {
    ($($type:ty),*) => { $(
        impl FieldValue for $type {
            const TYPE: Type = <$type as Known>::TYPE;
            const OPTIONAL: bool = <$type as Known>::OPTIONAL;
            fn value(&self) -> Value<'_> {
                Known::value(self)
            }
            fn origins<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
                self.origins_below(path, out);
            }
        }
    )* };
}

plain!(
    bool,
    i64,
    f64,
    String,
    &'static str,
    Time,
    Vec<String>,
    Option<String>
);

/// The schema of a record, without a value at hand.
pub trait Described {
    /// The schema.
    const SCHEMA: &'static Schema;
}

/// A record of facts: what [`facts!`](crate::facts!) implements.
pub trait Facts: Record {
    /// The places behind the fact at `path` (`role.admin`, `variants.floor`).
    fn origins_of<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>);
}

/// Declares a struct of facts, its schema, its access by index and its provenance by path.
///
/// ```
/// use sagewarden_core::facts::{Fact, Text};
/// sagewarden_core::facts! {
///     /// A thing with a colour.
///     pub struct Thing<'e> {
///         /// Its colour.
///         pub colour: Fact<'e, Text<'e>>,
///     }
/// }
/// ```
#[macro_export]
macro_rules! facts {
    (
        $(#[doc = $about:literal])+
        pub struct $name:ident<$e:lifetime> {
            $( $(#[doc = $doc:literal])+ pub $field:ident : $type:ty, )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug)]
        pub struct $name<$e> {
            $( $(#[doc = $doc])+ pub $field: $type, )*
        }

        impl<$e> $crate::facts::schema::Described for $name<$e> {
            const SCHEMA: &'static $crate::cel::Schema = &$crate::cel::Schema {
                name: stringify!($name),
                fields: &[ $( $crate::cel::Field {
                    name: stringify!($field),
                    ty: <$type as $crate::facts::schema::FieldValue>::TYPE,
                    optional: <$type as $crate::facts::schema::FieldValue>::OPTIONAL,
                    doc: concat!($($doc),+),
                }, )* ],
            };
        }

        impl<$e> $crate::facts::schema::Facts for $name<$e> {
            fn origins_of<'s>(&'s self, path: &str, out: &mut Vec<$crate::facts::fact::Origin<'s>>) {
                let (field, rest) = path.split_once('.').unwrap_or((path, ""));
                match field {
                    $( stringify!($field) => $crate::facts::schema::FieldValue::origins(&self.$field, rest, out), )*
                    _ => {}
                }
            }
        }

        impl<$e> $crate::cel::Record for $name<$e> {
            fn schema(&self) -> &'static $crate::cel::Schema {
                <Self as $crate::facts::schema::Described>::SCHEMA
            }

            fn field(&self, index: usize) -> $crate::cel::Value<'_> {
                // The list index of each field, spelt out by a counter the compiler folds away.
                let mut at = 0usize;
                $(
                    if index == at {
                        return $crate::facts::schema::FieldValue::value(&self.$field);
                    }
                    at += 1;
                )*
                let _ = at;
                $crate::cel::Value::Absent
            }
        }

        impl<$e> $crate::facts::schema::Known for $name<$e> {
            const TYPE: $crate::cel::Type = $crate::cel::Type::Record(<Self as $crate::facts::schema::Described>::SCHEMA);

            fn value(&self) -> $crate::cel::Value<'_> {
                $crate::cel::Value::Record(self)
            }

            fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<$crate::facts::fact::Origin<'s>>) {
                if path.is_empty() {
                    $( $crate::facts::schema::FieldValue::origins(&self.$field, "", out); )*
                } else {
                    $crate::facts::schema::Facts::origins_of(self, path, out);
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::missing::Missing;

    facts! {
        /// A part.
        pub struct Part<'e> {
            /// Its size.
            pub size: Fact<'e, i64>,
        }
    }

    facts! {
        /// A whole.
        pub struct Whole<'e> {
            /// Its name.
            pub name: String,
            /// Its colour.
            pub colour: Fact<'e, Option<Text<'e>>>,
            /// Its parts.
            pub parts: Fact<'e, Vec<Part<'e>>>,
        }
    }

    #[test]
    fn schema_values_and_origins_come_from_one_list() {
        let whole = Whole {
            name: "w".to_owned(),
            colour: Fact::unknown(Missing::undecided("colour")),
            parts: Fact::given(vec![Part {
                size: Fact::known(1, Origin::Tunable("nvme")),
            }]),
        };
        let fields: Vec<_> = Whole::SCHEMA
            .fields
            .iter()
            .map(|field| (field.name, field.optional))
            .collect();
        assert_eq!(
            fields,
            [("name", false), ("colour", true), ("parts", false)]
        );
        assert!(matches!(whole.field(0), Value::String("w")));
        assert!(matches!(whole.field(1), Value::Unknown([_])));
        assert!(matches!(whole.field(9), Value::Absent));
        let mut origins = Vec::new();
        whole.origins_of("parts.size", &mut origins);
        assert!(matches!(origins.as_slice(), [Origin::Tunable("nvme")]));
    }
}
