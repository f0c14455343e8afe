// A statement as lines that a reviewer can read.
import { pathText } from '#sidecar/masking/field-reach.ts'
import type { CopyStream, Lineage, SessionChange, SourceColumn, Statement, Understood } from '../statement.ts'

export function render(understood: Understood): readonly string[] {
  if (!understood.ok) return [`refused: ${understood.reason}`]
  return understood.statements.flatMap(renderStatement)
}

function renderStatement(statement: Statement): readonly string[] {
  const { shape, outputs, uses, copies, assignments, changes, copy, executes } = statement
  const facts = [
    `where=${shape.facts['hasWhere']}`,
    `joins=${shape.facts['joins']}`,
    ...(shape.facts['limit'] === undefined ? [] : [`limit=${shape.facts['limit']}`]),
    ...(shape.facts['unresolved'] === true ? ['unresolved'] : []),
    ...(statement.outsideTransaction ? ['outsideTransaction'] : []),
    ...(statement.parameters > 0 ? [`parameters=${statement.parameters}`] : []),
  ]
  return [
    `${shape.verb} ${shape.effect} ${facts.join(' ')}`,
    ...shape.parts.map(({ verb, effect, object, columns, covers, unknown, opaque }) =>
      [
        `part ${verb} ${effect}`,
        ...(opaque === true ? ['opaque'] : []),
        ...(object === undefined ? [] : [`${object.kind} ${object.name}`]),
        ...(columns.length === 0 ? [] : [`(${columns.join(', ')})`]),
        ...(covers.length === 0 ? [] : [`covers ${covers.map(({ name }) => name).join(', ')}`]),
        ...(unknown === undefined ? [] : [`because ${unknown}`]),
      ].join(' '),
    ),
    ...(outputs.kind === 'columns'
      ? outputs.columns.map((column) => `out ${column.name} ${lineage(column)}`)
      : outputs.kind === 'none'
        ? []
        : [`out ${outputs.kind === 'named' ? `${outputs.of} ${outputs.name}` : outputs.kind}`]),
    ...(copy === undefined
      ? []
      : [
          ['stream', copy.direction, copy.format, ...optionsOf(copy)].join(' '),
          ...copy.columns.map((column) => `field ${column.name} ${lineage(column)}`),
        ]),
    ...uses.map(({ source, position }) => `use ${named(source)} ${position}`),
    ...copies.map(({ from, to }) => `copy ${lineage(from)} to ${to}`),
    ...assignments.map(({ target }) => `assign ${named(target)}`),
    ...changes.map((change) => `change ${changed(change)}`),
    ...(executes === undefined ? [] : [`executes ${executes}`]),
  ]
}

/** What is not as the format has it anyway. */
function optionsOf(copy: CopyStream): readonly string[] {
  const { format, delimiter, nullText, quote, header } = copy
  const [ownDelimiter, ownNull] = format === 'csv' ? [',', ''] : ['\t', '\\N']
  return [
    ...(delimiter === ownDelimiter ? [] : [`delimiter ${delimiter}`]),
    ...(nullText === ownNull ? [] : [`null ${nullText}`]),
    ...(quote === '"' ? [] : [`quote ${quote}`]),
    ...(copy.escape === quote ? [] : [`escape ${copy.escape}`]),
    ...(header ? ['header'] : []),
  ]
}

function lineage({ plain, unknown, sources, taken }: Lineage): string {
  const word = unknown
    ? 'unknown'
    : plain
      ? 'is'
      : taken !== undefined
        ? `${taken} of`
        : sources.length === 0
          ? 'computed'
          : 'from'
  return [word, ...sources.map((source) => (source.derived === true ? `~${named(source)}` : named(source)))].join(' ')
}

function named({ relation, column, document = [] }: SourceColumn): string {
  return `${relation.replace(/^public\./, '')}.${column}${pathText(document)}`
}

function changed(change: SessionChange): string {
  const { kind, ...rest } = change
  const told = Object.entries(rest).filter(([key]) => key !== 'statement')
  return [kind, ...told.map(([key, value]) => `${key}=${JSON.stringify(value) ?? 'unset'}`)].join(' ')
}
