// Our parts of a pod: three init containers and their volumes.
//
// The three come first and in this order, so that nothing of the author's runs before the rules are loaded and shown to
// hold: `rules` loads the packet filter and is the only one with a capability; `self-test` proves, as an ordinary user, that
// nothing gets out; `gateway` stays (a native sidecar) and the author's first container waits for its start-up probe, which
// is the first policy snapshot in force.
//
// Every member that the API server would default is written out: what is rendered is what the final pod must show.
import { dirname } from 'node:path'
import {
  ENVIRONMENT,
  GATEWAY_CONTAINER,
  PORTS,
  RULES_CONTAINER,
  SELF_TEST_CONTAINER,
  STATE_PATH,
  STATE_VOLUME,
  TOKEN_AUDIENCE,
  TOKEN_PATH,
  TOKEN_VOLUME,
  TRUST_PATH,
  TRUST_VOLUME,
} from '#contracts/pod/names.ts'
import type { JsonObject } from './json.ts'
import type { Container, Resources, SecurityContext, Volume } from './pod.ts'
import type { InjectionSettings } from './settings.ts'

/** What differs from pod to pod. */
export interface PodFacts {
  readonly gatewayUid: number
  /** `53/udp,8080/tcp`; empty if the pod serves nothing. */
  readonly inboundPorts: string
}

export interface OurParts {
  readonly containers: readonly Container[]
  readonly volumes: readonly Volume[]
}

/** Any user but root and the gateway's: what holds for it holds for the agent. */
const SELF_TEST_UID = 65_532
const TRUST_MEBIBYTES = 16

export function render(settings: InjectionSettings, facts: PodFacts): OurParts {
  return {
    containers: [rules(settings, facts), selfTest(settings, facts), gateway(settings, facts)],
    volumes: [
      {
        name: TOKEN_VOLUME,
        projected: {
          defaultMode: 0o644,
          sources: [
            {
              serviceAccountToken: {
                audience: TOKEN_AUDIENCE,
                expirationSeconds: settings.tokenSeconds,
                path: TOKEN_PATH.slice(dirname(TOKEN_PATH).length + 1),
              },
            },
          ],
        },
      },
      { name: STATE_VOLUME, emptyDir: { sizeLimit: mebibytes(settings.stateMebibytes) } },
      { name: TRUST_VOLUME, emptyDir: { sizeLimit: mebibytes(TRUST_MEBIBYTES) } },
    ],
  }
}

function rules(settings: InjectionSettings, { gatewayUid, inboundPorts }: PodFacts): Container {
  return {
    ...container(RULES_CONTAINER, 'rules', settings, settings.resources.rules),
    env: [
      { name: ENVIRONMENT.gatewayUid, value: String(gatewayUid) },
      ...(inboundPorts === '' ? [] : [{ name: ENVIRONMENT.inboundPorts, value: inboundPorts }]),
    ],
    securityContext: {
      ...confined(0),
      runAsNonRoot: false,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
    },
  }
}

function selfTest(settings: InjectionSettings, { gatewayUid }: PodFacts): Container {
  return {
    ...container(SELF_TEST_CONTAINER, 'self-test', settings, settings.resources.selfTest),
    env: [{ name: ENVIRONMENT.gatewayUid, value: String(gatewayUid) }],
    securityContext: confined(SELF_TEST_UID),
  }
}

function gateway(settings: InjectionSettings, { gatewayUid }: PodFacts): Container {
  const { operator } = settings
  return {
    ...container(GATEWAY_CONTAINER, 'gateway', settings, settings.resources.gateway),
    restartPolicy: 'Always',
    env: [
      { name: ENVIRONMENT.operatorAddress, value: operator.address },
      { name: ENVIRONMENT.operatorName, value: operator.name },
      { name: ENVIRONMENT.operatorCa, value: operator.ca },
      { name: ENVIRONMENT.gatewayUid, value: String(gatewayUid) },
      fromPod(ENVIRONMENT.podName, 'metadata.name'),
      fromPod(ENVIRONMENT.podNamespace, 'metadata.namespace'),
      fromPod(ENVIRONMENT.podUid, 'metadata.uid'),
      fromPod(ENVIRONMENT.podIps, 'status.podIPs'),
    ],
    ports: [{ name: 'sallyport', containerPort: PORTS.health, protocol: 'TCP' }],
    securityContext: confined(gatewayUid),
    // Five minutes for an operator that is slow to come; the pod waits, and its events say for whom.
    startupProbe: probe('/started', { periodSeconds: 1, failureThreshold: 300 }),
    readinessProbe: probe('/ready', { periodSeconds: 5, failureThreshold: 2 }),
    volumeMounts: [
      { name: TOKEN_VOLUME, mountPath: dirname(TOKEN_PATH), readOnly: true },
      { name: STATE_VOLUME, mountPath: STATE_PATH },
      { name: TRUST_VOLUME, mountPath: TRUST_PATH },
    ],
  }
}

function container(name: string, mode: string, settings: InjectionSettings, resources: Resources): Container {
  return {
    name,
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    args: [mode],
    resources,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  }
}

/** Said here in full: the author's pod-wide security context holds for every member that a container leaves out. */
function confined(uid: number): SecurityContext {
  return {
    runAsUser: uid,
    runAsGroup: uid,
    runAsNonRoot: true,
    privileged: false,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  }
}

function fromPod(name: string, fieldPath: string): { readonly name: string; readonly valueFrom: JsonObject } {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }
}

function probe(path: string, often: { readonly periodSeconds: number; readonly failureThreshold: number }): JsonObject {
  return {
    httpGet: { path, port: PORTS.health, scheme: 'HTTP' },
    timeoutSeconds: 2,
    successThreshold: 1,
    ...often,
  }
}

/** As the API server writes it: it would turn 1024Mi into 1Gi, and the pod would no longer be what was rendered. */
function mebibytes(count: number): string {
  return count % 1024 === 0 ? `${count / 1024}Gi` : `${count}Mi`
}
