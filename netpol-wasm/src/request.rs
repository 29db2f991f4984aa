//! What is asked.

use crate::words::RequestError;
use netpol_core::lang::Lang;
use netpol_core::{AnalysisOptions, Profile};
use serde::Deserialize;

/// A request, as the crate describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) files: Vec<File>,
    pub(crate) from: String,
    pub(crate) to: String,
    /// Empty: every port of TCP, UDP and SCTP.
    #[serde(default)]
    pub(crate) port: String,
    #[serde(default)]
    pub(crate) namespace: Option<String>,
    #[serde(default)]
    profile: Option<String>,
    #[serde(default)]
    pod_cidrs: Vec<String>,
    #[serde(default)]
    ignore_kinds: Vec<String>,
    #[serde(default)]
    pub(crate) keep_going: bool,
    #[serde(default)]
    lang: Option<String>,
}

/// A text with the name that places in it are given by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Request {
    pub(crate) fn parse(text: &str) -> Result<Self, RequestError> {
        serde_json::from_str(text).map_err(|e| RequestError::Invalid(e.to_string()))
    }

    pub(crate) fn lang(&self) -> Result<Lang, RequestError> {
        match &self.lang {
            Some(code) => Lang::from_code(code).ok_or_else(|| RequestError::UnknownLanguage(code.clone())),
            None => Ok(Lang::default()),
        }
    }

    pub(crate) fn options(&self) -> Result<AnalysisOptions, RequestError> {
        let profile = match &self.profile {
            Some(name) => Profile::by_name(name).ok_or_else(|| RequestError::UnknownProfile(name.clone()))?,
            None => Profile::default(),
        };
        let mut options = AnalysisOptions::from(profile);
        for cidr in &self.pod_cidrs {
            let cidr = cidr.parse().map_err(|_| RequestError::InvalidPodCidr(cidr.clone()))?;
            options.pod_cidrs.push(cidr);
        }
        options.ignored_kinds.clone_from(&self.ignore_kinds);
        Ok(options)
    }
}
