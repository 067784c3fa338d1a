//! The shape of facts: types, fields, and the typed structs that carry them.
//!
//! In: a struct declared once through [`record!`](crate::record). Out: its [`Schema`] for the type check and
//! its [`Record`] implementation for evaluation. Absent on purpose: names at run time (a field is reached by its
//! position), maps, and conversion of any kind; a value is lent where it lies.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::value::{List, Value};

/// The type of a fact or of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// A 64-bit floating point number.
    Double,
    /// Unicode text.
    String,
    /// An instant.
    Timestamp,
    /// A signed length of time.
    Duration,
    /// A list whose elements all have one type.
    List(&'static Type),
    /// A record with named fields.
    Record(&'static Schema),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Record(schema) => write!(f, "record `{}`", schema.name),
        }
    }
}

/// The fields of one kind of record, in the order in which [`Record::field`] counts them.
#[derive(Debug, PartialEq, Eq)]
pub struct Schema {
    /// The name of the kind, used in messages.
    pub name: &'static str,
    /// The fields, in order.
    pub fields: &'static [Field],
}

impl Schema {
    /// The field called `name` and its position.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.fields
            .iter()
            .enumerate()
            .find(|(_, field)| field.name == name)
    }
}

/// One named fact of a record.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The name by which an expression reads it.
    pub name: &'static str,
    /// Its type when it is present.
    pub ty: Type,
    /// Whether it may be [`Value::Absent`].
    pub optional: bool,
    /// What it means, in one paragraph.
    pub doc: &'static str,
}

/// Something with named facts. Implemented by [`record!`](crate::record).
pub trait Record {
    /// The names and types of the facts.
    fn schema(&self) -> &'static Schema;

    /// The fact at a position of the schema. A position outside the schema is [`Value::UNREAD`].
    fn field(&self, index: usize) -> Value<'_>;
}

/// A Rust type whose values can be facts.
pub trait Datum {
    /// The type that expressions see.
    const TYPE: Type;

    /// Whether [`value`](Self::value) may answer [`Value::Absent`].
    const OPTIONAL: bool = false;

    /// The value, lent.
    fn value(&self) -> Value<'_>;
}

/// Implements [`Datum`] for scalars: the pattern binds the value that the expression turns into a [`Value`].
macro_rules! scalar {
    ($($rust:ty => $ty:ident, |$value:ident| $lent:expr;)*) => {$(
        impl Datum for $rust {
            const TYPE: Type = Type::$ty;

            #[inline]
            fn value(&self) -> Value<'_> {
                let $value = self;
                Value::$ty($lent)
            }
        }
    )*};
}

scalar! {
    bool => Bool, |value| *value;
    u8 => Int, |value| i64::from(*value);
    u16 => Int, |value| i64::from(*value);
    u32 => Int, |value| i64::from(*value);
    i32 => Int, |value| i64::from(*value);
    i64 => Int, |value| *value;
    f64 => Double, |value| *value;
    String => String, |value| value;
    Box<str> => String, |value| value;
    Arc<str> => String, |value| value;
    &'static str => String, |value| value;
    Cow<'_, str> => String, |value| value;
    Timestamp => Timestamp, |value| *value;
    SignedDuration => Duration, |value| *value;
}

impl<T: Datum> Datum for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;

    #[inline]
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Absent, Datum::value)
    }
}

/// Implements [`Datum`] for owners of one value.
macro_rules! owner {
    ($($owner:ident),*) => {$(
        impl<T: Datum> Datum for $owner<T> {
            const TYPE: Type = T::TYPE;
            const OPTIONAL: bool = T::OPTIONAL;

            #[inline]
            fn value(&self) -> Value<'_> {
                T::value(self)
            }
        }
    )*};
}

owner!(Box, Arc);

/// Implements [`Datum`] and [`List`] for owners of several values.
macro_rules! list {
    ($($owner:ty),*) => {$(
        impl<T: Datum> Datum for $owner {
            const TYPE: Type = {
                assert!(!T::OPTIONAL, "an element of a list cannot be absent");
                Type::List(&T::TYPE)
            };

            #[inline]
            fn value(&self) -> Value<'_> {
                Value::List(self)
            }
        }

        impl<T: Datum> List for $owner {
            fn len(&self) -> usize {
                (**self).len()
            }

            fn item(&self, index: usize) -> Value<'_> {
                self.get(index).map_or(Value::UNREAD, Datum::value)
            }
        }
    )*};
}

list!(Vec<T>, Box<[T]>, Arc<[T]>);

/// Declares a struct whose fields are facts, so that a fact is named once: the struct, its [`Schema`] (as
/// `Name::SCHEMA`), its [`Record`] and its [`Datum`] implementation come from one list.
///
/// Each field takes doc comments only, and they become [`Field::doc`]. Each field type implements [`Datum`]; an
/// `Option` is a fact that may be absent.
///
/// ```
/// use sagewarden_core::{cel::Type, record};
///
/// record! {
///     /// How a notebook reaches the network.
///     #[derive(Debug, Clone)]
///     pub struct Network as "network" {
///         /// Whether SageMaker gives it a route to the internet.
///         direct_internet_access: bool,
///         /// The subnet, when it is attached to a VPC.
///         subnet_id: Option<String>,
///     }
/// }
///
/// let (position, field) = Network::SCHEMA.find("subnet_id").unwrap();
/// assert_eq!((position, field.ty, field.optional), (1, Type::String, true));
/// assert_eq!(field.doc, "The subnet, when it is attached to a VPC.");
/// ```
#[macro_export]
macro_rules! record {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident as $label:literal {
            $( $(#[doc = $doc:literal])+ $field:ident : $ty:ty ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $name {
            $( $(#[doc = $doc])+ $visibility $field: $ty, )*
        }

        impl $name {
            /// The names and types of the facts.
            $visibility const SCHEMA: &'static $crate::cel::Schema = &$crate::cel::Schema {
                name: $label,
                fields: &[$(
                    $crate::cel::Field {
                        name: stringify!($field),
                        ty: <$ty as $crate::cel::Datum>::TYPE,
                        optional: <$ty as $crate::cel::Datum>::OPTIONAL,
                        doc: concat!($($doc),+).trim_ascii(),
                    },
                )*],
            };
        }

        impl $crate::cel::Record for $name {
            fn schema(&self) -> &'static $crate::cel::Schema {
                Self::SCHEMA
            }

            #[inline]
            #[allow(
                non_camel_case_types,
                non_upper_case_globals,
                reason = "positions and patterns go by the names of the fields"
            )]
            fn field(&self, index: usize) -> $crate::cel::Value<'_> {
                enum Position { $($field),* }
                $( const $field: usize = Position::$field as usize; )*
                match index {
                    $( $field => $crate::cel::Datum::value(&self.$field), )*
                    _ => $crate::cel::Value::UNREAD,
                }
            }
        }

        impl $crate::cel::Datum for $name {
            const TYPE: $crate::cel::Type = $crate::cel::Type::Record(Self::SCHEMA);

            #[inline]
            fn value(&self) -> $crate::cel::Value<'_> {
                $crate::cel::Value::Record(self)
            }
        }
    };
}
