//! Training jobs inside pipelines and state machines.

mod judged;

use judged::{Answers, judge};
use sagewarden_core::verdict::Verdict;
use sagewarden_iac::{Language, Reader, Settings, recognise};

fn answers(name: &str, text: &str, language: Language) -> Answers {
    assert_eq!(recognise(name, text.as_bytes()), Some(language));
    let settings = Settings::default();
    let mut reader = Reader::new(&settings);
    let count = reader
        .file(name, text.as_bytes(), language, None, &())
        .unwrap();
    assert_eq!(count, 2, "the launcher and its job");
    judge(reader.finish().observations)
}

fn verdict(answers: &Answers, control: &str) -> (Verdict, Option<u32>) {
    let (_, said) = answers
        .iter()
        .find(|(key, _)| key.starts_with(control))
        .unwrap();
    (said.verdict, said.source.as_ref().map(|place| place.line))
}

#[test]
fn a_training_step_is_a_job_to_come() {
    let text = include_str!("data/launchers/pipeline.json");
    let answers = answers("pipeline.json", text, Language::Pipeline);
    assert_eq!(
        verdict(&answers, "TRAINING.ISOLATION"),
        (Verdict::Fail, Some(20))
    );
    // The type has a default, the count has none.
    assert_eq!(
        verdict(&answers, "TRAINING.ENCRYPT.VOLUME").0,
        Verdict::Fail
    );
    assert_eq!(
        verdict(&answers, "TRAINING.ENCRYPT.INTERCONTAINER").0,
        Verdict::Unknown
    );
}

#[test]
fn a_state_that_creates_a_job_is_one_too() {
    let text = include_str!("data/launchers/machine.json");
    let answers = answers("machine.json", text, Language::StateMachine);
    assert_eq!(
        verdict(&answers, "TRAINING.ISOLATION"),
        (Verdict::Pass, Some(16))
    );
    assert_eq!(verdict(&answers, "TRAINING.VPC").0, Verdict::Fail);
    // What the input chooses, nobody knows.
    assert_eq!(
        verdict(&answers, "TRAINING.ENCRYPT.INTERCONTAINER").0,
        Verdict::Unknown
    );
}
