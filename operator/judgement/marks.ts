// What is to be done after changes were taken in, and what came out of it.

export class Marks {
  /** Connections: whose hosts are they? */
  readonly claims = new Set<string>()
  /** Connections: what do they and what they refer to show? */
  readonly checks = new Set<string>()
  /** Policies: are the circumstances of the verdict still the same? */
  readonly circumstances = new Set<string>()
  /** Policies whose gateways may have to get something else. */
  readonly renewed = new Set<string>()
  renewAll = false
  /** Objects whose status may be another one. */
  readonly connections = new Set<string>()
  readonly policies = new Set<string>()
  readonly grants = new Set<string>()
  readonly providers = new Set<string>()
  readonly pods = new Set<string>()
}
