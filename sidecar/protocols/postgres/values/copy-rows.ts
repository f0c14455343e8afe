// What the three COPY formats have in common.
import { MaskingError } from '#sidecar/masking/error.ts'
import type { CopyStream } from '../sql/statement.ts'
import type { Output } from './output.ts'

export type CopyFormat = Pick<CopyStream, 'format' | 'delimiter' | 'nullText' | 'quote' | 'escape' | 'header'>

/** What one format knows about its rows. */
export interface CopyRows {
  /** Masks every complete row of bytes[start, end) into `out`; returns where the first incomplete one begins. */
  consume(bytes: Buffer, start: number, end: number, out: Output): number
  /** Whether more rows can be complete now that `added` came behind `waiting` bytes. Keeps waiting cheap. */
  mayComplete(waiting: number, added: Buffer): boolean
  /** Whether the stream may end here. */
  readonly atEnd: boolean
  /** Values masked since the stream began. */
  readonly masked: number
}

/**
 * CSV quotes a value that looks like NULL and binary has a length for it. Text has neither: only \N cannot be a value's
 * own text (a backslash is written \\, and N stands for no control character). With `NULL 'guess'` a protected value
 * that equals the guess would look like NULL, which tells the agent that it guessed right.
 */
export function hasOwnNull(format: CopyFormat): boolean {
  return format.format !== 'text' || format.nullText === '\\N'
}

export function malformed(what: string): MaskingError {
  return new MaskingError('malformed', `the server sent COPY data that cannot be walked: ${what}`)
}

export function wrongShape(has: number, wants: number): MaskingError {
  return new MaskingError('shape', `a row of this COPY has ${has} columns where ${wants} were planned`)
}
