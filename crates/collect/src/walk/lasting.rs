//! What is taken over from an older snapshot instead of being asked again, and what a listing leaves to be asked.

use std::collections::{BTreeSet, HashMap};

use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;

use super::{Site, members};
use crate::since::{Kind, Made, Name, Older};

/// The names that a listing shows.
#[derive(Default)]
pub(super) struct Listed {
    /// To be asked about.
    pub(super) new: BTreeSet<String>,
    /// Taken over.
    pub(super) kept: BTreeSet<String>,
}

impl Site<'_, '_> {
    /// Reads a listing, if a control needs it, takes over and shows what an older snapshot holds of it.
    pub(super) async fn list_made(
        &self,
        listing: O,
        kind: &Kind,
        shown: &dyn Fn(&str, &Node<'_>),
    ) -> Listed {
        let mut listed = Listed::default();
        if !self.wants(listing) {
            return listed;
        }
        let items = listing.row().paging.map_or("", |paging| paging.items);
        let older = self.older(kind);
        let mut kept = HashMap::new();
        self.pages(listing, members([]), async |page: &Node<'_>| {
            for item in page.member(items).map_or(&[][..], Node::items) {
                let Some(name) = item.member(kind.name).and_then(Node::text) else {
                    continue;
                };
                match older.as_ref().and_then(|older| older.holds(name, item)) {
                    Some(made) => {
                        kept.insert(Name::of(name), made);
                        listed.kept.insert(name.to_owned());
                    }
                    None => {
                        listed.new.insert(name.to_owned());
                    }
                }
            }
        })
        .await;
        self.take_over(kind, kept, shown);
        listed
    }

    /// What an older snapshot holds of a kind here, if there is one. One that cannot be read holds nothing.
    pub(super) fn older(&self, kind: &Kind) -> Option<Older> {
        let since = self
            .run
            .since
            .as_ref()
            .filter(|_| self.wants(kind.describe))?;
        match since.older(kind, &self.account.id, self.region) {
            Ok(older) => Some(older),
            Err(error) => {
                self.run.record.warn(
                    &self.account.id,
                    self.region,
                    kind.describe,
                    format!("nothing was taken over from the older snapshot: {error}"),
                );
                None
            }
        }
    }

    /// Records and shows what an older snapshot holds about the wanted names.
    pub(super) fn take_over(
        &self,
        kind: &Kind,
        wanted: HashMap<Name, Made>,
        shown: &dyn Fn(&str, &Node<'_>),
    ) {
        let Some(since) = &self.run.since else { return };
        if self.run.client.stop.is_stopped() {
            return;
        }
        let record = self.run.record;
        let (account, region) = (&self.account.id, self.region);
        let taken = since.take(kind, account, region, wanted, &mut |name, thing, kept| {
            shown(name, thing);
            record.take_over(kept);
        });
        // It was read to its end a moment ago: what is taken for granted by now cannot be had any more.
        if let Err(error) = taken {
            record.fail(error.into());
        }
        if record.has_failed() {
            self.run.client.stop.now();
        }
    }
}
