//! Laws over random expressions and facts.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{
    Asset, Fact, Network, Partial, Tunables, Variant, as_of, asset, program, tunables, unread,
};
use crate::cel::{Input, Scratch};
use crate::missing::Missing;

/// Choices read off random bytes, so that one byte string is an expression, or facts, or what to take away of them.
/// When the bytes run out, every choice is the first, and the first is always a leaf.
pub(super) struct Choices<'b>(pub(super) &'b [u8]);

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                usize::from(*first) % count
            }
            [] => 0,
        }
    }

    fn of<'x>(&mut self, words: &[&'x str]) -> &'x str {
        words[self.below(words.len())]
    }
}

/// Which part of the language expressions are drawn from.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// What the peer evaluates too, over facts that are all present.
    Shared,
}

/// Draws expressions, each of a wanted type.
pub(super) struct Grammar<'c, 'b> {
    pub(super) choices: &'c mut Choices<'b>,
    pub(super) part: Part,
    /// The macros' variables in scope, of records and of integers.
    records: Vec<String>,
    integers: Vec<String>,
}

impl<'c, 'b> Grammar<'c, 'b> {
    pub(super) fn new(choices: &'c mut Choices<'b>, part: Part) -> Self {
        Self {
            choices,
            part,
            records: Vec::new(),
            integers: Vec::new(),
        }
    }

    pub(super) fn boolean(&mut self, depth: usize) -> String {
        let leaves = if self.part == Part::Whole { 9 } else { 4 };
        let count = if depth == 0 { leaves } else { leaves + 14 };
        let choice = self.choices.below(count);
        let choice = if self.part == Part::Shared && choice >= leaves {
            choice + 5
        } else {
            choice
        };
        let below = depth.saturating_sub(1);
        match choice {
            0 => "flag".to_owned(),
            1 => "other".to_owned(),
            2 => "network.direct".to_owned(),
            3 => self.choices.of(&["true", "false"]).to_owned(),
            4 => format!(
                "has({})",
                self.choices
                    .of(&["note", "limit", "vpc", "vpc.subnet", "kind"])
            ),
            5 => format!("(note {} \"a\")", self.choices.of(&["==", "!="])),
            6 => "shown".to_owned(),
            7 => format!("(vpc.direct {} true)", self.choices.of(&["==", "!="])),
            8 => format!(
                "(as_of - since {} span)",
                self.choices.of(&["<", "==", ">="])
            ),
            9 | 10 => format!("({} && {})", self.boolean(below), self.boolean(below)),
            11 | 12 => format!("({} || {})", self.boolean(below), self.boolean(below)),
            13 => format!("!{}", self.boolean(below)),
            14 => format!(
                "({} ? {} : {})",
                self.boolean(below),
                self.boolean(below),
                self.boolean(below)
            ),
            15 => {
                let sign = self.choices.of(&["==", "!=", "<", "<=", ">", ">="]);
                format!("({} {sign} {})", self.integer(below), self.integer(below))
            }
            16 => {
                let sign = self.choices.of(&["==", "!=", "<", ">="]);
                format!("({} {sign} {})", self.text(below), self.text(below))
            }
            17 => {
                let test = self.choices.of(&["startsWith", "endsWith", "contains"]);
                format!("{}.{test}({})", self.text(below), self.text(below))
            }
            18 => format!("({} in {})", self.text(below), self.texts(below)),
            19 => {
                let over = self.texts(below);
                let (test, name) = (self.quantifier(), format!("t{depth}"));
                format!("{over}.{test}({name}, {name} == {})", self.text(below))
            }
            20 => {
                let over = self.choices.of(&["numbers", "[1, 2]"]);
                let (test, name) = (self.quantifier(), format!("n{depth}"));
                self.integers.push(name.clone());
                let body = self.boolean(below);
                self.integers.pop();
                format!("{over}.{test}({name}, {body})")
            }
            21 => {
                let (test, name) = (self.quantifier(), format!("v{depth}"));
                self.records.push(name.clone());
                let body = self.boolean(below);
                self.records.pop();
                format!("variants.{test}({name}, {body})")
            }
            _ => format!("({} == {})", self.texts(below), self.texts(below)),
        }
    }

    fn quantifier(&mut self) -> &'static str {
        self.choices.of(&["exists", "all", "exists_one"])
    }

    fn integer(&mut self, depth: usize) -> String {
        let below = depth.saturating_sub(1);
        let count = if depth == 0 { 5 } else { 11 };
        match self.choices.below(count) {
            0 => "count".to_owned(),
            1 => self.choices.of(&["0", "1", "2", "3", "-1"]).to_owned(),
            2 => "tunables.idle_days".to_owned(),
            3 => match self.integers.last() {
                Some(name) => name.clone(),
                None => "numbers[0]".to_owned(),
            },
            4 => match self.records.last() {
                Some(name) => format!("{name}.floor"),
                None if self.part == Part::Whole => "limit".to_owned(),
                None => "count".to_owned(),
            },
            5 => {
                let sign = self.choices.of(&["+", "-", "*", "/", "%"]);
                format!("({} {sign} {})", self.integer(below), self.integer(below))
            }
            6 => format!("size({})", self.text(below)),
            7 => format!("size({})", self.texts(below)),
            8 => format!("numbers[{}]", self.integer(below)),
            9 => format!(
                "({} ? {} : {})",
                self.boolean(below),
                self.integer(below),
                self.integer(below)
            ),
            _ => format!("variants[{}].floor", self.integer(below)),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let below = depth.saturating_sub(1);
        let count = if depth == 0 { 4 } else { 7 };
        match self.choices.below(count) {
            0 => "kind".to_owned(),
            1 => self.choices.of(&["\"a\"", "\"b\"", "\"\""]).to_owned(),
            2 if self.part == Part::Whole => {
                self.choices.of(&["network.subnet", "note"]).to_owned()
            }
            2 | 3 => match self.records.last() {
                Some(name) => format!("{name}.name"),
                None => "variants[0].name".to_owned(),
            },
            4 => format!("({} + {})", self.text(below), self.text(below)),
            5 => format!(
                "({} ? {} : {})",
                self.boolean(below),
                self.text(below),
                self.text(below)
            ),
            _ => format!("{}[{}]", self.texts(below), self.integer(below)),
        }
    }

    fn texts(&mut self, depth: usize) -> String {
        let below = depth.saturating_sub(1);
        let count = if depth == 0 { 4 } else { 8 };
        match self.choices.below(count) {
            0 => "names".to_owned(),
            1 => "tunables.allowed".to_owned(),
            2 => "[\"a\", \"b\"]".to_owned(),
            3 if self.part == Part::Whole => "pages".to_owned(),
            3 => "names".to_owned(),
            4 => format!("[{}]", self.text(below)),
            5 => {
                let over = self.texts(below);
                let name = format!("f{depth}");
                format!("{over}.filter({name}, {name} != {})", self.text(below))
            }
            6 => {
                let name = format!("m{depth}");
                self.records.push(name.clone());
                let body = self.text(below);
                self.records.pop();
                format!("variants.map({name}, {body})")
            }
            _ => format!("({} + {})", self.texts(below), self.texts(below)),
        }
    }
}

/// Draws facts; all are known, and those that may be absent are when the part is the shared one.
pub(super) fn facts(choices: &mut Choices<'_>, part: Part) -> Asset {
    fn text(choices: &mut Choices<'_>) -> String {
        choices.of(&["a", "b", "ab", ""]).to_owned()
    }
    fn maybe<T>(choices: &mut Choices<'_>, part: Part, value: T) -> Option<T> {
        (part == Part::Whole && choices.below(2) == 1).then_some(value)
    }
    let integer = |choices: &mut Choices<'_>| [0, 1, 2, -1, 3, i64::MAX][choices.below(6)];
    let network = |choices: &mut Choices<'_>| {
        let subnet = text(choices);
        Network {
            direct: (choices.below(2) == 1).into(),
            subnet: maybe(choices, part, subnet).into(),
        }
    };
    let vpc = network(choices);
    let (note, limit, shown) = (text(choices), integer(choices), choices.below(2) == 1);
    Asset {
        kind: text(choices).into(),
        flag: (choices.below(2) == 1).into(),
        other: (choices.below(2) == 1).into(),
        count: integer(choices).into(),
        ratio: [0.0, 0.5, 2.0][choices.below(3)].into(),
        since: [Timestamp::UNIX_EPOCH, as_of(), Timestamp::MAX][choices.below(3)].into(),
        span: [SignedDuration::ZERO, SignedDuration::from_hours(24)][choices.below(2)].into(),
        note: maybe(choices, part, note).into(),
        limit: maybe(choices, part, limit).into(),
        shown: maybe(choices, part, shown).into(),
        network: network(choices).into(),
        vpc: maybe(choices, part, vpc).into(),
        names: (0..choices.below(4))
            .map(|_| Fact::Known(text(choices)))
            .collect::<Vec<_>>()
            .into(),
        numbers: (0..choices.below(4))
            .map(|_| integer(choices))
            .collect::<Vec<_>>()
            .into(),
        variants: (0..choices.below(4))
            .map(|_| {
                Fact::Known(Variant {
                    name: text(choices).into(),
                    floor: integer(choices).into(),
                })
            })
            .collect::<Vec<_>>()
            .into(),
        pages: Partial {
            read: (0..choices.below(3)).map(|_| text(choices)).collect(),
            rest: Vec::new(),
        },
    }
}

/// Takes facts away.
struct Eraser<'e, 'b> {
    choices: &'e mut Choices<'b>,
    may: &'e dyn Fn(&str) -> bool,
}

impl Eraser<'_, '_> {
    fn hide<T>(&mut self, name: &str, fact: &mut Fact<T>) {
        if self.choices.below(4) == 1 && (self.may)(name) {
            *fact = unread(name);
        }
    }

    fn hide_network(&mut self, network: &mut Network) {
        self.hide("network.direct", &mut network.direct);
        self.hide("network.subnet", &mut network.subnet);
    }
}

/// Takes some facts away, on every level: of those drawn, the ones that `may` be, by the name of the missing call.
fn erase(choices: &mut Choices<'_>, mut facts: Asset, may: &dyn Fn(&str) -> bool) -> Asset {
    let mut eraser = Eraser { choices, may };
    let eraser = &mut eraser;
    eraser.hide("kind", &mut facts.kind);
    eraser.hide("flag", &mut facts.flag);
    eraser.hide("other", &mut facts.other);
    eraser.hide("count", &mut facts.count);
    eraser.hide("since", &mut facts.since);
    eraser.hide("span", &mut facts.span);
    eraser.hide("note", &mut facts.note);
    eraser.hide("limit", &mut facts.limit);
    eraser.hide("shown", &mut facts.shown);
    eraser.hide("numbers", &mut facts.numbers);
    if let Fact::Known(network) = &mut facts.network {
        eraser.hide_network(network);
    }
    eraser.hide("network", &mut facts.network);
    if let Fact::Known(Some(vpc)) = &mut facts.vpc {
        eraser.hide_network(vpc);
    }
    eraser.hide("vpc", &mut facts.vpc);
    if let Fact::Known(names) = &mut facts.names {
        for name in names {
            eraser.hide("names[]", name);
        }
    }
    eraser.hide("names", &mut facts.names);
    if let Fact::Known(variants) = &mut facts.variants {
        for variant in variants {
            if let Fact::Known(variant) = variant {
                eraser.hide("variant.name", &mut variant.name);
                eraser.hide("variant.floor", &mut variant.floor);
            }
            eraser.hide("variants[]", variant);
        }
    }
    eraser.hide("variants", &mut facts.variants);
    let cut = eraser.choices.below(2) == 1;
    let kept = eraser.choices.below(facts.pages.read.len() + 1);
    if cut && may("pages") {
        facts.pages.read.truncate(kept);
        facts.pages.rest.push(Missing::undecided("pages"));
    }
    facts
}

pub(super) fn small_tunables(choices: &mut Choices<'_>) -> Tunables {
    Tunables {
        idle_days: [0, 1, 2][choices.below(3)],
        ..tunables()
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4096,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Taking facts away keeps the answer or makes it unknown.
    #[test]
    fn erasure_never_flips_an_answer(
        expression in prop::collection::vec(any::<u8>(), 4..96),
        known in prop::collection::vec(any::<u8>(), 64),
        erased in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut choices = Choices(&expression);
        let source = Grammar::new(&mut choices, Part::Whole).boolean(4);
        let program = program(&source);
        let mut choices = Choices(&known);
        let tunables = small_tunables(&mut choices);
        let known = facts(&mut choices, Part::Whole);
        let erased = erase(&mut Choices(&erased), known.clone(), &|_| true);
        let input = |root| Input { root, tunables: &tunables, as_of: as_of() };
        let before = program.decide(&input(&known));
        let after = program.decide(&input(&erased));
        prop_assert!(after.is_none() || after == before, "{source}: {before:?} became {after:?}");

        // The account agrees with the answer, and an unknown answer has a reason.
        for (root, answer) in [(&known, before), (&erased, after)] {
            let (quick, thorough) = (Scratch::default(), Scratch::default());
            prop_assert_eq!(program.eval(&input(root), &quick).as_bool(), answer);
            let trace = program.trace(&input(root), &thorough);
            prop_assert_eq!(trace.value.as_bool(), answer);
            let reasons = trace.missing.len() + trace.errors.len();
            prop_assert_eq!(reasons > 0, answer.is_none(), "{}", source);
            for read in &trace.reads {
                let deeper = format!("{}.", read.fact);
                let declared = program.reads();
                prop_assert!(
                    match read.fact.strip_prefix("tunables.") {
                        Some(tunable) => declared.tunables.iter().any(|it| it == tunable),
                        None => declared.facts.iter().any(|it| it == read.fact || it.starts_with(&deeper)),
                    },
                    "{source} reads {} undeclared", read.fact
                );
            }
        }
    }

    /// What is named as missing is enough to make the answer unknown: every other absence was absorbed.
    #[test]
    fn what_is_not_named_as_missing_does_not_matter(
        expression in prop::collection::vec(any::<u8>(), 4..96),
        known in prop::collection::vec(any::<u8>(), 64),
        erased in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut choices = Choices(&expression);
        let source = Grammar::new(&mut choices, Part::Whole).boolean(4);
        let program = program(&source);
        let mut choices = Choices(&known);
        let tunables = small_tunables(&mut choices);
        let known = facts(&mut choices, Part::Whole);
        let partly = erase(&mut Choices(&erased), known.clone(), &|_| true);
        let scratch = Scratch::default();
        let input = Input { root: &partly, tunables: &tunables, as_of: as_of() };
        let trace = program.trace(&input, &scratch);
        if trace.value.is_unknown() {
            let named = |name: &str| trace.missing.iter().any(|call| call.detail == name);
            let less = erase(&mut Choices(&erased), known, &named);
            let answer = program.decide(&Input { root: &less, tunables: &tunables, as_of: as_of() });
            prop_assert_eq!(answer, None, "{} for want of {:?}", source, trace.missing);
        }
    }

    /// Whatever the text, it compiles or is refused, in one line and at a place in the text.
    #[test]
    fn any_text_is_compiled_or_refused(source in "\\PC{0,64}|[a-z(){}\\[\\]<>=&|!?:.,+*/% '\"0-9-]{0,64}") {
        if let Err(error) = crate::cel::compile(&source, &super::ENVIRONMENT, crate::cel::Type::Bool) {
            let lines = source.lines().count().max(1) + 1;
            prop_assert!(error.line as usize <= lines);
            prop_assert!(!error.to_string().contains('\n'));
        }
    }
}

#[test]
fn random_expressions_are_decided_often_enough_to_test_anything() {
    let (mut decided, mut undecided) = (0, 0);
    for seed in 0..2_000_u32 {
        let bytes: Vec<u8> = (0..96_u32)
            .map(|n| {
                (seed
                    .wrapping_mul(2_654_435_761)
                    .wrapping_add(n.wrapping_mul(40_503))
                    >> 8) as u8
            })
            .collect();
        let source = Grammar::new(&mut Choices(&bytes), Part::Whole).boolean(4);
        let program = program(&source);
        let (asset, tunables) = (asset(), tunables());
        match program.decide(&Input {
            root: &asset,
            tunables: &tunables,
            as_of: as_of(),
        }) {
            Some(_) => decided += 1,
            None => undecided += 1,
        }
    }
    assert!(
        decided > 500 && undecided > 50,
        "{decided} decided, {undecided} not"
    );
}
