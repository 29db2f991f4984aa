//! How to read and what to assume.

use crate::questions::{Fields, Question};
use crate::requests::RequestError;
use ipnet::IpNet;
use netpol_core::lang::Lang;
use netpol_core::query::parse_resolution;
use netpol_core::{AnalysisOptions, Profile, ReadOptions, is_dns_label, object_kind, unmodelled_kinds};

/// The options as they come; none of them has to be there.
#[derive(Debug)]
pub(crate) struct Options {
    namespace: Option<String>,
    profile: Option<String>,
    pod_cidrs: Vec<String>,
    service_cidrs: Vec<String>,
    ignore_kinds: Vec<String>,
    resolve: Vec<String>,
    ingress_controllers: Vec<String>,
    keep_going: bool,
    lang: Option<String>,
}

/// The options, understood.
pub(crate) struct Checked {
    pub(crate) reading: ReadOptions,
    pub(crate) analysis: AnalysisOptions,
    /// Who carries what enters by Ingresses and routes; none: those who are told by their labels.
    pub(crate) controllers: Vec<String>,
    pub(crate) keep_going: bool,
    pub(crate) lang: Lang,
}

impl Question for Options {
    const FIELDS: &'static [&'static str] = &[
        "namespace",
        "profile",
        "podCidrs",
        "serviceCidrs",
        "ignoreKinds",
        "resolve",
        "ingressControllers",
        "keepGoing",
        "lang",
    ];

    fn of(mut fields: Fields) -> Result<Self, String> {
        Ok(Self {
            namespace: fields.optional("namespace")?,
            profile: fields.optional("profile")?,
            pod_cidrs: fields.list("podCidrs")?,
            service_cidrs: fields.list("serviceCidrs")?,
            ignore_kinds: fields.list("ignoreKinds")?,
            resolve: fields.list("resolve")?,
            ingress_controllers: fields.list("ingressControllers")?,
            keep_going: fields.switch("keepGoing")?,
            lang: fields.optional("lang")?,
        })
    }
}

impl Options {
    pub(crate) fn checked(self) -> Result<Checked, RequestError> {
        let lang = match &self.lang {
            Some(code) => Lang::from_code(code).ok_or_else(|| RequestError::UnknownLanguage(code.clone()))?,
            None => Lang::default(),
        };
        let profile = match &self.profile {
            Some(name) => Profile::by_name(name).ok_or_else(|| RequestError::UnknownProfile(name.clone()))?,
            None => Profile::default(),
        };
        let mut analysis = AnalysisOptions::from(profile);
        analysis.pod_cidrs = blocks(&self.pod_cidrs)?;
        analysis.service_cidrs = blocks(&self.service_cidrs)?;
        for kind in &self.ignore_kinds {
            let known = object_kind(kind).filter(|kind| unmodelled_kinds().contains(kind));
            let kind = known.ok_or_else(|| RequestError::UnknownKind(kind.clone()))?;
            analysis.ignored_kinds.push(kind.to_owned());
        }
        for text in &self.resolve {
            let names = parse_resolution(text).ok_or_else(|| RequestError::InvalidResolution(text.clone()))?;
            analysis.names.extend(names);
        }
        let mut reading = ReadOptions::default();
        reading.schema_checks = analysis.profile.schema_checks;
        if let Some(namespace) = self.namespace {
            if !is_dns_label(&namespace) {
                return Err(RequestError::InvalidNamespace(namespace));
            }
            reading.default_namespace = namespace;
        }
        Ok(Checked { reading, analysis, controllers: self.ingress_controllers, keep_going: self.keep_going, lang })
    }
}

fn blocks(texts: &[String]) -> Result<Vec<IpNet>, RequestError> {
    texts.iter().map(|text| text.parse().map_err(|_| RequestError::InvalidBlock(text.clone()))).collect()
}
