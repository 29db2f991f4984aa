//! Reads `ConnectivityTest` documents, with the place of everything that is wrong.

use super::ends::{Form, Namespaces, TestPeer};
use super::run::{port_left, port_set};
use super::{DecidedBy, Expect, Resource, Suite, Test};
use crate::diagnostic::{Diagnostic, Problem};
use crate::lang::nearest;
use crate::manifest::{PolicyReader, ReadOptions, Selector, Source, is_dns_label, is_dns_subdomain, source};
use crate::profile::Profile;
use crate::query::{PortExpr, Verdict, parse_peer, parse_port};
use crate::set::{AddressSet, Family};
use crate::sorted::SortedMap;
use crate::source::{Inputs, LineIndex, Span, line_column, to_u32};
use crate::yaml::{self, Entry, Node, Piece, SyntaxError, Value, from_json, split_documents};
use serde_json::value::RawValue;

/// The version of the format.
pub const API_VERSION: &str = "netpol.dev/v1alpha1";

/// The kind of a document with tests.
pub const KIND: &str = "ConnectivityTest";

/// What every version begins with.
const GROUP: &str = "netpol.dev/";

const PEERS: &str = "a peer as in netpol check (NAME, NS/NAME, NS/KIND/NAME, NS/label=value, NS/*, svc/NAME, an address or CIDR block, world, fqdn:NAME)";
const PORTS: &str =
    "80 (TCP), 53/udp, 8000-8100/tcp, http (a named port), udp, icmp, any, or numbers with commas between them";
const NUMBERS: &str = "port numbers and ranges such as 80, 53/udp, 8000-8100/tcp, or numbers with commas between them";
const POLICY: &str = "NAME, NAMESPACE/NAME, netpol/NAMESPACE/NAME, or KIND/NAME where KIND is netpol, anp, banp or cnp";
const FIELD: &str = "spec, spec.podSelector, spec.ingress[N], spec.egress[N], and below a rule .from[N] (.to[N] of egress), .ports[N] or .protocols[N], where N counts from 0";
const VERDICTS: [Verdict; 3] = [Verdict::Allow, Verdict::Deny, Verdict::Undefined];

/// The tests of some files.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TestFiles {
    /// The documents, in the order of the input. Of one with errors, the tests that can be used.
    pub suites: Vec<Suite>,
    /// What is wrong, in the order of the input. All of it are errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the connectivity tests among the documents of some files; other documents are passed over.
pub fn read_tests(inputs: &Inputs) -> TestFiles {
    let mut found = TestFiles::default();
    let options = ReadOptions::default();
    for (file, name, text) in inputs.iter() {
        let source = source(file, name, text, &options);
        // In another encoding than UTF-8 nothing would be found.
        if let Some(at) = text.find('\0') {
            let (line, column) = line_column(text, at);
            let span = Span { start: to_u32(at), end: to_u32(at + 1), line, column };
            let diagnostic = Diagnostic::error(Problem::InvalidUtf8).at(source.place(span));
            found.diagnostics.push(diagnostic.with("byte", yaml::NUL));
        } else if may_hold_tests(text) {
            // A file may be large, and hold no tests at all.
            read_file(&source, &mut found);
        }
    }
    found
}

/// Whether a version of the format, or an object of the kind, is named.
fn may_hold_tests(text: &str) -> bool {
    let is_kind = |at: usize| text[..at].rsplit('\n').next().is_some_and(|before| before.contains("kind"));
    text.contains(GROUP) || text.match_indices(KIND).any(|(at, _)| is_kind(at))
}

fn read_file(source: &Source<'_>, found: &mut TestFiles) {
    let text = source.text.trim_start_matches('\u{feff}');
    let base = source.text.len() - text.len();
    if text.trim_start().starts_with('{')
        && let Ok(raw) = serde_json::from_str::<&RawValue>(text)
    {
        match from_json(raw, source.text, &mut LineIndex::new(source.text)) {
            Ok(node) => document(source, &node, found),
            Err(error) => syntax(source, *error, found),
        }
        return;
    }
    for chunk in split_documents(text) {
        let body = text.get(chunk.start..chunk.end).unwrap_or_default();
        if !may_hold_tests(body) {
            continue;
        }
        let mut nodes = Vec::new();
        let read = yaml::documents(body, base + chunk.start, chunk.line, false, &mut |piece| {
            let (Piece::Item(node) | Piece::Root(node)) = piece;
            nodes.push(node);
        });
        match read {
            Ok(()) => nodes.iter().for_each(|node| document(source, node, found)),
            Err(error) => syntax(source, *error, found),
        }
    }
}

fn syntax(source: &Source<'_>, error: SyntaxError, found: &mut TestFiles) {
    let mut diagnostic = Diagnostic::error(error.code).at(source.place(error.span));
    for (name, value) in error.params {
        diagnostic = diagnostic.with(name, value);
    }
    found.diagnostics.push(diagnostic);
}

fn document(source: &Source<'_>, node: &Node, found: &mut TestFiles) {
    let text = |field: &str| node.get(field).and_then(Node::as_str).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if kind == "List"
        && let Some(Node { value: Value::Seq(items), .. }) = node.get("items")
    {
        items.iter().for_each(|item| document(source, item, found));
        return;
    }
    // Other groups may have a kind of that name. A version without a group has none.
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let is_meant =
        kind == KIND && (group.is_empty() || nearest(group, [GROUP.trim_end_matches('/')].into_iter()).is_some());
    if !version.starts_with(GROUP) && !is_meant {
        return;
    }
    if version.is_empty() {
        let diagnostic = Diagnostic::error(Problem::MissingApiVersion).at(source.place(node.span)).with("kind", kind);
        found.diagnostics.push(diagnostic.with("accepted", API_VERSION));
        return;
    }
    if (version, kind) != (API_VERSION, KIND) {
        let at = if version == API_VERSION { "kind" } else { "apiVersion" };
        let span = node.get(at).map_or(node.span, |n| n.span);
        let diagnostic = Diagnostic::error(Problem::NotATest).at(source.place(span)).in_field(at);
        let kind = if kind.is_empty() { "kind" } else { kind };
        let diagnostic = diagnostic.with("kind", kind).with("found", version);
        found.diagnostics.push(diagnostic.with("accepted", format!("apiVersion {API_VERSION}, kind {KIND}")));
        return;
    }
    let mut reader = Reader { reader: PolicyReader::of_object(source, KIND) };
    let suite = reader.suite(node);
    found.diagnostics.extend(reader.reader.finish());
    found.suites.extend(suite);
}

struct Reader<'a> {
    reader: PolicyReader<'a>,
}

impl Reader<'_> {
    fn suite(&mut self, node: &Node) -> Option<Suite> {
        const KNOWN: [&str; 8] =
            ["apiVersion", "kind", "metadata", "resources", "namespace", "profile", "profileSettings", "tests"];
        let name = self.name_of(node);
        let mut suite = Suite {
            name: name.unwrap_or_default(),
            place: self.reader.place(node.span),
            resources: Vec::new(),
            namespace: None,
            profile: None,
            tests: Vec::new(),
        };
        let (mut profile, mut settings, mut tests) = (None, None, None);
        for entry in self.fields(node, "", &KNOWN) {
            match &*entry.key {
                "resources" => suite.resources = self.resources(&entry.value),
                "namespace" => suite.namespace = self.namespace(&entry.value, "namespace"),
                "profile" => profile = Some(&entry.value),
                "profileSettings" => settings = Some(&entry.value),
                "tests" => tests = Some(&entry.value),
                _ => {}
            }
        }
        suite.profile = self.profile(profile, settings);
        let Some(tests) = tests else {
            self.reader.error(Problem::MissingField, node.span, "", |d| d.with("missing", "tests"));
            return None;
        };
        let items = self.reader.list(tests, "tests");
        if items.is_empty() && matches!(tests.value, Value::Seq(_)) {
            self.reader.wrong_type(tests, "tests", "a list with at least one test");
        }
        let mut seen: SortedMap<String, u32> = SortedMap::new();
        for (i, item) in items.into_iter().enumerate() {
            let Some(test) = self.test(item, &format!("tests[{i}]")) else { continue };
            if let Some(line) = seen.get(&test.name) {
                let span = item.get("name").map_or(item.span, |name| name.span);
                self.reader.error(Problem::DuplicateTest, span, format!("tests[{i}].name"), |d| {
                    d.with("found", &test.name).with("line", line)
                });
            } else {
                seen.insert(test.name.clone(), test.place.span.line);
            }
            suite.tests.push(test);
        }
        Some(suite)
    }

    /// The entries of a mapping at a field path, which is empty for the document.
    fn fields<'n>(&mut self, node: &'n Node, field: &str, known: &[&str]) -> Vec<&'n Entry> {
        let entries = self.reader.mapping(node, field);
        for entry in &entries {
            let path = if field.is_empty() { entry.key.to_string() } else { format!("{field}.{}", entry.key) };
            self.reader.known(entry, &path, known, false);
        }
        entries.into_iter().filter(|e| !e.value.is_null()).collect()
    }

    fn name_of(&mut self, node: &Node) -> Option<String> {
        let name = node.get("metadata").and_then(|m| m.get("name"));
        let Some(name) = name else {
            let at = node.get("metadata").map_or(node.span, |m| m.span);
            self.reader.error(Problem::MissingField, at, "metadata", |d| d.with("missing", "name"));
            return None;
        };
        let text = self.reader.string(name, "metadata.name")?;
        if !is_dns_subdomain(text) {
            self.reader.error(Problem::InvalidName, name.span, "metadata.name", |d| d.with("found", text));
            return None;
        }
        let text = text.to_owned();
        self.reader.rename(&format!("{KIND} {text}"));
        let metadata = node.get("metadata").map(|of| self.fields(of, "metadata", &["name", "labels", "annotations"]));
        metadata.map(|_| text)
    }

    fn resources(&mut self, node: &Node) -> Vec<Resource> {
        let mut found = Vec::new();
        for (i, item) in self.reader.list(node, "resources").into_iter().enumerate() {
            let field = format!("resources[{i}]");
            match self.reader.string(item, &field) {
                Some("") => self.reader.wrong_type(item, &field, "a path of a file or folder"),
                Some(path) => found.push(Resource { path: path.to_owned(), place: self.reader.place(item.span) }),
                None => {}
            }
        }
        found
    }

    fn namespace(&mut self, node: &Node, field: &str) -> Option<String> {
        let text = self.reader.string(node, field)?;
        if !is_dns_label(text) {
            self.reader.error(Problem::InvalidNamespace, node.span, field, |d| d.with("found", text));
            return None;
        }
        Some(text.to_owned())
    }

    fn profile(&mut self, named: Option<&Node>, settings: Option<&Node>) -> Option<Profile> {
        let mut profile = Profile::GENERIC;
        if let Some(node) = named {
            let name = self.reader.string(node, "profile")?;
            let Some(found) = Profile::by_name(name) else {
                let accepted = Profile::names().collect::<Vec<_>>().join(", ");
                self.not_one_of(node, "profile", name, &accepted);
                return None;
            };
            profile = found;
        }
        for entry in settings.map(|node| self.reader.mapping(node, "profileSettings")).unwrap_or_default() {
            let field = format!("profileSettings.{}", entry.key);
            // An unquoted `yes` is a boolean, and is meant as it is written.
            let Value::Scalar(_, value) = &entry.value.value else {
                self.reader.wrong_type(&entry.value, &field, "a string");
                continue;
            };
            match profile.clone().with(&entry.key, value) {
                Ok(changed) => profile = changed,
                Err(error) => {
                    let span = if error.found == *value { entry.value.span } else { entry.key_span };
                    let accepted = error.accepted.join(", ");
                    self.reader.error(Problem::NotOneOf, span, field, |d| {
                        d.with("found", &error.found).with("accepted", accepted)
                    });
                }
            }
        }
        (named.is_some() || settings.is_some()).then_some(profile)
    }

    fn not_one_of(&mut self, node: &Node, field: &str, found: &str, accepted: &str) {
        self.reader.error(Problem::NotOneOf, node.span, field, |d| d.with("found", found).with("accepted", accepted));
    }

    fn test(&mut self, node: &Node, field: &str) -> Option<Test> {
        const KNOWN: [&str; 7] = ["name", "from", "to", "ports", "exceptPorts", "expect", "decidedBy"];
        let before = self.reader.errors();
        let (mut name, mut from, mut to, mut expect) = (None, Vec::new(), Vec::new(), None);
        let (mut ports, mut except, mut decided_by) = (None, None, Vec::new());
        let Value::Map(_) = &node.value else {
            self.reader.wrong_type(node, field, "a mapping");
            return None;
        };
        for entry in self.fields(node, field, &KNOWN) {
            let (value, path) = (&entry.value, format!("{field}.{}", entry.key));
            match &*entry.key {
                "name" => name = self.reader.string(value, &path),
                "from" => from = self.peers(value, &path, true),
                "to" => to = self.peers(value, &path, false),
                "ports" => ports = self.ports(value, &path, PORTS),
                "exceptPorts" => except = self.ports(value, &path, NUMBERS),
                "expect" => expect = self.expect(value, &path),
                "decidedBy" => decided_by = self.decided_by(value, &path),
                _ => {}
            }
        }
        for missing in ["name", "from", "to", "expect"].into_iter().filter(|field| node.get(field).is_none()) {
            self.reader.error(Problem::MissingField, node.span, field, |d| d.with("missing", missing));
        }
        if let Some(name) = node.get("name").filter(|n| n.as_str().is_some_and(|text| text.trim().is_empty())) {
            self.reader.wrong_type(name, &format!("{field}.name"), "a name");
        }
        if let (Some(except), Some(at)) = (&except, node.get("exceptPorts")) {
            let names = |text: &str| !matches!(parse_port(text), Ok(PortExpr::Set(_)));
            let any = ports.as_deref().is_none_or(|text| matches!(parse_port(text), Ok(PortExpr::Any)));
            if names(except) || !any && ports.as_deref().is_some_and(names) {
                self.reader.error(Problem::NotPorts, at.span, format!("{field}.exceptPorts"), |d| {
                    d.with("found", except).with("accepted", NUMBERS)
                });
            } else {
                let ports = ports.as_deref().unwrap_or("any").to_owned();
                let problem = match (port_left(&ports, except), port_set(&ports)) {
                    (Ok(left), _) if left.is_empty() => Some(Problem::NoPortLeft),
                    (Ok(left), Ok(all)) if left == all => Some(Problem::NothingExcepted),
                    _ => None,
                };
                if let Some(problem) = problem {
                    self.reader.error(problem, at.span, format!("{field}.exceptPorts"), |d| {
                        d.with("found", except).with("ports", ports)
                    });
                }
            }
        }
        if self.reader.errors() > before {
            return None;
        }
        Some(Test {
            name: name?.trim().to_owned(),
            place: self.reader.place(node.span),
            from,
            to,
            ports: ports.unwrap_or_else(|| "any".to_owned()),
            except_ports: except,
            expect: expect?,
            decided_by,
        })
    }

    /// One peer, or a list of them.
    fn peers(&mut self, node: &Node, field: &str, is_source: bool) -> Vec<TestPeer> {
        let Value::Seq(items) = &node.value else {
            return self.peer(node, field, is_source).into_iter().collect();
        };
        if items.is_empty() {
            self.reader.error(Problem::NotAPeer, node.span, field, |d| d.with("found", "[]").with("accepted", PEERS));
        }
        let items = items.iter().enumerate();
        items.filter_map(|(i, item)| self.peer(item, &format!("{field}[{i}]"), is_source)).collect()
    }

    fn peer(&mut self, node: &Node, field: &str, is_source: bool) -> Option<TestPeer> {
        match &node.value {
            Value::Map(_) => self.peer_of_fields(node, field, is_source),
            Value::Seq(_) => {
                self.reader.wrong_type(node, field, PEERS);
                None
            }
            // An address or a name can look like a number; it is meant as it is written.
            Value::Scalar(_, text) => match parse_peer(text) {
                Ok(expr) => Some(TestPeer::new(Form::Expr(expr), text)),
                Err(_) => {
                    let found = text.as_str();
                    self.reader
                        .error(Problem::NotAPeer, node.span, field, |d| d.with("found", found).with("accepted", PEERS));
                    None
                }
            },
        }
    }

    fn peer_of_fields(&mut self, node: &Node, field: &str, is_source: bool) -> Option<TestPeer> {
        let known: &[&str] = match is_source {
            true => &["anyPodIn", "namespace", "namespaceSelector", "podSelector", "world"],
            false => &["namespace", "namespaceSelector", "podSelector", "world"],
        };
        let before = self.reader.errors();
        let (mut any, mut namespaces, mut pods, mut world) = (None, Namespaces::Default, None, None);
        let entries = self.fields(node, field, known);
        let names: Vec<&str> = entries.iter().map(|e| &*e.key).collect();
        for entry in &entries {
            let path = format!("{field}.{}", entry.key);
            match &*entry.key {
                "anyPodIn" => any = self.namespace(&entry.value, &path),
                "namespace" => namespaces = Namespaces::Named(self.namespace(&entry.value, &path)?),
                "namespaceSelector" => namespaces = Namespaces::Selected(self.reader.selector(&entry.value, &path)),
                "world" => world = Some(self.world(&entry.value, &path)),
                "podSelector" => pods = Some(self.reader.selector(&entry.value, &path)),
                _ => {}
            }
        }
        let both = |a: &str, b: &str| names.contains(&a) && names.contains(&b);
        let alone = ["anyPodIn", "world"].iter().any(|name| names.contains(name)) && names.len() > 1;
        if self.reader.errors() == before && (names.is_empty() || alone || both("namespace", "namespaceSelector")) {
            let found = if names.is_empty() { "{}".to_owned() } else { names.join(", ") };
            self.reader.error(Problem::PeerFields, node.span, field, |d| d.with("found", found));
        }
        if self.reader.errors() > before {
            return None;
        }
        let pods: Selector = pods.unwrap_or_default();
        let form = match (any, world) {
            (Some(namespace), _) => Form::AnyPodIn(namespace),
            (None, Some((within, except))) => Form::World { within, except },
            (None, None) => Form::Pods { namespaces, pods },
        };
        Some(TestPeer::new(form, ""))
    }

    /// The blocks of `world: {within: […], except: […]}`.
    fn world(&mut self, node: &Node, field: &str) -> (Option<AddressSet>, AddressSet) {
        let before = self.reader.errors();
        let (mut within, mut except) = (None, AddressSet::empty());
        for entry in self.fields(node, field, &["within", "except"]) {
            let (path, mut blocks) = (format!("{field}.{}", entry.key), AddressSet::empty());
            let items = self.reader.list(&entry.value, &path);
            if items.is_empty() && matches!(entry.value.value, Value::Seq(_)) {
                self.reader.wrong_type(&entry.value, &path, "a list with at least one block");
            }
            for (i, item) in items.into_iter().enumerate() {
                if let Some(net) = self.reader.cidr(item, &format!("{path}[{i}]")) {
                    blocks = blocks.union(&AddressSet::net(net));
                }
            }
            match &*entry.key {
                "within" => within = Some(blocks),
                _ => except = blocks,
            }
        }
        let all = Family::ALL.into_iter().fold(AddressSet::empty(), |all, of| all.union(&AddressSet::family(of)));
        let left = within.as_ref().unwrap_or(&all).difference(&except);
        if left.is_empty() && self.reader.errors() == before {
            self.reader.error(Problem::NoAddressLeft, node.span, field, |d| d);
        }
        (within, except)
    }

    /// Ports as a text, a number, or a list of either.
    fn ports(&mut self, node: &Node, field: &str, accepted: &str) -> Option<String> {
        let items: Vec<(&Node, String)> = match &node.value {
            Value::Seq(items) => items.iter().enumerate().map(|(i, n)| (n, format!("{field}[{i}]"))).collect(),
            _ => vec![(node, field.to_owned())],
        };
        let mut texts = Vec::new();
        for (item, field) in &items {
            let text = match &item.value {
                Value::Scalar(_, text) if parse_port(text).is_ok() => text.to_string(),
                Value::Scalar(_, text) => {
                    let found = text.as_str();
                    self.reader.error(Problem::NotPorts, item.span, field, |d| {
                        d.with("found", found).with("accepted", accepted)
                    });
                    return None;
                }
                _ => {
                    self.reader.wrong_type(item, field, accepted);
                    return None;
                }
            };
            texts.push(text);
        }
        let text = texts.join(",");
        if parse_port(&text).is_err() {
            self.reader.error(Problem::NotPorts, node.span, field, |d| {
                d.with("found", if text.is_empty() { "[]" } else { &text }).with("accepted", accepted)
            });
            return None;
        }
        Some(text)
    }

    fn expect(&mut self, node: &Node, field: &str) -> Option<Expect> {
        let Value::Map(_) = &node.value else { return self.verdict(node, field).map(Expect::Verdict) };
        let (mut egress, mut ingress) = (None, None);
        let entries = self.fields(node, field, &["egress", "ingress"]);
        for entry in &entries {
            let verdict = self.verdict(&entry.value, &format!("{field}.{}", entry.key));
            if &*entry.key == "egress" { egress = verdict } else { ingress = verdict }
        }
        if entries.is_empty() {
            self.reader.error(Problem::MissingField, node.span, field, |d| d.with("missing", "egress"));
        }
        Some(Expect::Directions { egress, ingress })
    }

    fn verdict(&mut self, node: &Node, field: &str) -> Option<Verdict> {
        let accepted = || VERDICTS.map(Verdict::name).join(", ");
        let Some(text) = node.as_str() else {
            self.reader.wrong_type(node, field, &accepted());
            return None;
        };
        let found = VERDICTS.into_iter().find(|verdict| verdict.name() == text);
        if found.is_none() {
            self.not_one_of(node, field, text, &accepted());
        }
        found
    }

    fn decided_by(&mut self, node: &Node, field: &str) -> Vec<DecidedBy> {
        let Value::Seq(items) = &node.value else {
            return self.one_decided_by(node, field).into_iter().collect();
        };
        if items.is_empty() {
            self.reader.wrong_type(node, field, "a list with at least one policy");
        }
        let items = items.iter().enumerate();
        items.filter_map(|(i, item)| self.one_decided_by(item, &format!("{field}[{i}]"))).collect()
    }

    fn one_decided_by(&mut self, node: &Node, field: &str) -> Option<DecidedBy> {
        let Value::Map(_) = &node.value else { return self.policy(node, field) };
        let (mut policy, mut path) = (None, None);
        for entry in self.fields(node, field, &["policy", "field"]) {
            let at = format!("{field}.{}", entry.key);
            match &*entry.key {
                "policy" => policy = Some(self.policy(&entry.value, &at)?),
                "field" => {
                    let text = self.reader.string(&entry.value, &at)?;
                    if !may_decide(text) {
                        self.not_one_of(&entry.value, &at, text, FIELD);
                        return None;
                    }
                    path = Some(text.to_owned());
                }
                _ => {}
            }
        }
        let Some(policy) = policy else {
            if node.get("policy").is_none() {
                self.reader.error(Problem::MissingField, node.span, field, |d| d.with("missing", "policy"));
            }
            return None;
        };
        Some(DecidedBy { field: path, ..policy })
    }

    fn policy(&mut self, node: &Node, field: &str) -> Option<DecidedBy> {
        let text = self.reader.string(node, field)?;
        let found = DecidedBy::parse(text);
        if found.is_none() {
            self.reader
                .error(Problem::NotAPolicy, node.span, field, |d| d.with("found", text).with("accepted", POLICY));
        }
        found
    }
}

/// Whether a field path is one that verdicts can rest on, or the whole of such.
fn may_decide(path: &str) -> bool {
    /// What follows a name and, where there is one, the number of an item.
    fn item<'p>(path: &'p str, name: &str) -> Option<(&'p str, bool)> {
        let rest = path.strip_prefix(name)?;
        let Some(inner) = rest.strip_prefix('[') else { return Some((rest, false)) };
        let (number, rest) = inner.split_once(']')?;
        let plain = number.bytes().all(|b| b.is_ascii_digit()) && (number == "0" || !number.starts_with('0'));
        (plain && !number.is_empty()).then_some((rest, true))
    }
    let Some(rest) = path.strip_prefix("spec") else { return false };
    if matches!(rest, "" | ".podSelector") {
        return true;
    }
    [(".ingress", ".from"), (".egress", ".to")].into_iter().any(|(rules, peers)| match item(rest, rules) {
        Some((rest, numbered)) => {
            let within =
                || [peers, ".ports", ".protocols"].iter().any(|name| item(rest, name).is_some_and(|i| i.0.is_empty()));
            rest.is_empty() || numbered && within()
        }
        None => false,
    })
}
