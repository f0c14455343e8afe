// From a text to judged statements: understood under the session's catalog and search_path, decided by policy, and
// planned against the masks in force. Everything that can be cached by text is; what is left per call is the decision.
import { isDeepStrictEqual } from 'node:util'
import type { Action } from '#sidecar/action.ts'
import type { Admission, SessionGate } from '#sidecar/gate.ts'
import type { MaskingKeys } from '#sidecar/masking/digest.ts'
import type { Mask } from '#sidecar/masking/mask.ts'
import type { Limit } from '#sidecar/policy/limit.ts'
import type { Decision } from '#sidecar/policy/verdict.ts'
import type { Catalog, EffectivePath } from '../catalog/model.ts'
import { withMasks } from '../decide.ts'
import type { CellsPlan } from '../masking/plan.ts'
import { atBest, withBound } from '../sql/bound-settings.ts'
import type { CopyStream, Statement, Understood } from '../sql/statement.ts'
import { changesRows, withLimits } from '../uncounted.ts'
import { CopyOutMasker } from '../values/copy-out.ts'
import { absentState, whatIsAbsent } from './absent.ts'
import { callOf, notUnderstood } from './actions.ts'
import { after, eachUntil, type Soon } from './after.ts'
import { copyPlans } from './cell-plans.ts'
import type { Knowledge } from './knowledge.ts'
import type { Named, Names, Planned } from './names.ts'
import { type Origin, statementIn } from './origin.ts'
import type { BoundParameters } from './parameters.ts'
import { type RefusalText, refusalText, Sqlstate } from './refusals.ts'
import { isNaming, type Resolved, resolve } from './resolve.ts'
import { namesObjects, Sequence } from './sequence.ts'
import { changesSchema } from './settling.ts'
import { type Estimate, StatementAction } from './statement-action.ts'
import { ABORTED, SEPARATELY, UNCERTAIN, UNCHECKED, UNMASKABLE } from './undecided.ts'
import type { Basis, UnderstoodText, Workbench } from './workbench.ts'

/** A statement with everything that was decided about one execution of it. */
export interface Judged {
  readonly statement: Statement
  readonly action: Action
  readonly decision: Decision
  readonly allowed: boolean
  readonly cells: CellsPlan
  /** Something looks into its rows: the target must describe them before they come. */
  readonly watched: boolean
  readonly admission: Admission
  /** Under which policy and catalog this holds. */
  readonly basis: Basis
  readonly policyVersion: number
  /** The statement itself, without what it names. */
  readonly own: Planned
}

/** What is being decided. */
interface Deciding extends Pick<Judged, 'statement' | 'action' | 'basis' | 'own'> {
  readonly masks: readonly Mask[]
  readonly limits: readonly Limit[]
  readonly bound: BoundParameters | undefined
}

/** A refusal that is already in words, or judged statements. */
export type Script = readonly Judged[] | RefusalText

export interface JudgeParts {
  readonly gate: SessionGate
  readonly knowledge: Knowledge
  readonly workbench: Workbench
  readonly names: Names
  /** The role that "$user" in search_path stands for. */
  readonly user: string
  /** Waits until it is beyond doubt what a name stands for. */
  readonly certain: (entry: Named) => Soon<void>
  /** Rows that the target's planner expects a statement to touch. */
  readonly estimate: Estimate
}

export class Judge {
  readonly #parts: JudgeParts
  /** What was prepared last, and under which policies an execution of it could be allowed. Clients prepare the same again and again. */
  #preparable: Statement | undefined
  #preparableVersion = 0

  constructor(parts: JudgeParts) {
    this.#parts = parts
  }

  get maskingKeys(): MaskingKeys {
    return this.#parts.workbench.maskingKeys
  }

  /** The target's own words are withheld: they can carry protected values. */
  get scrubs(): boolean {
    return this.#parts.gate.pair.masks.some(({ mode }) => mode === 'Enforce')
  }

  /** It matters which object a name means. */
  get careful(): boolean {
    return this.#parts.gate.pair.selective || this.scrubs
  }

  /** Every statement of a Query message, in order. `failed`: the transaction is, so that a single statement can only end it. */
  script(text: string, failed: boolean): Soon<Script> {
    const understood = this.#understand(text)
    if (understood instanceof Promise) return understood.then((late) => this.#script(late, text, failed))
    return this.#script(understood, text, failed)
  }

  #script(understood: UnderstoodText | RefusalText, text: string, failed: boolean): Soon<Script> {
    if ('sqlstate' in understood) return understood
    const { statements } = understood
    const [only] = statements
    if (!only || statements.length > 1) return this.#several(statements, text, failed)
    const judged = this.#one(only, text, undefined, undefined, failed)
    return judged instanceof Promise ? judged.then(alone) : alone(judged)
  }

  /** A text that is only prepared: refused at once where no execution of it could be allowed. */
  prepare(text: string): Soon<RefusalText | undefined> {
    return after(this.#understand(text), (understood) => {
      if ('sqlstate' in understood) return understood
      const [statement] = understood.statements
      // What it names is looked up when it runs, and decided then.
      if (!statement || understood.statements.length > 1 || isNaming(statement)) return undefined
      const { gate, knowledge } = this.#parts
      if (statement === this.#preparable && gate.version === this.#preparableVersion && !knowledge.stale)
        return undefined
      return after(this.#one(atBest(statement), text, undefined), (judged) => {
        if ('sqlstate' in judged) return judged
        if (judged.decision.verdict !== 'Allow' && !judged.decision.volatile) return this.refusal(judged)
        this.#preparable = statement
        this.#preparableVersion = judged.policyVersion
        return undefined
      })
    })
  }

  /** What a Bind makes of a prepared statement, to be decided. Undefined: an empty text, which does nothing. */
  plan(origin: Origin): Soon<Planned | RefusalText | undefined> {
    const understood = this.#understand(origin.text)
    if (understood instanceof Promise) return understood.then((late) => this.#planned(origin, late))
    return this.#planned(origin, understood)
  }

  #planned(origin: Origin, understood: UnderstoodText | RefusalText): Planned | RefusalText | undefined {
    if ('sqlstate' in understood) return understood
    const statement = statementIn(understood.statements, origin)
    return statement && { statement, catalog: this.#parts.knowledge.catalog as Catalog }
  }

  /** Decides at Bind. Names are resolved there, so they must be certain. */
  atBind({ statement }: Planned, text: string, bound: BoundParameters): Soon<Judged | RefusalText> {
    return this.#one(statement, text, bound)
  }

  /** Decides at Execute: what the target has planned as what it was then, by the policies of now. */
  atExecute(
    planned: Planned,
    text: string,
    bound: BoundParameters | undefined,
    failed: boolean,
  ): Soon<Judged | RefusalText> {
    return this.#one(planned.statement, text, bound, planned.catalog, failed)
  }

  /** FunctionCall: nobody can tell which columns its result holds, so a mask in force refuses it, and only a rule for the function opens it. */
  functionCall(name: string | undefined): Soon<Judged | RefusalText> {
    if (name === undefined) return { sqlstate: '42883', message: 'the function that the message calls does not exist' }
    const { catalog } = this.#parts.knowledge
    if (!catalog) return UNCHECKED
    if (this.scrubs) return UNMASKABLE
    const statement = callOf(name)
    return this.#decide(statement, { statement, catalog }, `call ${name}`, undefined)
  }

  /** Of what the target has planned: whether it would be decided the same now. */
  stillValid({ policyVersion, decision, own }: Judged): boolean {
    return policyVersion === this.#parts.gate.version && !decision.volatile && !isNaming(own.statement)
  }

  /** By the catalog of now it is the same statement, and would be allowed and shown in the same way. */
  stillMeans(judged: Judged, origin: Origin): Soon<boolean> {
    const { gate, knowledge, names, workbench, user, certain } = this.#parts
    const { catalog } = knowledge
    if (!catalog) return false
    const { own, statement } = judged
    if (catalog === own.catalog) return true
    const lookup = { names, certain }
    const understand = ({ text }: Origin): Soon<UnderstoodText | RefusalText> =>
      after(workbench.understand(text, catalog, knowledge.path, user), (found) => (found.ok ? found : UNCHECKED))
    return after(understand(origin), (understood) => {
      const found = 'sqlstate' in understood ? undefined : statementIn(understood.statements, origin)
      if (!found) return false
      const again = statement === own.statement ? found : atBest(found)
      return after(resolve({ statement: again, catalog }, lookup, understand), (resolved) => {
        if ('sqlstate' in resolved || !meansTheSame(statement, resolved.statement)) return false
        const { protection } = workbench.basis(gate.pair.masks, catalog)
        const { decision, cells } = withMasks(resolved.statement, protection, judged.decision)
        return decision.verdict === 'Allow' && isDeepStrictEqual(cells, judged.cells)
      })
    })
  }

  /** Under the masks now in force its rows would be sent as they are. */
  looksTheSame({ basis, cells, decision, statement, watched }: Judged): boolean {
    const { gate, workbench } = this.#parts
    const now = workbench.basis(gate.pair.masks, basis.catalog)
    if (now === basis) return true
    const again = withMasks(statement, now.protection, decision)
    if (again.decision.verdict !== 'Allow' || watched !== isWatched(now)) return false
    return JSON.stringify([cells, basis.inspection]) === JSON.stringify([again.cells, now.inspection])
  }

  /** Records that a judged statement is refused, and puts it into words. */
  refusal(judged: Judged): RefusalText {
    const refusal = refusalText(this.#parts.gate.refuse(judged.action, judged.decision, judged.admission.masks))
    const { statement, decision, basis } = judged
    const sqlstate = absentState(statement.shape.parts[decision.part]) ?? refusal.sqlstate
    return { ...refusal, sqlstate, message: refusal.message + whatIsAbsent(statement, basis.catalog) }
  }

  copyMasker(judged: Judged, copy: CopyStream): CopyOutMasker {
    return new CopyOutMasker(copy, copyPlans(judged, copy), this.maskingKeys, (oid) =>
      judged.basis.catalog.dataTypeByOid(oid),
    )
  }

  #understand(text: string, path?: EffectivePath): Soon<UnderstoodText | RefusalText> {
    const { knowledge, workbench, user } = this.#parts
    const { catalog } = knowledge
    if (!catalog) return UNCHECKED
    const understood = workbench.understand(text, catalog, path ?? knowledge.path, user)
    if (understood instanceof Promise) return understood.then((late) => this.#readable(late, text))
    return this.#readable(understood, text)
  }

  #readable(understood: Understood, text: string): UnderstoodText | RefusalText {
    if (understood.ok) return understood
    const { kept, reason, redacted, at } = understood
    const { action, decision } = notUnderstood(kept, text, redacted)
    const refusal = refusalText(this.#parts.gate.refuse(action, decision))
    return {
      ...refusal,
      message: reason,
      sqlstate: Sqlstate.syntaxError,
      ...(at === undefined ? {} : { position: characters(text, at) }),
    }
  }

  #several(statements: readonly Statement[], text: string, failed: boolean): Soon<Script> {
    const bytes = Buffer.from(text)
    const judged: Judged[] = []
    let changed = false
    const sequence = new Sequence(this.#parts.knowledge.dirty)
    const stopped = eachUntil(statements, (statement): Soon<Script | undefined> => {
      if (!sequence.follows(statement, this.careful)) return SEPARATELY
      const own = bytes.toString('utf8', statement.from, statement.to)
      return after(this.#one(statement, own, undefined, undefined, failed && judged.length === 0), (one) => {
        if ('sqlstate' in one) return one
        const { limits } = this.#parts.gate.pair
        const decision = changed ? withLimits(one.statement, limits, one.decision, 'behind') : one.decision
        changed ||= changesRows(one.statement)
        judged.push(decision === one.decision ? one : { ...one, decision, allowed: false })
        return decision.verdict === 'Allow' ? undefined : judged
      })
    })
    return after(stopped, (script) => script ?? judged)
  }

  #one(
    statement: Statement,
    text: string,
    bound: BoundParameters | undefined,
    planned?: Catalog,
    harmless = false,
  ): Soon<Judged | RefusalText> {
    const { knowledge, names, certain } = this.#parts
    const catalog = planned ?? knowledge.catalog
    if (!catalog) return UNCHECKED
    // What the target has planned keeps its meaning, except for the names that it looks up when it runs.
    const depends = planned ? isNaming(statement) : namesObjects(statement)
    if (knowledge.stale && depends && !harmless && this.careful) return UNCERTAIN
    if (!isNaming(statement)) {
      const meant = bound ? withBound(statement, (parameter) => bound.text(parameter)) : statement
      return this.#decide(statement, { statement: meant, catalog }, text, bound)
    }
    const understand = (origin: Origin) => this.#understand(origin.text)
    const lookup = { names, certain }
    return after(resolve({ statement, catalog }, lookup, understand), (resolved): Soon<Judged | RefusalText> => {
      if ('sqlstate' in resolved) return harmless ? ABORTED : resolved
      return this.#decide(statement, resolved, text, bound)
    })
  }

  #decide(own: Statement, { statement, catalog }: Resolved, text: string, bound?: BoundParameters): Soon<Judged> {
    const { gate, workbench } = this.#parts
    const { pair } = gate
    const basis = workbench.basis(pair.masks, catalog)
    const action = new StatementAction(statement.shape, text, bound, this.#parts)
    const decided = gate.judge(action)
    const about = {
      statement,
      action,
      basis,
      own: { statement: own, catalog },
      masks: pair.masks,
      limits: pair.limits,
      bound,
    }
    if (decided instanceof Promise) return decided.then((late) => this.#judged(about, late))
    return this.#judged(about, decided)
  }

  #judged({ statement, action, basis, own, masks, limits, bound }: Deciding, decided: Decision): Judged {
    const { decision, cells } = withMasks(statement, basis.protection, withLimits(statement, limits, decided))
    return {
      statement,
      action,
      decision,
      allowed: decision.verdict === 'Allow',
      cells,
      watched: isWatched(basis),
      admission: { action, decision, masks, parameters: bound?.recorded },
      basis,
      policyVersion: this.#parts.gate.version,
      own,
    }
  }
}

function alone(judged: Judged | RefusalText): Script {
  return 'sqlstate' in judged ? judged : [judged]
}

/** A statement that changes the schema itself may find it changed. */
function meansTheSame(before: Statement, now: Statement): boolean {
  const flows = (of: Statement) => [of.outputs, of.uses, of.copies, of.assignments]
  if (!isDeepStrictEqual(flows(before), flows(now))) return false
  return changesSchema(before) || isDeepStrictEqual(before.shape.parts, now.shape.parts)
}

function isWatched({ inspection, protection }: Basis): boolean {
  return inspection !== undefined || protection.inForce
}

/** A byte offset in the text as a position in characters from 1. */
function characters(text: string, at: number): number {
  return [...Buffer.from(text).toString('utf8', 0, at)].length + 1
}
