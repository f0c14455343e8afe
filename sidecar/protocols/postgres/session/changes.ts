// What a statement that has succeeded changed in the session. Names are entered; settings are not computed from the
// text but marked stale and read back from the target before the next decision.
import type { SessionChange } from '../sql/statement.ts'
import type { Core } from './core.ts'
import type { Running } from './running.ts'
import { ROLES } from './settling.ts'

/** `group`: of the message that ran it. */
export function applyChanges(core: Core, run: Running, group: number): void {
  for (const change of run.judged.statement.changes) apply(core, run, group, change)
}

function apply(core: Core, run: Running, group: number, change: SessionChange): void {
  const { names, knowledge } = core
  const inTransaction = core.status !== 'idle' || core.pipeline.unsynced
  switch (change.kind) {
    case 'begin':
    case 'savepoint':
    case 'release':
      return
    case 'commit':
    case 'rollback':
    case 'rollbackTo':
    case 'prepareTransaction':
      knowledge.rolled()
      return
    case 'setSearchPath':
      knowledge.pathChanged()
      return
    case 'set':
      if (ROLES.has(change.name)) knowledge.pathChanged()
      return
    case 'resetAll':
      knowledge.pathChanged()
      return
    case 'discardAll':
      names.clearPrepared()
      names.clearPortals()
      knowledge.catalogChanged(inTransaction)
      return
    case 'discardTemp':
    case 'ddl':
      knowledge.catalogChanged(inTransaction)
      return
    case 'discardPlans':
      return
    case 'prepare':
      names
        .definePrepared({
          name: change.name,
          group,
          confirmed: true,
          origin: { text: run.text, inside: 'prepare' },
          types: [],
        })
        .answered(false)
      return
    case 'deallocate':
      if (change.name === undefined) names.clearPrepared()
      else names.removePrepared(change.name).answered(false)
      return
    case 'declareCursor':
      names
        .definePortal({
          kind: 'cursor',
          name: change.name,
          group,
          confirmed: true,
          text: run.text,
          planned: { statement: change.statement, catalog: run.judged.basis.catalog },
          hold: change.hold,
          bound: undefined,
          judged: undefined,
          fields: undefined,
          described: false,
        })
        .answered(false)
      return
    case 'closeCursor':
      if (change.name === undefined) names.clearPortals()
      else names.removePortal(change.name).answered(false)
      return
    case 'opaque':
      knowledge.unseen()
      return
  }
}
