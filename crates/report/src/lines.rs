//! Lines of a given width.
//!
//! Enters: text, labels, and how wide a line may be. Leaves: wrapped lines, with labels in a column
//! of their own. What is to be copied into a shell is never wrapped.

use std::io::Write;

use anstyle::Style;

use crate::run::RenderError;
use crate::text::{BOLD, DIM, printable};

/// The least room for text; a terminal that has less breaks the lines itself.
const LEAST: usize = 24;

/// Where lines go, and how wide they may be; `None` wraps nothing.
pub(crate) struct Lines<'o> {
    pub(crate) out: &'o mut dyn Write,
    pub(crate) width: Option<usize>,
}

impl Lines<'_> {
    pub(crate) fn heading(&mut self, text: &str) -> Result<(), RenderError> {
        writeln!(self.out, "\n{BOLD}{text}{BOLD:#}")?;
        Ok(())
    }

    /// Text behind a label in a column of its own, wrapped beside it.
    pub(crate) fn row(
        &mut self,
        indent: usize,
        label: &str,
        column: usize,
        text: &str,
    ) -> Result<(), RenderError> {
        let room = room(self.width, indent + column);
        for (index, line) in wrap(&printable(text), room).iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            writeln!(self.out, "{:indent$}{DIM}{label:<column$}{DIM:#}{line}", "")?;
        }
        Ok(())
    }

    /// The same for what will be copied: a command, or JSON of several lines.
    pub(crate) fn verbatim(
        &mut self,
        indent: usize,
        label: &str,
        column: usize,
        text: &str,
    ) -> Result<(), RenderError> {
        for (index, line) in text.lines().enumerate() {
            let label = if index == 0 { label } else { "" };
            let line = printable(line);
            writeln!(self.out, "{:indent$}{DIM}{label:<column$}{DIM:#}{line}", "")?;
        }
        Ok(())
    }

    /// Wrapped text that stands out.
    pub(crate) fn strong(&mut self, indent: usize, text: &str) -> Result<(), RenderError> {
        self.styled(BOLD, indent, text)
    }

    /// Wrapped text that stands back.
    pub(crate) fn faint(&mut self, indent: usize, text: &str) -> Result<(), RenderError> {
        self.styled(DIM, indent, text)
    }

    fn styled(&mut self, style: Style, indent: usize, text: &str) -> Result<(), RenderError> {
        for line in wrap(&printable(text), room(self.width, indent)) {
            writeln!(self.out, "{:indent$}{style}{line}{style:#}", "")?;
        }
        Ok(())
    }

    pub(crate) fn line(&mut self, indent: usize, text: &str) -> Result<(), RenderError> {
        self.row(indent, "", 0, text)
    }
}

/// What `taken` columns leave of a width.
pub(crate) fn room(width: Option<usize>, taken: usize) -> Option<usize> {
    width.map(|width| width.saturating_sub(taken).max(LEAST))
}

/// Breaks text into lines of at most `width` characters: at spaces, and a word that is longer behind
/// its commas and brackets, as JSON has them. What has none, an ARN, stands whole.
pub(crate) fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else {
        return vec![text.to_owned()];
    };
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let mut gap = usize::from(used > 0);
        for piece in pieces(word, width) {
            let length = piece.chars().count();
            let Some(line) = lines.last_mut() else { break };
            if used > 0 && used + gap + length > width {
                lines.push(piece.to_owned());
                used = length;
            } else {
                line.extend((0..gap).map(|_| ' '));
                line.push_str(piece);
                used += gap + length;
            }
            gap = 0;
        }
    }
    lines
}

/// The places at which a word may be broken; none where it fits a line.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    if word.chars().count() <= width {
        return vec![word];
    }
    word.split_inclusive([',', '{', '[', '(']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_within_the_width_and_lose_nothing() {
        let text = "the role grants s3:GetObject on every bucket of the account";
        let lines = wrap(text, Some(20));
        assert!(
            lines.iter().all(|line| line.chars().count() <= 20),
            "{lines:?}"
        );
        assert_eq!(lines.join(" "), text);
        assert_eq!(wrap(text, None), [text]);
    }

    #[test]
    fn a_long_statement_breaks_behind_its_commas_and_an_arn_does_not() {
        let statement =
            r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}"#;
        let lines = wrap(statement, Some(30));
        assert!(
            lines.iter().all(|line| line.chars().count() <= 30),
            "{lines:?}"
        );
        assert_eq!(lines.concat(), statement);
        let arn = "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/fraud";
        assert_eq!(wrap(arn, Some(30)), [arn]);
        assert_eq!(wrap("", Some(30)), [""]);
    }
}
