import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { loadManifests, type Manifests } from './load.ts'

const made: string[] = []
after(() => {
  for (const directory of made) rmSync(directory, { recursive: true })
})

const provider = (name: string, extra = '') =>
  `apiVersion: sallyport.dev/v1alpha1\nkind: IdentityProvider\nmetadata: {name: ${name}}\nspec: {issuer: https://a, audiences: [b]${extra}}\n`
const secret = (name: string, namespace: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: ${namespace}}\n`

test('resources are found in every file of every directory, with their places', async () => {
  const { resources, findings, files } = await load({
    'a.yaml': `# first\n${provider('one')}---\n${provider('two')}`,
    'deep/er/b.yml': secret('s', 'red'),
    'c.json': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: 'b' } }),
    'notes.txt': 'not: [yaml',
    '.hidden.yaml': 'not: [yaml',
    '.git/x.yaml': 'not: [yaml',
  })
  assert.deepEqual(findings, [])
  assert.equal(files, 3)
  assert.deepEqual(
    resources.identityProviders.map(({ resource, origin }) => [resource.metadata.name, origin.line]),
    [
      ['one', 2],
      ['two', 7],
    ],
  )
  assert.equal(resources.secrets[0]?.resource.metadata.namespace, 'red')
  assert.equal(resources.configMaps[0]?.resource.metadata.namespace, 'default')
  assert.deepEqual(resources.identityProviders[1]?.position(['spec', 'issuer']), { line: 10, column: 16 })
})

test('a finding says file, line, column and field', async () => {
  const { findings, resources, rejected } = await load({ 'a.yaml': provider('one', ', issue: 1') })
  assert.deepEqual(shown(findings), ['a.yaml:4:50: spec.issue: unknown field'])
  assert.deepEqual(resources.identityProviders, [])
  assert.deepEqual(
    rejected.map(({ kind, name, reason }) => ({ kind, name, reason })),
    [{ kind: 'IdentityProvider', name: 'one', reason: 'spec.issue: unknown field' }],
  )
})

test('the items of a List are resources', async () => {
  const items = [provider('one'), provider('two', ', x: 1')].map(
    (text) => `- ${text.trimEnd().replaceAll('\n', '\n  ')}`,
  )
  const { resources, findings } = await load({
    'list.yaml': `apiVersion: v1\nkind: List\nitems:\n${items.join('\n')}\n`,
  })
  assert.equal(resources.identityProviders.length, 1)
  assert.deepEqual(shown(findings), ['list.yaml:11:48: spec.x: unknown field'])
})

test('the same name twice in one namespace is refused, in two namespaces it is fine', async () => {
  const { resources, findings, rejected } = await load({
    'a.yaml': secret('s', 'red'),
    'b.yaml': `${secret('s', 'blue')}---\n${secret('s', 'red')}`,
  })
  assert.equal(resources.secrets.length, 2)
  assert.deepEqual(
    rejected.map(({ kind, namespace, name }) => ({ kind, namespace, name })),
    [{ kind: 'Secret', namespace: 'red', name: 's' }],
  )
  assert.match(shown(findings)[0] ?? '', /^b.yaml:7:\d+: metadata.name: Secret red\/s is there already, in .*a.yaml:1$/)
})

test('other kinds are skipped with a note', async () => {
  const { findings, skipped } = await load({ 'a.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n' })
  assert.deepEqual(findings, [])
  assert.match(skipped[0] ?? '', /a.yaml:1: Deployment$/)
})

test('a symbolic link is reported, because what it leads to was not read', async () => {
  const directory = make({ 'a.txt': provider('one') })
  symlinkSync(join(directory, 'a.txt'), join(directory, 'b.yaml'))
  assert.match(shown((await loadManifests(directory)).findings)[0] ?? '', /^b.yaml:1:1: is a symbolic link/)
})

test('text in another encoding is reported', async () => {
  const directory = make({})
  writeFileSync(join(directory, 'a.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]))
  assert.match(shown((await loadManifests(directory)).findings)[0] ?? '', /^a.yaml:1:1: cannot be read/)
})

test('a directory that is not there is reported', async () => {
  const { findings } = await loadManifests(join(make({}), 'nowhere'))
  assert.match(findings[0]?.message ?? '', /cannot be listed: [^']*$/)
})

test('one file may be named instead of a directory', async () => {
  const directory = make({ 'a.yaml': provider('one'), 'b.yaml': provider('two') })
  const { resources } = await loadManifests(join(directory, 'b.yaml'))
  assert.deepEqual(
    resources.identityProviders.map(({ resource }) => resource.metadata.name),
    ['two'],
  )
})

test('a broken document does not hide the others of its file', async () => {
  const { resources, findings } = await load({ 'a.yaml': `${provider('one')}---\na: [\n---\n${provider('two')}` })
  assert.equal(resources.identityProviders.length, 2)
  assert.equal(findings.length > 0, true)
})

function load(files: Readonly<Record<string, string>>): Promise<Manifests> {
  return loadManifests(make(files))
}

function make(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-load-'))
  made.push(directory)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return directory
}

function shown(findings: Manifests['findings']): string[] {
  return findings.map(
    ({ file, line, column, field, message }) =>
      `${file.split('/').at(-1)}:${line}:${column}: ${field === '' ? '' : `${field}: `}${message}`,
  )
}
