// What the hostile tests share: a server, a policy that lets everything but one table be used, and the question whether
// the gateway still works as it should.
import assert from 'node:assert/strict'
import { serialize } from 'pg-protocol'
import type { PostgresServer } from '../embedded.ts'
import type { Gateway } from '../gateway.ts'
import { openSession, type RawConnection, type RawOptions } from '../raw.ts'

export const USER = 'app'
export const PASSWORD = 'app-password'
export const DATABASE = 'hostile'
export const SECRET = 'xqsecretvaluezz'

export const POLICY = {
  rules: [
    { name: 'not-that-table', match: { objects: [{ kind: 'table', names: ['public.forbidden'] }] }, action: 'Deny' },
    { name: 'the-rest', match: { effects: ['Read', 'Write'] }, action: 'Allow' },
  ],
  masking: [
    {
      name: 'secret',
      columns: ['public.known.secret'],
      strategy: 'Redact',
      predicates: 'Deny',
      copies: 'Deny',
      writes: 'Deny',
    },
  ],
  limits: [],
}

export async function prepareHostile(server: PostgresServer): Promise<void> {
  await server.sql(`create role ${USER} login password '${PASSWORD}'`)
  await server.sql(`create database ${DATABASE} owner ${USER}`)
  await server.sql(
    `set role ${USER};
     create table forbidden (word text);
     create table known (id int, secret text, plain text);
     insert into known values (1, '${SECRET}', 'plain');`,
    DATABASE,
  )
}

export function throughGateway(gateway: Gateway): RawOptions {
  return { host: gateway.host, port: gateway.port, user: USER, database: DATABASE }
}

/** A new session works, the mask holds, and nothing ran that is forbidden. */
export async function assertSound(gateway: Gateway, server: PostgresServer): Promise<void> {
  assert.equal(gateway.exited(), false, `the gateway ended:\n${gateway.output().slice(-2000)}`)
  const session = await openSession(throughGateway(gateway))
  session.send(serialize.query('select id, secret, plain from known'))
  await session.until('Z')
  const answer = session.take().toString('latin1')
  session.close()
  assert.ok(answer.includes('plain'), `a new session is not answered: ${answer}`)
  assert.ok(!answer.includes(SECRET), 'the mask is gone')
  assert.deepEqual(await server.sql('select * from forbidden', DATABASE), [])
}

/** Reads until the peer closes, or has said nothing for a while. */
export async function settle(connection: RawConnection, quietMilliseconds = 100): Promise<void> {
  for (;;) {
    const more = await connection.next(quietMilliseconds).catch(() => undefined)
    if (!more) return
  }
}
