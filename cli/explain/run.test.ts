import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AGENT_KEYS } from '../agent-option.ts'
import { run } from './run.ts'

const MANIFESTS = fileURLToPath(new URL('../../e2e/corpus/postgres.yaml', import.meta.url))
const CATALOG = fileURLToPath(
  new URL('../../sidecar/protocols/postgres/sql/testdata/shop.catalog.json', import.meta.url),
)
const AGENT = ['--agent', 'namespace=agents,serviceAccount=corpus']
const BASE = ['--manifests', MANIFESTS, '--connection', 'data/shop', ...AGENT]

async function explained(args: readonly string[], lines: readonly string[]) {
  let out = ''
  let err = ''
  const code = await run(args, {
    stdin: Readable.from([lines.map((line) => `${line}\n`).join('')]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  })
  const answers = out.startsWith('{')
    ? out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    : []
  return { code, out, err, answers }
}

describe('sallyport explain', () => {
  test('answers each line in order, with all fields', async () => {
    const { code, answers } = await explained(
      [...BASE, '--catalog', CATALOG],
      ['"SELECT ssn FROM customers"', '{"statement": "DELETE FROM orders WHERE id = $1", "parameters": [1]}'],
    )
    assert.equal(code, 0)
    assert.deepEqual(answers[0], {
      verb: 'select',
      effect: 'Read',
      objects: [{ kind: 'table', name: 'public.customers', access: 'Read', verb: 'select', columns: ['ssn'] }],
      columns: ['public.customers.ssn'],
      functions: [],
      decision: 'Allow',
      policy: 'data/corpus',
      rule: 'reads',
      masks: [{ column: 'ssn', strategy: 'Partial', policy: 'data/corpus', rule: 'pii' }],
      reason: 'select of table public.customers is allowed by rule reads of policy data/corpus',
    })
    assert.equal(answers[1].decision, 'Deny')
  })

  test('goes by what is bound where that names a setting', async () => {
    const read = (...parameters: string[]) => JSON.stringify({ statement: 'SELECT current_setting($1)', parameters })
    const { answers } = await explained(BASE, [read('TimeZone'), read('app.secret'), read()])
    assert.deepEqual(
      answers.map(({ decision, effect }) => [decision, effect]),
      [
        ['Allow', 'Session'],
        ['Deny', 'Admin'],
        ['Deny', 'Admin'],
      ],
    )
  })

  test('writes out what a terminal would obey', async () => {
    const { out, answers } = await explained(BASE, [JSON.stringify('SELECT * FROM "a\u009b31m\u202eb"')])
    assert.match(out, /^[\n\x20-\x7e]+$/)
    assert.match(JSON.stringify(answers), /a\u009b31m\u202eb/)
  })

  test('says that it understands statements, where a Connection has none', async () => {
    const other = fileURLToPath(new URL('../../examples/tcp', import.meta.url))
    const { code, err } = await explained(['--manifests', other, '--connection', 'data/cache', ...AGENT], ['"GET x"'])
    assert.equal(code, 1)
    assert.match(err, /data\/cache speaks TCP, and explain understands statements of PostgreSQL only/)
  })

  test('without a catalog takes tables at their names and unknown functions as Unknown', async () => {
    const { answers } = await explained(BASE, ['"SELECT ssn, name FROM customers"', '"SELECT my_function(1)"'])
    assert.deepEqual(
      answers[0].masks.map(({ column, strategy }: { column: string; strategy: string }) => `${column} ${strategy}`),
      ['ssn Partial'],
    )
    assert.equal(answers[1].effect, 'Unknown')
    assert.equal(answers[1].decision, 'Deny')
  })

  test('says what is wrong with a line, goes on, and has failed in the end', async () => {
    const { code, answers } = await explained(BASE, ['nonsense', '3', '"SELECT 1"'])
    assert.equal(code, 1)
    assert.match(answers[0].error, /^line 1: the line is no JSON/)
    assert.match(answers[1].error, /^line 2: .*neither/)
    assert.equal(answers[2].decision, 'Allow')
  })

  test('a statement that is refused or not understood has been answered', async () => {
    const { code, answers } = await explained(BASE, ['"DROP TABLE customers"', '"SELEKT"'])
    assert.equal(code, 0)
    assert.deepEqual(
      answers.map(({ decision }) => decision),
      ['Deny', 'Deny'],
    )
  })

  test('the help names every key that --agent takes', async () => {
    const { out } = await explained(['--help'], [])
    for (const key of AGENT_KEYS) assert.match(out, new RegExp(`--agent .*\\b${key}=`))
  })

  test('an object with other members is not guessed at', async () => {
    const { answers } = await explained(BASE, [
      '',
      '{"statement": "SELECT $1", "params": [1]}',
      '{"statement": "", "parameters": 1}',
    ])
    assert.deepEqual(answers, [
      { error: 'line 2: unknown member params; allowed: statement, parameters' },
      { error: 'line 3: parameters is no list' },
    ])
  })

  test('says which agent it takes where none is named', async () => {
    const assumed = await explained(['--manifests', MANIFESTS, '--connection', 'data/shop'], [])
    assert.match(assumed.err, /no --agent: taken as default\/default/)
    assert.equal((await explained(BASE, [])).err, '')
  })

  test('a policy with an error denies what it selects, as in the gateway', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-explain-'))
    try {
      const text = readFileSync(MANIFESTS, 'utf8')
      writeFileSync(join(directory, 'all.yaml'), text.replace('connections: [shop]', 'connections: [shop, shopp]'))
      const { code, answers } = await explained(['--manifests', directory, ...BASE.slice(2)], ['"SELECT 1"'])
      assert.equal(code, 0)
      assert.equal(answers[0].decision, 'Deny')
      assert.match(
        answers[0].reason,
        /^policy data\/corpus cannot be enforced \(spec.*: there is no Connection data\/shopp/,
      )
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  test('a message that has to be sent in parts is denied by no rule', async () => {
    const [answer] = (await explained([...BASE, '--catalog', CATALOG], ['"RESET ALL; SELECT name FROM customers"']))
      .answers
    assert.deepEqual([answer.decision, answer.policy, answer.rule], ['Deny', null, null])
  })

  test('an agent that no policy selects is denied', async () => {
    const { answers } = await explained(['--manifests', MANIFESTS, '--connection', 'data/shop'], ['"SELECT 1"'])
    assert.equal(answers[0].decision, 'Deny')
  })

  test('arguments that are not understood are a usage error', async () => {
    for (const args of [
      [],
      ['--manifests', MANIFESTS],
      ['--what'],
      [...BASE, '--major', '9'],
      [...BASE, '--save', 'x'],
      [...BASE, '--live', '--major', '17'],
      [...BASE, '--live', '--catalog', 'x'],
    ]) {
      assert.equal((await explained(args, [])).code, 2)
    }
    assert.equal((await explained(['--manifests', '/nowhere', '--connection', 'a/b'], [])).code, 1)
    assert.match((await explained(['--help'], [])).out, /Usage/)
  })

  test('what is not there is named', async () => {
    const catalog = await explained([...BASE, '--catalog', '/nowhere'], [])
    assert.deepEqual([catalog.code, catalog.err], [1, 'sallyport explain: --catalog /nowhere: there is no such file\n'])
    const other = await explained(
      ['--manifests', MANIFESTS, '--connection', 'data/shopp', '--agent', 'namespace=a'],
      [],
    )
    assert.match(
      other.err,
      /^sallyport explain: there is no Connection data\/shopp in the manifests; there are data\/shop/,
    )
  })
})
