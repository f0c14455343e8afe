/** The connection that an agent uses, reduced to what policies select by. */
export interface ConnectionRef {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** The value of the Connection's `spec.protocol`. */
  readonly protocol: string
}
