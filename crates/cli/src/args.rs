//! What may be typed.

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
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// Say more on standard error; twice says what was made of every file.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say only the counts.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
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
    /// Turn saved AWS answers into a snapshot folder.
    Convert(Convert),
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
#[derive(Debug, Args)]
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
}

/// How controls are configured.
#[derive(Debug, Args)]
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

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) input: Input,
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
    /// Verdicts to show: pass, fail, unknown, not_applicable, waived, all.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["fail", "unknown"])]
    pub(crate) show: Vec<ShowName>,
    /// The severity from which open findings make the exit code 1.
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<FailOn>,
    /// Exit with 3 when something stays unknown, or nothing was judged.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Exit with 0 whatever was found.
    #[arg(long, conflicts_with = "fail_on")]
    pub(crate) exit_zero: bool,
    /// Output format.
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write to a file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show evidence, notes, fixes and commands with every finding.
    #[arg(long)]
    pub(crate) full: bool,
    /// Mend what one attribute mends in the code itself, where that is certain.
    #[arg(long)]
    pub(crate) fix: bool,
    /// Show what `--fix` would change.
    #[arg(long, conflicts_with = "fix")]
    pub(crate) diff: bool,
    /// Judge and show each training job for itself, and not families of jobs alike.
    #[arg(long)]
    pub(crate) each_job: bool,
    /// Threads (default: every core).
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
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
        #[arg(short, long, value_enum, default_value_t = Format::Text)]
        format: Format,
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
    /// The instant of evaluation.
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: Option<String>,
    /// Use what can be read of a damaged input.
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
}

#[derive(Debug, Subcommand)]
pub(crate) enum Iam {
    /// Answer one question a line; `-` is standard input.
    Solve {
        /// The cases, as JSON lines.
        cases: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaName {
    /// A snapshot's manifest and its lines.
    Snapshot,
    /// The assessment, `check -f json`.
    Assessment,
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
