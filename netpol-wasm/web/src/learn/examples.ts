// The gallery: each example of the repository, with its lesson.

import type { Language } from "../text/words";

export interface Example {
  /** The folder below `examples/`. */
  id: string;
  title: Readonly<Record<Language, string>>;
  lesson: Readonly<Record<Language, string>>;
}

export const EXAMPLES: readonly Example[] = [
  {
    id: "puzzle",
    title: { en: "The two-rule egress puzzle", zh: "两条出站规则之谜" },
    lesson: {
      en: "“Our web pods may only use DNS.” Is that what this says? Rules add up: the first names port 53 and no one to talk to, so port 53 is open to the whole internet; the second names all pods and no ports, so every pod is open on every port. Nothing else leaves the cluster.",
      zh: "“我们的 web Pod 只能使用 DNS。”它真的这么说吗？规则是并集：第一条只写了端口 53 而没写对象，所以 53 端口对整个互联网开放；第二条写了所有 Pod 而没写端口，所以每个 Pod 的每个端口都开放。除此之外，没有流量能离开集群。",
    },
  },
  {
    id: "same-namespace-trap",
    title: { en: "The same-namespace trap", zh: "同命名空间陷阱" },
    lesson: {
      en: "“Only pods labelled app=bookstore” silently means “of the policy's own namespace”: a podSelector without a namespaceSelector never looks elsewhere.",
      zh: "“只允许带 app=bookstore 标签的 Pod”暗含“策略自己的命名空间内的”：没有 namespaceSelector 的 podSelector 不会看别的命名空间。",
    },
  },
  {
    id: "http-echo",
    title: { en: "Service ports are not pod ports", zh: "Service 端口不是 Pod 端口" },
    lesson: {
      en: "Of Service ports, pod ports and port names, the pod's count. By NodePort, the visitor may look like a node.",
      zh: "在 Service 端口、Pod 端口和端口名之中，起作用的是 Pod 的端口。经由 NodePort 时，来访者可能看起来像一个节点。",
    },
  },
  {
    id: "three-tier-shop",
    title: { en: "A shop in three tiers", zh: "三层商店" },
    lesson: {
      en: "Under a default deny in both directions, every connection needs two rules, and DNS needs its own.",
      zh: "在双向默认拒绝之下，每个连接需要两条规则，DNS 还需要单独的规则。",
    },
  },
  {
    id: "vault-cert-manager",
    title: { en: "Webhooks and the API server", zh: "Webhook 与 API 服务器" },
    lesson: {
      en: "A webhook is called by the API server, which is an address and not a pod.",
      zh: "Webhook 由 API 服务器调用，而它是一个地址，不是 Pod。",
    },
  },
  {
    id: "entry-points",
    title: { en: "Who comes in, and as whom", zh: "谁进来，以谁的身份" },
    lesson: {
      en: "What comes in by an Ingress comes from its controller, on the pods' port; by a load balancer, perhaps with a node's address.",
      zh: "经由 Ingress 进来的流量来自其控制器，到达 Pod 的端口；经由负载均衡进来的，来源可能是节点地址。",
    },
  },
  {
    id: "admin-tiers",
    title: { en: "Who has the last word", zh: "谁说了算" },
    lesson: {
      en: "The Admin tier decides before NetworkPolicies, the Baseline tier after them; a network of 0.0.0.0/0 means pods and nodes too.",
      zh: "Admin 层在 NetworkPolicy 之前决定，Baseline 层在其之后；网段 0.0.0.0/0 也包括 Pod 和节点。",
    },
  },
  {
    id: "dual-stack",
    title: { en: "Two families, one block", zh: "双栈，单个地址块" },
    lesson: {
      en: "An IPv4 ipBlock leaves IPv6 closed for an isolated pod; an except in the IPv4 block leaves IPv6 open.",
      zh: "对被隔离的 Pod，IPv4 的 ipBlock 使 IPv6 关闭；IPv4 块中的 except 却让 IPv6 保持开放。",
    },
  },
  {
    id: "recipes/01-deny-all-to-app",
    title: { en: "01 Deny all to an app", zh: "01 拒绝到应用的一切" },
    lesson: {
      en: "An ingress policy without rules closes an app, also between its own replicas.",
      zh: "没有规则的入站策略会关闭一个应用，其副本之间也不例外。",
    },
  },
  {
    id: "recipes/02-limit-to-app",
    title: { en: "02 Limit to an app", zh: "02 仅限某个应用" },
    lesson: {
      en: "matchLabels compares key and value; without ports, every port is open.",
      zh: "matchLabels 同时比较键和值；不写 ports 则所有端口开放。",
    },
  },
  {
    id: "recipes/02a-allow-all-to-app",
    title: { en: "02a Allow all to an app", zh: "02a 允许到应用的一切" },
    lesson: {
      en: "ingress: [{}] opens everything, ingress: [] nothing; no later policy can take it back.",
      zh: "ingress: [{}] 开放一切，ingress: [] 什么也不开放；之后的策略无法收回。",
    },
  },
  {
    id: "recipes/03-default-deny-namespace",
    title: { en: "03 Default deny of a namespace", zh: "03 命名空间默认拒绝" },
    lesson: {
      en: "podSelector: {} closes a whole namespace, for ingress only.",
      zh: "podSelector: {} 关闭整个命名空间，但仅限入站。",
    },
  },
  {
    id: "recipes/04-deny-other-namespaces",
    title: { en: "04 Deny other namespaces", zh: "04 拒绝其他命名空间" },
    lesson: {
      en: "The same podSelector: {} says whom to protect and, under from, who may come in.",
      zh: "同一个 podSelector: {} 既表示保护谁，在 from 之下又表示谁可以进来。",
    },
  },
  {
    id: "recipes/05-allow-all-namespaces",
    title: { en: "05 Allow all namespaces", zh: "05 允许所有命名空间" },
    lesson: {
      en: "All namespaces are all pods: not the internet, and not a pod on its node's network.",
      zh: "所有命名空间即所有 Pod：不包括互联网，也不包括使用节点网络的 Pod。",
    },
  },
  {
    id: "recipes/06-allow-namespace-by-label",
    title: { en: "06 Allow a namespace by label", zh: "06 按标签允许命名空间" },
    lesson: {
      en: "A namespaceSelector reads the namespace's labels, and the own namespace is no exception.",
      zh: "namespaceSelector 读取命名空间的标签，自己的命名空间也不例外。",
    },
  },
  {
    id: "recipes/07-allow-namespace-and-pod",
    title: { en: "07 Namespace and pod together", zh: "07 命名空间与 Pod 同时匹配" },
    lesson: {
      en: "Two selectors in one item mean “and”; one dash more means “or”.",
      zh: "同一项中的两个选择器表示“且”；多一个短横线就变成“或”。",
    },
  },
  {
    id: "recipes/08-allow-external",
    title: { en: "08 Allow from outside", zh: "08 允许来自外部" },
    lesson: {
      en: "No from admits the internet; the port is the pod's, not the load balancer's.",
      zh: "不写 from 就放行互联网；端口是 Pod 的端口，而不是负载均衡器的。",
    },
  },
  {
    id: "recipes/09-allow-by-port",
    title: { en: "09 Allow by port", zh: "09 按端口允许" },
    lesson: {
      en: "The pod port differs from the Service port, and the policy wants the pod port.",
      zh: "Pod 端口不同于 Service 端口，策略要的是 Pod 端口。",
    },
  },
  {
    id: "recipes/10-multiple-selectors",
    title: { en: "10 Several selectors", zh: "10 多个选择器" },
    lesson: {
      en: "Items add up, labels inside a selector narrow.",
      zh: "各项相加，选择器内部的标签相互收窄。",
    },
  },
  {
    id: "recipes/11-deny-egress",
    title: { en: "11 Deny egress", zh: "11 拒绝出站" },
    lesson: {
      en: "No egress means no DNS either; how to give DNS back, and no more.",
      zh: "没有出站也就没有 DNS；如何只把 DNS 还回去。",
    },
  },
  {
    id: "recipes/12-default-deny-egress",
    title: { en: "12 Default deny of egress", zh: "12 默认拒绝出站" },
    lesson: {
      en: "A connection needs both ends; opening the receiver does not help a caller that may not call.",
      zh: "连接需要两端都允许；只开放接收方，帮不了不许发起的一方。",
    },
  },
  {
    id: "recipes/14-deny-external-egress",
    title: { en: "14 Deny egress to the outside", zh: "14 拒绝到外部的出站" },
    lesson: {
      en: "All pods and no outside address: one rule, DNS included, as long as DNS runs in pods.",
      zh: "所有 Pod 而没有外部地址：一条规则，包括 DNS，只要 DNS 运行在 Pod 中。",
    },
  },
];
