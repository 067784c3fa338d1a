//! The AWS managed policies as a corpus: how many of them grant what, universally.
//!
//! The expected table belongs to the snapshot that is shipped.

use std::collections::BTreeMap;
use std::time::Instant;

use sagewarden_iam::{
    AttachedPolicy, Context, Decision, Document, Extent, Grant, Ladder, PassedTo, Question, Role,
    RoleArn, Scope, Universe,
};
use sagewarden_managed_policies::{as_of, find, policies};

/// Rows all/all, none/all, some/all, some/some, none/some, none/none.
const EXPECTED: [(&str, [usize; 6]); 3] = [
    ("s3:GetObject", [28, 20, 13, 96, 40, 1385]),
    ("iam:PassRole", [7, 118, 2, 16, 111, 1328]),
    ("sts:AssumeRole", [7, 4, 0, 7, 11, 1553]),
];

/// How many policies the snapshot has.
const DOCUMENTS: usize = 1582;

#[test]
fn a_policy_is_found_by_its_arn() {
    for policy in policies() {
        assert_eq!(find(policy.arn), Some(*policy), "{}", policy.arn);
        assert!(policy.version.starts_with('v'), "{}", policy.arn);
    }
    let administrator = find("arn:aws:iam::aws:policy/AdministratorAccess").unwrap();
    assert_eq!(administrator.name(), "AdministratorAccess");
    for absent in [
        "",
        "arn:aws:iam::aws:policy/administratoraccess",
        "arn:aws-cn:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::111122223333:policy/AdministratorAccess",
    ] {
        assert_eq!(find(absent), None, "{absent}");
    }
}

#[test]
fn the_snapshot_has_a_day() {
    let day: Vec<usize> = as_of().split('-').map(str::len).collect();
    assert_eq!(day, [4, 2, 2], "{}", as_of());
}

#[test]
fn managed_policies_grant_what_they_are_known_to_grant() {
    assert_eq!(policies().len(), DOCUMENTS);
    let started = Instant::now();
    let documents: Vec<(&str, Document)> = policies()
        .iter()
        .map(|policy| (policy.name(), Document::parse(policy.document).unwrap()))
        .collect();
    let parsed = started.elapsed();
    let arn = RoleArn::parse("arn:aws:iam::123456789012:role/nb-exec").unwrap();
    let roles: Vec<Role> = documents
        .iter()
        .map(|(name, document)| {
            let mut role = Role::new(arn.clone());
            role.context = Context::unknown();
            role.identity
                .push(AttachedPolicy::inline(name, document.clone()));
            role
        })
        .collect();
    let mut states = Vec::new();
    let mut times = Vec::new();
    for (action, expected) in EXPECTED {
        let universe = match action {
            "s3:GetObject" => Universe::objects(&arn),
            "iam:PassRole" => Universe::own_roles(&arn),
            _ => Universe::any_roles(&arn),
        };
        let question = Question::new(action, universe);
        let mut table = [0; 6];
        for role in &roles {
            let started = Instant::now();
            let answer = role.universal(&question);
            times.push(started.elapsed());
            states.push(answer.states);
            assert_eq!(answer.decision, Decision::Exact);
            let column = match (answer.must, answer.may) {
                (Extent::All, Extent::All) => 0,
                (Extent::None, Extent::All) => 1,
                (Extent::Some, Extent::All) => 2,
                (Extent::Some, Extent::Some) => 3,
                (Extent::None, Extent::Some) => 4,
                (Extent::None, Extent::None) => 5,
                other => panic!("must {other:?} may"),
            };
            table[column] += 1;
            for (witness, expected) in [
                (&answer.witness.allow, Grant::Allow),
                (&answer.witness.conditional, Grant::Conditional),
                (&answer.witness.deny, Grant::Deny),
            ] {
                if let Some(witness) = witness {
                    assert_eq!(role.point(action, witness).answer, expected, "{witness}");
                }
            }
        }
        eprintln!("{action}: {table:?}");
        assert_eq!(table, expected, "{action}");
    }
    well_known(&roles);
    states.sort_unstable();
    times.sort_unstable();
    eprintln!(
        "{} documents, parsed in {parsed:?}; states: median {}, 99th percentile {}, most {}; \
         time: median {:?}, 99th percentile {:?}, most {:?}",
        documents.len(),
        states[states.len() / 2],
        states[states.len() * 99 / 100],
        states[states.len() - 1],
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1],
    );
}

/// The verdicts on policies that everybody attaches to notebooks.
fn well_known(roles: &[Role]) {
    let role = |name: &str| {
        roles
            .iter()
            .find(|role| role.identity[0].name.as_ref() == name)
            .unwrap_or_else(|| panic!("{name} is not in the snapshot"))
    };
    let s3 = |name: &str| {
        let role = role(name);
        role.scope(&Question::new("s3:GetObject", Universe::objects(&role.arn)))
    };
    for name in [
        "AmazonS3FullAccess",
        "AmazonS3ReadOnlyAccess",
        "ReadOnlyAccess",
        "PowerUserAccess",
        "AdministratorAccess",
    ] {
        assert!(s3(name).is_unscoped(), "{name}");
    }
    let full = role("AmazonSageMakerFullAccess");
    assert!(matches!(
        s3("AmazonSageMakerFullAccess"),
        Scope::Scoped { .. }
    ));
    let pass = full.scope(&Question::new(
        "iam:PassRole",
        Universe::own_roles(&full.arn),
    ));
    let Scope::UnscopedConditional(grant) = pass else {
        panic!("{pass:?}");
    };
    let services = vec!["sagemaker.amazonaws.com".to_owned()];
    assert_eq!(grant.passed_to, Some(PassedTo::Services(services)));
    let power = role("PowerUserAccess");
    let assume = Question::new("sts:AssumeRole", Universe::any_roles(&power.arn));
    assert!(matches!(power.scope(&assume), Scope::Unscoped(_)));
    for (name, expected) in [
        ("AdministratorAccess", Ladder::Full),
        ("IAMFullAccess", Ladder::Escalatable),
        ("PowerUserAccess", Ladder::No),
        ("AmazonSageMakerFullAccess", Ladder::No),
        ("ReadOnlyAccess", Ladder::No),
    ] {
        assert_eq!(role(name).admin().answer, expected, "{name}");
    }
    assert!(power.admin().near.all_but_some);
    let mut ladder: BTreeMap<Ladder, Vec<&str>> = BTreeMap::new();
    let started = Instant::now();
    for role in roles {
        ladder
            .entry(role.admin().answer)
            .or_default()
            .push(&role.identity[0].name);
    }
    eprintln!("ladder of all in {:?}:", started.elapsed());
    for (rung, names) in ladder.iter().filter(|(rung, _)| **rung != Ladder::No) {
        eprintln!("  {rung:?}: {}", names.join(" "));
    }
}
