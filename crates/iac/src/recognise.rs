//! What a file is, told by how it begins.
//!
//! Enters: a file's name and its first bytes. Leaves: its language, or none where it is no
//! infrastructure code. Deliberately absent: whether it can be read.

/// A language of infrastructure code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A plan or state of Terraform or OpenTofu, as `show -json` prints it.
    TerraformPlan,
    /// A CloudFormation template, as JSON or YAML.
    CloudFormation,
    /// The definition of a pipeline of SageMaker's, as JSON.
    Pipeline,
    /// The definition of a state machine of Step Functions', in Amazon States Language.
    StateMachine,
}

/// Whether a file of that name holds Terraform's language, natively or as JSON.
#[must_use]
pub fn is_terraform(name: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"]
        .iter()
        .any(|suffix| name.ends_with(suffix))
}

/// The sections of a template that no other document has together with types of AWS's.
const SECTIONS: [&str; 3] = ["AWSTemplateFormatVersion", "Resources", "Transform"];

/// The language of a file that begins with `head`.
#[must_use]
pub fn recognise(name: &str, head: &[u8]) -> Option<Language> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end inside a character.
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?,
    };
    if text.trim_start().starts_with('{') {
        return json(text);
    }
    let lower = name.to_ascii_lowercase();
    let named = [".yaml", ".yml", ".template"]
        .iter()
        .any(|suffix| lower.ends_with(suffix));
    (named && yaml(text)).then_some(Language::CloudFormation)
}

fn json(text: &str) -> Option<Language> {
    let names = top_members(text);
    let has = |name: &str| names.iter().any(|known| known == name);
    let plan = [
        "terraform_version",
        "planned_values",
        "resource_changes",
        "values",
    ];
    if has("format_version") && plan.iter().any(|name| has(name)) {
        return Some(Language::TerraformPlan);
    }
    if has("StartAt") && has("States") {
        return text
            .contains(":sagemaker:create")
            .then_some(Language::StateMachine);
    }
    if has("Version") && has("Steps") && text.contains("\"Arguments\"") {
        return Some(Language::Pipeline);
    }
    let template = has("AWSTemplateFormatVersion") || has("Resources") && text.contains("\"AWS::");
    template.then_some(Language::CloudFormation)
}

/// A template begins its sections in the first column.
fn yaml(text: &str) -> bool {
    let begins = |line: &str, section: &str| {
        line.trim_start_matches(['"', '\''])
            .strip_prefix(section)
            .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
    };
    let mut found = SECTIONS.map(|_| false);
    for line in text.lines() {
        for (section, seen) in SECTIONS.iter().zip(&mut found) {
            *seen |= begins(line, section);
        }
    }
    let [version, resources, transform] = found;
    version || transform && resources || resources && text.contains("AWS::")
}

/// The names of the members of the outermost object, as far as the text goes.
fn top_members(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0usize;
    let mut name: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            '"' => {
                let mut string = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => {
                            chars.next();
                        }
                        '"' => break,
                        other => string.push(other),
                    }
                }
                if depth == 1 {
                    name = Some(string);
                }
            }
            ':' if depth == 1 => names.extend(name.take()),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_answers_by_its_outermost_members() {
        let plan = br#"{"format_version":"1.2","terraform_version":"1.9.8","planned_values":{"#;
        assert_eq!(recognise("x", plan), Some(Language::TerraformPlan));
        let json = br#"{"Resources":{"A":{"Type":"AWS::S3::Bucket"}}}"#;
        assert_eq!(recognise("x.json", json), Some(Language::CloudFormation));
        let yaml = b"# ours\nResources:\n  A:\n    Type: AWS::S3::Bucket\n";
        assert_eq!(recognise("x.yaml", yaml), Some(Language::CloudFormation));
        let answer = br#"{"NotebookInstances":[{"format_version":"1","Resources":"AWS::"}]}"#;
        assert_eq!(recognise("x.json", answer), None);
        assert_eq!(
            recognise("x.yaml", b"services:\n  web:\n    image: x\n"),
            None
        );
    }
}
