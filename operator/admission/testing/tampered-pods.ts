// Injected pods, as they could become, and which rules that breaks.
import type { Pod } from '../../inject/pod.ts'
import { GATEWAY_UID } from '../../inject/testdata.ts'

/** What another webhook, or somebody with the right to, could make of an injected pod. */
export const TAMPERED: Readonly<
  Record<string, { readonly edit: (pod: Pod) => object; readonly rules: readonly string[] }>
> = {
  'T22: a container before ours': {
    edit: ({ spec }) => ({
      spec: { ...spec, initContainers: [{ name: 'first', image: 'a' }, ...(spec.initContainers ?? [])] },
    }),
    rules: [
      'gateway-first',
      'gateway-as-rendered',
      'our-names-are-ours',
      'our-volumes-are-ours',
      'gateway-user-is-its-own',
      'gateway-ports-are-its-own',
      'no-capabilities',
      'no-new-privileges',
      'system-calls-filtered',
    ],
  },
  'T23: ours taken out': {
    edit: ({ spec }) => ({ spec: { ...spec, initContainers: [] } }),
    rules: ['gateway-first', 'gateway-as-rendered'],
  },
  'T23: a container added without what the others got': {
    edit: ({ spec }) => ({ spec: { ...spec, containers: [...spec.containers, { name: 'late', image: 'a' }] } }),
    rules: ['no-capabilities', 'no-new-privileges', 'system-calls-filtered'],
  },
  'T27: a variable for the gateway': {
    edit: ({ spec }) => ({
      spec: {
        ...spec,
        initContainers: spec.initContainers?.map((it) => ({
          ...it,
          env: [...(it.env ?? []), { name: 'NODE_OPTIONS', value: '--inspect' }],
        })),
      },
    }),
    rules: ['gateway-as-rendered'],
  },
  'T33: our label taken off': {
    edit: ({ metadata: { labels, ...metadata } }) => ({ metadata }),
    rules: ['marked-as-injected'],
  },
  'T33: our annotations taken off': {
    edit: ({ metadata }) => ({ metadata: { ...metadata, annotations: { 'sallyport.dev/inject': 'true' } } }),
    rules: ['gateway-as-rendered'],
  },
  'T34: not asked for': {
    edit: ({ metadata: { annotations, ...metadata } }) => ({
      metadata: { ...metadata, annotations: { ...annotations, 'sallyport.dev/inject': 'false' } },
    }),
    rules: ['asked-for'],
  },
  'T40: the API token switched on again': {
    edit: ({ spec }) => ({ spec: { ...spec, automountServiceAccountToken: true } }),
    rules: ['no-api-token'],
  },
  'T21: another name server': {
    edit: ({ spec }) => ({ spec: { ...spec, dnsConfig: { nameservers: ['192.0.2.53'] } } }),
    rules: ['gateway-is-the-resolver'],
  },
  'T30: a container added while it runs': {
    edit: ({ spec }) => ({
      spec: {
        ...spec,
        ephemeralContainers: [
          {
            name: 'debug',
            image: 'a',
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
              seccompProfile: { type: 'RuntimeDefault' },
            },
          },
        ],
      },
    }),
    rules: ['no-added-containers'],
  },
  'T01: an image that runs as the gateway’s user, as the kubelet found out': {
    edit: () => ({ status: { containerStatuses: [{ name: 'agent', user: { linux: { uid: GATEWAY_UID, gid: 0 } } }] } }),
    rules: ['gateway-user-is-its-own'],
  },
}
