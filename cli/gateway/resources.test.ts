// What a directory of manifests leaves in force, and what not.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadManifests } from '#crds/load.ts'
import { connection, guardrail, policy, SECRET } from '../check/fixtures.ts'
import { gatewayResources } from './resources.ts'

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
  'no sessions where two Connections have one name': [
    [SECRET, connection('db'), connection('web'), connection('db'), guardrail()],
    /^data\/db: metadata\.name: Connection data\/db is there already/,
  ],
}

describe('manifests leave in force', () => {
  for (const [sentence, [documents, ...expected]] of Object.entries(LEFT)) {
    test(sentence, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'sallyport-resources-'))
      writeFileSync(join(directory, 'all.yaml'), documents.join('---\n'))
      const { invalid, connectionProblems = new Map() } = gatewayResources(await loadManifests(directory))
      rmSync(directory, { recursive: true })
      const problems = [...invalid, ...connectionProblems].map(([key, problem]) => `${key}: ${problem}`)
      assert.equal(problems.length, expected.length, problems.join('\n'))
      for (const [index, problem] of problems.entries()) assert.match(problem, expected[index] ?? /nothing/)
    })
  }
})
