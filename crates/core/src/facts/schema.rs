//! From typed facts to what an expression sees.
//!
//! [`facts!`](crate::facts!) declares a struct of facts once; its schema, its access by index and
//! its provenance by path follow from that one list, so a fact cannot be named in one place and
//! forgotten in another.

use std::sync::Arc;

use crate::cel::{Datum, Record, Schema, Type, Value};
use crate::facts::fact::{Fact, Origin, State, Text};
use crate::time::Time;

/// A value that facts can have: what an expression sees of it, and the places behind what lies below it.
pub trait Known: Datum + Send + Sync {
    /// Adds the places behind the fact at `path` below this value; behind all of it when `path` is empty.
    fn origins_below<'s>(&'s self, _path: &str, _out: &mut Vec<Origin<'s>>) {}
}

impl<T: Known> Datum for Fact<'_, T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = T::OPTIONAL;

    fn value(&self) -> Value<'_> {
        match &self.state {
            State::Known(value) => value.value(),
            State::Unknown(missing) => Value::missing(missing),
        }
    }
}

impl<T: Known> Known for Fact<'_, T> {
    fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
        out.extend(self.origins.as_slice().iter().cloned());
        if let State::Known(value) = &self.state {
            value.origins_below(path, out);
        }
    }
}

impl Datum for Time {
    const TYPE: Type = Type::Timestamp;
    fn value(&self) -> Value<'_> {
        jiff::Timestamp::from_millisecond(self.0).map_or(Value::UNREAD, Value::Timestamp)
    }
}

/// Values with nothing below them.
macro_rules! leaf {
    ($($type:ty),*) => { $( impl Known for $type {} )* };
}

leaf!(bool, i64, f64, String, &'static str, Text<'_>, Time);

impl<T: Known> Known for Option<T> {
    fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
        if let Some(value) = self {
            value.origins_below(path, out);
        }
    }
}

impl<T: Known> Known for Vec<T> {
    fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
        for item in self {
            item.origins_below(path, out);
        }
    }
}

impl<T: Known> Known for Arc<T> {
    fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<Origin<'s>>) {
        T::origins_below(self, path, out);
    }
}

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
        $visibility:vis struct $name:ident<$e:lifetime> {
            $( $(#[doc = $doc:literal])+ pub $field:ident : $type:ty, )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug)]
        $visibility struct $name<$e> {
            $( $(#[doc = $doc])+ pub $field: $type, )*
        }

        impl<$e> $crate::facts::schema::Described for $name<$e> {
            const SCHEMA: &'static $crate::cel::Schema = &$crate::cel::Schema {
                name: stringify!($name),
                fields: &[ $( $crate::cel::Field {
                    name: stringify!($field),
                    ty: <$type as $crate::cel::Datum>::TYPE,
                    optional: <$type as $crate::cel::Datum>::OPTIONAL,
                    doc: concat!($($doc),+).trim_ascii(),
                }, )* ],
            };
        }

        impl<$e> $crate::facts::schema::Facts for $name<$e> {
            fn origins_of<'s>(&'s self, path: &str, out: &mut Vec<$crate::facts::fact::Origin<'s>>) {
                let (field, rest) = path.split_once('.').unwrap_or((path, ""));
                match field {
                    $( stringify!($field) => $crate::facts::schema::Known::origins_below(&self.$field, rest, out), )*
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
                        return $crate::cel::Datum::value(&self.$field);
                    }
                    at += 1;
                )*
                let _ = at;
                $crate::cel::Value::UNREAD
            }
        }

        impl<$e> $crate::cel::Datum for $name<$e> {
            const TYPE: $crate::cel::Type = $crate::cel::Type::Record(<Self as $crate::facts::schema::Described>::SCHEMA);

            fn value(&self) -> $crate::cel::Value<'_> {
                $crate::cel::Value::Record(self)
            }
        }

        impl<$e> $crate::facts::schema::Known for $name<$e> {
            fn origins_below<'s>(&'s self, path: &str, out: &mut Vec<$crate::facts::fact::Origin<'s>>) {
                if path.is_empty() {
                    $( $crate::facts::schema::Known::origins_below(&self.$field, "", out); )*
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
        struct Part<'e> {
            /// Its size.
            pub size: Fact<'e, i64>,
        }
    }

    facts! {
        /// A whole.
        struct Whole<'e> {
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
        assert!(whole.field(1).is_unknown());
        assert!(whole.field(9).is_unknown());
        let mut origins = Vec::new();
        whole.origins_of("parts.size", &mut origins);
        assert!(matches!(origins.as_slice(), [Origin::Tunable("nvme")]));
    }
}
