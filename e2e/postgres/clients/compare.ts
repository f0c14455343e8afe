// Runs a client twice, directly and through another endpoint, each time in a fresh database, and says where they differ.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresServer } from '../embedded.ts'
import type { ClientProgram } from './programs.ts'
import { runClient, type Transcript } from './run.ts'

export const APP = { user: 'app', password: 'app-password' }
const TEMPLATE = 'e2e_template'

/** Makes the role that clients use and the database that each run copies. */
export async function prepareServer(server: PostgresServer): Promise<void> {
  await server.sql(`create role ${APP.user} login password '${APP.password}'`)
  await server.sql(`create database ${TEMPLATE} owner ${APP.user}`)
  const schema = await readFile(join(import.meta.dirname, 'schema.sql'), 'utf8')
  await server.sql(`set role ${APP.user}; ${schema}`, TEMPLATE)
}

export interface Comparison {
  readonly direct: Transcript
  readonly through: Transcript
  readonly differences: readonly string[]
}

export async function compare(
  server: PostgresServer,
  client: ClientProgram,
  through: { readonly host: string; readonly port: number },
): Promise<Comparison> {
  const command = await client.prepare()
  const plain = client.name.toLowerCase().replaceAll(/[^a-z]/g, '')
  const run = async (side: 'one' | 'two', host: string, port: number) => {
    const database = `run_${side}_${plain}`
    await server.sql(`drop database if exists ${database} with (force)`)
    await server.sql(`create database ${database} template ${TEMPLATE} owner ${APP.user}`)
    return runClient(command, { host, port, database, ...APP })
  }
  const direct = await run('one', server.host, server.port)
  const second = await run('two', through.host, through.port)
  const differences = [...new Set([...Object.keys(direct), ...Object.keys(second)])]
    .filter((step) => direct[step] !== second[step])
    .map(
      (step) =>
        `${step}\n    direct:  ${excerpt(direct[step], second[step])}\n    through: ${excerpt(second[step], direct[step])}`,
    )
  return { direct, through: second, differences }
}

/** The part round the first character that differs. */
function excerpt(text: string | undefined, other: string | undefined): string {
  if (text === undefined) return '(nothing)'
  let at = 0
  while (at < text.length && text[at] === other?.[at]) at++
  return text.slice(Math.max(0, at - 80), at + 200)
}
