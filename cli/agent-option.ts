// `--agent namespace=agents,serviceAccount=analyst,labels=app=analyst;tier=one`
import type { Agent } from '#sidecar/identity/agent.ts'

/** Throws with the remedy. Without a text: the identity that Kubernetes gives when nothing else is said. */
export function parseAgent(text: string | undefined): Agent {
  const fields = new Map<string, string>()
  for (const field of text?.split(',') ?? []) {
    const [name = '', ...rest] = field.split('=')
    const allowed = [...KNOWN].join(', ')
    if (!KNOWN.has(name)) throw new Error(`--agent ${text}: there is no key "${name}"; allowed are ${allowed}`)
    const value = rest.join('=')
    if (value === '') throw new Error(`--agent ${text}: ${name}=VALUE is expected`)
    fields.set(name, value)
  }
  const namespace = fields.get('namespace') ?? 'default'
  const pod = fields.get('pod')
  return {
    namespace,
    serviceAccount: fields.get('serviceAccount') ?? 'default',
    labels: labelsOf(fields.get('labels')),
    // What the API server itself puts on every namespace.
    namespaceLabels: { 'kubernetes.io/metadata.name': namespace, ...labelsOf(fields.get('namespaceLabels')) },
    ...(pod === undefined ? {} : { pod }),
  }
}

export const AGENT_KEYS = ['namespace', 'serviceAccount', 'labels', 'namespaceLabels', 'pod'] as const
const KNOWN: ReadonlySet<string> = new Set(AGENT_KEYS)

function labelsOf(text: string | undefined): Record<string, string> {
  const pairs = text?.split(';').filter(Boolean) ?? []
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new Error(`--agent: label "${pair}": key=value is expected, several with ; between them`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
