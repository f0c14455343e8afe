// The real client, libpq's psql, through a login of ours to a real server: every sslmode, passwords and tokens.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type PostgresServer, startPostgres, whyMissing } from '#e2e/postgres/embedded.ts'
import type { User } from '#sidecar/identity/agent.ts'
import { TokenRefused } from '#sidecar/identity/oidc.ts'
import { AgentTls } from '#sidecar/net/agent-tls.ts'
import { ScramKeyCache } from '../scram/keys.ts'
import { dialUpstream } from '../upstream/dial.ts'
import type { Target } from '../upstream/target.ts'
import { type AgentLogin, type Authenticated, authenticateAgent } from './authenticate.ts'
import { sayFatal } from './farewell.ts'
import { acceptHello } from './hello.ts'
import { welcome } from './welcome.ts'

const scramKeys = new ScramKeyCache()
const NONE: AgentLogin = { kind: 'none' }
const SCRAM: AgentLogin = { kind: 'password', password: 'agents-only', salt: Buffer.alloc(16, 7), scramKeys }
const TOKEN: AgentLogin = { kind: 'token', verify }
const GOOD_TOKEN = 'aGVhZGVy.Z29vZA.c2ln'

async function verify(token: string): Promise<User> {
  if (token !== GOOD_TOKEN) throw new TokenRefused('it has expired')
  return { provider: 'corp', username: 'ana', groups: [] }
}

interface Row {
  readonly connection: string
  readonly login?: AgentLogin
  readonly password?: string
  readonly tls?: false
  readonly says: RegExp
  readonly user?: string | undefined
}

const verifyFull = 'sslmode=verify-full host=localhost'
const ROWS: Readonly<Record<string, Row>> = {
  'sslmode=disable': { connection: 'sslmode=disable', says: /^42\|off$/ },
  'sslmode=prefer where TLS is offered': { connection: 'sslmode=prefer', says: /^42\|on$/ },
  'sslmode=prefer where it is not': { connection: 'sslmode=prefer', tls: false, says: /^42\|off$/ },
  'sslmode=require': { connection: 'sslmode=require', says: /^42\|on$/ },
  'sslmode=require where TLS is not offered': {
    connection: 'sslmode=require',
    tls: false,
    says: /server does not support SSL/,
  },
  'sslmode=verify-ca': { connection: 'sslmode=verify-ca', says: /^42\|on$/ },
  'sslmode=verify-full': { connection: verifyFull, says: /^42\|on$/ },
  'sslmode=verify-full by address': { connection: 'sslmode=verify-full host=127.0.0.1', says: /^42\|on$/ },
  'sslmode=verify-full for another host': {
    connection: 'sslmode=verify-full host=other.example',
    says: /does not match host name/,
  },
  'the agent password': { connection: verifyFull, login: SCRAM, password: 'agents-only', says: /^42\|on$/ },
  'the agent password in the clear, which SCRAM keeps secret': {
    connection: 'sslmode=disable',
    login: SCRAM,
    password: 'agents-only',
    says: /^42\|off$/,
  },
  'the agent password with channel binding': {
    connection: `${verifyFull} channel_binding=require`,
    login: SCRAM,
    password: 'agents-only',
    says: /^42\|on$/,
  },
  'channel binding where no password is asked for': {
    connection: `${verifyFull} channel_binding=require`,
    password: 'x',
    says: /channel binding required/,
  },
  'the wrong agent password': {
    connection: verifyFull,
    login: SCRAM,
    password: 'guess',
    says: /password authentication failed for user "agent".*HINT: {2}The gateway asks for its own agentPassword/s,
  },
  'no agent password': { connection: verifyFull, login: SCRAM, says: /no password supplied/ },
  'a token': { connection: verifyFull, login: TOKEN, password: GOOD_TOKEN, says: /^42\|on$/, user: 'ana' },
  'a token in the clear on the loopback': {
    connection: 'sslmode=disable',
    login: TOKEN,
    password: GOOD_TOKEN,
    says: /^42\|off$/,
    user: 'ana',
  },
  'a token that is refused': {
    connection: verifyFull,
    login: TOKEN,
    password: 'aGVhZGVy.b2xk.c2ln',
    says: /the identity token was refused: it has expired/,
  },
  'an ordinary password where a token is asked for is nobody': {
    connection: verifyFull,
    login: TOKEN,
    password: 'changeme',
    says: /^42\|on$/,
    user: undefined,
  },
  'a very long token': {
    connection: verifyFull,
    login: TOKEN,
    password: `a.${'b'.repeat(8_000)}.c`,
    says: /it has expired/,
  },
  'a database that is not there': {
    connection: 'sslmode=require dbname=nosuch',
    says: /FATAL: {2}database "nosuch" does not exist/,
  },
}

describe('psql', { skip: whyNoPsql() ?? (await whyMissing(15)) ?? false }, () => {
  let server: PostgresServer
  let gateway: Server
  let directory: string
  let agentTls: AgentTls
  let login: AgentLogin = NONE
  let offerTls = true
  let shown: Authenticated | undefined
  let encrypted = false

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-psql-'))
    agentTls = await AgentTls.open({ directory })
    server = await startPostgres({ version: 15 })
    gateway = createServer((socket) => void serve(socket))
    gateway.listen(0, '127.0.0.1')
    await once(gateway, 'listening')
  })
  after(async () => {
    gateway.close()
    await server.stop()
    await rm(directory, { recursive: true })
  })

  /** A gateway that forwards everything: the login is what is looked at. */
  async function serve(socket: Socket): Promise<void> {
    try {
      const hello = await acceptHello(socket, offerTls ? { tls: agentTls.context(['localhost', '127.0.0.1']) } : {})
      if (hello.kind === 'cancel') {
        socket.destroy()
        return
      }
      encrypted = hello.tls !== undefined
      shown = await authenticateAgent(hello, login)
      try {
        const upstream = await dialUpstream(target(), { database: hello.database, parameters: [] }, { scramKeys })
        hello.socket.write(welcome({ parameters: upstream.parameters, backendKey: { pid: 1, key: Buffer.alloc(4) } }))
        hello.socket.pipe(upstream.socket).pipe(hello.socket)
      } catch (error) {
        await sayFatal(hello.socket, error instanceof Error && 'agent' in error ? error.agent : error)
      }
    } catch {
      // The client has been told.
    }
  }

  function target(): Target {
    const credentials = { username: server.superuser, password: server.password }
    return {
      host: server.host,
      port: server.port,
      tls: { mode: 'Disable' },
      credentials,
      authMethods: ['SCRAM-SHA-256'],
    }
  }

  for (const [title, row] of Object.entries(ROWS)) {
    test(title, async () => {
      login = row.login ?? NONE
      offerTls = row.tls !== false
      shown = undefined
      const base = `hostaddr=127.0.0.1 user=agent dbname=postgres sslrootcert=${agentTls.caFile}`
      const connection = `${base} port=${(gateway.address() as AddressInfo).port} ${row.connection}`
      const answer = await psql(connection, row.password)
      const said = answer === '42' ? `${answer}|${encrypted ? 'on' : 'off'}` : answer
      assert.match(said, row.says)
      if ('user' in row) assert.equal(shown && (shown as Authenticated).user?.username, row.user)
    })
  }
})

async function psql(connection: string, password: string | undefined): Promise<string> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: tmpdir(),
    ...(password === undefined ? {} : { PGPASSWORD: password }),
  }
  return new Promise((resolve) => {
    const args = ['-XAtwq', connection, '-c', 'select 42']
    const child = execFile('psql', args, { env, timeout: 120_000 }, (error, out, err) =>
      resolve(error ? `${out}${err}` : out.trim()),
    )
    child.stdin?.end()
  })
}

function whyNoPsql(): string | undefined {
  try {
    execFileSync('psql', ['--version'])
    return undefined
  } catch {
    return 'psql is not installed'
  }
}
