//! The profile `literal` as a whole: each of its settings decides a case, and all of them together
//! decide these cases as each does alone, under the laws.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_catalog::cases::Cases;
use sagewarden_catalog::{FILES, builtin, laws};
use sagewarden_core::tunables::Tunables;
use serde_json::Value;

fn literal() -> BTreeMap<String, Value> {
    let literal = Tunables::profile("literal").unwrap();
    let settings = literal.changed().into_iter();
    settings
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[test]
fn it_is_the_settings_that_read_each_control_by_its_bare_words() {
    let names: Vec<String> = literal().into_keys().collect();
    assert_eq!(
        names,
        [
            "admin_t3",
            "aws_published_sources",
            "idle_corroboration",
            "nvme",
            "serverless_monitoring",
            "single_node",
            "spare_redeployed",
            "unencrypted_mode",
        ]
    );
}

#[test]
fn its_settings_decide_together_as_each_does_alone() {
    let literal = literal();
    let mut shown = BTreeSet::new();
    for control in &builtin().unwrap().controls {
        let folder = control.home().unwrap().word();
        let file = format!("controls/{folder}/{}.cases.yaml", control.id);
        let (_, text) = FILES.iter().find(|(name, _)| *name == file).unwrap();
        let mut cases = Cases::parse(&file, text).unwrap();
        cases.cases.retain(|case| {
            let set = &case.tunables;
            !set.is_empty()
                && set
                    .iter()
                    .all(|setting| literal.get(setting.0) == Some(setting.1))
        });
        for case in &mut cases.cases {
            shown.extend(case.tunables.keys().cloned());
            case.tunables.clone_from(&literal);
        }
        // So few cases need not show every verdict; each must give its own and keep the laws.
        let broken: Vec<String> = laws::broken(control, &cases)
            .into_iter()
            .filter(|line| line.starts_with("case "))
            .collect();
        assert_eq!(broken, Vec::<String>::new(), "{}", control.id);
    }
    assert_eq!(shown, literal.into_keys().collect());
}
