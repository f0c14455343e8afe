// Conditions: CEL over facts, agent, session, connection and now.
//
// They are type-checked against the protocol's fact schema and cost-bounded when a policy is admitted. At run time a
// condition answers true, false or a fault: it erred, would exceed its budget, or needs a fact that cannot be had. What
// a fault means is for the rule to say (`decide.ts`): true in Deny and RequireApproval, false in Allow.
import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import type { FactValue } from '#sidecar/action.ts'
import type { FactSchema } from '#sidecar/protocols/protocol.ts'
import { messageOf } from '#sidecar/system-reason.ts'
import { ASSUMED, ASSUMED_TEXT, BUDGET, costOf, type Size, type Sizes } from './cost.ts'
import { type References, referencesOf } from './references.ts'
import { sizeOf, toCel } from './values.ts'

/** What a condition reads, gathered once per decision; everything is already in CEL's own types except facts. */
export interface Scope {
  /** Undefined: the fact is not there. */
  fact(name: string): FactValue | undefined
  readonly agent: object
  readonly connection: object
  readonly session: object
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface Fault {
  readonly fault: string
}

export interface Condition {
  readonly expression: string
  readonly references: References
  evaluate(scope: Scope): boolean | Fault
}

/** What is wrong with the expression, for admission and `check`; undefined if it can be used. */
export function checkCondition(expression: string, facts: FactSchema): string | undefined {
  const compiled = compileCondition(expression, facts)
  return typeof compiled === 'string' ? compiled : undefined
}

export function compileCondition(expression: string, schema: FactSchema): Condition | string {
  if (expression.length > MAX_LENGTH) return `the condition is longer than ${MAX_LENGTH} characters`
  const patterns = new Map<string, RE2JS>()
  const environment = environmentOf(schema, patterns)
  let parsed: ReturnType<Environment['parse']>
  let references: References
  try {
    parsed = environment.parse(expression)
    references = referencesOf(parsed.ast)
    for (const node of references.matches) redirectMatches(node, patterns)
  } catch (error) {
    return firstLine(error)
  }
  const checked = parsed.check()
  if (!checked.valid) return `${firstLine(checked.error)}${knownFacts(checked.error, schema)}`
  if (checked.type !== 'bool') return `the condition gives ${checked.type ?? 'nothing'}, and must give bool`
  if (references.wholeFacts) return 'facts can only be used by name, as in facts.verb'
  const pattern = (text: string) => patterns.get(text)?.programSize() ?? BUDGET
  const assumed = costOf(parsed.ast, { value: (path) => assumedSize(path, schema), pattern })
  if (assumed > BUDGET) {
    return `the condition could cost ${Math.round(assumed)} units on large values, and ${BUDGET} are allowed: nest fewer loops`
  }
  const program = { run: parsed, ast: parsed.ast, references, schema, pattern }
  return { expression, references, evaluate: (scope) => evaluate(program, scope) }
}

const MAX_LENGTH = 4096
const MAX_PATTERN = 512
/** Instructions of a compiled pattern: an IBAN takes 57. */
const MAX_PROGRAM = 500

/** The type of `facts`: only what one condition names is put in, in the types that the schema declares. */
class FactBag {
  readonly [fact: string]: unknown
}

/** A condition that has passed all checks. */
interface Program {
  readonly run: (context: object) => unknown
  readonly ast: ASTNode
  readonly references: References
  readonly schema: FactSchema
  readonly pattern: Sizes['pattern']
}

function evaluate({ run, ast, references, schema, pattern }: Program, scope: Scope): boolean | Fault {
  try {
    const facts: Record<string, unknown> = {}
    for (const name of references.facts) {
      const value = scope.fact(name)
      if (value !== undefined) facts[name] = toCel(value, schema[name]?.type ?? 'dyn')
    }
    if (references.loops) {
      const value = (path: string) =>
        sizeOf(path.startsWith('facts.') ? facts[path.slice('facts.'.length)] : Reflect.get(scope, path), BUDGET)
      if (costOf(ast, { value, pattern }) > BUDGET) return { fault: 'its cost would exceed the budget' }
    }
    const context = {
      facts: Object.assign(new FactBag(), facts),
      agent: scope.agent,
      connection: scope.connection,
      session: scope.session,
      now: new Date(scope.now),
    }
    const result = run(context)
    return typeof result === 'boolean' ? result : { fault: 'it did not give a bool' }
  } catch (error) {
    return { fault: firstLine(error) }
  }
}

function environmentOf(schema: FactSchema, patterns: ReadonlyMap<string, RE2JS>): Environment {
  const fields: Record<string, string> = {}
  for (const [name, { type }] of Object.entries(schema)) fields[name] = TYPE_NAMES[type] ?? type
  const limits = { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 200, maxMapEntries: 200, maxCallArguments: 8 }
  return new Environment({ homogeneousAggregateLiterals: false, limits })
    .registerType('Facts', { ctor: FactBag, fields })
    .registerVariable('facts', 'Facts')
    .registerVariable('agent', {
      schema: {
        namespace: 'string',
        serviceAccount: 'string',
        labels: 'map<string, string>',
        namespaceLabels: 'map<string, string>',
        pod: 'string',
        user: { provider: 'string', username: 'string', groups: 'list<string>' },
      },
    })
    .registerVariable('connection', {
      schema: { namespace: 'string', name: 'string', labels: 'map<string, string>', protocol: 'string' },
    })
    .registerVariable('session', 'map<string, dyn>')
    .registerVariable('now', 'google.protobuf.Timestamp')
    .registerFunction(
      `string.${LINEAR_MATCHES}(string): bool`,
      (text: string, pattern: string) => {
        const compiled = patterns.get(pattern)
        if (compiled === undefined) throw new Error('matches needs a literal pattern')
        return compiled.test(text)
      },
      { async: false },
    )
}

function assumedSize(path: string, schema: FactSchema): Size {
  const type = path.startsWith('facts.') ? schema[path.slice('facts.'.length)]?.type : undefined
  return type === 'string' ? ASSUMED_TEXT : ASSUMED
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
}

// The library's own `matches` runs JavaScript's backtracking engine, which a hostile value could hold for minutes. The
// name is changed in the tree before types are checked, so that the original can never be reached.
const LINEAR_MATCHES = 'linearMatches'

function redirectMatches(node: ASTNode & { op: 'rcall' }, patterns: Map<string, RE2JS>): void {
  const pattern = node.args[2][0]
  if (node.args[2].length !== 1 || pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    throw new Error('matches needs one pattern, written as a string literal')
  }
  if (pattern.args.length > MAX_PATTERN) throw new Error(`a pattern is longer than ${MAX_PATTERN} characters`)
  const compiled = RE2JS.compile(pattern.args)
  if (compiled.programSize() > MAX_PROGRAM) throw new Error('a pattern repeats too much; use smaller counts in {}')
  node.args[0] = LINEAR_MATCHES
  patterns.set(pattern.args, compiled)
}

/** The library's messages go on with the source and a caret; one line is enough for a record. */
function firstLine(error: unknown): string {
  const text = messageOf(error)
  return text.split('\n', 1)[0]?.trim() ?? 'it failed'
}

function knownFacts(error: { code?: string } | undefined, schema: FactSchema): string {
  return error?.code === 'no_such_key' ? `; facts are ${Object.keys(schema).sort().join(', ')}` : ''
}
