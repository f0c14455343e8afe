// Does a value fit a schema? The few keywords that structural schemas are made of (json-schema.ts), walked as they stand.
//
// Compiling these schemas with a JSON schema library costs 160 ms and 10 MB, at every start of every gateway, for the handful of documents
// that a gateway ever gets. structure.test.ts holds every answer against such a library, verdicts.test.ts against the API server.
import { RE2JS } from 're2js'

export interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly propertyNames?: JsonSchema
  readonly additionalProperties?: JsonSchema | false
  readonly items?: JsonSchema
  readonly description?: string
}

/** As JSON schema libraries put it, so that schema-fault.ts has one sort to put into words. */
export interface Misfit {
  readonly keyword: string
  /** JSON pointer. */
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message: string
  readonly parentSchema: JsonSchema
  readonly data: unknown
}

/** Everything that does not fit, in the order of the fields. */
export function misfits(value: unknown, schema: JsonSchema): readonly Misfit[] {
  const found: Misfit[] = []
  fit({ data: value, schema, at: '', found })
  return found
}

/** A value at its place, and where what is wrong with it goes. */
interface Place<T = unknown> {
  readonly data: T
  readonly schema: JsonSchema
  readonly at: string
  readonly found: Misfit[]
}

type Fields = Readonly<Record<string, unknown>>

function fit(place: Place): void {
  const { data, schema } = place
  const types = [schema.type ?? []].flat()
  if (types.length > 0 && !types.some((type) => isOf(type, data)))
    say(place, 'type', { type: schema.type }, `must be ${types.join(',')}`)
  if (typeof data === 'number') fitNumber({ ...place, data })
  else if (typeof data === 'string') fitText({ ...place, data })
  if (schema.enum !== undefined && !schema.enum.includes(data))
    say(place, 'enum', { allowedValues: schema.enum }, 'must be equal to one of the allowed values')
  if (Array.isArray(data)) fitList({ ...place, data })
  else if (typeof data === 'object' && data !== null) fitMap({ ...place, data: data as Fields })
}

function fitNumber(place: Place<number>): void {
  const { maximum = Number.POSITIVE_INFINITY, minimum = Number.NEGATIVE_INFINITY } = place.schema
  if (!(place.data <= maximum)) say(place, 'maximum', { comparison: '<=', limit: maximum }, `must be <= ${maximum}`)
  if (!(place.data >= minimum)) say(place, 'minimum', { comparison: '>=', limit: minimum }, `must be >= ${minimum}`)
}

function fitText(place: Place<string>): void {
  const { data, schema } = place
  const { pattern, format } = schema
  if (schema.maxLength !== undefined || schema.minLength !== undefined)
    fitCount(place, { keyword: 'Length', of: 'characters', count: charactersIn(data) })
  if (pattern !== undefined && !matches(data, pattern))
    say(place, 'pattern', { pattern }, `must match pattern "${pattern}"`)
  if (format === 'date-time' && !isDateTime(data)) say(place, 'format', { format }, `must match format "${format}"`)
}

function fitList(place: Place<readonly unknown[]>): void {
  const { data, schema, at, found } = place
  fitCount(place, { keyword: 'Items', of: 'items', count: data.length })
  if (schema.items === undefined) return
  for (const [index, item] of data.entries()) fit({ data: item, schema: schema.items, at: `${at}/${index}`, found })
}

function fitMap(place: Place<Fields>): void {
  const { data, schema, at, found } = place
  const { properties = {}, additionalProperties: others } = schema
  const names = Object.keys(data)
  fitCount(place, { keyword: 'Properties', of: 'properties', count: names.length })
  for (const missingProperty of schema.required ?? [])
    if (!has(data, missingProperty))
      say(place, 'required', { missingProperty }, `must have required property '${missingProperty}'`)
  if (schema.propertyNames !== undefined) for (const name of names) fitName(place, name, schema.propertyNames)
  const unknown = others === undefined ? [] : names.filter((name) => !Object.hasOwn(properties, name))
  for (const name of unknown) {
    if (others) fit({ data: data[name], schema: others, at: below(at, name), found })
    else say(place, 'additionalProperties', { additionalProperty: name }, 'must NOT have additional properties')
  }
  for (const [name, inner] of Object.entries(properties))
    if (has(data, name)) fit({ data: data[name], schema: inner, at: below(at, name), found })
}

function fitName(place: Place<Fields>, name: string, schema: JsonSchema): void {
  const before = place.found.length
  fit({ ...place, data: name, schema })
  if (place.found.length > before) say(place, 'propertyNames', { propertyName: name }, 'property name must be valid')
}

type Counted = 'Length' | 'Items' | 'Properties'

function fitCount<T>(
  place: Place<T>,
  { keyword, of, count }: { readonly keyword: Counted; readonly of: string; readonly count: number },
): void {
  const most = place.schema[`max${keyword}`]
  const least = place.schema[`min${keyword}`]
  if (most !== undefined && count > most)
    say(place, `max${keyword}`, { limit: most }, `must NOT have more than ${most} ${of}`)
  if (least !== undefined && count < least)
    say(place, `min${keyword}`, { limit: least }, `must NOT have fewer than ${least} ${of}`)
}

function say<T>(
  { data, schema, at, found }: Place<T>,
  keyword: string,
  params: Misfit['params'],
  message: string,
): void {
  found.push({ keyword, instancePath: at, params, message, parentSchema: schema, data })
}

function has(data: Fields, name: string): boolean {
  return Object.hasOwn(data, name) && data[name] !== undefined
}

/** A name in a JSON pointer (RFC 6901 §3). */
function below(at: string, name: string): string {
  return `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return Number.isFinite(value)
    case 'null':
      return value === null
    default:
      return typeof value === type
  }
}

/** Code points, as JSON schema counts. */
function charactersIn(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

const PATTERNS = new Map<string, RE2JS>()

/** The dialect and the running time of the API server's patterns. Compiled once: there are as many as our schemas have. */
function matches(text: string, pattern: string): boolean {
  const compiled = PATTERNS.get(pattern) ?? RE2JS.compile(pattern)
  PATTERNS.set(pattern, compiled)
  return compiled.matcher(text).find()
}

/** RFC 3339 §5.6, as the API server's `date-time`. Date.parse would take 30 February for 2 March. */
function isDateTime(text: string): boolean {
  const [, date] = /^(\d{4}-\d\d-\d\d)[Tt]\d\d:\d\d:\d\d([.]\d+)?([Zz]|[+-]\d\d:\d\d)$/.exec(text) ?? []
  if (date === undefined || Number.isNaN(Date.parse(text))) return false
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date)
}
