// Patches as the API server understands them, as far as tests need: JSON merge, JSON patch, and server-side apply with
// the fields that each manager holds, without conflicts between managers.
import { isRecord } from '../object.ts'

export class PatchRefused extends Error {}

/** RFC 7396. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], value)
  }
  return merged
}

/** RFC 6902: test, add, remove, replace. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new PatchRefused('a JSON patch is a list')
  return patch.reduce((value: unknown, operation: unknown) => {
    if (!isRecord(operation)) throw new PatchRefused('an operation is an object')
    const path = String(operation['path'])
      .split('/')
      .slice(1)
      .map((part) => part.replace(/~1/g, '/').replace(/~0/g, '~'))
    return at(value, path, String(operation['op']), operation['value'])
  }, target)
}

function at(target: unknown, [step, ...rest]: readonly string[], operation: string, value: unknown): unknown {
  if (step === undefined) return decide(target, operation, value)
  if (Array.isArray(target)) {
    const index = step === '-' ? target.length : Number(step)
    if (rest.length > 0) return target.map((each, here) => (here === index ? at(each, rest, operation, value) : each))
    if (operation === 'add') return target.toSpliced(index, 0, value)
    if (index >= target.length) throw new PatchRefused(`there is no element ${step}`)
    if (operation === 'remove') return target.toSpliced(index, 1)
    return target.with(index, decide(target[index], operation, value))
  }
  if (!isRecord(target)) throw new PatchRefused(`there is no ${step}`)
  if (rest.length > 0) return { ...target, [step]: at(target[step], rest, operation, value) }
  if (operation === 'remove') {
    if (!Object.hasOwn(target, step)) throw new PatchRefused(`there is no ${step}`)
    const { [step]: _, ...others } = target
    return others
  }
  if (operation !== 'add' && !Object.hasOwn(target, step)) throw new PatchRefused(`there is no ${step}`)
  return { ...target, [step]: decide(target[step], operation, value) }
}

function decide(before: unknown, operation: string, value: unknown): unknown {
  if (operation !== 'test') return value
  if (JSON.stringify(before) !== JSON.stringify(value)) throw new PatchRefused('the test failed')
  return before
}

/** What `manager` held before and does not apply now goes; lists of things with a type are maps by it. */
export function applyPatch(target: unknown, held: unknown, applied: unknown): unknown {
  if (!isRecord(applied)) return Array.isArray(applied) ? applyList(target, held, applied) : applied
  const next: Record<string, unknown> = isRecord(target) ? { ...target } : {}
  const earlier = isRecord(held) ? held : {}
  for (const name of Object.keys(earlier)) if (!Object.hasOwn(applied, name)) delete next[name]
  for (const [name, value] of Object.entries(applied)) next[name] = applyPatch(next[name], earlier[name], value)
  return next
}

function applyList(target: unknown, held: unknown, applied: readonly unknown[]): unknown {
  const keyed = applied.length > 0 && applied.every((each) => isRecord(each) && typeof each['type'] === 'string')
  if (!keyed || !Array.isArray(target)) return applied
  const type = (each: unknown): unknown => (isRecord(each) ? each['type'] : undefined)
  const mine = new Set(applied.map(type))
  const gone = new Set((Array.isArray(held) ? held : []).map(type).filter((each) => !mine.has(each)))
  const kept = target
    .filter((each) => !gone.has(type(each)))
    .map((each) => applyPatch(each, undefined, applied.find((other) => type(other) === type(each)) ?? each))
  const present = new Set(target.map(type))
  return [...kept, ...applied.filter((each) => !present.has(type(each)))]
}
