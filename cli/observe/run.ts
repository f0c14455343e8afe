// `sallyport observe NAMESPACE`: Events in, manifests out.
import type { Api } from '#operator/kube/client.ts'
import { openCluster, reasonOf } from '../cluster.ts'
import { understand } from '../command-line.ts'
import type { Outputs } from '../io.ts'
import { destinationsOf } from './destinations.ts'
import { gather, isAbsent } from './gather.ts'
import { leftText, manifestsFor } from './manifests.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { hasOutside, propose } from './proposals.ts'
import { table } from './table.ts'

type Opened = { readonly api: Pick<Api, 'get' | 'list'> & { close(): void } }

export async function run(
  args: readonly string[],
  io: Outputs,
  open: () => Promise<Opened> = openCluster,
  now: () => number = Date.now,
): Promise<number> {
  const options = understand('observe', USAGE, io, () => readOptions(args))
  if (typeof options === 'number') return options
  try {
    const { api } = await open()
    try {
      return await observe(options, api, io, now())
    } finally {
      api.close()
    }
  } catch (error) {
    io.stderr.write(`sallyport observe: ${reasonOf(error)}\n`)
    return 1
  }
}

async function observe(
  { namespace, sinceSeconds, owner }: Options,
  api: Opened['api'],
  { stdout, stderr }: Outputs,
  now: number,
): Promise<number> {
  const { seen, cluster, connections, owners, missing } = await gather(api, namespace, now - sinceSeconds * 1000)
  for (const reason of missing) stderr.write(`sallyport observe: not everything could be looked at: ${reason}\n`)
  if (seen.length === 0) {
    const absent = await isAbsent(api, namespace)
    stderr.write(absent ? `sallyport observe: there is no namespace ${namespace}\n` : nothing(namespace))
    return 1
  }
  const destinations = destinationsOf(seen, cluster)
  stderr.write(table(destinations))
  const outside = owner ?? (owners.length === 1 ? owners[0] : undefined)
  if (outside === undefined && hasOutside(destinations, connections)) throw new Error(whichOwner(owners))
  const { proposals, left } = propose(destinations, { labelled: owners, outside: outside ?? namespace, connections })
  stdout.write(`${leftText(left)}${manifestsFor(proposals, namespace)}`)
  return 0
}

function nothing(namespace: string): string {
  return `sallyport observe: no pod of namespace ${namespace} was refused anything in this time.
  - Pods are watched once they carry the gateway: kubectl get pods -n ${namespace} -l sallyport.dev/injected
  - Let the agent try what it needs, then ask again; clusters forget Events after an hour.
  - What a policy refused on a Connection that exists is in the audit events: kubectl logs POD -c sallyport-gateway
`
}

function whichOwner(owners: readonly string[]): string {
  return owners.length === 0
    ? 'no namespace owns targets yet: kubectl label namespace NAME sallyport.dev/owner=true, or say which with --owner NAME'
    : `${owners.join(', ')} all own targets: say with --owner which of them gets the hosts outside the cluster`
}
