// Kinds and objects that the tests of this folder work on.
import type { Log } from '../log.ts'
import type { Resource } from '../resource.ts'

export const THINGS: Resource = {
  group: 'example.org',
  version: 'v1',
  plural: 'things',
  kind: 'Thing',
  namespaced: true,
}
export const NODES: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false }

export function thing(name: string, spec: unknown = {}, labels: Readonly<Record<string, string>> = {}) {
  return { apiVersion: 'example.org/v1', kind: 'Thing', metadata: { name, namespace: 'team', labels }, spec }
}

/** A log that keeps what was said. */
export class KeptLog implements Log {
  readonly said: { readonly level: string; readonly fields: object; readonly message: string }[] = []

  info(fields: object, message: string): void {
    this.said.push({ level: 'info', fields, message })
  }

  warn(fields: object, message: string): void {
    this.said.push({ level: 'warn', fields, message })
  }
}
