// The kill switch: live sessions end, and what they had running on the database ends too.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Stage } from '../stage.ts'
import { say } from './figures.ts'
import { onDatabase, openSession } from './open-session.ts'

/** Would take hours, and all of it comes back to the agent. */
const ENDLESS = 'copy (select a.n, b.n from numbers a cross join numbers b) to stdout'

interface Switch {
  readonly on: (stage: Stage) => Promise<unknown>
  readonly off: (stage: Stage) => Promise<unknown>
}

const suspend = (value: boolean) => (stage: Stage) =>
  stage.kubectl(
    ...['patch', 'accesspolicy', '-n', 'data', 'analysts', '--type=merge'],
    ...['-p', JSON.stringify({ spec: { suspend: value } })],
  )

const label = (value: string) => (stage: Stage) =>
  stage.kubectl('label', 'pods', '-n', 'agents', '-l', 'app=analyst', '--overwrite', value)

const SWITCHES: Readonly<Record<string, Switch>> = {
  'suspend: true on the policy': { on: suspend(true), off: suspend(false) },
  'the pod’s label sallyport.dev/quarantine': {
    on: label('sallyport.dev/quarantine=tested'),
    off: label('sallyport.dev/quarantine-'),
  },
}

/** A session that is not cut does not end by itself. */
const TEST_MS = 180_000

export function killSwitch(stage: () => Stage): void {
  for (const [title, { on, off }] of Object.entries(SWITCHES)) {
    describe(`the kill switch: ${title}`, () => {
      const RUNNING: Readonly<Record<string, string>> = {
        'a query that is running': 'select pg_sleep(600)',
        'a large result on its way': ENDLESS,
      }
      for (const [what, statement] of Object.entries(RUNNING)) {
        test(`cuts ${what}, on the server too, and opens again when it is taken back`, {
          timeout: TEST_MS,
        }, async (context) => {
          context.after(async () => {
            await off(stage())
            await stage().until('sessions', async () => (await stage().psql('select 1')).code === 0)
          })
          const session = await openSession(stage())
          session.start(statement.startsWith('copy') ? `\\o /dev/null\n${statement}` : statement)
          await stage().until('the query', () => isRunning(stage(), statement))
          const from = performance.now()
          await on(stage())
          assert.match(await session.ended, /FATAL|terminat|closed/)
          say(`kill switch (${title}), ${what}: cut ${Math.round(performance.now() - from)} ms after it was asked for`)
          await stage().until('the query’s end on the server', async () => !(await isRunning(stage(), statement)), 10)
          const refused = await stage().psql('select 1')
          assert.notEqual(refused.code, 0)
          assert.match(refused.err, /suspend|quarantine/)
        })
      }
    })
  }
}

async function isRunning(stage: Stage, statement: string): Promise<boolean> {
  const query = `select count(*) from pg_stat_activity where state = 'active' and usename = 'gateway' and query like '${statement}%'`
  return (await onDatabase(stage, query)).trim() !== '0'
}
