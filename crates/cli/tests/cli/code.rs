//! Infrastructure code: recognised by content, judged at its lines.

use crate::world::{World, findings, verdict};

const TEMPLATE: &str = "\
Resources:
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      NotebookInstanceName: nb
      InstanceType: ml.t3.medium
      RoleArn: arn:aws:iam::111122223333:role/nb
      RootAccess: Enabled
";

const PLAN: &str = r#"{"format_version":"1.2","terraform_version":"1.9.8","resource_changes":[
{"address":"aws_sagemaker_notebook_instance.nb","mode":"managed","type":"aws_sagemaker_notebook_instance","name":"nb",
"change":{"actions":["create"],"after":{"name":"nb","root_access":"Enabled"},"after_unknown":{"arn":true}}}]}"#;

#[test]
fn a_template_is_recognised_whatever_its_name() {
    let world = World::new();
    for name in ["t.yaml", "t.yml", "t.template", "deep/er/t.yaml"] {
        world.write(name, TEMPLATE);
        let path = world.path(name);
        let assessment = world.assess(&[path.to_str().unwrap()]);
        assert_eq!(
            verdict(&assessment, "NOTEBOOK.ROOT.001", "nb"),
            Some("fail"),
            "{name}"
        );
    }
}

#[test]
fn a_finding_names_file_line_and_column() {
    let world = World::new();
    world.write("infra/t.yaml", TEMPLATE);
    let path = world.path("infra");
    let assessment = world.assess(&[path.to_str().unwrap(), "--control", "NOTEBOOK.ROOT.001"]);
    let source = &findings(&assessment)[0]["source"];
    assert!(
        source["file"].as_str().unwrap().ends_with("infra/t.yaml"),
        "{source}"
    );
    assert_eq!(
        (source["line"].as_u64(), source["column"].as_u64()),
        (Some(8), Some(19))
    );
}

#[test]
fn a_folder_of_code_may_hold_files_of_other_kinds() {
    let world = World::new();
    world.write("infra/plan.json", PLAN);
    world.write("infra/tsconfig.json", "{ // not JSON\n}");
    world.write("infra/README.md", "ours");
    let path = world.path("infra");
    let ran = world.run(&["check", path.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.err, "");
    assert!(
        ran.out.contains("aws_sagemaker_notebook_instance.nb"),
        "{}",
        ran.out
    );
}

#[test]
fn code_that_cannot_be_read_is_told_with_its_line() {
    let world = World::new();
    let cases = [
        (
            "old.json",
            r#"{"format_version":"7.0","planned_values":{}}"#,
            "format version `7.0`",
        ),
        (
            "bad.yaml",
            "Resources:\n  A:\n    Type: AWS::S3::Bucket\n  - b\n",
            "bad.yaml:4: this is not YAML",
        ),
        (
            "cut.json",
            r#"{"format_version":"1.2","planned_values":{"#,
            "cut.json:1: this is not JSON",
        ),
    ];
    for (name, text, says) in cases {
        let path = world.write(name, text);
        let error = world.refused(&["check", path.to_str().unwrap()]);
        assert!(error.contains(says), "{error}");
    }
    let path = world.write("tf.plan", b"PK\x03\x04\x14\x00\x08\x00\x08\x00tfplan");
    let error = world.refused(&["check", path.to_str().unwrap()]);
    assert!(error.contains("terraform show -json"), "{error}");
}

#[test]
fn parameters_and_the_place_may_be_given() {
    let world = World::new();
    let text = TEMPLATE.replace(
        "Resources:",
        "Parameters:\n  Root: { Type: String }\nResources:",
    );
    let path = world.write(
        "t.yaml",
        text.replace("RootAccess: Enabled", "RootAccess: !Ref Root"),
    );
    let path = path.to_str().unwrap();
    assert_eq!(
        verdict(&world.assess(&[path]), "NOTEBOOK.ROOT.001", "nb"),
        Some("unknown")
    );
    let given = world.assess(&[
        path,
        "--parameter",
        "Root=Disabled",
        "--in",
        "111122223333/eu-west-1",
    ]);
    assert_eq!(verdict(&given, "NOTEBOOK.ROOT.001", "nb"), Some("pass"));
    assert_eq!(findings(&given)[0]["asset"]["region"], "eu-west-1");
}

#[test]
fn a_folder_of_terraform_is_read_without_a_plan() {
    let world = World::new();
    let notebook = "resource \"aws_sagemaker_notebook_instance\" \"nb\" {\n  name        = var.name\n  root_access = \"Enabled\"\n}\nvariable \"name\" { default = \"nb\" }\n";
    world.write("infra/modules/nb/main.tf", notebook);
    world.write(
        "infra/main.tf",
        "module \"one\" { source = \"./modules/nb\" }\n",
    );
    let path = world.path("infra");
    let assessment = world.assess(&[path.to_str().unwrap(), "--control", "NOTEBOOK.ROOT.001"]);
    let [finding] = findings(&assessment) else {
        panic!("{assessment}")
    };
    assert_eq!(finding["asset"]["name"], "nb");
    assert_eq!(
        finding["asset"]["arn"],
        "iac:module.one.aws_sagemaker_notebook_instance.nb"
    );
    assert_eq!(finding["source"]["line"], 3);
}

#[test]
fn a_plan_beside_its_code_is_judged_once_at_the_lines_of_the_code() {
    let world = World::new();
    world.write("infra/plan.json", PLAN);
    let code =
        "resource \"aws_sagemaker_notebook_instance\" \"nb\" {\n  root_access = \"Enabled\"\n}\n";
    world.write("infra/main.tf", code);
    let path = world.path("infra");
    let assessment = world.assess(&[path.to_str().unwrap(), "--control", "NOTEBOOK.ROOT.001"]);
    let [finding] = findings(&assessment) else {
        panic!("{assessment}")
    };
    assert!(
        finding["source"]["file"]
            .as_str()
            .unwrap()
            .ends_with("main.tf")
    );
    assert_eq!(finding["source"]["line"], 2);
}

/// What runs: one notebook with root access, whose role may do everything.
fn running(world: &World) -> String {
    world.notebook("nb", "Enabled");
    let everything =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let details = format!(
        r#"{{"RoleDetailList":[{{"RoleName":"nb","Path":"/","Arn":"arn:aws:iam::111122223333:role/nb",
        "AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[]}},
        "RolePolicyList":[{{"PolicyName":"all","PolicyDocument":{everything}}}],"AttachedManagedPolicies":[]}}],
        "Policies":[],"IsTruncated":false}}"#
    );
    world.write(
        "raw/111122223333/get-account-authorization-details.json",
        details,
    );
    world.path("raw").to_str().unwrap().to_owned()
}

#[test]
fn code_is_joined_with_what_runs() {
    let world = World::new();
    let live = running(&world);
    let code = TEMPLATE.replace("RootAccess: Enabled", "RootAccess: Disabled");
    let path = world.write("t.yaml", code);
    let path = path.to_str().unwrap();
    // Alone, the template says nothing of a role that it only names.
    let alone = world.assess(&[path]);
    assert_eq!(
        verdict(&alone, "NOTEBOOK.OVERPERM.ADMIN.001", "nb"),
        Some("unknown")
    );
    let joined = world.assess(&[path, "--with", &live]);
    assert_eq!(
        verdict(&joined, "NOTEBOOK.OVERPERM.ADMIN.001", "nb"),
        Some("fail")
    );
    let change = |control: &str| {
        let id = format!("CTL.SAGEMAKER.{control}");
        let finding = findings(&joined)
            .iter()
            .find(|finding| finding["control"] == id);
        finding.unwrap()["change"].clone()
    };
    assert_eq!(change("NOTEBOOK.ROOT.001"), "fixed");
    assert_eq!(change("NOTEBOOK.OVERPERM.ADMIN.001"), "unchanged");
    // The template gives the notebook no subnet, which it has where it runs.
    assert_eq!(change("NOTEBOOK.VPC.001"), "new");
}

#[test]
fn only_what_the_code_declares_is_judged_when_it_is_joined() {
    let world = World::new();
    let live = running(&world);
    world.notebook("other", "Enabled");
    let path = world.write("t.yaml", TEMPLATE);
    let joined = world.assess(&[path.to_str().unwrap(), "--with", &live]);
    assert_eq!(verdict(&joined, "NOTEBOOK.ROOT.001", "other"), None);
}

#[test]
fn the_example_shows_what_its_readme_says() {
    let world = World::new();
    let infra = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/infra");
    let assessment = world.assess(&[infra]);
    for (control, name, expected) in [
        ("NOTEBOOK.ROOT.001", "research", "fail"),
        ("NOTEBOOK.OVERPERM.PASSROLE.001", "research", "fail"),
        ("NOTEBOOK.OVERPERM.S3.001", "research", "pass"),
        ("NOTEBOOK.VPC.001", "research", "unknown"),
        ("MODEL.ISOLATION.001", "fraud", "fail"),
        ("MODEL.VPC.001", "fraud", "pass"),
    ] {
        assert_eq!(
            verdict(&assessment, control, name),
            Some(expected),
            "{control}"
        );
    }
}

#[test]
fn a_fix_edits_the_line_and_nothing_else() {
    let world = World::new();
    let text = TEMPLATE.replace("RootAccess: Enabled", "RootAccess: Enabled # why");
    let path = world.write("t.yaml", &text);
    let path = path.to_str().unwrap();
    let shown = world.run(&["check", path, "--diff"]);
    assert!(
        shown.out.contains("+      RootAccess: Disabled # why"),
        "{}",
        shown.out
    );
    assert_eq!(world.read("t.yaml"), text);
    world.run(&["check", path, "--fix"]);
    assert_eq!(world.read("t.yaml"), text.replace("Enabled", "Disabled"));
    assert_eq!(
        verdict(&world.assess(&[path]), "NOTEBOOK.ROOT.001", "nb"),
        Some("pass")
    );
}

#[test]
fn a_fix_is_refused_where_it_is_not_certain() {
    let world = World::new();
    let code = "variable \"root\" { default = \"Enabled\" }\nresource \"aws_sagemaker_notebook_instance\" \"nb\" {\n  root_access = var.root\n}\n";
    let path = world.write("main.tf", code);
    let ran = world.run(&[
        "check",
        path.to_str().unwrap(),
        "--fix",
        "--control",
        "NOTEBOOK.ROOT.001",
    ]);
    assert!(
        ran.err
            .contains("main.tf:3: CTL.SAGEMAKER.NOTEBOOK.ROOT.001 is not mended"),
        "{}",
        ran.err
    );
    assert_eq!(world.read("main.tf"), code);
}

#[test]
fn sarif_points_at_the_line_of_the_code() {
    let world = World::new();
    world.write("infra/t.yaml", TEMPLATE);
    let arguments = [
        "check",
        "infra",
        "-f",
        "sarif",
        "--control",
        "NOTEBOOK.ROOT.001",
    ];
    let ran = world.run(&arguments);
    let log: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "infra/t.yaml");
    assert_eq!(place["region"]["startLine"], 8);
}

#[test]
fn a_training_job_is_compared_with_the_one_that_ran() {
    let world = World::new();
    let job = r#"{"TrainingJobName":"train","TrainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/train","TrainingJobStatus":"Completed","CreationTime":"2026-11-20T06:00:00Z","TrainingStartTime":"2026-11-20T06:01:00Z","EnableNetworkIsolation":false,"EnableInterContainerTrafficEncryption":false,"RoleArn":"arn:aws:iam::111122223333:role/r","ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":1,"VolumeSizeInGB":10}}"#;
    world.write(
        "raw/111122223333/eu-west-1/describe-training-job--TrainingJobName=train.json",
        job,
    );
    let code = |isolation: bool| {
        format!(
            "resource \"aws_sagemaker_training_job\" \"t\" {{\n  training_job_name        = \"train\"\n  enable_network_isolation = {isolation}\n}}\n"
        )
    };
    let change = |isolation: bool| {
        world.write("infra/main.tf", code(isolation));
        let joined = world.assess(&[
            "infra",
            "--with",
            "raw",
            "--control",
            "TRAINING.ISOLATION.001",
        ]);
        findings(&joined)[0]["change"].clone()
    };
    assert_eq!(change(true), "fixed");
    assert_eq!(change(false), "unchanged");
}

#[test]
fn with_only_code_other_files_are_passed_over() {
    let world = World::new();
    let other = world.write("package.json", r#"{"name":"x"}"#);
    let other = other.to_str().unwrap();
    world.refused(&["check", other]);
    let ran = world.run(&["check", "--only-code", other]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let template = world.write("t.yaml", TEMPLATE);
    let ran = world.run(&["check", "--only-code", other, template.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn what_was_not_read_is_told_with_its_line() {
    let world = World::new();
    let text = "Transform: Ours\nResources:\n  S:\n    Type: AWS::CloudFormation::Stack\n    Properties: { TemplateURL: https://x/t.yaml }\n";
    world.write("t.yaml", text);
    world.write(
        "infra/main.tf",
        "module \"m\" {\n  source = \"acme/m/aws\"\n}\n",
    );
    let ran = world.run(&["check", "t.yaml", "infra"]);
    for line in [
        "warning: t.yaml:1: what the transform Ours makes of the template was not read",
        "warning: t.yaml:4: the nested stack `S` was not read: its template is not a local file",
        "warning: infra/main.tf:1: the module `m` was not read: it is not a local folder",
    ] {
        assert!(ran.err.contains(line), "{}", ran.err);
    }
}

#[test]
fn code_that_means_harm_is_refused_in_one_line() {
    let world = World::new();
    let deep = format!("Resources: {}{}", "[".repeat(120), "]".repeat(120));
    let mut bomb = String::from("AWSTemplateFormatVersion: x\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let before = level - 1;
        let items = vec![format!("*a{before}"); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let cases = [
        ("deep.yaml", format!("AWSTemplateFormatVersion: x\n{deep}"), "deep.yaml:2: the template is nested too deep"),
        ("bomb.yaml", bomb, "bomb.yaml:"),
        ("alias.yaml", "AWSTemplateFormatVersion: x\nResources: &r { A: *r }\n".to_owned(), "alias.yaml:2: an alias stands inside its own anchor"),
        ("none.yaml", "AWSTemplateFormatVersion: x\nOutputs: {}\n".to_owned(), "none.yaml:1: the template has no section `Resources`"),
        ("errored.json", r#"{"format_version":"1.2","terraform_version":"1.9.8","errored":true,"resource_changes":[]}"#.to_owned(), "errored.json: the plan failed half way"),
        ("broken/main.tf", "resource \"a\" \"b\" {\n  x = \n}\n".to_owned(), "main.tf:2: this is not Terraform's language"),
        ("broken.tf.json", "{\n  \"resource\": [}\n".to_owned(), "broken.tf.json:2: this is not JSON"),
    ];
    for (name, text, says) in cases {
        let path = world.write(&format!("{name}.d/{name}"), text);
        let error = world.refused(&["check", path.to_str().unwrap()]);
        assert!(error.contains(says), "{name}: {error}");
    }
    let foreign = "{\"$schema\":\"https://schema.management.azure.com/x#\",\"resources\":[]}";
    let path = world.write("azure.json", foreign);
    let error = world.refused(&["check", path.to_str().unwrap()]);
    assert!(error.contains("azure.json"), "{error}");
}

#[test]
fn a_function_that_nobody_knows_passes_nothing() {
    let world = World::new();
    let path = world.write(
        "t.yaml",
        TEMPLATE.replace("RootAccess: Enabled", "RootAccess: !Mystery [x]"),
    );
    let assessment = world.assess(&[path.to_str().unwrap()]);
    assert_eq!(
        verdict(&assessment, "NOTEBOOK.ROOT.001", "nb"),
        Some("unknown")
    );
}
