//! What a finding about a role's permissions would become with a policy of its own.
//!
//! Enters: a fail whose control asks what a role may do, and the proposed policy of that role.
//! Leaves: a [`Remedy`]: a witness with the statements that grant it today, the statements to put
//! in their place, and the answer of the same question afterwards. Proposals are made once a role,
//! and only when a finding that is shown asks for one. Deliberately absent: the whole history of
//! jobs; one job of each family speaks for it here, `sagewarden iam scope` reads them all.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;

use sagewarden_iam::{Ladder, Question, Role, StatementRef, Universe};

use crate::arn::Arn;
use crate::cel::{Record, Value};
use crate::control::Rule;
use crate::facts::role::{Reached, quote};
use crate::facts::{Context, Fact, Facts, StatementOrigin};
use crate::jobs::JudgedJobs;
use crate::proposal::{Gathering, Proposal, Statement};

/// How a finding about a role would be mended.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Remedy {
    /// The role.
    pub role: String,
    /// What the finding is about: `read_objects`, `pass_roles`, `assume_roles` or `administrator`.
    pub question: &'static str,
    /// A resource that the role reaches today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// The statements that grant it, each with the entry that matched.
    pub granted_by: Vec<StatementOrigin>,
    /// The statements to grant in their place; what they allow is what remains.
    pub statements: Vec<Statement>,
    /// The answer with the proposed policy: `none`, `scoped`, `unscoped`, `undecided`;
    /// of an administrator `no`, `conditional`, `escalatable` or `full`. Undecided, and without
    /// statements, where not all training jobs were looked at: what they need is no part of it then.
    pub after: &'static str,
    /// Whether the finding would be mended by it.
    pub mends: bool,
    /// The command that writes the whole policy.
    pub command: String,
}

/// A question about a role that a control may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum About {
    Read,
    Pass,
    Assume,
    Admin,
}

/// The facts by which a control asks.
const ASKS: [(&str, About); 5] = [
    ("role.object_read", About::Read),
    ("role.pass_role", About::Pass),
    ("role.assume_role", About::Assume),
    ("outside_declared", About::Assume),
    ("role.admin", About::Admin),
];

impl About {
    /// What a rule asks about, by the facts it reads.
    fn of(rule: &Rule) -> Option<Self> {
        let facts = &rule.unsafe_when.reads().facts;
        ASKS.iter()
            .find(|(path, _)| facts.iter().any(|fact| fact.starts_with(path)))
            .map(|(_, about)| *about)
    }

    fn question(self, role: &Role) -> Option<Question> {
        let (action, universe) = match self {
            About::Read => ("s3:GetObject", Universe::objects(&role.arn)),
            About::Pass => ("iam:PassRole", Universe::own_roles(&role.arn)),
            About::Assume => ("sts:AssumeRole", Universe::any_roles(&role.arn)),
            About::Admin => return None,
        };
        Some(Question::new(action, universe))
    }

    fn word(self) -> &'static str {
        match self {
            About::Read => "read_objects",
            About::Pass => "pass_roles",
            About::Assume => "assume_roles",
            About::Admin => "administrator",
        }
    }
}

/// A role's ARN, and what is asked of it.
type Asked = (String, About);

/// The remedies of one report.
pub(crate) struct Remedies<'a> {
    context: &'a Context<'a>,
    jobs: &'a JudgedJobs,
    gathering: OnceCell<Gathering>,
    proposals: RefCell<HashMap<String, Option<Rc<Proposal>>>>,
    made: RefCell<HashMap<Asked, Option<Rc<Remedy>>>>,
}

impl<'a> Remedies<'a> {
    pub(crate) fn new(context: &'a Context<'a>, jobs: &'a JudgedJobs) -> Self {
        Remedies {
            context,
            jobs,
            gathering: OnceCell::new(),
            proposals: RefCell::default(),
            made: RefCell::default(),
        }
    }

    /// The remedy of a fail, if its rule asks what a role may do.
    pub(crate) fn of(&self, rule: &Rule, facts: &dyn Facts) -> Option<Rc<Remedy>> {
        let about = About::of(rule)?;
        let key = (role_of(facts)?, about);
        if let Some(known) = self.made.borrow().get(&key) {
            return known.clone();
        }
        let remedy = self.make(about, &key.0).map(Rc::new);
        self.made.borrow_mut().insert(key, remedy.clone());
        remedy
    }

    fn make(&self, about: About, arn: &str) -> Option<Remedy> {
        let proposal = self.proposal(arn)?;
        let (witness, granted_by) = today(self.context, about, &proposal.today);
        let (statements, (after, mends)) = if self.jobs.keeps_every_cohort() {
            let statements = declared(about, &proposal);
            let after = after(about, &proposal.role, &statements);
            (statements, after)
        } else {
            (Vec::new(), ("undecided", false))
        };
        Some(Remedy {
            question: about.word(),
            witness,
            granted_by: granted_by.iter().map(quote).collect(),
            statements,
            after,
            mends,
            command: format!("sagewarden iam scope {arn}"),
            role: arn.to_owned(),
        })
    }

    fn proposal(&self, arn: &str) -> Option<Rc<Proposal>> {
        if let Some(known) = self.proposals.borrow().get(arn) {
            return known.clone();
        }
        let gathering = self.gathering.get_or_init(|| {
            let mut gathering = Gathering::of_every_role();
            gathering.estate(self.context);
            for line in self.jobs.kept_lines() {
                gathering.job_line(self.context, line);
            }
            gathering
        });
        let proposal = gathering.propose(self.context, arn).ok().map(Rc::new);
        self.proposals
            .borrow_mut()
            .insert(arn.to_owned(), proposal.clone());
        proposal
    }
}

/// What the proposal grants of what is asked about; of an administrator, all of it.
fn declared(about: About, proposal: &Proposal) -> Vec<Statement> {
    let actions: &[&str] = match about {
        About::Read => &["s3:GetObject"],
        About::Pass => &["iam:PassRole"],
        About::Assume => &["sts:AssumeRole"],
        About::Admin => &[],
    };
    proposal
        .statements
        .iter()
        .filter(|statement| {
            actions.is_empty() || actions.iter().any(|action| statement.allows(action))
        })
        .cloned()
        .collect()
}

/// The ARN of the role that an asset runs as.
pub(crate) fn role_of(facts: &dyn Facts) -> Option<String> {
    fn member<'v>(record: &'v dyn Record, name: &str) -> Option<Value<'v>> {
        let (index, _) = record.schema().find(name)?;
        Some(record.field(index))
    }
    let Some(Value::Record(role)) = member(facts, "role") else {
        return None;
    };
    match member(role, "arn")? {
        Value::String(arn) => Some(arn.to_owned()),
        _ => None,
    }
}

/// Something that is reached today, and the statements that grant it. What exists is a better witness
/// than what the solver makes up.
fn today(context: &Context<'_>, about: About, role: &Role) -> (Option<String>, Vec<StatementRef>) {
    let Some(question) = about.question(role) else {
        let admin = role.admin();
        let step = admin.way_up.as_ref().and_then(|way| way.steps.first());
        let (action, resource) = match step {
            Some(step) => (step.action, step.resource.clone()),
            None => ("iam:PutRolePolicy", role.arn.to_string()),
        };
        let decided = role.point(action, &resource).decided_by;
        return (Some(resource), decided);
    };
    let witness = existing(context, about, role)
        .or_else(|| role.scope(&question).open_grant()?.witness.clone())
        .or_else(|| {
            let found = role.universal(&question).witness;
            found.allow.or(found.conditional)
        });
    match witness {
        Some(arn) => {
            let decided = role.point(&question.action, &arn).decided_by;
            (Some(arn), decided)
        }
        None => (None, Vec::new()),
    }
}

/// Buckets that are tried for one that is reached.
const TRIED: usize = 64;

/// A role or bucket of the snapshot that is reached: of roles, the one that can do most.
fn existing(context: &Context<'_>, about: About, role: &Role) -> Option<String> {
    let account = role.arn.account();
    let record = context.roles.role(role.arn.as_str(), account);
    let strongest = |reached: &Fact<'static, Vec<Reached<'static>>>| {
        let power = |one: &&Reached<'static>| match one.power.value() {
            Some(&"admin") => 0,
            Some(&"escalatable") => 1,
            Some(&"limited") | None => 3,
            Some(_) => 2,
        };
        let known = reached.value()?;
        let known = known.iter().filter(|one| one.arn != role.arn.as_str());
        known.min_by_key(power).map(|one| one.arn.clone())
    };
    match about {
        About::Pass => strongest(&record.passable_roles),
        About::Assume => strongest(&record.assumable_targets),
        About::Read => {
            let buckets = context.buckets.own_names(account)?;
            buckets.into_iter().take(TRIED).find_map(|bucket| {
                let universe = Universe::objects_under(&role.arn, bucket, "");
                role.universal(&Question::new("s3:GetObject", universe))
                    .witness
                    .allow
            })
        }
        About::Admin => None,
    }
}

/// The answer of the same question afterwards, and whether it mends the finding. The name of a
/// bucket is never a pattern in a proposed policy, so it cannot cover an account by one.
fn after(about: About, role: &Role, declared: &[Statement]) -> (&'static str, bool) {
    let Some(question) = about.question(role) else {
        let admin = role.admin();
        let mended = admin.settled && admin.answer <= Ladder::Conditional;
        return match admin.answer {
            Ladder::No => ("no", mended),
            Ladder::Conditional => ("conditional", mended),
            Ladder::Escalatable => ("escalatable", mended),
            Ladder::Full => ("full", mended),
        };
    };
    match role.is_unscoped(&question) {
        None => ("undecided", false),
        Some(true) => ("unscoped", false),
        Some(false) if declared.is_empty() => ("none", true),
        Some(false) => ("scoped", true),
    }
}

impl Remedy {
    /// What remains, in one line: the resources that the proposed statements name.
    #[must_use]
    pub fn remains(&self) -> String {
        const SHOWN: usize = 3;
        if self.question == "administrator" {
            let sids: Vec<&str> = self
                .statements
                .iter()
                .map(|statement| statement.sid.as_str())
                .collect();
            return match sids.as_slice() {
                [] => "nothing".to_owned(),
                sids => format!("no administrator, {}", sids.join(", ")),
            };
        }
        let mut resources: Vec<&str> = self
            .statements
            .iter()
            .flat_map(|statement| &statement.resources)
            .map(String::as_str)
            .collect();
        resources.sort_unstable();
        resources.dedup();
        match resources.len() {
            0 => "nothing".to_owned(),
            count if count <= SHOWN => resources.join(", "),
            count => {
                resources.truncate(SHOWN);
                format!("{} and {} more", resources.join(", "), count - SHOWN)
            }
        }
    }

    /// The name of the role, without account and path.
    #[must_use]
    pub fn name(&self) -> &str {
        Arn::parse(&self.role).map_or(self.role.as_str(), |arn| {
            arn.resource.rsplit('/').next().unwrap_or(arn.resource)
        })
    }
}
