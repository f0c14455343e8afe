// Asks the cluster for everything that the checks look at. What may not be asked is a fact too.
import { isDeepStrictEqual } from 'node:util'
import { ApiError } from '#operator/kube/api-error.ts'
import type { Api } from '#operator/kube/client.ts'
import { listAll } from '#operator/kube/list-all.ts'
import { isRecord, type KubeObject } from '#operator/kube/object.ts'
import type { Resource } from '#operator/kube/resource.ts'
import type { Transport } from '#operator/kube/transport.ts'
import { CONFIG_MAPS, NAMESPACES, PODS, SERVICES } from '#operator/resources.ts'
import { reasonOf } from '../cluster.ts'
import { agentNamespaces } from './checks/namespaces.ts'
import type { Asked, Definition, Facts, Release, Settings } from './facts.ts'
import { definitionOf, nodeOf, podOf, releaseOf, serviceOf, settingsOf, templateOf } from './objects.ts'
import { DEFINITIONS, DEPLOYMENTS, NODES, POLICIES, POLICY_BINDINGS, RUNTIME_CLASSES, WORKLOADS } from './resources.ts'
import { askRights } from './rights.ts'
import { tryPod } from './trial.ts'

export type DoctorApi = Pick<Api, 'get' | 'list' | 'create' | 'createReview'>
const PAGE = 250
const MOST_VERSION_BYTES = 65_536

export async function gather(
  api: DoctorApi,
  transport: Pick<Transport, 'open'>,
  kinds: readonly Kind[],
): Promise<Facts> {
  const signal = new AbortController().signal
  const all = async <T>(
    resource: Resource,
    prune: (object: KubeObject) => T | undefined,
    labelSelector?: string,
  ): Promise<readonly T[]> => {
    const { entries } = await listAll(api, resource, { labelSelector, pageSize: PAGE }, prune, signal)
    return [...entries.values()].map(({ value }) => value)
  }
  // Who is not answered here is not answered anywhere, and would wait for each question again.
  await api.list(NAMESPACES, { limit: 1 }).catch((error) => {
    if (!(error instanceof ApiError) || error.code === 0 || error.code === 401) throw error
  })
  const releases = await asked(all(DEPLOYMENTS, releaseOf, 'app.kubernetes.io/name=sallyport'))
  const release = 'known' in releases && releases.known.length === 1 ? releases.known[0] : undefined
  const settings = await asked(settingsFor(api, release))
  const owners = 'known' in settings ? settings.known.ownerNamespaces : []
  const templates = await asked(
    Promise.all(WORKLOADS.map((resource) => all(resource, templateOf))).then((lists) => lists.flat()),
  )
  const seen = {
    releases,
    settings,
    templates,
    version: await asked(versionOf(transport, signal)),
    nodes: await asked(all(NODES, nodeOf)),
    runtimeClasses: await asked(
      all(RUNTIME_CLASSES, ({ metadata: { name }, handler }) => ({ name, handler: String(handler) })),
    ),
    definitions: await asked(all(DEFINITIONS, definitionOf).then((found) => compare(found, kinds))),
    admissionPolicies: await asked(boundPolicies(all)),
    rights: await asked(askRights(api, release, owners)),
    namespaces: await asked(
      all(NAMESPACES, ({ metadata: { name, labels = {}, annotations = {} } }) => ({ name, labels, annotations })),
    ),
    services: await asked(all(SERVICES, serviceOf)),
    pods: await asked(all(PODS, podOf)),
  }
  return { ...seen, trial: release === undefined ? { unknown: 'nothing is installed' } : await trialIn(api, seen) }
}

/** What a kind's definition must say. */
export interface Kind {
  readonly kind: string
  readonly apiVersion: string
  readonly schema: unknown
}

async function asked<T>(answer: Promise<T>): Promise<Asked<T>> {
  try {
    return { known: await answer }
  } catch (error) {
    return { unknown: reasonOf(error) }
  }
}

async function trialIn(api: DoctorApi, seen: Omit<Facts, 'trial'>): Promise<Facts['trial']> {
  const agents = agentNamespaces({ ...seen, trial: { unknown: '' } })
  const [first] = 'known' in agents ? agents.known : []
  return asked(tryPod(api, first?.name ?? 'default'))
}

async function settingsFor(api: DoctorApi, release: Release | undefined): Promise<Settings> {
  if (release === undefined) throw new Error('nothing is installed')
  const { namespace, name } = release
  return settingsOf(await api.get(CONFIG_MAPS, { namespace, name: `${name}-settings` }))
}

async function boundPolicies(
  all: <T>(resource: Resource, prune: (object: KubeObject) => T | undefined) => Promise<readonly T[]>,
): Promise<readonly string[]> {
  const bound = await all(POLICY_BINDINGS, ({ spec }) => (isRecord(spec) ? spec['policyName'] : undefined))
  return (await all(POLICIES, ({ metadata }) => metadata.name)).filter((name) => bound.includes(name))
}

function compare(found: readonly KubeObject[], kinds: readonly Kind[]): readonly Definition[] {
  return kinds.map(({ kind, apiVersion, schema }) => {
    const definition = found.find(
      ({ spec }) => isRecord(spec) && isRecord(spec['names']) && spec['names']['kind'] === kind,
    )
    if (definition === undefined) return { kind, state: 'missing' }
    const { spec, status } = definition
    const conditions = isRecord(status) && Array.isArray(status['conditions']) ? status['conditions'] : []
    const established = conditions.some(({ type, status: held }) => type === 'Established' && held === 'True')
    if (!established) return { kind, state: 'not established' }
    const versions: readonly unknown[] = isRecord(spec) && Array.isArray(spec['versions']) ? spec['versions'] : []
    const [, version] = apiVersion.split('/')
    const served = versions.find((each) => isRecord(each) && each['name'] === version && each['served'] === true)
    const there = isRecord(served) && isRecord(served['schema']) ? served['schema']['openAPIV3Schema'] : undefined
    return { kind, state: isDeepStrictEqual(there, schema) ? 'current' : 'another version' }
  })
}

/** No object: asked of the transport itself. */
async function versionOf(transport: Pick<Transport, 'open'>, signal: AbortSignal): Promise<string> {
  const ends = AbortSignal.any([signal, AbortSignal.timeout(30_000)])
  const { status, body } = await transport.open({ method: 'GET', path: '/version' }, ends)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MOST_VERSION_BYTES) throw new Error('the answer to /version is too large')
    chunks.push(chunk)
  }
  const answer: unknown = status === 200 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined
  const version = isRecord(answer) ? answer['gitVersion'] : undefined
  if (typeof version !== 'string') throw new Error(`/version is answered with ${status} and no version`)
  return version
}
