import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionChange, Statement } from '../sql/statement.ts'
import { Sequence } from './sequence.ts'
import { unsettles } from './settling.ts'

const CHANGES: Readonly<Record<string, readonly [change: SessionChange, clean: boolean, dirty: boolean]>> = {
  'BEGIN changes no meaning': [{ kind: 'begin' }, false, false],
  'COMMIT does where the transaction changed something': [{ kind: 'commit' }, false, true],
  'ROLLBACK TO does where the transaction changed something': [{ kind: 'rollbackTo', name: 's' }, false, true],
  'SET of a plain setting does not': [{ kind: 'set', name: 'work_mem', local: false, value: '4MB' }, false, false],
  'SET ROLE does': [{ kind: 'set', name: 'role', local: false, value: 'x' }, true, true],
  'SET search_path does': [{ kind: 'setSearchPath', local: true, value: ['a'] }, true, true],
  'DEALLOCATE does': [{ kind: 'deallocate', name: 'a' }, true, true],
  'code that nobody has seen does': [{ kind: 'opaque' }, true, true],
  'DDL does': [{ kind: 'ddl' }, true, true],
}

for (const [name, [change, clean, dirty]] of Object.entries(CHANGES)) {
  test(name, () => {
    assert.equal(unsettles(statement([change]), false), clean)
    assert.equal(unsettles(statement([change]), true), dirty)
  })
}

const READ = statement([], 'Read')
const FETCH: Statement = { ...statement([]), outputs: { kind: 'named', of: 'cursor', name: 'c' } }

const FOLLOWING: Readonly<
  Record<string, readonly [change: SessionChange, then: Statement, dirty: boolean, careful: boolean, allowed: boolean]>
> = {
  'a FETCH behind a DECLARE': [{ kind: 'closeCursor', name: 'c' }, FETCH, false, false, false],
  'a SELECT behind a CLOSE': [{ kind: 'closeCursor', name: 'c' }, READ, false, true, true],
  'a SELECT behind DDL where it matters': [{ kind: 'ddl' }, READ, false, true, false],
  'a SELECT behind DDL where it does not': [{ kind: 'ddl' }, READ, false, false, true],
  'a SELECT behind a ROLLBACK that changes nothing': [{ kind: 'rollback' }, READ, false, true, true],
  'a SELECT behind a ROLLBACK that takes search_path back': [{ kind: 'rollback' }, READ, true, true, false],
  'a SELECT behind SET ROLE': [{ kind: 'set', name: 'role', local: false, value: 'x' }, READ, false, true, false],
  'a SELECT behind code that nobody has seen': [{ kind: 'opaque' }, READ, false, false, false],
}

for (const [name, [change, then, dirty, careful, allowed]] of Object.entries(FOLLOWING)) {
  test(`${name} ${allowed ? 'is decided in the same message' : 'has to come by itself'}`, () => {
    const sequence = new Sequence(dirty)
    assert.ok(sequence.follows(statement([change]), careful))
    assert.equal(sequence.follows(then, careful), allowed)
  })
}

function statement(changes: readonly SessionChange[], effect: 'Read' | 'Session' = 'Session'): Statement {
  const part = { verb: 'select', effect, object: { kind: 'table', name: 'public.t' }, covers: [], columns: [] } as const
  return {
    shape: { verb: 'select', effect, parts: [part], facts: {}, redacted: '' as Statement['shape']['redacted'] },
    from: 0,
    to: 0,
    outputs: { kind: 'none' },
    uses: [],
    copies: [],
    assignments: [],
    changes,
    valueBearing: [],
    parameters: 0,
    outsideTransaction: false,
  }
}
