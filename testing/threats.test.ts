// The table of threats says where each is tested. That is held against the tests' own names and the rules of admission, so that
// neither can go on without the other.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { allFiles, ROOT } from './sources.ts'

const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')

const ROWS = [...read('docs/threats.md').matchAll(/^\| (T\d\d) \|[^|]*\|[^|]*\|([^|]*)\|$/gm)].map(
  ([, number = '', where = '']) => ({ number, where }),
)

/** Rules of admission, and the threats that each says it is against. */
const RULES = new Map(
  allFiles()
    .filter((path) => /^operator\/admission\/rules\/[^/]+\.ts$/.test(path))
    .flatMap((path) => [...read(path).matchAll(/id: '([\w-]+)',\s*threats: \[([^\]]*)\]/g)])
    .map(([, id = '', threats = '']) => [id, threats] as const),
)

/** What shows a threat without its number. */
const UNNUMBERED: Readonly<Record<string, string>> = {
  'T49 sidecar/containment/self-test.test.ts': 'the self-test is the control, in every mode',
}

test('every threat has one row, in order', () => {
  const numbers = Array.from({ length: 59 }, (_, index) => `T${String(index + 1).padStart(2, '0')}`)
  assert.deepEqual(
    ROWS.map(({ number }) => number),
    numbers,
  )
})

describe('what the table says of a threat is there', () => {
  for (const { number, where } of ROWS) {
    test(number, () => {
      const files = [...where.matchAll(/`([\w/.-]+\.ts)`/g)].map(([, path = '']) => path)
      const rules = [...where.matchAll(/rule `([\w-]+)`/g)].map(([, id = '']) => id)
      assert.ok(files.length > 0, 'no test is named')
      for (const path of files) {
        assert.ok(existsSync(new URL(path, ROOT)), path)
        if (UNNUMBERED[`${number} ${path}`] !== undefined) continue
        assert.match(read(path), new RegExp(`['\`"(,/ ]${number}\\b`), `no test of ${path} is called by this number`)
      }
      for (const id of rules) assert.ok(RULES.get(id)?.includes(number), `rule ${id} is not against ${number}`)
    })
  }
})

test('every test on the cluster is against a threat of the table', () => {
  const numbers = new Set(ROWS.map(({ number }) => number))
  const files = allFiles().filter((path) => path.startsWith('e2e/operator/threats/'))
  const unknown = files.flatMap((path) =>
    [...read(path).matchAll(/\bT\d\d\b/g)].map(([found]) => found).filter((found) => !numbers.has(found)),
  )
  assert.deepEqual(unknown, [])
})

test('every rule of admission against a threat is against one of the table', () => {
  const numbers = new Set(ROWS.map(({ number }) => number))
  const unknown = [...RULES.values()]
    .flatMap((threats) => threats.match(/T\d\d/g) ?? [])
    .filter((one) => !numbers.has(one))
  assert.deepEqual(unknown, [])
})
