//! 配置对各选项每个取值的含义。

use crate::profile::ProfileOption;

pub(in crate::lang) fn option(option: ProfileOption, value: &str) -> &'static str {
    use ProfileOption as O;
    match (option, value) {
        (O::Enforced, "yes") => "策略会被执行",
        (O::Enforced, "no") => "不执行任何策略",
        (O::IpBlockMatchesPods, "yes") => "{rule?这个 ipBlock（%）}{any?ipBlock }匹配 Pod",
        (O::IpBlockMatchesPods, "no") => "{rule?这个 ipBlock（%）}{any?ipBlock }不匹配 Pod",
        (O::IpBlockMatchesNodes, "yes") => "{rule?这个 ipBlock（%）}{any?ipBlock }匹配节点",
        (O::IpBlockMatchesNodes, "no") => "{rule?这个 ipBlock（%）}{any?ipBlock }不匹配节点",
        (O::HostPeers, "by-address") => "{rule?这个选择器（%）}{any?选择器}不匹配使用节点网络的 Pod",
        (O::HostPeers, "undefined") => "{rule?这个选择器（%）}{any?选择器}是否匹配使用节点网络的 Pod，没有定论",
        (O::HostPeers, "node-address") => {
            "{rule?这个选择器（%）}{any?选择器}若匹配使用节点网络的 Pod，则放行该节点的地址"
        }
        (O::OwnNodeIngress, "exempt") => "来自 Pod 所在节点的流量从不被阻止",
        (O::OwnNodeIngress, "undefined") => "来自 Pod 所在节点的流量是否适用策略，没有定论",
        (O::OwnNodeIngress, "policed") => "来自 Pod 所在节点的流量适用策略",
        (O::OwnNodeEgress, "exempt") => "前往 Pod 所在节点的流量从不被阻止",
        (O::OwnNodeEgress, "undefined") => "前往 Pod 所在节点的流量是否适用策略，没有定论",
        (O::OwnNodeEgress, "policed") => "前往 Pod 所在节点的流量适用策略",
        (O::Icmp, "undefined") => "隔离对 ICMP 意味着什么，没有定论",
        (O::Icmp, "portless-rules") => "{rule?这条规则（%）没有端口，因此放行 ICMP}{any?只有不带端口的规则放行 ICMP}",
        (O::Icmp, "allowed") => "ICMP 从不被阻止",
        (O::Sctp, "yes") => "支持 SCTP",
        (O::Sctp, "no") => "SCTP 需另行启用，默认关闭",
        (O::NamedPorts, "resolved") => "{rule?这条规则（%）的}{any?}端口名指目的端为它声明的端口号",
        (O::NamedPorts, "any-port-of-the-protocol") => "{rule?这条规则（%）的}{any?}端口名指该协议的所有端口",
        (O::EgressPortNames, "everywhere") => {
            "{rule?这条没有 `to` 的出站规则（%）}{any?没有 `to` 的出站规则}中的端口名指各目的端以此命名的端口"
        }
        (O::EgressPortNames, "own-namespace") => {
            "{rule?这条没有 `to` 的出站规则（%）}{any?没有 `to` 的出站规则}中的端口名，对所有目的端都指策略所在命名空间的 Pod 以此命名的端口"
        }
        (O::EgressPortNames, "nowhere") => {
            "{rule?这条不选择 Pod 的出站规则（%）}{any?不选择 Pod 的出站规则}中的端口名不放行任何流量"
        }
        (O::IngressPortNames, "destination") => {
            "{rule?这条入站规则（%）}{any?入站规则}中的端口名指目的端为它声明的端口号"
        }
        (O::IngressPortNames, "all-selected-pods") => {
            "{rule?这条入站规则（%）}{any?入站规则}中的端口名放行策略选中的任一 Pod 以此命名的端口"
        }
        (O::PortNamesOf, "containers") => "只有 `containers` 的端口名有效{rule?（%）}{any?}，sidecar 的无效",
        (O::PortNamesOf, "containers-and-sidecars") => "`containers` 和 sidecar 的端口名有效{rule?（%）}{any?}",
        (O::PortNamesOf, "all-containers") => "所有容器的端口名都有效{rule?（%）}{any?}，包括 init 容器",
        (O::BaselineAfter, "same-direction") => "只有同一方向的隔离使 Baseline 层不再适用",
        (O::BaselineAfter, "either-direction") => "任一方向的隔离都使 Baseline 层不再适用",
        (O::AdminTiers, "enforced") => "管理层策略会被执行",
        (O::AdminTiers, "v1alpha1") => "ClusterNetworkPolicy 是否被执行未知",
        (O::AdminTiers, "undefined") => "管理层策略是否被执行未知",
        (O::ToItselfByService, "undefined") => "Pod 经由 Service 访问自己时策略是否适用，没有定论",
        (O::ToItselfByService, "allowed") => "Pod 总能经由 Service 访问自己",
        (O::ServiceEgress, "translated") => "出站策略看到的是 Service 背后的 Pod",
        (O::ServiceEgress, "untranslated") => "出站策略看到的是 Service 自己的地址和端口",
        (O::VisitorSource, "undefined") => "经由节点进入的访问者带着谁的地址，没有定论",
        (O::VisitorSource, "kept") => "经由节点进入的访问者保留自己的地址",
        (O::VisitorSource, "node") => "经由节点进入的访问者带着节点的地址",
        (O::OpenConnections, "undefined") => "策略变更时已建立的连接如何处理，没有定论",
        (O::OpenConnections, "kept") => "策略变更时已建立的连接继续存活",
        (O::OpenConnections, "judged-anew") => "策略变更时已建立的连接会重新判定",
        (O::AtStart, "undefined") => "Pod 在策略就绪之前是否开放，没有定论",
        (O::AtStart, "open") => "Pod 在策略就绪之前是开放的",
        (O::AtStart, "closed") => "Pod 在策略就绪之前是关闭的",
        _ => "",
    }
}
