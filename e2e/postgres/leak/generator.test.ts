// The generator is worth something only if its queries do show the planted values to somebody who is not stopped.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type PostgresServer, startPostgres } from '../embedded.ts'
import { PATHS, WHOLE_PATHS } from './paths.ts'
import { seeded } from './random.ts'
import { type Answer, nextTry, Prober } from './run.ts'
import { schemaScript } from './schema.ts'
import { allNeedles, leaks } from './secrets.ts'

let server: PostgresServer
const answers: Answer[] = []

before(async () => {
  server = await startPostgres()
  await server.sql('create database leak')
  await server.sql(schemaScript(), 'leak')
  const prober = new Prober({
    host: server.host,
    port: server.port,
    user: server.superuser,
    password: server.password,
    database: 'leak',
  })
  const random = seeded(7)
  for (let number = 0; number < 1500; number++) answers.push(await prober.run(nextTry(random, number)))
  prober.close()
})

after(() => server.stop())

test('most queries leak when nobody stops them, on every path', () => {
  const needles = allNeedles()
  const leaky = answers.filter(({ bytes }) => leaks(bytes, needles).length > 0)
  const paths = new Set(leaky.map((answer) => answer.try.path))
  const never = [...Object.keys(PATHS), ...Object.keys(WHOLE_PATHS)].filter((path) => !paths.has(path))
  assert.deepEqual(never, ['explain analyze', 'explain as json'])
  assert.ok(leaky.length > answers.length * 0.6, `only ${leaky.length} of ${answers.length} leak`)
})

test('few queries fail by themselves', () => {
  const syntax = answers.filter((answer) => !answer.try.whole && answer.errors.includes('42601'))
  assert.deepEqual(
    syntax.map((answer) => answer.try.text),
    [],
  )
  const failed = answers.filter((answer) => !answer.try.whole && answer.errors.length > 0)
  assert.ok(failed.length < answers.length * 0.25, `${failed.length} of ${answers.length} fail`)
})

test('the same seed makes the same queries', () => {
  const [one, two] = [seeded(3), seeded(3)]
  for (let number = 0; number < 50; number++) assert.deepEqual(nextTry(one, number), nextTry(two, number))
})
