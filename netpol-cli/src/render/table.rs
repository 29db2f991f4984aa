//! Tables: aligned for people, Markdown for pull requests, CSV for spreadsheets.

use crate::exit::Failure;
use comfy_table::TableStyle;
use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};

/// Rows under a header, one text a cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<T: Into<String>>(header: impl IntoIterator<Item = T>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row; as many cells as the header has.
    pub(crate) fn push<T: Into<String>>(&mut self, row: impl IntoIterator<Item = T>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn drawn(&self, style: TableStyle, escape: impl Fn(&str) -> String) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(style);
        table.set_header(self.header.iter().map(|c| escape(c)));
        for row in &self.rows {
            table.add_row(row.iter().map(|c| escape(c)));
        }
        let mut out = String::new();
        for line in table.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// Columns aligned by spaces, never wrapped.
    pub(crate) fn text(&self) -> String {
        let drawn = self.drawn(NOTHING, |cell| cell.replace('\n', "\\n"));
        // Every cell has a space before it; the first needs none.
        drawn.lines().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
    }

    /// A Markdown table.
    pub(crate) fn markdown(&self) -> String {
        self.drawn(ASCII_MARKDOWN, markdown_cell)
    }

    /// Comma-separated values (RFC 4180).
    pub(crate) fn csv(&self) -> Result<String, Failure> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let write = |writer: &mut csv::Writer<Vec<u8>>| -> csv::Result<()> {
            writer.write_record(&self.header)?;
            self.rows.iter().try_for_each(|row| writer.write_record(row))
        };
        write(&mut writer).map_err(|e| Failure::Other(e.to_string()))?;
        let bytes = writer.into_inner().map_err(|e| Failure::Other(e.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Text that means itself in a cell of a Markdown table, but for what it marks as code: what an input
/// calls things makes no element, link, mention or cell.
fn markdown_cell(text: &str) -> String {
    let text = text.replace('\n', " ");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        let run = from.len() - from.trim_start_matches('`').len();
        let (ticks, after) = from.split_at(run);
        out.push_str(&markdown_text(before));
        match closing(after, run) {
            Some(end) => {
                out.push_str(&from[..run + end + run].replace('|', "\\|"));
                rest = &after[end + run..];
            }
            None => {
                out.push_str(&ticks.replace('`', "\\`"));
                rest = after;
            }
        }
    }
    out.push_str(&markdown_text(rest));
    out
}

/// Where a run of so many backticks begins.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        if length == run {
            return Some(start);
        }
        at = start + length;
    }
    None
}

fn markdown_text(text: &str) -> String {
    // A backslash does not keep GitHub from taking a name for a mention.
    let text = text.replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*").replace('~', "\\~");
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace("](", "]\\(").replace('@', "@\u{200b}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_and_code() {
        for (cell, shown) in [
            ("spec.ingress[0] `a|b` <c>", "spec.ingress[0] `a\\|b` &lt;c>"),
            ("[a](b) *x* @user", "[a]\\(b) \\*x\\* @\u{200b}user"),
            ("`a`` <b>", "\\`a\\`\\` &lt;b>"),
            ("a\\*b*", "a\\\\\\*b\\*"),
            ("``a`b`` `<c>`", "``a`b`` `<c>`"),
            ("`<img> ` <img>", "`<img> ` &lt;img>"),
        ] {
            assert_eq!(markdown_cell(cell), shown);
        }
    }

    #[test]
    fn every_form_of_a_table() {
        let mut table = Table::new(["from", "到"]);
        table.push(["a|b", "c, d"]);
        table.push(["long name", "x"]);
        assert_eq!(table.text(), "from       到\na|b        c, d\nlong name  x\n");
        assert_eq!(table.markdown().lines().nth(2), Some("| a\\|b      | c, d |"));
        assert_eq!(table.csv().unwrap(), "from,到\na|b,\"c, d\"\nlong name,x\n");
    }
}
