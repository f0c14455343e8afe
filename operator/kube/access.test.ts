import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Access, findAccess } from './access.ts'
import { Client } from './client.ts'
import { HttpTransport } from './http-transport.ts'
import { inClusterAccess } from './in-cluster.ts'
import { FakeClock } from './testing/fake-clock.ts'
import { FakeServer } from './testing/fake-server.ts'
import { serveFake } from './testing/serve-fake.ts'
import { NODES } from './testing/things.fixture.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-access-'))
})
after(() => rm(folder, { recursive: true }))

const KUBECONFIG = `
apiVersion: v1
kind: Config
current-context: one
clusters: [{name: here, cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: ${base64('the CA')}}}]
users: [{name: me, user: {token: secret-token}}]
contexts: [{name: one, context: {cluster: here, user: me}}]
`

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

async function read(environment: Readonly<Record<string, string>>): Promise<Access> {
  return (await findAccess(environment))(false)
}

describe('where the API server is and who we are', () => {
  test('KUBECONFIG says both', async () => {
    const access = await read({ KUBECONFIG: await file('config', KUBECONFIG), KUBERNETES_SERVICE_HOST: '10.0.0.1' })
    assert.deepEqual(access, {
      server: new URL('https://127.0.0.1:6443'),
      tls: { ca: 'the CA' },
      headers: { authorization: 'Bearer secret-token' },
    })
  })

  test('several files are one', async () => {
    const clusters = KUBECONFIG.replace(/users:.*\n/, '')
    const users = KUBECONFIG.replace(/clusters:.*\n/, '').replace(/contexts:.*\n/, '')
    const path = `${await file('clusters', clusters)}:${await file('users', users)}`
    assert.equal((await read({ KUBECONFIG: path })).headers['authorization'], 'Bearer secret-token')
  })

  test('client certificates and switched-off verification are honoured', async () => {
    const user = `{client-certificate-data: ${base64('cert')}, client-key-data: ${base64('key')}}`
    const text = KUBECONFIG.replace('{token: secret-token}', user).replace(
      /certificate-authority-data: \w+=*/,
      'insecure-skip-tls-verify: true, tls-server-name: kubernetes',
    )
    const access = await read({ KUBECONFIG: await file('certificates', text) })
    assert.deepEqual(access.tls, { cert: 'cert', key: 'key', servername: 'kubernetes', rejectUnauthorized: false })
  })

  test('a pod has its ServiceAccount', async () => {
    await file('token', 'first\n')
    await file('ca.crt', 'the CA')
    const load = inClusterAccess('fd00::1', '443', folder)
    assert.deepEqual(await load(false), {
      server: new URL('https://[fd00::1]:443'),
      tls: { ca: 'the CA' },
      headers: { authorization: 'Bearer first' },
    })
  })
})

describe('what is wrong is one line', () => {
  const BROKEN: Readonly<Record<string, readonly [text: string, message: RegExp]>> = {
    'no YAML': ['{a: [', /^kubeconfig \S+broken: \S.*$/],
    'no contexts': ['{}', /^kubeconfig \S+broken: \S.*$/],
    'a context that is not there': [
      KUBECONFIG.replace('current-context: one', 'current-context: two'),
      /^kubeconfig \S+broken: its current-context \(two\) names no cluster$/,
    ],
    'a server that is no URL': [
      KUBECONFIG.replace('https://127.0.0.1:6443', 'nonsense'),
      /^kubeconfig \S+broken: the server of its cluster \(nonsense\) is no URL$/,
    ],
    // EACCES where the PATH has a folder that this user may not look into.
    'a plugin that is not installed': [
      KUBECONFIG.replace('{token: secret-token}', '{exec: {command: no-such-plugin-here, apiVersion: v1}}'),
      /^kubeconfig \S+broken: spawn no-such-plugin-here (ENOENT|EACCES)$/,
    ],
  }
  for (const [name, [text, message]] of Object.entries(BROKEN))
    test(`a kubeconfig with ${name}`, async () => {
      const KUBECONFIG = await file('broken', text)
      await assert.rejects(read({ KUBECONFIG }), { name: 'ApiError', reason: 'BadConfiguration', message })
    })

  test('a kubeconfig that is not there', async () => {
    const KUBECONFIG = join(folder, 'nowhere')
    await assert.rejects(read({ KUBECONFIG }), {
      message: /^kubeconfig \S+nowhere: there is no such file; set KUBECONFIG to one that is there$/,
    })
  })

  test('nothing at all', async () => {
    await assert.rejects(findAccess({}), { message: /set KUBECONFIG or run in a pod/ })
  })

  test('a pod without its token', async () => {
    const load = inClusterAccess('10.0.0.1', '443', join(folder, 'nowhere'))
    await assert.rejects(load(false), { message: /needs its ServiceAccount's token mounted/ })
  })

  test('a client says it as it is', async () => {
    const load = inClusterAccess('10.0.0.1', '443', join(folder, 'nowhere'))
    const client = new Client({ transport: new HttpTransport(load) })
    await assert.rejects(client.list(NODES), { reason: 'BadConfiguration' })
  })
})

test('what is rotated in place is read again within a minute, and what cannot be read then leaves the last in use', async () => {
  const clock = new FakeClock()
  const http = await serveFake(new FakeServer({ clock, resources: [NODES] }))
  let token: string | undefined = 'one'
  const load = async (): Promise<Access> => {
    if (token === undefined) throw new Error('the file is just being replaced')
    return { server: http.url, tls: {}, headers: { authorization: token } }
  }
  const transport = new HttpTransport(load, clock)
  const client = new Client({ transport, clock })
  await client.list(NODES)
  token = 'two'
  await client.list(NODES)
  await clock.advance(60_000)
  await client.list(NODES)
  token = undefined
  await clock.advance(60_000)
  await client.list(NODES)
  assert.deepEqual(
    http.headers.map(({ authorization }) => authorization),
    ['one', 'one', 'two', 'two'],
  )
  assert.ok(http.connections() <= 2, 'a new token needs no new connection')
  client.close()
  await http.close()
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
