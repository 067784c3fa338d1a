//! One control, one asset, one answer.
//!
//! Total: it returns an outcome, with its doubts inside, never an error. Kleene's logic within an
//! expression lives in [`cel`](crate::cel); here the parts of a control are put together:
//! subject, applicability, unsafe state, reason, exceptions, notes.

use crate::cel::{Input, Program};
use crate::control::{Case, Rule};
use crate::verdict::{Disposition, Verdict};

/// What a control says of an asset, small enough to keep for every asset of an organisation.
/// Codes are positions in the rule; texts and evidence are made when a finding is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Position of the control in the run's selection.
    pub control: u16,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason of a fail or of a not-applicable, as a position in the rule's list.
    pub code: Option<u8>,
    /// The exception that covers it, as a position in the rule's list.
    pub waived: Option<u8>,
    /// The waiver that covers it, as a position in the run's waivers.
    pub waiver: Option<u16>,
    /// The notes that hold, one bit each.
    pub notes: u64,
}

impl Outcome {
    /// Whether an exception covers it.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        if self.waived.is_some() || self.waiver.is_some() {
            Disposition::Waived
        } else {
            Disposition::Open
        }
    }

    /// Whether it is a fail that nobody has accepted.
    #[must_use]
    pub fn is_open_fail(&self) -> bool {
        self.verdict == Verdict::Fail && self.disposition() == Disposition::Open
    }
}

/// Three-valued truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Known to hold.
    True,
    /// Known not to hold.
    False,
    /// Not known.
    Unknown,
}

/// The truth of a boolean program.
fn truth(program: &Program, input: &Input<'_>) -> Truth {
    match program.decide(input) {
        Some(true) => Truth::True,
        Some(false) => Truth::False,
        None => Truth::Unknown,
    }
}

/// The truth of a case's condition.
#[must_use]
pub fn holds(case: &Case, input: &Input<'_>) -> Truth {
    case.when
        .as_ref()
        .map_or(Truth::True, |program| truth(program, input))
}

/// The first case that is known to hold.
fn first(cases: &[Case], input: &Input<'_>) -> Option<u8> {
    cases
        .iter()
        .position(|case| holds(case, input) == Truth::True)
        .and_then(|index| u8::try_from(index).ok())
}

/// Decides `rule` for the asset of `input`; `None` when the asset is no subject of the control.
#[must_use]
pub fn decide(control: u16, rule: &Rule, input: &Input<'_>) -> Option<Outcome> {
    let subject = rule
        .subject_when
        .as_ref()
        .map_or(Truth::True, |program| truth(program, input));
    if subject == Truth::False {
        return None;
    }
    let notes = rule
        .notes
        .iter()
        .take(64)
        .enumerate()
        .filter(|(_, note)| holds(note, input) == Truth::True)
        .fold(0u64, |bits, (index, _)| bits | 1 << index);
    let outcome = |verdict, code, waived| Outcome {
        control,
        verdict,
        code,
        waived,
        waiver: None,
        notes,
    };

    let mut applicability = Truth::True;
    for (index, case) in rule.not_applicable.iter().enumerate() {
        match holds(case, input) {
            Truth::True => {
                return Some(outcome(
                    Verdict::NotApplicable,
                    u8::try_from(index).ok(),
                    None,
                ));
            }
            Truth::Unknown => applicability = Truth::Unknown,
            Truth::False => {}
        }
    }
    let verdict = match truth(&rule.unsafe_when, input) {
        // Whether there is anything to judge is itself unknown, so neither answer is certain.
        Truth::True | Truth::False
            if applicability == Truth::Unknown || subject == Truth::Unknown =>
        {
            Verdict::Unknown
        }
        Truth::True => Verdict::Fail,
        Truth::False => Verdict::Pass,
        Truth::Unknown => Verdict::Unknown,
    };
    let code = if verdict == Verdict::Fail {
        first(&rule.reasons, input)
    } else {
        None
    };
    let waived = match verdict {
        Verdict::Fail | Verdict::Unknown => first(&rule.waived, input),
        Verdict::Pass | Verdict::NotApplicable => None,
    };
    Some(outcome(verdict, code, waived))
}
