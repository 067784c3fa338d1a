//! Synthetic roles as an account answers for them: policy texts, nothing parsed.
//!
//! A count enters; that many distinct roles leave, the same for the same count. Their own policies
//! are distinct, as in life; a team's policy and AWS's own repeat. [`questions`] asks of a role what
//! the identity controls ask. Deliberately absent: luck; a role is made of its number alone.

use std::collections::HashMap;
use std::hint::black_box;

use sagewarden_iam::{
    AttachedPolicy, Boundary, Context, Decision, Document, Question, Role, RoleArn, Universe,
};
use serde_json::{Value, json};

/// The questions that [`questions`] asks of each role.
pub const QUESTIONS: usize = 6;

const ACCOUNT: &str = "111122223333";
const EXAMPLE: &str = include_str!(
    "../../examples/acme/111122223333/aws-global/get-account-authorization-details.json"
);

/// A role as texts.
pub struct RoleText {
    arn: String,
    inline: Vec<(&'static str, String)>,
    managed: Vec<(String, String)>,
    boundary: Option<(String, String)>,
}

impl RoleText {
    /// Bytes of JSON in its policies.
    pub fn bytes(&self) -> usize {
        let inline = self.inline.iter().map(|(_, text)| text.len());
        let others = self.managed.iter().chain(&self.boundary);
        inline.sum::<usize>() + others.map(|(_, text)| text.len()).sum::<usize>()
    }
}

/// `count` roles.
///
/// # Panics
/// If the example estate has lost its managed policies.
pub fn texts(count: usize) -> Vec<RoleText> {
    let example: Value = serde_json::from_str(EXAMPLE).expect("the example is JSON");
    let aws_managed = |name: &str| {
        let policies = example["Policies"]
            .as_array()
            .expect("the example lists policies");
        let policy = policies
            .iter()
            .find(|policy| policy["PolicyName"] == name)
            .expect("the example has the policy");
        let arn = policy["Arn"].as_str().expect("a policy has an ARN");
        let text = policy["PolicyVersionList"][0]["Document"].to_string();
        (arn.to_owned(), text)
    };
    let sagemaker = aws_managed("AmazonSageMakerFullAccess");
    let administrator = aws_managed("AdministratorAccess");
    (0..count)
        .map(|number| {
            let team = number % 40;
            let mut managed = vec![team_policy(team)];
            if number.is_multiple_of(3) {
                managed.push(sagemaker.clone());
            }
            if number.is_multiple_of(200) {
                managed.push(administrator.clone());
            }
            RoleText {
                arn: format!("arn:aws:iam::{ACCOUNT}:role/service-role/notebook-{number}"),
                inline: vec![
                    ("data", data(number)),
                    ("pass", pass(number)),
                    ("guard", guard(number)),
                ],
                managed,
                boundary: number.is_multiple_of(4).then(|| boundary(team)),
            }
        })
        .collect()
}

fn document(statements: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// Buckets, keys, logs and images of one project; one role in a few hundred spells every bucket
/// out by its first letter.
fn data(number: usize) -> String {
    let buckets: Vec<String> = if number % 300 == 7 {
        ('a'..='z')
            .chain('0'..='9')
            .map(|first| format!("arn:aws:s3:::{first}*"))
            .collect()
    } else {
        (0..number % 4 + 1)
            .flat_map(|bucket| {
                let name = format!("arn:aws:s3:::project-{number}-{bucket}");
                [format!("{name}/*"), name]
            })
            .collect()
    };
    document(json!([
        {"Sid": "Objects", "Effect": "Allow", "Resource": buckets,
         "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]},
        {"Sid": "Keys", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
         "Resource": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{number:08x}-0000-4000-8000-000000000000"),
         "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}},
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"],
         "Resource": format!("arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/sagemaker/*{number}*")},
        {"Effect": "Allow", "Action": ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"], "Resource": "*"},
    ]))
}

fn pass(number: usize) -> String {
    let own = format!("arn:aws:iam::{ACCOUNT}:role/");
    let resource = match number % 8 {
        0 => format!("{own}*"),
        1 => "*".to_owned(),
        2 => format!("{own}service-role/*-{number}-*"),
        _ => format!("{own}project-{number}"),
    };
    let mut passing = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": resource});
    if number.is_multiple_of(2) {
        passing["Condition"] =
            json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}});
    }
    document(json!([
        passing,
        {"Effect": "Allow", "Action": ["iam:GetRole", "iam:ListRoles"], "Resource": "*"},
        {"Effect": "Allow", "Action": "sts:AssumeRole",
         "Resource": [format!("arn:aws:iam::*:role/shared-{}", number % 17), format!("{own}project-{number}-*")]},
    ]))
}

/// Denies: of other Regions, of other buckets, of changes to itself.
fn guard(number: usize) -> String {
    let mut statements = vec![
        json!({"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:*"], "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}}),
    ];
    if number % 10 == 3 {
        statements.push(json!({"Effect": "Deny", "Action": "s3:*",
            "NotResource": [format!("arn:aws:s3:::project-{number}-*"), "arn:aws:s3:::sagemaker-*"]}));
    }
    if number % 5 == 2 {
        statements.push(
            json!({"Effect": "Deny", "Action": ["iam:Put*", "iam:Attach*"],
            "Resource": format!("arn:aws:iam::{ACCOUNT}:role/service-role/notebook-{number}")}),
        );
    }
    document(json!(statements))
}

fn team_policy(team: usize) -> (String, String) {
    let text = document(json!([
        {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"],
         "Resource": [format!("arn:aws:s3:::team-{team}-*"), format!("arn:aws:s3:::shared/team-{team}/*"), "arn:aws:s3:::*sagemaker*"]},
        {"Effect": "Allow", "Action": ["sagemaker:Describe*", "sagemaker:List*", "cloudwatch:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceTag/team": format!("team-{team}")}}},
    ]));
    (format!("arn:aws:iam::{ACCOUNT}:policy/team-{team}"), text)
}

fn boundary(team: usize) -> (String, String) {
    let text = document(json!([
        {"Effect": "Allow", "NotAction": ["organizations:*", "account:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"], "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:PassRole", "Resource": format!("arn:aws:iam::{ACCOUNT}:role/admin-{team}-*")},
    ]));
    (
        format!("arn:aws:iam::{ACCOUNT}:policy/boundary-{team}"),
        text,
    )
}

/// Managed policies that were parsed, by ARN.
#[derive(Default)]
pub struct Managed(HashMap<String, Document>);

impl Managed {
    /// Parses a role; a managed policy only the first time it is seen.
    ///
    /// # Panics
    /// If a text is not a policy: the generator would be wrong.
    pub fn role(&mut self, text: &RoleText) -> Role {
        let mut role = Role::new(RoleArn::parse(&text.arn).expect("an ARN"));
        for (name, text) in &text.inline {
            let document = Document::parse(text).expect("a policy");
            role.identity.push(AttachedPolicy::inline(name, document));
        }
        for (arn, text) in &text.managed {
            role.identity.push(self.policy(arn, text));
        }
        if let Some((arn, text)) = &text.boundary {
            role.boundary = Boundary::Attached(self.policy(arn, text));
        }
        role
    }

    fn policy(&mut self, arn: &str, text: &str) -> AttachedPolicy {
        let document = match self.0.get(arn) {
            Some(known) => known.clone(),
            None => {
                let document = Document::parse(text).expect("a policy");
                self.0.insert(arn.to_owned(), document.clone());
                document
            }
        };
        AttachedPolicy::managed(arn, Some("v1"), document)
    }
}

/// A role whose one policy is `document`, and of whose requests nothing is known.
pub fn role_of(name: &str, document: Document) -> Role {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/measured");
    let mut role = Role::new(RoleArn::parse(&arn).expect("an ARN"));
    role.context = Context::unknown();
    role.identity.push(AttachedPolicy::inline(name, document));
    role
}

/// Roles that make `s3:GetObject` over every object hard, each with a name.
///
/// The first has a pattern for each letter in which a bucket can end: together they are every
/// object. The others remember where each letter stood, so that the states multiply until a limit
/// ends it: in few patterns, in one policy as long as IAM takes it, and in as much as a role may
/// have attached.
///
/// # Panics
/// If the first is not decided, or one of the others is.
pub fn puzzles() -> Vec<(&'static str, Role)> {
    let letters = ('a'..='z').chain('0'..='9');
    let ends: Vec<String> = letters
        .map(|last| format!("arn:aws:s3:::*{last}/*"))
        .collect();
    let mut puzzles = vec![("puzzle of 36 letters", objects_of(&ends))];
    for (name, count) in [
        ("built to explode, 26 patterns", 26),
        ("built to explode, 10 KiB", 250),
        ("built to explode, 100 KiB", 2_500),
    ] {
        let pieces: Vec<String> = ('a'..='z')
            .cycle()
            .take(count)
            .enumerate()
            .map(|(number, letter)| {
                let gap = "?".repeat(7 + number % 11);
                format!("arn:aws:s3:::*{letter}{gap}/*{letter}")
            })
            .collect();
        puzzles.push((name, objects_of(&pieces)));
    }
    for (index, (name, role)) in puzzles.iter().enumerate() {
        let question = Question::new("s3:GetObject", Universe::objects(&role.arn));
        let decided = role.universal(&question).decision == Decision::Exact;
        assert_eq!(decided, index == 0, "{name}");
    }
    puzzles
}

fn objects_of(resources: &[String]) -> Role {
    let text = document(json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
    ]));
    role_of("pieces", Document::parse(&text).expect("a policy"))
}

/// Asks a role what the identity controls want to know.
pub fn questions(role: &Role) {
    let own = || Universe::own_roles(&role.arn);
    let objects = || Universe::objects(&role.arn);
    let any = || Universe::any_roles(&role.arn);
    black_box(role.scope(&Question::new("s3:GetObject", objects())));
    black_box(role.scope(&Question::new("iam:PassRole", own())));
    black_box(role.scope(&Question::new("sts:AssumeRole", any())));
    black_box(role.universal(&Question::new("s3:PutObject", objects())));
    black_box(role.universal(&Question::new("kms:Decrypt", Universe::keys(&role.arn))));
    black_box(role.admin());
}
