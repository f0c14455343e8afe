// EXECUTE and FETCH are what they name: followed to the end, because a prepared statement may itself be an EXECUTE.
import { together } from './actions.ts'
import { after, type Soon } from './after.ts'
import type { Named, Names, Planned } from './names.ts'
import { type Origin, statementIn } from './origin.ts'
import type { RefusalText } from './refusals.ts'
import type { UnderstoodText } from './workbench.ts'

/** A statement together with what it names, and the catalog that its lineage is told by. */
export type Resolved = Planned

type Understand = (origin: Origin) => Soon<UnderstoodText | RefusalText>

export interface Lookup {
  readonly names: Names
  /** A definition on its way may yet fail, and the name stand for an older one. */
  readonly certain: (entry: Named) => Soon<void>
}

/** Nobody nests them; the target would run a circle of them until its stack is full. */
const DEEPEST = 8

export function resolve(
  planned: Planned,
  lookup: Lookup,
  understand: Understand,
  depth = 0,
): Soon<Resolved | RefusalText> {
  if (!isNaming(planned.statement)) return planned
  if (depth === DEEPEST) return TOO_DEEP
  return after(named(planned, lookup, understand), (inner) => {
    if ('sqlstate' in inner) return inner
    return after(resolve(inner, lookup, understand, depth + 1), (whole) => {
      if ('sqlstate' in whole) return whole
      return { statement: together(planned.statement, whole.statement), catalog: whole.catalog }
    })
  })
}

/** Runs or reads what a name stands for. */
export function isNaming({ executes, outputs }: Planned['statement']): boolean {
  return executes !== undefined || outputs.kind === 'named'
}

function named({ statement, catalog }: Planned, lookup: Lookup, understand: Understand): Soon<Planned | RefusalText> {
  const { executes, outputs } = statement
  const { names } = lookup
  if (executes === undefined && outputs.kind === 'named' && outputs.of === 'cursor')
    return after(
      settled(() => names.portal(outputs.name), lookup),
      (portal) => portal?.planned ?? NO_CURSOR,
    )
  const name = executes ?? (outputs.kind === 'named' ? outputs.name : '')
  return after(
    settled(() => names.prepared(name), lookup),
    (prepared) => {
      if (!prepared) return NO_STATEMENT
      return after(understand(prepared.origin), (understood) => {
        if ('sqlstate' in understood) return understood
        const inner = statementIn(understood.statements, prepared.origin)
        return inner ? { statement: inner, catalog } : NO_STATEMENT
      })
    },
  )
}

function settled<T extends Named>(look: () => T | undefined, { certain }: Lookup): Soon<T | undefined> {
  const entry = look()
  return entry && after(certain(entry), look)
}

const NO_STATEMENT: RefusalText = {
  sqlstate: '26000',
  message: 'the prepared statement that this executes does not exist, as far as the gateway knows',
  hint: 'Prepare it in this session first; code inside functions that does so is not seen.',
}

const NO_CURSOR: RefusalText = {
  sqlstate: '34000',
  message: 'the cursor that this reads does not exist, as far as the gateway knows',
  hint: 'Declare it in this transaction first; code inside functions that does so is not seen.',
}

const TOO_DEEP: RefusalText = {
  // statement_too_complex, as the target says when its stack is full.
  sqlstate: '54001',
  message: 'prepared statements that execute prepared statements are followed eight deep only',
}
