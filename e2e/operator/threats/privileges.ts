// What a packet filter cannot stop, and the kernel's other rules must: becoming the gateway, sockets of other worlds, looking into it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gatewayProcess } from '../processes.ts'
import { attempt, type Ground, gatewayUid, hostile, inAgent } from './ground.ts'

const OPEN_SOCKET = `
import socket, sys
try:
    s = socket.socket(int(sys.argv[1]), int(sys.argv[2]))
    print('opened')
except OSError as error:
    print(error.errno)`

const [EPERM, EAFNOSUPPORT] = [1, 97]
const [AF_ALG, AF_VSOCK] = [38, 40]
const [SOCK_STREAM, SOCK_SEQPACKET] = [1, 5]

/** containerd's own profile leaves AF_VSOCK open before this (its change 7442). */
const FILTERS_VSOCK = [1, 7]

export function privileges(ground: () => Ground): void {
  const stage = () => ground().stage
  const agent = (who: 'outlaw' | 'dealer', ...command: readonly string[]) => inAgent(stage(), who, ...command)

  describe('privileges of a hostile pod', () => {
    for (const who of ['outlaw', 'dealer'] as const) {
      test(`T02: ${who === 'outlaw' ? 'root' : 'an ordinary user'} does not become the gateway`, async () => {
        assert.equal(await attempt(ground(), who, 'setuid', await gatewayUid(stage(), who)), 'EPERM')
      })
    }

    test('T02: a set-UID program gives its user nothing', async () => {
      // passwd is set-UID as su is, and would tell what only root may read: since when the password holds.
      const { out } = await agent('dealer', 'sh', '-c', 'stat -Lc %A /bin/su /usr/bin/passwd; passwd -S agent 2>&1')
      assert.match(out, /^-rws\S+\n-rws\S+\n/)
      assert.match(out, /\nagent P\n$/)
    })

    test('T45: no capability can be had, not even by a file’s, and a program called nft rules nothing', async () => {
      for (const who of ['outlaw', 'dealer'] as const) {
        const { out } = await agent(who, 'cat', '/proc/self/status')
        for (const line of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(out, new RegExp(`${line}:\\s0+\\n`))
        assert.match(out, /NoNewPrivs:\s1\n/)
        assert.match(out, /Seccomp:\s2\n/)
        assert.match(
          (await agent(who, 'nft', 'delete', 'table', 'inet', 'sallyport')).err,
          /not permitted|must be root/,
        )
      }
    })

    test('T04: a user namespace is not to be had', async () => {
      const { code, err } = await agent('dealer', 'unshare', '-Ur', 'id')
      assert.notEqual(code, 0)
      assert.match(err, /not permitted/)
    })

    test('T06: nobody listens on the pod’s device', async () => {
      const { code, err } = await agent('outlaw', 'tcpdump', '-c1', '-i', 'eth0')
      assert.notEqual(code, 0)
      assert.match(err, /permission|not permitted/)
    })

    test('T08: no socket to the machine below the node', async (context) => {
      const runtime = await stage().kubectl(
        'get',
        'nodes',
        '-o',
        'jsonpath={.items[0].status.nodeInfo.containerRuntimeVersion}',
      )
      if (!filtersVsock(runtime)) return context.skip(`${runtime} does not filter AF_VSOCK in RuntimeDefault`)
      assert.equal(await openSocket(AF_VSOCK, SOCK_STREAM), EPERM)
    })

    test('T09: no socket to the kernel’s cryptography where the runtime filters it or the kernel has none', async (context) => {
      const answer = await openSocket(AF_ALG, SOCK_SEQPACKET)
      if (answer === 0) return context.skip('this runtime does not filter AF_ALG in RuntimeDefault')
      assert.ok(answer === EPERM || answer === EAFNOSUPPORT, String(answer))
    })

    test('T11: the gateway’s process is in another world', async () => {
      const { out } = await agent('outlaw', 'sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "')
      assert.doesNotMatch(out, /gateway/)
    })

    test('T27: a signal does not make the gateway listen for a debugger', async () => {
      const process = await gatewayProcess(stage(), hostile('outlaw'))
      assert.ok(process)
      await stage().cluster.onNode(['kill', '-USR1', process])
      assert.equal(await attempt(ground(), 'outlaw', 'tcp', '127.0.0.1', 9229), 'ECONNREFUSED')
      assert.equal(await gatewayProcess(stage(), hostile('outlaw')), process)
    })

    test('T28: the gateway has no socket in the pod’s abstract namespace', async () => {
      const { out } = await agent('outlaw', 'cat', '/proc/net/unix')
      assert.match(out, /^Num/)
      assert.doesNotMatch(out, / @/)
    })

    test('T40: there is no token for the API server, though the pod asked for one', async () => {
      const { out } = await agent('outlaw', 'sh', '-c', 'cat /run/secrets/kubernetes.io/serviceaccount/token')
      assert.equal(out, 'sallyport.dev/no-token')
      const found = await agent(
        'outlaw',
        'sh',
        '-c',
        'grep -rlE "eyJ[A-Za-z0-9_-]+[.]eyJ" /run /var/run /etc/sallyport; true',
      )
      assert.equal(found.out, '')
    })

    test('T42: the gateway’s token and state are nowhere in the agent’s files', async () => {
      const { out } = await agent(
        'outlaw',
        'sh',
        '-c',
        'ls /var/run/sallyport /var/lib/sallyport 2>&1; cat /proc/mounts',
      )
      assert.doesNotMatch(out, /sallyport\/(token|state)|lib\/sallyport [^N]/)
      assert.match(out, /\/etc\/sallyport\/trust \S+ ro,/)
    })
  })

  async function openSocket(family: number, type: number): Promise<number> {
    const { out } = await agent('outlaw', 'python3', '-c', OPEN_SOCKET, String(family), String(type))
    return out.trim() === 'opened' ? 0 : Number(out)
  }
}

function filtersVsock(runtime: string): boolean {
  const found = /^containerd:\/\/v?(\d+)\.(\d+)/.exec(runtime)
  if (!found) return true
  const [major = 0, minor = 0] = found.slice(1).map(Number)
  return major > (FILTERS_VSOCK[0] ?? 0) || (major === FILTERS_VSOCK[0] && minor >= (FILTERS_VSOCK[1] ?? 0))
}
