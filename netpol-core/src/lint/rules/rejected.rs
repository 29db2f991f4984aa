//! What reading found: the API server would refuse the object.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};


pub(super) const RULE: Rule = Rule {
    code: LintCode::Rejected,
    severity: Severity::Error,
    cis: &[],
    sources: &[CONCEPTS],
    examples: include_str!("rejected.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "an object that the API server would refuse",
        finding: "{problem}",
        why: "A policy that the API server refuses protects nothing, and a field that it does not know is dropped. A quoted port number is a port name; a peer takes no host name and no Service. The sentence says what is accepted. On the command line it takes `--keep-going` to have these as findings; without it they end the run",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "API 服务器会拒绝的对象",
        finding: "问题：{problem}",
        why: "被 API 服务器拒绝的策略不起任何保护作用，未知的字段会被丢弃。带引号的端口号是端口名；对端不接受主机名或 Service。报告会说明可接受的写法。在命令行上，使用 `--keep-going` 时才作为发现报告；否则运行因此结束",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    for diagnostic in &context.snapshot.report().diagnostics {
        let mut finding = found.new_finding();
        finding.severity = diagnostic.severity;
        finding.params = diagnostic.params.clone();
        finding.params.insert("problem", diagnostic.code.code().to_owned());
        finding.field = diagnostic.field.clone();
        finding.place = diagnostic.place.clone();
        found.add(finding);
    }
}
