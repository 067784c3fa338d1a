//! What may be typed.

#[cfg(feature = "serve")]
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// SageMaker security posture: decides every control for every asset, and proves the answer.
#[derive(Debug, Parser)]
#[command(name = "sagewarden", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 nothing open at the threshold, 1 open findings, 2 could not assess, 3 incomplete under --strict."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colour. `NO_COLOR` and `CLICOLOR_FORCE` are obeyed.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, help_heading = "Everywhere")]
    pub(crate) color: Colour,
    /// Wrap text at this many columns (default: those of the terminal, and not at all elsewhere).
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = columns, help_heading = "Everywhere")]
    pub(crate) width: Option<usize>,
    /// Say more on standard error; twice says what was made of every file.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Everywhere")]
    pub(crate) verbose: u8,
    /// Say only the counts.
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Everywhere"
    )]
    pub(crate) quiet: bool,
}

/// Text narrower than this cannot be read.
const NARROWEST: usize = 40;

fn columns(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(columns) if columns >= NARROWEST => Ok(columns),
        _ => Err(format!(
            "a width is a number of columns, {NARROWEST} or more"
        )),
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge saved AWS answers or a snapshot.
    Check(Box<Check>),
    /// Read AWS accounts and judge them.
    #[cfg(feature = "live")]
    Scan(Box<Scan>),
    /// Read AWS accounts into a snapshot folder.
    #[cfg(feature = "live")]
    Collect(Box<Collect>),
    /// Turn saved AWS answers into a snapshot folder.
    Convert(Convert),
    /// Hold a framework's requirements against an input.
    Report(Report),
    /// Show the report of each snapshot of a folder in a browser.
    #[cfg(feature = "serve")]
    Serve(Box<Serve>),
    /// Tell what changed between two inputs: assets, settings, verdicts, and why.
    Diff(Diff),
    /// Check, write and import waivers.
    #[command(subcommand)]
    Waivers(Waivers),
    /// Remember what is open, so that what is new stands out.
    #[command(subcommand)]
    Baseline(Baseline),
    /// List, show and test controls.
    #[command(subcommand)]
    Controls(Controls),
    /// Tell how a verdict was reached, or what a control means.
    Explain(Explain),
    /// Print the least-privilege policy that reads what the chosen controls need.
    Permissions(Permissions),
    /// Print the JSON Schema of a format.
    Schema {
        /// Which format.
        #[arg(value_enum)]
        format: SchemaName,
    },
    /// Print shell completions.
    Completions {
        /// Which shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the version, with what it was built from.
    Version,
    /// Ask what a role's policies grant.
    #[command(subcommand)]
    Iam(Iam),
}

/// Where the observations come from.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// Snapshot folders; folders or files of saved AWS answers, Terraform plans (`show -json`) or
    /// CloudFormation templates; `-` is standard input.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Judge the rest when a part of the input is damaged; what it held is unknown.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// The instant of evaluation (default: the latest time in the input, else now).
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    #[command(flatten)]
    pub(crate) code: Code,
}

/// How infrastructure code is read.
#[derive(Debug, Default, Args)]
pub(crate) struct Code {
    /// Read infrastructure code alone: files of other kinds are passed over, and where there is no
    /// code nothing is wrong. For hooks, which name whatever changed.
    #[arg(long)]
    pub(crate) only_code: bool,
    /// What the code does not mention does not exist (default: it is unknown).
    #[arg(long)]
    pub(crate) whole_stack: bool,
    /// The account and Region that the code will be applied in, where it does not tell.
    #[arg(long = "in", value_name = "ACCOUNT/REGION")]
    pub(crate) place: Option<String>,
    /// The folder of the Terraform code that a plan was made from (default: the plan's own, if it
    /// holds any): findings then stand at its lines.
    #[arg(long, value_name = "DIR")]
    pub(crate) source: Option<PathBuf>,
    /// A snapshot, or saved answers, of the account that the code will be applied in: what the code
    /// only refers to is taken from there, and findings tell what it makes new or fixes.
    #[arg(long, value_name = "SNAPSHOT")]
    pub(crate) with: Option<PathBuf>,
    /// The value of a template's parameter, or of a Terraform variable (default: the template's own default).
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) parameter: Vec<String>,
}

/// Which controls.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Selection {
    /// Controls by id or glob; the part `CTL.SAGEMAKER.` may be left out.
    #[arg(long, value_name = "GLOB")]
    pub(crate) control: Vec<String>,
    /// Leave out controls by id or glob.
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Only controls of this severity or worse.
    #[arg(long, value_enum)]
    pub(crate) severity: Option<SeverityName>,
    /// Only controls that a framework asks for.
    #[arg(long, value_name = "FRAMEWORK")]
    pub(crate) compliance: Vec<String>,
    /// Controls of your own, from a folder, beside the built-in ones.
    #[arg(long, value_name = "DIR")]
    pub(crate) controls: Vec<PathBuf>,
    /// Frameworks of your own, a YAML file each.
    #[arg(long, value_name = "FILE")]
    pub(crate) frameworks: Vec<PathBuf>,
}

/// How controls are configured.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// Configuration file (default: `sagewarden.toml` here or in a folder above).
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set a tunable, `idle_days=14`.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// A named set of tunables: `default` or `literal`.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

/// What is judged, by what.
#[derive(Debug, Args)]
pub(crate) struct Judging {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) basis: Basis,
    /// Only these accounts.
    #[arg(long, value_delimiter = ',')]
    pub(crate) accounts: Vec<String>,
    /// Only these Regions; `*` may end a name.
    #[arg(long, value_delimiter = ',')]
    pub(crate) regions: Vec<String>,
}

/// By what it is judged.
#[derive(Clone, Debug, Args)]
pub(crate) struct Basis {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Waivers, beside those of the configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Vec<PathBuf>,
    /// What was open before, for ages and for what is new.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Judge and show each training job for itself, and not families of jobs alike.
    #[arg(long)]
    pub(crate) each_job: bool,
    /// Threads (default: every core).
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing open at --fail-on (high, unless configured) or worse, 1 open findings, 2 could not assess, 3 incomplete under --strict.

Examples:
  sagewarden check answers/
  sagewarden check answers/ --control 'NOTEBOOK.*' --full
  sagewarden check answers/ --fail-on medium --strict -f text -f sarif=sagewarden.sarif
  sagewarden check answers/ --baseline baseline.jsonl --new-only"
)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) judging: Judging,
    #[command(flatten)]
    pub(crate) answer: Answer,
    /// Mend what one attribute mends in the code itself, where that is certain.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Show what `--fix` would change.
    #[arg(long, conflicts_with = "fix")]
    pub(crate) diff: bool,
}

/// What is shown, and what the exit code says.
#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// Verdicts to show: pass, fail, unknown, not_applicable, waived, all.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["fail", "unknown"])]
    pub(crate) show: Vec<ShowName>,
    /// The severity from which open findings make the exit code 1.
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<FailOn>,
    /// Show and count for the exit code only what the baseline does not hold as open.
    #[arg(long, requires = "baseline")]
    pub(crate) new_only: bool,
    /// Exit with 3 when something stays unknown, or nothing was judged.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Exit with 0 whatever was found.
    #[arg(long, conflicts_with = "fail_on")]
    pub(crate) exit_zero: bool,
    /// Output format: text, json, ndjson, csv, junit, markdown, sarif, ocsf, asff, oscal, html, bundle. May be repeated,
    /// with files, as in `-f text -f ocsf=out.json`.
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "text", value_parser = target)]
    pub(crate) format: Vec<Target>,
    /// Write to a file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show evidence, notes, fixes and commands with every finding.
    #[arg(long)]
    pub(crate) full: bool,
    /// What the text gathers findings by.
    #[arg(long, value_enum, default_value_t = GroupName::Asset)]
    pub(crate) group_by: GroupName,
    /// Show a line of counts for each group instead of its findings.
    #[arg(long, conflicts_with = "full")]
    pub(crate) summary: bool,
    /// Earlier assessments (`-f json`) whose counts the HTML report draws as a trend.
    #[arg(long, value_name = "FILE")]
    pub(crate) trend: Vec<PathBuf>,
    /// The class of OCSF events.
    #[arg(long, value_enum, default_value_t = OcsfClass::Compliance)]
    pub(crate) ocsf_class: OcsfClass,
}

/// A format, and the file that it is written to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

fn target(text: &str) -> Result<Target, String> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => return Err("no file is named behind `=`".to_owned()),
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Format::from_str(name, false).map_err(|_| {
        let names: Vec<String> = Format::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        format!(
            "there is no format `{name}`; there are {}",
            names.join(", ")
        )
    })?;
    Ok(Target { format, file })
}

#[derive(Debug, Subcommand)]
pub(crate) enum Waivers {
    /// Say what is wrong with waivers; with an input, also what became of them.
    Lint {
        /// Waiver files, beside those of the configuration.
        #[arg(long, value_name = "FILE")]
        waivers: Vec<PathBuf>,
        /// The input that they are held against.
        paths: Vec<PathBuf>,
        #[command(flatten)]
        settings: Settings,
        /// Controls of your own, from a folder.
        #[arg(long, value_name = "DIR")]
        controls: Vec<PathBuf>,
        /// The day (default: the latest time in the input, else today).
        #[arg(long, value_name = "TIME")]
        as_of: Option<String>,
    },
    /// Write a waiver for one control on one asset.
    New {
        /// CONTROL@ARN; the part `CTL.SAGEMAKER.` may be left out.
        subject: String,
        #[command(flatten)]
        terms: Terms,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Why, in one word.
        #[arg(long, value_enum, default_value_t = KindName::AcceptedRisk)]
        kind: KindName,
        /// Its id (default: made from the finding).
        #[arg(long)]
        id: Option<String>,
        /// Where it was discussed.
        #[arg(long)]
        ticket: Option<String>,
    },
    /// Write the waivers that a mutelist of Prowler, or the exceptions of Stave, amount to.
    Import {
        /// The file; it is told by what it holds.
        file: PathBuf,
        #[command(flatten)]
        terms: Terms,
    },
}

/// What every waiver that is written needs.
#[derive(Debug, Args)]
pub(crate) struct Terms {
    /// Who answers for it.
    #[arg(long)]
    pub(crate) owner: String,
    /// Days for which it holds.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=3650))]
    pub(crate) days: i64,
    /// The first day (default: today).
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    /// The file to write, or to append to (default: standard output).
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindName {
    AcceptedRisk,
    Mitigated,
    FalsePositive,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// The framework: hipaa, nist_800_53_r5, soc2, owasp_nhi, or one of your own.
    #[arg(long, value_name = "FRAMEWORK")]
    pub(crate) framework: String,
    /// Output format.
    #[arg(short, long, value_enum, default_value_t = ReportFormat::Text)]
    pub(crate) format: ReportFormat,
    /// Write to a file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show the evidence of every finding.
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Markdown,
    Json,
}

/// Show the report of each snapshot of a folder in a browser.
#[cfg(feature = "serve")]
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// A folder of snapshots and of assessments (`-f json`), or one snapshot.
    pub(crate) folder: PathBuf,
    /// Where to listen. Anything but this machine needs a token; where no file holds one it is made up and printed.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8737")]
    pub(crate) listen: SocketAddr,
    /// A file that holds the token to ask for, 32 letters and digits or more.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Answer to this host name beside `localhost` and addresses, as behind a proxy.
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<String>,
    #[command(flatten)]
    pub(crate) basis: Basis,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The earlier input.
    pub(crate) before: PathBuf,
    /// The later input.
    pub(crate) after: PathBuf,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Only these accounts.
    #[arg(long, value_delimiter = ',')]
    pub(crate) accounts: Vec<String>,
    /// Only these Regions; `*` may end a name.
    #[arg(long, value_delimiter = ',')]
    pub(crate) regions: Vec<String>,
    /// Waivers, beside those of the configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Vec<PathBuf>,
    /// Judge the rest when a part of an input is damaged; what it held is unknown.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
    /// Write to a file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Baseline {
    /// Write what is open now into a new file.
    Create {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        judging: Judging,
    },
    /// Bring a file up to now: what is new, mended, open again, gone, or not looked at.
    Update {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        judging: Judging,
    },
}

/// Who asks AWS, and where.
#[cfg(feature = "live")]
#[derive(Debug, Args)]
pub(crate) struct SignIn {
    /// Sign in by this profile of the AWS configuration (default: `AWS_PROFILE`, or what else the environment offers).
    #[arg(long, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// Send every request to this address instead of AWS.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Allow an address that is plain HTTP and not on this machine.
    #[arg(long)]
    pub(crate) insecure_endpoint: bool,
    /// How warnings, and the calls that `-v` tells, are written on standard error.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

#[cfg(feature = "live")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

/// What is read of AWS, and how.
#[cfg(feature = "live")]
#[derive(Debug, Args)]
pub(crate) struct Live {
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
    /// Regions to read: names, or `all` that are switched on in the account.
    #[arg(long, value_delimiter = ',', default_value = "all")]
    pub(crate) regions: Vec<String>,
    /// Read every active account of the organisation.
    #[arg(long, conflicts_with = "accounts_file")]
    pub(crate) org: bool,
    /// Of the organisation, only the accounts below these organisational units or roots, by id.
    #[arg(long, value_name = "OU", value_delimiter = ',', requires = "org", value_parser = unit)]
    pub(crate) ou: Vec<String>,
    /// Organisational units whose accounts are left out, by id.
    #[arg(long, value_name = "OU", value_delimiter = ',', requires = "org", value_parser = unit)]
    pub(crate) except_ou: Vec<String>,
    /// Accounts of the organisation to leave out.
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',', requires = "org")]
    pub(crate) except: Vec<String>,
    /// Read the accounts that a file lists: an id a line; `#` begins a remark.
    #[arg(long, value_name = "FILE")]
    pub(crate) accounts_file: Option<PathBuf>,
    /// The role to assume in accounts other than the one signed in to.
    #[arg(long, value_name = "NAME", default_value = "SagewardenReadOnly")]
    pub(crate) role_name: String,
    /// The external id that the role asks for.
    #[arg(long, value_name = "ID")]
    pub(crate) external_id: Option<String>,
    /// Describe each model and training job, and do not search. A search shows records that a policy may hide from Describe calls.
    #[arg(long)]
    pub(crate) no_search: bool,
    /// Take over what cannot have changed since this snapshot: training jobs that have ended, models and endpoint configurations.
    #[arg(long, value_name = "DIR")]
    pub(crate) since: Option<PathBuf>,
    /// Requests under way at once.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) concurrency: u16,
    /// Requests a second that each service of an account and Region is asked at first (default: what is known of the service).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: Option<u32>,
    /// The instant that windows end at, and of evaluation (default: now).
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    /// Tell which calls would be made, and make none; with `--since`, how many and for how long.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The id of an organisational unit or a root.
#[cfg(feature = "live")]
fn unit(text: &str) -> Result<String, String> {
    let is_id = text.starts_with("ou-") || text.starts_with("r-");
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if is_id && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("not the id of an organisational unit, `ou-…`, or of a root, `r-…`".to_owned())
    }
}

/// Read AWS accounts into a snapshot.
#[cfg(feature = "live")]
#[derive(Debug, Args)]
pub(crate) struct Collect {
    #[command(flatten)]
    pub(crate) live: Live,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// The snapshot folder to write; new, or empty.
    #[arg(short, long, value_name = "DIR", required_unless_present = "dry_run")]
    pub(crate) output: Option<PathBuf>,
    /// Go on with a collection that was interrupted.
    #[arg(long)]
    pub(crate) resume: bool,
}

/// Read AWS accounts and judge them.
#[cfg(feature = "live")]
#[derive(Debug, Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) live: Live,
    #[command(flatten)]
    pub(crate) basis: Basis,
    #[command(flatten)]
    pub(crate) answer: Answer,
    /// Keep the snapshot in this folder; new, or empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) snapshot: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) input: Input,
    /// The snapshot folder to write; new, or empty.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// Go on with a conversion that was interrupted.
    #[arg(long)]
    pub(crate) resume: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Controls {
    /// List the controls.
    List {
        #[command(flatten)]
        selection: Selection,
        /// Output format.
        #[arg(short, long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Show what a control means.
    Show {
        /// Its id; the part `CTL.SAGEMAKER.` may be left out.
        id: String,
        /// Controls of your own, from a folder.
        #[arg(long, value_name = "DIR")]
        controls: Vec<PathBuf>,
    },
    /// Hold the controls of a folder against their cases and the laws.
    Test {
        /// The folder.
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A control id, an asset's ARN, or CONTROL@ARN.
    pub(crate) subject: String,
    /// The input, for assets.
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// Controls of your own, from a folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) controls: Vec<PathBuf>,
    /// The instant of evaluation (default: the latest time in the input, else now).
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    /// Judge what can be read of a damaged input; what it held is unknown.
    #[arg(long)]
    pub(crate) keep_going: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Permissions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Add a statement that denies data-plane actions outright.
    #[arg(long)]
    pub(crate) deny_data: bool,
    /// Try each call in the account that is signed in to, and tell which rights are missing.
    #[cfg(feature = "live")]
    #[arg(long, conflicts_with = "deny_data")]
    pub(crate) check: bool,
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Iam {
    /// Answer one question a line; `-` is standard input.
    Solve {
        /// The cases, as JSON lines.
        cases: PathBuf,
    },
    /// Tell what a role can do, what it can become, and who can become it.
    Role(IamRole),
    /// Tell whether a role may do one thing.
    ///
    /// Exit codes: 0 allowed, 1 denied, 2 could not be asked, 3 it hangs on a context key that was not
    /// given, or on a policy that was not read.
    Ask(IamAsk),
    /// Write the least-privilege policy of a role, from what the assets that run as it declare.
    ///
    /// Exit codes: 0 no identity control holds against the role with this policy, 1 some still does,
    /// 2 could not propose.
    Scope(IamScope),
}

/// Where a role is looked up.
#[derive(Debug, Args)]
pub(crate) struct Estate {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
pub(crate) struct IamRole {
    /// The role's ARN, or its name.
    pub(crate) role: String,
    #[command(flatten)]
    pub(crate) estate: Estate,
    /// Output format.
    #[arg(short, long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct IamAsk {
    /// The role's ARN, or its name.
    #[arg(long)]
    pub(crate) role: String,
    /// The action, `s3:GetObject`.
    #[arg(long)]
    pub(crate) action: String,
    /// The resource's ARN; `*` for actions that have none.
    #[arg(long)]
    pub(crate) resource: String,
    /// A context key of the request and its value; may be given again, for more keys or more values.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
    #[command(flatten)]
    pub(crate) estate: Estate,
    /// Output format.
    #[arg(short, long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct IamScope {
    /// The role's ARN, or its name.
    pub(crate) role: String,
    #[command(flatten)]
    pub(crate) estate: Estate,
    /// Output format.
    #[arg(short, long, value_enum, default_value_t = PolicyFormat::Text)]
    pub(crate) format: PolicyFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyFormat {
    /// The policy with its notes, for people.
    Text,
    /// The policy with its notes, for programs.
    Json,
    /// The policy document alone, one a line where it takes several; nothing unless it is accepted.
    Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// `sagewarden.assessment/v1`.
    Json,
    /// The same, a finding a line.
    Ndjson,
    /// In Prowler's columns.
    Csv,
    /// For build servers.
    Junit,
    /// For a comment on a pull request.
    Markdown,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// OCSF 1.8, for SIEMs.
    Ocsf,
    /// For Security Hub, a batch a line.
    Asff,
    /// OSCAL 1.2.1 assessment results.
    Oscal,
    /// The report, one page that needs nothing else.
    Html,
    /// The evidence bundle, a zip for auditors.
    Bundle,
}

impl Format {
    /// Whether it is bytes that no terminal wants.
    pub(crate) fn is_binary(self) -> bool {
        self == Format::Bundle
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OcsfClass {
    /// Compliance Finding, 2003.
    Compliance,
    /// Detection Finding, 2004, the shape that Prowler writes.
    Detection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaName {
    /// A snapshot's manifest and its lines.
    Snapshot,
    /// The assessment, `check -f json`.
    Assessment,
    /// A role, `iam role -f json`.
    Role,
    /// The answer to a question, `iam ask -f json`.
    Ask,
    /// A proposed policy, `iam scope -f json`.
    Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupName {
    Asset,
    Control,
    /// The role that assets run as.
    Role,
    Account,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityName {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Low,
    Medium,
    High,
    Critical,
    /// Open findings never change the exit code.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ShowName {
    Pass,
    Fail,
    Unknown,
    NotApplicable,
    Waived,
    All,
}
