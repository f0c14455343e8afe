import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compileGlob } from './match.ts'

const cases: Readonly<Record<string, { pattern: string; yes: readonly string[]; no: readonly string[] }>> = {
  'without a star the name must be the same': {
    pattern: 'public.orders',
    yes: ['public.orders'],
    no: ['public.Orders', 'public.orders2', 'xpublic.orders', 'public_orders', ''],
  },
  'a star never crosses a dot': {
    pattern: 'public.*',
    yes: ['public.a', 'public.', 'public.a b'],
    no: ['public', 'public.a.b', 'publicX.a', 'a.public.a'],
  },
  'a star alone is one segment': { pattern: '*', yes: ['a', ''], no: ['a.b'] },
  'stars in several places': {
    pattern: '*_eu.ord*s',
    yes: ['shop_eu.orders', '_eu.ords', 'a_eu_eu.ordss'],
    no: ['shop_eu.order', 'eu.orders', 'shop_eu.x.orders'],
  },
  'two stars are as good as one': { pattern: 'a**b', yes: ['ab', 'axb', 'abb'], no: ['a', 'b', 'abc'] },
  'characters that mean something elsewhere mean themselves': {
    pattern: 'p?.[a]+*$',
    yes: ['p?.[a]+$', 'p?.[a]+xyz$'],
    no: ['px.[a]+$', 'p?.a$'],
  },
  'a name with a dot in it can be written whole': { pattern: 'public.a.b', yes: ['public.a.b'], no: ['public.a'] },
}

describe('names', () => {
  for (const [title, { pattern, yes, no }] of Object.entries(cases)) {
    test(title, () => {
      const glob = compileGlob(pattern)
      for (const name of yes) assert.ok(glob(name), `${pattern} matches ${name}`)
      for (const name of no) assert.ok(!glob(name), `${pattern} does not match ${name}`)
    })
  }

  test('agree with the regular expression they stand for', () => {
    const letters = (from: string) => fc.array(fc.constantFrom(...from), { maxLength: 8 }).map((all) => all.join(''))
    fc.assert(
      fc.property(letters('ab*.'), letters('ab.'), (pattern, name) => {
        const regular = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]*')}$`)
        assert.equal(compileGlob(pattern)(name), regular.test(name))
      }),
      { numRuns: 2_000 },
    )
  })

  test('a pattern that holds a backtracking engine for ages is answered at once', () => {
    const glob = compileGlob(`${'*a'.repeat(100)}*b`)
    assert.ok(!glob('a'.repeat(10_000)))
  })
})
