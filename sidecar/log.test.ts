import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger, isLogLevel } from './log.ts'

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = ''
  write(createLogger('info', { write: (line) => (text += line) }))
  return text
}

test('lines are JSON with level, time and message', () => {
  const line = JSON.parse(logged((logger) => logger.info({ connection: 'data/orders' }, 'listening')))
  assert.deepEqual([line.level, line.msg, line.connection], ['info', 'listening', 'data/orders'])
  assert.match(line.time, /^\d{4}-\d\d-\d\dT/)
})

test('a level below the chosen one is silent', () =>
  assert.equal(
    logged((logger) => logger.debug('x')),
    '',
  ))

test('statements, parameters and credentials never come through, even passed by mistake', () => {
  const line = logged((logger) =>
    logger.info(
      { text: 'SECRET', statement: 'SECRET', action: { text: 'SECRET', parameters: ['SECRET'] }, password: 'SECRET' },
      'x',
    ),
  )
  assert.ok(!line.includes('SECRET'), line)
})

test('an error is its name, code and message, not what a driver hung on it', () => {
  const error = Object.assign(new Error('connection refused'), {
    code: 'ECONNREFUSED',
    query: 'SECRET',
    rows: ['SECRET'],
  })
  const line = logged((logger) => logger.error({ error }, 'upstream'))
  assert.match(line, /"error":\{"name":"Error","code":"ECONNREFUSED","message":"connection refused"\}/)
  assert.ok(!line.includes('SECRET'))
})

test('levels are pino’s', () => {
  assert.ok(isLogLevel('debug') && isLogLevel('silent') && !isLogLevel('loud'))
})

test('what a server or a parser says is not repeated; of a cause there is its name and code', () => {
  const fromServer = Object.assign(new Error('invalid input syntax: "SECRET"'), { severity: 'ERROR', code: '22P02' })
  const wrapped = new Error('the session could not be opened', { cause: fromServer })
  const unparsed = new SyntaxError('Unexpected token in "SECRET"')
  for (const error of [fromServer, wrapped, unparsed]) {
    assert.ok(!logged((logger) => logger.error({ error }, 'x')).includes('SECRET'))
  }
  assert.match(
    logged((logger) => logger.error({ error: wrapped }, 'x')),
    /"message":"the session could not be opened","cause":\{"name":"Error","code":"22P02"\}/,
  )
})

test('what a terminal would obey is written out', () => {
  const line = logged((logger) => logger.info({ database: 'a\u009b31m\u202eb' }, 'x'))
  assert.match(line, /"database":"a\\u009b31m\\u202eb"/)
  assert.match(line, /\}\n$/)
})
