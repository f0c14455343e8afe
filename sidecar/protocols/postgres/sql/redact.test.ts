// What is kept of a text that is not understood: nothing of what stands in it.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { redactFault } from './redact.ts'
import { SHOP } from './testing/shop.ts'
import { ready, understand } from './understand.ts'

before(() => ready())

const PLANTED = 'planted4711'

describe('of a text that does not parse no record repeats what the parser quotes', () => {
  const texts: Readonly<Record<string, string>> = {
    'a literal where none is expected': `alter role app set x '${PLANTED}'`,
    'a literal that is not closed': `select '${PLANTED} and all that follows`,
    'a literal that is closed too early': `alter role app password 'it's${PLANTED}'`,
    'an escape at its end': `select E'${PLANTED}\\`,
    'dollar quotes that are not closed': `select $$${PLANTED}`,
    'a name that is not closed': `select "${PLANTED}`,
    'a password without quotes': `alter role app password ${PLANTED}`,
    'a number with something behind it': `select 1${PLANTED}`,
    'an encoding that does not exist': `select '{}' format json encoding ${PLANTED}`,
    'an escape that is none': `select U&'\\00${PLANTED}'`,
  }
  for (const [name, text] of Object.entries(texts)) {
    test(name, async () => {
      const understood = await understand(text, SHOP)
      assert.ok(!understood.ok)
      assert.ok(!understood.kept.includes(PLANTED), understood.kept)
      assert.ok(!understood.redacted.includes(PLANTED), understood.redacted)
      assert.match(understood.kept, /^[a-z].*, as PostgreSQL 18 reads SQL$/i)
    })
  }
})

test('what is wrong stays in words', () => {
  assert.equal(redactFault(`syntax error at or near "'x'"`), 'syntax error')
  assert.equal(redactFault('syntax error at end of input'), 'syntax error at end of input')
  assert.equal(redactFault('unterminated quoted string at or near "\'a"b\nc"'), 'unterminated quoted string')
  assert.equal(redactFault('unrecognized JSON encoding: x'), 'unrecognized JSON encoding')
})
