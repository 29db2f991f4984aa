//! Edits of a policy: in its tree, and in its text, of which every other byte stays.
//!
//! What the text comes to is read again and compared with the tree; where the two differ, because
//! an anchor is used twice, say, the text is left alone.

use super::value::Value;
use crate::yaml::{Entry, Node, Piece, Scalar, Value as NodeValue, documents};
use ipnet::IpNet;

/// A step from a value to one inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(&'static str),
    At(usize),
}

pub(super) type Path = Vec<Step>;

/// One edit; the paths are those of the state before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// Puts an item at the end of a list that is not empty, or of an empty one.
    Push(Path, Value),
    /// Takes an item out of a list.
    Remove(Path),
    /// Puts a value in the place of another.
    Replace(Path, Value),
    /// Gives a key of a mapping a value.
    Set(Path, &'static str, Value),
}

impl Edit {
    /// What it puts in.
    pub(super) fn value(&self) -> Option<&Value> {
        match self {
            Self::Push(_, value) | Self::Replace(_, value) | Self::Set(_, _, value) => Some(value),
            Self::Remove(_) => None,
        }
    }
}

impl Edit {
    /// The blocks that it excepts, anywhere in what it puts in.
    pub(super) fn exceptions(&self) -> Vec<IpNet> {
        let excepted = |value: &Value| Value::map([("except", value.clone())]).exceptions();
        match self {
            Self::Push(path, value) if path.last() == Some(&Step::Key("except")) => {
                excepted(&Value::List(vec![value.clone()]))
            }
            Self::Set(_, "except", value) => excepted(value),
            other => other.value().map(Value::exceptions).unwrap_or_default(),
        }
    }
}

/// Applies edits to the tree.
pub(super) fn apply_to_tree(tree: &mut Value, edits: &[Edit]) -> Option<()> {
    for edit in edits {
        match edit {
            Edit::Push(path, item) => match find_mut(tree, path)? {
                Value::List(items) => items.push(item.clone()),
                _ => return None,
            },
            Edit::Remove(path) => {
                let (last, rest) = path.split_last()?;
                match (find_mut(tree, rest)?, last) {
                    (Value::List(items), Step::At(at)) if *at < items.len() => _ = items.remove(*at),
                    _ => return None,
                }
            }
            Edit::Replace(path, value) => *find_mut(tree, path)? = value.clone(),
            Edit::Set(path, key, value) => find_mut(tree, path)?.set(key, value.clone()),
        }
    }
    Some(())
}

fn find_mut<'v>(tree: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(tree, |value, step| match (step, value) {
        (Step::Key(key), value) => value.get_mut(key),
        (Step::At(at), Value::List(items)) => items.get_mut(*at),
        _ => None,
    })
}

/// The tree of a text that holds one value.
pub(super) fn parse(text: &str) -> Option<Node> {
    let mut roots = Vec::new();
    let mut keep = |piece| match piece {
        Piece::Root(node) | Piece::Item(node) => roots.push(node),
    };
    documents(text, 0, 1, false, &mut keep).ok()?;
    let root = roots.pop()?;
    roots.is_empty().then_some(root)
}

/// Applies edits to the text of a value; none: its layout is not understood, or what came out would
/// not read as it has to.
pub(super) fn apply_to_text(text: &str, edits: &[Edit]) -> Option<String> {
    let mut tree = Value::of(&parse(text)?);
    let mut edited = text.to_owned();
    for edit in edits {
        let root = parse(&edited)?;
        let json = serde_json::from_str::<&serde_json::value::RawValue>(&edited).is_ok();
        let newline = if edited.contains("\r\n") { "\r\n" } else { "\n" };
        let nest = nesting(&edited, &root);
        let (range, with) = Layout { text: &edited, root: &root, json, newline, nest }.edit(edit)?;
        edited.replace_range(range, &with);
    }
    apply_to_tree(&mut tree, edits)?;
    (Value::of(&parse(&edited)?) == tree).then_some(edited)
}

/// How much deeper than their keys lists stand.
fn nesting(text: &str, node: &Node) -> usize {
    let column = |at: usize| column(text, at);
    match &node.value {
        NodeValue::Map(entries) => {
            let deeper = |e: &Entry| match &e.value.value {
                NodeValue::Seq(items) if !is_flow(text, &e.value) => {
                    let dash = dash(text, items.first()?.span.start as usize)?;
                    Some(column(dash).saturating_sub(column(e.key_span.start as usize)))
                }
                _ => None,
            };
            entries.iter().filter_map(deeper).chain(entries.iter().map(|e| nesting(text, &e.value))).max()
        }
        NodeValue::Seq(items) => items.iter().map(|item| nesting(text, item)).max(),
        NodeValue::Scalar(..) => None,
    }
    .unwrap_or_default()
}

fn is_flow(text: &str, node: &Node) -> bool {
    let first = match &node.value {
        NodeValue::Seq(items) => items.first().map(|item| item.span.start),
        NodeValue::Map(entries) => entries.first().map(|entry| entry.key_span.start),
        NodeValue::Scalar(..) => return false,
    };
    let opens = matches!(text.as_bytes().get(node.span.start as usize), Some(b'[' | b'{'));
    opens && first.is_none_or(|first| first > node.span.start)
}

/// Behind the bracket that closes a flow collection which begins at an offset.
pub(super) fn flow_end(text: &str, start: usize) -> Option<usize> {
    let (mut depth, mut quote, mut last, mut escaped) = (0usize, None, b'[', false);
    let mut comment = false;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        if comment {
            comment = byte != b'\n';
            continue;
        }
        if let Some(open) = quote {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if open == b'"' => escaped = true,
                _ if byte == open => quote = None,
                _ => {}
            }
            continue;
        }
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            // A quote inside of a plain scalar is a letter of it.
            b'"' | b'\'' if matches!(last, b'[' | b'{' | b',' | b':') => quote = Some(byte),
            b'#' if text.as_bytes().get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_whitespace) => comment = true,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
    }
    None
}

/// The dash before an item; comments may stand between them.
fn dash(text: &str, item: usize) -> Option<usize> {
    let mut before = text.get(..item)?.trim_end();
    loop {
        if let Some(rest) = before.strip_suffix('-') {
            return Some(rest.len());
        }
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let comment = line + before.get(line..)?.find('#')?;
        let lead = before.get(line..comment)?.trim();
        if !(lead.is_empty() || lead == "-") {
            return None;
        }
        before = before.get(..comment)?.trim_end();
    }
}

/// How many bytes of its line stand before an offset.
fn column(text: &str, at: usize) -> usize {
    at - text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// A text and how it is laid out.
struct Layout<'t> {
    text: &'t str,
    root: &'t Node,
    json: bool,
    newline: &'static str,
    nest: usize,
}

type Splice = (std::ops::Range<usize>, String);

impl Layout<'_> {
    fn edit(&self, edit: &Edit) -> Option<Splice> {
        match edit {
            Edit::Push(path, item) => self.push(path, item),
            Edit::Remove(path) => self.remove(path),
            Edit::Replace(path, value) => self.replace(path, value),
            Edit::Set(path, key, value) => self.set(path, key, value),
        }
    }

    fn find(&self, path: &[Step]) -> Option<&Node> {
        path.iter().try_fold(self.root, |node, step| match (step, &node.value) {
            (Step::Key(_), NodeValue::Map(_)) => entry(node, step).map(|e| &e.value),
            (Step::At(at), NodeValue::Seq(items)) => items.get(*at),
            _ => None,
        })
    }

    /// The entry whose value a path names.
    fn entry_of(&self, path: &[Step]) -> Option<&Entry> {
        let (last, rest) = path.split_last()?;
        entry(self.find(rest)?, last)
    }

    /// Where what a node holds ends: comments and blank lines behind it are none of it.
    fn end(&self, node: &Node) -> Option<usize> {
        let own = node.span.end as usize;
        match &node.value {
            NodeValue::Map(entries) if !is_flow(self.text, node) => {
                entries.last().map_or(Some(own), |e| self.end_of(e))
            }
            NodeValue::Seq(items) if !is_flow(self.text, node) => items.last().map_or(Some(own), |item| self.end(item)),
            NodeValue::Map(_) | NodeValue::Seq(_) => flow_end(self.text, node.span.start as usize),
            NodeValue::Scalar(..) => {
                let start = node.span.start as usize;
                Some(start + self.text.get(start..own)?.trim_end().len())
            }
        }
    }

    /// Where a node starts.
    fn start(&self, node: &Node) -> Option<usize> {
        match &node.value {
            NodeValue::Seq(items) if !is_flow(self.text, node) => {
                items.first().map_or(Some(node.span.start as usize), |first| self.dash(first))
            }
            _ => Some(node.span.start as usize),
        }
    }

    fn end_of(&self, entry: &Entry) -> Option<usize> {
        match &entry.value.value {
            NodeValue::Scalar(Scalar::Null, text) if text.is_empty() => self.colon(entry),
            _ => self.end(&entry.value),
        }
    }

    /// Behind the colon of a key.
    fn colon(&self, entry: &Entry) -> Option<usize> {
        let from = entry.key_span.start as usize;
        let key_end = entry.key_span.end as usize;
        let rest = self.text.get(key_end.max(from)..)?;
        let gap = rest.len() - rest.trim_start().len();
        rest.trim_start().starts_with(':').then_some(key_end + gap + 1)
    }

    /// The end of the line on which an offset is, without its line break.
    fn line_end(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let line = rest.split('\n').next()?;
        Some(at + line.strip_suffix('\r').unwrap_or(line).len())
    }

    /// The start of the line behind the one on which an offset is.
    fn next_line(&self, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        Some(rest.find('\n').map_or(self.text.len(), |newline| at + newline + 1))
    }

    /// The dash of an item of a block list; nothing but white space may stand before it.
    fn dash(&self, item: &Node) -> Option<usize> {
        let dash = dash(self.text, item.span.start as usize)?;
        let indent = column(self.text, dash);
        self.text.get(dash - indent..dash)?.trim().is_empty().then_some(dash)
    }

    /// Where the comments start that stand over an item of a list, as deep as it; the start of its
    /// line if there are none.
    fn remarks(&self, dash: usize) -> usize {
        let indent = column(self.text, dash);
        let mut start = dash - indent;
        while let Some(above) = self.text.get(..start).and_then(|text| text.strip_suffix('\n')) {
            let line = above.rsplit('\n').next().unwrap_or_default();
            let text = line.trim_start();
            if !text.starts_with('#') || line.len() - text.len() != indent {
                break;
            }
            start = above.len() - line.len();
        }
        start
    }

    fn lines(&self, lines: &[String]) -> String {
        lines.iter().map(|line| format!("{}{line}", self.newline)).collect()
    }

    /// A value in flow style behind another on the same level, with the comma before it.
    fn after(&self, start: u32, value: impl Fn(Option<usize>) -> String) -> String {
        let indent = column(self.text, start as usize);
        let alone =
            self.text.get(start as usize - indent..start as usize).is_some_and(|before| before.trim().is_empty());
        if self.json && alone {
            format!(",{}{}{}", self.newline, " ".repeat(indent), value(Some(indent)).replace('\n', self.newline))
        } else {
            format!(", {}", value(None))
        }
    }

    /// By how much JSON is indented.
    fn step(&self) -> usize {
        let first = self.text.lines().nth(1).unwrap_or_default();
        let base = self.root_indent();
        (first.len() - first.trim_start().len()).checked_sub(base).filter(|step| *step > 0).unwrap_or(2)
    }

    /// How deep the line stands that closes the text.
    fn root_indent(&self) -> usize {
        let last = self.text.trim_end().lines().last().unwrap_or_default();
        last.len() - last.trim_start().len()
    }

    fn push(&self, path: &[Step], item: &Value) -> Option<Splice> {
        let list = self.find(path)?;
        let NodeValue::Seq(items) = &list.value else { return None };
        let flow = is_flow(self.text, list);
        match items.last() {
            Some(last) if flow => {
                let end = self.end(last)?;
                let step = self.step();
                let text = self.after(last.span.start, |indent| match indent {
                    Some(indent) => item.pretty(indent, step),
                    None => item.flow(self.json),
                });
                Some((end..end, text))
            }
            Some(last) => {
                let indent = column(self.text, self.dash(last)?);
                let end = self.line_end(self.end(last)?)?;
                let lines = Value::List(vec![item.clone()]).block(indent, self.nest);
                Some((end..end, self.lines(&lines)))
            }
            None => self.replace(path, &Value::List(vec![item.clone()])),
        }
    }

    fn remove(&self, path: &[Step]) -> Option<Splice> {
        let (last, rest) = path.split_last()?;
        let (list, Step::At(at)) = (self.find(rest)?, last) else { return None };
        let NodeValue::Seq(items) = &list.value else { return None };
        let item = items.get(*at)?;
        if is_flow(self.text, list) {
            return match (items.get(at + 1), at.checked_sub(1).and_then(|at| items.get(at))) {
                (Some(next), _) => Some((item.span.start as usize..next.span.start as usize, String::new())),
                (None, Some(before)) => Some((self.end(before)?..self.end(item)?, String::new())),
                (None, None) => Some((list.span.start as usize..self.end(list)?, "[]".to_owned())),
            };
        }
        let dash = self.dash(item)?;
        let (from, to) = (dash - column(self.text, dash), self.next_line(self.end(item)?)?);
        if items.len() > 1 {
            let next = items.get(at + 1).and_then(|next| self.dash(next));
            let next_has_its_own = next.is_some_and(|next| self.remarks(next) < next - column(self.text, next));
            // Over the first of a list may stand what is about all of it.
            let from = if *at > 0 || next_has_its_own { self.remarks(dash) } else { from };
            return Some((from..to, String::new()));
        }
        let colon = self.colon(self.entry_of(rest)?)?;
        let mut between = format!(" []{}", self.text.get(colon..from)?);
        // The line break of the last line stays where there was none behind it.
        if to == self.text.len() && !self.text.ends_with('\n') {
            between.truncate(between.trim_end().len());
        }
        Some((colon..to, between))
    }

    fn replace(&self, path: &[Step], value: &Value) -> Option<Splice> {
        let node = self.find(path)?;
        let (start, end) = (self.start(node)?, self.end(node)?);
        let in_flow =
            path.iter().enumerate().any(|(at, _)| self.find(&path[..at]).is_some_and(|n| is_flow(self.text, n)));
        let is_empty = match &node.value {
            NodeValue::Map(entries) => entries.is_empty(),
            NodeValue::Seq(items) => items.is_empty(),
            NodeValue::Scalar(..) => true,
        };
        if in_flow || self.json || (is_flow(self.text, node) && !is_empty) {
            return Some((start..end, value.flow(self.json)));
        }
        if is_empty {
            // Nothing that has a layout: the key gets a block.
            let key = self.entry_of(path)?;
            let lines = self.below(key, value);
            return Some((self.colon(key)?..end, self.lines(&lines)));
        }
        let lines = value.block(column(self.text, start), self.nest);
        let mut text = lines.join(self.newline);
        text.drain(..column(self.text, start).min(text.len()));
        Some((start..end, text))
    }

    /// The lines of a value that stands below its key.
    fn below(&self, key: &Entry, value: &Value) -> Vec<String> {
        let indent = column(self.text, key.key_span.start as usize);
        value.block(indent + if matches!(value, Value::List(_)) { self.nest } else { 2 }, self.nest)
    }

    fn set(&self, path: &[Step], key: &'static str, value: &Value) -> Option<Splice> {
        let map = self.find(path)?;
        let NodeValue::Map(entries) = &map.value else { return None };
        if let Some(found) = entry(map, &Step::Key(key)) {
            if let NodeValue::Scalar(Scalar::Null, text) = &found.value.value
                && text.is_empty()
                && !is_flow(self.text, map)
            {
                let end = self.line_end(self.colon(found)?)?;
                return Some((end..end, self.lines(&self.below(found, value))));
            }
            let mut path = path.to_vec();
            path.push(Step::Key(key));
            return self.replace(&path, value);
        }
        let pair = Value::Map(vec![(key.to_owned(), value.clone())]);
        let inner = |text: String| text.get(1..text.len() - 1).unwrap_or_default().to_owned();
        match entries.last() {
            Some(last) if is_flow(self.text, map) => {
                let (end, step) = (self.end_of(last)?, self.step());
                let text = self.after(last.key_span.start, |indent| match indent {
                    Some(indent) => format!("\"{key}\": {}", value.pretty(indent, step)),
                    None => inner(pair.flow(self.json)),
                });
                Some((end..end, text))
            }
            Some(last) => {
                let first = entries.first().unwrap_or(last);
                let lines = pair.block(column(self.text, first.key_span.start as usize), self.nest);
                let end = self.line_end(self.end_of(last)?)?;
                Some((end..end, self.lines(&lines)))
            }
            None => Some((map.span.start as usize..self.end(map)?, pair.flow(self.json))),
        }
    }
}

fn entry<'n>(node: &'n Node, step: &Step) -> Option<&'n Entry> {
    match (&node.value, step) {
        (NodeValue::Map(entries), Step::Key(key)) => entries.iter().find(|e| e.key == *key),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(steps: &[Step]) -> Path {
        steps.to_vec()
    }

    fn ports(text: &str) -> Option<String> {
        let path = path(&[Step::Key("ingress"), Step::At(0), Step::Key("ports")]);
        apply_to_text(text, &[Edit::Push(path, Value::map([("port", Value::number(81))]))])
    }

    #[test]
    fn an_item_is_added_in_the_style_of_its_list() {
        for (before, after) in [
            (
                "ingress:\n- ports:\n  - port: 80 # web\n# end\n",
                "ingress:\n- ports:\n  - port: 80 # web\n  - port: 81\n# end\n",
            ),
            ("ingress:\n  - ports:\n      - port: 80", "ingress:\n  - ports:\n      - port: 80\n      - port: 81"),
            ("ingress:\r\n- ports:\r\n  - port: 80\r\n", "ingress:\r\n- ports:\r\n  - port: 80\r\n  - port: 81\r\n"),
            ("ingress: [{ports: [{port: 80}]}]\n", "ingress: [{ports: [{port: 80}, {port: 81}]}]\n"),
            ("ingress:\n- ports: [{port: 80}]\n", "ingress:\n- ports: [{port: 80}, {port: 81}]\n"),
            (
                "{\"ingress\":[{\"ports\":[{\"port\":80}]}]}",
                "{\"ingress\":[{\"ports\":[{\"port\":80}, {\"port\": 81}]}]}",
            ),
            (
                "{\n  \"ingress\": [\n    {\n      \"ports\": [\n        {\n          \"port\": 80\n        }\n      ]\n    }\n  ]\n}",
                "{\n  \"ingress\": [\n    {\n      \"ports\": [\n        {\n          \"port\": 80\n        },\n        {\n          \"port\": 81\n        }\n      ]\n    }\n  ]\n}",
            ),
        ] {
            assert_eq!(ports(before).as_deref(), Some(after), "{before}");
        }
    }

    #[test]
    fn an_item_is_taken_out_and_nothing_else() {
        let remove = |text: &str, at| apply_to_text(text, &[Edit::Remove(path(&[Step::Key("a"), Step::At(at)]))]);
        // The comments over an item go with it; what stands over the first may be about all of them.
        let two = "a:\n# 0\n# 1\n- x: 1 # x\n# 2\n- y: 1\n  # 3\nb: 2\n";
        assert_eq!(remove(two, 0).as_deref(), Some("a:\n# 2\n- y: 1\n  # 3\nb: 2\n"));
        assert_eq!(remove(two, 1).as_deref(), Some("a:\n# 0\n# 1\n- x: 1 # x\n  # 3\nb: 2\n"));
        assert_eq!(remove("a:\n# all\n- x: 1\n- y: 1\n", 0).as_deref(), Some("a:\n# all\n- y: 1\n"));
        assert_eq!(remove("a:\n- x: 1\n  # of x\n- y: 1\n", 1).as_deref(), Some("a:\n- x: 1\n  # of x\n"));
        assert_eq!(remove("a:\n- # 1\n  # 2\n  x: 1\n- y: 1\n", 0).as_deref(), Some("a:\n- y: 1\n"));
        assert_eq!(remove("a: # c\n- x: 1\nb: 2\n", 0).as_deref(), Some("a: [] # c\nb: 2\n"));
        assert_eq!(remove("a: [x, y , z]\n", 1).as_deref(), Some("a: [x, z]\n"));
        assert_eq!(remove("a: [x, y]\n", 1).as_deref(), Some("a: [x]\n"));
        assert_eq!(remove("a: [x]\n", 0).as_deref(), Some("a: []\n"));
    }

    #[test]
    fn a_key_is_set_wherever_it_stands() {
        let set = |text: &str| apply_to_text(text, &[Edit::Set(Vec::new(), "a", Value::List(vec![Value::number(1)]))]);
        assert_eq!(set("b: 1 # b\n").as_deref(), Some("b: 1 # b\na:\n- 1\n"));
        assert_eq!(set("a: # c\nb: 1\n").as_deref(), Some("a: # c\n- 1\nb: 1\n"));
        assert_eq!(set("a: []\nb: 1\n").as_deref(), Some("a:\n- 1\nb: 1\n"));
        assert_eq!(set("a:\n- 2 # two\n# c\nb: 1\n").as_deref(), Some("a:\n- 1 # two\n# c\nb: 1\n"));
        assert_eq!(set("{b: 1}\n").as_deref(), Some("{b: 1, a: [1]}\n"));
        // An empty mapping is JSON too, and stays it.
        assert_eq!(set("{}\n").as_deref(), Some("{\"a\": [1]}\n"));
    }

    #[test]
    fn what_would_read_otherwise_is_left_alone() {
        // The list is used twice: an item in one would be in both.
        assert_eq!(ports("x: &p [{port: 1}]\ningress:\n- ports: *p\n"), None);
        assert_eq!(ports("ingress:\n- - ports: []\n"), None);
    }
}
