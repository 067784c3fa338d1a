//! Action and resource patterns, and whether they match one given name.
//!
//! A pattern's text enters, compiled once; a yes or no for one name leaves. Universal questions
//! ("does this cover every bucket?") are asked in `solve`. Rules: IAM User Guide, "IAM JSON
//! policy elements: Resource" (wildcards) and "Variables and tags".
//!
//! Two readings of a wildcard in the head of an ARN exist. The documentation lets `*` cross a
//! colon only as the last character of a segment; the service has been seen to match the whole
//! string. [`Reading::Wide`] is the second, [`Reading::Narrow`] the first; callers take the wide
//! one for what may be granted and the narrow one for what is surely denied.

use std::str::Chars;

/// How far a wildcard in the first five segments of an ARN pattern reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Every wildcard crosses colons: one glob over the whole string.
    Wide,
    /// In the first five segments, only a `*` that ends its segment crosses colons.
    Narrow,
}

/// A position of a compiled resource pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character.
    Literal(char),
    /// `?`. `crosses` tells whether it may be a colon in the narrow reading.
    One { crosses: bool },
    /// `*`, runs of it merged.
    Many { crosses: bool },
    /// The n-th policy variable of the pattern.
    Variable(usize),
}

/// A policy variable `${key}` or `${key, 'default'}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The condition key, lower-cased.
    pub key: String,
    /// The text to use when the request does not carry the key.
    pub default: Option<String>,
}

/// Case-sensitive glob over code points: `*` is any run, `?` exactly one character.
pub fn glob_matches(pattern: &str, text: &str) -> bool {
    let tokens = pattern.chars().map(|character| match character {
        '*' => Token::Many { crosses: true },
        '?' => Token::One { crosses: true },
        other => Token::Literal(other),
    });
    greedy_match(tokens, text, Reading::Wide)
}

/// Splits resource text into tokens. With `variables`, `${…}` is a variable and `${*}`, `${?}`,
/// `${$}` are the characters themselves (language version 2012-10-17); without, all is text.
pub(crate) fn tokenize(text: &str, variables: bool) -> (Vec<Token>, Vec<Variable>) {
    let mut tokens = Vec::with_capacity(text.len());
    let mut found = Vec::new();
    let mut colons = 0_usize;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '*' => {
                let after = rest.as_str().trim_start_matches('*');
                rest = after.chars();
                let ends_segment = after.is_empty() || after.starts_with(':');
                tokens.push(Token::Many {
                    crosses: colons >= 5 || ends_segment,
                });
            }
            '?' => tokens.push(Token::One {
                crosses: colons >= 5,
            }),
            '$' if variables => match variable(rest.as_str()) {
                Some((Placeholder::Literal(literal), after)) => {
                    tokens.push(Token::Literal(literal));
                    rest = after.chars();
                }
                Some((Placeholder::Variable(variable), after)) => {
                    tokens.push(Token::Variable(found.len()));
                    found.push(variable);
                    rest = after.chars();
                }
                None => tokens.push(Token::Literal('$')),
            },
            _ => {
                if character == ':' {
                    colons += 1;
                }
                tokens.push(Token::Literal(character));
            }
        }
    }
    (tokens, found)
}

enum Placeholder {
    Literal(char),
    Variable(Variable),
}

/// Reads `{…}` after a `$`.
fn variable(rest: &str) -> Option<(Placeholder, &str)> {
    let (body, after) = rest.strip_prefix('{')?.split_once('}')?;
    let placeholder = match body {
        "*" => Placeholder::Literal('*'),
        "?" => Placeholder::Literal('?'),
        "$" => Placeholder::Literal('$'),
        "" => return None,
        _ => {
            let (key, default) = match body.split_once(',') {
                Some((key, default)) => (key, Some(unquote(default.trim()).to_owned())),
                None => (body, None),
            };
            Placeholder::Variable(Variable {
                key: key.trim().to_ascii_lowercase(),
                default,
            })
        }
    };
    Some((placeholder, after))
}

fn unquote(text: &str) -> &str {
    text.strip_prefix('\'')
        .and_then(|inner| inner.strip_suffix('\''))
        .unwrap_or(text)
}

/// Whether `text` is in the language of `tokens`. Variables must have been resolved; one that
/// is left matches nothing.
pub(crate) fn tokens_match(tokens: &[Token], text: &str, reading: Reading) -> bool {
    let bounded_star = reading == Reading::Narrow
        && tokens
            .iter()
            .any(|token| matches!(token, Token::Many { crosses: false }));
    if bounded_star {
        // A star that stops at a colon breaks the greedy argument below: an earlier star may have
        // to take more. These patterns are rare; walk them as a set of positions.
        return positions_match(tokens, text, reading);
    }
    greedy_match(tokens.iter().copied(), text, reading)
}

/// Matches with every star crossing everything: it is enough to retry the last star.
fn greedy_match<P: Iterator<Item = Token> + Clone>(
    mut pattern: P,
    text: &str,
    reading: Reading,
) -> bool {
    let mut text = text.chars();
    let mut retry: Option<(P, Chars<'_>)> = None;
    loop {
        let step = match pattern.next() {
            Some(Token::Many { .. }) => {
                if pattern.clone().next().is_none() {
                    return true;
                }
                retry = Some((pattern.clone(), text.clone()));
                true
            }
            Some(token) => text
                .next()
                .is_some_and(|character| accepts(token, character, reading)),
            None => {
                if text.as_str().is_empty() {
                    return true;
                }
                false
            }
        };
        if !step {
            let Some((after_star, rest)) = retry.as_mut() else {
                return false;
            };
            if rest.next().is_none() {
                return false;
            }
            pattern = after_star.clone();
            text = rest.clone();
        }
    }
}

/// Whether a one-character token takes `character`.
pub(crate) fn accepts(token: Token, character: char, reading: Reading) -> bool {
    match token {
        Token::Literal(expected) => expected == character,
        Token::One { crosses } => crosses || reading == Reading::Wide || character != ':',
        Token::Many { .. } | Token::Variable(_) => false,
    }
}

fn positions_match(tokens: &[Token], text: &str, reading: Reading) -> bool {
    let shape = Shape::of(tokens, reading);
    let mut active = shape.start();
    for character in text.chars() {
        active = shape.step(&active, character);
        if active.iter().all(|on| !on) {
            return false;
        }
    }
    active.last().copied().unwrap_or(false)
}

/// A star that loops on a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loop {
    /// No star here.
    None,
    /// A star that takes every character.
    Any,
    /// A star that stops at a colon.
    NoColon,
}

/// A pattern as positions: `slots` are the one-character tokens; position `i` means "the first
/// `i` slots are matched"; `loops[i]` says whether a star stands before slot `i`.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) slots: Vec<Token>,
    pub(crate) loops: Vec<Loop>,
    reading: Reading,
}

impl Shape {
    pub(crate) fn of(tokens: &[Token], reading: Reading) -> Self {
        let mut slots = Vec::with_capacity(tokens.len());
        let mut loops = Vec::with_capacity(tokens.len() + 1);
        let mut here = Loop::None;
        for token in tokens {
            match *token {
                Token::Many { crosses } => {
                    if crosses || reading == Reading::Wide {
                        here = Loop::Any;
                    } else if here == Loop::None {
                        here = Loop::NoColon;
                    }
                }
                slot => {
                    loops.push(here);
                    here = Loop::None;
                    slots.push(slot);
                }
            }
        }
        loops.push(here);
        Self {
            slots,
            loops,
            reading,
        }
    }

    /// The same reading over other positions.
    pub(crate) fn with(&self, slots: Vec<Token>, loops: Vec<Loop>) -> Self {
        Self {
            slots,
            loops,
            reading: self.reading,
        }
    }

    /// The positions active before any character.
    pub(crate) fn start(&self) -> Vec<bool> {
        let mut active = vec![false; self.loops.len()];
        if let Some(first) = active.first_mut() {
            *first = true;
        }
        active
    }

    /// Whether slot `index` takes `character`.
    pub(crate) fn slot_accepts(&self, index: usize, character: char) -> bool {
        self.slots
            .get(index)
            .is_some_and(|slot| accepts(*slot, character, self.reading))
    }

    /// The positions active after `character`.
    pub(crate) fn step(&self, active: &[bool], character: char) -> Vec<bool> {
        let mut next = vec![false; active.len()];
        for (index, (on, star)) in active.iter().zip(&self.loops).enumerate() {
            if !on {
                continue;
            }
            let stays = match star {
                Loop::None => false,
                Loop::Any => true,
                Loop::NoColon => character != ':',
            };
            if stays && let Some(here) = next.get_mut(index) {
                *here = true;
            }
            if self.slot_accepts(index, character)
                && let Some(after) = next.get_mut(index + 1)
            {
                *after = true;
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, without any cleverness.
    fn naive(tokens: &[Token], text: &[char], reading: Reading) -> bool {
        let Some((first, rest)) = tokens.split_first() else {
            return text.is_empty();
        };
        match first {
            Token::Many { crosses } => {
                naive(rest, text, reading)
                    || text.split_first().is_some_and(|(character, after)| {
                        (*crosses || reading == Reading::Wide || *character != ':')
                            && naive(tokens, after, reading)
                    })
            }
            token => text.split_first().is_some_and(|(character, after)| {
                accepts(*token, *character, reading) && naive(rest, after, reading)
            }),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn resource_match_equals_the_definition(
            pattern in "[ab:/*?]{0,10}", text in "[ab:/]{0,12}", wide in any::<bool>(),
        ) {
            let reading = if wide { Reading::Wide } else { Reading::Narrow };
            let (tokens, _) = tokenize(&pattern, true);
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(
                tokens_match(&tokens, &text, reading),
                naive(&tokens, &characters, reading)
            );
        }

        #[test]
        fn the_plain_glob_is_the_wide_reading(pattern in "[ab:é*?]{0,10}", text in "[ab:é\n]{0,12}") {
            let (tokens, _) = tokenize(&pattern, false);
            prop_assert_eq!(glob_matches(&pattern, &text), tokens_match(&tokens, &text, Reading::Wide));
        }

        #[test]
        fn narrow_is_within_wide(pattern in "[ab:/*?]{0,10}", text in "[ab:/]{0,12}") {
            let (tokens, _) = tokenize(&pattern, true);
            if tokens_match(&tokens, &text, Reading::Narrow) {
                prop_assert!(tokens_match(&tokens, &text, Reading::Wide));
            }
        }
    }

    fn narrow(pattern: &str, text: &str) -> bool {
        tokens_match(&tokenize(pattern, true).0, text, Reading::Narrow)
    }

    #[test]
    fn pitfall_6_star_crosses_slash_may_be_empty_and_crosses_colon_at_a_segment_end() {
        assert!(narrow("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b/c"));
        assert!(narrow("arn:aws:s3:::b/*", "arn:aws:s3:::b/"));
        assert!(narrow("arn:aws:iam::*", "arn:aws:iam::123456789012:role/x"));
        assert!(narrow("arn:aws:s3*", "arn:aws:s3:::b"));
        assert!(narrow(
            "arn:aws:*:role/x",
            "arn:aws:iam::123456789012:role/x"
        ));
        assert!(narrow("arn:aws:s3:::b?c", "arn:aws:s3:::b/c"));
        assert!(!narrow("arn:aws:s3:::b?", "arn:aws:s3:::b"));
    }

    #[test]
    fn pitfall_7_regex_characters_are_plain() {
        assert!(!narrow("arn:aws:s3:::a.c", "arn:aws:s3:::abc"));
        assert!(!narrow("arn:aws:s3:::a+", "arn:aws:s3:::aa"));
        assert!(narrow("arn:aws:s3:::b/[x]", "arn:aws:s3:::b/[x]"));
        assert!(narrow("arn:aws:s3:::b/*", "arn:aws:s3:::b/line\nbreak"));
        assert!(!narrow("arn:aws:s3:::Data/*", "arn:aws:s3:::data/x"));
    }

    #[test]
    fn pitfall_11_a_star_inside_a_head_segment_has_two_readings() {
        let (tokens, _) = tokenize("arn:aws:s3*b/k", true);
        let name = "arn:aws:s3:::b/k";
        assert!(tokens_match(&tokens, name, Reading::Wide));
        assert!(!tokens_match(&tokens, name, Reading::Narrow));
    }

    #[test]
    fn pitfall_8_variables_and_escapes() {
        let (tokens, variables) = tokenize("a${*}${?}${$}${aws:UserName, 'd'}", true);
        assert_eq!(
            tokens,
            [
                Token::Literal('a'),
                Token::Literal('*'),
                Token::Literal('?'),
                Token::Literal('$'),
                Token::Variable(0)
            ]
        );
        assert_eq!(variables[0].key, "aws:username");
        assert_eq!(variables[0].default.as_deref(), Some("d"));
        let (literal, none) = tokenize("${aws:username}", false);
        assert!(none.is_empty());
        assert!(
            literal
                .iter()
                .all(|token| matches!(token, Token::Literal(_)))
        );
    }

    /// Matching as the documentation words it, letter by letter, from the text of the pattern.
    fn worded(pattern: &[char], colons: usize, text: &[char], reading: Reading) -> bool {
        let free = colons >= 5 || reading == Reading::Wide;
        let Some((letter, rest)) = pattern.split_first() else {
            return text.is_empty();
        };
        let follows = |takes: fn(char, char) -> bool, rest: &[char], colons: usize| {
            text.split_first().is_some_and(|(character, after)| {
                takes(*letter, *character) && worded(rest, colons, after, reading)
            })
        };
        let not_colon = |_: char, character: char| character != ':';
        match letter {
            '*' => {
                let after = rest.iter().find(|next| **next != '*');
                let free = free || matches!(after, None | Some(':'));
                let takes = if free { |_, _| true } else { not_colon };
                worded(rest, colons, text, reading) || follows(takes, pattern, colons)
            }
            '?' => follows(if free { |_, _| true } else { not_colon }, rest, colons),
            ':' => follows(|a, b| a == b, rest, colons + 1),
            _ => follows(|a, b| a == b, rest, colons),
        }
    }

    #[test]
    fn two_million_random_pairs_match_as_worded_in_both_readings() {
        const PATTERNS: usize = 2_000;
        const TEXTS: usize = 200;
        // Few letters, so that many match. Five colons put the rest behind the head of an ARN.
        const HEADS: [&str; 5] = ["", ":", "a:*:b:?:", "a:b:*:", "a:b:::"];
        let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
        let mut hits = 0;
        for head in HEADS {
            let plain = head.replace('*', "ab").replace('?', "b");
            let texts: Vec<(String, Vec<char>)> = (0..TEXTS)
                .map(|_| format!("{plain}{}", random.text(&['a', 'b', ':'], 6)))
                .map(|text| (text.clone(), text.chars().collect()))
                .collect();
            for _ in 0..PATTERNS {
                let tail = random.text(&['a', 'b', ':', '*', '?', '*'], 6);
                let pattern = format!("{head}{tail}");
                let letters: Vec<char> = pattern.chars().collect();
                let (tokens, _) = tokenize(&pattern, true);
                for (text, characters) in &texts {
                    for reading in [Reading::Wide, Reading::Narrow] {
                        let matched = tokens_match(&tokens, text, reading);
                        let expected = worded(&letters, 0, characters, reading);
                        assert_eq!(matched, expected, "{pattern} {text} {reading:?}");
                        hits += usize::from(matched);
                    }
                }
            }
        }
        let tried = 2 * HEADS.len() * PATTERNS * TEXTS;
        assert!((tried / 20..tried / 2).contains(&hits), "{hits} of {tried}");
    }

    /// Random enough for letters, and the same everywhere.
    struct Xorshift(u64);

    impl Xorshift {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % bound as u64) as usize
        }

        fn text(&mut self, letters: &[char], most: usize) -> String {
            (0..self.below(most + 1))
                .map(|_| letters[self.below(letters.len())])
                .collect()
        }
    }
}
