//! Providers: where the resources of a module are made.
//!
//! Enters: the `provider` blocks of a root module, and what calls hand down. Leaves: the account,
//! the Region and the default tags of each alias. Deliberately absent: credentials; an alias that
//! has some of its own belongs to an account of its own, unless it tells which.

use std::collections::BTreeMap;

use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::Block;

use sagewarden_core::arn::Arn;

use super::expression::Scope;
use super::module::Module;
use super::source::{File, Found, attribute};
use crate::frame::other_account;
use crate::value::Node;

/// Providers of one module by alias; the default one has none.
#[derive(Clone, Debug, Default)]
pub(super) struct Providers(BTreeMap<String, Provider>);

/// One configuration of the provider.
#[derive(Clone, Debug, Default)]
pub(super) struct Provider {
    pub(super) region: Option<String>,
    /// The account, where it is not that of the run.
    pub(super) account: Option<String>,
    /// Tags that each resource gets.
    pub(super) tags: Option<Node>,
}

/// What signs requests as somebody else.
const CREDENTIALS: [&str; 3] = ["profile", "access_key", "shared_credentials_files"];

impl Providers {
    /// Those that a root module configures.
    pub(super) fn of_root(module: &Module<'_>) -> Providers {
        let mut all = BTreeMap::new();
        let blocks = module.folder.blocks("provider");
        let aws = blocks.filter(|found| super::source::label(found.block, 0) == "aws");
        for found in aws {
            let alias = found.attribute("alias").and_then(|(alias, file)| {
                let node = module.value(&alias.value, &Scope::default(), file);
                node.as_text().map(str::to_owned)
            });
            let alias = alias.unwrap_or_default();
            all.insert(alias.clone(), provider(module, found, &alias));
        }
        Providers(all)
    }

    /// Those that a call hands down; without a word on them, the default one.
    pub(super) fn handed(&self, call: &Found<'_>) -> Providers {
        let Some((given, _)) = call.attribute("providers") else {
            let default = self.0.get("").cloned();
            let default = default.map(|provider| (String::new(), provider));
            return Providers(default.into_iter().collect());
        };
        let Expression::Object(pairs) = &given.value else {
            return self.clone();
        };
        let handed = pairs.iter().filter_map(|(key, value)| {
            let inner = match key {
                ObjectKey::Ident(_) => String::new(),
                ObjectKey::Expression(key) => alias_of(key),
            };
            let outer = self.0.get(&alias_of(value.expr()))?;
            Some((inner, outer.clone()))
        });
        Providers(handed.collect())
    }

    /// The one that makes a resource.
    pub(super) fn of(&self, found: &Found<'_>) -> Option<&Provider> {
        let alias = found
            .attribute("provider")
            .map(|(named, _)| alias_of(&named.value));
        self.0.get(&alias.unwrap_or_default())
    }

    /// The default one.
    pub(super) fn default_one(&self) -> Option<&Provider> {
        self.0.get("")
    }

    /// Takes in others, in place of those of their alias.
    pub(super) fn extend(&mut self, others: Providers) {
        self.0.extend(others.0);
    }

    /// Tells the account of the run: that of the default provider, and of those that sign alike.
    pub(super) fn belong_to(&mut self, account: &str) {
        for (alias, provider) in &mut self.0 {
            let own = provider.account.as_deref() == Some(account);
            if alias.is_empty() || own {
                provider.account = None;
            }
        }
    }
}

/// `aws.west` is `west`.
fn alias_of(named: &Expression) -> String {
    let text = named.to_string();
    let alias = text.trim().trim_matches('"').split_once('.');
    alias.map_or_else(String::new, |(_, alias)| alias.to_owned())
}

fn provider(module: &Module<'_>, found: Found<'_>, alias: &str) -> Provider {
    let scope = Scope::default();
    let text = |name: &str| {
        let (attribute, file) = found.attribute(name)?;
        let node = module.value(&attribute.value, &scope, file);
        node.as_text().map(str::to_owned)
    };
    let inside = |(block, file): &(&Block, &File), name: &str| {
        attribute(&block.body, name).map(|attribute| module.value(&attribute.value, &scope, file))
    };
    let assumed = found.inside("assume_role");
    let role = assumed.last().map(|block| inside(block, "role_arn"));
    let allowed = found
        .attribute("allowed_account_ids")
        .map(|(ids, file)| module.value(&ids.value, &scope, file));
    let only = allowed.as_ref().and_then(|ids| match ids.items() {
        [one] => one.coerced(),
        _ => None,
    });
    let of_role = role.as_ref().and_then(|role| {
        let arn = Arn::parse(role.as_ref()?.as_text()?)?;
        Some(arn.account.to_owned())
    });
    let told = only.or(of_role).filter(|account| is_account(account));
    let own = role.is_some()
        || CREDENTIALS
            .iter()
            .any(|name| found.attribute(name).is_some());
    let account = told.or_else(|| (own && !alias.is_empty()).then(|| other_account(alias)));
    let tags = found.inside("default_tags");
    Provider {
        region: text("region"),
        account,
        tags: tags.last().and_then(|block| inside(block, "tags")),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
