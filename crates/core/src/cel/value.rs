//! Types and values (placeholder of the interface).
#![allow(missing_docs, reason = "placeholder")]
use crate::missing::Missing;
use crate::time::Time;
#[derive(Clone, Copy, Debug)]
pub enum Type {
    Bool,
    Int,
    Double,
    String,
    Timestamp,
    Duration,
    List(&'static Type),
    Record(&'static Schema),
}
#[derive(Debug)]
pub struct Schema {
    pub name: &'static str,
    pub fields: &'static [Field],
}
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub ty: Type,
    pub optional: bool,
    pub doc: &'static str,
}
pub trait Record: Send + Sync {
    fn schema(&self) -> &'static Schema;
    fn field(&self, index: usize) -> Value<'_>;
}
pub trait List: Send + Sync {
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    fn item(&self, index: usize) -> Value<'_>;
}
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Unknown(&'a [Missing]),
    Absent,
    Bool(bool),
    Int(i64),
    Double(f64),
    String(&'a str),
    Timestamp(Time),
    Duration(i64),
    List(&'a dyn List),
    Record(&'a dyn Record),
}
