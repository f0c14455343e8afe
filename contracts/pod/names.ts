// What the operator writes into a pod and the gateway, the packet filter and the checks read there. Both sides import
// these names, so that they cannot drift apart.

/** On the pod template: `"true"` asks for the gateway. Nothing else in our prefix is accepted from a pod's author. */
export const INJECT_ANNOTATION = 'sallyport.dev/inject'
/** On a namespace, `required`: every pod in it must carry the gateway. */
export const ENFORCEMENT_LABEL = 'sallyport.dev/enforcement'
export const ENFORCEMENT_REQUIRED = 'required'
/** On a namespace, `"true"`: Connections, their Secrets and the policies that open them may live here. */
export const OWNER_LABEL = 'sallyport.dev/owner'
/** On a pod, with any value: its sessions are cut and none is opened. */
export const QUARANTINE_LABEL = 'sallyport.dev/quarantine'
/** On a pod, written by the webhook: the gateway is in it. */
export const INJECTED_LABEL = 'sallyport.dev/injected'
/** On a pod, written by the webhook: which rendering of our parts it carries. */
export const RENDERING_ANNOTATION = 'sallyport.dev/rendering'
/** On a pod, written by the webhook: a MAC over our parts, under the installation's key. */
export const MAC_ANNOTATION = 'sallyport.dev/mac'
/** Labels and annotations with this prefix are ours. */
export const PREFIX = 'sallyport.dev/'

/** Init containers, the first of the pod, in this order. */
export const RULES_CONTAINER = 'sallyport-rules'
export const SELF_TEST_CONTAINER = 'sallyport-self-test'
export const GATEWAY_CONTAINER = 'sallyport-gateway'
export const OUR_CONTAINERS: readonly string[] = [RULES_CONTAINER, SELF_TEST_CONTAINER, GATEWAY_CONTAINER]

/** The projected ServiceAccount token with our audience; only in the gateway. */
export const TOKEN_VOLUME = 'sallyport-token'
/** Recordings and keys; only in the gateway. */
export const STATE_VOLUME = 'sallyport-state'
/** CA bundle; written by the gateway, read by the agent's containers. */
export const TRUST_VOLUME = 'sallyport-trust'
export const OUR_VOLUMES: readonly string[] = [TOKEN_VOLUME, STATE_VOLUME, TRUST_VOLUME]

export const TOKEN_AUDIENCE = 'sallyport.dev/gateway'
export const TOKEN_PATH = '/var/run/sallyport/token/token'
export const STATE_PATH = '/var/lib/sallyport'
export const TRUST_PATH = '/etc/sallyport/trust'
/** In `TRUST_PATH`: public roots, the installation's extra CAs and the pod's own CA, PEM. */
export const TRUST_BUNDLE = 'ca-bundle.crt'
/** In `TRUST_PATH`: the same certificates as a PKCS #12 trust store, for Java; its password is `changeit`. */
export const TRUST_STORE = 'ca-bundle.p12'
/** In `TRUST_PATH`: a folder that stands where programs look for their ServiceAccount's token, without one that is worth anything. */
export const API_ACCESS = 'api-access'

/** Every endpoint has an address of its own in here, the same for the life of the pod. */
export const ENDPOINT_NETWORK = '127.77.0.0/16'
/** The pod's only name server. The packet filter sends whatever is addressed to port 53 to the resolver. */
export const RESOLVER_ADDRESS = '127.77.0.53'
export const PORTS = {
  /** Connections to an endpoint's address arrive here, on that address, whatever port was dialled. */
  steered: 15006,
  /** Connections to any other address arrive here, on 127.0.0.1. */
  catchAll: 15001,
  /** The pod's resolver, on 127.0.0.1. */
  dns: 15053,
  /** Health and metrics, on the pod's IP. */
  health: 15020,
} as const

/** The gateway's UID is drawn from this range, so that no image can be built to run as it. */
export const UID_RANGE = { from: 2 ** 30, below: 2 ** 31 } as const

/** Environment of our containers. */
export const ENVIRONMENT = {
  /** `address:port` of the operator's stream; an address, because the pod's resolver is not to be trusted. */
  operatorAddress: 'SALLYPORT_OPERATOR_ADDRESS',
  /** Name in the operator's certificate. */
  operatorName: 'SALLYPORT_OPERATOR_NAME',
  /** PEM of the authorities that may sign it. */
  operatorCa: 'SALLYPORT_OPERATOR_CA',
  /** The gateway's own UID, for the packet filter and the self-test. */
  gatewayUid: 'SALLYPORT_GATEWAY_UID',
  /** For the packet filter: ports that the pod's own containers serve, `53/udp,8080/tcp`; may be absent. */
  inboundPorts: 'SALLYPORT_INBOUND_PORTS',
  /** From the downward API. */
  podName: 'POD_NAME',
  podNamespace: 'POD_NAMESPACE',
  podUid: 'POD_UID',
  podIps: 'POD_IPS',
} as const
