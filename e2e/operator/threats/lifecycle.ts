// What a pod can do while parts of it die. Each attack has a pod of its own, so that they go on at the same time.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gatewayId, killGateway, sandboxProcess } from '../processes.ts'
import { type Attacker, GATEWAY, type Ground, hostile, inAgent, podAddress, podField, psqlOf } from './ground.ts'
import { AGENTS, NOWHERE } from './pods.ts'

const COUNT = 'select count(*) from customers'
const DEATHS = 3

/** Tries all ways again and again until its end is asked for, and says how often. */
const UNTIRED = `
import os, socket
tries = 0
def go(kind, place, data=None):
    global tries
    tries += 1
    s = socket.socket(socket.AF_INET, kind); s.settimeout(0.05)
    try:
        s.connect(place)
        s.send(data or b'x')
    except OSError: pass
    s.close()
while not os.path.exists('/tmp/enough'):
    go(socket.SOCK_DGRAM, ('${NOWHERE}', 443)); go(socket.SOCK_STREAM, ('${NOWHERE}', 443))
    go(socket.SOCK_DGRAM, ('${NOWHERE}', 53)); go(socket.SOCK_STREAM, ('DATABASE', 5432))
print(tries)`

export function lifecycle(ground: () => Ground): void {
  const stage = () => ground().stage

  describe('hostile pods while parts of them die', { concurrency: true }, () => {
    test('T24: the gateway is killed again and again while its agent tries everything', async () => {
      const pod = await stage().kubectl(
        'get',
        'pods',
        '-n',
        'data',
        '-l',
        'app=orders-db',
        '-o',
        'jsonpath={.items[0].status.podIP}',
      )
      const trying = inAgent(stage(), 'dealer', 'python3', '-c', UNTIRED.replace('DATABASE', pod))
      for (let death = 0; death < DEATHS; death++) await killGateway(stage(), hostile('dealer'))
      await inAgent(stage(), 'dealer', 'touch', '/tmp/enough')
      const { out, err } = await trying
      assert.ok(Number(out) > 100, `${out} tries: ${err}`)
      await comesBack(ground(), 'dealer')
      const left = await ground().witness.leftFrom(await podAddress(stage(), 'dealer'))
      assert.deepEqual(
        left.filter((place) => place.startsWith(NOWHERE) || place.startsWith(pod)),
        [],
      )
    })

    test('T25: an agent that takes the gateway’s ports while it is dead harms itself alone', async () => {
      const address = await podAddress(stage(), 'squatter')
      await killGateway(stage(), hostile('squatter'))
      await stage().until('the squatter to sit', async () =>
        /took 15001/.test(await stage().kubectl('logs', '-n', AGENTS, 'squatter', '-c', 'agent')),
      )
      await stage().until('the gateway’s word on it', async () => {
        const log = await stage().kubectl('logs', '-n', AGENTS, 'squatter', '-c', GATEWAY)
        const before = await stage()
          .kubectl('logs', '-n', AGENTS, 'squatter', '-c', GATEWAY, '--previous')
          .catch(() => '')
        return /EADDRINUSE|port is taken/.test(log + before)
      })
      await stage().until('the Event', async () => {
        const events = await stage().kubectl('get', 'events', '-n', AGENTS, '-o', 'jsonpath={.items[*].message}')
        return /could not take the newest policies into force whole: .*(EADDRINUSE|port is taken)/.test(events)
      })
      await stage().until(
        'the pod to be not ready',
        async () =>
          (await podField(stage(), 'squatter', '{.status.conditions[?(@.type=="Ready")].status}')) === 'False',
      )
      assert.notEqual((await psqlOf(stage(), 'squatter', 'select 1')).code, 0)
      const left = await ground().witness.leftFrom(address, new Set([ground().operator]))
      assert.deepEqual(
        left.filter((place) => !/ (udp|tcp) 53$/.test(place)),
        [],
      )
    })

    test('T48: the sandbox dies: rules are there before the agent starts anew', async () => {
      const address = await podAddress(stage(), 'reborn')
      const container = await gatewayId(stage(), hostile('reborn'))
      const sandbox = await stage().until('the sandbox', () => sandboxProcess(stage(), hostile('reborn')))
      await stage().cluster.onNode(['kill', '-9', sandbox])
      await stage().until(
        'another gateway',
        async () => {
          const now = await gatewayId(stage(), hostile('reborn'))
          return now !== '' && now !== container
        },
        180,
      )
      await comesBack(ground(), 'reborn')
      const log = await stage().kubectl('logs', '-n', AGENTS, 'reborn', '-c', 'agent')
      assert.match(log, /^EPERM\n(ECONNRESET|ECONNREFUSED|closed)\n$/)
      for (const one of [address, await podAddress(stage(), 'reborn')]) {
        const left = await ground().witness.leftFrom(one)
        assert.deepEqual(
          left.filter((place) => place.startsWith(NOWHERE)),
          [],
        )
      }
    })
  })
}

async function comesBack({ stage }: Ground, who: Attacker): Promise<void> {
  await stage.until(`${who} to have rows again`, async () => (await psqlOf(stage, who, COUNT)).out === '2\n', 180)
}
