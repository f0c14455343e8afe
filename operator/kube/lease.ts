// The record of a Lease, read and written: pure, and all its fields that we do not know are kept.

import { microTime } from './micro-time.ts'
import { isRecord, type KubeObject, type Name } from './object.ts'
import type { Resource } from './resource.ts'

export const LEASES: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
}

/** What has to change for the holder to be alive; a new record is a new object of this. */
export interface LeaseRecord {
  /** Empty when it was given back. */
  readonly holder: string
  readonly durationSeconds: number
  readonly acquireTime: string
  readonly renewTime: string
  readonly transitions: number
}

export function recordOf(lease: KubeObject): LeaseRecord {
  const spec = isRecord(lease['spec']) ? lease['spec'] : {}
  return {
    holder: text(spec['holderIdentity']),
    durationSeconds: number(spec['leaseDurationSeconds']),
    acquireTime: text(spec['acquireTime']),
    renewTime: text(spec['renewTime']),
    transitions: number(spec['leaseTransitions']),
  }
}

/** The record under which `identity` holds the lease from now on. */
export function held(before: LeaseRecord | undefined, identity: string, seconds: number, now: number): LeaseRecord {
  const time = microTime(now)
  const same = before?.holder === identity
  return {
    holder: identity,
    durationSeconds: seconds,
    acquireTime: same ? before.acquireTime : time,
    renewTime: time,
    transitions: before === undefined ? 0 : before.transitions + (same ? 0 : 1),
  }
}

/** The record of one that was given back: whoever comes next need not wait. */
export function released(before: LeaseRecord, now: number): LeaseRecord {
  return { ...before, holder: '', durationSeconds: 1, renewTime: microTime(now) }
}

export function withRecord(lease: KubeObject, record: LeaseRecord): KubeObject {
  const spec = isRecord(lease['spec']) ? lease['spec'] : {}
  return { ...lease, spec: { ...spec, ...specOf(record) } }
}

export function newLease(name: Name, record: LeaseRecord) {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...name }, spec: specOf(record) }
}

function specOf({ holder, durationSeconds, acquireTime, renewTime, transitions }: LeaseRecord) {
  return {
    holderIdentity: holder,
    leaseDurationSeconds: durationSeconds,
    acquireTime,
    renewTime,
    leaseTransitions: transitions,
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}
