import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Unrest } from './unrest.ts'

test('the mark stands while nobody changes anything, and is another after a change', () => {
  const unrest = new Unrest()
  const [me, other] = [{}, {}]
  const before = unrest.mark(me)
  assert.equal(unrest.mark(me), before)
  unrest.begin(other)
  assert.equal(unrest.mark(me), undefined)
  unrest.end(other)
  assert.notEqual(unrest.mark(me), before)
})

test('what a session changes itself is no unrest to it, and only a change that began can end', () => {
  const unrest = new Unrest()
  const me = {}
  const before = unrest.mark(me)
  unrest.end(me)
  assert.equal(unrest.mark(me), before)
  unrest.begin(me)
  assert.equal(unrest.mark(me), before)
})
