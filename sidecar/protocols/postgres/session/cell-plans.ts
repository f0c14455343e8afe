// What happens to each cell of a result: the statement's plan laid over the target's own description of the columns.
//
// The description is the ground truth for plain columns. If it names a protected column where the plan foresaw none, or
// another number of columns, then the catalog that the plan was made from is out of date: nothing is passed on.
import type { DocumentPath } from '#sidecar/masking/field-reach.ts'
import type { Strategy } from '#sidecar/masking/mask.ts'
import { documentIn, TAKEN_OID } from '../sql/documents.ts'
import type { CopyStream, Outputs } from '../sql/statement.ts'
import type { Format } from '../values/entry.ts'
import { isDocument, type TypeLookup } from '../values/kinds.ts'
import type { CellPlan } from '../values/rows.ts'
import type { Field } from '../wire/messages.ts'
import { describeColumns } from './column-descriptions.ts'
import { type Inspection, inspectionAt, inspectionElsewhere } from './inspection.ts'
import type { Judged } from './judge.ts'
import { type RefusalText, Sqlstate } from './refusals.ts'

export interface PlannedCells {
  readonly cells: readonly CellPlan[]
  /** Names and types of the columns, for whoever replays the recording. */
  readonly description: object
  readonly lookup: TypeLookup
}

export function planCells(judged: Judged, fields: readonly Field[]): PlannedCells | RefusalText {
  const { protection, inspection, catalog } = judged.basis
  const { outputs } = judged.statement
  if (protection.inForce && (foreseen(outputs) ?? fields.length) !== fields.length) {
    return outdated('another number of columns')
  }
  const cells: CellPlan[] = []
  const lookup: TypeLookup = (oid) => catalog.dataTypeByOid(oid)
  for (const [index, field] of fields.entries()) {
    const { typeOid, format } = field
    const masked = maskOf(judged, index)
    if (protection.inForce && isFromElsewhere(outputs, index, field)) return outdated(`column "${field.name}"`)
    if (masked) cells.push({ kind: 'mask', strategy: masked.strategy, typeOid, format })
    else {
      if (field.tableOid !== 0 && protection.protects(field.tableOid, field.attribute))
        return outdated(`column "${field.name}"`)
      if (field.tableOid >= FIRST_USER_OID && protection.inForce && !catalog.relationByOid(field.tableOid))
        return outdated('a table')
      const output = outputs.kind === 'columns' ? outputs.columns[index] : undefined
      const path = output && documentIn(output)?.document
      if (path && protection.hasFields && !isDocument(typeOid, lookup)) return outdated(`column "${field.name}"`)
      cells.push(inspected(inspection, path, typeOid, format))
    }
  }
  return { cells, description: describeColumns(fields), lookup }
}

function inspected(
  inspection: Inspection | undefined,
  path: DocumentPath | undefined,
  typeOid: number,
  format: Format,
): CellPlan {
  if (inspection === undefined) return { kind: 'keep' }
  if (path === undefined) return { kind: 'inspect', inspection: inspectionElsewhere(inspection), typeOid, format }
  const here = path.length === 0 ? inspection : inspectionAt(inspection, path)
  return { kind: 'inspect', inspection: here, typeOid, format }
}

/** How many columns were foreseen: a rewrite rule can make a statement that returns nothing return rows. */
function foreseen(outputs: Outputs): number | undefined {
  if (outputs.kind === 'columns') return outputs.columns.length
  return outputs.kind === 'none' ? 0 : undefined
}

/** It is a plain column, but not of the table that the plan found: tables were renamed or swapped in between. */
function isFromElsewhere(outputs: Outputs, index: number, field: Field): boolean {
  const column = outputs.kind === 'columns' ? outputs.columns[index] : undefined
  const source = column?.plain === true && column.sources.length === 1 ? column.sources[0] : undefined
  if (!source || source.relationOid === 0 || field.tableOid === 0) return false
  return source.relationOid !== field.tableOid || source.number !== field.attribute
}

/** The same for a COPY stream, whose columns come without a description: types are those of plain columns, else unknown. */
export function copyPlans(judged: Judged, copy: CopyStream): readonly CellPlan[] {
  const format = copy.format === 'binary' ? 1 : 0
  const { catalog, inspection } = judged.basis
  return copy.columns.map((column, index) => {
    const [source] = column.sources
    const type =
      source && column.plain
        ? catalog.relationByOid(source.relationOid)?.columns.find(({ number }) => number === source.number)
        : undefined
    const typeOid = type?.typeOid ?? (column.taken === undefined ? UNKNOWN_TYPE : TAKEN_OID[column.taken])
    const masked = maskOf(judged, index)
    if (masked) return { kind: 'mask', strategy: masked.strategy, typeOid, format }
    return inspected(inspection, documentIn(column)?.document, typeOid === UNKNOWN_TYPE ? TEXT_TYPE : typeOid, format)
  })
}

function maskOf(judged: Judged, index: number): { readonly strategy: Strategy } | undefined {
  if (judged.cells === 'keep') return undefined
  return judged.cells === 'maskAll' ? MASK_ALL : judged.cells[index]
}

/** A masked value of a type that is not known becomes NULL; content detectors look at it as text. */
const UNKNOWN_TYPE = 0
const TEXT_TYPE = 25

/** Where nothing is known of where a value comes from. */
const MASK_ALL = { strategy: 'Redact' } as const

/** Oids below belong to the server itself (FirstNormalObjectId). */
const FIRST_USER_OID = 16384

function outdated(what: string): RefusalText {
  return {
    sqlstate: Sqlstate.insufficientPrivilege,
    message: `the result has ${what} that the gateway did not foresee, so it cannot be masked and is not shown`,
    hint: 'The schema has just changed, or a function returns rows of its own choosing. Run the statement again.',
  }
}
