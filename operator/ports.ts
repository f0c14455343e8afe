/** Where the operator's pods listen; the chart's Service and NetworkPolicies name the same ones. */
export const OPERATOR_PORTS = { webhooks: 9443, stream: 8443, metrics: 9090 } as const
