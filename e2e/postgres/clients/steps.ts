// What the clients written in TypeScript share: where to connect, and printing one JSON line a step.

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** The endpoint as libpq's own variables give it, which most clients read by themselves. */
export function connectionFromEnvironment(env: NodeJS.ProcessEnv = process.env): Endpoint {
  const { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password, PGDATABASE: database } = env
  if (!host || !port || !user || !password || !database)
    throw new Error('PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE must be set')
  return { host, port: Number(port), user, password, database }
}

export type Steps = Readonly<Record<string, () => Promise<unknown>>>

/** Runs the steps in order; a step that throws is printed as its error, and the next one runs all the same. */
export async function steps(table: Steps): Promise<void> {
  for (const [step, run] of Object.entries(table)) {
    const outcome = await run().then(
      (value) => ({ step, value }),
      (error: unknown) => ({ step, error: words(error) }),
    )
    process.stdout.write(`${JSON.stringify(outcome, spell)}\n`)
  }
}

/** The error that a promise must end in, reduced to what may not differ. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: unknown) => words(error),
  )
}

const FIELDS = [
  'severity',
  'code',
  'message',
  'detail',
  'hint',
  'position',
  'schema_name',
  'table_name',
  'column_name',
  'constraint_name',
  'schema',
  'table',
  'column',
  'constraint',
]

function words(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const fields = Object.entries(error).filter(([name, value]) => FIELDS.includes(name) && value !== undefined)
  return { message: error.message, ...Object.fromEntries(fields) }
}

function spell(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}
