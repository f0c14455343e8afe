// `node bench/memory.ts [--seconds 600]`: the gateway's resident memory idle, after a session, with 32 busy connections, and how much it
// grows per million statements and with the size of a result.
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostgres, whyMissing } from '#e2e/postgres/embedded.ts'
import { GIVEN_BACK_MILLISECONDS } from '#sidecar/collect-when-quiet.ts'
import { startTarget } from './targets.ts'
import { type Address, measure, PEOPLE, prepareData } from './workloads.ts'

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' } } })
  const version = (await whyMissing(15)) === undefined ? 15 : 18
  await using server = await startPostgres({ version, settings: { shared_buffers: '256MB' } })
  const address: Address = { host: server.host, port: server.port, user: 'bench', password: 'bench', database: 'bench' }
  await server.sql(`create role bench login password 'bench'`)
  await server.sql('create database bench owner bench')
  await prepareData(address)
  await server.sql(`set role bench; ${PEOPLE}`, 'bench')
  const target = await startTarget('sallyport-full', server, address)
  const processId = target.processId ?? 0
  try {
    await pause(GIVEN_BACK_MILLISECONDS + 5_000)
    console.log(`idle: ${await resident(processId)} MB`)
    await measure('simple', 1, target.address, 1)
    await pause(GIVEN_BACK_MILLISECONDS + 5_000)
    console.log(`after one client: ${await resident(processId)} MB`)
    await measure('prepared', 32, target.address, 10)
    const warm = await resident(processId)
    console.log(`after 32 busy clients, ten seconds: ${warm} MB`)
    await measure('copy', 1, target.address, 5)
    console.log(`after results of 40 MB for five seconds: ${await resident(processId)} MB`)
    await growth(target.address, processId, Number(values.seconds))
  } finally {
    await target.stop()
  }
}

/** Ten equal parts; the first is left out, because caches fill in it. */
async function growth(address: Address, processId: number, seconds: number): Promise<void> {
  let statements = 0
  let first = 0
  for (let part = 0; part < 10; part++) {
    const { transactions } = await measure('simple', 8, address, Math.max(1, Math.round(seconds / 10)))
    const now = await resident(processId)
    if (part === 0) first = now
    else statements += transactions
    console.log(`${part + 1} of 10: ${now} MB, ${transactions} statements`)
    if (part === 9) console.log(`growth: ${(((now - first) / statements) * 1e6).toFixed(2)} MB per million statements`)
  }
}

async function resident(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'latin1')
  return Number((Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024).toFixed(1))
}

await main()
