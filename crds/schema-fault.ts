// What does not fit a schema, in words: what is wrong, and what would be right.
import type { Fault, Path } from './finding.ts'
import { type Misfit, stepsOf } from './misfits.ts'

export function faultOf(error: Misfit): Fault {
  const path = pathOf(error.instancePath)
  const { params } = error
  const limit = String(params['limit'])
  switch (error.keyword) {
    case 'required':
      return {
        path: [...path, String(params['missingProperty'])],
        message: 'required, but missing',
        ...described(error, String(params['missingProperty'])),
      }
    case 'additionalProperties':
      return unknownField(error, path, String(params['additionalProperty']))
    case 'enum':
      return {
        path,
        message: `${shown(error.data)} is not a value of this field`,
        allowed: (params['allowedValues'] as unknown[]).map(word).join(', '),
      }
    case 'type':
      return { path, message: `is ${typeName(error.data)}`, allowed: [params['type']].flat().join(' or ') }
    case 'pattern':
      return {
        path,
        message: misspelt(error.data, String(params['pattern'])),
        allowed: allowedText(error, `text that matches ${String(params['pattern'])}`),
      }
    case 'minItems':
      return { path, message: 'an empty list is invalid', allowed: 'at least one item, or leave the field out' }
    case 'minProperties':
      return { path, message: 'an empty map is invalid', allowed: 'at least one entry, or leave the field out' }
    case 'maxItems':
    case 'maxProperties':
      return { path, message: 'has too many entries', allowed: `at most ${limit}` }
    case 'minLength':
      return { path, message: 'is too short', allowed: `at least ${limit} characters` }
    case 'maxLength':
      return { path, message: 'is too long', allowed: `at most ${limit} characters` }
    case 'minimum':
    case 'maximum':
      return {
        path,
        message: `${shown(error.data)} is out of range`,
        allowed: `${error.keyword === 'minimum' ? 'at least' : 'at most'} ${limit}`,
      }
    case 'format':
      return {
        path,
        message: `${shown(error.data)} is not a ${String(params['format'])}`,
        allowed: 'such as 2026-01-31T20:00:00Z',
      }
    case 'propertyNames':
      return { path, message: 'property name must be valid' }
    default:
      return { path, message: `fails ${error.keyword}` }
  }
}

function unknownField(error: Misfit, path: Path, name: string): Fault {
  const known = Object.keys(error.parentSchema.properties ?? {})
  return { path: [...path, name], message: 'unknown field', allowed: known.length > 0 ? known.join(', ') : 'no fields' }
}

/** The schema's own description says what belongs there. */
function described(error: Misfit, property: string): { readonly allowed?: string } {
  const schema = error.parentSchema.properties?.[property]
  if (schema?.enum) return { allowed: schema.enum.map(word).join(', ') }
  return schema?.description ? { allowed: schema.description } : {}
}

/** As it has to be written: a bare Null is no value in YAML. */
function word(value: unknown): string {
  return value === 'Null' ? '"Null"' : String(value)
}

function misspelt(value: unknown, pattern: string): string {
  const asterisk = typeof value === 'string' && value.includes('*') && !/\[[^\]]*[*]/.test(pattern)
  return asterisk
    ? `${shown(value)} is a pattern, and this field takes only names`
    : `${shown(value)} is not spelt as this field needs it`
}

function allowedText(error: Misfit, otherwise: string): string {
  const { description } = error.parentSchema
  return description === undefined ? otherwise : `${description.replace(/[.]$/, '')} (${otherwise})`
}

/** JSON pointer → path. A list's index is a number; a map's key that looks like one is not. */
function pathOf(pointer: string): Path {
  return stepsOf(pointer).map((step) => (/^(0|[1-9][0-9]*)$/.test(step) ? Number(step) : step))
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

function typeName(value: unknown): string {
  if (value === null) return 'nothing (null)'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return `${typeof value} ${shown(value)}`
}
