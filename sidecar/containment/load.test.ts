import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { ENVIRONMENT } from '#contracts/pod/names.ts'
import { loadRules, type NftResult, readUid } from './load.ts'
import { AGENT_UID, GATEWAY_UID, noNamespaces, TwoNamespaces } from './testing/two-namespaces.ts'

const UID = { [ENVIRONMENT.gatewayUid]: String(GATEWAY_UID) }
const ok = (output: string): NftResult => ({ ok: true, output, problem: '' })

test('the gateway’s UID is one that is kept for it', () => {
  const cases: Readonly<Record<string, boolean>> = {
    '1073741824': true,
    '2147483647': true,
    '1073741823': false,
    '2147483648': false,
    '0': false,
    '': false,
    ' 1500000000': false,
    '15e8': false,
    '0x59682f00': false,
  }
  for (const [text, taken] of Object.entries(cases)) assert.equal(readUid(text) !== undefined, taken, text)
  assert.equal(readUid(undefined), undefined)
})

describe('what keeps the filter from being in force is said', () => {
  const CASES: Readonly<Record<string, readonly [NodeJS.ProcessEnv, NftResult[], RegExp]>> = {
    'no UID': [{}, [], /^SALLYPORT_GATEWAY_UID must be a UID from 1073741824 to 2147483647$/],
    'root’s UID': [{ [ENVIRONMENT.gatewayUid]: '0' }, [], /^SALLYPORT_GATEWAY_UID must be/],
    'no port': [{ ...UID, [ENVIRONMENT.inboundPorts]: '80/tcp,x' }, [], /^SALLYPORT_INBOUND_PORTS has "x"/],
    'a port that is none': [{ ...UID, [ENVIRONMENT.inboundPorts]: '65536/tcp' }, [], /has "65536\/tcp"/],
    'rules in a port': [{ ...UID, [ENVIRONMENT.inboundPorts]: '80/tcp } accept' }, [], /has "80\/tcp } accept"/],
    'no NET_ADMIN': [UID, [{ ok: false, output: '', problem: 'Operation not permitted' }], /NET_ADMIN, and root/],
    'T47 no modules': [
      UID,
      [{ ok: false, output: '', problem: 'Error: No such file or directory' }],
      /gVisor has none/,
    ],
    'nothing is listed': [UID, [ok(''), ok('')], /^the kernel does not show a chain of type filter hook output/],
    'listing fails': [UID, [ok(''), { ok: false, output: '', problem: 'No such file' }], /^nft could not list it/],
  }
  for (const [name, [env, results, expected]] of Object.entries(CASES)) {
    test(name, async () => {
      const left = [...results]
      assert.match((await loadRules(env, async () => left.shift() ?? ok(''))) ?? 'in force', expected)
    })
  }
})

const skip = noNamespaces() ?? false

describe('with the kernel’s own nft', { skip }, () => {
  let net: TwoNamespaces
  before(() => {
    net = new TwoNamespaces()
  })
  after(() => net?.remove())

  const nft =
    (uid: number, spoil = (text: string) => text) =>
    async (args: readonly string[], input: string): Promise<NftResult> => {
      const drop = uid === 0 ? [] : ['setpriv', `--reuid=${uid}`, '--clear-groups', '--bounding-set=-all']
      try {
        const output = execFileSync('ip', ['netns', 'exec', net.pod, ...drop, 'nft', ...args], {
          input: spoil(input),
          stdio: ['pipe', 'pipe', 'pipe'],
        })
        return ok(output.toString())
      } catch (error) {
        return { ok: false, output: '', problem: String(error) }
      }
    }
  const env = { ...UID, [ENVIRONMENT.inboundPorts]: '53/udp,8080/tcp,9000/sctp' }

  test('T48 it is loaded once and again', async () => {
    assert.equal(await loadRules(env, nft(0)), undefined)
    assert.equal(await loadRules(env, nft(0)), undefined)
  })

  test('what the kernel does not have is missed', async () => {
    const without = (pattern: RegExp) => (text: string) =>
      text
        .split('\n')
        .filter((line) => !pattern.test(line))
        .join('\n')
    assert.match(
      (await loadRules(env, nft(0, without(/"local traffic"/)))) ?? '',
      /does not show the rule "local traffic"/,
    )
    assert.match((await loadRules(env, nft(0, without(/ct count/)))) ?? '', /"not too many connections"/)
    const open = (text: string): string => text.replaceAll('policy drop', 'policy accept')
    assert.match((await loadRules(env, nft(0, open))) ?? '', /does not show a chain of type filter/)
  })

  test('an ordinary user cannot take it away', async () => {
    assert.equal(await loadRules(env, nft(0)), undefined)
    assert.match((await loadRules(env, nft(AGENT_UID))) ?? '', /not permitted/)
    assert.match((await nft(0)(['list', 'ruleset'], '')).output, /the gateway gets out/)
  })
})
