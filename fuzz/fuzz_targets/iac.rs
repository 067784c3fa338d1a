//! Any bytes as infrastructure code: reading ends, and what it hands out is an observation.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sagewarden_core::snapshot::Observation;
use sagewarden_iac::{Language, Neighbours, Reader, Settings};

/// Every file beside the input is the input, in folders that hold one of that name.
struct Only<'i>(&'i [u8], &'static str);

impl Neighbours for Only<'_> {
    fn read(&self, _: &str) -> Option<Vec<u8>> {
        Some(self.0.to_vec())
    }

    fn list(&self, _: &str) -> Vec<String> {
        vec![self.1.to_owned()]
    }
}

fuzz_target!(|input: &[u8]| {
    let settings = Settings::default();
    let mut reader = Reader::new(&settings);
    for language in [Language::TerraformPlan, Language::CloudFormation] {
        let _ = reader.file("x", input, language, Some(""), &Only(input, "main.tf"));
    }
    for name in ["main.tf", "main.tf.json", "override.tf", "x.auto.tfvars.json"] {
        let _ = reader.folders(&[String::new()], &Only(input, name));
    }
    let code = reader.finish();
    let _ = sagewarden_iac::claims(&code.observations, &Only(input, ""));
    for observation in code.observations {
        let line = serde_json::to_string(&observation).expect("a line");
        serde_json::from_str::<Observation>(&line).expect("an observation");
    }
});
