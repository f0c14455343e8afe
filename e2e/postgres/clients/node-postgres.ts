// node-postgres through the features that applications use. One JSON line a step; the runner compares two runs.
import { once } from 'node:events'
import pg from 'pg'
import { connectionFromEnvironment, failure, steps } from './steps.ts'

const settings = connectionFromEnvironment()
const client = new pg.Client(settings)
const notices: string[] = []
client.on('notice', (notice) => notices.push(`${notice.severity} ${notice.message} ${notice.detail} ${notice.hint}`))

await steps({
  connect: async () => {
    await client.connect()
    return (await client.query('select current_user, 1 as one')).rows
  },
  'simple query': async () => (await client.query('select * from kinds order by id')).rows,
  'field description': async () =>
    (await client.query('select * from kinds limit 0')).fields.map(({ name, dataTypeID, columnID, format }) => ({
      name,
      dataTypeID,
      columnID,
      format,
    })),
  'text parameters': async () =>
    (
      await client.query(
        'select $1::int as a, $2::text as b, $3::jsonb as c, $4::bytea as d, $5::int[] as e, $6::timestamptz as f, $7::text as g',
        [42, 'Zürich 🎉', { x: [1, null] }, Buffer.from([0, 255, 16]), [1, 2, 3], new Date(1e12), null],
      )
    ).rows,
  'binary results': async () =>
    (
      await client.query({
        text: 'select id, small, word, bytes from kinds where id < $1 order by id',
        values: [3],
        binary: true,
      } as pg.QueryConfig)
    ).rows,
  'named prepared statement, used thrice': async () => {
    const answers = []
    for (const n of [1, 2, 3]) {
      const query = { name: 'by-n', text: 'select label from numbers where n = $1', values: [n] }
      answers.push((await client.query(query)).rows)
    }
    return answers
  },
  'row mode array': async () =>
    (await client.query({ text: 'select n, label from numbers order by n limit 3', rowMode: 'array' })).rows,
  'queries sent without waiting': async () => {
    const all = await Promise.all([1, 2, 3, 4, 5].map((n) => client.query('select $1::int * 10 as ten', [n])))
    return all.map((one) => one.rows)
  },
  'several statements in one message': async () => {
    const results = (await client.query(
      "select 1 as a; insert into sink values (1, 'multi'); select label from sink where id = 1",
    )) as unknown as pg.QueryResult[]
    return results.map(({ command, rowCount, rows }) => ({ command, rowCount, rows }))
  },
  'error keeps the session': async () => {
    const error = await failure(client.query('select no_such_column from kinds'))
    return { error, after: (await client.query('select 2 as two')).rows }
  },
  'error in a multi-statement message rolls all of it back': async () => {
    const error = await failure(client.query("insert into sink values (2, 'gone'); select 1/0"))
    return { error, rows: (await client.query('select count(*) from sink where id = 2')).rows }
  },
  'unique violation has its fields': async () => {
    const error = await failure(client.query("insert into sink values (1, 'again')"))
    return error
  },
  'transaction, savepoint, error, recovery': async () => {
    await client.query('begin')
    await client.query("insert into sink values (3, 'kept')")
    await client.query('savepoint s')
    const first = await failure(client.query('select 1/0'))
    const second = await failure(client.query('select 1'))
    await client.query('rollback to savepoint s')
    await client.query("insert into sink values (4, 'kept too')")
    await client.query('commit')
    return { first, second, rows: (await client.query('select * from sink where id in (3, 4) order by id')).rows }
  },
  'commit of a failed transaction': async () => {
    await client.query('begin')
    await failure(client.query('select 1/0'))
    const { command } = await client.query('commit')
    return command
  },
  notice: async () => {
    await client.query('select shout($1)', ['hello'])
    return notices.splice(0)
  },
  'listen and notify': async () => {
    await client.query('listen news')
    const heard = once(client, 'notification')
    await client.query("select pg_notify('news', 'extra, extra')")
    const [message] = await heard
    await client.query('unlisten news')
    return { channel: message.channel, payload: message.payload }
  },
  'cursor at SQL level': async () => {
    await client.query('begin')
    await client.query('declare c scroll cursor for select n from numbers order by n')
    const pages = []
    for (const text of [
      'fetch 3 from c',
      'fetch 2 from c',
      'fetch backward 1 from c',
      'move 10 in c',
      'fetch absolute 500 from c',
      'close c',
    ]) {
      const { command, rowCount, rows } = await client.query(text)
      pages.push({ command, rowCount, rows })
    }
    await client.query('commit')
    return pages
  },
  'prepare and execute at SQL level': async () => {
    await client.query('prepare p (int) as select label from numbers where n = $1')
    const rows = (await client.query('execute p (77)')).rows
    await client.query('deallocate p')
    const after = await failure(client.query('execute p (77)'))
    return { rows, after: after instanceof Object && 'code' in after ? after.code : after }
  },
  'a large value both ways': async () => {
    const value = 'x'.repeat(10 << 20)
    const { rows } = await client.query(
      'select length($1::text) as length, md5($1::text) as digest, $1::text as value',
      [value],
    )
    return { length: rows[0].length, digest: rows[0].digest, same: rows[0].value === value }
  },
  'a wide result': async () => {
    const { rows } = await client.query("select n, repeat('y', 100) as filler from generate_series(1, 20000) n")
    return { count: rows.length, last: rows.at(-1) }
  },
  'explain and show': async () => [
    (await client.query('explain (costs off) select * from kinds')).rows,
    (await client.query('show standard_conforming_strings')).rows,
    (
      (await client.query("set application_name = 'renamed'; show application_name")) as unknown as pg.QueryResult[]
    ).map((one) => one.rows),
  ],
  'cancel a running query': async () => {
    const error = failure(client.query('select pg_sleep(20)'))
    const other = new pg.Client(settings)
    const cancel = client as unknown as { processID: number; secretKey: number }
    await new Promise((resolve) => setTimeout(resolve, 200))
    const connection = (other as unknown as { connection: CancelConnection }).connection
    await new Promise<void>((resolve) => {
      connection.on('connect', () => connection.cancel(cancel.processID, cancel.secretKey))
      connection.on('end', () => resolve())
      connection.connect(settings.port, settings.host)
    })
    return { error: await error, after: (await client.query('select 3 as three')).rows }
  },
  'empty query': async () => (await client.query('')).rows,
  'second session sees what was committed': async () => {
    const second = new pg.Client(settings)
    await second.connect()
    const { rows } = await second.query('select id, label from sink order by id')
    await second.end()
    return rows
  },
  'wrong database': async () => {
    const lost = new pg.Client({ ...settings, database: 'no_such_database' })
    lost.on('error', () => {})
    return failure(lost.connect())
  },
  end: async () => {
    await client.end()
    return 'ended'
  },
})

interface CancelConnection {
  on(event: 'connect' | 'end', listener: () => void): void
  connect(port: number, host: string): void
  cancel(processId: number, key: number): void
}
