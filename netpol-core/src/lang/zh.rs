//! 简体中文。

mod options;

/// Values of sentences about what is wrong with an input.
pub(super) const VALUES: &[(&str, &str)] = &[
    (
        "80 (TCP), 53/udp, 8000-8100/tcp, http (a named port), udp, icmp, any, or numbers with commas between them",
        "80（TCP）、53/udp、8000-8100/tcp、http（端口名）、udp、icmp、any，或用逗号隔开的数字",
    ),
    (
        "NAME, NAMESPACE/NAME, netpol/NAMESPACE/NAME, or KIND/NAME where KIND is netpol, anp, banp or cnp",
        "NAME、NAMESPACE/NAME、netpol/NAMESPACE/NAME，或 KIND/NAME，其中 KIND 为 netpol、anp、banp 或 cnp",
    ),
    ("a Kubernetes object", "一个 Kubernetes 对象"),
    ("a boolean", "布尔值"),
    ("a list", "列表"),
    ("a list with at least one block", "至少含一个地址块的列表"),
    ("a list with at least one policy", "至少含一条策略的列表"),
    ("a list with at least one test", "至少含一个测试的列表"),
    ("a mapping", "映射"),
    ("a mapping of strings", "字符串的映射"),
    ("a mapping to merge", "要合并的映射"),
    ("a name", "名称"),
    ("a number 1 to 65535", "1 到 65535 的数字"),
    ("a number 1 to 65535 or a port name", "1 到 65535 的数字，或端口名称"),
    ("a path of a file or folder", "文件或目录的路径"),
    (
        "a peer as in netpol check (NAME, NS/NAME, NS/KIND/NAME, NS/label=value, NS/*, svc/NAME, an address or CIDR block, world, fqdn:NAME)",
        "与 netpol check 相同的对端（NAME、NS/NAME、NS/KIND/NAME、NS/label=value、NS/*、svc/NAME、地址或 CIDR、world、fqdn:NAME）",
    ),
    ("a string", "字符串"),
    ("a whole number", "整数"),
    ("an integer", "整数"),
    ("an integer or a string", "整数或字符串"),
    ("boolean", "布尔值"),
    ("empty list", "空列表"),
    ("list", "列表"),
    ("mapping", "映射"),
    ("number", "数字"),
    (
        "port numbers and ranges such as 80, 53/udp, 8000-8100/tcp, or numbers with commas between them",
        "端口号和范围，例如 80、53/udp、8000-8100/tcp，或用逗号隔开的数字",
    ),
    (
        "spec, spec.podSelector, spec.ingress[N], spec.egress[N], and below a rule .from[N] (.to[N] of egress), .ports[N] or .protocols[N], where N counts from 0",
        "spec、spec.podSelector、spec.ingress[N]、spec.egress[N]，以及规则之下的 .from[N]（egress 为 .to[N]）、.ports[N] 或 .protocols[N]；N 从 0 数起",
    ),
    ("string", "字符串"),
];

pub(super) use options::option;

use super::Phrase;
use crate::diagnostic::Problem;
use crate::explain::Code;
use crate::query::QueryProblem;

pub(super) fn problem(code: Problem) -> &'static str {
    match code {
        Problem::InvalidUtf8 => "字节 {byte} 不是 UTF-8 文本；请把文件存为 UTF-8",
        Problem::FileTooLarge => "文件有 {bytes} 字节；最多读取 {limit} 字节",
        Problem::YamlSyntax => "不是有效的 YAML：{detail}",
        Problem::JsonSyntax => "不是有效的 JSON：{detail}",
        Problem::Template => "两个左花括号像是尚未渲染的模板；请先渲染，例如用 `helm template`",
        Problem::TooDeep => "嵌套超过 {limit} 层",
        Problem::AliasBudget => "别名展开后超过 {limit} 个节点",
        Problem::ObjectTooLarge => "对象超过 {limit} 个节点",
        Problem::ScalarTooLong => "标量有 {bytes} 字节；最多读取 {limit} 字节",
        Problem::DuplicateKey => "键 `{key}` 在此第二次出现；第一次在第 {line} 行",
        Problem::ComplexKey => "映射的键必须是标量，却是列表或映射",
        Problem::NotAnObject => "文档必须是带 `apiVersion` 和 `kind` 的映射，却是 {found}",
        Problem::MissingKind => "对象没有 `kind`",
        Problem::MissingApiVersion => "{kind} 没有 `apiVersion`{accepted?；可用：%}",
        Problem::UnknownKind => "`{version}` 没有种类 `{found}`；是否想写 `{nearest}`？",
        Problem::ApiVersion => "API 服务器在 `{found}` 中没有 {kind}；请用 `{accepted}`",
        Problem::WrongType => "应为 {accepted}{found?，却是 %}{quote?；若本意是文本，请加引号}",
        Problem::MissingField => "缺少必需的 `{missing}`",
        Problem::UnknownField => "未知字段 `{found}`{nearest?，是否想写 `%`？}（此处可用：{known}）",
        Problem::InvalidName => "`{found}` 不是有效名称：小写字母、数字、`-` 和 `.`，最多 253 个字符",
        Problem::InvalidNamespace => "`{found}` 不是有效的命名空间：小写字母、数字和 `-`，最多 63 个字符",
        Problem::DuplicateObject => "已从 {first} 读过；无法知道以哪一个为准",
        Problem::InvalidProtocol => "不支持的协议 {found}；可用：TCP、UDP、SCTP",
        Problem::InvalidPortNumber => "端口 {found} 超出范围；可用：1 到 65535",
        Problem::InvalidPortName => {
            "`{found}` 不是端口名：最多 15 个 a-z、0-9 和 `-`，且至少一个字母（数字不要加引号）"
        }
        Problem::EndPortWithoutPort => "`endPort` {found} 需要同时有数字 `port`",
        Problem::EndPortBelowPort => "`endPort` {found} 小于 `port` {port}",
        Problem::EmptyPeer => "对端需要 `podSelector`、`namespaceSelector` 或 `ipBlock`；若指所有人，请省略整个列表",
        Problem::IpBlockWithSelector => "同一对端中 `ipBlock` 不能与选择器并列；请单独写成一个对端",
        Problem::InvalidCidr => "`{found}` 不是 CIDR 块，例如 10.0.0.0/8 或 2001:db8::/32",
        Problem::NonCanonicalCidr => "`{found}` 含主机位、前导零或 IPv4 映射地址；请写 `{nearest}`",
        Problem::ExceptOutsideCidr => "`{found}` 必须严格包含在该块的 `cidr` {cidr} 之内",
        Problem::TooManyPolicyTypes => "有 {found} 个策略类型；最多两个：Ingress 和 Egress",
        Problem::InvalidPolicyType => "不支持的策略类型 {found}；可用：Ingress、Egress",
        Problem::InvalidOperator => "未知运算符 `{found}`；可用：In、NotIn、Exists、DoesNotExist",
        Problem::OperatorNeedsValues => "运算符 {operator} 需要 `values`",
        Problem::OperatorTakesNoValues => "运算符 {operator} 不能带 `values`",
        Problem::InvalidLabelKey => "`{found}` 不是有效的标签键",
        Problem::InvalidLabelValue => "`{found}` 不是有效的标签值：最多 63 个字母、数字、`-`、`_` 和 `.`",
        Problem::NotOneOf => "不支持的值 `{found}`；可用：{accepted}",
        Problem::OutOfRange => "{found} 超出范围；可用：{low} 到 {high}",
        Problem::TooManyItems => "有 {found} 项；最多 {limit} 项",
        Problem::EmptyList => "至少需要一项；若指全部，请省略整个列表",
        Problem::TooLong => "有 {found} 个字符；最多 {limit} 个",
        Problem::ExactlyOneField => "以下字段须且只能设置一个：{known}；实际：{found}",
        Problem::EndNotAboveStart => "范围的终点（{end}）须大于起点（{start}）",
        Problem::NamedPortWithoutPods => {
            "端口名称在 Pod 上查找，因此不能与 `networks`、`nodes` 或 `domainNames` 写在同一条规则中"
        }
        Problem::NamesOnlyAllow => "`domainNames` 只能用于动作为 Allow 的规则",
        Problem::InvalidDomainName => "`{found}` 不是域名，例如 example.com，或以 *.example.com 表示其下所有名称",
        Problem::NotTheDefault => "`{found}`：BaselineAdminNetworkPolicy 只有一个，名称须为 `default`",
        Problem::InvalidAddress => "`{found}` 不是 IP 地址",
        Problem::UnknownRule => {
            "没有名为 `{found}` 的规则{nearest?；是否想写 `%`？}（`netpol lint --rules` 列出所有规则）"
        }
        Problem::UnknownAnnotation => "`{found}` 不是 netpol 的注解；可用：{accepted}",
        Problem::NoReason => "`{found}` 需要写明原因",
        Problem::InvalidDate => "`{found}` 不是日期；可用：{accepted}",
        Problem::TomlSyntax => "不是有效的 TOML：{detail}",
        Problem::NotAPeer => "`{found}` 不是对端；可用：{accepted}",
        Problem::PeerFields => {
            "对端为 `anyPodIn`，或 `world`，或以 `namespace` 或 `namespaceSelector` 及 `podSelector` 指明的 Pod；实际：{found}"
        }
        Problem::NotPorts => "`{found}` 不是端口列表；可用：{accepted}",
        Problem::NotAPolicy => "`{found}` 未指明策略；可用：{accepted}",
        Problem::DuplicateTest => "名为 `{found}` 的测试已在第 {line} 行；报告以名称区分测试",
        Problem::NoPortLeft => "`{found}` 去掉了 `{ports}` 的全部端口：这个测试就没有端口可问了",
        Problem::NothingExcepted => "`{found}` 没有从 `{ports}` 中去掉任何端口：这个测试本来就不涉及它们",
        Problem::NoAddressLeft => "集群外已不剩任何地址：`except` 去掉了全部地址",
        Problem::NotATest => "`{found}` 中没有 {kind}；可用：{accepted}",
        Problem::ResourceMissing => "没有文件或文件夹 `{found}`；路径相对于它所在的文件",
        Problem::NoResources => "`{found}` 的测试没有指明资源；请在 `resources` 中列出文件或文件夹，或用 -f 给出输入",
        Problem::NoObjects => "{found} 中没有可读的内容",
        Problem::KustomizeMissing => "-k 需要 `kubectl` 或 `kustomize`，但两者都未安装；请在别处构建并用 -f 读取结果",
        Problem::KustomizeFailed => "`{command}` 失败：{detail}",
        Problem::Unreadable => "无法读取：{detail}",
    }
}

pub(super) fn query_problem(code: QueryProblem) -> &'static str {
    match code {
        QueryProblem::InvalidPeer => {
            "`{found}` 不指任何对象：请用 NAME、NS/NAME、KIND/NAME、NS/KIND/NAME、[NS/]label=value、NS/*、地址或 CIDR、svc/NAME、node/NAME、world 或 fqdn:NAME"
        }
        QueryProblem::InvalidPort => {
            "`{found}` 不是端口：请用 80（TCP）、53/udp、8000-8100/tcp、端口名如 http、udp、icmp 或 any；数字 1 到 65535"
        }
        QueryProblem::PortList => "端口列表只能含数字和协议，而 `{found}` 中的 `{part}` 两者都不是；请单独询问",
        QueryProblem::PortAnyOf => "`{found}` 不是端口；某协议的所有端口直接写 `{protocol}`",
        QueryProblem::PortRangeBackwards => "范围 `{found}` 首尾颠倒；请写 {low}-{high}",
        QueryProblem::PortOutOfRange => "`{found}` 中的端口 {number} 超出范围；可用 1 到 65535",
        QueryProblem::UnknownProtocol => {
            "`{found}` 中的 `{protocol}` 不是有端口的协议；可用：{accepted}（`icmp` 单独使用）"
        }
        QueryProblem::UnknownName => "没有名为 `{found}` 的对象{nearest?；是否想写 `%`？}{known?；现有：%}",
        QueryProblem::UnknownNamespace => {
            "输入中没有命名空间 `{found}`{nearest?；是否想写 `%`？}{elsewhere?；叫这个名称的有：%}{known?；现有：%}"
        }
        QueryProblem::UnknownService => "输入中没有 Service `{found}`{nearest?；是否想写 `%`？}{known?；现有：%}",
        QueryProblem::UnknownField => {
            "{policy} 中能起决定作用的字段没有 {found}{nearest?；是否想写 `%`？}{known?；有：%}"
        }
        QueryProblem::UnknownPolicy => {
            "输入中没有策略 `{found}`{nearest?；是否想写 `%`？}{known?；现有：%}{forms?（%）}"
        }
        QueryProblem::UnknownNode => "输入中没有节点 `{found}`{nearest?；是否想写 `%`？}",
        QueryProblem::Ambiguous => "`{found}` 可能指：{candidates}",
        QueryProblem::Finished => "{found} 已结束（{phase}），不是任何连接的端点",
        QueryProblem::NoPods => "{found} 没有 Pod 在输入中，因此不是任何连接的端点",
        QueryProblem::NoMatch => "命名空间 {namespace} 中没有匹配 `{found}` 的 Pod；前面加 `*/` 可搜索所有命名空间",
        QueryProblem::UnknownPortName => {
            "`{to}` 没有 Pod 声明名为 `{found}` 的端口{nearest?；是否想写 `%`？}{declared?；那里声明的有：%}"
        }
        QueryProblem::ServicePort => "Service {service} 没有端口 {found}；它有：{accepted}",
        QueryProblem::ServiceAsSource => "`{found}` 是 Service，Service 不会发起连接；请指明其后的 Pod",
        QueryProblem::TooManyPairs => {
            "此问题要比较 {pairs} 对策略可区分的 Pod，最多比较 {limit} 对；请缩小范围，例如一命名空间"
        }
        QueryProblem::TooManyRows => {
            "要列出的配对超过 {limit} 个；请改用分组（--groups），或缩小范围（--from、--to、--port）"
        }
        QueryProblem::TooManySources => {
            "要列出的对端超过 {limit} 个；请缩小工作负载的范围，或改用分组（netpol matrix --groups）"
        }
        QueryProblem::NotARow => "`{found}` 既不是 Pod，也不是集群外地址；Service 代表其后的 Pod，路径不经过节点",
        QueryProblem::NoFlow => "`{found}` 的两端没有共同的地址族，因此没有可判定的连接",
        QueryProblem::Loopback => "`{found}` 是环回地址，从不离开 Pod：没有策略适用",
        QueryProblem::OpenSelector => "无法判断 `{found}` 是否包含 Pod {pod}：这取决于输入中没有的标签",
        QueryProblem::TooManyLabelSets => {
            "命名空间 {namespace} 中可能存在的 Pod，策略的选择器可区分出 {limit} 种以上，不再逐一查看：既未通过，也未失败"
        }
        QueryProblem::NoSelected => "没有 Pod 匹配 `{found}`",
        QueryProblem::NothingOutside => "`{found}` 不剩任何集群外的地址",
        QueryProblem::NoPairs => "`{found}` 只有 Pod 与其自身的配对，而 Pod 总能访问自身",
        QueryProblem::OutsideToOutside => "`{found}` 的两端都不在集群内，没有策略适用",
        QueryProblem::TooManyArrows => {
            "图中将有 {arrows} 个箭头，最多画 {limit} 个；请用 --by namespace，缩小范围（--from、--to、--port），或用 -o json"
        }
        QueryProblem::TooManyHops => {
            "策略可区分的 Pod 有 {groups} 组，寻找路径要看的配对超过 {limit} 对；请只读入集群的一部分"
        }
        QueryProblem::NotPods => "`{found}` 不是 Pod 或工作负载，只有它们才有出站和入站",
        QueryProblem::NotOutside => {
            "`{found}` 不在集群外：请写集群外的地址，或 `world`（集群内请用 netpol check 和 netpol matrix）"
        }
    }
}

pub(super) fn code(code: Code) -> &'static str {
    match code {
        Code::NotIsolated => "此方向没有策略选中它，因此全部放行",
        Code::AllowedByRule => "被一条规则放行",
        Code::DeniedByIsolation => "已被隔离，且没有任何策略的规则放行",
        Code::DeniedByRule => "被一条规则拒绝",
        Code::PassedByRule => "一条规则把它交给下一层的策略",
        Code::NoRuleMatches => "选中它的策略没有规则匹配，因此放行",
        Code::PriorityTie => "优先级相同的策略结论不同，以哪一个为准，规范未定义",
        Code::NoOrder => "AdminNetworkPolicy 与 ClusterNetworkPolicy 结论不同，谁先谁后，规范未定义",
        Code::DomainName => "取决于该地址是否属于 {name}（可改问 fqdn:NAME，或用 --resolve NAME=ADDRESS 指定）",
        Code::AllowedByProfile => "由配置 {profile} 放行（{option}：{value}）",
        Code::OpenInProfile => "配置 {profile} 未作规定（{option}：{value}）",
        Code::NotEnforced => "{profile} 不执行任何策略：全部放行",
        Code::ServiceUntranslated => "出站在 Service 的地址和端口转换为应答者的之前判定",
        Code::IsolationOther => "已被隔离，而对没有端口的协议意味着什么，规范未定义",
        Code::Loopback => "Pod 总能以自己的地址访问自己",
        Code::Hairpin => "Pod 经由 Service 或节点端口访问自己：策略是否适用，规范未定义",
        Code::OwnNodeReached => "按此配置，前往 Pod 所在节点的流量从不被阻止",
        Code::FromOwnNode => "来自 Pod 所在节点：其中某些进程（如 kubelet）从不被阻止，其他进程适用策略",
        Code::OwnNode => "来自 Pod 所在节点的流量从不被阻止",
        Code::MaybeOwnNode => "它可能来自 Pod 所在的节点，而该节点的流量从不被阻止",
        Code::ToOwnNode => "它去往的是或可能是 Pod 所在的节点，有些网络插件对此豁免",
        Code::HostNetwork => "该 Pod 使用节点网络，策略对它不起作用",
        Code::NotAPod => "不是 Pod，这一侧没有策略适用",
        Code::Unmodelled => "一个尚未建模的策略种类可能改变结果（--ignore-kind 可将其忽略）",
        Code::PolicyLeftOut => "一条因错误而略去的策略可能改变结果",
        Code::UnknownLabels => "取决于命名空间 {namespace} 的标签，而它不在输入中",
        Code::UnknownOwnLabels => "策略是否适用取决于 Pod 所在命名空间 {namespace} 的标签，而它不在输入中",
        Code::UnknownAddress => "取决于一个尚未知道的地址",
        Code::ControllerLabel => {
            "取决于 {labels} 的值，而它由控制器在创建 Pod 时决定{policies?：取某些值时 % 选中它们，取其他值时则不选中}"
        }
        Code::AmbiguousPortName => "该端口名在目的端对应多个端口号，以哪个为准规范未定义",
        Code::NoCommonFamily => "两端没有共同的地址族，因此没有可判定的连接",
        Code::NoBackends => "Service 背后的 Pod 不在输入中",
        Code::NoTargetPort => "Service 背后没有 Pod 声明其目标端口名，因此无人应答",
        Code::NotExposed => "该 Service 从集群外不可达（既非 NodePort 也非 LoadBalancer，也没有 externalIPs）",
        Code::NodePort => "其中有端口会转到 Pod，而节点和端口太多，无法逐一判断；请改问一个节点，或 svc/NAME",
        Code::NobodyAnswers => "Service 的 EndpointSlice 中没有就绪的端点，因此无人应答",
        Code::TooManyToCompare => "节点端口和 Service 以及可能访问它们的客户端太多：它们背后的变化未作比较",
        Code::NoLocalBackend => {
            "只有所在节点上的 Pod 会为该 Service 应答，而那里没有它的 Pod（internalTrafficPolicy 或 externalTrafficPolicy 为 Local）"
        }
        Code::LocalUnknown => "只有所在节点上的 Pod 会应答，而哪些 Pod 在该节点上未知",
        Code::LocalOrAll => "来自集群内的访问是否会由其他节点上的 Pod 应答，规范未定义（externalTrafficPolicy: Local）",
        Code::BackendNotRead => "Service 背后有不在输入中的 Pod，或只是一个域名",
        Code::SourceRange => "负载均衡只允许 loadBalancerSourceRanges 内的来源，而该来源不在其中",
        Code::MaybeSourceRange => "负载均衡可能拒绝该来源：无法确定它是否在 loadBalancerSourceRanges 之内",
        Code::EgressBeforeNat => "出站策略看到的可能是节点的地址和端口，也可能是其背后的 Pod：规范未定义",
        Code::NameIsBalancer => "{name} 是 {service} 的负载均衡；经由它返回集群的流量请改问 svc/NAME",
        Code::NodePortsUnranged => "loadBalancerSourceRanges 不限制 {service} 的节点端口；请改问 node/NAME 和该端口",
        Code::NoSuchService => "它指向的 Service {service} 不在输入中，背后没有任何端点",
        Code::NoSuchServicePort => "它指向 Service {service} 的端口 {port}，而该 Service 没有这个端口",
        Code::NotGranted => "Service {service} 所在命名空间没有允许该路由引用它的 ReferenceGrant",
        Code::NotAttached => "它的 Gateway 没有任何监听器接受该路由，因此无人能由此进入",
        Code::MaybeNotAttached => "它的 Gateway 是否接受该路由未知：Gateway 不在输入中，或按标签选择",
        Code::ControllerUnknown => "取决于入口控制器是谁，而它不在输入中（可用 --ingress-controller 指定）",
        Code::CallerUnknown => "取决于 API server 在哪里，而它不在输入中",
        Code::RedundancyCutShort => "选择相同 Pod 的策略过多，只在其中一部分里查找了没有作用的内容",
        Code::ControllerAssumed => "入口控制器不在输入中：假设它是某个一无所知的 Pod（可用 --ingress-controller 指定）",
        Code::SourceNat => {
            "来源在途中可能被换成节点地址（externalTrafficPolicy: Cluster 或 hostPort），规则对其处理可能不同"
        }
        Code::UnresolvedName => "该名称的地址未知",
        Code::NearPort => "放行此对端，但仅限 {ports}",
        Code::NearPodLabel => "若 Pod 有 {wanted} 就会放行（现有 {found}）",
        Code::NearNamespaceLabel => "若命名空间 {namespace} 有标签 {wanted} 就会放行（现有 {found}）",
        Code::NearNamespace => {
            "其 podSelector 匹配，但没有 namespaceSelector 时只指 {namespace} 中的 Pod，而此 Pod 在 {found}"
        }
        Code::NearAddress => "放行 {cidrs}，而该地址在其外",
        Code::NearBlock => "放行 {cidrs}，而按此配置，ipBlock 不匹配拥有该地址的 Pod 或节点",
        Code::NearPortName => "指定端口名 {names}，而目的端没有声明；集群外的地址从不匹配端口名",
        Code::NearFamily => "其地址块不含 {family} 地址；每个地址族需要各自的块",
        Code::NearNamespaceName => "只放行命名空间 {wanted} 中的此类 Pod",
        Code::NearNotSelectable => "选择的是 Pod，而这不是 Pod；只有 ipBlock 能放行",
        Code::DnsDenied => "{from} 无法访问集群 DNS（53/udp 和 53/tcp），因此无法解析名称",
        Code::DnsUndefined => "{from} 能否访问集群 DNS（53/udp、53/tcp），输入无法判定",
        Code::HostNetworkSource => "{pod}{file?（见 %）} 使用节点网络：选中它的策略无效，别人看到的是节点地址",
        Code::HostNetworkDestination => {
            "{pod}{file?（见 %）} 使用节点网络：策略的选择器匹配不到它，只有针对节点地址的 ipBlock 可以"
        }
        Code::ProbePort => "该节点的 kubelet 用 {port} 探测 {pod}（{probes}）：此连接若被拒绝，探测就会失败",
        Code::OldConnections => "此结论针对新连接；策略变更前已建立的连接可能继续存在",
        Code::OpenAtStart => "刚启动的 Pod 在其策略就位之前是开放的",
        Code::Suspects => {
            "若集群放行了此处拒绝的流量，这份 YAML 无法解释：请怀疑不执行策略的 CNI、hostNetwork Pod、未读入的其他策略，或旧连接"
        }
        Code::AddressUnknownSame => "有一个地址尚未知道；对它所有可能的取值，结论相同",
        Code::SidecarPort => "端口名 `{port}` 由 sidecar 容器声明，并非每个网络插件都计入",
        Code::PortNameMissing => "有些目的端没有声明该名称的端口，已略去",
        Code::AddressMayBePod => "输入中没有对象拥有此地址，因此视为集群外；若某个 Pod 拥有它，选择器会匹配它",
        Code::NamesShareAddresses => {
            "关于域名的规则按名称判定；若实现只看地址，与放行的域名共用地址的名称也会通过（可用 --resolve NAME=ADDRESS 查看）"
        }
        Code::NameStandsForWorld => "{name} 的地址未知：结论要么对集群外所有地址成立，要么为未定义",
        Code::ProfileSuggested => {
            "未设定网络插件；输入中有 {object}，可用 --profile {profile} 按该插件处理规范未规定之处"
        }
        Code::PodCidrs => "没有地址的 Pod，其地址在 {cidrs} 之中（可用 --pod-cidr 指定）",
        Code::FamilyNotShown => {
            "输入中没有任何地址：与集群外部的连接按 IPv4 和 IPv6 判定，Pod 之间的连接按 IPv4 判定（可用 --pod-cidr 指定）"
        }
        Code::NamespacesUnknown => "命名空间 {namespaces} 不在输入中，只知道其名称",
        Code::DnsAssumed => "集群 DNS 不在输入中；假定为 kube-system 中带 k8s-app=kube-dns 的 Pod，端口 53",
        Code::WitnessReasons => "配对很多：每组只显示其中一对的原因",
        Code::GraphSummary => "{of}：{nodes}；连接：{connections}；配置 {profile}",
        Code::PathFound => "{from} 可到达 {to}；跳数：{hops}",
        Code::PathNone => "没有从 {from} 到 {to} 的路径",
        Code::PathUndefined => "若未定义的流量被放行，则存在路径；跳数：{hops}（用 --undefined 显示）",
        Code::BlastRadius => "{from} 可到达其他 {all} 个工作负载中的 {workloads} 个；最多跳数：{hops}",
        Code::ChokePoint => "从 {from} 到集群外的每条路径都经过 {through}",
        Code::PartlyInside => "{found} 的一部分属于集群的 Pod、节点或 Service，此处略去（可用 netpol check 询问）",
        Code::ServiceAddresses => {
            "多数网络插件按 Service 背后的 Pod 判定，而非按其地址：请用 `netpol check FROM svc/NAME` 询问"
        }
        Code::ApiServerOnControlPlane => "认为 API 服务器在 {nodes} 的 {ports} 上",
        Code::ApiServerOnSomeNode => "不知道 API 服务器在哪个节点上，或是否在节点上：对每个节点询问 {ports}",
        Code::ApiServerUnknown => "不知道 API 服务器在哪里（此处没有节点带地址）；针对它的规则需要写其地址的 ipBlock",
        Code::MetadataReachable => "可访问云的元数据和凭证服务",
        Code::TunnelPossible => "{ports} 通往{whole?整个}{most?大部分}互联网：可能建立隧道",
        Code::NamesWillNotResolve => "53 端口上没有可询问的解析器：无法解析名称",
        Code::NamesMayNotResolve => "名称能否解析，输入无法判定",
        Code::OtherDnsOnly => "集群 DNS 被拒绝：只有当 Pod 配置为询问其他解析器时，名称才能解析",
        Code::DnsOneProtocol => "只能经由 {protocol} 询问集群 DNS",
        Code::ProbeDenied => "探测会失败：策略拒绝所在节点的 kubelet 访问 {probes}",
        Code::ProbesAsked => "所在节点的 kubelet 会探测：{probes}",
        Code::ShiftedSource => "来自集群外的访问经由 {services}，来源可能变为节点地址，策略对其处理可能不同",
        Code::CallDenied => "API server 无法调用它：{calls}",
        Code::CallUndefined => "API server 能否调用它未定：{calls}",
        Code::ProbesDenied => "工作负载 {count}/{total}：探测会失败，因为策略拒绝所在节点的 kubelet",
        Code::CallsDenied => {
            "工作负载 {count}/{total}：API server 需要调用它们（Webhook、APIService、版本转换），但无法调用或未定"
        }
        Code::EntryBroken => "入口指向的 Service {count}/{total}：不在输入中、没有该端口，或不允许该路由引用",
        Code::EntryDenied => "工作负载 {count}/{total}：有入口指向它们，但策略不放行其控制器",
        Code::EnteredFromOutside => "工作负载 {count}/{total}：可经由 Ingress、路由、负载均衡或节点端口从集群外进入",
        Code::UnmodelledPolicies => {
            "策略 {count}/{total}：属于尚未建模的种类，此处只计它们不能改变的部分（--ignore-kind 可将其忽略）"
        }
        Code::OpenBothWays => "工作负载 {count}/{total}：对整个互联网双向开放，没有任何限制",
        Code::MetadataOpen => "工作负载 {count}/{total}：可访问云的元数据或凭证服务{address?（%）}",
        Code::TunnelDespitePolicy => {
            "工作负载 {count}/{total}：已隔离出站，但 53、853 或 443 端口对互联网开放：可能建立隧道"
        }
        Code::NoNames => "工作负载 {count}/{total}：53 端口上没有可询问的解析器，无法解析名称",
        Code::HostNetworkSelected => "工作负载 {count}/{total}：使用节点网络，策略选中它们却不起作用",
        Code::PolicySelectsNothing => "策略 {count}/{total}：在此没有选中任何 Pod",
        Code::NamespaceOpen => "命名空间 {count}/{total}：没有任何策略进行隔离",
        Code::OpenEgress => "工作负载 {count}/{total}：可访问整个互联网的任意端口",
        Code::OpenIngress => "工作负载 {count}/{total}：任意端口对整个互联网开放",
        Code::SuspectProfile => "集群的网络插件可能是 {profiles}{options?：在那里，%}",
        Code::SuspectHostNetwork => "{pod} 使用节点网络，策略对其不生效；作为对端，它就是节点的地址",
        Code::SuspectOwnNode => "Pod 与所在节点之间的流量，有的插件豁免，有的按策略判定",
        Code::SuspectOldConnection => "该连接在策略生效之前已经建立，并继续存活；新建连接即可确认",
        Code::SuspectServicePort => {
            "Service {service} 会转换端口：策略看到的是 Pod 的端口，以 {other} 代替 {port} 即得到观察到的结果"
        }
        Code::SuspectSourceNat => "经由 {services} 到达的流量，其来源地址可能是节点的地址",
        Code::SuspectAddressInside => "{address} 位于集群自己的地址范围内：可能属于未读取的 Pod、节点或 Service",
        Code::SuspectUnknownLabels => "集群中 {namespaces} 的标签：这些命名空间不在输入中",
        Code::SuspectPolicyNotRead => "有策略未被读取：{namespaces} 的其他 NetworkPolicy，或其他类型的策略",
        Code::SuspectUnmodelled => "已读取但未建模或无法使用的策略：{policies}",
        Code::SuspectDns => "{from} 可能无法解析名称，因而根本没有尝试连接",
        Code::SuspectNotListening => "{port} 上没有监听者，或拒绝连接的不是策略",
        Code::StepIngress => "谁能访问它",
        Code::StepWhoReaches => "谁能访问该地址",
        Code::StepEgress => "它能访问集群外的什么，名称能否解析",
        Code::StepOutside => "每个工作负载能访问集群外的什么",
        Code::StepMatrix => "哪些命名空间可以互相通信",
        Code::OwnNodeApart => {
            "{groups} 是节点或使用节点网络；它们与同一节点上的 Pod 之间，入站从不拒绝，而出站所拒绝的为未定义；若其中一方所在节点未知，所拒绝的均为未定义"
        }
        Code::NodePortsApart => {
            "到 {groups} 的 {ports} 为未定义：这样的连接会转到 Service 后的 Pod（可用 netpol check 询问）"
        }
        Code::ExplainSelectsAll => {
            "选中命名空间 {namespace} 的全部 Pod：{workloads}{pod?（% 个 Pod）}{pods?（% 个 Pod）}"
        }
        Code::ExplainSelects => {
            "选中 {namespace} 中带有 {selector} 的 Pod：{workloads}{pod?（% 个 Pod）}{pods?（% 个 Pod）}"
        }
        Code::ExplainSelectsNobody => "选中 {namespace} 的 Pod{selector?（带有 %）}：输入中没有",
        Code::ExplainRules => {
            "针对{namespaces?带有 % 的命名空间}{everywhere?所有命名空间}中的 Pod{selector?（带有 %）}：{workloads}{pod?（% 个 Pod）}{pods?（% 个 Pod）}"
        }
        Code::ExplainRulesNobody => {
            "针对{namespaces?带有 % 的命名空间}{everywhere?所有命名空间}中的 Pod{selector?（带有 %）}：输入中没有"
        }
        Code::ExplainTierAdmin => "属于管理员层{priority?，优先级 %}：先于所有 NetworkPolicy",
        Code::ExplainTierBaseline => "属于基线层{priority?，优先级 %}：只在没有 NetworkPolicy 隔离时才起作用",
        Code::ExplainIsolatesIngress => {
            "隔离它们：除非某条策略的规则放行，谁也不能访问{own-node?，所在节点除外}{own-node-open?；所在节点能否访问则未定义}"
        }
        Code::ExplainIsolatesEgress => {
            "隔离它们：除非某条策略的规则放行，它们谁也不能访问{own-node?，所在节点除外}{own-node-open?；能否访问所在节点则未定义}"
        }
        Code::ExplainNotEnforced => "本来会隔离它们，但 {profile} 不执行任何策略",
        Code::ExplainNothingIn => "隔离它们，自身不放行任何访问",
        Code::ExplainNothingOut => "隔离它们，自身不放行任何外出",
        Code::ExplainOpenIngress => "不限制谁能访问它们",
        Code::ExplainOpenEgress => "不限制它们能访问谁",
        Code::ExplainNoRulesIn => "对进入的流量没有规则",
        Code::ExplainNoRulesOut => "对外出的流量没有规则",
        Code::ExplainFirstIn => "对进入的流量，第一条匹配的规则说了算：",
        Code::ExplainFirstOut => "对外出的流量，第一条匹配的规则说了算：",
        Code::ExplainLetsIn => "放行进入{ports? %}{and?，以及}{every? % 的所有端口}{all?（所有端口和协议）}，来自",
        Code::ExplainLetsOut => "放行外出{ports? %}{and?，以及}{every? % 的所有端口}{all?（所有端口和协议）}，去往",
        Code::ExplainDeniesIn => "拒绝进入{ports? %}{and?，以及}{every? % 的所有端口}{all?（全部）}，来自",
        Code::ExplainDeniesOut => "拒绝外出{ports? %}{and?，以及}{every? % 的所有端口}{all?（全部）}，去往",
        Code::ExplainPassesIn => {
            "交给 NetworkPolicy 决定：进入{ports? %}{and?，以及}{every? % 的所有端口}{all?（全部）}，来自"
        }
        Code::ExplainPassesOut => {
            "交给 NetworkPolicy 决定：外出{ports? %}{and?，以及}{every? % 的所有端口}{all?（全部）}，去往"
        }
        Code::PeerAnybody => "任何人，集群内外都算{names?；但在集群外，端口名不开放任何端口}",
        Code::PeerOwnAll => "本命名空间 {namespace} 的全部 Pod{here?（这里：%）}",
        Code::PeerOwn => "本命名空间 {namespace} 中带有 {selector} 的 Pod{here?（这里：%）}",
        Code::PeerEverywhereAll => "所有命名空间的全部 Pod{here?（这里：%）}",
        Code::PeerEverywhere => "所有命名空间中带有 {selector} 的 Pod{here?（这里：%）}",
        Code::PeerNamespacesAll => "带有 {namespaces} 的命名空间的全部 Pod{here?（这里：%）}",
        Code::PeerNamespaces => "带有 {namespaces} 的命名空间中带有 {selector} 的 Pod{here?（这里：%）}",
        Code::PeerBlock => "地址 {cidr}{except?，但不含 %}",
        Code::PeerNodesAll => "所有节点",
        Code::PeerNodes => "带有 {selector} 的节点",
        Code::PeerDomains => "域名 {names}",
        Code::PeerUnknown => "不认识的对端写法：放行的规则因此不匹配任何人，其他规则则全部拒绝",
        Code::ThoughInertIngress => "它的 ingress 规则不起作用：`policyTypes` 中没有 Ingress",
        Code::ThoughInertEgress => "它的 egress 规则不起作用：`policyTypes` 中没有 Egress",
        Code::ThoughEmptyIngress => "空的 `ingress` 在这里不拒绝任何流量：只有 `policyTypes` 中有 Ingress 时才限制进入",
        Code::ThoughEmptyEgress => "空的 `egress` 不拒绝任何流量：只有 `policyTypes` 中有 Egress 时才限制外出",
        Code::ThoughFromAnybody => "没有 `from` 的规则指所有人，而不是没有人：包括其他命名空间和集群外的地址",
        Code::ThoughToAnybody => "没有 `to` 的规则指所有人，而不是没有人：包括其他命名空间和集群外的地址",
        Code::ThoughEveryPort => "没有 `ports` 的规则指所有协议的所有端口",
        Code::ThoughDnsTcp => "这里的 53 端口只有 TCP；域名查询多用 UDP",
        Code::ThoughDnsUdp => "这里的 53 端口只有 UDP；较长的应答走 TCP",
        Code::ThoughOneProtocol => "没有 `port` 的条目指 {protocol} 的所有端口，不含其他协议",
        Code::ThoughPortName => "输入中相关的 Pod 都没有声明名为 {name} 的 {protocol} 端口：它什么也不放行",
        Code::ThoughOr => "这是另一个对端：两者中任何一个所指的都放行，而不是两者同时满足",
        Code::ThoughOwnNamespace => {
            "单独的 `podSelector` 只指 {namespace} 的 Pod；其他命名空间中带有同样标签的 Pod 不在其内：{here}"
        }
        Code::ThoughNobody => "输入中没有符合的",
        Code::ThoughHostPeers => "选择器不指节点网络上的 Pod，它们用的是节点地址：{here}",
        Code::ThoughUnlabelled => "没有标签 {key} 的 Pod 也包括在内：{here}",
        Code::ThoughMetadata => "其中有 {address}，云平台在那里发放凭据",
        Code::ThoughOneFamily => "不含任何 {family} 地址，而选中的 Pod 有这样的地址",
        Code::ThoughExceptOpen => "它排除的并不被拒绝：{cidrs} {on?在 % 上}由 {by} 放行",
        Code::ThoughHostNetwork => "策略对节点网络上的 Pod 不适用，虽然选中了它们：{here}",
        Code::ThoughOthersIn => "其他策略也选中其中的 Pod，放行的进入流量相加：{policies}",
        Code::ThoughOthersOut => "其他策略也选中其中的 Pod，放行的外出流量相加：{policies}",
        Code::ThoughClosedIn => "谁能访问它们由其他策略限制：{policies}",
        Code::ThoughClosedOut => "它们能访问谁由其他策略限制：{policies}",
        Code::ThoughAdminIn => "对进入的流量，管理员的策略先说了算：{policies}",
        Code::ThoughAdminOut => "对外出的流量，管理员的策略先说了算：{policies}",
        Code::ThoughGoesOn => "它不隔离任何人：没有规则匹配的交给后面的策略；被放行的还要另一端同意",
        Code::ThoughBaseline => "若某个 NetworkPolicy 在某个方向隔离了 Pod，该方向就轮不到这条策略",
        Code::ThoughBaselineEither => {
            "若某个 NetworkPolicy 在任一方向隔离了 Pod，就完全轮不到这条策略（配置 {profile}）"
        }
        Code::ProfileSays => "按配置 {profile}，{says}",
        Code::ThoughSourcesInside => "它的 ingress 规则只指 Pod：节点、节点网络上的 Pod 和集群外地址都不会匹配",
        Code::ThoughNetworksPods => "Pod 也在其中，到它们的连接被拒绝，例如 {from} → {to}{dns?：它无法在那里解析域名}",
        Code::ThoughNetworksNodes => "节点也在其中，到它们的连接被拒绝，例如 {from} → {to}",
        Code::ThoughSamePriority => "优先级相同，不一致时以谁为准没有规定：{policies}",
        Code::ExplainIsolatedIn => "进入方向{maybe?可能}被隔离：{maybe?若有策略适用，}只有某条策略放行的才能访问它",
        Code::ExplainIsolatedOut => "外出方向{maybe?可能}被隔离：{maybe?若有策略适用，}它只能访问某条策略放行的",
        Code::ExplainUnisolatedIn => "进入方向未被隔离：没有 NetworkPolicy 限制谁能访问它",
        Code::ExplainUnisolatedOut => "外出方向未被隔离：没有 NetworkPolicy 限制它能访问谁",
        Code::ExplainOwnNodeIn => {
            "来自所在节点{nodes?（%）}（包括 kubelet）：{all?所有端口}{ports?%}{none?不能访问任何端口}{some?未定义，%}{undefined?；未定义：%}{exempt?（没有 NetworkPolicy 能阻止）}{unsettled?（NetworkPolicy 适用于其中某些进程，不适用于 kubelet）}{policed?（与其他来源一样适用策略）}"
        }
        Code::ExplainOwnNodeOut => {
            "去往所在节点{nodes?（%）}：{all?所有端口}{ports?%}{none?不能访问任何端口}{some?未定义，%}{undefined?；未定义：%}{exempt?（没有 NetworkPolicy 能阻止）}{unsettled?（NetworkPolicy 是否阻止没有定论）}{policed?（与其他去向一样适用策略）}"
        }
        Code::TierAdmin => "首先是管理员的策略，按此顺序；第一条匹配的规则决定，或交给后面：",
        Code::TierNetworkPolicy => "然后是 NetworkPolicy，没有先后，放行的相加：",
        Code::TierBaseline => "最后，在没有 NetworkPolicy 隔离处，是基线策略：",
        Code::TierUnmodelled => "未建模种类的策略可能改变这一切：",
        Code::ReachedBy => "能访问它的工作负载{many?（% 个）}：{workloads}",
        Code::ReachedByNobody => "没有其他工作负载能访问它",
        Code::ReachedByNodes => "其他节点能访问它{ports}",
        Code::ReachedFromOutside => {
            "集群外能访问它：{everywhere?任何地址}{family?（%）}{except?，但 % 除外}{everywhere?%}{and?；}{addresses}"
        }
        Code::NotFromOutside => "集群外不能访问它",
        Code::Reaches => "它能访问的工作负载{many?（% 个）}：{workloads}",
        Code::ReachesNobody => "它不能访问其他工作负载",
        Code::ReachesNodes => "它能访问其他节点{ports}",
        Code::ReachesOutside => {
            "它能访问集群外：{everywhere?任何地址}{family?（%）}{except?，但 % 除外}{everywhere?%}{and?；}{addresses}"
        }
        Code::NotToOutside => "它不能访问集群外",
        Code::StepExplain => "用句子说明该策略做什么",
        Code::FixAddPort => "在 {policy} 的 {field} 中加入端口 {ports}",
        Code::FixAddPeer => "在 {policy} 的 {field} 中加入对端 {peer}",
        Code::FixAddRule => "在 {policy} 的 {field} 中加入一条规则",
        Code::FixNewPolicy => "新增策略 {policy}（{direction}）",
        Code::FixNewIsolation => "新增策略 {policy}（{direction}），不含规则：什么都不放行",
        Code::FixNewOtherPorts => "新增策略 {policy}（{direction}），放行其他所有端口",
        Code::FixNewOtherPeers => "新增策略 {policy}（{direction}），放行其他所有对端",
        Code::FixNewOthers => "新增策略 {policy}（{direction}），放行其他所有端口，并在这些端口上放行其他所有对端",
        Code::FixExceptsPods => "其例外是 Pod 今天的地址；重新创建的 Pod 会有别的地址",
        Code::FixHoldsPods => "其地址块也包含 Pod：不知道 Pod 的地址从哪里来（可用 --pod-cidr 指定，届时会将其排除）",
        Code::FixLeavesUnpoliced => {
            "以下未被阻止，因为没有 NetworkPolicy 适用于它们（使用节点网络，或不是 Pod）：{peers}"
        }
        Code::FixLeavesSctp => "不包括 SCTP：配置 {profile} 没有说明它会怎样",
        Code::FixRemove => "从 {policy} 的 {field} 中删去放行它的部分",
        Code::FixNarrowPorts => "从 {policy} 的 {field} 中删去这些端口",
        Code::FixNarrowPeer => "让 {policy} 的 {field} 只指其他对端",
        Code::FixSplitRule => "拆分 {policy} 的 {field}：这些端口只对其他对端放行",
        Code::SharedUnknownApart => "有 {count} 对分组，其两个方向取决于同样的未知标签；结果见 -o json 的 exceptions",
    }
}

pub(super) fn phrase(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::Allow => "允许",
        Phrase::Deny => "拒绝",
        Phrase::Undefined => "未定义",
        Phrase::Mixed => "混合",
        Phrase::AnyPort => "任意端口",
        Phrase::Egress => "出站",
        Phrase::Ingress => "入站",
        Phrase::IsolatedBy => "隔离者",
        Phrase::ObservedAgrees => "观察到：{observed}；按输入也是 {verdict}",
        Phrase::ObservedDiffers => "观察到：{observed}；按输入是 {verdict}。可能的解释（最可能的在前）及确认命令：",
        Phrase::OnProfile => "在 {profile} 上，{clauses}",
        Phrase::SeveralTogether => "多个选项共同作用",
        Phrase::Decision => "结论",
        Phrase::RuledBy => "规则来自",
        Phrase::NotIsolated => "未被隔离",
        Phrase::Names => "域名",
        Phrase::Nearest => "最接近",
        Phrase::Basis => "依据",
        Phrase::Note => "注意",
        Phrase::Assumed => "假定",
        Phrase::Pods => "各 Pod",
        Phrase::TemplatePods => "其模板将要创建的 Pod",
        Phrase::Itself => "Pod 到自身",
        Phrase::Others => "Pod 到其他副本",
        Phrase::SameNode => "在同一节点上",
        Phrase::OtherNodes => "在不同节点上",
        Phrase::UnknownNodes => "所在节点未知",
        Phrase::Via => "经由 Service",
        Phrase::ViaNode => "经由节点端口",
        Phrase::EntryPoints => "入口",
        Phrase::Calls => "由 API server 调用",
        Phrase::Error => "错误",
        Phrase::Warning => "警告",
        Phrase::Profile => "配置",
        Phrase::LeftOut => "因错误而略去",
        Phrase::PassedOver => "跳过",
        Phrase::Ignored => "忽略",
        Phrase::NoInput => "没有可读的清单：请用 -f 文件、-f 目录、-f -（标准输入）或 -k 目录 指定",
        Phrase::InputErrors => "输入有错误，任何回答都无法基于全部输入；--keep-going 可基于其余部分回答",
        Phrase::LintInputErrors => {
            "输入有错误，任何发现都无法基于全部输入；--keep-going 可检查其余部分，并把被拒绝的内容作为发现报告"
        }
        Phrase::DemoIntro => "某商店的 web Pod 本应只能使用 DNS。这是它们的出站规则：",
        Phrase::DemoOutro => {
            "\
规则取并集，两条规则合起来放行：
  1. 每个命名空间的每个 Pod 的每个端口。第二条规则没有 ports，而空的 namespaceSelector
     指所有命名空间，包括自己的。
  2. 到整个互联网的 53 端口（UDP 和 TCP）。第一条规则没有 `to`，所以 DNS 并不限于集群的
     解析器，经由 53 端口的隧道是可能的。
  3. 集群外的其他一切都不放行。
若集群放行了更多，这份 YAML 无法解释。请依次怀疑：
  - 不执行网络策略的 CNI，
  - 带 hostNetwork: true 的 Pod，没有策略对它起作用，
  - 另一条选中同样 Pod 而未被读入的策略，
  - 策略出现之前已建立的连接。"
        }
        Phrase::Opened => "新放行",
        Phrase::Closed => "新拒绝",
        Phrase::Undecided => "结论未定",
        Phrase::OpenedSurely => "新放行，之前未定义",
        Phrase::NoLongerSure => "现在未定义，之前放行",
        Phrase::PerhapsOpened => "现在未定义，之前拒绝",
        Phrase::ClosedSurely => "现在拒绝，之前未定义",
        Phrase::AnsweredBy => "应答者",
        Phrase::Added => "新增",
        Phrase::Removed => "移除",
        Phrase::Because => "原因",
        Phrase::Before => "之前",
        Phrase::Now => "现在",
        Phrase::NothingIsolates => "两端均未被任何策略隔离",
        Phrase::NoDifferenceFound => "已比较的部分没有差异",
        Phrase::NoDifference => "没有差异：所有连接的结论都与之前相同",
        Phrase::From => "来源",
        Phrase::To => "目标",
        Phrase::Allowed => "允许",
        Phrase::World => "集群外",
        Phrase::Except => "除外",
        Phrase::RestOf => "其余的",
        Phrase::Parts => "部分",
        Phrase::GraphTitle => "谁能访问谁",
        Phrase::GraphHint => {
            "指向一个工作负载，或用 Tab 键移到它，即只显示它的连接；单击或按 Enter 固定，按 Escape 取消"
        }
        Phrase::Outside => "集群外部",
        Phrase::SomeAddresses => "若干地址",
        Phrase::Namespaces => "命名空间",
        Phrase::Workloads => "工作负载",
        Phrase::OpenToAll => "对所有开放",
        Phrase::FromAll => "来自所有",
        Phrase::SomePods => "部分 Pod",
        Phrase::SomeNodes => "部分节点",
        Phrase::LegendAllowed => "允许，端口写在箭头所指处",
        Phrase::LegendUndefined => "虚线并带 ?：规范或输入既未放行也未拒绝",
        Phrase::LegendFrame => "从边框出发或到达边框的箭头：框内全部",
        Phrase::LegendOpen => "◆ 其他各方都能访问它：以标明的端口，或所问的全部端口；不再另画箭头",
        Phrase::LegendAmong => "↻ 同一工作负载的各 Pod 之间，或同一命名空间的各工作负载之间",
        Phrase::LegendNamed => "⇒ 去往、⇐ 来自何处及端口：箭头过多之处以名称代替；×：数量",
        Phrase::LegendNamespaces => "命名空间之间的箭头：其中某个 Pod 可访问另一个的某个 Pod",
        Phrase::Connections => "所有连接",
        Phrase::Distance => "跳数",
        Phrase::Inside => "集群内",
        Phrase::PodRange => "Pod 地址段",
        Phrase::ServiceRange => "Service 地址段",
        Phrase::Nodes => "节点",
        Phrase::Resolvers => "域名解析",
        Phrase::Metadata => "元数据",
        Phrase::ApiServer => "API 服务器",
        Phrase::NodeLocal => "NodeLocal DNSCache（如果有）",
        Phrase::NotInInput => "不在输入中，属假定",
        Phrase::OnHostNetwork => "使用节点网络：没有策略适用",
        Phrase::OpenOut => "开放：没有策略隔离其出站",
        Phrase::OpenIn => "开放：没有策略隔离其入站",
        Phrase::Nothing => "无",
        Phrase::EveryPod => "每个 Pod",
        Phrase::What => "项目",
        Phrase::Namespace => "命名空间",
        Phrase::EgressIsolated => "出站已隔离",
        Phrase::IngressIsolated => "入站已隔离",
        Phrase::ReachOutside => "可出集群",
        Phrase::ReachedFromOutside => "集群外可达",
        Phrase::ResolveNames => "可解析名称",
        Phrase::AllNamespaces => "合计",
        Phrase::OtherNamespaces => "其余 {count} 个",
        Phrase::Of => "{part}（共 {whole}）",
        Phrase::Policies => "策略",
        Phrase::LookAt => "值得注意，最严重的在前：",
        Phrase::NoFindings => "没有突出的问题",
        Phrase::NothingToLookAt => "没有可以检查的对象：输入中没有 Pod、策略或其他在此有意义的对象",
        Phrase::MoreFindings => "项；-v 显示全部",
        Phrase::Next => "接下来：",
        Phrase::RuledLegend => {
            "已隔离：有 NetworkPolicy 在该方向选中其 Pod，因此只有策略放行的才能通过。\n其余的适用管理层策略的规则；没有规则匹配的都能通过。"
        }
        Phrase::SummaryLegend => {
            "已隔离：有策略在该方向选中其 Pod，因此只有策略放行的才能通过。\n其余的都是开放的：该方向没有策略限制它们。"
        }
        Phrase::Direction => "方向",
        Phrase::EveryGroup => "全部",
        Phrase::EveryGroupBut => "全部，除了",
        Phrase::Passed => "通过",
        Phrase::Failed => "失败",
        Phrase::Unmatched => "无匹配",
        Phrase::TestError => "错误",
        Phrase::ExpectAllow => "允许",
        Phrase::ExpectDeny => "拒绝",
        Phrase::ExpectUndefined => "未定义",
        Phrase::ExpectedPairs => "预期{expected}{policies?，由 % 决定}；{asked} 对中有 {failed} 对不符，例如",
        Phrase::DecidedOtherwise => {
            "{expected}，符合预期，但不是由 {policies} 决定{by?，而是由 % 决定}{none?，没有策略起决定作用}（{asked} 对中有 {failed} 对不通过）"
        }
        Phrase::PairsAsExpected => "{expected}；共 {asked} 对",
        Phrase::ItselfLeftOut => "未计入：{count} 对 Pod 与其自身，Pod 总能访问自身",
        Phrase::NotAmongReasons => "不在起决定作用的原因之中：{policy}",
        Phrase::BreakingLabels => "带有这些标签的 Pod 会违反它：{labels}",
        Phrase::BreakingWithoutLabels => "不带任何策略所看标签的 Pod 会违反它",
        Phrase::AssumedPods => "可能存在的 Pod 共 {count} 种（以选择器能区分为准）",
        Phrase::TestCounts => {
            "共 {all} 项测试：{passed} 项通过{failed?，% 项失败}{unmatched?，% 项无匹配}{error?，% 项出错}"
        }
        Phrase::NoTests => "没有可运行的 ConnectivityTest：{found}",
        Phrase::Coverage => "覆盖率",
        Phrase::Rules => "规则",
        Phrase::Peers => "对端",
        Phrase::Ports => "端口",
        Phrase::NotCovered => "去掉也不会被任何测试发现：",
        Phrase::AllCovered => "每条策略、规则、对端和端口，去掉后都会被某项测试发现",
        Phrase::CoverageBelow => "已覆盖 {percent}%，要求至少 {least}%",
        Phrase::NotExported => "未导出：{test}：{why}",
        Phrase::CoverageUnproven => "有 {count} 处因决定某项测试而计入，但数量过多，未逐一试验去掉后测试能否发现",
        Phrase::CoverageSkipped => "未计入，因其配对过多而无法逐一询问原因：{tests}",
        Phrase::InitLeftOut => "有些 Pod 或地址无法简短地写成对端，未为其生成测试（{count}）",
        Phrase::ExportExpect => "NetAssert 只能期望连接成功或失败",
        Phrase::ExportAnyPod => "NetAssert 只询问已有的 Pod，而此测试针对可能存在的 Pod",
        Phrase::ExportPorts => "NetAssert 只询问 TCP 和 UDP 的单个端口号，而此测试的端口不是或过多",
        Phrase::ExportDecidedBy => "decidedBy，因为 NetAssert 看不到策略；测试的其余部分已导出",
        Phrase::ExportUdpHost => "NetAssert 的 UDP 测试只能针对 Pod",
        Phrase::ExportPeer => "NetAssert 没有这样的一端：{found}",
        Phrase::ExportTooMany => "配对过多，无法逐一询问",
        Phrase::ExportItself => "NetAssert 只取工作负载中的一个 Pod，无法询问同一工作负载的两个：{found}",
        Phrase::NothingExported => "没有可导出的内容：这些测试都无法由 NetAssert 询问",
        Phrase::FixDone => "已经如此：{verdict}；无需改动",
        Phrase::FixNone => "没有找到能做到的 NetworkPolicy 改动；原因：",
        Phrase::FixNothingElse => "其他连接都不变",
        Phrase::FixMore => "除所要求的外还有变化",
        Phrase::FixOthersToo => "改动之处也适用于另外 {count} 个 Pod",
        Phrase::FixNotCompared => "其他变化太多，没有比较",
        Phrase::FixOthers => "其他办法，附带变化更多或改动更大（--pick 显示全文）：",
        Phrase::FixApply => "应用以下内容（kubectl apply -f -）：",
        Phrase::FixNotInPlace => "{policy} 无法就地编辑（有锚点，或不认识的排版）：请改为应用以下内容",
        Phrase::FixConnections => "变化的连接：",
        Phrase::FixWritten => "已写入",
        Phrase::ExplainThough => "注意：",
        Phrase::ReachedUndefined => "能否访问它未定义：",
        Phrase::ReachesUndefined => "它是否能访问未定义：",
        Phrase::MayApply => "可能适用：取决于未知的标签",
        Phrase::Try => "试试",
        Phrase::Reading => "正在读取……",
        Phrase::Deciding => "正在判定……",
        Phrase::Errors => "错误",
        Phrase::Warnings => "警告",
        Phrase::Notes => "提示",
        Phrase::IgnoredFindings => "已忽略",
        Phrase::IgnoredBecause => "忽略原因",
        Phrase::RegradedBecause => "调整严重程度的原因",
        Phrase::SeeAlso => "另见",
        Phrase::SeverityColumn => "严重程度",
        Phrase::RuleColumn => "规则",
        Phrase::WhereColumn => "位置",
        Phrase::RulesTitle => "检查规则",
        Phrase::RulesIntro => {
            "本页由 `netpol lint --rules` 根据各条规则自身的说明生成；`netpol lint --explain 规则` 打印其中一条。发现针对所读入的集群：Pod 和命名空间也属于输入。`netpol.toml` 设置级别；带有原因（可以以 `until YYYY-MM-DD:` 开头）的注解 `lint.netpol.dev/ignore-规则` 表示该发现已知；用 `note-`、`warning-` 或 `error-` 代替 `ignore-` 则设定其严重程度。API 服务器会拒绝的对象使运行以退出码 2 结束；使用 `--keep-going` 时检查其余部分，被拒绝的内容作为规则 `rejected` 的发现报告"
        }
        Phrase::BadExample => "以下会触发",
        Phrase::GoodExample => "以下不会触发",
    }
}
