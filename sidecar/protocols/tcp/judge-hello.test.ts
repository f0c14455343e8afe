import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { hostPort } from '#sidecar/net/host-port.ts'
import { hostMeant, isNameless, isPattern } from './endpoint.ts'
import { judgeHello } from './judge-hello.ts'
import { Refused } from './refused.ts'

/** `endpoint ← server name`: the host that is meant, or undefined for a refusal. No server name is written as a dash. */
const CASES: Readonly<Record<string, string | undefined>> = {
  'api.example.com ← api.example.com': 'api.example.com',
  'api.example.com ← API.EXAMPLE.com': 'api.example.com',
  'api.example.com ← -': undefined,
  'api.example.com ← example.com': undefined,
  'api.example.com ← x.api.example.com': undefined,
  'api.example.com ← apiXexample.com': undefined,
  'api.example.com ← api.example.com.evil.example': undefined,
  'api.example.com ← api.example.com.cluster.local': undefined,
  'db.data.svc ← db.data.svc': 'db.data.svc',
  'db.data.svc ← db.data.svc.cluster.local': 'db.data.svc',
  'db.data.svc.cluster.local ← db.data.svc': 'db.data.svc.cluster.local',
  'db.data.svc ← db.data': undefined,
  'db.data.svc ← db.other.svc': undefined,
  '*.db.data.svc ← one.db.data.svc': 'one.db.data.svc',
  '*.db.data.svc ← ONE.db.data.svc': 'one.db.data.svc',
  '*.db.data.svc ← one.db.data.svc.cluster.local': 'one.db.data.svc',
  '*.db.data.svc.cluster.local ← one.db.data.svc': 'one.db.data.svc.cluster.local',
  '*.db.data.svc ← db.data.svc': undefined,
  '*.db.data.svc ← a.one.db.data.svc': undefined,
  '*.db.data.svc ← one.db.other.svc': undefined,
  '*.db.data.svc ← -': undefined,
  '192.0.2.1 ← -': '192.0.2.1',
  '192.0.2.1 ← 192.0.2.1': undefined,
  '192.0.2.1 ← api.example.com': undefined,
  'fd00::1 ← -': 'fd00::1',
  'fd00::1 ← api.example.com': undefined,
}

describe('which server names mean an endpoint', () => {
  for (const [line, expected] of Object.entries(CASES)) {
    const [host = '', name = ''] = line.split(' ← ')
    const serverName = name === '-' ? undefined : name
    test(line, () => {
      if (expected === undefined) assert.throws(() => judgeHello({ serverName, encryptedHello: false }, host), Refused)
      else assert.equal(judgeHello({ serverName, encryptedHello: false }, host), expected)
      assert.throws(() => judgeHello({ serverName, encryptedHello: true }, host), /encrypted_client_hello/)
    })
  }

  test('a name that is meant lies within the pattern, whatever the agent says', () => {
    const label = fc.stringMatching(/^[a-z0-9_.-]{0,12}$/)
    fc.assert(
      fc.property(label, fc.constantFrom('db.data.svc', 'db.data.svc.cluster.local', 'evil.example'), (first, rest) => {
        const meant = hostMeant('*.db.data.svc', `${first}.${rest}`)
        if (meant === undefined) return
        assert.match(meant, /^[^.]+\.db\.data\.svc$/)
        assert.equal(isPattern(meant), false)
      }),
    )
  })
})

test('a pod’s other names for the host mean it too, its addresses do not', () => {
  const aliases = ['api.data.svc', 'api.data.svc.cluster.local', 'api.data', 'api', '10.96.0.7']
  const asks = (serverName: string) => judgeHello({ serverName, encryptedHello: false }, 'api.data.svc', aliases)
  for (const name of ['api.data.svc', 'api.data', 'API.Data', 'api']) assert.equal(asks(name), 'api.data.svc')
  for (const name of ['10.96.0.7', 'db.data', 'data', 'x.api']) assert.throws(() => asks(name), Refused)
})

test('an address in the place of a pattern’s name says nothing of which host it is', () => {
  const at = (host: string, pattern: string) => ({ host, port: 443, upstream: undefined, aliases: [], pattern })
  assert.equal(isNameless(at('10.96.0.7', '*.db.data.svc')), true)
  assert.equal(isNameless(at('fd00::7', '*.db.data.svc')), true)
  assert.equal(isNameless(at('one.db.data.svc', '*.db.data.svc')), false)
  assert.equal(isNameless(at('10.96.0.7', '10.96.0.7')), false)
})

test('places are written as rules name them', () => {
  assert.equal(hostPort('api.example.com', 443), 'api.example.com:443')
  assert.equal(hostPort('fd00::1', 443), '[fd00::1]:443')
})
