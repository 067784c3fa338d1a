//! Whether a condition holds, as far as the known context tells.
//!
//! A condition and a [`Context`] enter; always, never or open leaves, with the open keys. An
//! absent key follows the rule of its operator: positive operators fail, negated ones and
//! `…IfExists` hold, `ForAllValues:` holds on nothing, `ForAnyValue:` does not. Deliberately
//! absent: guesses. An operator or a value that is not understood stays open.

use std::net::IpAddr;

use crate::condition::{Condition, ConditionEntry, Quantifier, Test};
use crate::context::{Context, Lookup};
use crate::glob::{Reading, Token, glob_matches, tokenize, tokens_match};

/// Three-valued truth of a condition over all requests that fit the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Always,
    Never,
    Open,
}

impl Holds {
    fn of(value: bool) -> Self {
        if value { Self::Always } else { Self::Never }
    }

    fn negate(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Open => Self::Open,
        }
    }

    fn any(items: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::Never;
        for item in items {
            match item {
                Self::Always => return Self::Always,
                Self::Open => result = Self::Open,
                Self::Never => {}
            }
        }
        result
    }

    fn all(items: impl IntoIterator<Item = Self>) -> Self {
        Self::any(items.into_iter().map(Self::negate)).negate()
    }
}

/// Whether `condition` holds. A condition that contradicts itself never does.
pub(crate) fn condition_holds(condition: &Condition, context: &Context) -> Holds {
    let entries = condition.entries.iter();
    let holds = Holds::all(entries.map(|entry| entry_holds(entry, condition.variables, context)));
    if holds == Holds::Open && condition.contradicts_itself() {
        return Holds::Never;
    }
    holds
}

/// The keys that keep `condition` open, as written, without repetition.
pub(crate) fn open_keys<'c>(condition: &'c Condition, context: &Context) -> Vec<&'c str> {
    let mut keys: Vec<&str> = Vec::new();
    for entry in &condition.entries {
        if entry_holds(entry, condition.variables, context) == Holds::Open
            && !keys.contains(&entry.key.as_str())
        {
            keys.push(&entry.key);
        }
    }
    keys
}

/// Whether one entry holds.
pub(crate) fn entry_holds(entry: &ConditionEntry, variables: bool, context: &Context) -> Holds {
    let operator = &entry.operator;
    let lookup = context.lookup(&entry.key_lower);
    if operator.test == Test::Unknown {
        return Holds::Open;
    }
    if operator.test == Test::Null {
        return null_holds(entry, lookup);
    }
    let holds_on_absence = match operator.quantifier {
        Quantifier::ForAllValues => true,
        Quantifier::ForAnyValue => false,
        Quantifier::Single => operator.if_exists || operator.test.is_negated(),
    };
    match lookup {
        Lookup::Absent => Holds::of(holds_on_absence),
        Lookup::NotKnown => holds_on_anything(entry, holds_on_absence),
        Lookup::Values(values) => {
            let each = values
                .iter()
                .map(|value| value_holds(entry, value, variables, context));
            match operator.quantifier {
                Quantifier::ForAllValues => Holds::all(each),
                Quantifier::ForAnyValue => Holds::any(each),
                Quantifier::Single if values.is_empty() => Holds::of(holds_on_absence),
                Quantifier::Single => agreed(each),
            }
        }
    }
}

/// What can be said although the key is not known: `*` takes every value, no value takes none.
fn holds_on_anything(entry: &ConditionEntry, holds_on_absence: bool) -> Holds {
    let negated = entry.operator.test.is_negated();
    let matches_all = matches!(entry.operator.test, Test::StringLike | Test::StringNotLike)
        && entry
            .values
            .iter()
            .any(|value| !value.is_empty() && value.chars().all(|character| character == '*'));
    let on_presence = if entry.values.is_empty() {
        Holds::of(negated)
    } else if matches_all {
        Holds::of(!negated)
    } else {
        return Holds::Open;
    };
    if on_presence == Holds::of(holds_on_absence) {
        on_presence
    } else {
        Holds::Open
    }
}

fn null_holds(entry: &ConditionEntry, lookup: Lookup<'_>) -> Holds {
    let wants = |word: &str| {
        entry
            .values
            .iter()
            .any(|value| value.eq_ignore_ascii_case(word))
    };
    let (on_absence, on_presence) = (wants("true"), wants("false"));
    match lookup {
        Lookup::Absent => Holds::of(on_absence),
        Lookup::Values([]) => Holds::of(on_absence),
        Lookup::Values(_) => Holds::of(on_presence),
        Lookup::NotKnown if on_absence == on_presence => Holds::of(on_absence),
        Lookup::NotKnown => Holds::Open,
    }
}

/// Several values under an operator for one: decided only if they agree.
fn agreed(each: impl Iterator<Item = Holds>) -> Holds {
    let mut result = None;
    for item in each {
        match result {
            None => result = Some(item),
            Some(before) if before == item => {}
            Some(_) => return Holds::Open,
        }
    }
    result.unwrap_or(Holds::Open)
}

/// One value of the request against all values of the entry.
fn value_holds(entry: &ConditionEntry, actual: &str, variables: bool, context: &Context) -> Holds {
    let test = entry.operator.test;
    let matched = Holds::any(entry.values.iter().map(|wanted| {
        if !variables || !wanted.contains("${") {
            return compare(test, wanted, actual);
        }
        match resolve(wanted, context) {
            // Only here an escaped star differs from a wildcard.
            Resolved::Tokens(tokens) if matches!(test, Test::StringLike | Test::StringNotLike) => {
                Holds::of(tokens_match(&tokens, actual, Reading::Wide))
            }
            Resolved::Tokens(tokens) => compare(test, &as_text(&tokens), actual),
            Resolved::Impossible => Holds::Never,
            Resolved::NotKnown => Holds::Open,
        }
    }));
    if test.is_negated() {
        matched.negate()
    } else {
        matched
    }
}

enum Resolved {
    Tokens(Vec<Token>),
    Impossible,
    NotKnown,
}

/// Puts known values in the place of policy variables.
fn resolve(text: &str, context: &Context) -> Resolved {
    let (tokens, found) = tokenize(text, true);
    let mut resolved = Vec::with_capacity(tokens.len());
    for token in tokens {
        let Token::Variable(index) = token else {
            resolved.push(token);
            continue;
        };
        let Some(variable) = found.get(index) else {
            return Resolved::NotKnown;
        };
        match (context.lookup(&variable.key), &variable.default) {
            (Lookup::Values([value]), _) => resolved.extend(value.chars().map(Token::Literal)),
            (Lookup::Absent, Some(default)) => {
                resolved.extend(default.chars().map(Token::Literal));
            }
            (Lookup::Absent, None) => return Resolved::Impossible,
            _ => return Resolved::NotKnown,
        }
    }
    Resolved::Tokens(resolved)
}

fn as_text(tokens: &[Token]) -> String {
    let characters = tokens.iter().map(|token| match token {
        Token::Literal(character) => *character,
        Token::One { .. } => '?',
        Token::Many { .. } | Token::Variable(_) => '*',
    });
    characters.collect()
}

/// The positive comparison of a test; the caller negates.
fn compare(test: Test, wanted: &str, actual: &str) -> Holds {
    match test {
        Test::StringEquals | Test::StringNotEquals | Test::BinaryEquals => {
            Holds::of(wanted == actual)
        }
        Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase => {
            Holds::of(wanted.to_lowercase() == actual.to_lowercase())
        }
        Test::StringLike | Test::StringNotLike => Holds::of(glob_matches(wanted, actual)),
        Test::Bool => Holds::of(wanted.eq_ignore_ascii_case(actual)),
        Test::ArnEquals | Test::ArnLike | Test::ArnNotEquals | Test::ArnNotLike => {
            Holds::of(arn_like(wanted, actual))
        }
        Test::IpAddress | Test::NotIpAddress => decided(in_network(wanted, actual)),
        Test::NumericEquals | Test::NumericNotEquals => numeric(wanted, actual, |a, b| a == b),
        Test::NumericLessThan => numeric(wanted, actual, |a, b| a < b),
        Test::NumericLessThanEquals => numeric(wanted, actual, |a, b| a <= b),
        Test::NumericGreaterThan => numeric(wanted, actual, |a, b| a > b),
        Test::NumericGreaterThanEquals => numeric(wanted, actual, |a, b| a >= b),
        Test::DateEquals | Test::DateNotEquals => date(wanted, actual, |a, b| a == b),
        Test::DateLessThan => date(wanted, actual, |a, b| a < b),
        Test::DateLessThanEquals => date(wanted, actual, |a, b| a <= b),
        Test::DateGreaterThan => date(wanted, actual, |a, b| a > b),
        Test::DateGreaterThanEquals => date(wanted, actual, |a, b| a >= b),
        Test::Null | Test::Unknown => Holds::Open,
    }
}

fn decided(value: Option<bool>) -> Holds {
    value.map_or(Holds::Open, Holds::of)
}

/// The six parts of an ARN, each a glob of its own.
fn arn_like(wanted: &str, actual: &str) -> bool {
    let wanted: Vec<&str> = wanted.splitn(6, ':').collect();
    let actual: Vec<&str> = actual.splitn(6, ':').collect();
    wanted.len() == actual.len()
        && wanted
            .iter()
            .zip(&actual)
            .all(|(pattern, text)| glob_matches(pattern, text))
}

fn in_network(network: &str, address: &str) -> Option<bool> {
    let address: IpAddr = address.parse().ok()?;
    let (base, bits) = match network.split_once('/') {
        Some((base, bits)) => (base, Some(bits.parse::<u32>().ok()?)),
        None => (network, None),
    };
    match (base.parse().ok()?, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            let bits = bits.unwrap_or(32).min(32);
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            Some(base.to_bits() & mask == address.to_bits() & mask)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            let bits = bits.unwrap_or(128).min(128);
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            Some(base.to_bits() & mask == address.to_bits() & mask)
        }
        _ => Some(false),
    }
}

fn numeric(wanted: &str, actual: &str, test: fn(f64, f64) -> bool) -> Holds {
    let pair = actual.parse().ok().zip(wanted.parse().ok());
    decided(pair.map(|(actual, wanted)| test(actual, wanted)))
}

fn date(wanted: &str, actual: &str, test: fn(i64, i64) -> bool) -> Holds {
    let pair = instant(actual).zip(instant(wanted));
    decided(pair.map(|(actual, wanted)| test(actual, wanted)))
}

/// Seconds since 1970 of an epoch number or of a UTC date-time `YYYY-MM-DD[Thh:mm[:ss]]Z`, the
/// forms of the W3C profile that policies use. Other zones are not read.
fn instant(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00"));
    let mut parts = day.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    let mut clock = time.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute) = (clock.next()?.ok()?, clock.next()?.ok()?);
    let second = clock.next().unwrap_or(Ok(0)).ok()?;
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day);
    in_range.then(|| {
        // Days from the civil calendar, counted in years that begin in March so that the leap
        // day is the last.
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month_index = (month + 9) % 12;
        let day_of_year = (153 * month_index + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        ((days * 24 + hour) * 60 + minute) * 60 + second
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    fn holds(condition: &str, context: &Context) -> Holds {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}}}"#
        );
        let document = Document::parse(&text).unwrap();
        condition_holds(&document.statements()[0].condition, context)
    }

    #[test]
    fn an_absent_key_follows_the_operator() {
        let context = Context::unknown().without("k:k");
        for (condition, expected) in [
            (r#"{"StringEquals":{"k:k":"a"}}"#, Holds::Never),
            (r#"{"StringNotEquals":{"k:k":"a"}}"#, Holds::Always),
            (r#"{"StringEqualsIfExists":{"k:k":"a"}}"#, Holds::Always),
            (
                r#"{"ForAllValues:StringEquals":{"k:k":"a"}}"#,
                Holds::Always,
            ),
            (r#"{"ForAnyValue:StringEquals":{"k:k":"a"}}"#, Holds::Never),
            (r#"{"Null":{"k:k":"true"}}"#, Holds::Always),
            (r#"{"Null":{"k:k":false}}"#, Holds::Never),
            (r#"{"NumericLessThan":{"k:k":"1.2"}}"#, Holds::Never),
            (
                r#"{"NumericLessThanIfExists":{"k:k":"1.2"}}"#,
                Holds::Always,
            ),
            ("{}", Holds::Always),
        ] {
            assert_eq!(holds(condition, &context), expected, "{condition}");
        }
    }

    #[test]
    fn a_present_key_is_compared() {
        let context = Context::unknown()
            .with("s", ["Abc"])
            .with("n", ["3"])
            .with("t", ["2026-01-02T03:04:05Z"])
            .with("ip", ["10.1.2.3"])
            .with("arn", ["arn:aws:iam::123456789012:role/a/b"])
            .with("tags", ["x", "y"]);
        for (condition, expected) in [
            (r#"{"StringEquals":{"S":["x","Abc"]}}"#, Holds::Always),
            (r#"{"StringEqualsIgnoreCase":{"s":"aBC"}}"#, Holds::Always),
            (r#"{"StringLike":{"s":"A?c"}}"#, Holds::Always),
            (r#"{"StringNotLike":{"s":"A*"}}"#, Holds::Never),
            (r#"{"NumericGreaterThan":{"n":2}}"#, Holds::Always),
            (
                r#"{"DateLessThan":{"t":"2026-01-02T03:04:06Z"}}"#,
                Holds::Always,
            ),
            (r#"{"DateGreaterThan":{"t":"1767323046"}}"#, Holds::Never),
            (r#"{"IpAddress":{"ip":["10.0.0.0/8"]}}"#, Holds::Always),
            (r#"{"NotIpAddress":{"ip":"10.1.2.3"}}"#, Holds::Never),
            (
                r#"{"ArnLike":{"arn":"arn:*:iam::*:role/*"}}"#,
                Holds::Always,
            ),
            (r#"{"ArnLike":{"arn":"arn:aws:iam:*"}}"#, Holds::Never),
            (
                r#"{"ForAllValues:StringEquals":{"tags":["x"]}}"#,
                Holds::Never,
            ),
            (
                r#"{"ForAnyValue:StringEquals":{"tags":["x"]}}"#,
                Holds::Always,
            ),
            (r#"{"Fuzzy":{"s":"Abc"}}"#, Holds::Open),
        ] {
            assert_eq!(holds(condition, &context), expected, "{condition}");
        }
    }

    #[test]
    fn a_key_nobody_knows_stays_open_unless_every_value_agrees() {
        let context = Context::unknown();
        for (condition, expected) in [
            (r#"{"StringEquals":{"k":"a"}}"#, Holds::Open),
            (r#"{"StringLikeIfExists":{"k":"*"}}"#, Holds::Always),
            (r#"{"StringLike":{"k":"*"}}"#, Holds::Open),
            (r#"{"StringEquals":{"k":[]}}"#, Holds::Never),
            (r#"{"Null":{"k":["true","false"]}}"#, Holds::Always),
            (r#"{"StringEquals":{"aws:username":"bob"}}"#, Holds::Never),
        ] {
            assert_eq!(holds(condition, &context), expected, "{condition}");
        }
    }

    #[test]
    fn contradictions_on_one_key_never_hold() {
        let context = Context::unknown();
        for condition in [
            r#"{"Null":{"k":"true"},"StringEquals":{"k":"a"}}"#,
            r#"{"Null":{"k":"true"},"ForAnyValue:StringNotEquals":{"k":"a"}}"#,
            r#"{"StringEquals":{"k":"a"},"StringLike":{"K":"b*"}}"#,
            r#"{"StringEquals":{"k":["a","b"]},"StringNotEquals":{"k":["b","a"]}}"#,
        ] {
            assert_eq!(holds(condition, &context), Holds::Never, "{condition}");
        }
        for condition in [
            r#"{"StringEquals":{"k":["a","b"]},"StringLike":{"k":"b*"}}"#,
            r#"{"ForAnyValue:StringEquals":{"k":"a"},"StringEquals":{"k":"b"}}"#,
            r#"{"Null":{"k":"true"},"StringNotEquals":{"k":"a"}}"#,
            r#"{"StringEquals":{"k":"${j:j}"},"StringLike":{"k":"b*"}}"#,
        ] {
            assert_eq!(holds(condition, &context), Holds::Open, "{condition}");
        }
    }

    #[test]
    fn variables_in_values_use_what_is_known() {
        let context = Context::unknown().with("a:a", ["x"]).with("b:b", ["x"]);
        assert_eq!(
            holds(r#"{"StringLike":{"a:a":"${*}"}}"#, &context),
            Holds::Never,
            "an escaped star is a star"
        );
        assert_eq!(
            holds(r#"{"StringEquals":{"a:a":"${b:b}"}}"#, &context),
            Holds::Always
        );
        assert_eq!(
            holds(r#"{"StringEquals":{"a:a":"${c:c}"}}"#, &context),
            Holds::Open
        );
        assert_eq!(
            holds(r#"{"StringEquals":{"a:a":"${aws:username}"}}"#, &context),
            Holds::Never
        );
    }
}
