//! Files and folders of Terraform's language.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, BlockLabel, Body, Structure};

use super::Values;
use super::expression::literal;
use crate::error::CodeError;
use crate::value::{Node, Place};
use crate::{Neighbours, Settings};

/// One file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: Arc<str>,
    pub(super) body: Body,
    /// Where each line begins.
    lines: Vec<usize>,
    text: String,
}

/// The `.tf` files of one folder: a module.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: String,
    pub(super) files: Vec<File>,
    /// `terraform.tfvars` and `*.auto.tfvars`.
    variables: Vec<File>,
}

/// A block with the file that it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'s> {
    pub(super) block: &'s Block,
    pub(super) file: &'s File,
}

impl File {
    fn parse(name: &str, bytes: &[u8]) -> Result<File, CodeError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes)
            .map_err(|_| CodeError::new(name, None, "the file is not text in UTF-8"))?;
        let body = hcl_edit::parser::parse_body(text).map_err(|error| {
            let line = u32::try_from(error.location().line()).ok();
            let what = error
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            CodeError::new(
                name,
                line,
                format!("this is not Terraform's language: {what}"),
            )
        })?;
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Ok(File {
            name: Arc::from(name),
            body,
            lines,
            text: text.to_owned(),
        })
    }

    /// The place of a byte.
    fn at(&self, byte: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..byte).unwrap_or_default();
        Place {
            file: self.name.clone(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn place_of_expression(&self, expression: &Expression) -> Option<Place> {
        Some(self.at(expression.span()?.start))
    }

    pub(super) fn place_of_attribute(&self, attribute: &Attribute) -> Option<Place> {
        Some(self.at(attribute.span()?.start))
    }

    pub(super) fn place_of_block(&self, block: &Block) -> Option<Place> {
        Some(self.at(block.span()?.start))
    }
}

impl Folder {
    pub(super) fn read(path: &str, neighbours: &dyn Neighbours) -> Result<Folder, CodeError> {
        let mut folder = Folder {
            path: path.to_owned(),
            files: Vec::new(),
            variables: Vec::new(),
        };
        let mut names = neighbours.list(path);
        names.sort();
        for name in names {
            let full = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}/{name}")
            };
            let is_code = name.ends_with(".tf") || name.ends_with(".tofu");
            let is_given = name == "terraform.tfvars" || name.ends_with(".auto.tfvars");
            if !is_code && !is_given {
                continue;
            }
            let Some(bytes) = neighbours.read(&full) else {
                continue;
            };
            let file = File::parse(&full, &bytes)?;
            if is_code {
                folder.files.push(file);
            } else {
                folder.variables.push(file);
            }
        }
        Ok(folder)
    }

    /// The blocks of one type.
    pub(super) fn blocks<'s>(&'s self, of_type: &'s str) -> impl Iterator<Item = Found<'s>> {
        self.files.iter().flat_map(move |file| {
            file.body
                .iter()
                .filter_map(move |structure| match structure {
                    Structure::Block(block) if block.ident.as_str() == of_type => {
                        Some(Found { block, file })
                    }
                    _ => None,
                })
        })
    }

    /// Where the modules that it calls lie, if they are local.
    pub(super) fn local_calls(&self) -> Vec<String> {
        self.blocks("module")
            .filter_map(|found| local_source(found.block))
            .collect()
    }

    /// The values that files and the caller give to its variables.
    pub(super) fn given(&self, settings: &Settings) -> Values {
        let mut given = Values::new();
        for file in &self.variables {
            for structure in &file.body {
                if let Structure::Attribute(attribute) = structure {
                    let node = literal(&attribute.value);
                    given.insert(attribute.key.as_str().to_owned(), node);
                }
            }
        }
        for (name, value) in &settings.parameters {
            given.insert(name.clone(), Node::text(value));
        }
        given
    }
}

/// The folder of a module that is called from beside it.
pub(super) fn local_source(block: &Block) -> Option<String> {
    let source = attribute(&block.body, "source")?;
    let text = source.value.as_str()?;
    (text.starts_with("./") || text.starts_with("../")).then(|| text.to_owned())
}

pub(super) fn attribute<'b>(body: &'b Body, name: &str) -> Option<&'b Attribute> {
    body.iter().find_map(|structure| match structure {
        Structure::Attribute(attribute) if attribute.key.as_str() == name => Some(attribute),
        _ => None,
    })
}

/// The label of a block at that position.
pub(super) fn label(block: &Block, index: usize) -> &str {
    match block.labels.get(index) {
        Some(BlockLabel::Ident(ident)) => ident.as_str(),
        Some(BlockLabel::String(text)) => text.as_str(),
        None => "",
    }
}
