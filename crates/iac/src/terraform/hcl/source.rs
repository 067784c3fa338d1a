//! Files and folders of Terraform's language.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, BlockLabel, Body, Structure};

use super::Values;
use super::expression::literal;
use super::json;
use crate::error::CodeError;
use crate::value::{Node, Place};
use crate::{Neighbours, Settings, is_terraform};

/// One file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: Arc<str>,
    pub(super) body: Body,
    /// Where each line begins.
    lines: Vec<usize>,
    text: String,
    /// Where each line comes from, in a file that is written in JSON.
    origins: Vec<Option<Place>>,
}

/// The files of one folder: a module.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: String,
    pub(super) files: Vec<File>,
    /// `override.tf` and `*_override.tf`: what they say stands before what the others say.
    overrides: Vec<File>,
    /// `terraform.tfvars` and `*.auto.tfvars`, the last one counting.
    variables: Vec<Values>,
}

/// A block with the file that it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'s> {
    pub(super) block: &'s Block,
    pub(super) file: &'s File,
    folder: &'s Folder,
}

impl File {
    fn parse(name: &str, bytes: &[u8]) -> Result<File, CodeError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes)
            .map_err(|_| CodeError::new(name, None, "the file is not text in UTF-8"))?;
        let (text, origins) = if name.ends_with(".json") {
            json::written_out(name, text)?
        } else {
            (text.to_owned(), Vec::new())
        };
        let body = hcl_edit::parser::parse_body(&text).map_err(|error| {
            let line = error.location().line();
            let origin = origins.get(line.saturating_sub(1)).cloned().flatten();
            let line = origin.map_or(u32::try_from(line).ok(), |place| Some(place.line));
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
            text,
            origins,
        })
    }

    /// The place of a byte.
    fn at(&self, byte: usize) -> Option<Place> {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        if !self.origins.is_empty() {
            return self.origins.get(line - 1).cloned().flatten();
        }
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..byte).unwrap_or_default();
        Some(Place {
            file: self.name.clone(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
        })
    }

    pub(super) fn place_of_expression(&self, expression: &Expression) -> Option<Place> {
        self.at(expression.span()?.start)
    }

    pub(super) fn place_of_attribute(&self, attribute: &Attribute) -> Option<Place> {
        self.at(attribute.span()?.start)
    }

    pub(super) fn place_of_block(&self, block: &Block) -> Option<Place> {
        self.at(block.span()?.start)
    }
}

impl Folder {
    pub(super) fn read(path: &str, neighbours: &dyn Neighbours) -> Result<Folder, CodeError> {
        let mut folder = Folder {
            path: path.to_owned(),
            files: Vec::new(),
            overrides: Vec::new(),
            variables: Vec::new(),
        };
        let mut names = neighbours.list(path);
        names.sort();
        // OpenTofu reads `main.tofu` in the place of `main.tf`.
        let own = |name: &str| {
            let tofu = format!("{}ofu", name.strip_suffix('f').unwrap_or(name));
            name.ends_with(".tf") && names.contains(&tofu)
        };
        let full = |name: &str| match path {
            "" => name.to_owned(),
            _ => format!("{path}/{name}"),
        };
        for name in names.iter().filter(|name| is_terraform(name) && !own(name)) {
            let file = File::parse(&full(name), &bytes(&full(name), neighbours)?)?;
            if is_override(name) {
                folder.overrides.push(file);
            } else {
                folder.files.push(file);
            }
        }
        let of_all = ["terraform.tfvars", "terraform.tfvars.json"];
        let is_given =
            |name: &&String| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json");
        let given = of_all
            .into_iter()
            .filter(|name| names.iter().any(|known| known == name))
            .chain(names.iter().filter(is_given).map(String::as_str));
        for name in given {
            let given = variables(&full(name), &bytes(&full(name), neighbours)?)?;
            folder.variables.push(given);
        }
        Ok(folder)
    }

    /// The blocks of one type. A block that only an override file has stands for itself.
    pub(super) fn blocks<'s>(&'s self, of_type: &'s str) -> impl Iterator<Item = Found<'s>> {
        let own = self.files.iter().flat_map(move |file| {
            blocks_of(file, of_type).map(move |block| Found {
                block,
                file,
                folder: self,
            })
        });
        let only = self.overrides.iter().flat_map(move |file| {
            let based = |block: &Block| {
                let mut files = self.files.iter();
                files.any(|file| blocks_of(file, of_type).any(|base| is_same(base, block)))
            };
            blocks_of(file, of_type)
                .filter(move |block| of_type == "locals" || !based(block))
                .map(move |block| Found {
                    block,
                    file,
                    folder: self,
                })
        });
        own.chain(only)
    }

    /// Where the modules that it calls lie, if they are local.
    pub(super) fn local_calls(&self) -> Vec<String> {
        self.blocks("module")
            .filter_map(|found| found.local_source())
            .collect()
    }

    /// The values that files and the caller give to its variables.
    pub(super) fn given(&self, settings: &Settings) -> Values {
        let mut given = Values::new();
        for file in &self.variables {
            given.extend(file.iter().map(|(name, node)| (name.clone(), node.clone())));
        }
        for (name, value) in &settings.parameters {
            given.insert(name.clone(), self.parameter(name, value));
        }
        given
    }

    /// A value that is given as text: a list or map is written as Terraform writes it.
    fn parameter(&self, name: &str, value: &str) -> Node {
        let collection = self
            .blocks("variable")
            .filter(|found| label(found.block, 0) == name)
            .filter_map(|found| found.attribute("type"))
            .any(|(of_type, _)| matches!(of_type.value, Expression::FuncCall(_)));
        match hcl_edit::parser::parse_expr(value) {
            Ok(expression) if collection => literal(&expression),
            _ => Node::text(value),
        }
    }
}

impl<'s> Found<'s> {
    /// The block, and those of override files that change it.
    pub(super) fn layers(self) -> impl Iterator<Item = (&'s Block, &'s File)> {
        let over = self.folder.overrides.iter().flat_map(move |file| {
            blocks_of(file, self.block.ident.as_str())
                .filter(move |block| !std::ptr::eq(*block, self.block))
                .filter(move |block| is_same(self.block, block))
                .map(move |block| (block, file))
        });
        std::iter::once((self.block, self.file)).chain(over)
    }

    /// The attribute of that name, with the file that gives it.
    pub(super) fn attribute(self, name: &str) -> Option<(&'s Attribute, &'s File)> {
        let layers = self.layers();
        layers
            .filter_map(|(block, file)| Some((attribute(&block.body, name)?, file)))
            .last()
    }

    /// The blocks of that name inside it.
    pub(super) fn inside(self, name: &str) -> Vec<(&'s Block, &'s File)> {
        let of_layer = |(block, file): (&'s Block, &'s File)| {
            let found = block.body.iter().filter_map(|structure| match structure {
                Structure::Block(block) if block.ident.as_str() == name => Some((block, file)),
                _ => None,
            });
            found.collect::<Vec<_>>()
        };
        self.layers()
            .map(of_layer)
            .filter(|found| !found.is_empty())
            .last()
            .unwrap_or_default()
    }

    /// The folder of a module that is called from beside it.
    pub(super) fn local_source(self) -> Option<String> {
        let (source, _) = self.attribute("source")?;
        let text = match &source.value {
            Expression::String(text) => text.value().as_str().to_owned(),
            _ => return None,
        };
        (text.starts_with("./") || text.starts_with("../")).then_some(text)
    }
}

/// The bytes of a file that a folder lists: without them, nobody knows what it adds.
fn bytes(name: &str, neighbours: &dyn Neighbours) -> Result<Vec<u8>, CodeError> {
    let bytes = neighbours.read(name);
    bytes.ok_or_else(|| CodeError::new(name, None, "the file cannot be read, or is too large"))
}

fn is_override(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    stem == "override" || stem.ends_with("_override")
}

/// The values in a file of variables.
fn variables(name: &str, bytes: &[u8]) -> Result<Values, CodeError> {
    if name.ends_with(".json") {
        let json = crate::json(name, bytes)?;
        let members = json.as_object().into_iter().flatten();
        return Ok(members
            .map(|(name, value)| (name.clone(), Node::from_json(value, None)))
            .collect());
    }
    let file = File::parse(name, bytes)?;
    let attributes = file.body.iter().filter_map(Structure::as_attribute);
    Ok(attributes
        .map(|attribute| {
            let name = attribute.key.as_str().to_owned();
            (name, literal(&attribute.value))
        })
        .collect())
}

fn blocks_of<'f>(file: &'f File, of_type: &'f str) -> impl Iterator<Item = &'f Block> {
    file.body
        .iter()
        .filter_map(move |structure| match structure {
            Structure::Block(block) if block.ident.as_str() == of_type => Some(block),
            _ => None,
        })
}

/// Whether one block changes another: providers of one name are told apart by their alias.
fn is_same(base: &Block, other: &Block) -> bool {
    let alias = |block: &Block| {
        let alias = attribute(&block.body, "alias")?;
        Some(alias.value.to_string().trim().to_owned())
    };
    let labels = |block: &Block| -> Vec<String> {
        let labels = 0..block.labels.len();
        labels.map(|at| label(block, at).to_owned()).collect()
    };
    base.ident.as_str() == other.ident.as_str()
        && labels(base) == labels(other)
        && alias(base) == alias(other)
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
