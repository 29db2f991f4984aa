//! Isolated pods for which a rule opens the metadata service of a cloud.

#[cfg(feature = "sentences")]
use super::Words;
use super::{CONCEPTS, Context, Findings, LintCode, Rule, Severity};
use crate::ir::Peer;
use crate::model::EndpointId;
use crate::query::{METADATA, metadata_port};
use crate::set::{AddressSet, Family, Protocol};
use crate::sorted::Arrange;
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    code: LintCode::MetadataReachable,
    severity: Severity::Warning,
    cis: &[],
    sources: &[CONCEPTS, "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html", "https://cloud.google.com/compute/docs/metadata/overview", "https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service", "https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16", "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html", "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html"],
    examples: include_str!("metadata_reachable.yaml"),
    profile: None,
    #[cfg(feature = "sentences")]
    en: Words {
        title: "pods reach the metadata service of a cloud",
        finding: "this rule opens {services}: {meant?credentials of the pod or of the node are had there, and the rule names it by its address alone}{wide?credentials of the pod or of the node may be had there}",
        why: "Clouds hand out settings and credentials at addresses of their own, to whoever asks over HTTP (TCP 80). \
            Known are: `169.254.169.254`, the metadata service of AWS, Azure, Google Cloud and others, which has the \
            credentials of the node (of the pod with Workload Identity of GKE); `fd00:ec2::254`, the same of AWS over IPv6; \
            `169.254.170.2`, the credentials of tasks of AWS ECS; `169.254.170.23` and `fd00:ec2::23`, the agent of EKS Pod \
            Identity, with the credentials of the pod; `100.100.100.200`, the metadata service of Alibaba Cloud; \
            `168.63.129.16`, the WireServer of Azure, with settings of the machine and its extensions. Which of them answers \
            depends on where the cluster runs: the finding names those that the rule opens. A block such as `0.0.0.0/0` \
            has all of IPv4 in it, a narrow one often just one. A block that is one of these addresses and no more is meant, and \
            a note: see that only pods that need it have it. Otherwise leave them out with `except`: `169.254.0.0/16` \
            (where NodeLocal DNSCache is asked, its `169.254.20.10` needs a rule of its own then), `100.100.100.200/32` and \
            `168.63.129.16/32`; for IPv6 `fd00:ec2::/32`. An `Accept` of administrators is looked at in the same way. Pods \
            that reach these addresses because no policy isolates them in egress are not listed here: no rule is to blame. \
            Those that no policy limits in any direction are listed by `not-isolated`",
    },
    #[cfg(feature = "sentences")]
    zh: Words {
        title: "Pod 可以访问云的元数据服务",
        finding: "此规则开放了 {services}：{meant?可由此取得 Pod 或节点的凭据，且规则只写了这个地址}{wide?可能由此取得 Pod 或节点的凭据}",
        why: "云平台在自己的地址上通过 HTTP（TCP 80）向任何访问者提供设置和凭据。已知的有：`169.254.169.254`，AWS、Azure、Google Cloud \
            等的元数据服务，含节点凭据（使用 GKE Workload Identity 时为 Pod 凭据）；`fd00:ec2::254`，AWS 的同一服务的 IPv6 地址；\
            `169.254.170.2`，AWS ECS 任务的凭据；`169.254.170.23` 和 `fd00:ec2::23`，EKS Pod Identity 代理，含 Pod 的凭据；\
            `100.100.100.200`，阿里云的元数据服务；`168.63.129.16`，Azure 的 WireServer，含机器及其扩展的设置。哪一个会应答取决于集群在哪里运行：\
            提示中列出该规则开放的那些。`0.0.0.0/0` 这样的网段包含所有 IPv4 地址，窄网段往往只含其中一个。只含这样一个地址的网段是有意写的，只作提示：\
            请确认只有需要的 Pod 才有它。否则请用 `except` 排除：`169.254.0.0/16`（若使用 NodeLocal DNSCache，则其 `169.254.20.10` 需要另写规则）、\
            `100.100.100.200/32` 和 `168.63.129.16/32`；IPv6 为 `fd00:ec2::/32`。管理员的 `Accept` 也同样检查；因出站未被任何策略隔离 \
            而能访问这些地址的 Pod 不在此列出：没有可指出的规则。两个方向都不受任何策略限制的 Pod 由 `not-isolated` 列出",
    },
    check,
};

fn check(context: &Context<'_>, found: &mut Findings) {
    let port = metadata_port();
    let known = AddressSet::addresses(&METADATA.map(|service| service.address));
    for rule in context.opening_egress() {
        let open = |address: IpAddr| match &rule.of.peer {
            Peer::Any => true,
            Peer::Addresses(addresses, ..) => addresses.contains(address),
            _ => false,
        };
        let services = METADATA.iter().map(|service| (service.address, service.provider));
        let mut open: Vec<(IpAddr, &str)> = services.filter(|(address, _)| open(*address)).collect();
        if !port.is_subset(&rule.fixed_traffic()) || open.is_empty() {
            continue;
        }
        let mut pods: Vec<EndpointId> = Vec::new();
        let mut reached: Vec<IpAddr> = Vec::new();
        for (_, members) in context.ruled(rule).iter() {
            let families = context.families(members);
            let reaches = |address: &IpAddr| {
                families.contains(&Family::of(*address))
                    && context.surely_sends(members[0], *address, &port)
                    && context.may_decide(rule, members[0], *address, (Protocol::Tcp, 80))
            };
            let by_these: Vec<IpAddr> = open.iter().map(|(address, _)| *address).filter(reaches).collect();
            if !by_these.is_empty() {
                pods.extend(members);
                reached.extend(by_these);
            }
        }
        open.retain(|(address, _)| reached.contains(address));
        if open.is_empty() {
            continue;
        }
        pods.arrange();
        let texts = open.iter().map(|(address, provider)| format!("{address} ({provider})"));
        let finding = context.at_rule(found, rule).about(context.workloads(&pods));
        let finding = finding.with("services", texts.collect::<Vec<_>>().join(", "));
        // Nothing else is in it: somebody needs what is there.
        let meant = matches!(&rule.of.peer, Peer::Addresses(addresses, ..) if addresses.is_subset(&known));
        found.add(if meant { finding.with("meant", "").into_note() } else { finding.with("wide", "") });
    }
}
