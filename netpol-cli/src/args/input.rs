//! The options that say what is read, and what is assumed of it.

use super::parse_profile;
use clap::Args as ClapArgs;
use ipnet::IpNet;
use netpol_core::query::parse_resolution;
use netpol_core::{Profile, is_dns_label, unmodelled_kinds};
use std::net::IpAddr;
use std::path::PathBuf;

/// What to read, and what to assume about it.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArgs {
    /// Manifests: a file, a folder (with its subfolders), or - for standard input; repeatable
    #[arg(short = 'f', long = "filename", global = true, value_name = "FILE|DIR|-")]
    pub(crate) files: Vec<PathBuf>,

    /// A kustomization folder, built with `kubectl kustomize` or `kustomize build`; repeatable
    #[arg(short = 'k', long = "kustomize", global = true, value_name = "DIR")]
    pub(crate) kustomize: Vec<PathBuf>,

    /// The namespace of objects and peers that name none
    #[arg(short, long, global = true, value_name = "NAMESPACE", default_value = "default", value_parser = parse_namespace)]
    pub(crate) namespace: String,

    /// Of folders, pass over charts below them, and files that have neither `apiVersion` nor `kind`
    #[arg(long, global = true)]
    pub(crate) only_manifests: bool,

    /// Answer even if part of the input has errors; the answer says what was left out
    #[arg(long, global = true)]
    pub(crate) keep_going: bool,

    /// Act as if policies of this kind, which is not modelled, were not loaded; repeatable
    #[arg(long, global = true, value_name = "KIND", value_parser = parse_kind)]
    pub(crate) ignore_kind: Vec<String>,

    /// What to assume where the specification leaves a choice: generic, a network plugin (netpol
    /// profiles lists them), or np-guard
    #[arg(long, global = true, value_name = "PROFILE", default_value = "generic", value_parser = parse_profile)]
    pub(crate) profile: Profile,

    /// One option of the profile at another value, or a setting of the plugin's own, such as cilium's
    /// policy-cidr-match-mode=pods; repeatable
    #[arg(long, global = true, value_name = "OPTION=VALUE", value_parser = parse_setting)]
    pub(crate) profile_set: Vec<(String, String)>,

    /// Who carries what enters by Ingresses and routes [default: known controllers, by their labels];
    /// repeatable
    #[arg(long, global = true, value_name = "PEER")]
    pub(crate) ingress_controller: Vec<String>,

    /// Where pods get their addresses [default: what the Nodes say]; repeatable
    #[arg(long, global = true, value_name = "CIDR")]
    pub(crate) pod_cidr: Vec<IpNet>,

    /// Where Services get their addresses; repeatable
    #[arg(long, global = true, value_name = "CIDR")]
    pub(crate) service_cidr: Vec<IpNet>,

    /// The addresses of a domain name, for rules and questions about names; repeatable
    #[arg(long, global = true, value_name = "NAME=ADDRESS[,…]", value_parser = parse_resolved)]
    pub(crate) resolve: Vec<Resolved>,

    /// Whether the namespace was said, and the profile.
    #[arg(skip)]
    pub(crate) said: Said,
}

/// What was said on the command line, for files that say it too.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    pub(crate) namespace: bool,
    pub(crate) profile: bool,
}

/// A domain name with its addresses.
#[derive(Clone, Debug)]
pub(crate) struct Resolved(pub(crate) Vec<(String, IpAddr)>);

fn parse_namespace(text: &str) -> Result<String, String> {
    if is_dns_label(text) {
        return Ok(text.to_owned());
    }
    Err("accepted: lowercase letters, digits and `-`, at most 63, a letter or digit at both ends".to_owned())
}

fn parse_kind(text: &str) -> Result<String, String> {
    let known = unmodelled_kinds();
    if known.iter().any(|k| k.eq_ignore_ascii_case(text)) {
        return Ok(text.to_owned());
    }
    Err(format!("accepted: {}", known.join(", ")))
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    let (option, value) = text.split_once('=').ok_or_else(|| "accepted: OPTION=VALUE".to_owned())?;
    Ok((option.to_owned(), value.to_owned()))
}

fn parse_resolved(text: &str) -> Result<Resolved, String> {
    parse_resolution(text)
        .map(Resolved)
        .ok_or_else(|| "accepted: a domain name, `=`, and IPv4 or IPv6 addresses, with commas between them".to_owned())
}
