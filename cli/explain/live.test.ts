// `explain --live`: what a real server's catalog tells, asked with the Connection's own credential.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { type PostgresServer, startPostgres } from '#e2e/postgres/embedded.ts'
import { run } from './run.ts'

const SCHEMA = `
  create table people (id int primary key, email text, name text);
  create table visits (id int primary key, person int references people on delete cascade on update cascade, note text);
  create table guests (email text);
  create view contacts as select id, email as address from people;
  create function shout(text) returns text language sql as 'select upper($1)';
  create role reader login password 'reader';
  insert into visits select n, null, 'x' from generate_series(1, 1000) n;
  analyze visits;
  grant select, update on all tables in schema public to reader;`

const manifests = (port: number, password: string): string => `
apiVersion: sallyport.dev/v1alpha1
kind: Connection
metadata: {name: db, namespace: data}
spec:
  protocol: PostgreSQL
  endpoints: [{host: db.data.svc, port: 5432, upstream: {host: 127.0.0.1, port: ${port}}}]
  tls: {mode: Disable}
  credentials: {secretRef: {name: db-gateway}}
  settings: {match: {databases: [postgres]}}
---
apiVersion: v1
kind: Secret
metadata: {name: db-gateway, namespace: data}
type: sallyport.dev/credentials
stringData: {username: reader, password: ${password}}
---
apiVersion: sallyport.dev/v1alpha1
kind: AccessPolicy
metadata: {name: readers, namespace: data}
spec:
  agents: {namespaces: [agents]}
  connections: [db]
  rules:
  - {name: visits-stay, match: {verbs: [delete], objects: [{kind: table, names: [public.visits]}]}, action: Deny}
  - {name: gone, match: {objects: [{kind: table, names: [public.contacts]}]}, action: Deny}
  - {name: bulk, match: {verbs: [update], condition: facts.estimatedRows > 100}, action: Deny}
  - {name: use, match: {effects: [Read, Write, Admin]}, action: Allow}
  masking:
  - {name: mail, columns: [public.people.email], strategy: Hash, predicates: Deny, copies: Allow, writes: Deny}
  - {name: slip, columns: [public.vists.note, "*.*.phone"], strategy: Redact}
  limits: []
`

describe('sallyport explain --live', () => {
  let server: PostgresServer
  let directory: string

  before(async () => {
    server = await startPostgres()
    await server.sql(SCHEMA, 'postgres')
    directory = await mkdtemp(join(tmpdir(), 'explain-live-'))
    await writeFile(join(directory, 'manifests.yaml'), manifests(server.port, 'reader'))
  })

  after(async () => {
    await server?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  async function explained(more: readonly string[], statements: readonly string[]) {
    let out = ''
    let err = ''
    const lines = statements.map((statement) => `${JSON.stringify(statement)}\n`).join('')
    const code = await run(
      ['--manifests', join(directory, 'manifests.yaml'), '--connection', 'data/db', '--agent', AGENT, ...more],
      {
        stdin: Readable.from([lines]),
        stdout: { write: (text) => (out += text) },
        stderr: { write: (text) => (err += text) },
      },
    )
    const answers = out.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    return { code, err, answers }
  }

  const statements = [
    'SELECT address FROM contacts',
    "SELECT shout('x')",
    'DELETE FROM people WHERE id = 1',
    'SELECT nothing FROM people',
  ]

  test("masks reach through the database's own views, its functions are known, its foreign keys followed", async () => {
    const saved = join(directory, 'catalog.json')
    const { code, err, answers } = await explained(['--live', '--save', saved], statements)
    assert.equal(code, 0, err)
    const warnings = [
      'rule gone of policy data/readers: database postgres has no table public.contacts, so it denies nothing there; public.contacts is of kind view',
      'mask slip of policy data/readers: database postgres has no column public.vists.note, so it protects nothing there; did you mean public.visits.note?',
      'mask slip of policy data/readers: database postgres has no column *.*.phone, so it protects nothing there',
      'mask mail of policy data/readers leaves columns of the same name as they are: public.guests.email',
    ]
    const warned = warnings.map((warning) => `sallyport explain: warning: ${warning}\n`).join('')
    assert.equal(err, warned)
    const [view, call, deletion] = answers
    assert.equal(view.decision, 'Allow')
    assert.deepEqual(view.masks, [{ column: 'address', strategy: 'Hash', policy: 'data/readers', rule: 'mail' }])
    assert.equal(view.objects[0].kind, 'view')
    assert.deepEqual(call.functions, ['public.shout'])
    assert.equal(call.effect, 'Admin')
    assert.equal(call.decision, 'Deny')
    assert.match(call.reason, /objects: \[\{kind: function, names: \["public\.shout"\]\}\]/)
    assert.deepEqual([deletion.decision, deletion.rule], ['Deny', 'visits-stay'])
    // What was kept answers alike without the server.
    const kept = await explained(['--catalog', saved], statements)
    assert.deepEqual([kept.answers, kept.err], [answers, warned])
  })

  test('a catalog that cannot be kept is told with the option', async () => {
    const { code, err } = await explained(['--live', '--save', '/nonexistent/x'], [])
    const reason = 'the directory does not exist or takes no files (ENOENT)'
    assert.deepEqual([code, err], [1, `sallyport explain: --save /nonexistent/x: ${reason}\n`])
  })

  test('costly facts are asked of the server; without it they count against the agent, and that is said', async () => {
    const updates = [
      "UPDATE nowhere SET note = 'y'",
      "UPDATE visits SET note = 'y' WHERE id = 1",
      "UPDATE visits SET note = 'y'",
    ]
    const asked = async () => {
      const { answers } = await explained(['--live', '--save', join(directory, 'costly.json')], updates)
      return answers.map(({ decision, rule, reason }) => [decision, rule, reason.includes('is not known here')])
    }
    // A server that needs longer than 200 ms to say has not said; on a busy machine that happens.
    let said = await asked()
    for (let again = 0; again < 60 && said.slice(1).some(([, , unknown]) => unknown === true); again++)
      said = await asked()
    assert.deepEqual(said, [
      ['Deny', 'bulk', true],
      ['Allow', 'use', false],
      ['Deny', 'bulk', false],
    ])
    const [, few] = (await explained(['--catalog', join(directory, 'costly.json')], updates)).answers
    assert.equal(few.decision, 'Deny')
    assert.match(few.reason, /; facts\.estimatedRows is not known here \(use --live\), which counts against the agent$/)
  })

  test('a credential that the server refuses is an error that names it', async () => {
    await writeFile(join(directory, 'manifests.yaml'), manifests(server.port, 'wrong'))
    const { code, err } = await explained(['--live'], ['SELECT 1'])
    assert.equal(code, 1)
    assert.match(err, /password authentication failed|refused the credential|28P01/)
  })

  test('a server that is not there is an error that says where', async () => {
    await writeFile(join(directory, 'manifests.yaml'), manifests(1, 'reader'))
    const { code, err } = await explained(['--live'], ['SELECT 1'])
    assert.equal(code, 1)
    assert.match(err, /127\.0\.0\.1:1/)
  })
})

const AGENT = 'namespace=agents,serviceAccount=analyst'
