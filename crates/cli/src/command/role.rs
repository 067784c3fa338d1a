//! `iam role`, `iam ask` and `iam scope`: questions about one role of an estate.

use anyhow::{Result, anyhow, bail};
use sagewarden_core::control::Control;
use sagewarden_core::dossier::{self, Asking};
use sagewarden_core::estate::Estate;
use sagewarden_core::facts::Context;
use sagewarden_core::facts::role::Roles;
use sagewarden_core::jobs::SnapshotJobs;
use sagewarden_core::judge::Selection;
use sagewarden_core::proposal::{self, Gathering, Proposal, Trial};
use sagewarden_core::snapshot::Snapshot;
use sagewarden_core::time::Time;
use sagewarden_report::{Run, json, role as text};

use crate::args::{self, IamAsk, IamRole, IamScope, ListFormat, PolicyFormat};
use crate::command::{Global, judging, select};
use crate::config::{self, Config};
use crate::input::{self, Opened};
use crate::{Exit, output};

/// What an estate says of roles.
struct Known {
    config: Config,
    estate: Estate,
    as_of: Time,
    run: Run,
}

impl Known {
    fn read(opened: &Opened, snapshot: &Snapshot<'_>, asked: &args::Estate) -> Result<Self> {
        let config = config::load(&asked.settings)?;
        let as_of = judging::instant(opened, snapshot);
        let read = judging::estate(snapshot)?;
        let mut warnings = opened.lost.clone();
        warnings.extend(snapshot.manifest().warnings.iter().map(ToString::to_string));
        warnings.extend(input::damages(&read.damages));
        let run = Run {
            inputs: asked
                .input
                .paths
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            warnings,
            ..judging::about(snapshot.manifest(), &config, as_of)
        };
        Ok(Known {
            config,
            estate: read.estate,
            as_of,
            run,
        })
    }

    fn context(&self) -> Context<'_> {
        Context::new(&self.estate, &self.config.tunables, self.as_of)
    }

    fn warn(&self) {
        for warning in &self.run.warnings {
            output::warn(warning);
        }
    }
}

pub(crate) fn role(asked: &IamRole, global: Global) -> Result<Exit> {
    let opened = input::open(&asked.estate.input, global.verbose)?;
    let known = Known::read(&opened, &opened.snapshot()?, &asked.estate)?;
    let context = known.context();
    let arn = dossier::find(&context, &asked.role)?;
    let dossier = dossier::dossier(&context, &arn)?;
    output::to(None, global, |out, width| {
        match asked.format {
            ListFormat::Text => text::dossier(&dossier, width, out)?,
            ListFormat::Json => json::role::role(&dossier, &known.run, out)?,
        }
        Ok(())
    })?;
    known.warn();
    Ok(Exit::Clean)
}

pub(crate) fn ask(asked: &IamAsk, global: Global) -> Result<Exit> {
    let given = given(&asked.context)?;
    if !asked.action.contains(':') || asked.action.contains(['*', '?']) {
        bail!(
            "`{}` is not an action; give one by its full name, `s3:GetObject`",
            asked.action
        );
    }
    let opened = input::open(&asked.estate.input, global.verbose)?;
    let known = Known::read(&opened, &opened.snapshot()?, &asked.estate)?;
    let context = known.context();
    let asking = Asking {
        role: dossier::find(&context, &asked.role)?,
        action: asked.action.clone(),
        resource: asked.resource.clone(),
        context: given,
    };
    let answer = dossier::ask(&context, &asking)?;
    output::to(None, global, |out, width| {
        match asked.format {
            ListFormat::Text => text::ask(&answer, width, out)?,
            ListFormat::Json => json::role::ask(&answer, &known.run, out)?,
        }
        Ok(())
    })?;
    known.warn();
    Ok(match answer.answer {
        "allow" => Exit::Clean,
        "deny" => Exit::Findings,
        _ => Exit::Incomplete,
    })
}

/// Context keys with their values, in the order in which they were first given.
fn given(pairs: &[String]) -> Result<Vec<(String, Vec<String>)>> {
    let mut given: Vec<(String, Vec<String>)> = Vec::new();
    for pair in pairs {
        let (key, value) = pair
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| anyhow!("--context: `{pair}` is not KEY=VALUE"))?;
        match given
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(key))
        {
            Some((_, values)) => values.push(value.to_owned()),
            None => given.push((key.to_owned(), vec![value.to_owned()])),
        }
    }
    Ok(given)
}

pub(crate) fn scope(asked: &IamScope, global: Global) -> Result<Exit> {
    let loaded = select::catalog(&[], &[])?;
    let controls: Vec<&Control> = loaded
        .catalog
        .controls
        .iter()
        .filter(|control| control.domain == "identity")
        .collect();
    let selection = Selection::new(controls);
    let opened = input::open(&asked.estate.input, global.verbose)?;
    let snapshot = opened.snapshot()?;
    let mut known = Known::read(&opened, &snapshot, &asked.estate)?;
    let jobs = SnapshotJobs::new(&snapshot);
    let (proposal, trial) = propose(&known, &jobs, &selection, &asked.role)?;
    known.run.warnings.extend(input::damages(&jobs.damages()));
    output::to(None, global, |out, width| {
        match asked.format {
            PolicyFormat::Text => {
                text::scope(&proposal, &trial, width, out)?;
            }
            PolicyFormat::Json => json::role::scope(&proposal, &trial, &known.run, out)?,
            PolicyFormat::Policy if !trial.accepted => {}
            PolicyFormat::Policy => {
                for document in &proposal.documents {
                    writeln!(out, "{document}")?;
                }
            }
        }
        Ok(())
    })?;
    known.warn();
    if trial.accepted {
        return Ok(Exit::Clean);
    }
    if asked.format == PolicyFormat::Policy {
        for still in &trial.still {
            output::warn(&format!("not accepted: {still}"));
        }
    }
    Ok(Exit::Findings)
}

/// The policy, and its trial in the same estate with the role as it would be.
fn propose(
    known: &Known,
    jobs: &SnapshotJobs<'_>,
    selection: &Selection<'_>,
    role: &str,
) -> Result<(Proposal, Trial)> {
    let context = known.context();
    let arn = dossier::find(&context, role)?;
    let mut gathering = Gathering::new([arn.as_str()]);
    gathering.estate(&context);
    gathering.jobs(&context, jobs)?;
    let proposal = gathering.propose(&context, &arn).map_err(|missing| {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        anyhow!("what `{arn}` holds was not read: {}", missing.join("; "))
    })?;
    let roles = Roles::new(&known.estate, &known.config.tunables);
    let after = Context {
        roles: roles.supposing(&arn, proposal.role.identity.clone()),
        ..known.context()
    };
    let trial = proposal::trial(&context, &after, selection, &proposal);
    Ok((proposal, trial))
}
