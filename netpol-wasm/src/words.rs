//! What can be wrong with a request itself, in both languages. All other sentences are the core's.

use crate::response;
use netpol_core::Profile;
use netpol_core::diagnostic::Params;
use netpol_core::lang::Lang;

/// A request that says nothing that could be asked. Each holds what was found.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// Not JSON, or not of the form; with the parser's words.
    Invalid(String),
    UnknownLanguage(String),
    UnknownProfile(String),
    InvalidPodCidr(String),
}

impl RequestError {
    /// The error as it is answered.
    pub(crate) fn spoken(&self, lang: Lang) -> response::Error {
        let known = Profile::ALL.map(|p| p.name).join(", ");
        let (code, found, message) = match (self, lang) {
            (Self::Invalid(why), Lang::En) => ("invalid-request", why, format!("the request cannot be read: {why}")),
            (Self::Invalid(why), Lang::Zh) => ("invalid-request", why, format!("无法读取请求：{why}")),
            (Self::UnknownLanguage(code), Lang::En) => {
                ("unknown-language", code, format!("`{code}` is not a known language; accepted are en, zh"))
            }
            (Self::UnknownLanguage(code), Lang::Zh) => {
                ("unknown-language", code, format!("未知的语言 `{code}`；可用的有 en, zh"))
            }
            (Self::UnknownProfile(name), Lang::En) => {
                ("unknown-profile", name, format!("there is no profile `{name}`; accepted are {known}"))
            }
            (Self::UnknownProfile(name), Lang::Zh) => {
                ("unknown-profile", name, format!("没有名为 `{name}` 的配置；可用的有 {known}"))
            }
            (Self::InvalidPodCidr(text), Lang::En) => {
                ("invalid-pod-cidr", text, format!("`{text}` is not a CIDR block such as `10.244.0.0/16`"))
            }
            (Self::InvalidPodCidr(text), Lang::Zh) => {
                ("invalid-pod-cidr", text, format!("`{text}` 不是 CIDR 块（如 `10.244.0.0/16`）"))
            }
        };
        response::Error { code, message, params: Params::from([("found", found.clone())]) }
    }
}
