//! Universal questions about roles: many roles with their JSON, a puzzle whose pieces only together
//! cover everything, and policies built to explode.

use std::hint::black_box;

use benches::roles::{self, Managed};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sagewarden_iam::{Question, Universe};

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

fn puzzles(criterion: &mut Criterion) {
    for (name, role) in roles::puzzles() {
        let question = Question::new("s3:GetObject", Universe::objects(&role.arn));
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| black_box(role.universal(&question)));
        });
    }
}

criterion_group!(iam, many_roles, puzzles);
criterion_main!(iam);
