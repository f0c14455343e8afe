// In-cluster hosts and the Services that they are names of.
// https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/

/** `NAME.NAMESPACE.svc`, a name below it (an endpoint of its own), or a pattern over either. */
export interface ServiceName {
  readonly namespace: string
  /** `*`: every Service of the namespace. */
  readonly service: string
  /** `*`: every endpoint; absent: the Service itself. */
  readonly endpoint?: string
}

/** Of a canonical host; undefined: it is no name of a Service. */
export function serviceName(host: string): ServiceName | undefined {
  const [last, namespace, service, endpoint, ...more] = host.split('.').reverse()
  if (last !== 'svc' || namespace === undefined || service === undefined || more.length > 0) return undefined
  return { namespace, service, ...(endpoint === undefined ? {} : { endpoint }) }
}

/** What Connections are to be looked for under when the Service `namespace/name` changes. */
export function servicesOf(key: string): readonly string[] {
  return [key, `${key.split('/')[0]}/*`]
}
