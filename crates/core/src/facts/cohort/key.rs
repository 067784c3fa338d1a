//! The bytes of a key.
//!
//! Enters: values, one after another. Leaves: bytes that no other sequence of values gives, and
//! that are not the beginning of what another gives.
//! Deliberately absent: reading them back; keys are compared, never parsed.

use std::borrow::Cow;

use super::Str;
use crate::facts::training_job::unquoted;

/// Writes values so that different sequences of them give different bytes.
pub(super) struct Encoder<'o>(pub(super) &'o mut Vec<u8>);

impl Encoder<'_> {
    pub(super) fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Bytes that were encoded already.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Seven bits a byte, the last one without the high bit.
    fn length(&mut self, mut length: usize) {
        while let Some(low) = u8::try_from(length & 0x7f).ok().filter(|_| length > 0x7f) {
            self.0.push(low | 0x80);
            length >>= 7;
        }
        self.0.push(u8::try_from(length & 0x7f).unwrap_or_default());
    }

    pub(super) fn flag(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    pub(super) fn optional_flag(&mut self, value: Option<bool>) {
        self.0.push(value.map_or(2, u8::from));
    }

    pub(super) fn optional(&mut self, text: Option<&Str<'_>>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text.as_str());
        }
    }

    pub(super) fn optional_number(&mut self, number: Option<i64>) {
        self.flag(number.is_some());
        if let Some(number) = number {
            self.0.extend_from_slice(&number.to_le_bytes());
        }
    }

    pub(super) fn texts(&mut self, texts: Option<&[Str<'_>]>) {
        self.list(texts.unwrap_or_default(), |key, text| {
            key.text(text.as_str())
        });
    }

    pub(super) fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.length(items.len());
        for item in items {
            each(self, item);
        }
    }

    /// What holds an optional location, for which an empty text counts as absent.
    pub(super) fn holder(&mut self, uri: Option<&Str<'_>>) {
        let uri = uri.filter(|uri| !uri.as_str().is_empty());
        self.flag(uri.is_some());
        if let Some(uri) = uri {
            let uri = unquoted(Cow::Borrowed(uri.as_str()));
            self.text(holder_text(&uri));
        }
    }
}

/// What holds an S3 location: the URI up to the bucket. Of any other text, all of it.
fn holder_text(uri: &str) -> &str {
    let scheme = "s3://";
    let is_s3 = uri
        .get(..scheme.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let Some(rest) = uri
        .get(scheme.len()..)
        .filter(|rest| is_s3 && !rest.starts_with("arn:"))
    else {
        return uri;
    };
    let end = rest
        .find('/')
        .map_or(uri.len(), |slash| scheme.len() + slash);
    uri.get(..end).unwrap_or(uri)
}
