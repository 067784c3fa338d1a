//! JUnit XML, for Jenkins, GitLab and Azure DevOps.
//!
//! A test suite is an account and Region, a test case a control on an asset. A fail is a failure,
//! an unknown an error (the test could not be carried out), a waived or not applicable one is
//! skipped with its reason. The format has no schema; this is what the readers of `junitparser` and
//! of the build servers take.

use std::collections::BTreeMap;
use std::io::Write;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use sagewarden_core::assess::{Assessment, Show};
use sagewarden_core::control::Control;
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Verdict};

use crate::detail::evidence_line;
use crate::projection::{clipped, each, name, one_line, story};
use crate::run::{RenderError, Run};

/// A test case.
struct Case {
    class: String,
    name: String,
    result: Option<Outcome>,
}

/// What makes it other than passed.
struct Outcome {
    element: &'static str,
    kind: String,
    message: String,
    text: String,
}

/// Writes the document.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    // A suite begins with its counts.
    let mut suites: BTreeMap<(String, String), Vec<Case>> = BTreeMap::new();
    each(assessment, show, &mut |finding, control| {
        let place = (finding.asset.account.clone(), finding.asset.region.clone());
        suites
            .entry(place)
            .or_default()
            .push(case(finding, control));
        Ok(())
    })?;
    let mut writer = Writer::new_with_indent(out, b' ', 1);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = suites.values().flatten();
    let root = counted(BytesStart::new("testsuites"), "sagewarden", all);
    writer.write_event(Event::Start(root))?;
    for ((account, region), cases) in &suites {
        let suite = format!("{} {}", clipped(account, 40), clipped(region, 40));
        let mut start = counted(BytesStart::new("testsuite"), &suite, cases.iter());
        start.push_attribute(("timestamp", run.as_of.to_string().as_str()));
        writer.write_event(Event::Start(start))?;
        for case in cases {
            write_case(&mut writer, case)?;
        }
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))?;
    writer.into_inner().write_all(b"\n")?;
    Ok(())
}

fn counted<'a, 'c>(
    mut element: BytesStart<'a>,
    name: &str,
    cases: impl Iterator<Item = &'c Case> + Clone,
) -> BytesStart<'a> {
    let of = |kind: &str| {
        let of_kind = cases.clone().filter(|case| {
            let result = case.result.as_ref();
            result.is_some_and(|result| result.element == kind)
        });
        of_kind.count().to_string()
    };
    element.push_attribute(("name", name));
    for (attribute, count) in [
        ("tests", cases.clone().count().to_string()),
        ("failures", of("failure")),
        ("errors", of("error")),
        ("skipped", of("skipped")),
        ("time", "0".to_owned()),
    ] {
        element.push_attribute((attribute, count.as_str()));
    }
    element
}

fn case(finding: &Finding<'_>, control: &Control) -> Case {
    let element = match (finding.disposition, finding.verdict) {
        (Disposition::Waived, _) | (_, Verdict::NotApplicable) => Some("skipped"),
        (_, Verdict::Fail) => Some("failure"),
        (_, Verdict::Unknown) => Some("error"),
        (_, Verdict::Pass) => None,
    };
    let mut text = vec![format!("asset: {}", finding.asset.arn)];
    text.extend(finding.evidence.iter().take(12).map(evidence_line));
    if finding.verdict == Verdict::Fail {
        text.push(format!("fix: {}", one_line(&control.remediation.summary)));
        text.extend(finding.commands.iter().cloned());
    }
    Case {
        class: finding.control.to_owned(),
        name: format!("{} {}", finding.asset.kind, name(finding)),
        result: element.map(|element| Outcome {
            element,
            kind: finding.severity.word().to_owned(),
            message: story(finding),
            text: text.join("\n"),
        }),
    }
}

fn write_case<W: Write>(writer: &mut Writer<W>, case: &Case) -> Result<(), RenderError> {
    let mut start = BytesStart::new("testcase");
    start.push_attribute(("classname", case.class.as_str()));
    start.push_attribute(("name", clipped(&case.name, 512).as_str()));
    start.push_attribute(("time", "0"));
    let Some(result) = &case.result else {
        writer.write_event(Event::Empty(start))?;
        return Ok(());
    };
    writer.write_event(Event::Start(start))?;
    let mut element = BytesStart::new(result.element);
    element.push_attribute(("message", clipped(&result.message, 4096).as_str()));
    if result.element != "skipped" {
        element.push_attribute(("type", result.kind.as_str()));
        writer.write_event(Event::Start(element))?;
        let lines: Vec<String> = result
            .text
            .lines()
            .map(|line| clipped(line, 4096))
            .collect();
        writer.write_event(Event::Text(BytesText::new(&lines.join("\n"))))?;
        writer.write_event(Event::End(BytesEnd::new(result.element)))?;
    } else {
        writer.write_event(Event::Empty(element))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testcase")))?;
    Ok(())
}
