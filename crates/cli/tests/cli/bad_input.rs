//! Saved answers that cannot be used: one line says what, where and what to do; nothing is written.

use std::fs;
use std::io::Write as _;

use crate::world::{World, notebook, verdict};

/// Refuses `check` and leaves no report; with keep-going the notebook is judged all the same, the
/// loss is told, and `--strict` does not call it complete.
fn damaged(world: &World, wanted: &[&str]) {
    let error = world.refused(&["check", "raw", "-o", "report"]);
    for part in wanted {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(error.contains("--keep-going"), "{error}");
    assert!(!world.path("report").exists());
    assert!(
        !world
            .list(".")
            .iter()
            .any(|name| name.ends_with(".partial"))
    );
    let assessment = world.assess(&["raw", "--keep-going"]);
    assert_eq!(
        verdict(&assessment, "NOTEBOOK.ROOT.001", "nb"),
        Some("fail")
    );
    let warnings = assessment["warnings"].to_string();
    assert!(warnings.contains(wanted[0]), "{warnings}");
    let strict = [
        "check",
        "raw",
        "--keep-going",
        "--strict",
        "--control",
        "NOTEBOOK.ROOT.001",
    ];
    assert_eq!(world.run(&strict).code, 3);
}

fn listed() -> World {
    let world = World::with_notebook();
    world.write(
        "raw/111122223333/eu-west-1/list-notebook-instances.json",
        r#"{"NotebookInstances":[]}"#,
    );
    world
}

fn gz(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn nothing_is_there() {
    let world = World::new();
    let error = world.refused(&["check", "nowhere"]);
    assert!(error.contains("cannot read `nowhere`"), "{error}");
    fs::create_dir(world.path("empty")).unwrap();
    let error = world.refused(&["check", "empty"]);
    assert!(error.contains("`empty` holds no files"), "{error}");
    world.write("blank/a.json", "");
    let error = world.refused(&["check", "blank"]);
    assert!(error.contains("a.json: empty"), "{error}");
    world.write("prose/README.md", "words");
    let error = world.refused(&["check", "prose"]);
    assert!(error.contains("no saved AWS answer"), "{error}");
}

#[test]
fn not_json_and_not_an_answer() {
    let world = World::new();
    world.write("text/a.json", "this is no JSON\n");
    let error = world.refused(&["check", "text"]);
    assert!(error.contains("a.json:1"), "{error}");
    world.write("other/a.json", "\n{\"some\": \"thing\"}\n");
    let error = world.refused(&["check", "other"]);
    assert!(error.contains("a.json:2"), "{error}");
    for arguments in [
        ["convert", "text", "-o", "out"],
        ["convert", "other", "-o", "out"],
    ] {
        world.refused(&arguments);
        assert!(!world.path("out").exists());
    }
}

#[test]
fn json_that_breaks_off() {
    let world = listed();
    world.write("raw/cut.json", "{\"a\": [1, 2");
    damaged(&world, &["cut.json:1"]);
}

#[test]
fn compressed_streams_that_break_off() {
    let body = notebook("aws", "eu-west-1", "lost", "Disabled")
        .to_string()
        .repeat(40);
    let (gz, zst) = (gz(&body), zstd::bulk::compress(body.as_bytes(), 3).unwrap());
    for (name, bytes) in [("cut.json.gz", &gz), ("cut.json.zst", &zst)] {
        let world = listed();
        world.write(&format!("raw/{name}"), &bytes[..bytes.len() / 2]);
        damaged(&world, &[name, "save it again"]);
    }
}

#[test]
fn text_that_is_not_utf8() {
    let world = listed();
    world.write("raw/bytes.json", b"{\"a\": \"\xff\xfe\"}");
    damaged(&world, &["bytes.json:1", "UTF-8"]);
}

#[test]
fn a_line_of_a_gibibyte() {
    let world = listed();
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.write_all(b"{\"ModelName\":\"").unwrap();
    for _ in 0..1024 {
        encoder.write_all(&[b'a'; 1 << 20]).unwrap();
    }
    encoder.write_all(b"\"}").unwrap();
    world.write("raw/long.json.zst", encoder.finish().unwrap());
    let error = world.refused(&["check", "raw", "-o", "report"]);
    assert!(
        error.contains("long.json.zst:1: a document is larger than"),
        "{error}"
    );
    assert!(!world.path("report").exists());
}

#[test]
fn json_that_is_nested_without_end() {
    let world = listed();
    world.write("raw/deep.json", "[".repeat(200_000));
    damaged(&world, &["deep.json"]);
    let world = listed();
    let depth = 5_000;
    world.write(
        "raw/deep.json",
        format!("{}{}", "{\"a\":".repeat(depth), "1") + &"}".repeat(depth),
    );
    damaged(&world, &["deep.json"]);
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = listed();
    let path = world.write("raw/secret.json", "{}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        // Root reads everything; a dangling link cannot be read by anybody.
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(world.path("gone"), &path).unwrap();
        let error = world.refused(&["check", "raw"]);
        assert!(error.contains("secret.json`"), "{error}");
        return;
    }
    let error = world.refused(&["check", "raw"]);
    assert!(error.contains("secret.json`"), "{error}");
    let assessment = world.assess(&["raw", "--keep-going"]);
    assert!(assessment["warnings"].to_string().contains("secret.json"));
}

#[test]
#[cfg(unix)]
fn a_pipe_in_a_folder_is_not_waited_for() {
    let world = World::with_notebook();
    let made = std::process::Command::new("mkfifo")
        .arg(world.path("raw/pipe.json"))
        .status();
    if made.is_ok_and(|status| status.success()) {
        let error = world.refused(&["check", "raw"]);
        assert!(error.contains("neither a file nor a folder"), "{error}");
    }
}

#[test]
fn a_folder_named_like_a_file_is_a_folder() {
    let world = World::new();
    let body = notebook("aws", "eu-west-1", "nb", "Enabled").to_string();
    world.write("raw/nb.json/inner.json", body);
    assert_eq!(
        verdict(&world.assess(&["raw"]), "NOTEBOOK.ROOT.001", "nb"),
        Some("fail")
    );
}

#[test]
fn answers_that_disagree_are_told_and_the_later_counts() {
    let world = World::new();
    for (file, root, time) in [
        ("a.json", "Enabled", "2026-11-24T05:00:00Z"),
        ("b.json", "Disabled", "2026-11-24T04:00:00Z"),
    ] {
        world.write(
            &format!("raw/{file}"),
            notebook("aws", "eu-west-1", "nb", root).to_string(),
        );
        let index = world.path("raw/calls.jsonl");
        let mut lines = fs::read_to_string(&index).unwrap_or_default();
        lines.push_str(&format!("{{\"file\":\"{file}\",\"operation\":\"sagemaker:DescribeNotebookInstance\",\"parameters\":{{\"NotebookInstanceName\":\"nb\"}},\"account\":\"111122223333\",\"region\":\"eu-west-1\",\"time\":\"{time}\"}}\n"));
        fs::write(index, lines).unwrap();
    }
    let assessment = world.assess(&["raw"]);
    assert_eq!(
        verdict(&assessment, "NOTEBOOK.ROOT.001", "nb"),
        Some("fail")
    );
    let warnings = assessment["warnings"].to_string();
    for part in ["a.json", "b.json", "NotebookInstanceName=nb"] {
        assert!(warnings.contains(part), "{part}: {warnings}");
    }
}

#[test]
fn a_policy_that_does_not_parse_leaves_the_roles_verdicts_unknown() {
    let world = World::with_notebook();
    let role = |document: &str| {
        format!(
            r#"{{"RoleDetailList":[{{"RoleName":"nb","Path":"/","RoleId":"AROA","Arn":"arn:aws:iam::111122223333:role/nb","CreateDate":"2026-01-01T00:00:00Z","AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"sagemaker.amazonaws.com"}},"Action":"sts:AssumeRole"}}]}},"RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{document}}}],"AttachedManagedPolicies":[],"InstanceProfileList":[],"Tags":[]}}],"UserDetailList":[],"GroupDetailList":[],"Policies":[]}}"#
        )
    };
    let file = "raw/111122223333/aws-global/get-account-authorization-details.json";
    let judged = |document: &str| {
        world.write(file, role(document));
        let assessment = world.assess(&["raw"]);
        [
            "ASSUMEROLE.001",
            "OVERPERM.ADMIN.001",
            "OVERPERM.PASSROLE.001",
            "OVERPERM.S3.001",
        ]
        .map(|control| {
            verdict(&assessment, &format!("NOTEBOOK.{control}"), "nb").map(str::to_owned)
        })
    };
    let narrow = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}"#;
    assert_eq!(judged(narrow), [(); 4].map(|()| Some("pass".to_owned())));
    for broken in [
        r#""%7Bnot json""#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Permit","Action":"*","Resource":"*"}]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":7,"Resource":"*"}]}"#,
    ] {
        assert_eq!(
            judged(broken),
            [(); 4].map(|()| Some("unknown".to_owned())),
            "{broken}"
        );
    }
    let ran = world.run(&["check", "raw", "--control", "NOTEBOOK.OVERPERM.*"]);
    assert_eq!(ran.code, 0, "unknown is not open");
    assert!(ran.out.contains("Statement[0].Action"), "{}", ran.out);
}
