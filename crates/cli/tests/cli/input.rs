//! Where observations come from: files, folders, standard input, several at once.

use std::fs;
use std::io::Write as _;

use crate::world::{Ran, World, acme, findings, notebook, text, verdict};

#[test]
fn standard_input_is_a_file_like_others() {
    let world = World::with_notebook();
    let body = notebook("aws", "eu-west-1", "nb", "Enabled").to_string();
    let piped = Ran::from(
        world
            .command(&[
                "check",
                "-",
                "-f",
                "json",
                "--show",
                "all",
                "--as-of",
                "2026-11-24",
            ])
            .write_stdin(body)
            .output()
            .unwrap(),
    );
    let piped: serde_json::Value = serde_json::from_str(&piped.out).unwrap();
    assert_eq!(verdict(&piped, "NOTEBOOK.ROOT.001", "nb"), Some("fail"));
}

#[test]
fn compressed_answers_read_like_plain_ones() {
    let world = World::new();
    let body = notebook("aws", "eu-west-1", "nb", "Enabled").to_string();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(body.as_bytes()).unwrap();
    world.write("plain/nb.json", &body);
    world.write("gz/nb.json.gz", gz.finish().unwrap());
    world.write(
        "zst/nb.json.zst",
        zstd::bulk::compress(body.as_bytes(), 3).unwrap(),
    );
    let assess = |folder| world.assess(&[folder, "--as-of", "2026-11-24"])["summary"].clone();
    assert_eq!(assess("plain"), assess("gz"));
    assert_eq!(assess("plain"), assess("zst"));
}

#[test]
fn an_index_explains_files_that_sort_before_it() {
    let world = World::new();
    // Nothing but the index tells whose answer this is.
    world.write(
        "raw/a.json",
        r#"{"Tags":[{"Key":"reviewed_at","Value":"2026-11-01"}]}"#,
    );
    world.write(
        "raw/b.json",
        notebook("aws", "eu-west-1", "nb", "Enabled").to_string(),
    );
    world.write(
        "raw/calls.jsonl",
        r#"{"file":"a.json","operation":"sagemaker:ListTags","parameters":{"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/nb"},"account":"111122223333","region":"eu-west-1","time":"2026-11-24T06:00:00Z"}"#,
    );
    let ran = world.run(&["check", "raw", "-v"]);
    assert!(
        ran.err.contains("a.json: 1 × sagemaker:ListTags"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("calls.jsonl: 1 lines of an index"),
        "{}",
        ran.err
    );
    assert!(
        ran.out.contains("as of 2026-11-24T06:00:00Z"),
        "{}",
        ran.out
    );
}

#[test]
fn what_was_not_recognised_is_counted_and_listed() {
    let world = World::with_notebook();
    for name in ["a", "b", "c"] {
        world.write(&format!("raw/{name}.json"), "{\"some\": \"thing\"}");
    }
    world.write("raw/README.md", "prose");
    let ran = world.run(&["check", "raw"]);
    assert!(
        ran.err
            .contains("3 documents were not used, and 3 of 4 files hold no answer"),
        "{}",
        ran.err
    );
    let told = world.run(&["check", "raw", "-v"]).err;
    for line in [
        "a.json: nothing recognised",
        "b.json: nothing recognised",
        "c.json: nothing recognised",
        "README.md: skipped for its name",
        "describe-notebook-instance--NotebookInstanceName=nb.json: 1 × sagemaker:DescribeNotebookInstance",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
}

#[test]
fn several_inputs_are_one_estate() {
    let world = World::new();
    for (folder, name) in [("one", "a"), ("two", "b")] {
        world.write(
            &format!("{folder}/nb.json"),
            notebook("aws", "eu-west-1", name, "Enabled").to_string(),
        );
        let ran = world.run(&[
            "convert",
            folder,
            "-o",
            &format!("{folder}.snap"),
            "--as-of",
            "2026-11-24",
        ]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    for inputs in [
        ["one", "two"],
        ["one.snap", "two.snap"],
        ["one.snap", "two"],
    ] {
        let mut arguments = inputs.to_vec();
        arguments.extend(["--as-of", "2026-11-24"]);
        let assessment = world.assess(&arguments);
        for name in ["a", "b"] {
            assert_eq!(
                verdict(&assessment, "NOTEBOOK.ROOT.001", name),
                Some("fail"),
                "{inputs:?}"
            );
        }
    }
}

#[test]
fn another_partition_is_judged_and_keeps_its_name() {
    for (partition, region) in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        let world = World::new();
        world.write(
            "raw/nb.json",
            notebook(partition, region, "nb", "Enabled").to_string(),
        );
        let assessment = world.assess(&["raw"]);
        let finding = findings(&assessment)
            .iter()
            .find(|finding| finding["control"] == "CTL.SAGEMAKER.NOTEBOOK.ROOT.001")
            .unwrap();
        assert_eq!(finding["verdict"], "fail");
        let arn = finding["asset"]["arn"].as_str().unwrap();
        assert!(
            arn.starts_with(&format!("arn:{partition}:sagemaker:{region}:")),
            "{arn}"
        );
        let commands = finding["remediation"]["commands"].to_string();
        assert!(
            commands.contains(&format!("--region {region}")),
            "{commands}"
        );
        assert!(!assessment.to_string().contains("\"arn:aws:sagemaker"));
    }
}

#[test]
fn times_in_the_future_are_judged_without_a_crash() {
    let world = World::new();
    for as_of in ["1970-01-01", "2001-01-01", "9999-01-01"] {
        let ran = world.run(&["check", acme(), "--as-of", as_of, "--show", "all", "--full"]);
        assert!([0, 1].contains(&ran.code), "{as_of}: {}", ran.err);
    }
    let mut body = notebook("aws", "eu-west-1", "nb", "Enabled");
    body["LastModifiedTime"] = "2031-01-01T00:00:00Z".into();
    body["CreationTime"] = "9999-12-31T23:59:59Z".into();
    world.write("raw/nb.json", body.to_string());
    let assessment = world.assess(&["raw", "--as-of", "2026-11-24"]);
    assert_ne!(
        verdict(&assessment, "NOTEBOOK.IDLE.001", "nb"),
        Some("fail")
    );
    assert_eq!(
        verdict(&assessment, "NOTEBOOK.ROOT.001", "nb"),
        Some("fail")
    );
}

#[test]
fn a_link_that_leads_back_is_told() {
    let world = World::with_notebook();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(world.path("raw"), world.path("raw/again")).unwrap();
        let error = world.refused(&["check", "raw"]);
        assert!(
            error.contains("again") && error.contains("remove the link"),
            "{error}"
        );
        fs::remove_file(world.path("raw/again")).unwrap();
        // A link to elsewhere is followed.
        fs::rename(world.path("raw"), world.path("elsewhere")).unwrap();
        fs::create_dir(world.path("raw")).unwrap();
        std::os::unix::fs::symlink(world.path("elsewhere"), world.path("raw/linked")).unwrap();
        let assessment = world.assess(&[text(&world.path("raw"))]);
        assert_eq!(
            verdict(&assessment, "NOTEBOOK.ROOT.001", "nb"),
            Some("fail")
        );
    }
}
