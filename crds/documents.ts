// YAML and JSON text → documents that know where their fields stand.
//
// Read as kubectl reads it: YAML 1.1's booleans (yes, on), no sexagesimal numbers, no dates. JSON is a subset.
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
} from 'yaml'
import type { Path } from './finding.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

export interface ManifestDocument {
  readonly value: unknown
  /** Of a field, or of its nearest ancestor that is there. */
  position(path: Path): Position
}

export interface TextProblem extends Position {
  readonly message: string
}

export interface Parsed {
  readonly documents: readonly ManifestDocument[]
  readonly problems: readonly TextProblem[]
}

const MAX_DOCUMENTS = 5_000
/** How often aliases may be expanded in one document: more than any manifest needs, too few for a "billion laughs". */
const MAX_ALIASES = 100
const START: Position = { line: 1, column: 1 }

export function parseManifests(text: string): Parsed {
  const lines = new LineCounter()
  try {
    const documents = parseAllDocuments(text, {
      lineCounter: lines,
      version: '1.1',
      prettyErrors: false,
      customTags: (tags) => tags.filter((tag) => !NOT_IN_KUBERNETES.has(tagOf(tag))),
    })
    if (!Array.isArray(documents)) return { documents: [], problems: [] }
    if (documents.length > MAX_DOCUMENTS) return problem(START, `holds more than ${MAX_DOCUMENTS} documents; split it`)
    return merged(documents.map((document) => convert(document, lines)))
  } catch (error) {
    return problem(START, `cannot be parsed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const NOT_IN_KUBERNETES: ReadonlySet<string> = new Set([
  'tag:yaml.org,2002:timestamp TIMESTAMP',
  'tag:yaml.org,2002:timestamp ',
  'tag:yaml.org,2002:int TIME',
  'tag:yaml.org,2002:float TIME',
  'tag:yaml.org,2002:binary ',
])

function tagOf(tag: string | { readonly tag: string; readonly format?: string }): string {
  return typeof tag === 'string' ? tag : `${tag.tag} ${tag.format ?? ''}`
}

function convert(document: Document.Parsed, lines: LineCounter): Parsed {
  // A tag that nobody knows here could mean anything to another reader.
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    ...at(error.pos[0], lines),
    message: error.code === 'DUPLICATE_KEY' ? repeated(document, error.pos[0], lines) : sentence(error.message),
  }))
  if (problems.length > 0) return { documents: [], problems }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    // Only then: a document of too many aliases is not gone through again.
    const lost = String(error).includes('Unresolved alias') ? unresolved(document) : undefined
    if (lost === undefined)
      return problem(at(document.range[0], lines), error instanceof Error ? error.message : String(error))
    const message = `*${lost.source} is an alias in YAML, and there is no anchor &${lost.source}; to mean the text, put it in quotes: "*${lost.source}"`
    return problem(at(lost.range?.[0] ?? document.range[0], lines), message)
  }
  if (value === null || value === undefined) return { documents: [], problems: [] }
  return { documents: [{ value, position: (path) => positionOf(document, path, lines) }], problems: [] }
}

/** The key that is there twice, and where it was first. */
function repeated(document: Document.Parsed, offset: number, lines: LineCounter): string {
  let found = 'a key is there twice in one map; each may be there once (unique)'
  visit(document, {
    Map(_, map) {
      const again = map.items.find(({ key }) => startOf(key) === offset)
      if (again === undefined) return undefined
      const name = keyText(again.key)
      const first = map.items.find(({ key }) => keyText(key) === name)
      const { line } = at(startOf(first?.key) ?? offset, lines)
      found = `key ${name} is there already, in line ${line}; each key of a map has to be unique`
      return visit.BREAK
    },
  })
  return found
}

function unresolved(document: Document.Parsed): Alias | undefined {
  let found: Alias | undefined
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined
      found = alias
      return visit.BREAK
    },
  })
  return found
}

function positionOf(document: Document.Parsed, path: Path, lines: LineCounter): Position {
  let node: unknown = document.contents
  let offset = startOf(document.contents) ?? document.range[0]
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    const found = isMap(node)
      ? node.items.find((pair) => isPair(pair) && keyText(pair.key) === String(step))
      : undefined
    const next = found ? found.value : itemOf(node, step)
    if (next === undefined && !found) break
    // A scalar's own place shows the wrong value; a map or list is shown by its key.
    const scalar = isNode(next) && !isMap(next) && !('items' in next)
    offset = (found && !scalar ? startOf(found.key) : startOf(next)) ?? offset
    node = next
  }
  return at(offset, lines)
}

function itemOf(node: unknown, step: string | number): unknown {
  if (typeof node !== 'object' || node === null || !('items' in node) || !Array.isArray(node.items)) return undefined
  return isMap(node) ? undefined : node.items[Number(step)]
}

function keyText(key: unknown): string {
  return String(isNode(key) && 'value' in key ? (key as Scalar).value : key)
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined
}

function at(offset: number, lines: LineCounter): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

function merged(parts: readonly Parsed[]): Parsed {
  return { documents: parts.flatMap((part) => part.documents), problems: parts.flatMap((part) => part.problems) }
}

function problem(position: Position, message: string): Parsed {
  return { documents: [], problems: [{ ...position, message }] }
}

function sentence(message: string): string {
  return message.split('\n')[0] ?? message
}
