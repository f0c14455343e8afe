// What a directory of manifests leaves in force, and what not.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadManifests, type Manifests } from '#crds/load.ts'
import { connection, guardrail, policy, rules, SECRET } from '../check/fixtures.ts'
import { gatewayResources, unusable } from './resources.ts'

const rule = (verb: string) => `rules: [{name: r, match: {verbs: [${verb}]}, action: Deny}]`

const LEFT: Readonly<Record<string, readonly [documents: readonly string[], ...problems: RegExp[]]>> = {
  'all, where everything fits': [[SECRET, connection('db'), policy()]],
  'no sessions on a Connection whose Secret is not there': [
    [connection('db'), policy()],
    /^data\/db: spec\.credentials\.secretRef\.name: there is no Secret login/,
  ],
  'denial where a policy cannot be enforced, and nowhere else': [
    [SECRET, connection('db'), policy(rule('dorp')), guardrail()],
    /^data\/p: spec\.rules\[0\]\.match\.verbs\[0\]: no protocol has the verb dorp/,
  ],
  'denial where a policy cannot be read; what stands before it in the file is not to blame': [
    [SECRET, connection('db'), policy('rules: nonsense')],
    /^data\/p: spec\.rules: /,
  ],
  'denial where a policy is of a version that does not exist': [
    [SECRET, connection('db'), policy().replace('v1alpha1', 'v1')],
    /^data\/p: kind: there is no kind AccessPolicy in sallyport\.dev\/v1$/,
  ],
  'no sessions where two Connections have one name': [
    [SECRET, connection('db'), connection('web'), connection('db'), guardrail()],
    /^data\/db: metadata\.name: Connection data\/db is there already/,
  ],
}

describe('manifests leave in force', () => {
  for (const [sentence, [documents, ...expected]] of Object.entries(LEFT)) {
    test(sentence, async () => {
      const { invalid, connectionProblems = new Map() } = gatewayResources(await loaded(documents))
      const problems = [...invalid, ...connectionProblems].map(([key, problem]) => `${key}: ${problem}`)
      assert.equal(problems.length, expected.length, problems.join('\n'))
      for (const [index, problem] of problems.entries()) assert.match(problem, expected[index] ?? /nothing/)
    })
  }
})

test('what is in force and probably not meant is told', async () => {
  const late = policy(
    rules('match: {effects: [Read]}, action: Allow', 'match: {objects: [{kind: table}]}, action: Deny'),
  )
  assert.deepEqual(gatewayResources(await loaded([SECRET, connection('db'), late])).warnings, [
    'AccessPolicy data/p: spec.rules[1].name: rule r1 does not keep back what rule r0 allows, which comes first: the first rule that matches decides; allowed: put it in front of rule r0',
  ])
})

const UNUSABLE: Readonly<Record<string, readonly [document: string, problem: RegExp]>> = {
  'a guardrail whose kind is misspelt': [
    guardrail().replace('ClusterAccessPolicy', 'ClusterAcessPolicy'),
    /^\S+all\.yaml:\d+: kind: there is no kind ClusterAcessPolicy in sallyport\.dev\/v1alpha1$/,
  ],
  'a policy without a kind': [
    policy().replace('kind: AccessPolicy\n', ''),
    /^\S+all\.yaml:\d+: kind: kind is missing$/,
  ],
  'a policy without a name': [
    guardrail().replace(/name: \w+/, ''),
    /^\S+all\.yaml:\d+: ClusterAccessPolicy: metadata\.name: required/,
  ],
}

describe('nothing of the manifests is used beside', () => {
  for (const [sentence, [document, problem]] of Object.entries(UNUSABLE)) {
    test(sentence, async () => {
      assert.match(unusable(await loaded([SECRET, connection('db'), policy(), document])) ?? '', problem)
    })
  }

  test('but what is no business of ours is passed over, and said to be', async () => {
    const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n'
    const manifests = await loaded([SECRET, connection('db'), policy(), deployment])
    assert.equal(unusable(manifests), undefined)
    const said = /^not looked at, because its apiVersion is none of ours: \S+all\.yaml:\d+: Deployment$/
    assert.match(gatewayResources(manifests).warnings.join('\n'), said)
  })
})

async function loaded(documents: readonly string[]): Promise<Manifests> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-resources-'))
  writeFileSync(join(directory, 'all.yaml'), documents.join('---\n'))
  try {
    return await loadManifests(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
