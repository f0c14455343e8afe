// What has come over the stream, as messages. Each side reads only what the other may say; anything else breaks the stream.
import { count, dictionary, type Fields, fieldsOf, flag, list, optional, text, texts } from './fields.ts'
import { FrameError } from './frames.ts'
import type { FromGateway, FromOperator, PodIdentity, ResourceDocument, Snapshot, SteeredEndpoint } from './messages.ts'

/** Of one line. A gateway says little; a snapshot may carry hundreds of policies. */
export const MOST_BYTES = { fromGateway: 65_536, fromOperator: 64 * 1024 * 1024 } as const

export function parseFromGateway(value: unknown): FromGateway {
  const fields = fieldsOf(value, 'whole')
  switch (fields['type']) {
    case 'hello':
      return {
        type: 'hello',
        protocol: count(fields, 'protocol'),
        token: text(fields, 'token', 32_768),
        version: text(fields, 'version', 64),
        recordingKey: text(fields, 'recordingKey', 4_096),
      }
    case 'acknowledged':
      return { type: 'acknowledged', version: text(fields, 'version', 128) }
    case 'rejected':
      return { type: 'rejected', version: text(fields, 'version', 128), problem: text(fields, 'problem', 4_096) }
    case 'alive':
      return { type: 'alive', sessions: count(fields, 'sessions') }
    case 'refused':
      return {
        type: 'refused',
        host: text(fields, 'host', 256),
        times: count(fields, 'times'),
        ...optional(fields, 'port', count),
      }
    case 'budget':
      return {
        type: 'budget',
        limit: text(fields, 'limit', 1_024),
        since: count(fields, 'since'),
        serial: count(fields, 'serial'),
        used: count(fields, 'used'),
        confirmed: count(fields, 'confirmed'),
        held: count(fields, 'held'),
        wanted: count(fields, 'wanted'),
        urgent: flag(fields, 'urgent'),
        ...optional(fields, 'max', count),
        ...optional(fields, 'windowSeconds', count),
      }
    default:
      throw unknownType(fields)
  }
}

export function parseFromOperator(value: unknown): FromOperator {
  const fields = fieldsOf(value, 'whole')
  switch (fields['type']) {
    case 'welcome':
      return {
        type: 'welcome',
        agent: identity(fields['agent']),
        aliveSeconds: count(fields, 'aliveSeconds'),
        silenceSeconds: count(fields, 'silenceSeconds'),
        staleSeconds: count(fields, 'staleSeconds'),
        maskingKeys: maskingKeys(fields['maskingKeys']),
        extraCas: texts(fields, 'extraCas', 1_000, 65_536),
      }
    case 'snapshot':
      return snapshot(fields)
    case 'cut':
      return { type: 'cut', reason: text(fields, 'reason', 4_096) }
    case 'beat':
      return { type: 'beat' }
    case 'lease':
      return {
        type: 'lease',
        limit: text(fields, 'limit', 1_024),
        serial: count(fields, 'serial'),
        holds: count(fields, 'holds'),
        counted: count(fields, 'counted'),
        seconds: count(fields, 'seconds'),
        ...optional(fields, 'retrySeconds', count),
      }
    case 'recall':
      return { type: 'recall', limit: text(fields, 'limit', 1_024), most: count(fields, 'most') }
    case 'refusal':
      return { type: 'refusal', reason: text(fields, 'reason', 4_096), final: flag(fields, 'final') }
    default:
      throw unknownType(fields)
  }
}

function snapshot(fields: Fields): Snapshot {
  const documents = (name: string) => list(fields, name, MOST_OBJECTS, document)
  return {
    type: 'snapshot',
    version: text(fields, 'version', 128),
    agent: identity(fields['agent']),
    connections: documents('connections'),
    accessPolicies: documents('accessPolicies'),
    clusterAccessPolicies: documents('clusterAccessPolicies'),
    identityProviders: documents('identityProviders'),
    secrets: documents('secrets'),
    configMaps: documents('configMaps'),
    invalidPolicies: dictionary(fields, 'invalidPolicies', MOST_OBJECTS),
    connectionProblems: dictionary(fields, 'connectionProblems', MOST_OBJECTS),
    endpoints: list(fields, 'endpoints', MOST_OBJECTS, endpoint),
    nameServers: texts(fields, 'nameServers', 16, 64),
    clusterDomain: text(fields, 'clusterDomain', 253),
    ...optional(fields, 'quarantine', (of, name) => text(of, name, 4_096)),
  }
}

const MOST_OBJECTS = 10_000

function document(value: unknown): ResourceDocument {
  return fieldsOf(value, 'resource')
}

function endpoint(value: unknown): SteeredEndpoint {
  const fields = fieldsOf(value, 'endpoint')
  return {
    host: text(fields, 'host', 253),
    port: count(fields, 'port'),
    connections: texts(fields, 'connections', MOST_OBJECTS, 512),
    addresses: texts(fields, 'addresses', 1_000, 64),
  }
}

function identity(value: unknown): PodIdentity {
  const fields = fieldsOf(value, 'agent')
  return {
    namespace: text(fields, 'namespace', 63),
    serviceAccount: text(fields, 'serviceAccount', 253),
    pod: text(fields, 'pod', 253),
    podUid: text(fields, 'podUid', 64),
    labels: dictionary(fields, 'labels', 1_000),
    namespaceLabels: dictionary(fields, 'namespaceLabels', 1_000),
  }
}

function maskingKeys(value: unknown): { readonly hash: string; readonly tokenize: string } {
  const fields = fieldsOf(value, 'maskingKeys')
  return { hash: text(fields, 'hash', 128), tokenize: text(fields, 'tokenize', 128) }
}

function unknownType(fields: Fields): FrameError {
  return new FrameError(`a message of type ${JSON.stringify(fields['type'])?.slice(0, 64)} is not known`)
}
