// One gateway's request, settled against its agent's budget. Pure; it may be done again on a newer ledger, or twice on the same one.
//
// What is leased counts in full from the moment it is leased, and what a gateway then tells of counts from the moment it is told,
// which is later than it was used. So at any grant all that was or may yet be used within the window is counted, and what all
// pods use together in any window is never more than `max`. Whoever is not heard of any more has used all that it held.
import type { BudgetRequest, Lease } from '#contracts/control/messages.ts'
import type { Budget, Holder } from './ledger.ts'

export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** How long a lease may be used after the request that it answers. */
  readonly leaseSeconds: number
  /** How much longer a gateway without a stream may go on with what is in use. */
  readonly graceSeconds: number
  readonly isGone: (podUid: string) => boolean
}

export interface Settled {
  /** The same object where nothing has changed that has to be remembered. */
  readonly budget: Budget
  /** Absent: another request has overtaken this one. */
  readonly lease?: Lease
}

export const NEW_BUDGET: Budget = { slots: new Map(), holders: new Map() }

export function settle(stored: Budget, podUid: string, request: BudgetRequest, moment: Moment): Settled {
  const known = stored.holders.get(podUid)
  if (known && isOlder(request, known)) return { budget: stored }
  if (known && known.since === request.since && known.serial === request.serial)
    return { budget: stored, lease: leaseOf(stored, request, known, moment) }
  const budget = withoutTheLost(
    { ...stored, ...windowOf(request) },
    moment,
    known?.since === request.since ? '' : podUid,
  )
  const before = budget.holders.get(podUid)
  const { used, held } = accountOf(request, before)
  const told = used === 0 ? budget : { ...budget, slots: booked(budget, used, moment.now) }
  const free = freeFor(told, podUid, held, request, moment.now)
  const granted = Math.min(request.wanted, share(told, podUid, held, free, request.urgent))
  const holder: Holder = {
    since: request.since,
    serial: request.serial,
    used: request.used,
    held: held + granted,
    wanted: request.wanted - granted,
    urgent: request.urgent && granted === 0,
    until: moment.now + (moment.leaseSeconds + UNWRITTEN * moment.leaseSeconds + moment.graceSeconds) * 1000,
  }
  const after = { ...told, holders: new Map(told.holders).set(podUid, holder) }
  const lease = leaseOf(after, request, holder, moment)
  return sameInEffect(stored, before, after, holder, moment) ? { budget: stored, lease } : { budget: after, lease }
}

/** What counts now: told of within the window. */
function countedIn(budget: Budget, now: number): number {
  let sum = 0
  for (const amount of live(budget, now).values()) sum += amount
  return sum
}

/** Nothing of it counts any more, nor ever will. */
export function isPast(budget: Budget, now: number): boolean {
  const memory = (budget.windowSeconds ?? 0) * 2_000
  return [...budget.holders.values()].every(({ until }) => until + memory < now) && countedIn(budget, now) === 0
}

function isOlder(request: BudgetRequest, { since, serial }: Holder): boolean {
  return request.since < since || (request.since === since && request.serial < serial)
}

function windowOf({ windowSeconds }: BudgetRequest): Pick<Budget, 'windowSeconds'> {
  return windowSeconds === undefined ? {} : { windowSeconds: Math.max(1, windowSeconds) }
}

/** Those that are gone or silent for too long, and `replaced`: they have used all they held, or have nothing in use any more. */
function withoutTheLost(budget: Budget, { now, isGone }: Moment, replaced: string): Budget {
  const lost = [...budget.holders].filter(([uid, { until }]) => uid === replaced || until <= now || isGone(uid))
  if (lost.length === 0) return budget
  const holders = new Map(budget.holders)
  for (const [uid] of lost) holders.delete(uid)
  const held = lost.reduce((sum, [, holder]) => sum + holder.held, 0)
  return { ...budget, holders, slots: booked(budget, held, now) }
}

/** What the request tells of for the first time, and what of the lease is left. Nobody holds what nobody leased. */
function accountOf(
  request: BudgetRequest,
  before: Holder | undefined,
): { readonly used: number; readonly held: number } {
  const leased = before?.held ?? 0
  if (request.windowSeconds === undefined)
    return { used: 0, held: Math.max(request.used, Math.min(request.held, leased)) }
  const used = Math.max(0, request.used - (before?.used ?? request.confirmed))
  return { used, held: Math.max(0, Math.min(request.held, leased - used)) }
}

function freeFor(budget: Budget, podUid: string, held: number, { max = 0 }: BudgetRequest, now: number): number {
  let taken = countedIn(budget, now) + held
  for (const [uid, holder] of budget.holders) if (uid !== podUid) taken += holder.held
  return Math.max(0, max - taken)
}

/** Whoever is alone may have all of it; where another one waits that has less, half is left. */
function share(budget: Budget, podUid: string, held: number, free: number, urgent: boolean): number {
  const poorer = [...budget.holders].some(
    ([uid, other]) => uid !== podUid && other.wanted > 0 && other.held < held && (other.urgent || !urgent),
  )
  return poorer ? Math.floor(free / 2) : free
}

function leaseOf(budget: Budget, request: BudgetRequest, holder: Holder, { now, leaseSeconds }: Moment): Lease {
  const retrySeconds = holder.wanted > 0 ? retryIn(budget, request, holder, now) : undefined
  return {
    type: 'lease',
    limit: request.limit,
    serial: request.serial,
    holds: holder.held,
    counted: countedIn(budget, now),
    seconds: leaseSeconds,
    ...(retrySeconds === undefined ? {} : { retrySeconds }),
  }
}

/** Soon where others hold what they do not use, for they are asked for it; else when the oldest slot leaves the window. */
function retryIn(budget: Budget, request: BudgetRequest, holder: Holder, now: number): number {
  const others = [...budget.holders.values()].some((other) => other !== holder && spareOf(budget, other) > 0)
  if (others || budget.windowSeconds === undefined) return 1
  const oldest = Math.min(...live(budget, now).keys())
  if (!Number.isFinite(oldest)) return request.max === 0 ? budget.windowSeconds : 1
  return Math.max(1, Math.ceil(((oldest + SLOTS + 1) * widthOf(budget) - now) / 1000))
}

/** What a holder could give back, as far as it has told. */
export function spareOf({ windowSeconds }: Budget, { held, used }: Holder): number {
  return windowSeconds === undefined ? Math.max(0, held - used) : held
}

const SLOTS = 60

function widthOf({ windowSeconds = 1 }: Budget): number {
  return (windowSeconds * 1000) / SLOTS
}

/** A clock that is behind the ledger stands still: it must not refill a budget. */
function slotAt(budget: Budget, now: number): number {
  return Math.max(Math.floor(now / widthOf(budget)), ...budget.slots.keys())
}

function live(budget: Budget, now: number): ReadonlyMap<number, number> {
  if (budget.slots.size === 0) return budget.slots
  const head = slotAt(budget, now)
  return new Map([...budget.slots].filter(([slot]) => slot >= head - SLOTS))
}

function booked(budget: Budget, amount: number, now: number): ReadonlyMap<number, number> {
  if (budget.windowSeconds === undefined || amount === 0) return budget.slots
  const slot = slotAt(budget, now)
  return new Map(live(budget, now)).set(slot, (budget.slots.get(slot) ?? 0) + amount)
}

/** A lease is prolonged in the ledger only when this part of it has passed; until then the ledger's word is that much older. */
const UNWRITTEN = 0.5

/** What need not be written: the serial of a request that changed nothing, and a lease that was prolonged not long ago. */
function sameInEffect(
  stored: Budget,
  before: Holder | undefined,
  after: Budget,
  holder: Holder,
  { leaseSeconds }: Moment,
): boolean {
  if (before === undefined || after.holders.size !== stored.holders.size) return false
  const same =
    before.used === holder.used &&
    before.held === holder.held &&
    before.wanted > 0 === holder.wanted > 0 &&
    before.urgent === holder.urgent
  return same && holder.until - before.until < UNWRITTEN * leaseSeconds * 1000
}
