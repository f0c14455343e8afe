// The gateway's own log: JSON lines on standard error. It is for whoever runs the gateway, so it never holds a statement,
// a parameter, a value or a credential; what agents did is in recordings and audit events.
import { type Logger as PinoLogger, pino } from 'pino'
import { jsonMadePrintable } from './printable.ts'
import { errorCode } from './system-reason.ts'

export type Logger = PinoLogger

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Members that carry what a log must not hold, wherever somebody passes them by mistake. */
const CENSORED = ['text', 'sql', 'statement', 'parameters', 'password', 'secret', 'token', 'credentials']

export function isLogLevel(text: string): text is LogLevel {
  return LOG_LEVELS.some((level) => level === text)
}

export function createLogger(level: LogLevel, destination: { write(line: string): void } = process.stderr): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: CENSORED.flatMap((name) => [name, `*.${name}`]), censor: '[not logged]' },
      serializers: { error: describeError, err: describeError },
    },
    { write: (line: string) => destination.write(jsonMadePrintable(line)) },
  )
}

/**
 * An error's class, code and message. Not its other members: database drivers hang rows and parameters on them. Not the
 * message either where it is a peer's (`invalid input syntax … "123-45-6789"`) or quotes what could not be parsed.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  return { ...nameAndCode(error), ...(mayQuote(error) ? {} : { message: error.message }), ...causeOf(error) }
}

function nameAndCode(error: Error): { readonly name: string; readonly code?: string } {
  const code = errorCode(error)
  return { name: error.name, ...(code === undefined ? {} : { code }) }
}

/** Errors that a server sent have a severity; V8's SyntaxError repeats a piece of the text. */
function mayQuote(error: Error): boolean {
  return 'severity' in error || error instanceof SyntaxError
}

function causeOf({ cause }: Error): object {
  return cause instanceof Error ? { cause: nameAndCode(cause) } : {}
}
