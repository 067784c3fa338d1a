//! Universal questions about roles: ten thousand roles with their JSON, a puzzle whose pieces only
//! together cover everything, and a policy built to explode.

use std::hint::black_box;

use benches::roles::{self, Managed};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sagewarden_iam::{Decision, Document, Extent, Question, Role, Universe};
use serde_json::json;

const ROLES: usize = 10_000;

fn many_roles(criterion: &mut Criterion) {
    let texts = roles::texts(ROLES);
    let mut group = criterion.benchmark_group("roles");
    group.sample_size(10);
    group.throughput(Throughput::Elements((ROLES * roles::QUESTIONS) as u64));
    group.bench_function("parsed and asked", |bencher| {
        bencher.iter(|| {
            let mut managed = Managed::default();
            for text in &texts {
                roles::questions(&managed.role(text));
            }
        });
    });
    group.bench_function("parsed", |bencher| {
        bencher.iter(|| {
            let mut managed = Managed::default();
            for text in &texts {
                black_box(managed.role(text));
            }
        });
    });
    group.finish();
}

/// Each letter somewhere in the bucket's name, thirty-six patterns: together they are every object.
fn letter_puzzle(criterion: &mut Criterion) {
    let pieces: Vec<String> = ('a'..='z')
        .chain('0'..='9')
        .map(|last| format!("arn:aws:s3:::*{last}/*"))
        .collect();
    let role = objects_of(&pieces);
    let question = Question::new("s3:GetObject", Universe::objects(&role.arn));
    assert_eq!(role.universal(&question).must, Extent::All);
    criterion.bench_function("puzzle of 36 letters", |bencher| {
        bencher.iter(|| black_box(role.universal(&question)));
    });
}

/// Patterns that remember where each letter stood: the states multiply until a limit ends it. In
/// one policy as long as IAM takes it, and in as much as a role may have attached.
fn explosion(criterion: &mut Criterion) {
    for (name, pieces) in [("26 patterns", 26), ("10 KiB", 250), ("100 KiB", 2_500)] {
        let pieces: Vec<String> = ('a'..='z')
            .cycle()
            .take(pieces)
            .enumerate()
            .map(|(number, letter)| {
                let gap = "?".repeat(7 + number % 11);
                format!("arn:aws:s3:::*{letter}{gap}/*{letter}")
            })
            .collect();
        let role = objects_of(&pieces);
        let question = Question::new("s3:GetObject", Universe::objects(&role.arn));
        let answer = role.universal(&question);
        assert!(matches!(answer.decision, Decision::StateCap(_)), "{name}");
        criterion.bench_function(&format!("built to explode, {name}"), |bencher| {
            bencher.iter(|| black_box(role.universal(&question)));
        });
    }
}

fn objects_of(resources: &[String]) -> Role {
    let value = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}});
    roles::role_of("pieces", Document::from_value(&value).expect("a policy"))
}

criterion_group!(iam, many_roles, letter_puzzle, explosion);
criterion_main!(iam);
