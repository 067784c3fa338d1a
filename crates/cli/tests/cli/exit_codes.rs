//! 0 nothing open at the threshold, 1 open findings, 2 could not assess, 3 incomplete under `--strict`.

use crate::world::{World, acme};

const ROOT: [&str; 4] = ["check", "raw", "--control", "NOTEBOOK.ROOT.001"];

fn code(world: &World, more: &[&str]) -> i32 {
    let mut arguments = ROOT.to_vec();
    arguments.extend(more);
    world.run(&arguments).code
}

#[test]
fn open_findings_count_from_the_threshold() {
    let world = World::with_notebook();
    // The control is of medium severity, and the threshold is high unless told.
    assert_eq!(code(&world, &[]), 0);
    assert_eq!(code(&world, &["--fail-on", "low"]), 1);
    assert_eq!(code(&world, &["--fail-on", "medium"]), 1);
    assert_eq!(code(&world, &["--fail-on", "high"]), 0);
    assert_eq!(code(&world, &["--fail-on", "critical"]), 0);
    assert_eq!(code(&world, &["--fail-on", "never"]), 0);
    assert_eq!(world.run(&["check", acme()]).code, 1);
    assert_eq!(world.run(&["check", acme(), "--exit-zero"]).code, 0);
    assert_eq!(world.run(&["check", acme(), "--fail-on", "never"]).code, 0);
}

#[test]
fn the_format_and_what_is_shown_do_not_change_the_exit_code() {
    let world = World::with_notebook();
    for more in [
        &["--fail-on", "medium", "-f", "json"][..],
        &["--fail-on", "medium", "--show", "pass"],
        &["--fail-on", "medium", "-q"],
        &["--fail-on", "medium", "-o", "report"],
    ] {
        assert_eq!(code(&world, more), 1, "{more:?}");
    }
}

#[test]
fn the_configuration_sets_the_threshold_and_the_flag_beats_it() {
    let world = World::with_notebook();
    world.write("sagewarden.toml", "fail_on = \"medium\"\n");
    assert_eq!(code(&world, &[]), 1);
    assert_eq!(code(&world, &["--fail-on", "never"]), 0);
    assert_eq!(code(&world, &["--exit-zero"]), 0);
}

#[test]
fn a_wrong_call_is_2_and_help_is_0() {
    let world = World::new();
    for wrong in [
        &["check"][..],
        &["chek", "."],
        &["check", ".", "--threads", "0"],
        &["check", ".", "--fail-on", "worst"],
        &["check", ".", "--exit-zero", "--fail-on", "low"],
        &["check", ".", "-q", "-v"],
        &[],
    ] {
        let ran = world.run(wrong);
        assert_eq!((ran.code, &*ran.out), (2, ""), "{wrong:?}");
        assert!(!ran.err.is_empty());
    }
    for right in [&["--help"][..], &["check", "--help"], &["--version"]] {
        let ran = world.run(right);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{right:?}");
    }
    assert!(world.run(&["--help"]).out.contains("Exit codes: 0"));
}

#[test]
fn strict_is_3_when_something_stays_unknown() {
    let world = World::new();
    world.notebook("nb", "Disabled");
    world.write(
        "raw/111122223333/eu-west-1/list-notebook-instances.json",
        r#"{"NotebookInstances":[]}"#,
    );
    assert_eq!(code(&world, &["--strict"]), 0);
    world.write(
        "raw/111122223333/eu-west-1/describe-notebook-instance--NotebookInstanceName=other.err",
        "An error occurred (AccessDeniedException) when calling the DescribeNotebookInstance operation: no",
    );
    world.write(
        "raw/111122223333/eu-west-1/list-notebook-instances.json",
        r#"{"NotebookInstances":[{"NotebookInstanceName":"other","NotebookInstanceArn":"arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/other","NotebookInstanceStatus":"InService","InstanceType":"ml.t3.medium"}]}"#,
    );
    assert_eq!(code(&world, &["--strict"]), 3);
    assert_eq!(code(&world, &[]), 0);
    // What is open goes first: it is certain.
    world.notebook("nb", "Enabled");
    assert_eq!(code(&world, &["--strict", "--fail-on", "medium"]), 1);
}

#[test]
fn strict_is_3_when_nothing_was_judged() {
    let world = World::with_notebook();
    assert_eq!(code(&world, &["--strict", "--accounts", "999999999999"]), 3);
    assert_eq!(code(&world, &["--accounts", "999999999999"]), 0);
}

#[test]
fn a_refused_listing_is_told_and_strict_is_3() {
    let world = World::new();
    world.notebook("nb", "Disabled");
    world.write(
        "raw/111122223333/eu-west-1/list-notebook-instances.err",
        "An error occurred (AccessDeniedException) when calling the ListNotebookInstances operation: no",
    );
    let ran = world.run(&ROOT);
    assert_eq!(ran.code, 0);
    assert!(
        ran.out.contains(
            "not listed: sagemaker:ListNotebookInstances in 111122223333 eu-west-1 (denied)"
        ),
        "{}",
        ran.out
    );
    assert_eq!(code(&world, &["--strict"]), 3);
    // Elsewhere, or for other controls, it is nobody's loss.
    world.write(
        "raw/111122223333/us-east-1/list-models.err",
        "An error occurred (AccessDeniedException) when calling the ListModels operation: no",
    );
    let ran = world.run(&ROOT);
    assert!(!ran.out.contains("ListModels"), "{}", ran.out);
}

#[test]
fn a_listing_that_was_never_called_is_told() {
    let world = World::new();
    world.notebook("nb", "Disabled");
    let ran = world.run(&ROOT);
    assert!(
        ran.out.contains("(not collected)"),
        "no notebooks is not: not looked\n{}",
        ran.out
    );
    assert_eq!(code(&world, &["--strict"]), 3);
}
