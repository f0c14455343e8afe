// Every TLS mode and authentication method against real servers.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type PostgresServer, startPostgres, type Version, whyMissing } from '#e2e/postgres/embedded.ts'
import { ScramKeyCache } from '../scram/keys.ts'
import { cancelUpstream } from './cancel.ts'
import { TestCertificates } from './certificates.fixture.ts'
import { dialUpstream } from './dial.ts'
import { UpstreamFault, type UpstreamFaultCode } from './fault.ts'
import { SideConnection } from './side-connection.ts'
import type { AuthMethod, Target, TargetTls } from './target.ts'

const PASSWORD = 'pa$$ wörd\u2168'
const scramKeys = new ScramKeyCache()
const certificates = new TestCertificates()
const ca = certificates.authority('right')
const otherCa = certificates.authority('wrong')
const leaf = certificates.leaf('server', ca, 'db.example', 'DNS:db.example,DNS:*.pool.example,IP:127.0.0.2')
const client = certificates.leaf('client', ca, 'certified', '')
const CA = certificates.read(ca.cert)
const CLIENT = { cert: certificates.read(client.cert), key: certificates.read(client.key) }

const HBA = `
hostssl all certified 127.0.0.1/32 cert
host all hashed 127.0.0.1/32 md5
host all open 127.0.0.1/32 password
host all trusting 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`
const ROLES = `
set password_encryption = 'scram-sha-256';
create role scram login password '${PASSWORD}'; create role open login password '${PASSWORD}';
create role trusting login; create role certified login;
create role barred login password '${PASSWORD}' connection limit 0;
set password_encryption = 'md5'; create role hashed login password '${PASSWORD}';
`

interface Row {
  readonly user?: string
  readonly password?: string | undefined
  readonly methods?: readonly AuthMethod[]
  readonly tls: TargetTls
  readonly refused?: { readonly code: UpstreamFaultCode; readonly message: RegExp }
}

const full: TargetTls = { mode: 'VerifyFull', ca: CA, serverName: 'db.example' }
const off: TargetTls = { mode: 'Disable' }
const refused = (code: UpstreamFaultCode, message: RegExp) => ({ code, message })

const ROWS: Readonly<Record<string, Row>> = {
  'SCRAM without TLS': { tls: off },
  'SCRAM over unverified TLS': { tls: { mode: 'Require' } },
  'SCRAM over TLS of the right CA': { tls: { mode: 'VerifyCA', ca: CA } },
  'SCRAM over TLS of the right CA and host': { tls: full },
  'a name under a wildcard': { tls: { ...full, serverName: 'a.pool.example' } },
  'an address among the alternative names': { tls: { ...full, serverName: '127.0.0.2' } },
  'SCRAM-PLUS insisted on': { tls: full, methods: ['SCRAM-SHA-256-PLUS'] },
  'SCRAM-PLUS insisted on over unverified TLS': { tls: { mode: 'Require' }, methods: ['SCRAM-SHA-256-PLUS'] },
  'SCRAM-PLUS insisted on without TLS': {
    tls: off,
    methods: ['SCRAM-SHA-256-PLUS'],
    refused: refused('authentication', /cannot do SCRAM-SHA-256-PLUS/),
  },
  'the wrong CA': {
    tls: { ...full, ca: certificates.read(otherCa.cert) },
    refused: refused('tls', /failed the TLS handshake/),
  },
  'the wrong CA with VerifyCA': {
    tls: { mode: 'VerifyCA', ca: certificates.read(otherCa.cert) },
    refused: refused('tls', /failed the TLS handshake/),
  },
  'the wrong CA with Require, which then verifies': {
    tls: { mode: 'Require', ca: certificates.read(otherCa.cert) },
    refused: refused('tls', /failed the TLS handshake/),
  },
  'no CA, so the public ones': {
    tls: { mode: 'VerifyFull', serverName: 'db.example' },
    refused: refused('tls', /failed the TLS handshake/),
  },
  'the wrong host': { tls: { ...full, serverName: 'other.example' }, refused: refused('tls', /other\.example/) },
  'the wrong host with VerifyCA, which does not look': {
    tls: { mode: 'VerifyCA', ca: CA, serverName: 'other.example' },
  },
  'two labels under a wildcard': {
    tls: { ...full, serverName: 'a.b.pool.example' },
    refused: refused('tls', /failed the TLS handshake/),
  },
  'the wrong password': {
    tls: full,
    password: 'wrong',
    refused: refused('authentication', /refused the gateway's login/),
  },
  'no password': { tls: full, password: undefined, refused: refused('authentication', /no key "password"/) },
  'an unknown user': { tls: full, user: 'nobody', refused: refused('authentication', /refused the gateway's login/) },
  'MD5 where it is listed and TLS verified': { tls: full, user: 'hashed', methods: ['SCRAM-SHA-256', 'MD5'] },
  'MD5 where it is not listed': {
    tls: full,
    user: 'hashed',
    refused: refused('authentication', /asks for MD5, but .* lists SCRAM-SHA-256/),
  },
  'MD5 over unverified TLS': {
    tls: { mode: 'Require' },
    user: 'hashed',
    methods: ['MD5'],
    refused: refused('authentication', /only over TLS with mode/),
  },
  'MD5 without TLS': {
    tls: off,
    user: 'hashed',
    methods: ['MD5'],
    refused: refused('authentication', /only over TLS with mode/),
  },
  'cleartext where it is listed and TLS verified': { tls: full, user: 'open', methods: ['Cleartext'] },
  'cleartext where it is not listed': {
    tls: full,
    user: 'open',
    refused: refused('authentication', /asks for Cleartext, but/),
  },
  'cleartext over unverified TLS': {
    tls: { mode: 'Require' },
    user: 'open',
    methods: ['Cleartext'],
    refused: refused('authentication', /only over TLS with mode/),
  },
  'cleartext without TLS': {
    tls: off,
    user: 'open',
    methods: ['Cleartext'],
    refused: refused('authentication', /only over TLS with mode/),
  },
  'trust where it is listed': { tls: off, user: 'trusting', methods: ['Trust'] },
  'trust where it is not listed': {
    tls: full,
    user: 'trusting',
    refused: refused('authentication', /asked for no password/),
  },
  'a client certificate': { tls: { ...full, ...CLIENT }, user: 'certified', methods: ['Certificate'] },
  'a client certificate, not listed': {
    tls: { ...full, ...CLIENT },
    user: 'certified',
    refused: refused('authentication', /asked for no password/),
  },
  "somebody else's client certificate": {
    tls: { ...full, ...CLIENT },
    user: 'certified2',
    methods: ['Certificate'],
    refused: refused('authentication', /asks for a SASL login|SCRAM/),
  },
  'no client certificate': {
    tls: full,
    user: 'certified',
    methods: ['Certificate'],
    refused: refused('authentication', /refused the gateway's login/),
  },
  'SCRAM where only a certificate is listed': {
    tls: full,
    methods: ['Certificate'],
    refused: refused('authentication', /settings\.authMethods/),
  },
  'no connections left': {
    tls: full,
    user: 'barred',
    refused: refused('refused', /too many connections for role \(the gateway's user\)/),
  },
}

after(() => certificates.remove())

for (const version of [15, 18] as const satisfies readonly Version[]) {
  describe(`PostgreSQL ${version}`, { skip: (await whyMissing(version)) ?? false }, () => {
    let server: PostgresServer
    before(async () => {
      server = await startPostgres({ version, hba: HBA, ssl: { cert: leaf.cert, key: leaf.key, ca: ca.cert } })
      await superuserScript(server, ROLES)
    })
    after(() => server.stop())

    for (const [title, row] of Object.entries(ROWS)) {
      test(title, async () => {
        const dialled = dialUpstream(
          targetOf(server, row),
          { database: 'postgres', parameters: [], minor: 2 },
          { scramKeys },
        )
        if (!row.refused) {
          const upstream = await dialled
          assert.equal(upstream.parameters.get('client_encoding'), 'UTF8')
          assert.ok(upstream.serverVersion.startsWith(String(version)))
          assert.equal(upstream.protocolMinor, version === 18 ? 2 : 0)
          assert.equal(upstream.backendKey?.key.length, version === 18 ? 32 : 4)
          upstream.socket.destroy()
          return
        }
        await assertRefused(dialled, row)
      })
    }

    test('the parameters asked for are set, and the pinned ones are ours whatever is asked', async () => {
      const parameters: [string, string][] = [
        ['application_name', 'x y'],
        ['Client_Encoding', 'LATIN1'],
        ['standard_conforming_strings', 'off'],
      ]
      const upstream = await dialUpstream(
        targetOf(server, { tls: off }),
        { database: 'postgres', parameters },
        { scramKeys },
      )
      assert.equal(upstream.parameters.get('application_name'), 'x y')
      assert.equal(upstream.parameters.get('client_encoding'), 'UTF8')
      assert.equal(upstream.parameters.get('standard_conforming_strings'), 'on')
      upstream.socket.destroy()
    })

    test("the server's own errors reach the agent as they are", async () => {
      const dialled = dialUpstream(
        targetOf(server, { tls: off }),
        { database: 'nosuch', parameters: [] },
        { scramKeys },
      )
      await assert.rejects(dialled, (error) => {
        assert.ok(error instanceof UpstreamFault)
        assert.deepEqual([error.agent.sqlstate, error.agent.message], ['3D000', 'database "nosuch" does not exist'])
        return true
      })
    })

    for (const tls of [off, full]) {
      test(`a running statement is cancelled over ${tls.mode}`, async () => {
        const target = targetOf(server, { tls })
        const upstream = await dialUpstream(target, { database: 'postgres', parameters: [], minor: 2 }, { scramKeys })
        const answer = readUntilReady(upstream.socket)
        upstream.socket.write(Buffer.from('Q\0\0\0\x18select pg_sleep(99)\0', 'latin1'))
        const side = await SideConnection.open(target, { database: 'postgres', parameters: [] }, { scramKeys })
        const sleeping = "select 1 from pg_stat_activity where query like 'select pg_sleep%' and wait_event = 'PgSleep'"
        while ((await side.query(sleeping)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
        if (upstream.backendKey) await cancelUpstream(target, upstream.backendKey)
        assert.match(await answer, /57014/)
        upstream.socket.destroy()
        side.close()
      })
    }

    test('a failed transaction of a side connection is ended', async () => {
      const side = SideConnection.lazy(
        targetOf(server, { tls: off }),
        { database: 'postgres', parameters: [] },
        { scramKeys },
      )
      await assert.rejects(side.query('begin; select nothing; rollback'), { code: '42703' })
      assert.deepEqual(await side.query('select 1'), [['1']])
      side.close()
    })

    test('a side connection whose settings would be lost is not opened again', async () => {
      const target = targetOf(server, { tls: off })
      const startup = { database: 'postgres', parameters: [] }
      const cut = 'select pg_terminate_backend(pg_backend_pid())'
      const kept = await SideConnection.open(target, startup, { scramKeys })
      await kept.query("set application_name to 'x'")
      await assert.rejects(kept.query(cut))
      await assert.rejects(kept.query('show application_name'), /the target closed the connection/)
      const lazy = SideConnection.lazy(target, startup, { scramKeys })
      await assert.rejects(lazy.query(cut))
      assert.deepEqual(await lazy.query('select 1'), [['1']])
      lazy.close()
    })

    test('a side connection answers in order, survives errors and comes back after a break', async () => {
      const options = {
        scramKeys,
        mostBytes: 100_000,
        queryMilliseconds: 60_000,
        setup: "set application_name to 'side'",
      }
      const side = await SideConnection.open(
        targetOf(server, { tls: full }),
        { database: 'postgres', parameters: [] },
        options,
      )
      assert.deepEqual(await Promise.all([side.query('select 1, null'), side.query("select 'é'; select 3")]), [
        [['1', null]],
        [['é'], ['3']],
      ])
      await assert.rejects(side.query('select nothing'), { code: '42703' })
      await assert.rejects(side.query("select repeat('x', 1000000)"), /longer than 100000 bytes/)
      assert.deepEqual(await side.query('show application_name'), [['side']])
      await assert.rejects(side.query('select pg_terminate_backend(pg_backend_pid())'))
      assert.deepEqual(await side.query('show application_name'), [['side']])
      await assert.rejects(side.query('copy (select 1) to stdout'), /COPY/)
      assert.deepEqual(await side.query(''), [])
      side.close()
      await assert.rejects(side.query('select 1'), /closed/)
    })
  })
}

function targetOf(server: PostgresServer, row: Row): Target {
  return {
    host: 'db.example',
    addresses: ['127.0.0.1'],
    port: server.port,
    tls: row.tls,
    credentials: { username: row.user ?? 'scram', password: 'password' in row ? row.password : PASSWORD },
    authMethods: row.methods ?? ['SCRAM-SHA-256'],
  }
}

async function assertRefused(dialled: Promise<unknown>, row: Row): Promise<void> {
  await assert.rejects(dialled, (error) => {
    assert.ok(error instanceof UpstreamFault, String(error))
    assert.equal(error.code, row.refused?.code, error.message)
    assert.match(error.message, row.refused?.message ?? /./)
    const told = JSON.stringify([error.message, error.agent.message, error.agent.detail, error.agent.hint])
    assert.ok(!told.includes(PASSWORD), 'the password is told')
    assert.ok(!told.includes(`"${row.user ?? 'scram'}"`), "the gateway's user is told")
    return true
  })
}

async function superuserScript(server: PostgresServer, script: string): Promise<void> {
  const target = {
    ...targetOf(server, { tls: off }),
    credentials: { username: server.superuser, password: server.password },
  }
  const side = await SideConnection.open(target, { database: 'postgres', parameters: [] }, { scramKeys })
  await side.query(script)
  side.close()
}

function readUntilReady(socket: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.includes('Z\0\0\0\x05')) resolve(text)
    })
  })
}
