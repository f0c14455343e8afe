// One statement → what the gateway would decide, in words for whoever writes the policy. The gateway's own code decides.

import { type Action, type Effect, type FactValue, strictest } from '#sidecar/action.ts'
import { isStricter } from '#sidecar/policy/combine.ts'
import type { Pair } from '#sidecar/policy/pair.ts'
import type { Decision, Verdict } from '#sidecar/policy/verdict.ts'
import type { Catalog } from '#sidecar/protocols/postgres/catalog/model.ts'
import { decideStatement, WHY_SEPARATELY } from '#sidecar/protocols/postgres/decide.ts'
import { ESTIMABLE } from '#sidecar/protocols/postgres/estimate.ts'
import type { CellsPlan } from '#sidecar/protocols/postgres/masking/plan.ts'
import { eitherOf, type Protection, protection } from '#sidecar/protocols/postgres/masking/protection.ts'
import { isNaming } from '#sidecar/protocols/postgres/session/resolve.ts'
import { Sequence } from '#sidecar/protocols/postgres/session/sequence.ts'
import type { Estimate } from '#sidecar/protocols/postgres/session/statement-action.ts'
import { withBound } from '#sidecar/protocols/postgres/sql/bound-settings.ts'
import { documentIn } from '#sidecar/protocols/postgres/sql/documents.ts'
import { FACTS } from '#sidecar/protocols/postgres/sql/facts.ts'
import type { Output, Statement } from '#sidecar/protocols/postgres/sql/statement.ts'
import { type Environment, understand } from '#sidecar/protocols/postgres/sql/understand.ts'

export interface Explanation {
  readonly verb: string
  readonly effect: Effect
  readonly objects: readonly {
    readonly kind: string
    readonly name: string
    readonly access: Effect
    readonly verb: string
    readonly columns: readonly string[]
  }[]
  readonly columns: readonly string[]
  readonly functions: readonly string[]
  readonly decision: Verdict
  readonly policy: string | null
  readonly rule: string | null
  readonly masks: readonly ({ readonly column: string } & MaskingRule)[]
  readonly reason: string
}

interface MaskingRule {
  readonly strategy: string
  readonly policy: string
  readonly rule: string
}

export interface Question {
  readonly statement: string
  readonly parameters: readonly FactValue[]
}

export interface ExplainerOptions {
  /** Tables are taken at their names. */
  readonly namesOnly?: boolean
  /** Absent: there is nobody to ask for costly facts. */
  readonly estimate?: Estimate | undefined
}

export class Explainer {
  readonly #pair: Pair
  readonly #environment: Environment
  readonly #protection: Protection
  readonly #estimate: Estimate | undefined

  constructor(
    pair: Pair,
    catalog: Catalog,
    path: readonly string[],
    { namesOnly = false, estimate }: ExplainerOptions = {},
  ) {
    this.#pair = pair
    this.#environment = { catalog, path, namesOnly }
    this.#protection = protection(pair.masks, catalog)
    this.#estimate = estimate
  }

  async explain({ statement: text, parameters }: Question, now = Date.now()): Promise<Explanation> {
    const understood = await understand(text, this.#environment)
    if (!understood.ok) {
      const place = understood.at === undefined ? '' : ` (at byte ${understood.at})`
      return refused(`${understood.reason}${place}`)
    }
    const bound = (parameter: number) => textOf(parameters[parameter - 1])
    const statements = understood.statements.map((statement) => withBound(statement, bound))
    const answers: { statement: Statement; decision: Decision; cells: CellsPlan }[] = []
    for (const statement of statements) {
      const action = this.#action(text, statement, parameters)
      const decided = await decideStatement(statement, this.#protection, this.#pair, action, { now, session: {} })
      answers.push({ statement, ...decided })
    }
    const [first, ...others] = answers
    if (first === undefined) return empty()
    const worst = others.reduce((a, b) => (isStricter(b.decision.verdict, a.decision.verdict) ? b : a), first)
    const unknown = unknownName(statements)
    const sequence = new Sequence(false)
    const careful = this.#pair.selective || this.#pair.masks.some(({ mode }) => mode === 'Enforce')
    const together = statements.every((statement) => sequence.follows(statement, careful))
    const separately = together ? unknown : `${WHY_SEPARATELY}; send each in a message of its own`
    const decision: Pick<Decision, 'verdict' | 'reason'> & { policy?: string | undefined; rule?: string | undefined } =
      worst.decision.verdict !== 'Deny' && separately !== undefined
        ? { verdict: 'Deny', reason: separately }
        : worst.decision
    return {
      verb: worst.statement.shape.verb,
      effect: statements.map(({ shape }) => shape.effect).reduce(strictest, 'Session'),
      objects: statements.flatMap(objectsOf),
      columns: unique(statements, 'columns'),
      functions: unique(statements, 'functions'),
      decision: decision.verdict,
      policy: decision.policy ?? null,
      rule: decision.rule ?? null,
      masks:
        decision.verdict === 'Deny'
          ? []
          : answers.flatMap(({ statement, cells }) => masksOf(statement, cells, this.#protection)),
      reason: decision.reason + this.#untold(worst.decision),
    }
  }

  #action(text: string, statement: Statement, parameters: readonly FactValue[]): Action {
    const { shape, from, to } = statement
    if (!ESTIMABLE.has(shape.verb)) return { shape, text, facts: { parameters }, costly: {} }
    const estimate = this.#estimate ?? nobodyToAsk
    const own = Buffer.from(text).subarray(from, to).toString()
    const ask = (): Promise<FactValue> => estimate(own, this.#environment.path, parameters.length > 0)
    return { shape, text, facts: { parameters }, costly: { estimatedRows: ask } }
  }

  /** The gateway asks the target for what is not known here, so it may decide otherwise. */
  #untold({ conditionFaults }: Decision): string {
    const unknown = new Set(
      conditionFaults.flatMap(({ fault }) => COSTLY.find((fact) => fault.includes(`facts.${fact} `)) ?? []),
    )
    const remedy = this.#estimate === undefined ? ' (use --live)' : ''
    return [...unknown]
      .map((fact) => `; facts.${fact} is not known here${remedy}, which counts against the agent`)
      .join('')
  }
}

/** What is given as a string is bound as text. */
function textOf(parameter: FactValue | undefined): string | null | undefined {
  return typeof parameter === 'string' || parameter === null ? parameter : undefined
}

const nobodyToAsk: Estimate = () => Promise.reject(new Error('explain was not told to ask the database'))

const COSTLY = Object.entries(FACTS).flatMap(([name, { costly }]) => (costly === true ? [name] : []))

function unknownName(statements: readonly Statement[]): string | undefined {
  if (!statements.some(isNaming)) return undefined
  return 'which statement or cursor it runs depends on the session; a session knows, explain does not'
}

function objectsOf({ shape }: Statement): Explanation['objects'] {
  return shape.parts.flatMap(({ object, effect, verb, columns }) =>
    object === undefined ? [] : [{ kind: object.kind, name: object.name, access: effect, verb, columns }],
  )
}

function unique(statements: readonly Statement[], fact: string): readonly string[] {
  const values = statements.flatMap(({ shape }) => {
    const value = shape.facts[fact]
    return Array.isArray(value) ? value.map(String) : []
  })
  return [...new Set(values)]
}

function masksOf({ outputs, copy }: Statement, cells: CellsPlan, protection: Protection): Explanation['masks'] {
  if (cells === 'maskAll') return [{ column: '*', strategy: 'Redact', policy: '', rule: '' }]
  const columns = copy?.columns ?? (outputs.kind === 'columns' ? outputs.columns : [])
  return columns.flatMap((output, index) => {
    const cell = cells === 'keep' ? undefined : cells[index]
    const mask = cell ?? fieldIn(output, protection)
    return mask === undefined
      ? []
      : [{ column: output.name, strategy: mask.strategy, policy: mask.policy, rule: mask.rule }]
  })
}

/** What is masked inside a document that comes out. */
function fieldIn(output: Output, protection: Protection): MaskingRule | undefined {
  const source = documentIn(output)
  if (source === undefined) return undefined
  const { whole, below } = protection.fieldsOf(source)
  const found = eitherOf(whole, below)?.strategy
  return found && { strategy: found.value, policy: found.policy, rule: found.rule }
}

function refused(reason: string): Explanation {
  return { ...empty(), verb: 'unknown', effect: 'Unknown', decision: 'Deny', reason }
}

function empty(): Explanation {
  return {
    verb: 'empty',
    effect: 'Session',
    objects: [],
    columns: [],
    functions: [],
    decision: 'Allow',
    policy: null,
    rule: null,
    masks: [],
    reason: 'an empty text does nothing',
  }
}
