//! An answer in XML as the JSON that the AWS CLI prints.
//!
//! Enters: the text and its shape. Leaves: a JSON object with AWS's member names, in the order of the shape. An element
//! that the shape does not know is left out, as the CLI leaves it out. Deliberately absent: attributes and name spaces,
//! which no answer that is read puts anything into.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// What an element holds.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Text; instants too, which stay as they are written.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// Members by element.
    Structure(&'static [Member]),
    /// Items in elements of one name.
    List {
        /// The name.
        element: &'static str,
        /// What each item holds.
        of: &'static Shape,
    },
    /// A list without an element around its items.
    Flat(&'static Shape),
    /// The root element is one member of the answer.
    Payload {
        /// The member's name.
        name: &'static str,
        /// What it holds.
        of: &'static Shape,
    },
}

/// A member of a structure.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) element: &'static str,
    pub(crate) name: &'static str,
    pub(crate) shape: &'static Shape,
}

/// How deep elements may be nested: far more than any answer, and far less than the stack.
const DEPTH: usize = 64;

/// An element, its text, and the elements in it.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The root element of a text.
    ///
    /// # Errors
    /// What is wrong with the text, in a few words.
    pub(super) fn parse(text: &str) -> Result<Element, String> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = vec![Element::default()];
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            match event {
                Event::Start(start) => {
                    if open.len() > DEPTH {
                        return Err("elements are nested too deep".to_owned());
                    }
                    let name = start.local_name();
                    open.push(Element {
                        name: String::from_utf8_lossy(name.as_ref()).into_owned(),
                        ..Element::default()
                    });
                }
                Event::Empty(start) => {
                    let name = start.local_name();
                    let element = Element {
                        name: String::from_utf8_lossy(name.as_ref()).into_owned(),
                        ..Element::default()
                    };
                    if let Some(parent) = open.last_mut() {
                        parent.children.push(element);
                    }
                }
                Event::End(_) => {
                    let done = open.pop();
                    if let (Some(done), Some(parent)) = (done, open.last_mut()) {
                        parent.children.push(done);
                    }
                }
                Event::Text(text) => {
                    let text = text.decode().map_err(|error| error.to_string())?;
                    push(&mut open, &text);
                }
                Event::CData(data) => {
                    let text = data.decode().map_err(|error| error.to_string())?;
                    push(&mut open, &text);
                }
                Event::GeneralRef(reference) => {
                    let code = reference
                        .resolve_char_ref()
                        .map_err(|error| error.to_string())?;
                    let name = reference.decode().map_err(|error| error.to_string())?;
                    match (code, resolve_predefined_entity(&name)) {
                        (Some(letter), _) => push(&mut open, letter.encode_utf8(&mut [0; 4])),
                        (None, Some(text)) => push(&mut open, text),
                        (None, None) => return Err(format!("`&{name};` is not known")),
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        match (
            open.len(),
            open.pop().and_then(|mut outer| outer.children.pop()),
        ) {
            (1, Some(root)) => Ok(root),
            _ => Err("the text ends inside an element".to_owned()),
        }
    }

    /// The first element of a name, here or below.
    pub(super) fn find(&self, name: &str) -> Option<&Element> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// Its text, without the space around it.
    pub(super) fn trimmed(&self) -> &str {
        self.text.trim()
    }

    fn value(&self, shape: &Shape) -> Option<Value> {
        Some(match shape {
            Shape::Text => Value::String(self.text.clone()),
            Shape::Number => serde_json::from_str(self.trimmed()).ok()?,
            Shape::Flag => Value::Bool(self.trimmed() == "true"),
            Shape::Structure(members) => self.members(members),
            Shape::List { element, of } => self
                .children
                .iter()
                .filter(|child| child.name == *element)
                .filter_map(|child| child.value(of))
                .collect(),
            Shape::Flat(of) => self.value(of)?,
            Shape::Payload { name, of } => {
                let mut map = Map::new();
                map.insert((*name).to_owned(), self.value(of)?);
                Value::Object(map)
            }
        })
    }

    fn members(&self, members: &[Member]) -> Value {
        let mut map = Map::new();
        for member in members {
            let mut found = self
                .children
                .iter()
                .filter(|child| child.name == member.element);
            let value = match member.shape {
                Shape::Flat(of) => {
                    let items: Vec<Value> = found.filter_map(|child| child.value(of)).collect();
                    (!items.is_empty()).then_some(Value::Array(items))
                }
                shape => found.next().and_then(|child| child.value(shape)),
            };
            if let Some(value) = value {
                map.insert(member.name.to_owned(), value);
            }
        }
        Value::Object(map)
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The JSON of an answer. The query protocol wraps it in an element named after the operation.
///
/// # Errors
/// What is wrong with the text, in a few words.
pub(super) fn to_json(text: &str, operation: &str, shape: &Shape) -> Result<Value, String> {
    let root = Element::parse(text)?;
    let wrapper = format!("{operation}Result");
    let answer = root
        .children
        .iter()
        .find(|child| child.name == wrapper)
        .unwrap_or(&root);
    answer
        .value(shape)
        .ok_or_else(|| format!("the answer of {operation} is not of its shape"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sagewarden_core::operations::Operation;
    use serde_json::json;

    use super::super::shapes::shape_of;
    use super::*;

    fn read(operation: Operation, text: &str) -> Value {
        to_json(text, operation.row().name, shape_of(operation).unwrap()).unwrap()
    }

    #[test]
    fn lists_flags_numbers_and_texts_are_told_apart_by_the_shape() {
        let text = r#"<?xml version="1.0"?>
        <GetAccountAuthorizationDetailsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
          <GetAccountAuthorizationDetailsResult>
            <IsTruncated>true</IsTruncated><Marker>a&amp;b&#61;</Marker>
            <RoleDetailList><member><RoleName>r</RoleName><RolePolicyList/><Unknown>x</Unknown>
              <AttachedManagedPolicies><member><PolicyArn>arn:p</PolicyArn></member></AttachedManagedPolicies>
            </member></RoleDetailList>
            <Policies><member><AttachmentCount>12</AttachmentCount></member></Policies>
          </GetAccountAuthorizationDetailsResult>
          <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
        </GetAccountAuthorizationDetailsResponse>"#;
        assert_eq!(
            read(Operation::GetAccountAuthorizationDetails, text),
            json!({
                "RoleDetailList": [{
                    "RoleName": "r", "RolePolicyList": [],
                    "AttachedManagedPolicies": [{"PolicyArn": "arn:p"}],
                }],
                "Policies": [{"AttachmentCount": 12}],
                "IsTruncated": true,
                "Marker": "a&b=",
            })
        );
    }

    #[test]
    fn flat_lists_and_payloads_are_read() {
        let text = "<ListBucketResult><Name>b</Name><Contents><Key>k</Key><Size>5</Size></Contents><Contents><Key>l</Key></Contents><KeyCount>2</KeyCount></ListBucketResult>";
        assert_eq!(
            read(Operation::ListObjectsV2, text)["Contents"],
            json!([{"Key": "k", "Size": 5}, {"Key": "l"}])
        );
        let text = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";
        assert_eq!(
            read(Operation::GetBucketEncryption, text),
            json!({"ServerSideEncryptionConfiguration": {"Rules": [{
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": false}]}})
        );
    }

    #[test]
    fn a_cut_text_is_an_error() {
        for text in ["", "<A><B>", "<A></B>", "<A>&nope;</A>"] {
            assert!(Element::parse(text).is_err(), "{text}");
        }
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert!(Element::parse(&deep).is_err());
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "(<[ab]>|</[ab]>|<a/>|&(amp|#65|x);|[x<>&;\"]){0,30}") {
            let _ = Element::parse(&text);
        }
    }
}
