//! What is new, what is old, and what was only not looked at.

use crate::world::World;

const ROOT: [&str; 4] = ["raw", "--control", "NOTEBOOK.ROOT.001", "--as-of"];

fn baseline(world: &World, verb: &str, as_of: &str) -> String {
    let mut arguments = vec!["baseline", verb, "b.jsonl"];
    arguments.extend(ROOT);
    arguments.push(as_of);
    let ran = world.run(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.out
}

fn list(world: &World, names: &[&str]) {
    let summaries: Vec<_> = names
        .iter()
        .map(|name| {
            serde_json::json!({
                "NotebookInstanceName": name,
                "NotebookInstanceArn": format!("arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/{name}"),
                "NotebookInstanceStatus": "InService"
            })
        })
        .collect();
    world.write(
        "raw/111122223333/eu-west-1/list-notebook-instances.json",
        serde_json::json!({ "NotebookInstances": summaries }).to_string(),
    );
}

#[test]
fn only_what_is_new_counts() {
    let world = World::with_notebook();
    assert!(baseline(&world, "create", "2026-10-01").starts_with("1 new, "));
    let check = |as_of: &str| {
        let mut arguments = vec!["check"];
        arguments.extend(ROOT);
        arguments.extend([
            as_of,
            "--baseline",
            "b.jsonl",
            "--new-only",
            "--fail-on",
            "medium",
        ]);
        world.run(&arguments)
    };
    let quiet = check("2026-10-02");
    assert_eq!(quiet.code, 0, "{quiet:?}");
    assert!(!quiet.out.contains("fail    medium"), "{quiet:?}");
    world.notebook("later", "Enabled");
    let loud = check("2026-10-02");
    assert_eq!(loud.code, 1, "{loud:?}");
    assert!(
        loud.out.contains("later") && loud.out.contains("[new]"),
        "{loud:?}"
    );
    assert!(!loud.out.contains("  nb "), "{loud:?}");
    let world = World::with_notebook();
    assert_eq!(world.run(&["check", "raw", "--new-only"]).code, 2);
}

#[test]
fn ages_run_on_and_deadlines_pass() {
    let world = World::with_notebook();
    baseline(&world, "create", "2026-08-01");
    let mut arguments = ROOT.to_vec();
    arguments.extend(["2026-11-01", "--baseline", "b.jsonl"]);
    let history = &world.assess(&arguments)["findings"][0]["history"];
    assert_eq!(history["state"], "unchanged");
    assert_eq!(history["first_seen"], "2026-08-01T00:00:00Z");
    // Ninety days for a medium one.
    assert_eq!(history["due"], "2026-10-30T00:00:00Z");
    assert_eq!(history["overdue"], true);
    world.write("sagewarden.toml", "[deadline_days]\nmedium = 365\n");
    assert_eq!(
        world.assess(&arguments)["findings"][0]["history"]["overdue"],
        false
    );
}

#[test]
fn an_update_tells_mended_gone_and_unseen_apart() {
    let world = World::with_notebook();
    world.notebook("b", "Enabled");
    world.notebook("c", "Enabled");
    list(&world, &["nb", "b", "c"]);
    assert!(baseline(&world, "create", "2026-10-01").starts_with("3 new, "));
    world.notebook("nb", "Disabled");
    std::fs::remove_file(world.path(
        "raw/111122223333/eu-west-1/describe-notebook-instance--NotebookInstanceName=b.json",
    ))
    .unwrap();
    std::fs::remove_file(world.path(
        "raw/111122223333/eu-west-1/describe-notebook-instance--NotebookInstanceName=c.json",
    ))
    .unwrap();
    // `c` is still listed, so that it was only not described.
    list(&world, &["nb", "c"]);
    assert_eq!(
        baseline(&world, "update", "2026-10-02"),
        "0 new, 0 reopened, 0 unchanged, 1 resolved, 1 removed, 1 not looked at\n"
    );
    world.notebook("nb", "Enabled");
    assert_eq!(
        baseline(&world, "update", "2026-10-03"),
        "0 new, 1 reopened, 0 unchanged, 0 resolved, 0 removed, 1 not looked at\n"
    );
    // Without a listing nobody knows what is gone.
    let entries = world.read("b.jsonl");
    assert!(
        entries.contains("\"first_seen\":\"2026-10-03T00:00:00Z\""),
        "{entries}"
    );
    std::fs::remove_file(world.path("raw/111122223333/eu-west-1/list-notebook-instances.json"))
        .unwrap();
    std::fs::remove_file(world.path(
        "raw/111122223333/eu-west-1/describe-notebook-instance--NotebookInstanceName=nb.json",
    ))
    .unwrap();
    world.notebook("elsewhere", "Disabled");
    assert_eq!(
        baseline(&world, "update", "2026-10-04"),
        "0 new, 0 reopened, 0 unchanged, 0 resolved, 0 removed, 2 not looked at\n"
    );
}

#[test]
fn a_baseline_is_neither_overwritten_nor_taken_back_in_time() {
    let world = World::with_notebook();
    baseline(&world, "create", "2026-10-01");
    let before = world.read("b.jsonl");
    let mut again = vec!["baseline", "create", "b.jsonl"];
    again.extend(ROOT);
    again.push("2026-10-01");
    assert!(world.refused(&again).contains("exists"));
    let mut earlier = vec!["baseline", "update", "b.jsonl"];
    earlier.extend(ROOT);
    earlier.push("2026-09-01");
    assert!(world.refused(&earlier).contains("later"));
    assert_eq!(world.read("b.jsonl"), before);
    world.write("b.jsonl", "{}\n");
    let line = world.refused(
        &again
            .iter()
            .map(|word| if *word == "create" { "update" } else { word })
            .collect::<Vec<_>>(),
    );
    assert!(line.contains("line 1"), "{line}");
}
