// What one agent's pods have used and hold of each budget, as it is kept: in a ConfigMap, as text. Pure.
import { isRecord } from '../kube/object.ts'

/** By limit: policy, metric and window. */
export type Ledger = ReadonlyMap<string, Budget>

export interface Budget {
  /** Absent: what counts is what is in use, and comes back. */
  readonly windowSeconds?: number
  /** What was used, by number of the slot in which that was told: sixty to a window. */
  readonly slots: ReadonlyMap<number, number>
  /** By UID of the pod. */
  readonly holders: ReadonlyMap<string, Holder>
}

export interface Holder {
  /** When its gateway began. */
  readonly since: number
  /** Of its last request that changed something. */
  readonly serial: number
  /** What it has told of in all; without a window, what is in use. */
  readonly used: number
  /** Leased and not told to be used. All of it counts until then. Without a window, what is in use is in it. */
  readonly held: number
  /** What it would like and did not get. */
  readonly wanted: number
  readonly urgent: boolean
  /** Milliseconds since the epoch: from then on it can use nothing of this any more. */
  readonly until: number
}

/** Of an API object, with room for what surrounds it. */
const MOST_CHARACTERS = 900_000
const FORMAT = 1

export class LedgerError extends Error {
  override readonly name = 'LedgerError'
}

export function writeLedger(ledger: Ledger): string {
  const limits = [...ledger].map(([limit, { windowSeconds, slots, holders }]) => [
    limit,
    windowSeconds ?? null,
    [...slots],
    [...holders].map(([uid, holder]) => [
      uid,
      holder.since,
      holder.serial,
      holder.used,
      holder.held,
      holder.wanted,
      Number(holder.urgent),
      holder.until,
    ]),
  ])
  const text = JSON.stringify({ format: FORMAT, limits })
  if (text.length > MOST_CHARACTERS)
    throw new LedgerError('it has grown too large: the agent has too many pods or limits')
  return text
}

/** What cannot be read is never taken for an empty one: that would refill every budget. */
export function readLedger(text: string): Ledger {
  const value = parsed(text)
  if (!isRecord(value) || value['format'] !== FORMAT)
    throw new LedgerError('it is of a format that this version does not know')
  return new Map(
    listOf(value['limits']).map((entry) => {
      const [limit, windowSeconds, slots, holders] = listOf(entry)
      const budget: Budget = {
        slots: new Map(listOf(slots).map(slotOf)),
        holders: new Map(listOf(holders).map(holderOf)),
        ...(windowSeconds === null ? {} : { windowSeconds: numberOf(windowSeconds) }),
      }
      return [textOf(limit), budget] as const
    }),
  )
}

function slotOf(value: unknown): readonly [number, number] {
  const [slot, amount] = listOf(value)
  return [numberOf(slot), numberOf(amount)]
}

function holderOf(value: unknown): readonly [string, Holder] {
  const [uid, ...numbers] = listOf(value)
  const [since, serial, used, held, wanted, urgent, until] = numbers
  const holder: Holder = {
    since: numberOf(since),
    serial: numberOf(serial),
    used: numberOf(used),
    held: numberOf(held),
    wanted: numberOf(wanted),
    urgent: numberOf(urgent) === 1,
    until: numberOf(until),
  }
  return [textOf(uid), holder]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new LedgerError('it is not JSON')
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new LedgerError('it has something else where a list belongs')
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new LedgerError('it has something else where a number belongs')
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw new LedgerError('it has something else where a text belongs')
}
