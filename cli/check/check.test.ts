import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readKinds } from '#crds/definitions.ts'
import { loadManifests } from '#crds/load.ts'
import type { Schema } from '#crds/schema.ts'
import { DETECTOR_NAMES } from '#sidecar/masking/detectors/names.ts'
import { PROTOCOLS } from '#sidecar/protocols/registry.ts'
import { checkManifests } from './check.ts'
import { captured, check, connection, good, POSTGRESQL, policy, rules, SECRET } from './fixtures.ts'

describe('the command', () => {
  test('counts what it found', async () => {
    assert.equal((await check(good)).out, '0 errors, 0 warnings in 1 file; 3 valid resources\n')
  })

  test('says how much it did not look at', async () => {
    const other = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n'
    assert.match((await check([...good, other])).out, /; 3 valid resources; 1 document of other kinds not looked at\n$/)
  })

  test('takes warnings for errors with --strict', async () => {
    assert.equal((await check([SECRET, connection('db')], ['--strict'])).code, 1)
  })

  test('writes JSON', async () => {
    const { out, code } = await check([SECRET, connection('db')], ['--output', 'json'])
    const { findings } = JSON.parse(out) as { findings: { severity: string; line: number; field: string }[] }
    assert.deepEqual(
      findings.map(({ severity, line, field }) => ({ severity, line, field })),
      [{ severity: 'warning', line: 9, field: 'metadata.name' }],
    )
    assert.equal(code, 0)
  })

  test('a directory without manifests is an error', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-check-'))
    const { out, code } = await captured([directory])
    rmSync(directory, { recursive: true })
    assert.equal(code, 1)
    assert.match(out, /there are no \*\.yaml/)
  })

  const USAGE: Readonly<Record<string, readonly [args: readonly string[], code: number, text: RegExp]>> = {
    'explains itself': [['--help'], 0, /^Usage: sallyport check DIR/],
    'wants a directory': [[], 2, /which directory\?/],
    'wants one directory': [['a', 'b'], 2, /one directory, please/],
    'knows its options': [['a', '--verbose'], 2, /--verbose/],
    'knows its formats': [['a', '--output', 'xml'], 2, /--output xml is unknown; use text or json/],
    'says that there is no such directory': [['/nowhere/at/all'], 2, /there is no file or directory/],
  }
  for (const [sentence, [args, code, text]] of Object.entries(USAGE)) {
    test(sentence, async () => {
      const result = await captured(args)
      assert.equal(result.code, code)
      assert.match(result.out, text)
    })
  }
})

test('what the gateway could not honour is an error, even if nothing here has a name for it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-check-'))
  writeFileSync(
    join(directory, 'all.yaml'),
    [...good, policy(rules('match: {}, action: Allow')).replace('name: p', 'name: q')].join('---\n'),
  )
  const manifests = await loadManifests(directory)
  rmSync(directory, { recursive: true })
  const [, unfit] = manifests.resources.accessPolicies
  assert.ok(unfit)
  // No file could say this: the schema refuses it before.
  Object.assign(unfit.resource.spec.rules[0] ?? {}, { action: 'RequireApproval' })
  const findings = checkManifests(manifests, [POSTGRESQL])
  assert.deepEqual(
    findings.map(({ severity, field, message }) => ({ severity, field, message })),
    [{ severity: 'error', field: 'spec', message: 'rule r0: RequireApproval says no approvers' }],
  )
})

test('the schema has room for every word of every protocol', () => {
  const match = specOf('AccessPolicy')?.properties?.['rules']?.items?.properties?.['match']
  const verb = match?.properties?.['verbs']?.items?.pattern ?? 'missing'
  const kind = match?.properties?.['objects']?.items?.properties?.['kind']?.pattern ?? 'missing'
  const metrics = specOf('AccessPolicy')?.properties?.['limits']?.items?.properties?.['metric']?.enum ?? []
  for (const { name, vocabulary } of PROTOCOLS) {
    for (const word of vocabulary.verbs) assert.match(word, new RegExp(verb))
    for (const word of vocabulary.kinds) assert.match(word, new RegExp(kind))
    for (const metric of vocabulary.metrics) assert.ok(metrics.includes(metric), metric)
    assert.ok(specOf('Connection')?.properties?.['protocol']?.enum?.includes(name), name)
  }
})

test('the examples of the repository have no errors', async () => {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
  const ofKinds = readKinds().map(({ kind }) =>
    readFileSync(here(`../../crds/${kind.toLowerCase()}/example.yaml`), 'utf8'),
  )
  for (const { out, code } of [
    await check(ofKinds, [], PROTOCOLS),
    await captured([here('../../examples')], PROTOCOLS),
  ]) {
    assert.equal(code, 0, out)
  }
})

test('what passes through unread can be neither masked nor logged in to', async () => {
  const through = connection('db', 'protocol: TCP')
  const masked = policy('masking: [{name: cards, detectors: [CreditCard], strategy: Redact}]')
  const { out, code } = await check([SECRET, through, masked], [], PROTOCOLS)
  assert.equal(code, 1)
  assert.match(out, /spec\.credentials: bytes are passed through as they are/)
  assert.match(out, /spec\.masking\[0\]\.detectors: TCP cannot mask by detectors; allowed: no masking/)
  const rows = policy('limits: [{metric: Rows, per: Statement, max: 5, onExceed: Deny}]')
  assert.match((await check([SECRET, through, rows], [], PROTOCOLS)).out, /TCP cannot count Rows/)
})

test('the schema lists the detectors that masking has', () => {
  const detectors = specOf('AccessPolicy')?.properties?.['masking']?.items?.properties?.['detectors']?.items?.enum
  assert.deepEqual(detectors, [...DETECTOR_NAMES])
})

function specOf(wanted: string): Schema | undefined {
  return readKinds().find(({ kind }) => kind === wanted)?.schema.properties?.['spec']
}
