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
        let drawn = self.drawn(NOTHING, str::to_owned);
        // Every cell has a space before it; the first needs none.
        drawn.lines().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
    }

    /// A Markdown table.
    pub(crate) fn markdown(&self) -> String {
        self.drawn(ASCII_MARKDOWN, |cell| cell.replace('|', "\\|").replace('\n', " "))
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

#[cfg(test)]
mod tests {
    use super::*;

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
