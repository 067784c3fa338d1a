//! What only the whole input tells: the one account or Region there is, and the order of pages.
//!
//! Enters: what waited for the end. Leaves: observations that are complete, or what they lack.
//! Deliberately absent: guesses where several accounts, Regions or orders are possible.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_core::operations::GLOBAL_REGION;

use super::Importer;
use super::draft::{Draft, is_page, lacking};
use crate::failure::call_name;
use crate::pages::{self, Page};
use crate::report::TroubleKind;

/// Accounts and Regions that any file tells.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) accounts: BTreeSet<String>,
    pub(super) regions: BTreeMap<Option<String>, BTreeSet<String>>,
}

impl Importer {
    /// Fills what only the whole input tells, or reports what is lacking.
    pub(super) fn complete(&mut self, mut draft: Draft) -> Option<Draft> {
        let mut lacking = lacking(&draft);
        let mut inferred = false;
        if draft.account.is_none() {
            match only(&self.seen.accounts) {
                Some(account) => {
                    inferred = !account.is_empty();
                    draft.account = Some(account);
                }
                None => lacking.push("the account".to_owned()),
            }
        }
        if draft.region.is_none() && draft.account.is_some() {
            let own = self.seen.regions.get(&draft.account);
            let all: BTreeSet<String> = self.seen.regions.values().flatten().cloned().collect();
            match only(own.unwrap_or(&all)) {
                Some(region) => {
                    inferred |= !region.is_empty();
                    draft.region = Some(region);
                }
                None => lacking.push("the Region".to_owned()),
            }
        }
        if lacking.is_empty() {
            self.report.inferred += u64::from(inferred);
            return Some(draft);
        }
        let call = call_name(draft.operation);
        let message = format!(
            "`{call}`: {} not known; name the file `ACCOUNT/REGION/{call}--PARAMETER=VALUE.json`, or list it in calls.jsonl",
            are(&lacking)
        );
        self.trouble(
            draft.place.file,
            Some(draft.place.line),
            TroubleKind::Unusable,
            message,
        );
        None
    }

    pub(super) fn link_pages(&mut self, drafts: &mut [Draft]) {
        let names: Vec<String> = self.report.files.iter().map(|f| f.name.clone()).collect();
        let (mut pages, mut places) = (Vec::new(), Vec::new());
        for draft in drafts.iter_mut().filter(|draft| is_page(draft)) {
            let (Some(account), Some(region)) = (&draft.account, &draft.region) else {
                continue;
            };
            places.push((draft.place, draft.operation));
            pages.push(Page {
                operation: draft.operation,
                account,
                region,
                parameters: &mut draft.parameters,
                next: draft.next.clone(),
                chained: draft.chained,
                file: draft.place.file,
                number: self
                    .paths
                    .get(draft.place.file)
                    .and_then(|facts| facts.number.clone()),
                source: names
                    .get(draft.place.file)
                    .map(|name| format!("{name}:{}", draft.place.line))
                    .unwrap_or_default(),
            });
        }
        for index in pages::link(&mut pages) {
            if let Some((place, operation)) = places.get(index) {
                let message = format!(
                    "one of several pages of `{}` whose order is not known, so the listing counts as incomplete; put the pages in one file, number the files consecutively, or give each page's token in calls.jsonl",
                    call_name(*operation)
                );
                self.trouble(place.file, Some(place.line), TroubleKind::Note, message);
            }
        }
    }

    pub(super) fn notice(&mut self, account: Option<&str>, region: Option<&str>) {
        if let Some(account) = account
            && !self.seen.accounts.contains(account)
        {
            self.seen.accounts.insert(account.to_owned());
        }
        if let Some(region) = region.filter(|region| *region != GLOBAL_REGION) {
            let account = account.map(str::to_owned);
            let regions = self.seen.regions.entry(account).or_default();
            if !regions.contains(region) {
                regions.insert(region.to_owned());
            }
        }
    }
}

/// The one element; an empty text when there is none; nothing when there are several.
fn only(set: &BTreeSet<String>) -> Option<String> {
    let mut elements = set.iter();
    match (elements.next(), elements.next()) {
        (None, _) => Some(String::new()),
        (Some(element), None) => Some(element.clone()),
        _ => None,
    }
}

fn are(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}
