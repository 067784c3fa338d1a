//! One estate, told four times: as AWS answers, as a Terraform plan, in Terraform's own language, and as a
//! CloudFormation template.

mod judged;

use std::collections::BTreeSet;

use judged::{Answers, judge};
use sagewarden_core::snapshot::Observation;
use sagewarden_core::verdict::Verdict;
use sagewarden_iac::{Language, Neighbours, Reader, Settings};

const LIVE: &str = include_str!("data/estate/live.json");
const PLAN: &str = include_str!("data/estate/plan.json");
const TEMPLATE: &str = include_str!("data/estate/template.yaml");
const MODULE: &str = include_str!("data/estate/main.tf");
const SERVE: &str = include_str!("data/estate/serve/main.tf");

/// The folder of the module, with another text of its `main.tf`.
struct Folder<'t>(&'t str);

impl Neighbours for Folder<'_> {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        match path {
            "main.tf" => Some(self.0.as_bytes().to_vec()),
            "serve/main.tf" => Some(SERVE.as_bytes().to_vec()),
            _ => None,
        }
    }

    fn list(&self, _: &str) -> Vec<String> {
        vec!["main.tf".to_owned()]
    }
}

fn module(main: &str, whole_stack: bool) -> Vec<Observation> {
    let settings = settings(whole_stack);
    let mut reader = Reader::new(&settings);
    let folders = [String::new(), "serve".to_owned()];
    reader.folders(&folders, &Folder(main)).unwrap();
    let code = reader.finish();
    assert_eq!(code.warnings, Vec::<String>::new());
    code.observations
}

/// What no code can show: use, and objects.
const LIVE_ONLY: [&str; 3] = ["NOTEBOOK.IDLE", "ENDPOINT.STALE", "GHOST.MODEL"];

fn settings(whole_stack: bool) -> Settings {
    Settings {
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        whole_stack,
        ..Settings::default()
    }
}

fn read(text: &str, language: Language, whole_stack: bool) -> Vec<Observation> {
    let name = match language {
        Language::TerraformPlan => "plan.json",
        Language::CloudFormation => "template.yaml",
        Language::Pipeline => "pipeline.json",
        Language::StateMachine => "machine.json",
    };
    let settings = settings(whole_stack);
    let mut reader = Reader::new(&settings);
    reader
        .file(name, text.as_bytes(), language, None, &())
        .unwrap();
    let code = reader.finish();
    assert_eq!(code.warnings, Vec::<String>::new());
    code.observations
}

fn live() -> Answers {
    judge(serde_json::from_str(LIVE).unwrap())
}

/// Domains go by their ids, which only what runs has: by what their users share instead.
fn comparable(answers: &Answers) -> BTreeSet<String> {
    answers
        .iter()
        .filter(|(key, _)| !LIVE_ONLY.iter().any(|control| key.starts_with(control)))
        .map(|(key, said)| {
            let asset = match key.split_once(" domain/") {
                Some((control, _)) => format!("{control} domain"),
                None => key.clone(),
            };
            let reason = said.reason.as_deref().unwrap_or_default();
            format!("{asset}: {} {reason}", said.verdict.word())
        })
        .collect()
}

#[test]
fn a_plan_is_judged_as_what_runs() {
    let plan = judge(read(&settled_plan(), Language::TerraformPlan, true));
    assert_eq!(comparable(&plan), comparable(&live()));
}

/// The plan, with the lists of policies known that a provider computes for a new role.
fn settled_plan() -> String {
    let mut plan: serde_json::Value = serde_json::from_str(PLAN).unwrap();
    for change in plan["resource_changes"].as_array_mut().unwrap() {
        let unknown = change["change"]["after_unknown"].as_object_mut().unwrap();
        for member in ["inline_policy", "managed_policy_arns"] {
            unknown.remove(member);
        }
    }
    plan.to_string()
}

#[test]
fn a_plan_alone_leaves_open_what_a_new_role_may_do() {
    let plan = judge(read(PLAN, Language::TerraformPlan, true));
    let about_roles = ["OVERPERM", "ASSUMEROLE", "UNENCRYPTED"];
    let live = live();
    for (key, said) in &plan {
        if key.contains(" domain/") || LIVE_ONLY.iter().any(|only| key.starts_with(only)) {
            continue;
        }
        let open = about_roles.iter().any(|control| key.contains(control))
            && said.verdict == Verdict::Unknown;
        assert!(
            open || said.verdict == live[key].verdict,
            "{key}: {}",
            said.why
        );
    }
    let safe = &plan["NOTEBOOK.OVERPERM.ADMIN.001 notebook_instance/safe"];
    assert_eq!(safe.verdict, Verdict::Unknown, "{}", safe.why);
}

#[test]
fn a_template_is_judged_as_what_runs() {
    let template = judge(read(TEMPLATE, Language::CloudFormation, true));
    // No resource of CloudFormation's is a training job.
    let mut live = comparable(&live());
    live.retain(|line| !line.starts_with("TRAINING."));
    assert_eq!(comparable(&template), live);
}

#[test]
fn a_module_is_judged_as_what_runs() {
    let module = judge(module(MODULE, true));
    assert_eq!(comparable(&module), comparable(&live()));
}

#[test]
fn a_plan_beside_its_code_stands_at_the_lines_of_the_code() {
    let settings = settings(true);
    let mut reader = Reader::new(&settings);
    let plan = PLAN.as_bytes();
    let language = Language::TerraformPlan;
    reader
        .file("plan.json", plan, language, Some(""), &Folder(MODULE))
        .unwrap();
    let answers = judge(reader.finish().observations);
    assert_eq!(comparable(&answers), comparable(&live()));
    let place = answers["NOTEBOOK.ROOT.001 notebook_instance/safe"]
        .source
        .clone();
    let place = place.unwrap();
    assert_eq!(place.file, "main.tf");
    let line = MODULE.lines().nth(place.line as usize - 1).unwrap();
    assert!(line.trim().starts_with("root_access"), "{line}");
}

#[test]
fn a_value_that_nobody_knows_passes_nothing_in_a_module() {
    let before = judge(module(MODULE, true));
    let lines: Vec<&str> = MODULE.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let Some((name, value)) = line.split_once(" = ") else {
            continue;
        };
        let plain = name
            .trim()
            .chars()
            .all(|c| c.is_ascii_lowercase() || c == '_');
        let name = name.trim();
        let names = is_name(name) || ["source", "for_each", "count", "locals"].contains(&name);
        let opens = value.ends_with(['(', '{', '[', 'T']);
        if !plain || names || opens || value.contains('}') && !value.contains("${") {
            continue;
        }
        let mut mutated: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        mutated[index] = line.replace(value, "var.undeclared");
        let after = judge(module(&mutated.join("\n"), true));
        no_new_pass(&before, &after, &format!("line {}: {line}", index + 1));
    }
}

#[test]
fn every_control_is_shown_from_both_sides() {
    let live = live();
    let catalog = sagewarden_catalog::builtin().unwrap();
    for control in &catalog.controls {
        let name = control.id.trim_start_matches("CTL.SAGEMAKER.");
        if LIVE_ONLY.iter().any(|only| name.starts_with(only)) {
            continue;
        }
        for verdict in [Verdict::Pass, Verdict::Fail] {
            let shown = live
                .iter()
                .any(|(key, said)| key.starts_with(name) && said.verdict == verdict);
            // The estate has no data of another account: it would have to be listed there.
            let exempt = name == "TRAINING.DATA.CROSSACCOUNT.001" && verdict == Verdict::Fail;
            assert!(shown || exempt, "{name} is never {}", verdict.word());
        }
    }
}

#[test]
fn what_no_code_shows_is_unknown() {
    for (text, language) in [
        (PLAN, Language::TerraformPlan),
        (TEMPLATE, Language::CloudFormation),
    ] {
        let answers = judge(read(text, language, true));
        for (key, said) in &answers {
            if LIVE_ONLY.iter().any(|control| key.starts_with(control)) {
                assert_eq!(said.verdict, Verdict::Unknown, "{key}: {}", said.why);
            }
        }
    }
}

#[test]
fn code_in_part_says_nothing_of_what_it_does_not_mention() {
    for (text, language) in [
        (PLAN, Language::TerraformPlan),
        (TEMPLATE, Language::CloudFormation),
    ] {
        let part = judge(read(text, language, false));
        let whole = judge(read(text, language, true));
        for (key, said) in &part {
            let in_whole = &whole[key];
            assert!(
                said.verdict == in_whole.verdict || said.verdict == Verdict::Unknown,
                "{key} is {} in part and {} as a whole",
                said.verdict.word(),
                in_whole.verdict.word()
            );
        }
        let monitor = &part["ENDPOINT.MONITOR.001 endpoint_configuration/open"];
        assert_eq!(monitor.verdict, Verdict::Unknown, "{}", monitor.why);
    }
}

#[test]
fn findings_stand_at_the_line_that_causes_them() {
    let answers = judge(read(TEMPLATE, Language::CloudFormation, true));
    let line = |key: &str| {
        let place = answers[key].source.clone().unwrap();
        assert_eq!(place.file, "template.yaml");
        let line = TEMPLATE.lines().nth(place.line as usize - 1).unwrap();
        line.trim().to_owned()
    };
    assert_eq!(
        line("NOTEBOOK.ROOT.001 notebook_instance/safe"),
        "RootAccess: !If [IsGuarded, Disabled, Enabled]"
    );
    // What is absent is told at what lacks it.
    assert_eq!(
        line("NOTEBOOK.ROOT.001 notebook_instance/open"),
        "Type: AWS::SageMaker::NotebookInstance"
    );
    assert_eq!(
        line("ENDPOINT.REDUNDANCY.001 endpoint_configuration/open"),
        "InitialInstanceCount: !FindInMap [Counts, open, Instances]"
    );
}

/// What names a resource: another name makes another resource.
const NAMES: [&str; 6] = ["name", "Name", "_name", "bucket", "Bucket", "role"];

fn is_name(member: &str) -> bool {
    NAMES.iter().any(|name| member.ends_with(name))
}

/// Every way to a scalar.
fn leaves(json: &serde_json::Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    match json {
        serde_json::Value::Object(members) => {
            for (name, inner) in members {
                path.push(name.clone());
                leaves(inner, path, out);
                path.pop();
            }
        }
        serde_json::Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                path.push(index.to_string());
                leaves(inner, path, out);
                path.pop();
            }
        }
        serde_json::Value::Null => {}
        _ => out.push(path.clone()),
    }
}

fn no_new_pass(before: &Answers, after: &Answers, what: &str) {
    for (key, said) in after {
        let was = before.get(key).map(|said| said.verdict);
        assert!(
            said.verdict != Verdict::Pass || was == Some(Verdict::Pass) || was.is_none(),
            "{key} was {was:?} and passes once nobody knows {what}: {}",
            said.why
        );
    }
}

#[test]
fn a_value_that_nobody_knows_passes_nothing_in_a_plan() {
    let settled = settled_plan();
    let plan: serde_json::Value = serde_json::from_str(&settled).unwrap();
    let before = judge(read(&settled, Language::TerraformPlan, true));
    let changes = plan["resource_changes"].as_array().unwrap();
    for (index, change) in changes.iter().enumerate() {
        let mut paths = Vec::new();
        leaves(&change["change"]["after"], &mut Vec::new(), &mut paths);
        for path in paths {
            let attribute = path
                .iter()
                .rev()
                .find(|step| step.parse::<usize>().is_err());
            if is_name(attribute.unwrap()) {
                continue;
            }
            let mut mutated = plan.clone();
            let inner = &mut mutated["resource_changes"][index]["change"];
            let pointer = format!("/{}", path.join("/"));
            *inner["after"].pointer_mut(&pointer).unwrap() = serde_json::Value::Null;
            mark_unknown(&mut inner["after_unknown"], &path);
            let text = mutated.to_string();
            let after = judge(read(&text, Language::TerraformPlan, true));
            let what = format!("{}{pointer}", change["address"]);
            no_new_pass(&before, &after, &what);
        }
    }
}

fn mark_unknown(unknown: &mut serde_json::Value, path: &[String]) {
    let Some((step, rest)) = path.split_first() else {
        *unknown = true.into();
        return;
    };
    match step.parse::<usize>() {
        Ok(index) => {
            if !unknown.is_array() {
                *unknown = serde_json::json!([]);
            }
            let items = unknown.as_array_mut().unwrap();
            while items.len() <= index {
                items.push(false.into());
            }
            mark_unknown(&mut items[index], rest);
        }
        Err(_) => {
            if !unknown.is_object() {
                *unknown = serde_json::json!({});
            }
            let members = unknown.as_object_mut().unwrap();
            mark_unknown(members.entry(step).or_insert(false.into()), rest);
        }
    }
}

#[test]
fn a_value_that_nobody_knows_passes_nothing_in_a_template() {
    let before = judge(read(TEMPLATE, Language::CloudFormation, true));
    let lines: Vec<&str> = TEMPLATE.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let Some((member, value)) = line.split_once(": ") else {
            continue;
        };
        if line.trim_start().starts_with("- {") {
            continue;
        }
        let member = member.trim().trim_start_matches("- ");
        let names = is_name(member) || ["Type", "Version", "Roles"].contains(&member);
        if index < 10
            || names
            || value
                .trim_start()
                .starts_with(['{', '[', '&', '*', '|', '-'])
        {
            continue;
        }
        let mut mutated: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        mutated[index] = line.replace(value, "!Ref Undeclared");
        let text = mutated.join("\n");
        let after = judge(read(&text, Language::CloudFormation, true));
        no_new_pass(&before, &after, &format!("line {}: {line}", index + 1));
    }
}
