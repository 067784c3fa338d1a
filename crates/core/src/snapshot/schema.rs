//! The JSON Schema of what a snapshot folder holds.

use schemars::generate::SchemaSettings;

use super::manifest::{Manifest, SCHEMA};
use super::observation::Line;

/// One JSON Schema (2020-12) that accepts a manifest or one line of a part.
///
/// `$defs/Manifest` and `$defs/Observation` tell them apart.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let manifest = generator.subschema_for::<Manifest>();
    let observation = generator.subschema_for::<Line>();
    let definitions = generator.take_definitions(true);
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        "description": "The manifest of a snapshot, or one observation: a line of one of its parts.",
        "oneOf": [manifest, observation],
        "$defs": definitions,
    })
}
