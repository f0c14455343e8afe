/** Where this folder says what happens: pino's shape, of which only this much is used. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
