//! Code that nobody should have written: it is refused or read in part, and never panics or loops.

use proptest::prelude::*;
use sagewarden_iac::{Language, Neighbours, Reader, Settings, claims, recognise};

const PLAN: &str = include_str!("data/estate/plan.json");
const TEMPLATE: &str = include_str!("data/estate/template.yaml");
const MODULE: &str = include_str!("data/estate/main.tf");

struct Only(Vec<u8>, &'static str);

impl Neighbours for Only {
    fn read(&self, _: &str) -> Option<Vec<u8>> {
        Some(self.0.clone())
    }

    fn list(&self, _: &str) -> Vec<String> {
        vec![self.1.to_owned()]
    }
}

/// Reads bytes as everything they could be.
fn read(bytes: &[u8]) {
    let settings = Settings::default();
    let only = |name| Only(bytes.to_vec(), name);
    for name in ["x.json", "x.yaml"] {
        let _ = recognise(name, bytes);
    }
    let mut reader = Reader::new(&settings);
    for language in [Language::TerraformPlan, Language::CloudFormation] {
        let _ = reader.file("x", bytes, language, None, &only("main.tf"));
    }
    for name in [
        "main.tf",
        "main.tf.json",
        "override.tf",
        "x.auto.tfvars.json",
    ] {
        let _ = reader.folders(&[String::new()], &only(name));
    }
    let code = reader.finish();
    let _ = claims(&code.observations, &only("main.tf"));
}

/// A text with a piece cut out, doubled, or put in.
fn mutated(text: &str, at: usize, length: usize, insert: &str, kind: u8) -> String {
    let boundary = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(at % text.len());
    let end = boundary(start + length);
    let (before, piece, after) = (&text[..start], &text[start..end], &text[end..]);
    match kind {
        0 => format!("{before}{after}"),
        1 => format!("{before}{piece}{piece}{after}"),
        _ => format!("{before}{insert}{after}"),
    }
}

/// A smaller text of the same kind, so that a case is quick.
fn part(text: &str) -> &str {
    &text[..text.len().min(6_000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn mutated_code_never_panics(
        which in 0usize..3, at in any::<usize>(), length in 0usize..80, kind in 0u8..3,
        insert in r#"[-{}\[\]"':,!&*$ \n\ta-z0-9.~\\]{0,12}"#,
    ) {
        let text = [PLAN, TEMPLATE, part(MODULE)][which];
        read(mutated(text, at, length, &insert, kind).as_bytes());
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }
}

#[test]
fn code_that_leads_back_to_itself_ends() {
    let texts = [
        // Conditions, names and outputs.
        "Conditions: { A: !Not [{ Condition: B }], B: !Or [{ Condition: A }, { Condition: A }] }\n\
         Resources:\n  R: { Type: AWS::S3::Bucket, Condition: A, Properties: { BucketName: !Ref S } }\n\
         \x20 S: { Type: AWS::S3::Bucket, Properties: { BucketName: !Ref R } }\n\
         \x20 T: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: t.yaml } }\n",
        // Locals, variables, modules and resources.
        "locals {\n  a = local.b\n  b = local.a\n}\n\
         module \"m\" {\n  source = \"./m\"\n  x = module.m.y\n}\noutput \"y\" { value = module.m.y }\n\
         resource \"aws_iam_role\" \"r\" {\n  name = aws_iam_role.r.name\n  count = length(aws_iam_role.r)\n}\n",
    ];
    for text in texts {
        read(text.as_bytes());
    }
}

#[test]
fn wide_and_deep_code_is_bounded() {
    let mut deep = "a".to_owned();
    for _ in 0..20_000 {
        deep = format!("[{deep}");
    }
    read(deep.as_bytes());
    let mut chain = String::from("locals {\n  l0 = 1\n");
    for at in 1..5_000 {
        chain.push_str(&format!("  l{at} = local.l{}\n", at - 1));
    }
    chain.push_str("}\nresource \"aws_s3_bucket\" \"b\" { bucket = local.l4999 }\n");
    read(chain.as_bytes());
    let mut double = String::from("locals {\n  l0 = [1, \"x\"]\n");
    for at in 1..64 {
        let before = at - 1;
        double.push_str(&format!("  l{at} = [local.l{before}, local.l{before}]\n"));
    }
    double.push_str("}\nresource \"aws_s3_bucket\" \"b\" { bucket = local.l63 }\n");
    read(double.as_bytes());
    let mut many = String::from("Resources:\n  Fn::ForEach::X:\n    - N\n    - [");
    many.push_str(&"a,".repeat(50_000));
    many.push_str("]\n    - { '${N}': { Type: AWS::S3::Bucket } }\n");
    read(many.as_bytes());
}
