//! From YAML to compiled controls.
//!
//! Enters: file names and texts. Leaves: controls and frameworks, every expression checked against
//! the facts of its asset kind. All errors of all files are reported at once, each with its place.

use std::collections::BTreeSet;
use std::fmt;

use sagewarden_core::asset::AssetKind;
use sagewarden_core::cel::{CelError, Program, Type, compile};
use sagewarden_core::control::{Case, Catalog, Control, Framework, Remediation, Rule, is_named};
use sagewarden_core::facts;
use sagewarden_core::request::Correction;
use sagewarden_core::template::Template;
use serde_saphyr::Spanned;

use crate::source::{CaseSource, ControlSource, RuleSource};

/// A place in a file of the catalogue, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct LoadError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// What is wrong and, where known, what was meant.
    pub message: String,
}

/// Every error of a load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct LoadErrors(pub Vec<LoadError>);

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

/// Loads controls and frameworks from `(file name, text)` pairs. A name under `frameworks/` is a
/// framework, one that ends in `.cases.yaml` is skipped, any other `.yaml` is a control.
///
/// # Errors
/// Every place of every file that cannot be used.
pub fn load<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
) -> Result<Catalog, LoadErrors> {
    let mut catalog = Catalog::default();
    let mut errors = Vec::new();
    for (name, text) in files {
        if name.ends_with(".cases.yaml") {
            continue;
        }
        let file = File { name, text };
        if name.split('/').any(|folder| folder == "frameworks") {
            match file.parse::<Framework>() {
                Ok(framework) => catalog.frameworks.push(framework),
                Err(error) => errors.push(error),
            }
        } else {
            match file.control() {
                Ok(control) => {
                    if catalog.control(&control.id).is_some() {
                        errors.push(file.error(
                            1,
                            1,
                            format!("control `{}` is defined twice", control.id),
                        ));
                    }
                    catalog.controls.push(control);
                }
                Err(mut found) => errors.append(&mut found),
            }
        }
    }
    if !errors.is_empty() {
        return Err(LoadErrors(errors));
    }
    catalog.controls.sort_by(|a, b| a.id.cmp(&b.id));
    catalog.frameworks.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(catalog)
}

/// Adds frameworks from `(file name, text)` pairs, and lays their requirements over the controls that
/// they name.
///
/// # Errors
/// Every file that cannot be used, and every pattern that names no control.
pub fn add_frameworks<'f>(
    catalog: &mut Catalog,
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
) -> Result<(), LoadErrors> {
    let mut errors = Vec::new();
    for (name, text) in files {
        let file = File { name, text };
        match file.parse::<Framework>() {
            Err(error) => errors.push(error),
            Ok(framework)
                if catalog
                    .frameworks
                    .iter()
                    .any(|known| known.id == framework.id) =>
            {
                errors.push(file.error(
                    1,
                    1,
                    format!("framework `{}` is defined twice", framework.id),
                ));
            }
            Ok(framework) => {
                for (id, requirement) in &framework.requirements {
                    for pattern in &requirement.controls {
                        if !lay_over(catalog, &framework.id, id, pattern) {
                            errors.push(file.error(
                                1,
                                1,
                                format!(
                                    "requirement `{id}` names `{pattern}`, which is no control"
                                ),
                            ));
                        }
                    }
                }
                catalog.frameworks.push(framework);
            }
        }
    }
    catalog.frameworks.sort_by(|a, b| a.id.cmp(&b.id));
    if errors.is_empty() {
        Ok(())
    } else {
        Err(LoadErrors(errors))
    }
}

/// Lets the controls of a pattern speak of a requirement; whether there is any.
fn lay_over(catalog: &mut Catalog, framework: &str, requirement: &str, pattern: &str) -> bool {
    let mut any = false;
    for control in &mut catalog.controls {
        if !is_named(&control.id, pattern) {
            continue;
        }
        any = true;
        let ids = control.compliance.entry(framework.to_owned()).or_default();
        if !ids.iter().any(|known| known == requirement) {
            ids.push(requirement.to_owned());
        }
    }
    any
}

/// Parses one YAML text, with the place of what is wrong.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(
    name: &str,
    text: &str,
) -> Result<T, LoadError> {
    File { name, text }.parse()
}

struct File<'f> {
    name: &'f str,
    text: &'f str,
}

impl File<'_> {
    fn error(&self, line: u64, column: u64, message: String) -> LoadError {
        LoadError {
            file: self.name.to_owned(),
            line,
            column,
            message,
        }
    }

    fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, LoadError> {
        serde_saphyr::from_str(self.text).map_err(|error| {
            let (line, column) = error
                .location()
                .map_or((1, 1), |location| (location.line(), location.column()));
            self.error(line, column, plain(&error))
        })
    }

    fn control(&self) -> Result<Control, Vec<LoadError>> {
        let source: ControlSource = self.parse().map_err(|error| vec![error])?;
        let mut compiler = Compiler {
            file: self,
            errors: Vec::new(),
        };
        let control = compiler.control(source);
        match control {
            Some(control) if compiler.errors.is_empty() => Ok(control),
            _ => Err(compiler.errors),
        }
    }

    /// The place in the file of a place in the text of a scalar.
    fn place(&self, scalar: &Spanned<String>, line: u32, column: u32) -> (u64, u64) {
        let start = scalar.referenced;
        let (first_line, first_column) = (start.line(), start.column());
        let opening = usize::try_from(first_line)
            .ok()
            .and_then(|line| self.text.lines().nth(line.checked_sub(1)?))
            .and_then(|line| {
                line.chars()
                    .nth(usize::try_from(first_column).ok()?.checked_sub(1)?)
            });
        match opening {
            // A block scalar starts on the line after its sign, at an indentation of its own.
            Some('|' | '>') => (first_line + u64::from(line), u64::from(column)),
            Some('"' | '\'') if line == 1 => (first_line, first_column + u64::from(column)),
            _ if line == 1 => (
                first_line,
                first_column + u64::from(column).saturating_sub(1),
            ),
            _ => (first_line + u64::from(line) - 1, u64::from(column)),
        }
    }
}

/// The message of a YAML error without the quoted source, on one line.
fn plain(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Collects what is wrong while it compiles, so that one run tells everything.
struct Compiler<'f> {
    file: &'f File<'f>,
    errors: Vec<LoadError>,
}

impl Compiler<'_> {
    fn control(&mut self, mut source: ControlSource) -> Option<Control> {
        if source.id.value.is_empty() || source.id.value.split('.').any(str::is_empty) {
            self.refuse(
                &source.id,
                "a control id is dotted words, such as `ORG.NOTEBOOK.TAGS.001`".to_owned(),
            );
        }
        for (what, text) in [
            ("title", &source.title),
            ("rationale", &source.rationale),
            ("remediation.summary", &source.remediation.summary),
        ] {
            if text.trim().is_empty() {
                self.errors
                    .push(self.file.error(1, 1, format!("`{what}` is empty")));
            }
        }
        let home = source.asset;
        let mut commands = vec![(home, self.templates(&source.remediation.commands, home))];
        for also in &source.also {
            if !also.commands.is_empty() {
                commands.push((also.asset, self.templates(&also.commands, also.asset)));
            }
        }
        let mut rules = vec![self.rule(source.rule())];
        rules.extend(source.also.iter_mut().map(|also| self.rule(also.rule())));
        Some(Control {
            id: source.id.value,
            title: source.title,
            severity: source.severity,
            kind: source.kind,
            domain: source.domain,
            compliance: source.compliance,
            rationale: source.rationale,
            rules: rules.into_iter().collect::<Option<Vec<_>>>()?,
            remediation: Remediation {
                change: source.remediation.change,
                summary: source.remediation.summary,
                commands,
                request: source.remediation.request.map(|request| Correction {
                    set: request.set.into_iter().collect(),
                    fill: request.fill.into_iter().collect(),
                }),
                guardrail: source.remediation.guardrail,
                terraform: source.remediation.terraform,
                cloudformation: source.remediation.cloudformation,
            },
            references: source.references,
        })
    }

    fn rule(&mut self, source: RuleSource<'_>) -> Option<Rule> {
        let kind = source.asset;
        let not_applicable = self.cases(source.not_applicable, kind, "not_applicable");
        let reasons = self.cases(source.reasons, kind, "reasons");
        let waived = self.cases(source.waived, kind, "waived");
        let notes = self.cases(source.notes, kind, "notes");
        if reasons.is_empty() {
            self.refuse(
                source.unsafe_when,
                "a control needs at least one entry in `reasons`".to_owned(),
            );
        }
        if notes.len() > 64 {
            self.refuse(
                source.unsafe_when,
                "a control may have at most 64 notes".to_owned(),
            );
        }
        let subject_when = source
            .subject_when
            .map(|expression| self.condition(expression, kind));
        let passes = source.passes.map(|template| self.template(template, kind));
        let unsafe_when = self.condition(source.unsafe_when, kind);
        Some(Rule {
            asset: kind,
            subject_when: subject_when.flatten(),
            not_applicable,
            unsafe_when: unsafe_when?,
            reasons,
            waived,
            notes,
            passes: passes.flatten(),
        })
    }

    fn cases(&mut self, sources: Vec<CaseSource>, kind: AssetKind, list: &str) -> Vec<Case> {
        let mut codes = BTreeSet::new();
        let mut cases = Vec::with_capacity(sources.len());
        for source in sources {
            let code = &source.code.value;
            let well_formed = !code.is_empty()
                && code
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !well_formed {
                self.refuse(
                    &source.code,
                    format!("code `{code}` is not lower-case words joined by `_`"),
                );
            }
            if list == "notes" && !codes.insert(code.clone()) {
                self.refuse(
                    &source.code,
                    format!("code `{code}` stands twice in `{list}`"),
                );
            }
            if list != "reasons" && source.when.is_none() {
                self.refuse(&source.code, format!("`{code}` in `{list}` needs a `when`"));
            }
            let when = source
                .when
                .as_ref()
                .and_then(|expression| self.condition(expression, kind));
            let says = source
                .says
                .as_ref()
                .and_then(|template| self.template(template, kind));
            cases.push(Case {
                code: source.code.value,
                when,
                says,
            });
        }
        cases
    }

    fn condition(&mut self, expression: &Spanned<String>, kind: AssetKind) -> Option<Program> {
        match compile(&expression.value, &facts::environment(kind), Type::Bool) {
            Ok(program) => Some(program),
            Err(error) => {
                self.refuse_at(expression, &error);
                None
            }
        }
    }

    fn templates(&mut self, sources: &[Spanned<String>], kind: AssetKind) -> Vec<Template> {
        sources
            .iter()
            .filter_map(|source| self.template(source, kind))
            .collect()
    }

    fn template(&mut self, source: &Spanned<String>, kind: AssetKind) -> Option<Template> {
        match Template::compile(&source.value, &facts::environment(kind)) {
            Ok(template) => Some(template),
            Err(error) => {
                self.refuse_at(source, &error);
                None
            }
        }
    }

    fn refuse(&mut self, scalar: &Spanned<String>, message: String) {
        let (line, column) = self.file.place(scalar, 1, 1);
        self.errors.push(self.file.error(line, column, message));
    }

    fn refuse_at(&mut self, scalar: &Spanned<String>, error: &CelError) {
        let (line, column) = self.file.place(scalar, error.line, error.column);
        self.errors
            .push(self.file.error(line, column, error.to_string()));
    }
}
