// Fields of a message that a peer sent, each with its type and its bound. Errors name the field.
import { FrameError } from './frames.ts'

export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(where, 'an object')
  return Object.fromEntries(Object.entries(value))
}

export function text(fields: Fields, name: string, mostCharacters: number): string {
  const value = fields[name]
  if (typeof value !== 'string' || value.length > mostCharacters) {
    throw wrong(name, `a string of at most ${mostCharacters} characters`)
  }
  return value
}

/** A whole number from 0 on that JavaScript holds exactly. */
export function count(fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(name, 'a number from 0 on')
  return value
}

export function flag(fields: Fields, name: string): boolean {
  const value = fields[name]
  if (typeof value !== 'boolean') throw wrong(name, 'true or false')
  return value
}

export function list<T>(fields: Fields, name: string, most: number, item: (value: unknown) => T): readonly T[] {
  const value = fields[name]
  if (!Array.isArray(value) || value.length > most) throw wrong(name, `a list of at most ${most}`)
  return value.map(item)
}

export function texts(fields: Fields, name: string, most: number, mostCharacters: number): readonly string[] {
  return list(fields, name, most, (value) => text({ [name]: value }, name, mostCharacters))
}

/** Names to texts: labels, problems. */
export function dictionary(fields: Fields, name: string, most: number): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsOf(fields[name], name))
  if (entries.length > most) throw wrong(name, `at most ${most} entries`)
  return Object.fromEntries(entries.map(([key, value]) => [key, text({ [key]: value }, key, LONGEST_VALUE)]))
}

/** The field, or nothing where it is absent: `...optional(fields, 'port', count)`. */
export function optional<N extends string, T>(
  fields: Fields,
  name: N,
  read: (fields: Fields, name: N) => T,
): { readonly [K in N]?: T } {
  if (fields[name] === undefined) return {}
  const present: { [K in N]?: T } = {}
  present[name] = read(fields, name)
  return present
}

const LONGEST_VALUE = 16_384

function wrong(where: string, wanted: string): FrameError {
  return new FrameError(`the message's ${where} is not ${wanted}`)
}
