//! `serve`: the report of each snapshot of a folder, in a browser.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::Exit;
use crate::args::Serve;
use crate::command::Global;
use crate::serve::{History, Token, listen};

pub(crate) fn run(serve: Serve, global: Global) -> Result<Exit> {
    if !serve.folder.is_dir() {
        bail!("`{}` is no folder", serve.folder.display());
    }
    let token = token(&serve)?;
    let history = History::new(serve.folder, serve.basis, global);
    match listen(serve.listen, token, serve.hosts, history)? {}
}

/// The token to ask for. Beyond this machine there is always one.
fn token(serve: &Serve) -> Result<Option<Token>> {
    let Some(file) = &serve.token_file else {
        return match serve.listen.ip().is_loopback() {
            true => Ok(None),
            false => Token::random().map(Some),
        };
    };
    let text = fs::read_to_string(file)
        .with_context(|| format!("cannot read the token `{}`", file.display()))?;
    let token = Token::parse(&text).with_context(|| format!("`{}`", file.display()))?;
    Ok(Some(token))
}
