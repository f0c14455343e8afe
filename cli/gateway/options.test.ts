import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readOptions } from './options.ts'

const KEYS = 'namespace, serviceAccount, labels, namespaceLabels, pod'

const PROBLEMS: Readonly<Record<string, readonly string[]>> = {
  '--manifests DIR is needed': [],
  '--log loud: allowed are trace, debug, info, warn, error, fatal, silent': ['--log', 'loud'],
  '--listen orders: NAMESPACE/NAME=HOST:PORT is expected': ['--listen', 'orders'],
  '--listen data/db=here: HOST:PORT is expected': ['--listen', 'data/db=here'],
  '--listen data/db=127.0.0.1:0: port must be 1 to 65535': ['--listen', 'data/db=127.0.0.1:0'],
  '--listen data/db=127.0.0.1:-1: port must be 1 to 65535': ['--listen', 'data/db=127.0.0.1:-1'],
  '--listen data/db=[::1]:654321: port must be 1 to 65535': ['--listen', 'data/db=[::1]:654321'],
  '--metrics 127.0.0.1:99999: port must be 1 to 65535': ['--metrics', '127.0.0.1:99999'],
  [`--agent namespace=a,team=b: there is no key "team"; allowed are ${KEYS}`]: ['--agent', 'namespace=a,team=b'],
  [`--agent ,: there is no key ""; allowed are ${KEYS}`]: ['--agent', ','],
  '--agent namespace: namespace=VALUE is expected': ['--agent', 'namespace'],
  '--agent namespace=: namespace=VALUE is expected': ['--agent', 'namespace='],
  '--agent: label "x": key=value is expected, several with ; between them': ['--agent', 'labels=x'],
}

describe('arguments that are refused', () => {
  for (const [problem, args] of Object.entries(PROBLEMS)) {
    test(problem, () => {
      const manifests = args.length === 0 ? [] : ['--manifests', 'm']
      assert.throws(() => readOptions([...manifests, ...args]), { message: problem })
    })
  }
})

test('what is understood', () => {
  const options = readOptions(['--manifests', 'm', '--listen', 'data/db=[::1]:65535', '--metrics', 'localhost:1'])
  assert.ok(options !== 'help')
  assert.deepEqual(options.listen, [{ connection: 'data/db', host: '::1', port: 65535 }])
  assert.deepEqual(options.metrics, { host: 'localhost', port: 1 })
})
