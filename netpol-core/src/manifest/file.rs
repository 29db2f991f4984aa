//! One file: JSON or YAML, by the direct path where it is plain, else through trees.

use super::found::{DIRECT, Found, Source};
use super::json::read_json;
use super::parallel;
use super::read::ReadOptions;
use super::shape::line_start;
use super::stream::read_yaml;
use super::tree::Trees;
use crate::diagnostic::{Params, Problem};
use crate::source::LineIndex;
use crate::yaml::{Chunk, SyntaxError, split_documents};
use serde_json::value::RawValue;

/// Everything in a file, in its order.
pub(super) fn read_file(source: &Source<'_>, options: &ReadOptions) -> Vec<Found> {
    let text = source.text.trim_start_matches('\u{feff}');
    let text = if source.text.len() - text.len() > '\u{feff}'.len_utf8() { source.text } else { text };
    let base = source.text.len() - text.len();
    let is_json = source.name.ends_with(".json");
    if is_json || text.trim_start().starts_with('{') {
        if DIRECT
            && source.direct
            && let Some(found) = read_json(source, base..source.text.len(), LineIndex::new(source.text))
        {
            return found;
        }
        if let Some(found) = json_trees(source, text, base, is_json) {
            return found;
        }
    }
    let mut groups: Vec<Vec<Chunk>> = vec![Vec::new()];
    let size = text.len() / source.pieces.count(text.len());
    let mut next = size;
    for chunk in split_documents(text) {
        if chunk.start > next {
            groups.push(Vec::new());
            next = chunk.start + size;
        }
        if let Some(group) = groups.last_mut() {
            group.push(chunk);
        }
    }
    let read = |group: Vec<Chunk>| group.into_iter().map(|chunk| document(source, text, base, chunk)).collect();
    let mut found = Vec::new();
    let documents: Vec<Vec<Document>> = parallel::each(groups, read);
    for document in documents.into_iter().flatten() {
        found.extend(document.found);
        if document.failed && options.stop_file_at_malformed {
            break;
        }
    }
    found
}

/// What a chunk of a YAML stream holds.
struct Document {
    found: Vec<Found>,
    /// Whether it was malformed.
    failed: bool,
}

fn document(source: &Source<'_>, text: &str, base: usize, chunk: Chunk) -> Document {
    let body = text.get(chunk.start..chunk.end).unwrap_or_default();
    let start = base + chunk.start;
    // JSON among YAML documents is read as JSON: it may be large, and its trees are lean.
    let json = body.trim_start_matches("---").trim_start();
    if json.starts_with('{')
        && let Ok(raw) = serde_json::from_str::<&RawValue>(json)
    {
        let from = start + body.len() - json.len();
        let mut lines = LineIndex::starting(source.text, start, chunk.line);
        if DIRECT
            && source.direct
            && let Some(found) = read_json(source, from..from + raw.get().len(), lines.clone())
        {
            return Document { found, failed: false };
        }
        let mut trees = Trees::new(*source);
        trees.json(raw, &mut lines);
        return Document { found: trees.found, failed: false };
    }
    if DIRECT
        && source.direct
        && let Ok(found) = read_yaml(source, body, start, chunk.line)
    {
        return Document { found, failed: false };
    }
    let mut trees = Trees::new(*source);
    trees.yaml(body, start, chunk.line);
    Document { found: trees.found, failed: trees.failed }
}

/// Reads what is not JSON throughout as far as it is. `None`: it may be YAML.
fn json_trees(source: &Source<'_>, text: &str, base: usize, is_json: bool) -> Option<Vec<Found>> {
    let mut lines = LineIndex::new(source.text);
    let mut trees = Trees::new(*source);
    let mut raws = Vec::new();
    for raw in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        match raw {
            Ok(raw) => raws.push(raw),
            Err(error) if is_json => {
                raws.iter().for_each(|raw| trees.json(raw, &mut lines));
                let start = base + line_start(text, error.line()) + error.column().saturating_sub(1);
                let detail = error.to_string();
                let detail = detail.split(" at line ").next().unwrap_or_default().to_owned();
                let params = Params::from([("detail", detail)]);
                let error = SyntaxError { code: Problem::JsonSyntax, params, span: lines.span(start, start) };
                trees.syntax(error, text, base);
                return Some(trees.found);
            }
            Err(_) => return None,
        }
    }
    raws.iter().for_each(|raw| trees.json(raw, &mut lines));
    Some(trees.found)
}
