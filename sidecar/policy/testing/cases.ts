// The one-line language of testdata/*.txt, documented at the head of votes.txt.

import type { Action, Effect, FactValue, ObjectRef, Part, Redacted } from '#sidecar/action.ts'
import type { Agent } from '#sidecar/identity/agent.ts'
import type { PolicySet } from '../compile.ts'
import type { ConnectionRef } from '../connection.ts'
import type { Moment } from '../pair.ts'
import type { Decision } from '../verdict.ts'
import { EFFECTS, PROTOCOL } from './vocabulary.ts'

export interface Case {
  readonly action: Action
  readonly agent: Agent
  readonly connection: ConnectionRef
  readonly at: Moment
  /** Costly facts that were asked for, in order. */
  readonly asked: string[]
}

export function run(set: PolicySet, { agent, connection, action, at }: Case): Decision | Promise<Decision> {
  return set.pair(agent, connection).decide(action, at)
}

/** What a decision says, as the right-hand sides of the tables are written. */
export function says(decision: Decision, { asked }: Pick<Case, 'asked'>): string {
  const where = [decision.policy, decision.rule].filter((name) => name !== undefined).join('/')
  return [
    `${decision.verdict}${where === '' ? '' : ` ${where}`}`,
    ...(decision.approvals ?? []).map(({ approvers }) => `approval ${approvers.join(',')}`),
    ...decision.shadows.map(({ verdict, policy, rule }) => {
      return `shadow ${verdict} ${[policy, rule].filter((name) => name !== undefined).join('/')}`
    }),
    ...decision.conditionFaults.map(({ policy, rule, takenAs }) => `fault ${policy}/${rule} as ${takenAs}`),
    ...asked.map((fact) => `asked ${fact}`),
  ].join('; ')
}

export function parseCase(text: string): Case {
  const [parts = '', ...clauses] = text.split(CLAUSE)
  const said = new Map<string, string>()
  for (let i = 0; i + 1 < clauses.length; i += 2) said.set(clauses[i] ?? '', clauses[i + 1] ?? '')
  const asked: string[] = []
  return {
    action: actionOf(parts.split(' + ').map(partOf), {
      facts: factsOf(said.get('with')),
      called: factsOf(said.get('called')),
      costly: costlyOf(said.get('asking'), asked),
    }),
    agent: agentOf(said.get('by') ?? '', said.get('as'), said.get('labelled')),
    connection: connectionOf(said.get('on') ?? 'data/orders-db'),
    at: { now: Date.parse(said.get('at') ?? '2026-01-07T12:00:00Z'), session: factsOf(said.get('session')) },
    asked,
  }
}

export function actionOf(
  parts: readonly Part[],
  more: {
    readonly facts?: Record<string, FactValue>
    readonly called?: Record<string, FactValue>
    readonly costly?: Action['costly']
  } = {},
): Action {
  const [first] = parts
  const shape = {
    verb: first?.verb ?? '',
    effect: first?.effect ?? 'Unknown',
    parts,
    facts: more.facts ?? {},
    redacted: '' as Redacted,
  }
  return { shape, text: '', facts: more.called ?? {}, costly: more.costly ?? {} }
}

export function partOf(text: string): Part {
  const [does = '', over] = text.split(' over ')
  const opaque = does.startsWith('~')
  const [words = '', object] = (opaque ? does.slice(1) : does).split(' ')
  const [verb, effect] = words.includes('!') ? words.split('!').toReversed() : [words]
  const covers = over === undefined ? [] : over.split(',').map(objectOf)
  const part: Part = {
    verb: verb ?? '',
    effect: effectOf(verb ?? '', effect),
    covers,
    columns: [],
    ...(opaque ? { opaque } : {}),
  }
  return object === undefined ? part : { ...part, object: objectOf(object) }
}

const CLAUSE = / (by|as|labelled|on|with|called|asking|session|at) /

function effectOf(verb: string, given: string | undefined): Effect {
  const effect = given ?? Object.entries(EFFECTS).find(([name]) => name === verb)?.[1]
  const known = (['Read', 'Write', 'Admin', 'Session', 'Unknown'] as const).find((each) => each === effect)
  if (known === undefined) throw new Error(`${verb} has no effect`)
  return known
}

function objectOf(text: string): ObjectRef {
  const [kind, name] = text.includes(':') ? text.split(':') : ['table', text]
  return { kind: kind ?? '', name: name ?? '' }
}

function agentOf(identity: string, token: string | undefined, labels: string | undefined): Agent {
  const [namespace = '', serviceAccount = ''] = identity.split('/')
  const [provider = '', username = '', groups = ''] = (token ?? '').split(':')
  return {
    namespace,
    serviceAccount,
    labels: labelsOf(labels),
    namespaceLabels: { team: namespace },
    ...(token === undefined ? {} : { user: { provider, username, groups: groups.split(',') } }),
  }
}

function connectionOf(text: string): ConnectionRef {
  const [identity = '', labels] = text.split(' ')
  const [namespace = '', name = ''] = identity.split('/')
  return { namespace, name, labels: labelsOf(labels), protocol: PROTOCOL }
}

function labelsOf(text: string | undefined): Record<string, string> {
  return Object.fromEntries((text?.split(',') ?? []).map((label) => label.split('=')))
}

function factsOf(text: string | undefined): Record<string, FactValue> {
  const facts: Record<string, FactValue> = {}
  for (const [name, value] of pairsOf(text)) facts[name] = JSON.parse(value)
  return facts
}

function costlyOf(text: string | undefined, asked: string[]): Action['costly'] {
  const costly: Record<string, () => Promise<FactValue>> = {}
  for (const [name, value] of pairsOf(text)) {
    costly[name] = () => {
      asked.push(name)
      if (value === 'never') return new Promise(() => {})
      return value === 'fails' ? Promise.reject(new Error('no')) : Promise.resolve(JSON.parse(value))
    }
  }
  return costly
}

function pairsOf(text: string | undefined): readonly (readonly [string, string])[] {
  return (text?.split(' ') ?? []).map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
}
