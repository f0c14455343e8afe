// The CEL rules of the schemas (`x-kubernetes-validations`), evaluated as the API server does.
//
// Transition rules (those that say oldSelf) judge an update and are not evaluated: a file is always judged as a creation.
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
import { isIP } from 'node:net'
import { Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import type { Fault, Path } from './finding.ts'
import { type CelRule, memberSchema, type Schema } from './schema.ts'

type Compiled = (context: { readonly self: unknown }) => unknown

export class CelRules {
  readonly #environment = new Environment()
    .registerVariable('self', 'dyn')
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    // The library's own `matches` backtracks; CEL's is RE2 and runs in linear time.
    .registerFunction('string.matchesInLinearTime(string): bool', (text: string, pattern: string) =>
      this.#pattern(pattern).matcher(text).find(),
    )
  readonly #patterns = new Map<string, RE2JS>()
  readonly #compiled = new Map<string, Compiled>()

  /** Faults of `value`, which already fits the schema otherwise: rules may rely on required fields and types. */
  check(value: unknown, schema: Schema): Fault[] {
    const faults: Fault[] = []
    this.#walk(value, schema, [], faults)
    return faults
  }

  #walk(value: unknown, schema: Schema, path: Path, faults: Fault[]): void {
    const rules = (schema['x-kubernetes-validations'] ?? []).filter(({ rule }) => !/\boldSelf\b/.test(rule))
    if (rules.length > 0) {
      const self = celValue(value)
      for (const rule of rules) {
        const fault = this.#fault(rule, self, path)
        if (fault) faults.push(fault)
      }
    }
    if (Array.isArray(value)) {
      const { items } = schema
      if (items) for (const [index, item] of value.entries()) this.#walk(item, items, [...path, index], faults)
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        const inner = memberSchema(schema, name)
        if (inner) this.#walk(member, inner, [...path, name], faults)
      }
    }
  }

  #fault(rule: CelRule, self: unknown, path: Path): Fault | undefined {
    const at = rule.fieldPath ? [...path, ...rule.fieldPath.split('.').filter((step) => step !== '')] : path
    try {
      if (this.#compile(rule.rule)({ self }) === true) return undefined
    } catch (error) {
      // The API server refuses what a rule cannot judge, and so do we.
      return { path: at, message: `cannot be judged by the rule '${rule.rule}': ${String(error).split('\n')[0]}` }
    }
    return { path: at, message: rule.message ?? `fails the rule '${rule.rule}'` }
  }

  #compile(rule: string): Compiled {
    const compiled =
      this.#compiled.get(rule) ??
      (this.#environment.parse(rule.replaceAll('.matches(', '.matchesInLinearTime(')) as Compiled)
    this.#compiled.set(rule, compiled)
    return compiled
  }

  #pattern(pattern: string): RE2JS {
    const compiled = this.#patterns.get(pattern) ?? RE2JS.compile(pattern)
    this.#patterns.set(pattern, compiled)
    return compiled
  }
}

/** CEL's integers are BigInt here. No field of ours is a fraction. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(celValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, celValue(member)]))
}
