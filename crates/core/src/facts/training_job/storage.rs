//! What the instances of a training job keep data on.
//!
//! Enters: the instance types and counts. Leaves: how many nodes, and whether every one of them
//! has local NVMe storage, whose hardware encrypts and for which the service refuses a key.
//!
//! Sources: SageMaker API, `ResourceConfig.VolumeKmsKeyId` ("certain Nitro-based instances include
//! local storage"); EC2 User Guide, "Instance type naming conventions" (a `d` among the letters
//! after the generation means instance store).

use crate::facts::answer::{Part, origins_of};
use crate::facts::fact::{Fact, State, Text};
use crate::missing;

/// Families with local NVMe that the naming rule does not show.
const NVME: [&str; 15] = [
    "p4de",
    "p5",
    "p5e",
    "p5en",
    "p6-b200",
    "p6-b300",
    "p6e-gb200",
    "g5",
    "g6",
    "g6e",
    "g7e",
    "trn1",
    "trn1n",
    "trn2",
    "p4d",
];

/// Families of training instances that have network volumes only.
const EBS: [&str; 15] = [
    "m4", "m5", "m6i", "m7i", "c4", "c5", "c5n", "c6i", "c7i", "r5", "r7i", "t3", "p2", "p3", "m7g",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    Nvme,
    Ebs,
    Unclassified,
}

fn storage_of(instance_type: &str) -> Storage {
    let mut parts = instance_type.split('.').skip_while(|part| *part == "ml");
    let family = parts.next().unwrap_or_default();
    let after_generation = family
        .trim_start_matches(|c: char| c.is_ascii_alphabetic())
        .trim_start_matches(|c: char| c.is_ascii_digit());
    let capabilities = after_generation.split('-').next().unwrap_or_default();
    if NVME.contains(&family) || capabilities.contains('d') {
        Storage::Nvme
    } else if EBS.contains(&family) {
        Storage::Ebs
    } else {
        Storage::Unclassified
    }
}

/// `nvme` when every type has it, else `ebs`.
pub(super) fn kind(instance_types: &[Text<'_>]) -> &'static str {
    let all_nvme = instance_types
        .iter()
        .all(|name| storage_of(name) == Storage::Nvme);
    if all_nvme { "nvme" } else { "ebs" }
}

/// The types whose storage is not known.
pub(super) fn unclassified(instance_types: &[Text<'_>]) -> Vec<String> {
    instance_types
        .iter()
        .filter(|name| storage_of(name) == Storage::Unclassified)
        .map(|name| name.clone().into_owned())
        .collect()
}

/// The instance types: of every group where there are groups, else the one of the job.
pub(super) fn instance_types<'e>(job: &Part<'_, 'e>) -> Fact<'e, Vec<Text<'e>>> {
    by_group(
        job,
        |part| part.text("/InstanceType"),
        |part| part.text("/ResourceConfig/InstanceType"),
    )
}

/// How many instances.
pub(super) fn nodes<'e>(job: &Part<'_, 'e>) -> Fact<'e, i64> {
    by_group(
        job,
        |part| count(part, "/InstanceCount"),
        |part| count(part, "/ResourceConfig/InstanceCount"),
    )
    .map(|counts| {
        counts
            .iter()
            .fold(0, |sum: i64, count| sum.saturating_add(*count))
    })
}

/// A count that the service sends wherever it applies. Where it is not, no place is evidence.
fn count<'e>(part: &Part<'_, 'e>, pointer: &'static str) -> Fact<'e, i64> {
    match part.optional_integer(pointer).state {
        State::Known(Some(count)) => Fact::known(count, part.origin(pointer)),
        State::Known(None) => Fact::unknown(part.malformed(pointer)),
        State::Unknown(missing) => Fact::unknown(missing),
    }
}

/// A value of every instance group, or the job's one value where it has no groups.
fn by_group<'r, 'e, T>(
    job: &Part<'r, 'e>,
    of_group: impl Fn(&Part<'r, 'e>) -> Fact<'e, T>,
    of_job: impl Fn(&Part<'r, 'e>) -> Fact<'e, T>,
) -> Fact<'e, Vec<T>> {
    job.parts("/ResourceConfig/InstanceGroups").then(|groups| {
        if groups.is_empty() {
            of_job(job).map(|value| vec![value])
        } else {
            collect(groups.iter().map(of_group))
        }
    })
}

/// All values, or everything that is missing of any.
pub(super) fn collect<'e, T>(facts: impl IntoIterator<Item = Fact<'e, T>>) -> Fact<'e, Vec<T>> {
    let mut values = Vec::new();
    let mut origins = Vec::new();
    let mut gap = None;
    for fact in facts {
        origins.push(fact.origins);
        match fact.state {
            State::Known(value) => values.push(value),
            State::Unknown(missing) => {
                gap = Some(gap.map_or(missing.clone(), |all| missing::union(&all, &missing)));
            }
        }
    }
    Fact {
        state: gap.map_or(State::Known(values), State::Unknown),
        origins: origins_of(origins),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn kind_of(types: &[&'static str]) -> &'static str {
        kind(
            &types
                .iter()
                .map(|name| Cow::Borrowed(*name))
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn local_storage_is_told_by_family_or_by_its_letter() {
        for nvme in [
            "ml.p3dn.24xlarge",
            "ml.p4d.24xlarge",
            "ml.p5.4xlarge",
            "ml.p6e-gb200.36xlarge",
            "ml.p6-b300.48xlarge",
            "ml.g4dn.xlarge",
            "ml.g7e.2xlarge",
            "ml.trn2.48xlarge",
            "ml.r5d.large",
            "ml.m9gd.large",
            "ml.c6id.large",
        ] {
            assert_eq!(kind_of(&[nvme]), "nvme", "{nvme}");
        }
        for ebs in [
            "ml.m5.large",
            "ml.p3.2xlarge",
            "ml.c5n.large",
            "ml.x9.large",
            "ml.d3.large",
        ] {
            assert_eq!(kind_of(&[ebs]), "ebs", "{ebs}");
        }
        assert_eq!(kind_of(&["ml.p4d.24xlarge", "ml.m5.large"]), "ebs");
    }

    #[test]
    fn unlisted_families_are_named() {
        let types = [Cow::Borrowed("ml.x9.large"), Cow::Borrowed("ml.m5.large")];
        assert_eq!(unclassified(&types), ["ml.x9.large"]);
    }
}
