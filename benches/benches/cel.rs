//! One predicate of two comparisons over a typed asset: native Rust, our evaluator, and the `cel` crate's own, in one
//! run. Each takes the assets in turn, one in twelve of which it holds for.

use std::any::Any;
use std::hint::black_box;

use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelString, MAP_TYPE, Type as PeerType};
use cel::common::value::{CowVal, Val};
use cel::{Context, ExecutionError};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use sagewarden_core::cel::{Environment, Input, Program, Scratch, Type, compile};
use sagewarden_core::record;

record! {
    /// How it reaches the network.
    #[derive(Debug, Clone)]
    struct Network as "network" {
        /// Whether it has a route to the internet.
        direct_internet_access: bool,
        /// Its subnet.
        subnet_id: Option<String>,
    }
}

record! {
    /// The asset.
    #[derive(Debug, Clone)]
    struct Asset as "asset" {
        /// Its name.
        name: String,
        /// Its kind.
        kind: String,
        /// Days since it did anything.
        idle_days: Option<i64>,
        /// Its role.
        role_arn: String,
        /// Its network.
        network: Network,
        /// Its security groups.
        groups: Vec<String>,
    }
}

record! {
    /// No tunables.
    struct Tunables as "tunables" {
        /// A threshold.
        idle_days: i64,
    }
}

const SOURCE: &str = r#"kind == "sagemaker_notebook" && network.direct_internet_access == true"#;
const PEER_SOURCE: &str =
    r#"asset.kind == "sagemaker_notebook" && asset.network.direct_internet_access == true"#;
const LIST_SOURCE: &str =
    r#"groups.exists(g, g.startsWith("sg-9")) && idle_days > tunables.idle_days"#;

/// The asset as the peer borrows it.
#[derive(Debug)]
struct Borrowed<'a>(&'a Asset);

/// Its network as the peer borrows it.
#[derive(Debug)]
struct BorrowedNetwork<'a>(&'a Network);

/// Implements the peer's value trait for a record that lends its fields.
macro_rules! peer_record {
    ($name:ident, $($field:literal => |$record:ident| $value:expr),*) => {
        impl Val for $name<'_> {
            fn get_type(&self) -> &PeerType {
                &MAP_TYPE
            }
            fn cel_type() -> &'static PeerType {
                &MAP_TYPE
            }
            fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
            where
                Self: 'v,
            {
                Some(self)
            }
            fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
            where
                Self: 'v,
            {
                Box::new($name(self.0))
            }
            fn as_any(&self) -> Option<&dyn Any> {
                None
            }
        }
        impl Indexer for $name<'_> {
            fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
            where
                Self: 'v,
            {
                let name = index.downcast_ref::<CelString<'_>>().map(CelString::inner);
                match name {
                    $(Some($field) => {
                        let $record = self.0;
                        Ok(CowVal::owned($value))
                    })*
                    _ => Err(ExecutionError::NoSuchKey(std::sync::Arc::new(String::new()))),
                }
            }
            fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
            where
                Self: 'v,
            {
                self.get(index).map(CowVal::into_owned)
            }
        }
    };
}

peer_record!(Borrowed,
    "kind" => |asset| CelString::from(asset.kind.as_str()),
    "network" => |asset| BorrowedNetwork(&asset.network));
peer_record!(BorrowedNetwork,
    "direct_internet_access" => |network| CelBool::from(network.direct_internet_access));

fn native(asset: &Asset) -> bool {
    asset.kind == "sagemaker_notebook" && asset.network.direct_internet_access
}

fn native_list(asset: &Asset, tunables: &Tunables) -> bool {
    asset.groups.iter().any(|group| group.starts_with("sg-9"))
        && asset
            .idle_days
            .is_some_and(|days| days > tunables.idle_days)
}

fn assets() -> Vec<Asset> {
    let kinds = [
        "sagemaker_notebook",
        "sagemaker_endpoint",
        "sagemaker_model",
    ];
    (0..1200_usize)
        .map(|n| Asset {
            name: format!("asset-{n}"),
            kind: kinds[n % 3].to_owned(),
            idle_days: Some(n as i64 % 60),
            role_arn: "arn:aws:iam::111122223333:role/ml".to_owned(),
            network: Network {
                direct_internet_access: n % 4 == 0,
                subnet_id: None,
            },
            groups: (0..4).map(|g| format!("sg-{}", n % 7 + g)).collect(),
        })
        .collect()
}

fn compiled(source: &str) -> Program {
    let environment = Environment {
        root: Asset::SCHEMA,
        tunables: Tunables::SCHEMA,
    };
    compile(source, &environment, Type::Bool).unwrap()
}

fn predicate(criterion: &mut Criterion) {
    let assets = assets();
    let tunables = Tunables { idle_days: 30 };
    let input = |root| Input {
        root,
        tunables: &tunables,
        as_of: Timestamp::UNIX_EPOCH,
    };
    let program = compiled(SOURCE);
    let peer = cel::Program::compile(PEER_SOURCE).unwrap();
    let context = Context::default();
    let ask_peer = |asset: &Asset| {
        let mut scope = context.new_inner_scope();
        scope.add_variable_as_val("asset", Borrowed(asset).clone_as_boxed());
        peer.execute(&scope) == Ok(cel::Value::Bool(true))
    };
    for asset in &assets {
        assert_eq!(program.decide(&input(asset)), Some(native(asset)));
        assert_eq!(ask_peer(asset), native(asset));
    }

    let mut group = criterion.benchmark_group("two comparisons");
    let mut turn = assets.iter().cycle();
    group.bench_function("native", |bencher| {
        bencher.iter(|| native(black_box(turn.next().unwrap())))
    });
    group.bench_function("ours, decide", |bencher| {
        bencher.iter(|| program.decide(black_box(&input(turn.next().unwrap()))))
    });
    group.bench_function("ours, trace", |bencher| {
        bencher.iter(|| {
            let scratch = Scratch::default();
            program
                .trace(black_box(&input(turn.next().unwrap())), &scratch)
                .reads
                .len()
        })
    });
    group.bench_function("cel crate, borrowed", |bencher| {
        bencher.iter(|| ask_peer(black_box(turn.next().unwrap())))
    });
    group.finish();
}

fn list(criterion: &mut Criterion) {
    let assets = assets();
    let tunables = Tunables { idle_days: 30 };
    let program = compiled(LIST_SOURCE);
    let mut group = criterion.benchmark_group("exists over four strings");
    let mut turn = assets.iter().cycle();
    group.bench_function("native", |bencher| {
        bencher.iter(|| native_list(black_box(turn.next().unwrap()), &tunables))
    });
    group.bench_function("ours, decide", |bencher| {
        bencher.iter(|| {
            program.decide(&Input {
                root: black_box(turn.next().unwrap()),
                tunables: &tunables,
                as_of: Timestamp::UNIX_EPOCH,
            })
        })
    });
    group.bench_function("compile", |bencher| {
        bencher.iter(|| compiled(black_box(LIST_SOURCE)))
    });
    group.finish();
}

criterion_group!(benches, predicate, list);
criterion_main!(benches);
