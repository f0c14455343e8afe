// Loads the packet filter into the kernel and looks whether it is there: the work of the pod's first init container, the only one
// with NET_ADMIN.
import { spawn } from 'node:child_process'
import { ENVIRONMENT, UID_RANGE } from '#contracts/pod/names.ts'
import { systemReason } from '#sidecar/system-reason.ts'
import { CHAINS, type OpenPort, type Rule, ruleset, rulesFor, TABLE } from './rules.ts'

export interface NftResult {
  readonly ok: boolean
  readonly output: string
  /** What it complained of, or why it did not run. */
  readonly problem: string
}

export type RunNft = (args: readonly string[], input: string) => Promise<NftResult>

/** Resolves to why the filter is not in force; undefined if it is. */
export async function loadRules(env: NodeJS.ProcessEnv, nft: RunNft = runNft): Promise<string | undefined> {
  const gatewayUid = readUid(env[ENVIRONMENT.gatewayUid])
  if (gatewayUid === undefined)
    return `${ENVIRONMENT.gatewayUid} must be a UID from ${UID_RANGE.from} to ${UID_RANGE.below - 1}`
  const openPorts: OpenPort[] = []
  for (const text of (env[ENVIRONMENT.inboundPorts] ?? '').split(',').filter((part) => part !== '')) {
    const port = readPort(text)
    if (!port) return `${ENVIRONMENT.inboundPorts} has ${JSON.stringify(text)}, which is no port like 8080/tcp`
    openPorts.push(port)
  }
  const rules = rulesFor({ gatewayUid, openPorts })
  const loaded = await nft(['-f', '-'], ruleset(rules))
  if (!loaded.ok) return `nft could not load it: ${loaded.problem}${remedy(loaded.problem)}`
  const listed = await nft(['list', 'table', 'inet', TABLE], '')
  if (!listed.ok) return `nft could not list it: ${listed.problem}`
  return missing(rules, listed.output)
}

/** The gateway's UID as the webhook gave it. */
export function readUid(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{10}$/.test(text)) return undefined
  const uid = Number(text)
  return uid >= UID_RANGE.from && uid < UID_RANGE.below ? uid : undefined
}

function readPort(text: string): OpenPort | undefined {
  const [, digits, name] = /^(\d{1,5})\/(tcp|udp|sctp)$/.exec(text) ?? []
  const protocol = (['tcp', 'udp', 'sctp'] as const).find((one) => one === name)
  const port = Number(digits)
  return protocol && port >= 1 && port <= 65_535 ? { protocol, port } : undefined
}

/** What the kernel does not have of what it was given. A kernel that lacks a feature fails at loading; one that forgets does so here. */
function missing(rules: readonly Rule[], listing: string): string | undefined {
  const lines = listing.split('\n').map((line) => line.trim())
  const header = Object.values(CHAINS).find((text) => !lines.some((line) => sameHeader(line, text)))
  if (header !== undefined) return `the kernel does not show a chain of ${header}`
  const found = lines.flatMap((line) => /comment "([^"]*)"$/.exec(line)?.[1] ?? [])
  const lost = rules.find(({ name }, at) => found[at] !== name)
  return lost || found.length !== rules.length
    ? `the kernel does not show the rule ${JSON.stringify(lost?.name)} where it was put`
    : undefined
}

/** nft lists priorities by name: `filter` for 0, and so on. */
function sameHeader(line: string, header: string): boolean {
  const words = (text: string): string => text.replace(/ priority [^;]+;/, '')
  return words(line) === words(header)
}

/** What nft says where the kernel lacks something is the same in every case: an errno without a noun. */
function remedy(problem: string): string {
  if (/not permitted|denied/i.test(problem)) return ' (this container needs the capability NET_ADMIN, and root)'
  if (/not supported|No such file|protocol error|netlink/i.test(problem))
    return ' (this kernel or runtime has no nftables: the modules nf_tables, nft_nat, nft_ct, nft_limit and nft_connlimit are needed; gVisor has none)'
  return ''
}

/** More than nft ever says of our table. */
const MOST_OUTPUT = 1 << 20

function runNft(args: readonly string[], input: string): Promise<NftResult> {
  return new Promise((resolve) => {
    const child = spawn('nft', args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const heard = { output: '', problem: '' }
    const hear = (name: 'output' | 'problem') => (chunk: Buffer) => {
      if (heard[name].length < MOST_OUTPUT) heard[name] += chunk.toString('utf8')
    }
    child.stdout.on('data', hear('output'))
    child.stderr.on('data', hear('problem'))
    child.on('error', (error) => resolve({ ok: false, output: '', problem: systemReason(error) }))
    child.on('close', (code) => {
      resolve({ ok: code === 0, output: heard.output, problem: heard.problem.trim() || `exit status ${code}` })
    })
    // A program that ends before it has read everything says so by its exit status.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
