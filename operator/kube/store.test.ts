import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Entry, WritableStore } from './store.ts'

function entry(value: number, uid = 'u'): Entry<number> {
  return { uid, resourceVersion: String(value), value }
}

function followed() {
  const faults: unknown[] = []
  const store = new WritableStore<number>((error) => faults.push(error))
  const told: (readonly [string, number | undefined, number | undefined])[] = []
  const leave = store.onChange((...change) => told.push(change))
  return { store, told, faults, leave }
}

describe('a store', () => {
  test('is synced by the first whole list, and not before', async () => {
    const { store } = followed()
    store.set('a', entry(1))
    assert.equal(store.synced, false)
    store.replace(new Map())
    assert.equal(store.synced, true)
    await store.whenSynced()
  })

  test('a list tells exactly the differences', () => {
    const { store, told } = followed()
    for (const key of ['a', 'b', 'c', 'd']) store.set(key, entry(1))
    told.length = 0
    store.replace(
      new Map([
        ['b', entry(1)],
        ['c', entry(2)],
        ['d', entry(1, 'another')],
        ['e', entry(1)],
      ]),
    )
    assert.deepEqual(told, [
      ['a', 1, undefined],
      ['c', 1, 2],
      ['d', 1, undefined],
      ['d', undefined, 1],
      ['e', undefined, 1],
    ])
  })

  test('a listener that throws is reported, and the others are told', () => {
    const { store, faults } = followed()
    store.onChange(() => {
      throw new Error('broken listener')
    })
    const later: string[] = []
    store.onChange((key) => later.push(key))
    store.set('a', entry(1))
    assert.equal(faults.length, 1)
    assert.deepEqual(later, ['a'])
  })

  test('a listener that left is told no more, even if it listens twice', () => {
    const { store } = followed()
    const heard: string[] = []
    const listener = (key: string): void => {
      heard.push(key)
    }
    const leave = store.onChange(listener)
    store.onChange(listener)
    leave()
    store.set('a', entry(1))
    assert.deepEqual(heard, ['a'])
  })

  test('whatever comes, the changes told lead from nothing to what is there', () => {
    const key = fc.constantFrom('a', 'b', 'c')
    const given = fc.tuple(key, fc.nat(3), fc.constantFrom('u', 'v'))
    const step = fc.oneof(
      fc.record({ set: given }),
      fc.record({ delete: key }),
      fc.record({ replace: fc.array(given, { maxLength: 4 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { store, told } = followed()
        for (const each of steps) {
          if ('set' in each) store.set(each.set[0], entry(each.set[1], each.set[2]))
          else if ('delete' in each) store.delete(each.delete)
          else store.replace(new Map(each.replace.map(([name, value, uid]) => [name, entry(value, uid)])))
        }
        const shadow = new Map<string, number>()
        for (const [name, before, after] of told) {
          assert.equal(shadow.get(name), before)
          assert.notEqual(before, after)
          if (after === undefined) shadow.delete(name)
          else shadow.set(name, after)
        }
        assert.deepEqual(shadow, new Map(store.entries()))
        assert.equal(store.size, [...store.list()].length)
      }),
    )
  })
})
