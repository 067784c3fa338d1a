//! The compliance ids of the controls against the frameworks.

use std::collections::BTreeSet;

use sagewarden_catalog::builtin;

#[test]
fn every_compliance_id_stands_in_its_framework() {
    let catalog = builtin().unwrap();
    for control in &catalog.controls {
        for (id, requirements) in &control.compliance {
            let framework = catalog
                .frameworks
                .iter()
                .find(|framework| framework.id == *id)
                .unwrap_or_else(|| panic!("{}: no framework `{id}`", control.id));
            for requirement in requirements {
                assert!(
                    framework.requirements.contains_key(requirement),
                    "{}: `{id}` has no `{requirement}`",
                    control.id
                );
            }
        }
    }
}

/// OWASP's list is short and whole; of the long frameworks only what a control asks for is kept.
#[test]
fn frameworks_hold_no_requirement_that_no_control_names() {
    let catalog = builtin().unwrap();
    for framework in catalog.frameworks.iter().filter(|f| f.id != "owasp_nhi") {
        let named: BTreeSet<&String> = catalog
            .controls
            .iter()
            .filter_map(|control| control.compliance.get(&framework.id))
            .flatten()
            .collect();
        let held: BTreeSet<&String> = framework.requirements.keys().collect();
        assert_eq!(held, named, "{}", framework.id);
    }
}

#[test]
fn every_requirement_has_a_title() {
    for framework in builtin().unwrap().frameworks {
        assert!(framework.source.starts_with("https://"), "{}", framework.id);
        for (id, requirement) in framework.requirements {
            assert!(!requirement.title.trim().is_empty(), "{id}");
        }
    }
}
