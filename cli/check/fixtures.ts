// Manifests and protocols that the tests of `check` are made of.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compiled } from '#crds/compile-checks.ts'
import type { ProtocolFacts } from '#sidecar/check/protocol-facts.ts'
import { run } from './run.ts'

export const POSTGRESQL: ProtocolFacts = {
  name: 'PostgreSQL',
  vocabulary: {
    verbs: ['select', 'copy', 'insert', 'drop'],
    kinds: ['table', 'function', 'schema'],
    facts: { hasWhere: { type: 'bool', description: 'Whether there is a WHERE.' } },
    masking: { columns: true, detectors: true, fields: false },
    metrics: ['Rows', 'Bytes', 'Idle'],
    nameSegments: { table: 2, function: 2 },
    effectsOf: { select: ['Read'] },
    alike: [{ verbs: ['select', 'copy'], kinds: ['table'], effect: 'Read', what: 'reads rows' }],
    holds: { schema: 'table' },
  },
  settings: compiled({
    type: 'object',
    additionalProperties: false,
    properties: {
      match: { type: 'object' },
      authMethods: { type: 'array', items: { enum: ['SCRAM-SHA-256', 'MD5'] } },
    },
  }),
  credentials: [
    { key: 'username', required: true, description: 'role to log in as' },
    { key: 'password', required: false, description: 'its password' },
  ],
}
export const HTTP: ProtocolFacts = {
  name: 'HTTP',
  vocabulary: {
    verbs: ['get'],
    kinds: ['path'],
    facts: {},
    masking: { columns: false, detectors: true, fields: true },
    metrics: ['Bytes', 'AffectedRows'],
  },
  settings: compiled({ type: 'object' }),
  credentials: [],
}

export const SECRET =
  'apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: data}\ntype: sallyport.dev/credentials\nstringData: {username: gateway}\n'
export const connection = (name: string, spec = '', host = `${name}.data.svc`) =>
  `apiVersion: sallyport.dev/v1alpha1\nkind: Connection\nmetadata: {name: ${name}, namespace: data, labels: {tier: ${name}}}\nspec:\n${indented({ protocol: 'PostgreSQL', endpoints: `[{host: "${host}", port: 5432}]`, credentials: '{secretRef: {name: login}}' }, spec)}`
export const policy = (spec = '') =>
  `apiVersion: sallyport.dev/v1alpha1\nkind: AccessPolicy\nmetadata: {name: p, namespace: data}\nspec:\n${indented({ agents: '{}', connections: '[db]', rules: '[]', masking: '[]', limits: '[]' }, spec)}`
export const guardrail = (spec = '') =>
  `apiVersion: sallyport.dev/v1alpha1\nkind: ClusterAccessPolicy\nmetadata: {name: g}\nspec:\n${indented({ agents: '{}', connections: '[{selector: {}}]', rules: '[]', masking: '[]', limits: '[]' }, spec)}`
export const rules = (...list: string[]) =>
  `rules: [${list.map((rule, index) => `{name: r${index}, ${rule}}`).join(', ')}]`

export const good = [SECRET, connection('db'), policy()]

export async function check(
  documents: readonly string[],
  options: readonly string[] = [],
  protocols: readonly ProtocolFacts[] = [POSTGRESQL, HTTP],
): Promise<{ out: string; code: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-check-'))
  try {
    writeFileSync(join(directory, 'all.yaml'), documents.join('---\n'))
    return await captured([directory, ...options], protocols)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

export async function captured(
  args: readonly string[],
  protocols: readonly ProtocolFacts[] = [POSTGRESQL, HTTP],
): Promise<{ out: string; code: number }> {
  let out = ''
  const sink = { write: (text: string) => (out += text) }
  const code = await run(args, { stdout: sink, stderr: sink }, protocols)
  return { out, code }
}

/** YAML of a map whose members `extra` replaces or adds. */
function indented(members: Readonly<Record<string, string>>, extra: string): string {
  const replaced = [...extra.matchAll(/^\s*(\w+):/gm)].map(([, name]) => name)
  const kept = Object.entries(members).filter(([name]) => !replaced.includes(name))
  const lines = kept.map(([name, value]) => `  ${name}: ${value}\n`)
  return `${lines.join('')}${extra === '' ? '' : `  ${extra}\n`}`
}

/** By what is the case: documents, and how each line begins that is printed of them. */
export type Findings = Readonly<Record<string, readonly [documents: readonly string[], ...findings: string[]]>>

export function eachFinds(findings: Findings): void {
  for (const [sentence, [documents, ...expected]] of Object.entries(findings)) {
    test(sentence, async () => {
      const { out, code } = await check(documents)
      const found = out.trimEnd().split('\n').slice(0, -1)
      assert.equal(found.length, expected.length, out)
      for (const [index, line] of found.entries()) {
        const [, text] = /^\S+?all[.]yaml:\d+:\d+: (.*)$/.exec(line) ?? []
        assert.ok(text?.startsWith(expected[index] ?? 'nothing'), `${line}\nshould say\n${expected[index]}`)
      }
      assert.equal(code, expected.some((finding) => !finding.startsWith('warning')) ? 1 : 0)
    })
  }
}
