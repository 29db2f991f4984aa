// The profiles of the engine, in its order; a test of the module holds them to it.

export const PROFILES = [
  "generic",
  "calico",
  "cilium",
  "antrea",
  "ovn-kubernetes",
  "kube-router",
  "aws-vpc-cni",
  "kindnet",
  "flannel",
  "np-guard",
] as const;
