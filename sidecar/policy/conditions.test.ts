import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FactValue } from '#sidecar/action.ts'
import { checkCondition, compileCondition, type Scope } from './conditions.ts'
import { VOCABULARY } from './testing/vocabulary.ts'

const { facts: SCHEMA } = VOCABULARY

const refused: Readonly<Record<string, RegExp>> = {
  'facts.hasWher': /^No such key: hasWher; facts are estimatedCost, estimatedRows, hasWhere, /,
  'agent.nope == 1': /^No such key: nope/,
  'facts.tables': /^the condition gives list<string>, and must give bool$/,
  'facts.limit': /^the condition gives dyn, and must give bool$/,
  'facts.hasWhere > 1': /^no such overload: bool > int$/,
  'unknown.x == 1': /^Unknown variable: unknown$/,
  'size(facts) > 0': /./,
  'dyn(facts) == dyn(facts)': /^facts can only be used by name, as in facts.verb$/,
  '1 +': /^Unexpected token/,
  'facts.text.matches(facts.text)': /^matches needs one pattern, written as a string literal$/,
  'facts.text.matches("(")': /^error parsing regexp: missing closing \)/,
  'facts.text.matches("a{1000}")': /^a pattern repeats too much/,
  'facts.text.matches("a(?=b)")': /^error parsing regexp: invalid/,
  'facts.tables.all(a, facts.tables.all(b, facts.tables.all(c, a + b == c)))': /^the condition could cost \d+ units/,
  [`facts.text == "${'x'.repeat(5_000)}"`]: /^the condition is longer than 4096 characters$/,
  [`${'('.repeat(200)}true${')'.repeat(200)}`]: /maxDepth|depth/i,
}

const admitted: readonly string[] = [
  '!facts.hasWhere || facts.estimatedRows > 100',
  'facts.tables.exists(t, t.matches("^hr[.]"))',
  'facts.tables.exists(a, facts.tables.exists(b, a == b))',
  'now.getHours("Europe/Zurich") >= 20',
  'agent.labels["app"] == "x" && agent.user.groups.exists(g, g == "dba")',
  'connection.name.startsWith("prod-") && session.statements > 100',
  'facts.ratio > 0.5 && has(facts.limit)',
]

const scope: Scope = {
  fact: (name) => FACTS[name],
  agent: { namespace: 'agents', serviceAccount: 'x', labels: { app: 'a' }, namespaceLabels: {} },
  connection: { namespace: 'data', name: 'orders-db', labels: {}, protocol: 'Tables' },
  session: { statements: 7n },
  now: Date.parse('2026-06-09T18:00:00Z'),
}

const FACTS: Readonly<Record<string, FactValue>> = {
  hasWhere: true,
  limit: null,
  tables: ['public.orders', 'hr.people'],
  text: `${'a'.repeat(50)}!`,
  parameters: [5, 'x', null, 2.5, true, { a: [1] }],
  ratio: 1,
}

const answers: Readonly<Record<string, boolean | string>> = {
  'facts.hasWhere': true,
  'facts.tables.exists(t, t == "hr.people")': true,
  'facts.parameters[0] == 5 && facts.parameters[0] < 6 && facts.parameters[0] + 1 == 6': true,
  'facts.parameters[1] == 5': false,
  'facts.parameters[2] == null': true,
  'facts.parameters[3] > 2.0 && facts.parameters[4] == true': true,
  'facts.parameters[5].a[0] == 1': true,
  'facts.ratio == 1.0': true,
  'session.statements > 6 && session.statements + 1 == 8': true,
  'now.getHours("Europe/Zurich") == 20 && now.getHours() == 18': true,
  'has(agent.user)': false,
  'agent.user.username == "ann" || agent.namespace == "agents"': true,
  // RE2, not JavaScript's engine: this pattern would hold that one for longer than the universe.
  'facts.text.matches("^(a+)+$")': false,
  'facts.parameters[1].matches("^x$")': true,
  'agent.user.username == "ann"': 'No such key: user',
  'facts.limit > 10': 'no such overload: dyn<null> > int',
  'facts.estimatedRows > 10': 'No such key: estimatedRows',
  'facts.parameters[9] == 1': 'No such key: index out of bounds, index 9 >= size 6',
  '1 / (size(facts.tables) - 2) == 1': 'division by zero',
}

describe('conditions', () => {
  for (const [expression, why] of Object.entries(refused)) {
    test(`refused: ${expression.slice(0, 70)}`, () => assert.match(checkCondition(expression, SCHEMA) ?? '', why))
  }
  for (const expression of admitted) {
    test(`admitted: ${expression}`, () => assert.equal(checkCondition(expression, SCHEMA), undefined))
  }
  for (const [expression, answer] of Object.entries(answers)) {
    test(`${expression} → ${answer}`, () => {
      const result = evaluate(expression, scope)
      assert.deepEqual(result, typeof answer === 'string' ? { fault: answer } : answer)
    })
  }

  test('a value much larger than a condition was admitted for is a fault, not a stall', () => {
    const tables = Array.from({ length: 10_000 }, (_, i) => `t${i}`)
    const large = { ...scope, fact: () => tables }
    const expression = 'facts.tables.exists(a, facts.tables.exists(b, a == b && a != b))'
    assert.deepEqual(evaluate(expression, large), { fault: 'its cost would exceed the budget' })
    assert.equal(evaluate('facts.tables.exists(a, a == "t9999")', large), true)
  })

  test('all the weight in one item does not hide in an average', () => {
    const inner = Array.from({ length: 3_000 }, (_, i) => i)
    const lopsided = { ...scope, fact: () => [inner, ...Array.from({ length: 3_000 }, () => [])] }
    const expression = 'facts.parameters.exists(p, p.exists(x, p.exists(y, x == y + 100000)))'
    const compiled = compileCondition(expression, SCHEMA)
    // Either it is not admitted, or it is stopped; it never runs nine million steps.
    if (typeof compiled !== 'string') {
      assert.deepEqual(compiled.evaluate(lopsided), { fault: 'its cost would exceed the budget' })
    }
  })

  test('a long text is a fault for a large pattern and none for a small one', () => {
    const long = { ...scope, fact: () => 'a'.repeat(5_000) }
    const fault = { fault: 'its cost would exceed the budget' }
    assert.deepEqual(evaluate('facts.text.matches("(?:a?){60}a{60}b")', long), fault)
    assert.equal(evaluate('facts.text.matches("^a+b$")', long), false)
  })

  test('names that JavaScript knows are not facts', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      assert.match(checkCondition(`facts.${name} == 1`, SCHEMA) ?? '', /No such key|reserved|unexpected/i)
      assert.notEqual(evaluate(`has(session.${name})`, scope), true)
    }
  })
})

function evaluate(expression: string, at: Scope) {
  const compiled = compileCondition(expression, SCHEMA)
  assert.ok(typeof compiled !== 'string', String(compiled))
  return compiled.evaluate(at)
}
