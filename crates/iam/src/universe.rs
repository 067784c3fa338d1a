//! The named sets of resources over which universal questions are asked.
//!
//! A universe is a fixed prefix and a small automaton for the rest of the ARN; partition and
//! account come from the role. Patterns cannot tell apart two characters that no pattern names
//! and that the automaton treats alike, so a handful of representatives stand for all. Sources of
//! the shapes: S3 User Guide, "General purpose bucket naming rules" (the two-sided alphanumeric
//! rule and the minimum of three); IAM API Reference, `CreateRole` (`Path`, `RoleName`).
//! Deliberately absent: upper bounds of length, which no pattern of a real policy observes.

use std::sync::OnceLock;

use crate::arn::RoleArn;

/// A set of resource ARNs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Universe {
    name: &'static str,
    prefix: String,
    tail: Tail,
    own_account: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    Bucket,
    Object,
    /// Rest of an object key; true if it may be empty.
    KeyRest(bool),
    Role,
    AccountAndRole,
    KmsKey,
    AnyResource,
    /// A whole action name, lower-case.
    Action,
}

/// The name of the universe of buckets.
pub const S3_BUCKET: &str = "s3:bucket";
/// The name of the universe of objects in any bucket.
pub const S3_OBJECT: &str = "s3:object";
/// The name of the universe of roles in the role's own account.
pub const IAM_ROLE_OWN: &str = "iam:role@own";
/// The name of the universe of roles in any account.
pub const IAM_ROLE_ANY: &str = "iam:role@any";
/// The name of the universe of KMS keys in any Region and account.
pub const KMS_KEY_ANY: &str = "kms:key@any";

impl Universe {
    /// The universe called `name`, seen from `role`: [`S3_BUCKET`], [`S3_OBJECT`],
    /// [`IAM_ROLE_OWN`], [`IAM_ROLE_ANY`] or [`KMS_KEY_ANY`].
    pub fn named(name: &str, role: &RoleArn) -> Option<Self> {
        match name {
            S3_BUCKET => Some(Self::buckets(role)),
            S3_OBJECT => Some(Self::objects(role)),
            IAM_ROLE_OWN => Some(Self::own_roles(role)),
            IAM_ROLE_ANY => Some(Self::any_roles(role)),
            KMS_KEY_ANY => Some(Self::keys(role)),
            _ => None,
        }
    }

    /// `arn:P:s3:::B`, B = `[a-z0-9][a-z0-9.-]+[a-z0-9]`.
    pub fn buckets(role: &RoleArn) -> Self {
        Self::new(
            S3_BUCKET,
            format!("arn:{}:s3:::", role.partition()),
            Tail::Bucket,
        )
    }

    /// `arn:P:s3:::B/K`, K = one or more of any character, newline and slash included.
    pub fn objects(role: &RoleArn) -> Self {
        Self::new(
            S3_OBJECT,
            format!("arn:{}:s3:::", role.partition()),
            Tail::Object,
        )
    }

    /// The objects of one bucket whose key begins with `prefix` (all of them if it is empty).
    pub fn objects_under(role: &RoleArn, bucket: &str, prefix: &str) -> Self {
        Self::new(
            "s3:object@prefix",
            format!("arn:{}:s3:::{bucket}/{prefix}", role.partition()),
            Tail::KeyRest(!prefix.is_empty()),
        )
    }

    /// `arn:P:iam::OWN:role/` + optional path (`[!-~]+/`) + name `[A-Za-z0-9_+=,.@-]+`, in the
    /// role's own account.
    pub fn own_roles(role: &RoleArn) -> Self {
        let mut universe = Self::new(
            IAM_ROLE_OWN,
            format!("arn:{}:iam::{}:role/", role.partition(), role.account()),
            Tail::Role,
        );
        universe.own_account = Some(role.account().to_owned());
        universe
    }

    /// `arn:P:iam::OWN:policy/` + optional path + name: the customer policies of the account.
    pub(crate) fn own_policies(role: &RoleArn) -> Self {
        let mut universe = Self::new(
            "iam:policy@own",
            format!("arn:{}:iam::{}:policy/", role.partition(), role.account()),
            Tail::Role,
        );
        universe.own_account = Some(role.account().to_owned());
        universe
    }

    /// As [`Universe::own_roles`], with any twelve-digit account.
    pub fn any_roles(role: &RoleArn) -> Self {
        Self::new(
            IAM_ROLE_ANY,
            format!("arn:{}:iam::", role.partition()),
            Tail::AccountAndRole,
        )
    }

    /// `arn:P:kms:REGION:ACCOUNT:key/ID`, any Region and twelve-digit account.
    pub fn keys(role: &RoleArn) -> Self {
        Self::new(
            KMS_KEY_ANY,
            format!("arn:{}:kms:", role.partition()),
            Tail::KmsKey,
        )
    }

    /// The resources of one service in the role's own account and one Region whose name begins with
    /// `kind`: `secret:`, `training-job/`, …
    pub fn of_account(role: &RoleArn, service: &str, region: &str, kind: &str) -> Self {
        let (partition, account) = (role.partition(), role.account());
        let mut universe = Self::new(
            "account",
            format!("arn:{partition}:{service}:{region}:{account}:{kind}"),
            Tail::KeyRest(false),
        );
        universe.own_account = Some(account.to_owned());
        universe
    }

    /// Every resource of the partition, of whatever service.
    pub fn everything(role: &RoleArn) -> Self {
        Self::new(
            "any",
            format!("arn:{}:", role.partition()),
            Tail::AnyResource,
        )
    }

    /// Every action name `service:name`, lower-case. Actions are text like resources, so the same
    /// solver serves.
    pub(crate) fn actions() -> Self {
        Self::new("action", String::new(), Tail::Action)
    }

    fn new(name: &'static str, prefix: String, tail: Tail) -> Self {
        Self {
            name,
            prefix,
            tail,
            own_account: None,
        }
    }

    /// The name by which a question asks for it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The account that owns every resource of the universe, if it is one account's.
    pub(crate) fn own_account(&self) -> Option<&str> {
        self.own_account.as_deref()
    }

    /// The text with which every member begins.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Fewest characters after the prefix.
    pub(crate) fn shortest_tail(&self) -> usize {
        match self.tail {
            Tail::Bucket | Tail::Action => 3,
            Tail::Object => 5,
            Tail::KeyRest(may_be_empty) => usize::from(!may_be_empty),
            Tail::Role => 1,
            Tail::AccountAndRole => DIGITS + ROLE_INFIX.len() + 1,
            Tail::KmsKey => 1 + 1 + DIGITS + KEY_INFIX.len() + 1,
            Tail::AnyResource => 5,
        }
    }

    /// Whether every member has a slash after the prefix with any text on both sides.
    pub(crate) fn always_has_slash(&self) -> bool {
        matches!(
            self.tail,
            Tail::Object | Tail::AccountAndRole | Tail::KmsKey
        )
    }

    /// Text that every member has after a variable part, letter by letter.
    pub(crate) fn infix(&self) -> &'static str {
        match self.tail {
            Tail::AccountAndRole => ROLE_INFIX,
            Tail::KmsKey => KEY_INFIX,
            _ => "",
        }
    }

    /// Whether `arn` is a member.
    pub(crate) fn contains(&self, arn: &str) -> bool {
        let Some(tail) = arn.strip_prefix(self.prefix.as_str()) else {
            return false;
        };
        let end = tail
            .chars()
            .try_fold(Self::START, |state, character| self.step(state, character));
        end.is_some_and(|state| self.accepts(state))
    }

    /// Some member, to show where every member fares alike.
    pub(crate) fn sample(&self) -> String {
        let tail = match self.tail {
            Tail::Bucket => "aaa",
            Tail::Object => "aaa/a",
            Tail::KeyRest(_) | Tail::Role => "a",
            Tail::AccountAndRole => "000000000000:role/a",
            Tail::KmsKey => "a:000000000000:key/a",
            Tail::AnyResource => "a:::a",
            Tail::Action => "a:a",
        };
        format!("{}{tail}", self.prefix)
    }

    /// The state of the automaton after the prefix.
    pub(crate) const START: u8 = 0;

    /// One more than the greatest state of any universe.
    pub(crate) const STATES: usize = 32;

    /// The state after one more character; `None` if no member continues so.
    pub(crate) fn step(&self, state: u8, character: char) -> Option<u8> {
        match self.tail {
            Tail::Bucket => bucket(state, character),
            Tail::Object => match (state, character) {
                (BUCKET_DONE, '/') => Some(KEY_START),
                (KEY_START | KEY, _) => Some(KEY),
                _ => bucket(state, character),
            },
            Tail::KeyRest(_) => Some(1),
            Tail::Role => role(state, character),
            Tail::AccountAndRole => account_then(state, character, ROLE_INFIX).or_else(|| {
                let first = (DIGITS + ROLE_INFIX.len()) as u8;
                let inner = state.checked_sub(first)?;
                role(inner, character).map(|next| next + first)
            }),
            Tail::KmsKey => kms_key(state, character),
            Tail::AnyResource => match (state, character) {
                (0, ':') => None,
                (0 | 1, _) if character != ':' => Some(1),
                (1..=3, ':') => Some(state + 1),
                (2 | 3, _) => Some(state),
                (4 | 5, _) => Some(5),
                _ => None,
            },
            Tail::Action => {
                let letter = character.is_ascii_lowercase() || character.is_ascii_digit();
                match (state, character) {
                    (0 | 1, '-') => Some(1),
                    (0 | 1, _) if letter => Some(1),
                    (1, ':') => Some(2),
                    (2 | 3, _) if letter => Some(3),
                    _ => None,
                }
            }
        }
    }

    /// Where any one character leads, from each state.
    pub(crate) fn steps(&self) -> &'static Steps {
        static BUCKET: OnceLock<Steps> = OnceLock::new();
        static OBJECT: OnceLock<Steps> = OnceLock::new();
        static KEY_REST: OnceLock<Steps> = OnceLock::new();
        static ROLE: OnceLock<Steps> = OnceLock::new();
        static ACCOUNT_AND_ROLE: OnceLock<Steps> = OnceLock::new();
        static KMS_KEY: OnceLock<Steps> = OnceLock::new();
        static ANY_RESOURCE: OnceLock<Steps> = OnceLock::new();
        static ACTION: OnceLock<Steps> = OnceLock::new();
        let known = match self.tail {
            Tail::Bucket => &BUCKET,
            Tail::Object => &OBJECT,
            Tail::KeyRest(_) => &KEY_REST,
            Tail::Role => &ROLE,
            Tail::AccountAndRole => &ACCOUNT_AND_ROLE,
            Tail::KmsKey => &KMS_KEY,
            Tail::AnyResource => &ANY_RESOURCE,
            Tail::Action => &ACTION,
        };
        known.get_or_init(|| Steps::of(self))
    }

    /// Whether a member ends in `state`.
    pub(crate) fn accepts(&self, state: u8) -> bool {
        match self.tail {
            Tail::Bucket => state == BUCKET_DONE,
            Tail::Object => state == KEY,
            Tail::KeyRest(may_be_empty) => may_be_empty || state == 1,
            Tail::Role => state == NAME,
            Tail::AccountAndRole => state == (DIGITS + ROLE_INFIX.len()) as u8 + NAME,
            Tail::KmsKey => state == KEY_ID,
            Tail::AnyResource => state == 5,
            Tail::Action => state == 3,
        }
    }
}

/// Sets of states, as bits, that one character leads to, whichever it is: from each state, and the
/// same without the colon.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    any: Vec<u64>,
    no_colon: Vec<u64>,
}

impl Steps {
    fn of(universe: &Universe) -> Self {
        // Characters of one class fare alike, unless the universe spells them.
        let spelt = universe.infix();
        let characters = || {
            let plain = |class: &&str| class.chars().find(|one| !spelt.contains(*one));
            let colon = std::iter::once(':');
            CLASSES
                .iter()
                .filter_map(plain)
                .chain(spelt.chars())
                .chain(colon)
        };
        let led = |state: usize, with_colon: bool| {
            characters()
                .filter(|character| with_colon || *character != ':')
                .filter_map(|character| universe.step(state as u8, character))
                .fold(0, |set, target| set | 1 << (target % 64))
        };
        Self {
            any: (0..Universe::STATES)
                .map(|state| led(state, true))
                .collect(),
            no_colon: (0..Universe::STATES)
                .map(|state| led(state, false))
                .collect(),
        }
    }

    /// After one character.
    pub(crate) fn one(&self, from: u64, with_colon: bool) -> u64 {
        let table = if with_colon {
            &self.any
        } else {
            &self.no_colon
        };
        states(from)
            .filter_map(|state| table.get(usize::from(state)))
            .fold(0, |set, led| set | led)
    }

    /// After any number of characters, none included.
    pub(crate) fn many(&self, from: u64, with_colon: bool) -> u64 {
        let mut reached = from;
        let mut fresh = from;
        while fresh != 0 {
            let led = self.one(fresh, with_colon);
            fresh = led & !reached;
            reached |= led;
        }
        reached
    }
}

/// The states in a set.
pub(crate) fn states(set: u64) -> impl Iterator<Item = u8> {
    let mut left = set;
    std::iter::from_fn(move || {
        let state = left.trailing_zeros() as u8;
        left &= left.wrapping_sub(1);
        (state < 64).then_some(state)
    })
}

/// Characters from which the representatives of each class are taken, in the order in which a
/// witness prefers them. Apart from its [`Universe::infix`], no universe tells apart two characters
/// of one line.
pub(crate) const CLASSES: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "-",
    ".",
    "_+=,@",
    "/",
    ":",
    "!#%&()~;<>[]^`{|}'\"$\\*?",
    "éèêàùçñößåæø",
    "\n",
];

const DIGITS: usize = 12;
const ROLE_INFIX: &str = ":role/";
const KEY_INFIX: &str = ":key/";

const BUCKET_DONE: u8 = 3;
const BUCKET_OPEN: u8 = 4;
const KEY_START: u8 = 5;
const KEY: u8 = 6;

/// 0 nothing, 1 one character, 2 two, 3 at least three and may end, 4 at least three but may not.
fn bucket(state: u8, character: char) -> Option<u8> {
    let alphanumeric = character.is_ascii_lowercase() || character.is_ascii_digit();
    let punctuation = matches!(character, '.' | '-');
    match state {
        0 if alphanumeric => Some(1),
        1 if alphanumeric || punctuation => Some(2),
        2 | BUCKET_DONE | BUCKET_OPEN if alphanumeric => Some(BUCKET_DONE),
        2 | BUCKET_DONE | BUCKET_OPEN if punctuation => Some(BUCKET_OPEN),
        _ => None,
    }
}

const NAME: u8 = 1;

/// 0 nothing, 1 in what may be the name, 2 in what must be path, 3 after a slash that ends a path.
fn role(state: u8, character: char) -> Option<u8> {
    if !character.is_ascii_graphic() || state > 3 {
        return None;
    }
    let in_name = character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
    match (state, character) {
        (0, '/') => Some(2),
        (_, '/') => Some(3),
        (0 | NAME | 3, _) if in_name => Some(NAME),
        _ => Some(2),
    }
}

/// Twelve digits, then `infix`; `None` beyond.
fn account_then(state: u8, character: char, infix: &str) -> Option<u8> {
    let at = usize::from(state);
    if at < DIGITS {
        return character.is_ascii_digit().then_some(state + 1);
    }
    let expected = infix.chars().nth(at - DIGITS)?;
    (character == expected).then_some(state + 1)
}

const REGION_STATES: u8 = 2;
const KEY_ID: u8 = REGION_STATES + (DIGITS + KEY_INFIX.len()) as u8 + 1;

/// Region, colon, account, `:key/`, id.
fn kms_key(state: u8, character: char) -> Option<u8> {
    let letter = character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    match state {
        0 if letter => Some(1),
        1 if letter => Some(1),
        1 if character == ':' => Some(REGION_STATES),
        0 | 1 => None,
        _ if state + 1 < KEY_ID => {
            account_then(state - REGION_STATES, character, KEY_INFIX).map(|at| at + REGION_STATES)
        }
        _ => (letter || character.is_ascii_uppercase()).then_some(KEY_ID),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_strangers() {
        let role = RoleArn::parse("arn:aws:iam::123456789012:role/x").unwrap();
        let bucket = Universe::buckets(&role);
        let object = Universe::objects(&role);
        let own = Universe::own_roles(&role);
        let any = Universe::any_roles(&role);
        let key = Universe::keys(&role);
        for (universe, arn, expected) in [
            (&bucket, "arn:aws:s3:::abc", true),
            (&bucket, "arn:aws:s3:::a.c", true),
            (&bucket, "arn:aws:s3:::ab", false),
            (&bucket, "arn:aws:s3:::ab-", false),
            (&bucket, "arn:aws:s3:::Abc", false),
            (&bucket, "arn:aws:s3:::abc/k", false),
            (&object, "arn:aws:s3:::abc/k", true),
            (&object, "arn:aws:s3:::abc/\n/", true),
            (&object, "arn:aws:s3:::abc/", false),
            (&own, "arn:aws:iam::123456789012:role/x", true),
            (&own, "arn:aws:iam::123456789012:role/a/!/x", true),
            (&own, "arn:aws:iam::123456789012:role/a/", false),
            (&own, "arn:aws:iam::123456789012:role/x!", false),
            (&own, "arn:aws:iam::999999999999:role/x", false),
            (&any, "arn:aws:iam::999999999999:role/p/x", true),
            (&any, "arn:aws:iam::99999999999:role/x", false),
            (&key, "arn:aws:kms:us-east-1:123456789012:key/mrk-1A", true),
            (&key, "arn:aws:kms:us-east-1:123456789012:key/", false),
            (&key, "arn:aws:kms:us-east-1:123456789012:alias/x", false),
        ] {
            assert_eq!(universe.contains(arn), expected, "{arn}");
        }
    }

    #[test]
    fn samples_are_members() {
        let role = RoleArn::parse("arn:aws-cn:iam::123456789012:role/x").unwrap();
        for universe in [
            Universe::buckets(&role),
            Universe::objects(&role),
            Universe::objects_under(&role, "b", ""),
            Universe::objects_under(&role, "b", "p/"),
            Universe::own_roles(&role),
            Universe::any_roles(&role),
            Universe::keys(&role),
            Universe::everything(&role),
            Universe::actions(),
        ] {
            let sample = universe.sample();
            assert!(universe.contains(&sample), "{sample}");
            let tail = sample.len() - universe.prefix().len();
            assert!(universe.shortest_tail() <= tail);
            let characters = || CLASSES.iter().flat_map(|class| class.chars());
            for state in 0..Universe::STATES as u8 {
                let targets = characters().filter_map(|one| universe.step(state, one));
                for target in targets {
                    assert!(usize::from(target) < Universe::STATES);
                }
            }
        }
    }
}
