// What is measured: the server itself, two well-known proxies, the floor, and Sallyport under four policies.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#e2e/free-port.ts'
import type { PostgresServer } from '#e2e/postgres/embedded.ts'
import { ALLOW_ALL, type GatewayOptions, startGateway } from '#e2e/postgres/gateway.ts'
import { databaseAccount, giveTo, runAs } from '#e2e/postgres/unprivileged.ts'
import type { Address } from './workloads.ts'

export const TARGETS = [
  'direct',
  'haproxy',
  'pgbouncer',
  'floor',
  'sallyport-allow',
  'sallyport-full',
  'sallyport-tls',
  'sallyport-mask',
  'sallyport-detect',
] as const
export type TargetName = (typeof TARGETS)[number]

export interface Target {
  readonly name: TargetName
  readonly address: Address
  /** Absent for the server itself: its cost is everybody's. */
  readonly processId?: number
  stop(): Promise<void>
}

const HOST = '127.0.0.1'
const USER = 'bench'

export async function startTarget(name: TargetName, server: PostgresServer, direct: Address): Promise<Target> {
  if (name === 'direct') return { name, address: direct, stop: async () => {} }
  if (name === 'haproxy') return haproxy(server, direct)
  if (name === 'pgbouncer') return pgbouncer(server, direct)
  if (name === 'floor') return floor(server, direct)
  return sallyport(name, server, direct)
}

/** A busy policy: rules that do not match come first, as they would in a real one. */
const FULL = {
  rules: [
    {
      name: 'no-destruction',
      match: { verbs: ['drop', 'truncate'], objects: [{ kind: 'table', names: ['public.*'] }] },
      action: 'Deny',
    },
    { name: 'bulk', match: { verbs: ['delete', 'update'], condition: '!facts.hasWhere' }, action: 'Deny' },
    { name: 'no-roles', match: { verbs: ['grant', 'revoke'] }, action: 'Deny' },
    { name: 'reads', match: { effects: ['Read'] }, action: 'Allow' },
    {
      name: 'writes',
      match: { effects: ['Write'], objects: [{ kind: 'table', names: ['public.pgbench_*'] }] },
      action: 'Allow',
    },
  ],
  masking: [],
  limits: [],
  recording: { level: 'Full' },
}

const POLICIES: Readonly<
  Record<Exclude<TargetName, 'direct' | 'haproxy' | 'pgbouncer' | 'floor'>, GatewayOptions['policies'][number]>
> = {
  'sallyport-allow': { ...ALLOW_ALL, recording: { level: 'Metadata' } },
  'sallyport-full': FULL,
  /** The same with TLS between pgbench and the gateway. */
  'sallyport-tls': FULL,
  'sallyport-mask': {
    ...FULL,
    masking: [
      {
        name: 'pii',
        columns: ['public.people.email', 'public.people.ssn', 'public.people.phone'],
        strategy: 'Partial',
        predicates: 'Deny',
        copies: 'Deny',
        writes: 'Deny',
      },
    ],
  },
  'sallyport-detect': {
    ...FULL,
    masking: [
      {
        name: 'content',
        detectors: [
          'CreditCard',
          'IBAN',
          'Email',
          'USSocialSecurityNumber',
          'Phone',
          'JWT',
          'AWSAccessKey',
          'PrivateKey',
        ],
        strategy: 'Redact',
      },
    ],
  },
}

async function sallyport(name: keyof typeof POLICIES, server: PostgresServer, direct: Address): Promise<Target> {
  const { host, port } = server
  const gateway = await startGateway({
    upstream: { host, port, user: USER, password: direct.password },
    policies: [POLICIES[name]],
  })
  const tls = name === 'sallyport-tls'
  return {
    name,
    address: { ...direct, port: gateway.port, tls },
    processId: gateway.processId,
    stop: () => gateway.stop(),
  }
}

async function floor(server: PostgresServer, direct: Address): Promise<Target> {
  const port = await freePort()
  const child = spawn(process.execPath, [
    join(import.meta.dirname, 'floor.ts'),
    String(port),
    HOST,
    String(server.port),
    server.host,
  ])
  return started('floor', child, { ...direct, port })
}

async function haproxy(server: PostgresServer, direct: Address): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-haproxy-'))
  const port = await freePort()
  const file = join(folder, 'haproxy.cfg')
  await writeFile(
    file,
    `global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen postgres
  bind ${HOST}:${port}
  server one ${server.host}:${server.port}
`,
  )
  return started('haproxy', spawn('haproxy', ['-db', '-q', '-f', file]), { ...direct, port }, folder)
}

async function pgbouncer(server: PostgresServer, direct: Address): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-pgbouncer-'))
  const account = await databaseAccount()
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  const users = join(folder, 'users.txt')
  await writeFile(users, `"${USER}" "${direct.password}"\n`)
  await writeFile(
    file,
    `[databases]
${direct.database} = host=${server.host} port=${server.port}
[pgbouncer]
listen_addr = ${HOST}
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = session
max_client_conn = 500
default_pool_size = 100
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
logfile = ${join(folder, 'log')}
`,
  )
  for (const path of [folder, file, users]) await giveTo(account, path)
  const child = spawn('pgbouncer', ['-q', file], { cwd: '/', ...runAs(account) })
  return started('pgbouncer', child, { ...direct, port }, folder)
}

async function started(name: TargetName, child: ChildProcess, address: Address, folder?: string): Promise<Target> {
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-4000)
  })
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new Error(`${name} cannot be started`, { cause })))
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${words}`)))
  })
  failed.catch(() => {})
  const abandon = () => child.kill('SIGKILL')
  process.once('exit', abandon)
  await Promise.race([failed, listening(address.port)])
  return {
    name,
    address,
    ...(child.pid === undefined ? {} : { processId: child.pid }),
    stop: async () => {
      process.removeListener('exit', abandon)
      child.kill('SIGKILL')
      if (folder) await rm(folder, { recursive: true, force: true })
    },
  }
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answered = await new Promise<boolean>((resolve) => {
      const probe = connect(port, HOST, () => {
        probe.destroy()
        resolve(true)
      })
      probe.once('error', () => resolve(false))
    })
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`nothing listens on port ${port}`)
}
