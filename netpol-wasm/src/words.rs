//! What can be wrong with a request itself, in both languages. All other sentences are the core's.

use crate::response;
use netpol_core::Profile;
use netpol_core::diagnostic::Params;
use netpol_core::lang::Lang;

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
    NoBaseline,
    /// The files cannot be used.
    InputErrors,
}

impl RequestError {
    /// The error as it is answered.
    pub(crate) fn spoken(&self, lang: Lang) -> response::Error {
        let (code, found, en, zh) = self.told();
        let params = found.map(|found| Params::from([("found", found.to_owned())])).unwrap_or_default();
        let message = if lang == Lang::Zh { zh } else { en };
        response::Error { code, message, params }
    }

    /// Code, what was found, and the sentence in English and Chinese.
    fn told(&self) -> (&'static str, Option<&str>, String, String) {
        let known = Profile::names().collect::<Vec<_>>().join(", ");
        match self {
            Self::Invalid(why) => (
                "invalid-request",
                Some(why),
                format!("the request cannot be read: {why}"),
                format!("无法读取请求：{why}"),
            ),
            Self::UnknownLanguage(code) => (
                "unknown-language",
                Some(code),
                format!("`{code}` is not a known language; accepted are en, zh"),
                format!("未知的语言 `{code}`；可用的有 en, zh"),
            ),
            Self::UnknownProfile(name) => (
                "unknown-profile",
                Some(name),
                format!("there is no profile `{name}`; accepted are {known}"),
                format!("没有名为 `{name}` 的配置；可用的有 {known}"),
            ),
            Self::UnknownKind(kind) => (
                "unknown-kind",
                Some(kind),
                format!("`{kind}` is not a policy kind that can be ignored"),
                format!("`{kind}` 不是可以忽略的策略类型"),
            ),
            Self::InvalidBlock(text) => (
                "invalid-cidr",
                Some(text),
                format!("`{text}` is not a CIDR block such as `10.244.0.0/16`"),
                format!("`{text}` 不是 CIDR 块（如 `10.244.0.0/16`）"),
            ),
            Self::InvalidResolution(text) => (
                "invalid-resolution",
                Some(text),
                format!("`{text}` is not a domain name with its addresses, such as `api.example.com=203.0.113.9`"),
                format!("`{text}` 不是域名及其地址（如 `api.example.com=203.0.113.9`）"),
            ),
            Self::InvalidNamespace(name) => (
                "invalid-namespace",
                Some(name),
                format!("`{name}` is not the name of a namespace: lower-case letters, digits and `-`, at most 63"),
                format!("`{name}` 不是命名空间名称：应为小写字母、数字和 `-`，最多 63 个字符"),
            ),
            Self::AlreadyOpen(name) => (
                "already-open",
                Some(name),
                format!("a file `{name}` is open already; edit it, or close it first"),
                format!("文件 `{name}` 已经打开；请编辑它，或先关闭它"),
            ),
            Self::NotOpen(name) => {
                ("not-open", Some(name), format!("no file `{name}` is open"), format!("没有打开名为 `{name}` 的文件"))
            }
            Self::NoPolicy(name) => (
                "no-policy",
                Some(name),
                format!("no NetworkPolicy `{name}` is in the open files"),
                format!("打开的文件中没有 NetworkPolicy `{name}`"),
            ),
            Self::NoBaseline => (
                "no-baseline",
                None,
                "there is no baseline to compare with; set one first".to_owned(),
                "没有可比较的基线；请先设置基线".to_owned(),
            ),
            Self::InputErrors => (
                "input-errors",
                None,
                "the files have errors, so that no answer would rest on all of them".to_owned(),
                "文件有错误，任何回答都无法基于全部输入".to_owned(),
            ),
        }
    }
}
