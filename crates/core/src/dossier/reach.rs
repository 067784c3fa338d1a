//! Where a role can go, and the shortest way up over other roles.

use std::collections::{HashMap, VecDeque};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Gaps, account_of};
use crate::facts::role::{Reached, Role};
use crate::facts::{Context, Fact};

/// A role that can be reached in one step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Neighbour {
    /// Its ARN.
    pub arn: String,
    /// How: `assumes`, or `passes` to a service.
    pub by: &'static str,
    /// Why it lets the other in: `names_role`, `trusts_account`, `trusts_service` or `trust_unknown`.
    pub trust: String,
    /// The services it can be passed to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// The conditions of its trust policy that a caller must meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Its environment, from its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The most that it can do: `admin`, `escalatable`, `all_objects`, `passes_any_role`,
    /// `assumes_any_role`, `limited` or `unknown`.
    pub power: String,
    /// Whether it belongs to another account.
    pub other_account: bool,
}

/// A way over other roles to administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ascent {
    /// The steps, in order.
    pub hops: Vec<Hop>,
    /// What the last role is: `admin` or `escalatable`.
    pub power: &'static str,
}

/// One step from a role to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hop {
    /// How: `assumes` or `passes`.
    pub by: &'static str,
    /// The services that a passed role can be given to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// The role it leads to.
    pub to: String,
}

const ASSUMES: &str = "assumes";
const PASSES: &str = "passes";

/// The roles that can be assumed, then those that can be passed.
pub(super) fn neighbours(role: &Role<'static>, gaps: &mut Gaps) -> Vec<Neighbour> {
    let mut all = Vec::new();
    for (by, list) in steps(role) {
        gaps.add(list.missing());
        for reached in list.value().into_iter().flatten() {
            all.push(neighbour(role, by, reached));
        }
    }
    all
}

/// The lists of roles within one step, each with how it is made.
fn steps<'r>(
    role: &'r Role<'static>,
) -> [(&'static str, &'r Fact<'static, Vec<Reached<'static>>>); 3] {
    [
        (ASSUMES, &role.assumable_targets),
        (ASSUMES, &role.trust_only),
        (PASSES, &role.passable_roles),
    ]
}

fn neighbour(role: &Role<'static>, by: &'static str, reached: &Reached<'static>) -> Neighbour {
    let word = |fact: &Fact<'static, &'static str>| fact.value().copied().unwrap_or("unknown");
    Neighbour {
        arn: reached.arn.clone(),
        by,
        trust: word(&reached.trust).to_owned(),
        services: reached.services.value().cloned().unwrap_or_default(),
        conditions: reached.conditions.value().cloned().unwrap_or_default(),
        environment: reached.environment.value().cloned().flatten(),
        power: word(&reached.power).to_owned(),
        other_account: account_of(&reached.arn) != role.account,
    }
}

/// The most steps that are followed.
const STEPS: usize = 3;

/// The most roles whose own steps are looked at: in an account of thousands that all trust one
/// service, whatever lies further off is no short way.
const EXPANDED: usize = 256;

/// The shortest way over roles whose trust was read, breadth first; of two ways of one length, the
/// one whose roles come first by kind of step and ARN.
pub(super) fn ascent(context: &Context<'_>, from: &str) -> Option<Ascent> {
    let mut came: HashMap<String, Option<(String, Hop)>> = HashMap::new();
    came.insert(from.to_owned(), None);
    let mut waiting = VecDeque::from([(from.to_owned(), 0)]);
    let mut expanded = 0;
    while let Some((arn, depth)) = waiting.pop_front() {
        if depth == STEPS || expanded == EXPANDED {
            continue;
        }
        expanded += 1;
        let role = context.roles.role(&arn, account_of(&arn));
        for (by, list) in steps(&role) {
            for reached in list.value().into_iter().flatten() {
                let unseen = !came.contains_key(&reached.arn);
                if !unseen || reached.trust.value() == Some(&"trust_unknown") {
                    continue;
                }
                let hop = Hop {
                    by,
                    services: reached.services.value().cloned().unwrap_or_default(),
                    to: reached.arn.clone(),
                };
                came.insert(reached.arn.clone(), Some((arn.clone(), hop)));
                if let Some(power @ (&"admin" | &"escalatable")) = reached.power.value() {
                    return Some(Ascent {
                        hops: hops(&came, &reached.arn),
                        power,
                    });
                }
                waiting.push_back((reached.arn.clone(), depth + 1));
            }
        }
    }
    None
}

/// The steps that led to a role.
fn hops(came: &HashMap<String, Option<(String, Hop)>>, to: &str) -> Vec<Hop> {
    let mut hops = Vec::new();
    let mut at = to;
    while let Some(Some((before, hop))) = came.get(at) {
        hops.push(hop.clone());
        at = before;
    }
    hops.reverse();
    hops
}
