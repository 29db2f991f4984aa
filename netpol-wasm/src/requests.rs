//! What can be wrong with a request itself. All other codes, and their sentences, are the core's.

use crate::response;
use netpol_core::diagnostic::Params;

/// A request that cannot be carried out. Each holds what was found.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// Not JSON, or not of the form; with the parser's words.
    Invalid(String),
    UnknownLanguage(String),
    UnknownProfile(String),
    UnknownKind(String),
    InvalidBlock(String),
    InvalidNamespace(String),
    InvalidResolution(String),
    AlreadyOpen(String),
    NotOpen(String),
    NoPolicy(String),
    #[cfg(feature = "authoring")]
    NoBaseline,
    /// The files cannot be used.
    InputErrors,
}

impl From<&RequestError> for response::Error {
    fn from(error: &RequestError) -> Self {
        let (code, found) = error.told();
        Self { code, params: found.map(|found| Params::from([("found", found.to_owned())])).unwrap_or_default() }
    }
}

impl RequestError {
    /// Code, and what was found.
    fn told(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Invalid(why) => ("invalid-request", Some(why)),
            Self::UnknownLanguage(code) => ("unknown-language", Some(code)),
            Self::UnknownProfile(name) => ("unknown-profile", Some(name)),
            Self::UnknownKind(kind) => ("unknown-kind", Some(kind)),
            Self::InvalidBlock(text) => ("invalid-cidr", Some(text)),
            Self::InvalidResolution(text) => ("invalid-resolution", Some(text)),
            Self::InvalidNamespace(name) => ("invalid-namespace", Some(name)),
            Self::AlreadyOpen(name) => ("already-open", Some(name)),
            Self::NotOpen(name) => ("not-open", Some(name)),
            Self::NoPolicy(name) => ("no-policy", Some(name)),
            #[cfg(feature = "authoring")]
            Self::NoBaseline => ("no-baseline", None),
            Self::InputErrors => ("input-errors", None),
        }
    }
}

/// The sentences of these codes, as templates with the parameter `found`.
#[cfg(feature = "sentences")]
pub fn sentences(lang: netpol_core::lang::Lang) -> std::collections::BTreeMap<&'static str, String> {
    let profiles = netpol_core::Profile::names().collect::<Vec<_>>().join(", ");
    [
        ("invalid-request", "the request cannot be read: {found}", "无法读取请求：{found}"),
        (
            "unknown-language",
            "`{found}` is not a known language; accepted are en, zh",
            "未知的语言 `{found}`；可用的有 en, zh",
        ),
        (
            "unknown-profile",
            "there is no profile `{found}`; accepted are PROFILES",
            "没有名为 `{found}` 的配置；可用的有 PROFILES",
        ),
        ("unknown-kind", "`{found}` is not a policy kind that can be ignored", "`{found}` 不是可以忽略的策略类型"),
        (
            "invalid-cidr",
            "`{found}` is not a CIDR block such as `10.244.0.0/16`",
            "`{found}` 不是 CIDR 块（如 `10.244.0.0/16`）",
        ),
        (
            "invalid-resolution",
            "`{found}` is not a domain name with its addresses, such as `api.example.com=203.0.113.9`",
            "`{found}` 不是域名及其地址（如 `api.example.com=203.0.113.9`）",
        ),
        (
            "invalid-namespace",
            "`{found}` is not the name of a namespace: lower-case letters, digits and `-`, at most 63",
            "`{found}` 不是命名空间名称：应为小写字母、数字和 `-`，最多 63 个字符",
        ),
        (
            "already-open",
            "a file `{found}` is open already; edit it, or close it first",
            "文件 `{found}` 已经打开；请编辑它，或先关闭它",
        ),
        ("not-open", "no file `{found}` is open", "没有打开名为 `{found}` 的文件"),
        ("no-policy", "no policy `{found}` is in the open files", "打开的文件中没有策略 `{found}`"),
        ("no-baseline", "there is no baseline to compare with; set one first", "没有可比较的基线；请先设置基线"),
        (
            "input-errors",
            "the files have errors, so that no answer would rest on all of them",
            "文件有错误，任何回答都无法基于全部输入",
        ),
    ]
    .into_iter()
    .map(|(code, en, zh)| {
        (code, if lang == netpol_core::lang::Lang::Zh { zh } else { en }.replace("PROFILES", &profiles))
    })
    .collect()
}
