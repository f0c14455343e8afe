// postgres.js: pipelines everything, prepares everything, asks pg_type at connect.
import postgres from 'postgres'
import { connectionFromEnvironment, failure, steps } from './steps.ts'

const { host, port, user, password, database } = connectionFromEnvironment()
const notices: string[] = []
const sql = postgres({
  host,
  port,
  user,
  password,
  database,
  max: 1,
  onnotice: (notice) => notices.push(`${notice['severity']} ${notice['message']}`),
})

await steps({
  connect: async () => sql`select current_user, 1 as one`,
  'every type': async () => sql`select * from kinds order by id`,
  parameters: async () =>
    sql`select ${42}::int as a, ${'Zürich 🎉'} as b, ${sql.json({ x: [1, null] })}::jsonb as c, ${Buffer.from([0, 255])}::bytea as d, ${sql.array([1, 2, 3])}::int[] as e`,
  pipelined: async () => Promise.all(Array.from({ length: 50 }, (_, n) => sql`select ${n}::int + 1 as next`)),
  'prepared once, used often': async () => {
    const answers = []
    for (const n of [1, 2, 3]) answers.push(await sql`select label from numbers where n = ${n}`)
    return answers
  },
  'an error in the middle of a pipeline': async () =>
    Promise.all([
      sql`select 1 as a`,
      failure(sql`select * from no_such_table`),
      sql`select 2 as b`,
      failure(sql`select 1/${0}::int`),
      sql`select 3 as c`,
    ]),
  'insert many': async () =>
    sql`insert into sink ${sql([
      { id: 1, label: 'a' },
      { id: 2, label: 'b' },
    ])} returning *`,
  transaction: async () => {
    const rolledBack = await failure(
      sql.begin(async (tx) => {
        await tx`insert into sink (id, label) values (10, 'gone')`
        throw new Error('changed my mind')
      }),
    )
    const kept = await sql.begin(async (tx) => {
      await tx`insert into sink (id, label) values (11, 'kept')`
      await failure(tx.savepoint(async (inner) => inner`select 1/0`))
      return tx`select count(*) from sink`
    })
    return { rolledBack, kept, rows: await sql`select id from sink order by id` }
  },
  'cursor through a row-limited portal': async () => {
    const sizes: number[] = []
    await sql`select n from numbers order by n`.cursor(300, (rows) => {
      sizes.push(rows.length)
    })
    return sizes
  },
  'describe only': async () => {
    const described = await sql`select id, word from kinds where id = ${1}`.describe()
    return { types: described.types, columns: described.columns.map(({ name, type }) => ({ name, type })) }
  },
  'copy in and out': async () => {
    const input = await sql`copy sink (id, label) from stdin`.writable()
    await new Promise<void>((resolve, reject) => {
      input.on('error', reject).on('finish', resolve)
      input.write('100\tcopied\n')
      input.end('101\t\\N\n')
    })
    const output = await sql`copy (select id, label from sink where id >= 100 order by id) to stdout`.readable()
    let text = ''
    for await (const chunk of output) text += chunk
    return text
  },
  'simple protocol': async () => sql`select 1 as a; select 2 as b`.simple(),
  notice: async () => {
    await sql`select shout('psst')`
    return notices.splice(0)
  },
  'listen and notify': async () => {
    const heard = new Promise((resolve) => void sql.listen('news', resolve, () => void sql.notify('news', 'extra')))
    return heard
  },
  'cancel a running query': async () => {
    const query = sql`select pg_sleep(20)`
    const outcome = failure(query)
    setTimeout(() => query.cancel(), 300)
    return { outcome: await outcome, after: await sql`select 1 as one` }
  },
  'large value': async () => {
    const [row] = await sql`select length(${'z'.repeat(5 << 20)}) as length`
    return row
  },
  unsafe: async () => sql.unsafe('select $1::text as t', ['raw']),
  end: async () => {
    await sql.end({ timeout: 2 })
    return 'ended'
  },
})
