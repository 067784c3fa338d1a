//! Edits that mend a finding where the code says it.
//!
//! Enters: the text of a file, and what is wanted at a place in it. Leaves: the exact edit, which
//! touches nothing else, or why there is none. Only settings of one attribute with a literal value
//! are mended; what a variable, a function or a flow mapping gives is left to its author.
//! Deliberately absent: writing.

use std::cell::OnceCell;
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body, Structure};

use sagewarden_core::snapshot::SourcePlace;

use crate::is_terraform;

/// A setting that mends a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The control, and the reason of its fail; empty for any.
    on: (&'static str, &'static str),
    /// Terraform's attribute.
    attribute: &'static str,
    /// CloudFormation's property.
    property: &'static str,
    /// The value, as Terraform writes it.
    terraform: &'static str,
    /// The value, as YAML writes it.
    yaml: &'static str,
}

/// The settings. Those that need a name of the reader's own (a key, a subnet) are not among them.
const SETTINGS: &[Setting] = &[
    Setting {
        on: ("CTL.SAGEMAKER.NOTEBOOK.ROOT.001", ""),
        attribute: "root_access",
        property: "RootAccess",
        terraform: "\"Disabled\"",
        yaml: "Disabled",
    },
    Setting {
        // Without a subnet the service refuses it.
        on: ("CTL.SAGEMAKER.NOTEBOOK.INTERNET.001", "enabled_with_vpc"),
        attribute: "direct_internet_access",
        property: "DirectInternetAccess",
        terraform: "\"Disabled\"",
        yaml: "Disabled",
    },
    Setting {
        on: ("CTL.SAGEMAKER.MODEL.ISOLATION.001", ""),
        attribute: "enable_network_isolation",
        property: "EnableNetworkIsolation",
        terraform: "true",
        yaml: "true",
    },
    Setting {
        on: ("CTL.SAGEMAKER.TRAINING.ISOLATION.001", ""),
        attribute: "enable_network_isolation",
        property: "",
        terraform: "true",
        yaml: "",
    },
    Setting {
        on: ("CTL.SAGEMAKER.TRAINING.ENCRYPT.INTERCONTAINER.001", ""),
        attribute: "enable_inter_container_traffic_encryption",
        property: "",
        terraform: "true",
        yaml: "",
    },
    Setting {
        on: ("CTL.SAGEMAKER.ENDPOINT.REDUNDANCY.001", "single_instance"),
        attribute: "initial_instance_count",
        property: "InitialInstanceCount",
        terraform: "2",
        yaml: "2",
    },
];

/// The setting that mends a fail of `control` for `reason`, if one attribute does.
#[must_use]
pub fn setting(control: &str, reason: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| {
        setting.on.0 == control && (setting.on.1.is_empty() || setting.on.1 == reason)
    })
}

/// An edit of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced; empty where something is put in.
    pub range: Range<usize>,
    /// What stands there then.
    pub text: String,
}

impl Setting {
    /// What the setting is called in a file, and its value as the file writes it.
    #[must_use]
    pub fn in_file(&self, file: &str) -> (&'static str, &'static str) {
        if is_terraform(file) {
            (self.attribute, self.terraform)
        } else {
            (self.property, self.yaml)
        }
    }
}

/// A file that is edited, which is read once however many edits it gets.
#[derive(Debug)]
pub struct File<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    /// What Terraform's language says there, once somebody asked; none where it cannot be read.
    body: OnceCell<Option<Body>>,
}

impl<'t> File<'t> {
    /// The file of that text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let lines = text.match_indices('\n').map(|(at, _)| at + 1);
        File {
            text,
            lines: std::iter::once(0).chain(lines).collect(),
            body: OnceCell::new(),
        }
    }

    /// The edit that gives `setting` its value at `place`.
    ///
    /// # Errors
    /// Why there is none, in words that fit after "not mended: ".
    pub fn edit(&self, place: &SourcePlace, setting: &Setting) -> Result<Edit, &'static str> {
        let text = self.text;
        let at = self
            .byte_of(place)
            .ok_or("the file has changed since it was read")?;
        if is_terraform(&place.file) && !place.file.ends_with(".json") {
            let body = self
                .body
                .get_or_init(|| hcl_edit::parser::parse_body(text).ok());
            let body = body.as_ref().ok_or("the file cannot be read")?;
            return terraform(text, body, at, setting);
        }
        let is_yaml = [".yaml", ".yml", ".template"]
            .iter()
            .any(|suffix| place.file.ends_with(suffix));
        if is_yaml && !text.trim_start().starts_with('{') && !setting.property.is_empty() {
            return yaml(text, at, setting);
        }
        Err("the code is in a form that is not edited")
    }

    /// The line and column of a byte.
    #[must_use]
    pub fn position(&self, byte: usize) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..byte).unwrap_or_default();
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        (number(line), number(before.chars().count() + 1))
    }

    fn byte_of(&self, place: &SourcePlace) -> Option<usize> {
        let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
        let start = *self.lines.get(line)?;
        let inside = self.text.get(start..)?;
        let offset = inside.char_indices().nth(column).map(|(at, _)| at)?;
        Some(start + offset)
    }
}

fn terraform(text: &str, body: &Body, at: usize, setting: &Setting) -> Result<Edit, &'static str> {
    match found(body, at).ok_or("nothing that is edited stands there")? {
        Standing::Attribute(attribute) if attribute.key.as_str() == setting.attribute => {
            let literal = matches!(
                attribute.value,
                Expression::Bool(_) | Expression::Number(_) | Expression::String(_)
            );
            if !literal {
                return Err("an expression gives the value");
            }
            Ok(Edit {
                range: attribute.value.span().ok_or("its value has no place")?,
                text: setting.terraform.to_owned(),
            })
        }
        Standing::Attribute(_) => Err("another attribute stands there"),
        Standing::Block(block) => {
            let written = block.body.iter().any(|structure| {
                structure
                    .as_attribute()
                    .is_some_and(|known| known.key.as_str() == setting.attribute)
            });
            if written {
                return Err("an expression gives the value");
            }
            if setting.attribute == "initial_instance_count" {
                return Err("the count stands in a block inside");
            }
            let first = block.body.iter().find_map(Structure::as_attribute);
            let first = first
                .and_then(Attribute::span)
                .ok_or("the block is empty")?;
            let line = text.get(..first.start).and_then(|text| text.rfind('\n'));
            let line = line.map_or(0, |at| at + 1);
            let indent = text.get(line..first.start).unwrap_or_default();
            if !indent.chars().all(char::is_whitespace) {
                return Err("the block stands on one line");
            }
            Ok(Edit {
                range: line..line,
                text: format!("{indent}{} = {}\n", setting.attribute, setting.terraform),
            })
        }
    }
}

enum Standing<'b> {
    Attribute(&'b Attribute),
    Block(&'b Block),
}

/// What begins at a byte.
fn found(body: &Body, at: usize) -> Option<Standing<'_>> {
    body.iter().find_map(|structure| {
        let span = structure.span()?;
        match structure {
            Structure::Attribute(attribute) => {
                (span.start == at).then_some(Standing::Attribute(attribute))
            }
            Structure::Block(block) if span.start == at => Some(Standing::Block(block)),
            Structure::Block(block) if span.contains(&at) => found(&block.body, at),
            Structure::Block(_) => None,
        }
    })
}

/// The place is that of a value that is written, or of the resource that lacks it.
fn yaml(text: &str, at: usize, setting: &Setting) -> Result<Edit, &'static str> {
    let line_start = text.get(..at).and_then(|text| text.rfind('\n'));
    let line_start = line_start.map_or(0, |at| at + 1);
    let before = text.get(line_start..at).unwrap_or_default();
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let name = before.trim().trim_start_matches("- ");
    if name.trim_end_matches(':').trim() == setting.property && name.ends_with(':') {
        let value = line.split(" #").next().unwrap_or_default().trim_end();
        let bare = value.trim_matches(['"', '\'']);
        let literal = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphanumeric());
        if !literal {
            return Err("an expression gives the value");
        }
        return Ok(Edit {
            range: at..at + value.len(),
            text: setting.yaml.to_owned(),
        });
    }
    if !before.chars().all(char::is_whitespace) || setting.property == "InitialInstanceCount" {
        return Err("nothing that is edited stands there");
    }
    // The resource: its properties are the lines deeper than `Properties:`, beside it.
    let indent = before.len();
    let mut offset = line_start;
    for line in text
        .get(line_start..)
        .unwrap_or_default()
        .split_inclusive('\n')
    {
        let depth = line.len() - line.trim_start().len();
        let bare = line.trim();
        let is_text = !bare.is_empty() && !bare.starts_with('#');
        if is_text && depth < indent {
            break;
        }
        offset += line.len();
        if depth == indent && bare == "Properties:" {
            let next = text.get(offset..).unwrap_or_default();
            let first = next
                .lines()
                .find(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
            let first = first.ok_or("the resource has no properties")?;
            let deeper = first.len() - first.trim_start().len();
            if deeper <= indent || first.trim_start().starts_with('-') {
                return Err("the properties are not a block");
            }
            return Ok(Edit {
                range: offset..offset,
                text: format!(
                    "{}{}: {}\n",
                    " ".repeat(deeper),
                    setting.property,
                    setting.yaml
                ),
            });
        }
    }
    Err("the resource has no block of properties")
}

/// A text with edits made, which must not overlap.
#[must_use]
pub fn edited(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        if edit.range.start < at && edit.range.start != edit.range.end {
            continue;
        }
        out.push_str(text.get(at..edit.range.start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.range.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(file: &str, text: &str, line: u32, column: u32) -> Result<String, &'static str> {
        let place = SourcePlace {
            file: file.to_owned(),
            line,
            column,
        };
        let setting = setting("CTL.SAGEMAKER.NOTEBOOK.ROOT.001", "root_enabled").unwrap();
        File::new(text)
            .edit(&place, setting)
            .map(|edit| edited(text, &[edit]))
    }

    #[test]
    fn terraform_keeps_its_comments_and_layout() {
        let text = "resource \"a\" \"b\" {\n  # why\n  root_access  =  \"Enabled\" # for now\n}\n";
        assert_eq!(
            mended("m.tf", text, 3, 3).unwrap(),
            text.replace("\"Enabled\"", "\"Disabled\"")
        );
    }

    #[test]
    fn terraform_without_the_attribute_gets_it() {
        let text = "resource \"a\" \"b\" {\n  name = \"x\"\n}\n";
        assert_eq!(
            mended("m.tf", text, 1, 1).unwrap(),
            "resource \"a\" \"b\" {\n  root_access = \"Disabled\"\n  name = \"x\"\n}\n"
        );
    }

    #[test]
    fn an_expression_is_left_to_its_author() {
        let text = "resource \"a\" \"b\" {\n  root_access = var.root\n}\n";
        assert_eq!(
            mended("m.tf", text, 2, 3),
            Err("an expression gives the value")
        );
        let text = "R:\n  Properties:\n    RootAccess: !If [A, B, C]\n";
        assert_eq!(
            mended("t.yaml", text, 3, 17),
            Err("an expression gives the value")
        );
    }

    #[test]
    fn yaml_keeps_its_comments_and_layout() {
        let text = "R:\n  Type: T # t\n  Properties:\n    RootAccess: 'Enabled' # for now\n";
        assert_eq!(
            mended("t.yaml", text, 4, 17).unwrap(),
            text.replace("'Enabled'", "Disabled")
        );
        let text = "R:\n  Type: T # t\n  Properties:\n    # first\n    Name: x\nS:\n  Type: U\n";
        assert_eq!(
            mended("t.yaml", text, 2, 3).unwrap(),
            text.replace("Properties:\n", "Properties:\n    RootAccess: Disabled\n")
        );
        let text = "R:\n  Type: T\n  Properties: { Name: x }\nS:\n  Properties:\n    Name: x\n";
        assert!(mended("t.yaml", text, 2, 3).is_err());
    }
}
