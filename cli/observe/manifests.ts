// Proposals as manifests to edit. What opens anything is commented out: a person decides that, not a list of what was tried.
import { hostPort } from '#sidecar/net/host-port.ts'
import type { Left, Proposal } from './proposals.ts'

export function manifestsFor(proposals: readonly Proposal[], agents: string): string {
  const namespaces = [...new Set(proposals.map(({ namespace }) => namespace))]
  const made = proposals.filter(({ exists }) => !exists)
  return [
    ...made.flatMap((proposal) => [
      connection(proposal),
      ...(proposal.protocol === 'PostgreSQL' ? [secret(proposal)] : []),
      ...(proposal.needsGrant ? [grant(proposal)] : []),
    ]),
    ...namespaces.flatMap((namespace) =>
      policies(
        proposals.filter((proposal) => proposal.namespace === namespace),
        namespace,
        agents,
      ),
    ),
  ].join('---\n')
}

/** What is not proposed, as comments; whatever the agent made up must not end the comment. */
export function leftText(left: readonly Left[]): string {
  const more = left.length - MOST_LEFT
  const lines = left.slice(0, MOST_LEFT).map(({ destination: { host, port, portGuessed }, why }) => {
    const place = portGuessed ? host : `${host}:${port}`
    return `# Not proposed: ${JSON.stringify(place.slice(0, 300)).replace(/[^\x20-\x7e]/g, '?')}: ${why}.\n`
  })
  return [...lines, ...(more > 0 ? [comment(`Not proposed: ${more} more; the table has them.`)] : [])].join('')
}

/** The agent decides how many there are. */
const MOST_LEFT = 50

/** YAML 1.1 takes these for something else than text. */
const WORDS = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n'])

function text(value: string): string {
  return /^[a-z][-a-z0-9.]*$/.test(value) && !WORDS.has(value) ? value : JSON.stringify(value)
}

function connection({ destination, name, namespace, protocol, tls, remarks }: Proposal): string {
  const { host, port, times, pods } = destination
  const who = pods.length === 1 ? `1 pod (${pods[0]})` : `${pods.length} pods`
  return `${[`Refused at least ${times} ${times === 1 ? 'time' : 'times'}, to ${who}.`, ...remarks].map(comment).join('')}\
apiVersion: sallyport.dev/v1alpha1
kind: Connection
metadata: {name: ${text(name)}, namespace: ${text(namespace)}}
spec:
  protocol: ${protocol}
  endpoints:
    - {host: ${text(host)}, port: ${port}}
${protocol === 'PostgreSQL' ? `  # The certificate must be good for the host under the public roots; for an authority of your own: tls.caRef.\n  credentials: {secretRef: {name: ${text(secretName(name))}}}\n` : ''}\
${tls === undefined ? '' : `  settings: {tls: ${tls}}\n`}`
}

function secret({ name, namespace }: Proposal): string {
  return `# What the gateway logs in with; agents never see it. Better made by whoever keeps the password than written here.
apiVersion: v1
kind: Secret
metadata: {name: ${text(secretName(name))}, namespace: ${text(namespace)}}
type: sallyport.dev/credentials
stringData: {username: FILL-IN, password: FILL-IN}
`
}

function secretName(name: string): string {
  return `${name}-gateway`
}

function grant({ destination: { host, port }, name, namespace, protocol }: Proposal): string {
  const opened = `apiVersion: sallyport.dev/v1alpha1
kind: EndpointGrant
metadata: {name: ${text(`${namespace}-${name}`)}}
spec:
  hosts: [${text(host)}]
  ports: [${port}]
  protocols: [${protocol}]
  namespaces: [${text(namespace)}]
`
  const intent = `This would let namespace ${namespace} claim a host outside the cluster; the platform team decides.`
  return `${comment(intent)}${closed(opened)}`
}

/** A policy takes no more Connections than this; agents may have tried many places. */
const MOST_CONNECTIONS = 50

function policies(proposals: readonly Proposal[], namespace: string, agents: string): readonly string[] {
  const connections = [...Map.groupBy(proposals, ({ name }) => name)]
  const parts: string[] = []
  for (let from = 0; from < connections.length; from += MOST_CONNECTIONS) {
    const name = `observed-${agents}`.slice(0, 55).replace(/-+$/, '')
    const part = connections.slice(from, from + MOST_CONNECTIONS)
    parts.push(policy(part, { name: from === 0 ? name : `${name}-${parts.length + 1}`, namespace }, agents))
  }
  return parts
}

function policy(
  connections: readonly (readonly [name: string, places: readonly Proposal[]])[],
  { name, namespace }: { readonly name: string; readonly namespace: string },
  agents: string,
): string {
  const places = connections.flatMap(([, proposals]) => proposals)
  const rules = connections.flatMap(([connection, proposals]) => {
    const names = proposals.filter(({ protocol }) => protocol === 'TCP').map(({ destination }) => endpoint(destination))
    if (names.length === 0) return []
    return `    - name: ${text(`to-${connection}`)}
      match: {verbs: [connect], objects: [{kind: endpoint, names: [${names.join(', ')}]}]}
      action: Allow
`
  })
  const reads = places.some(({ protocol }) => protocol !== 'TCP')
    ? '    - name: reads\n      match: {effects: [Read]}\n      action: Allow\n'
    : ''
  const opened = `apiVersion: sallyport.dev/v1alpha1
kind: AccessPolicy
metadata: {name: ${text(name)}, namespace: ${text(namespace)}}
spec:
  # Narrow it to the ServiceAccounts that need it.
  agents: {namespaces: [${text(agents)}]}
  connections: [${connections.map(([connection]) => text(connection)).join(', ')}]
  rules:
${reads}${rules.join('')}  masking: []
  limits: []
`
  const told = places.filter(({ exists }) => exists).map(theirs)
  return [...told, comment('This would open it.'), closed(opened)].join('')
}

function closed(manifest: string): string {
  const lines = manifest.split('\n').slice(0, -1)
  return [
    comment('Take the first "# " of each line below away once you want that.'),
    ...lines.map((line) => `# ${line}\n`),
  ].join('')
}

/** As rules name it. */
function endpoint({ host, port }: Proposal['destination']): string {
  return JSON.stringify(hostPort(host, port))
}

function theirs({ name, namespace, remarks, destination: { host, port } }: Proposal): string {
  const sentence = `${host}:${port} is an endpoint of Connection ${namespace}/${name}; no policy opens it for these pods.`
  return [sentence, ...remarks].map(comment).join('')
}

function comment(sentence: string): string {
  return `# ${sentence}\n`
}
