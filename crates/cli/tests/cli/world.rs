//! A folder to run in, and small estates to run on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder of its own, below which nothing is configured.
pub(crate) struct World {
    folder: TempDir,
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    pub(crate) fn new() -> Self {
        World {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// One notebook with root access, named `nb`, saved as files a call under `raw`.
    pub(crate) fn with_notebook() -> Self {
        let world = World::new();
        world.notebook("nb", "Enabled");
        world
    }

    pub(crate) fn notebook(&self, name: &str, root: &str) {
        self.write(
            &format!(
                "raw/111122223333/eu-west-1/describe-notebook-instance--NotebookInstanceName={name}.json"
            ),
            notebook("aws", "eu-west-1", name, root).to_string(),
        );
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Everything in a folder, also what is hidden.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(name))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::cargo_bin("sagewarden").unwrap();
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs, and demands that nothing was assessed: exit 2, one line on standard error.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(ran.out, "");
        let line = ran
            .err
            .strip_prefix("error: ")
            .and_then(|line| line.strip_suffix('\n'))
            .unwrap_or_else(|| panic!("{ran:?}"));
        assert!(!line.contains('\n'), "{line}");
        let first = line.chars().next().unwrap();
        assert!(!first.is_uppercase(), "{line}");
        line.to_owned()
    }

    /// The assessment of `check -f json`, with further arguments.
    pub(crate) fn assess(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["check", "-f", "json", "--show", "all"];
        all.extend(arguments);
        let ran = self.run(&all);
        assert!([0, 1].contains(&ran.code), "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The estate that the repository shows around.
pub(crate) fn acme() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/acme")
}

/// A path that is not below the working folder.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn notebook(partition: &str, region: &str, name: &str, root: &str) -> Value {
    json!({
        "NotebookInstanceArn": format!("arn:{partition}:sagemaker:{region}:111122223333:notebook-instance/{name}"),
        "NotebookInstanceName": name,
        "NotebookInstanceStatus": "InService",
        "InstanceType": "ml.t3.medium",
        "SubnetId": "subnet-0a1b2c3d",
        "SecurityGroups": ["sg-0a1b2c3d"],
        "RoleArn": format!("arn:{partition}:iam::111122223333:role/nb"),
        "LastModifiedTime": "2026-11-20T08:00:00Z",
        "CreationTime": "2026-03-02T09:30:00Z",
        "DirectInternetAccess": "Disabled",
        "VolumeSizeInGB": 20,
        "RootAccess": root,
        "PlatformIdentifier": "notebook-al2-v3",
        "InstanceMetadataServiceConfiguration": { "MinimumInstanceMetadataServiceVersion": "2" }
    })
}

/// The verdict of a control, by its short id, on an asset, by its name.
pub(crate) fn verdict<'a>(assessment: &'a Value, control: &str, name: &str) -> Option<&'a str> {
    findings(assessment)
        .iter()
        .find(|finding| {
            finding["control"] == format!("CTL.SAGEMAKER.{control}")
                && finding["asset"]["name"] == name
        })
        .map(|finding| finding["verdict"].as_str().unwrap())
}

pub(crate) fn findings(assessment: &Value) -> &[Value] {
    assessment["findings"].as_array().unwrap()
}
