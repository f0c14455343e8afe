// The database's password is rotated: nobody restarts anything.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Stage } from '../stage.ts'
import { onDatabase, openSession, untilCut } from './open-session.ts'

const SELECT = 'select count(*) from customers'

export function rotation(stage: () => Stage): void {
  describe('the database’s password is rotated', () => {
    test('open sessions are cut, new ones log in with the new password, and no container restarts', async (context) => {
      const restarts = await restartsOf(stage())
      context.after(() => rotate(stage(), 'held-by-the-gateway'))
      const session = await openSession(stage())
      await rotate(stage(), 'another-one')
      await untilCut(stage(), session)
      await session.close()
      const { out, err } = await stage().psql(SELECT)
      assert.equal(out, '2\n', err)
      assert.equal(await restartsOf(stage()), restarts)
    })

    test('a password that is wrong leaves no session, and says so without telling it', async (context) => {
      context.after(async () => {
        await setSecret(stage(), 'held-by-the-gateway')
        await stage().until('sessions', async () => (await stage().psql(SELECT)).code === 0)
      })
      await setSecret(stage(), 'not-the-one')
      const refused = await stage().until('a refusal', async () => {
        const answer = await stage().psql(SELECT)
        return answer.code === 0 ? undefined : answer
      })
      assert.doesNotMatch(refused.err, /not-the-one/)
      assert.match(refused.err, /FATAL/)
    })
  })
}

async function rotate(stage: Stage, password: string): Promise<void> {
  await onDatabase(stage, `alter role gateway password '${password}'`)
  await setSecret(stage, password)
  await stage.until('sessions', async () => (await stage.psql(SELECT)).code === 0)
}

function setSecret({ kubectl }: Stage, password: string): Promise<string> {
  const patch = JSON.stringify({ stringData: { password } })
  return kubectl('patch', 'secret', '-n', 'data', 'orders-db-gateway', '--type=merge', '-p', patch)
}

function restartsOf({ kubectl }: Stage): Promise<string> {
  const counts = '{range .items[*]}{.metadata.name}{.status..restartCount}{end}'
  return kubectl('get', 'pods', '-n', 'agents', '-l', 'app=analyst', '-o', `jsonpath=${counts}`)
}
