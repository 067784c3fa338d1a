//! Any bytes as infrastructure code: reading ends, and what it hands out is an observation.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sagewarden_core::snapshot::Observation;
use sagewarden_iac::{Language, Neighbours, Reader, Settings};

/// Every file beside the input is the input.
struct Only<'i>(&'i [u8]);

impl Neighbours for Only<'_> {
    fn read(&self, _: &str) -> Option<Vec<u8>> {
        Some(self.0.to_vec())
    }

    fn list(&self, _: &str) -> Vec<String> {
        vec!["main.tf".to_owned()]
    }
}

fuzz_target!(|input: &[u8]| {
    let settings = Settings::default();
    let neighbours = Only(input);
    let mut reader = Reader::new(&settings);
    for language in [Language::TerraformPlan, Language::CloudFormation] {
        let _ = reader.file("x", input, language, Some(""), &neighbours);
    }
    let _ = reader.folders(&[String::new()], &neighbours);
    for observation in reader.finish().observations {
        let line = serde_json::to_string(&observation).expect("a line");
        serde_json::from_str::<Observation>(&line).expect("an observation");
    }
});
