//! From paths to one snapshot.
//!
//! Enters: paths as typed. Leaves: a folder that holds a finished snapshot: the one on disk when a
//! single snapshot was named, else one in memory that everything was brought into. Damaged input is
//! an error unless `--keep-going`; what was merely not recognised is told and counted.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use sagewarden_core::snapshot::{
    Damage, Folder, MANIFEST, MemoryFolder, ReadOptions, Scope, Snapshot, WriteOptions, Writer,
    merge,
};
use sagewarden_core::time::Time;
use sagewarden_core::waiver::Claim;
use sagewarden_iac::{Language, Reader};
use sagewarden_import::{
    FileReport, ImportReport, Importer, Limits, SourceFile, Trouble, TroubleKind,
};

use crate::args::{Code, Input};
use crate::{code, one_line, output};
use sagewarden_disk::DiskFolder;

/// An opened input.
pub(crate) struct Opened {
    /// Holds a finished snapshot.
    pub(crate) folder: Box<dyn Folder>,
    /// How to read the folder.
    pub(crate) options: ReadOptions,
    /// The instant that was asked for.
    pub(crate) as_of: Option<Time>,
    /// What keep-going left out of saved answers.
    pub(crate) lost: Vec<String>,
    /// Whether all of it is infrastructure code, of which no listing is expected.
    pub(crate) only_code: bool,
    /// The assets that the code declares, when it is joined with what runs.
    pub(crate) assets: Option<BTreeSet<String>>,
    /// What runs, when code is joined with it.
    pub(crate) before: Option<Box<Opened>>,
    /// The waivers that code names.
    pub(crate) claims: Vec<Claim>,
    /// Whether some of it is infrastructure code.
    pub(crate) holds_code: bool,
}

impl Opened {
    /// One snapshot, as it was collected.
    pub(crate) fn of(folder: DiskFolder, options: ReadOptions, as_of: Option<Time>) -> Opened {
        Opened {
            folder: Box::new(folder),
            options,
            as_of,
            lost: Vec::new(),
            only_code: false,
            assets: None,
            before: None,
            claims: Vec::new(),
            holds_code: false,
        }
    }

    /// The snapshot.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<'_>> {
        Ok(Snapshot::open_with(self.folder.as_ref(), self.options)?)
    }
}

/// What writes snapshots.
pub(crate) fn write_options() -> WriteOptions {
    WriteOptions::new("sagewarden", env!("CARGO_PKG_VERSION"))
}

/// The instant of `--as-of`.
pub(crate) fn as_of(text: Option<&str>) -> Result<Option<Time>> {
    text.map(|text| {
        Time::parse(text)
            .ok_or_else(|| anyhow!("`--as-of {text}` is not a date or an instant; for example 2026-11-24 or 2026-11-24T06:00:00Z"))
    })
    .transpose()
}

/// Opens what was named. `verbose` tells what was made of every file.
pub(crate) fn open(input: &Input, verbose: u8) -> Result<Opened> {
    let as_of = as_of(input.as_of.as_deref())?;
    let options = ReadOptions {
        keep_going: input.keep_going,
        ..ReadOptions::default()
    };
    let (snapshots, others): (Vec<&PathBuf>, Vec<&PathBuf>) =
        input.paths.iter().partition(|path| is_snapshot(path));
    if let ([only], []) = (snapshots.as_slice(), others.as_slice()) {
        return Ok(Opened::of(DiskFolder::new(only), options, as_of));
    }
    let memory = MemoryFolder::new();
    let mut report = None;
    let mut lost = Vec::new();
    let mut only_code = snapshots.is_empty();
    let mut assets = None;
    let mut claims = Vec::new();
    let mut holds_code = false;
    let before = match &input.code.with {
        Some(path) if snapshots.is_empty() => Some(Box::new(live(path, input, verbose)?)),
        Some(_) => {
            bail!("`--with` joins code with a snapshot; name the code, and no other snapshot")
        }
        None => None,
    };
    if !others.is_empty() {
        // Light compression: these bytes live as long as the process.
        let write = WriteOptions {
            level: 1,
            ..write_options()
        };
        let mut writer = Writer::create(&memory, write)?;
        let imported = import(&others, input, before.as_deref(), verbose, &mut writer)?;
        if before.is_some() && imported.code == 0 {
            bail!("`--with` joins code with a snapshot, and the input holds no code");
        }
        assets = before.is_some().then_some(imported.assets);
        lost = imported.lost;
        claims = imported.claims;
        holds_code = imported.code > 0;
        only_code &= imported.code > 0 && imported.report.observations == 0;
        report = Some(imported.report);
        let mut scope = scope_of(report.as_ref());
        for (account, region) in imported.places {
            scope.accounts.push(account);
            scope.regions.push(region);
        }
        scope.accounts.sort();
        scope.accounts.dedup();
        scope.regions.sort();
        scope.regions.dedup();
        let latest = report.as_ref().and_then(|report| report.latest);
        let live = before.as_deref().map(Opened::snapshot).transpose()?;
        let latest = live.map(|live| live.manifest().as_of).or(latest);
        writer.finish(as_of.or(latest).unwrap_or_else(now), scope)?;
    }
    if snapshots.is_empty() {
        return Ok(Opened {
            folder: Box::new(memory),
            options,
            as_of,
            lost,
            only_code,
            assets,
            before,
            claims,
            holds_code,
        });
    }
    let disks: Vec<DiskFolder> = snapshots.iter().map(DiskFolder::new).collect();
    let mut parts: Vec<Snapshot<'_>> = Vec::new();
    for disk in &disks {
        parts.push(Snapshot::open_with(disk, options)?);
    }
    if report.is_some() {
        parts.push(Snapshot::open(&memory)?);
    }
    let all = MemoryFolder::new();
    merge(
        &parts,
        &all,
        WriteOptions {
            level: 1,
            ..write_options()
        },
        as_of,
    )?;
    Ok(Opened {
        folder: Box::new(all),
        options,
        as_of,
        lost,
        only_code,
        assets: None,
        before: None,
        claims,
        holds_code,
    })
}

/// Opens what runs, for code to be joined with.
fn live(path: &Path, input: &Input, verbose: u8) -> Result<Opened> {
    let input = Input {
        paths: vec![path.to_owned()],
        keep_going: input.keep_going,
        as_of: input.as_of.clone(),
        code: Code::default(),
    };
    open(&input, verbose)
}

/// What an import made of its files.
pub(crate) struct Imported {
    /// The importer's report.
    pub(crate) report: ImportReport,
    /// What could not be read and was left out.
    pub(crate) lost: Vec<String>,
    /// How many files of infrastructure code were read.
    pub(crate) code: usize,
    /// The accounts and Regions of the code.
    pub(crate) places: Vec<(String, String)>,
    /// The ARNs of the assets that the code declares.
    pub(crate) assets: BTreeSet<String>,
    /// The waivers that the code names.
    pub(crate) claims: Vec<Claim>,
}

/// Imports `paths` into `writer`. Indexes go first, since they explain the files beside them.
pub(crate) fn import(
    paths: &[&PathBuf],
    input: &Input,
    before: Option<&Opened>,
    verbose: u8,
    writer: &mut Writer<'_>,
) -> Result<Imported> {
    let Found {
        code,
        mut modules,
        rest,
    } = code_among(files(paths)?)?;
    let mut settings = code::settings(&input.code)?;
    let live = before.map(Opened::snapshot).transpose()?;
    if let Some(live) = &live {
        code::place_from(&mut settings, live);
    }
    let mut sources = BTreeSet::new();
    for (file, language) in &code {
        if *language == Language::TerraformPlan {
            sources.extend(code::source_of(file.path.as_deref(), &input.code));
        }
    }
    // What a plan was made from is judged by the plan, which knows more.
    modules.retain(|module| !sources.iter().any(|source| code::is_inside(module, source)));
    let count = code.len() + usize::from(!modules.is_empty());
    settings.qualified = count > 1;
    let mut reader = Reader::new(&settings);
    let mut lost_code = Vec::new();
    let code_arguments = &input.code;
    for (mut file, language) in code {
        let name = file.shown();
        let path = file.path.clone();
        let read = file.open().and_then(|mut input| {
            let bytes = code::bytes(&name, input.as_mut())?;
            let source = code::source_of(path.as_deref(), code_arguments);
            Ok(reader.file(&name, &bytes, language, source.as_deref(), &code::Disk)?)
        });
        told(read, &name, input.keep_going, verbose, &mut lost_code)?;
    }
    if !modules.is_empty() {
        let read = reader.folders(&modules, &code::Disk);
        let name = modules.join(", ");
        told(
            read.map_err(Into::into),
            &name,
            input.keep_going,
            verbose,
            &mut lost_code,
        )?;
    }
    let read = reader.finish();
    for warning in &read.warnings {
        output::warn(warning);
    }
    let places = code::places(&read.observations);
    let assets = code::assets(&read.observations);
    let mut claims = read.claims;
    claims.extend(sagewarden_iac::claims(&read.observations, &code::Disk));
    let observations = match &live {
        Some(live) => sagewarden_iac::join(read.observations, code::observations(live)?),
        None => read.observations,
    };
    for observation in observations {
        writer.push(observation)?;
    }
    // Beside code lie files of all kinds: what is no saved answer is nobody's loss there.
    let only_code = input.code.only_code;
    let rest = if only_code { Vec::new() } else { rest };
    let beside_code = count > 0 || only_code;
    let keep_going = input.keep_going || beside_code;
    let mut imported = import_answers(rest, keep_going, beside_code, verbose, writer)?;
    if beside_code && !input.keep_going {
        imported.lost.clear();
    }
    imported.lost.extend(lost_code);
    imported.code = count;
    imported.places = places;
    imported.assets = assets;
    imported.claims = claims;
    Ok(imported)
}

/// Tells how many resources a piece of code declares, or notes it as lost.
fn told(
    read: Result<usize>,
    name: &str,
    keep_going: bool,
    verbose: u8,
    lost: &mut Vec<String>,
) -> Result<()> {
    match read {
        Err(error) if keep_going => lost.push(one_line(&error)),
        Err(error) => return Err(error),
        Ok(count) if verbose > 0 => output::say(&format!("{name}: {count} resources")),
        Ok(_) => {}
    }
    Ok(())
}

/// The files of an input, told apart.
#[derive(Default)]
struct Found {
    /// Files that are code by themselves.
    code: Vec<(File, Language)>,
    /// Folders of Terraform's language.
    modules: Vec<String>,
    /// All others.
    rest: Vec<File>,
}

/// Tells infrastructure code from the other files.
fn code_among(files: Vec<File>) -> Result<Found> {
    let mut found = Found::default();
    for mut file in files {
        if let Some(folder) = file.path.as_deref().and_then(code::module_folder) {
            if !found.modules.contains(&folder) {
                found.modules.push(folder);
            }
            continue;
        }
        let language = match &file.path {
            Some(path) => code::language(path)?,
            None => {
                let (language, reader) = code::peeked(io::stdin())?;
                file.peeked = Some(reader);
                language
            }
        };
        match language {
            Some(language) => found.code.push((file, language)),
            None => found.rest.push(file),
        }
    }
    Ok(found)
}

/// Imports saved answers.
fn import_answers(
    files: Vec<File>,
    keep_going: bool,
    beside_code: bool,
    verbose: u8,
    writer: &mut Writer<'_>,
) -> Result<Imported> {
    let mut importer = Importer::new(Limits::default());
    let mut failure = None;
    let mut sink = |observation| {
        if failure.is_none()
            && let Err(error) = writer.push(observation)
        {
            failure = Some(error);
        }
    };
    let mut lost = Vec::new();
    // The importer reports these too, but they are told once.
    let mut failed = BTreeSet::new();
    let (indexes, answers): (Vec<File>, Vec<File>) = files
        .into_iter()
        .partition(|file| Importer::is_index(&file.name));
    for mut file in indexes.into_iter().chain(answers) {
        let read = file.open().and_then(|mut reader| {
            let source = SourceFile {
                name: &file.name,
                reader: &mut reader,
            };
            Ok(importer.file(source, &mut sink)?)
        });
        match read {
            Err(error) if keep_going => {
                lost.push(one_line(&error));
                failed.insert(file.name);
            }
            other => other?,
        }
    }
    let report = importer.finish(&mut sink);
    if let Some(error) = failure {
        return Err(error.into());
    }
    let damages: Vec<&Trouble> = report
        .troubles()
        .filter(|trouble| is_damage(trouble.kind))
        .collect();
    if let Some(first) = damages.first().filter(|_| !keep_going) {
        let more = match damages.len() - 1 {
            0 => String::new(),
            others => format!(" (and {others} more)"),
        };
        bail!("{first}{more}; mend the input, or judge the rest with `--keep-going`");
    }
    lost.extend(
        damages
            .iter()
            .filter(|damage| !failed.contains(&damage.file))
            .map(ToString::to_string),
    );
    // Beside code, files that hold no answer are told only to who asks.
    if !beside_code || report.observations > 0 || verbose > 0 {
        tell(&report, beside_code, verbose)?;
    }
    Ok(Imported {
        report,
        lost,
        code: 0,
        places: Vec::new(),
        assets: BTreeSet::new(),
        claims: Vec::new(),
    })
}

/// Whether a trouble takes away something that may have been an answer.
fn is_damage(kind: TroubleKind) -> bool {
    matches!(
        kind,
        TroubleKind::Damaged
            | TroubleKind::Truncated
            | TroubleKind::InvalidText
            | TroubleKind::TooLarge
            | TroubleKind::TooDeep
            | TroubleKind::Index
    )
}

/// Tells what was made of the input, and refuses one that holds nothing.
fn tell(report: &ImportReport, beside_code: bool, verbose: u8) -> Result<()> {
    if verbose > 0 {
        for file in &report.files {
            output::say(&format!(
                "{}: {}",
                sagewarden_report::text::printable(&file.name),
                made_of(file)
            ));
        }
    }
    let troubles: Vec<&Trouble> = report.troubles().collect();
    if report.observations == 0 && !beside_code {
        match troubles.first() {
            Some(trouble) => bail!("nothing to judge: {trouble}"),
            None => bail!(
                "nothing to judge: the input holds no saved AWS answer, Terraform plan or CloudFormation template"
            ),
        }
    }
    let told = if verbose > 0 { troubles.len() } else { 3 };
    for trouble in troubles
        .iter()
        .filter(|trouble| trouble.kind != TroubleKind::Note || verbose > 0)
        .take(told)
    {
        output::warn(&trouble.to_string());
    }
    let read: Vec<&FileReport> = report.files.iter().filter(|file| !file.ignored).collect();
    let unused = read
        .iter()
        .filter(|file| file.recognised.is_empty() && file.index_lines == 0)
        .count();
    let documents = report.unusable + report.unrecognised + report.unreadable;
    if (unused > 0 || documents > 0) && verbose == 0 {
        output::warn(&format!(
            "{documents} documents were not used, and {unused} of {} files hold no answer that is read; `-v` tells what was made of every file",
            read.len()
        ));
    }
    Ok(())
}

/// What was made of a file.
fn made_of(file: &FileReport) -> String {
    if file.ignored {
        return "skipped for its name".to_owned();
    }
    let mut made: Vec<String> = file
        .recognised
        .iter()
        .map(|(operation, count)| format!("{count} × {operation}"))
        .collect();
    if file.index_lines > 0 {
        made.push(format!("{} lines of an index", file.index_lines));
    }
    if made.is_empty() {
        made.push("nothing recognised".to_owned());
    }
    made.join(", ")
}

/// The accounts and Regions of an import.
pub(crate) fn scope_of(report: Option<&ImportReport>) -> Scope {
    let mut scope = Scope::default();
    for (account, regions) in report.map(|report| &report.scopes).into_iter().flatten() {
        scope.accounts.push(account.clone());
        scope.regions.extend(regions.iter().cloned());
    }
    scope.regions.sort();
    scope.regions.dedup();
    scope
}

/// The clock, read once a run and only where the input does not tell.
pub(crate) fn now() -> Time {
    Time(jiff::Timestamp::now().as_millisecond())
}

/// What keep-going left out, as warnings.
pub(crate) fn damages(damages: &[Damage]) -> Vec<String> {
    damages.iter().map(ToString::to_string).collect()
}

/// Whether `path` is a snapshot's folder: it holds a part, or a manifest that says so. One whose
/// manifest is missing counts, so that it is told as unfinished and not read as something else.
pub(crate) fn is_snapshot(path: &Path) -> bool {
    let folders = |path: &Path, prefix: &str| -> Vec<PathBuf> {
        below(path)
            .into_iter()
            .filter(|path| named(path).starts_with(prefix) && path.is_dir())
            .collect()
    };
    let has_part = folders(path, "account=")
        .iter()
        .flat_map(|account| folders(account, "region="))
        .flat_map(|region| below(&region))
        .any(|file| named(&file).ends_with(".ndjson.zst"));
    has_part || is_manifest(&path.join(MANIFEST))
}

fn below(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

fn named(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// Whether a file begins as a manifest does, of whatever version.
fn is_manifest(path: &Path) -> bool {
    const BEGINNING: u64 = 256;
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut text));
    read.is_ok() && String::from_utf8_lossy(&text).contains("sagewarden.snapshot/")
}

/// One file of the input.
struct File {
    name: String,
    path: Option<PathBuf>,
    /// Standard input, with its beginning that was looked at.
    peeked: Option<Box<dyn Read>>,
}

impl File {
    /// How findings call it: as a reader can open it from here.
    fn shown(&self) -> String {
        self.path
            .as_deref()
            .map_or_else(|| self.name.clone(), code::name_of)
    }

    fn open(&mut self) -> Result<Box<dyn Read>> {
        match &self.path {
            None => Ok(self
                .peeked
                .take()
                .unwrap_or_else(|| Box::new(io::stdin().lock()))),
            Some(path) => {
                let file = fs::File::open(path)
                    .with_context(|| format!("cannot read `{}`", path.display()))?;
                Ok(Box::new(file))
            }
        }
    }
}

/// The files of the input, in a fixed order.
fn files(paths: &[&PathBuf]) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            files.push(File {
                name: "-".to_owned(),
                path: None,
                peeked: None,
            });
            continue;
        }
        let metadata =
            fs::metadata(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if metadata.is_dir() {
            let before = files.len();
            walk(path, path, &mut BTreeSet::new(), &mut files)?;
            if files.len() == before {
                bail!("`{}` holds no files", path.display());
            }
        } else {
            let name = path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned();
            files.push(File {
                name,
                path: Some((*path).clone()),
                peeked: None,
            });
        }
    }
    Ok(files)
}

/// Collects the files below `folder`. `above` holds the real paths of the folders on the way, so that
/// a link that leads back into one of them is told instead of followed for ever.
fn walk(
    root: &Path,
    folder: &Path,
    above: &mut BTreeSet<PathBuf>,
    files: &mut Vec<File>,
) -> Result<()> {
    let real =
        fs::canonicalize(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    if !above.insert(real.clone()) {
        bail!(
            "`{}` is a link to a folder that holds it; remove the link",
            folder.display()
        );
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect()
        })
        .with_context(|| format!("cannot list `{}`", folder.display()))?;
    entries.sort();
    for path in entries {
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        let metadata =
            fs::metadata(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        if metadata.is_dir() {
            walk(root, &path, above, files)?;
        } else if !metadata.is_file() {
            // A pipe or a device would be waited for without end.
            bail!(
                "`{}` is neither a file nor a folder; remove it, or name it by itself",
                path.display()
            );
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path);
            let name = name
                .components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect::<Vec<_>>()
                .join("/");
            files.push(File {
                name,
                path: Some(path),
                peeked: None,
            });
        }
    }
    above.remove(&real);
    Ok(())
}
