//! `iam solve`: one question a line.

use serde_json::Value;

use crate::world::{Ran, World, text};

fn cases() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../iam/tests/data/cases.jsonl").to_owned()
}

#[test]
fn answers_come_in_the_order_of_the_questions() {
    let ran = World::new().run(&["iam", "solve", &cases()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ids = |text: &str| -> Vec<Value> {
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone())
            .collect()
    };
    let asked = std::fs::read_to_string(cases()).unwrap();
    assert_eq!(ids(&ran.out), ids(&asked));
}

#[test]
fn standard_input_gives_the_same() {
    let world = World::new();
    let asked = std::fs::read(cases()).unwrap();
    let piped = world
        .command(&["iam", "solve", "-"])
        .write_stdin(asked)
        .output()
        .unwrap();
    let piped = Ran::from(piped);
    assert_eq!(piped.code, 0);
    assert_eq!(piped.out, world.run(&["iam", "solve", &cases()]).out);
}

#[test]
fn a_bad_line_names_file_line_and_column() {
    let world = World::new();
    let asked = std::fs::read_to_string(cases()).unwrap();
    let first = asked.lines().next().unwrap();
    let file = world.write("bad.jsonl", format!("{first}\n\n{{\"id\": 1}}\n{first}\n"));
    let ran = world.run(&["iam", "solve", text(&file)]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.out.lines().count(),
        1,
        "what stands before it is answered"
    );
    let place = format!("error: {}:3:9: missing field `question`", file.display());
    assert!(ran.err.starts_with(&place), "{}", ran.err);
    let file = world.write("bytes.jsonl", b"\xff\xfe\n");
    let error = world.refused(&["iam", "solve", text(&file)]);
    assert!(error.contains("bytes.jsonl:1"), "{error}");
    let error = world.refused(&["iam", "solve", "nowhere.jsonl"]);
    assert!(error.contains("`nowhere.jsonl`"), "{error}");
}
