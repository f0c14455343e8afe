// What the scripted agent does, step by step, and what must be true of each step for the demo to have shown it.
import { Client, DatabaseError } from 'pg'
import { SECRETS } from './data.ts'
import type { Stage } from './stage.ts'

export interface Shown {
  /** What the agent did, as it would type it. */
  readonly did: string
  /** What came back, in lines. */
  readonly got: readonly string[]
  /** In plain words. */
  readonly meaning: string
}

export interface Step {
  readonly title: string
  run(agent: Client, stage: Stage): Promise<Shown>
}

/** Thrown when something the demo would say is not so. */
class Untrue extends Error {}

export const STORY: readonly Step[] = [
  {
    title: 'The agent reads customers',
    run: async (agent) => {
      const did = 'select id, name, email, ssn, card, city from customers order by id'
      const { rows } = await agent.query(did)
      must(
        rows.length === 3 && rows[0].name === 'Ada Meier' && rows[2].city === 'Lugano',
        'unprotected columns arrive as they are',
      )
      must(
        rows.every(({ email, ssn }) => email !== null && ssn !== null),
        'masked columns keep a value',
      )
      return {
        did,
        got: lines(rows),
        meaning:
          'Names and cities arrive as they are. E-mail, SSN and card number are masked before they reach the agent.',
      }
    },
  },
  {
    title: 'It asks through a view, under other names',
    run: async (agent) => {
      const did = 'select reference as harmless, contact, orders from customer_overview where name = $1'
      const prepared = { name: 'overview', text: did, values: ['Bruno Keller'] }
      const { rows } = await agent.query(prepared)
      must(rows.length === 1 && rows[0].orders === 667, `the view is answered: ${JSON.stringify(rows)}`)
      return {
        did: `${did}   -- prepared, $1 = 'Bruno Keller'`,
        got: lines(rows),
        meaning: 'The mask follows the column through the view, the alias and the prepared statement.',
      }
    },
  },
  {
    title: 'It does its work',
    run: async (agent, stage) => {
      const did = `update orders set state = 'shipped' where id = $1 and state = 'open'`
      const { rowCount } = await agent.query(did, [4])
      const [row] = await stage.server.sql('select state from orders where id = 4', 'orders')
      must(rowCount === 1 && row?.['state'] === 'shipped', 'an allowed change is made')
      return {
        did: `${did}   -- $1 = 4`,
        got: [`UPDATE ${rowCount}`],
        meaning: 'Rule order-upkeep allows changes of orders, and a limit of no more than ten at a time.',
      }
    },
  },
  {
    title: 'It tries to drop a table',
    run: async (agent, stage) => {
      const shown = await refused(agent, 'drop table customers', 'no-destruction')
      must((await count(stage, 'customers')) === 3, 'the table is still there')
      must((await agent.query('select 1 as still_here')).rows.length === 1, 'the session goes on')
      return {
        ...shown,
        meaning: 'Refused in PostgreSQL’s own words. Nothing reached the database, and the session goes on.',
      }
    },
  },
  {
    title: 'It forgets the WHERE',
    run: async (agent, stage) => {
      const shown = await refused(agent, 'delete from orders', 'no-bulk-changes')
      must((await count(stage, 'orders')) === 2000, 'no order is deleted')
      return {
        ...shown,
        meaning: 'The rule looks at the statement itself: a DELETE with a WHERE on the same table is allowed.',
      }
    },
  },
  {
    title: 'It reads too much',
    run: async (agent) => {
      const shown = await refused(agent, 'select * from orders', 'row')
      must(
        (await agent.query('select count(*) from orders where id < 100')).rows[0].count === '99',
        'the session goes on',
      )
      await refused(agent, 'select json_agg(o) from orders o', 'bytes')
      return {
        ...shown,
        meaning:
          'The limit stopped the result in the middle and cancelled the query in the database. All rows in one, by json_agg, meet the limit on bytes.',
      }
    },
  },
  {
    title: 'Bypass 1: hide the column inside JSON, in a CTE',
    run: async (agent) => {
      const did = 'with x as (select row_to_json(c) as whole from customers c) select whole::text from x'
      const outcome = await agent.query(did).then(({ rows }) => lines(rows), said)
      return {
        did,
        got: outcome,
        meaning: 'A whole row holds protected columns, so what is made of it is masked or refused, too.',
      }
    },
  },
  {
    title: 'Bypass 2: make the database say it in an error',
    run: async (agent) => {
      const did = 'select (ssn || $$!$$)::int from customers where id = 1'
      const got = await agent.query(did).then(() => ['no error'], said)
      must(got[0] !== 'no error', 'the cast fails')
      return {
        did,
        got,
        meaning: 'PostgreSQL would quote the SSN in its message, so a protected column is not cast to begin with.',
      }
    },
  },
  {
    title: 'Bypass 3: drop the table from inside a code block',
    run: async (agent, stage) => {
      const shown = await refused(agent, `do $$ begin execute 'drop ' || 'table customers'; end $$`, '')
      must((await count(stage, 'customers')) === 3, 'the table is still there')
      return {
        ...shown,
        meaning:
          'Code that nobody can read before it runs is not allowed by any rule here, and what no rule allows is denied.',
      }
    },
  },
]

/** The agent itself: an ordinary client, given the connection string and nothing else. */
export async function connectAgent(stage: Stage): Promise<Client> {
  const agent = new Client({ connectionString: stage.url })
  agent.on('error', () => {})
  await agent.connect()
  return agent
}

export function must(fact: boolean, claim: string): void {
  if (!fact) throw new Untrue(`it is not so that ${claim}`)
}

/** No secret may occur in what the agent was given. */
export function mustHideSecrets(text: string, where: string): void {
  const found = SECRETS.filter((secret) => text.includes(secret))
  must(found.length === 0, `${where} is free of protected values (${found.length} found)`)
}

async function refused(agent: Client, did: string, named: string): Promise<{ did: string; got: readonly string[] }> {
  const got = await agent.query(did).then(() => undefined, said)
  if (!got) throw new Untrue(`it is not so that this is refused: ${did}`)
  must(got.join('\n').toLowerCase().includes(named), `the refusal of "${did}" names ${named}: ${got.join(' ')}`)
  return { did, got }
}

function said(error: unknown): readonly string[] {
  if (!(error instanceof DatabaseError)) throw error
  const more = [error.detail, error.hint].filter((line) => line !== undefined && line !== '')
  return [`ERROR ${error.code}: ${error.message}`, ...more.map((line) => `  ${line}`)]
}

function lines(rows: readonly Record<string, unknown>[]): readonly string[] {
  const all = rows.map((row) =>
    Object.values(row).map((value) =>
      value === null ? 'NULL' : Buffer.isBuffer(value) ? value.toString() : String(value),
    ),
  )
  const widths = all[0]?.map((_, i) => Math.max(...all.map((cells) => cells[i]?.length ?? 0))) ?? []
  return all.map((cells) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

async function count(stage: Stage, table: string): Promise<number> {
  const [row] = await stage.server.sql(`select count(*)::int as n from ${table}`, 'orders')
  return Number(row?.['n'])
}
