//! What was wrong with an input: a code, parameters, and the place.

use crate::source::Place;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Named values of a message, such as `found` or `limit`.
pub type Params = BTreeMap<&'static str, String>;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The object, or the file, could not be used: an answer without it would not be whole.
    Error,
    /// Used, but likely not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl $name {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as it stands in machine-readable output.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// What can be wrong with an input.
    Problem {
        /// A byte that is not UTF-8.
        InvalidUtf8 = "invalid-utf8",
        /// A file over the limit.
        FileTooLarge = "file-too-large",
        /// Not YAML.
        YamlSyntax = "yaml-syntax",
        /// Not JSON.
        JsonSyntax = "json-syntax",
        /// A Helm or Go template that was not rendered.
        Template = "template",
        /// Nested deeper than the limit.
        TooDeep = "too-deep",
        /// Aliases expand to more nodes than the limit.
        AliasBudget = "alias-budget",
        /// An object with more nodes than the limit.
        ObjectTooLarge = "object-too-large",
        /// A scalar longer than the limit.
        ScalarTooLong = "scalar-too-long",
        /// A mapping has the same key twice.
        DuplicateKey = "duplicate-key",
        /// A mapping key that is not a scalar.
        ComplexKey = "complex-key",
        /// A document that is not a mapping.
        NotAnObject = "not-an-object",
        /// An object without `kind`.
        MissingKind = "missing-kind",
        /// An object without `apiVersion`.
        MissingApiVersion = "missing-api-version",
        /// A kind that does not exist, spelt like one that does.
        UnknownKind = "unknown-kind",
        /// A kind in an API version that has it no longer, or never had it.
        ApiVersion = "api-version",
        /// A value of another type than the field has.
        WrongType = "wrong-type",
        /// A required field is missing.
        MissingField = "missing-field",
        /// A field that the kind does not have.
        UnknownField = "unknown-field",
        /// Not a valid object name.
        InvalidName = "invalid-name",
        /// Not a valid namespace name.
        InvalidNamespace = "invalid-namespace",
        /// The same object twice.
        DuplicateObject = "duplicate-object",
        /// A protocol other than TCP, UDP, SCTP.
        InvalidProtocol = "invalid-protocol",
        /// A port number outside 1–65535.
        InvalidPortNumber = "invalid-port-number",
        /// A port name that is not an IANA service name.
        InvalidPortName = "invalid-port-name",
        /// `endPort` without a numeric `port`.
        EndPortWithoutPort = "end-port-without-port",
        /// `endPort` below `port`.
        EndPortBelowPort = "end-port-below-port",
        /// A peer with nothing set.
        EmptyPeer = "empty-peer",
        /// `ipBlock` beside a selector.
        IpBlockWithSelector = "ip-block-with-selector",
        /// Not a CIDR block.
        InvalidCidr = "invalid-cidr",
        /// A CIDR block with host bits, leading zeros or an IPv4-mapped address.
        NonCanonicalCidr = "non-canonical-cidr",
        /// An `except` that is no strict part of its block.
        ExceptOutsideCidr = "except-outside-cidr",
        /// More than two policy types.
        TooManyPolicyTypes = "too-many-policy-types",
        /// A policy type other than Ingress and Egress.
        InvalidPolicyType = "invalid-policy-type",
        /// An operator other than In, NotIn, Exists, DoesNotExist.
        InvalidOperator = "invalid-operator",
        /// In or NotIn without values.
        OperatorNeedsValues = "operator-needs-values",
        /// Exists or DoesNotExist with values.
        OperatorTakesNoValues = "operator-takes-no-values",
        /// Not a valid label key.
        InvalidLabelKey = "invalid-label-key",
        /// Not a valid label value.
        InvalidLabelValue = "invalid-label-value",
        /// Not an IP address.
        InvalidAddress = "invalid-address",
        /// A value that is none of those that a field takes.
        NotOneOf = "not-one-of",
        /// A number outside of its limits.
        OutOfRange = "out-of-range",
        /// A list with more items than the API takes.
        TooManyItems = "too-many-items",
        /// A list without an item where one is needed.
        EmptyList = "empty-list",
        /// A text that is longer than the API takes.
        TooLong = "too-long",
        /// Exactly one field of several has to be set.
        ExactlyOneField = "exactly-one-field",
        /// A range of ports whose end is not above its start.
        EndNotAboveStart = "end-not-above-start",
        /// A port name beside a peer that is no pod.
        NamedPortWithoutPods = "named-port-without-pods",
        /// Domain names in a rule that does not allow.
        NamesOnlyAllow = "names-only-allow",
        /// Not a domain name, or not one with `*.` before it.
        InvalidDomainName = "invalid-domain-name",
        /// The one object of its kind is not called `default`.
        NotTheDefault = "not-the-default",
        /// No rule of the linter.
        UnknownRule = "unknown-rule",
        /// An annotation of netpol that does not exist.
        UnknownAnnotation = "unknown-annotation",
        /// An annotation that has to say why, and does not.
        NoReason = "no-reason",
        /// Not a day.
        InvalidDate = "invalid-date",
        /// Not TOML.
        TomlSyntax = "toml-syntax",
        /// Not a peer of a connectivity test.
        NotAPeer = "not-a-peer",
        /// Fields of a connectivity test's peer that do not go together, or none.
        PeerFields = "peer-fields",
        /// Not ports of a connectivity test.
        NotPorts = "not-ports",
        /// Not a policy that a connectivity test could name.
        NotAPolicy = "not-a-policy",
        /// Two connectivity tests of the same name in one object.
        DuplicateTest = "duplicate-test",
        /// A kind or version of connectivity tests that there is not.
        NotATest = "not-a-test",
        /// A test leaves out all the ports that it is about.
        NoPortLeft = "no-port-left",
        /// A test leaves out ports that it is not about.
        NothingExcepted = "nothing-excepted",
        /// A test leaves out all the addresses that it is about.
        NoAddressLeft = "no-address-left",
        /// A file or folder that connectivity tests name is not there.
        ResourceMissing = "resource-missing",
        /// Connectivity tests that name no cluster.
        NoResources = "no-resources",
        /// Nothing to read.
        NoObjects = "no-objects",
        /// Neither kubectl nor kustomize is installed.
        KustomizeMissing = "kustomize-missing",
        /// kubectl or kustomize failed.
        KustomizeFailed = "kustomize-failed",
        /// A file or folder that could not be read.
        Unreadable = "unreadable",
    }
}

/// One finding about an input. It carries codes and values; sentences come from [`crate::lang`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// Where; a file alone when the place within it is unknown.
    pub place: Option<Place>,
    /// The file, when there is one.
    pub file: Option<Arc<str>>,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub code: Problem,
    /// Values of the message.
    pub params: Params,
    /// The field path, such as `spec.egress[0].ports[1].port`.
    pub field: Option<String>,
    /// The object, as `Kind namespace/name`, as far as it is known.
    pub object: Option<String>,
}

impl Diagnostic {
    pub(crate) fn new(severity: Severity, code: Problem) -> Self {
        Self { place: None, file: None, severity, code, params: Params::new(), field: None, object: None }
    }

    /// A diagnostic that keeps its object from being used.
    pub fn error(code: Problem) -> Self {
        Self::new(Severity::Error, code)
    }

    /// Adds a value of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.params.insert(name, shorten(&value.to_string()));
        // An unquoted number or boolean where text belongs.
        let text = |name| self.params.get(name).map_or("", String::as_str);
        if text("accepted").contains("string") && ["number", "boolean"].iter().any(|t| text("found").starts_with(t)) {
            self.params.insert("quote", "yes".to_owned());
        }
        self
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.file = Some(place.file.clone());
        self.place = Some(place);
        self
    }

    /// Sets the file, when the place in it is unknown.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<Arc<str>>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// A value that is a template was not rendered: that is what is wrong.
    pub(crate) fn or_template(mut self) -> Self {
        if self.severity == Severity::Error && self.params.get("found").is_some_and(|found| found.contains("{{")) {
            self.code = Problem::Template;
        }
        self
    }

    pub(crate) fn in_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(printable(&field.into()));
        self
    }
}

/// Keeps user input in messages short enough to read.
fn shorten(value: &str) -> String {
    const LIMIT: usize = 160;
    match value.char_indices().nth(LIMIT) {
        Some((at, _)) => printable(&format!("{}…", &value[..at])),
        None => printable(value),
    }
}

/// Text of an input in one line, and without control characters, which could play tricks on a terminal
/// or on whoever reads a log: these are shown as escapes.
///
/// ```
/// # use netpol_core::diagnostic::printable;
/// assert_eq!(printable("a\n::error::b"), "a\\n::error::b");
/// ```
pub fn printable(text: &str) -> String {
    // Line breaks, and what turns the order of characters around (Unicode, annex 9), are no controls.
    let tricks = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.contains(tricks) {
        text.chars().flat_map(|c| if tricks(c) { c.escape_default().collect() } else { vec![c] }).collect()
    } else {
        text.to_owned()
    }
}

/// The first of some names, and how many more there are.
pub(crate) fn first_of(names: &[String], most: usize) -> String {
    let first = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > most { format!("{first}, … (+{})", names.len() - most) } else { first }
}

impl fmt::Display for Diagnostic {
    /// The English sentence, with its place; without the feature `sentences`, the code instead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.place, &self.file) {
            (Some(p), _) => write!(f, "{p}:{}: ", p.span.column)?,
            (None, Some(file)) => write!(f, "{}: ", printable(file))?,
            (None, None) => {}
        }
        #[cfg(feature = "sentences")]
        return f.write_str(&crate::lang::Lang::En.problem(self));
        #[cfg(not(feature = "sentences"))]
        f.write_str(self.code.code())
    }
}

impl std::error::Error for Diagnostic {}
